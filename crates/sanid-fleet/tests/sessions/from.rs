//! The target on this machine, by a tree of files like the kernel's.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::support::{Directory, IQN, NQN};
use testkit::Ran;

const LIO: &str = "sys/kernel/config/target/iscsi";
const TARGET: &str = "iqn.2024-01.test.local:vault";

/// As `lio_target_nacl_info_show` writes it.
fn info(session: u32, alias: &str, address: &str) -> String {
    format!(
        "InitiatorName: {IQN}\nInitiatorAlias: {alias}\nLIO Session ID: {session}   ISID: 0x00023d010000  TSIH: {session}  SessionType: Normal\n\
         Session State: TARG_SESS_STATE_LOGGED_IN\n---------------------[iSCSI Session Values]-----------------------\n  \
         CmdSN/WR  :  CmdSN/WC  :  ExpCmdSN  :  MaxCmdSN  :     ITT    :     TTT\n 0x00000040   0x00000040   0x0000001b   0x0000005a   0x0000001a   0x0000001a\n\
         ----------------------[iSCSI Connections]-------------------------\nCID: 0  Connection State: TARG_CONN_STATE_LOGGED_IN\n   \
         Address {address} TCP  StatSN: 0x3fe1e5f1\n"
    )
}

fn ask(directory: &Directory, from: &str) -> Ran {
    directory.run(&["sessions", "--from", from, "--root", "."])
}

#[test]
fn lio_shows_the_sessions_of_its_acls() {
    let directory = Directory::of(&[]);
    for (group, alias, address) in [
        ("tpgt_1", "db-01", "192.0.2.11"),
        ("tpgt_2", "db-02", "2001:db8::12"),
    ] {
        let path = format!("{LIO}/{TARGET}/{group}/acls");
        directory.write(&format!("{path}/{IQN}/info"), info(4, alias, address));
        let idle = "iqn.2024-01.test.local:idle";
        let text = format!("No active iSCSI Session for Initiator Endpoint: {idle}\n");
        directory.write(&format!("{path}/{idle}/info"), text);
        directory.write(&format!("{LIO}/{TARGET}/{group}/dynamic_sessions"), "");
    }
    directory.write(
        &format!("{LIO}/lio_version"),
        "Datera Inc. iSCSI Target v4.1.0\n",
    );
    let ran = ask(&directory, "lio");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    for words in [
        "shared  iqn.1993-08.org.debian:01:5c0ffee0a1b2",
        "two aliases use this name: db-01 and db-02",
        "from 192.0.2.11    alias db-01, session 4, at iqn.2024-01.test.local:vault",
        "from 2001:db8::12  alias db-02",
        "only the latest session of an ACL",
        "1 name in 1 snapshot",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
}

/// Two machines with one name and different ISIDs in one portal group: configfs has the latest, and counts both.
#[test]
fn sessions_that_lio_does_not_show_are_counted() {
    for (sessions, exit) in [("2", 1), ("1", 0), ("0", 0)] {
        let directory = Directory::of(&[]);
        let path = format!("{LIO}/{TARGET}/tpgt_1/acls/{IQN}/info");
        directory.write(&path, info(4, "db-01", "192.0.2.11"));
        let path = format!("{LIO}/{TARGET}/fabric_statistics/iscsi_instance/sessions");
        directory.write(&path, format!("{sessions}\n"));
        let ran = ask(&directory, "lio");
        assert_eq!(ran.code, Some(exit), "{sessions}: {ran:#?}");
        let is_said = ran
            .stdout
            .contains("vault has 2 sessions, and configfs shows 1");
        assert_eq!(is_said, exit == 1, "{sessions}: {}", ran.stdout);
    }
}

/// The kernel ends each name with a line feed and a zero.
#[test]
fn lio_shows_initiators_without_an_acl_by_their_name_alone() {
    let directory = Directory::of(&[]);
    let text = format!("{IQN}\n\0iqn.2024-01.test.local:other\n\0");
    directory.write(&format!("{LIO}/{TARGET}/tpgt_1/dynamic_sessions"), text);
    let ran = ask(&directory, "lio");
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(
        ran.stdout
            .contains("2 sessions without an ACL: configfs shows only the name"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("2 names in 1 snapshot"),
        "{}",
        ran.stdout
    );
}

#[test]
fn nvmet_and_scst_show_names_and_addresses() {
    let directory = Directory::of(&[]);
    let nvmet = "sys/kernel/debug/nvmet/nqn.2024-01.test.local:cnode1";
    for (number, address) in [(1, "192.0.2.11"), (7, "192.0.2.12")] {
        directory.write(&format!("{nvmet}/ctrl{number}/hostnqn"), format!("{NQN}\n"));
        directory.write(
            &format!("{nvmet}/ctrl{number}/host_traddr"),
            format!("{address}\n"),
        );
        directory.write(&format!("{nvmet}/ctrl{number}/state"), "ready\n");
        let session =
            format!("sys/kernel/scst_tgt/targets/iscsi/{TARGET}/sessions/{IQN}#{address}");
        directory.write(
            &format!("{session}/initiator_name"),
            format!("{IQN}#{address}\n"),
        );
        directory.write(&format!("{session}/sid"), format!("{number}0000023d0200\n"));
        directory.write(&format!("{session}/{address}/ip"), format!("{address}\n"));
    }
    directory.write("sys/kernel/scst_tgt/targets/iscsi/enabled", "1\n");
    for (from, name, target) in [
        ("nvmet", NQN, "nqn.2024-01.test.local:cnode1"),
        ("scst", IQN, TARGET),
    ] {
        let ran = ask(&directory, from);
        assert_eq!(ran.code, Some(1), "{from}: {ran:#?}");
        for words in [
            format!("ask  {name}"),
            format!("from 192.0.2.11  session 1, at {target}"),
            format!("from 192.0.2.12  session 7, at {target}"),
        ] {
            assert!(
                ran.stdout.contains(&words),
                "{from}: {words}: {}",
                ran.stdout
            );
        }
    }
}

#[test]
fn a_source_that_is_not_there_is_an_error_with_what_to_do() {
    let directory = Directory::of(&[]);
    for (from, words) in [
        ("lio", "modprobe iscsi_target_mod"),
        ("nvmet", "mount -t debugfs debugfs /sys/kernel/debug"),
        ("scst", "modprobe iscsi-scst"),
        ("tgt", "sanid-fleet sessions FILE"),
        ("spdk", "rpc.py -s SOCKET nvmf_subsystem_get_controllers"),
    ] {
        let ran = ask(&directory, from);
        assert_eq!(ran.code, Some(2), "{from}: {ran:#?}");
        assert!(ran.stderr.contains(words), "{from}: {}", ran.stderr);
        assert!(
            !ran.stderr.contains("no initiator is logged in"),
            "{from}: {}",
            ran.stderr
        );
    }
}

/// To have looked is a different thing from not to have seen anybody.
#[test]
fn nobody_is_logged_in_says_what_was_looked_at() {
    let directory = Directory::of(&[(
        &format!("{LIO}/{TARGET}/tpgt_1/acls/{IQN}/info"),
        "No active iSCSI Session for Initiator Endpoint: x\n",
    )]);
    let ran = ask(&directory, "lio");
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("no initiator is logged in now (1 target, 1 ACL)"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_attribute_that_cannot_be_read_is_listed() {
    let directory = Directory::of(&[(
        &format!("{LIO}/{TARGET}/tpgt_1/acls/{IQN}/info"),
        &info(4, "db-01", "192.0.2.11"),
    )]);
    // A directory in place of the file fails for root, too.
    let path = format!("{LIO}/{TARGET}/tpgt_1/acls/iqn.2024-01.test.local:b/info/x");
    directory.write(&path, "");
    let (report, _) = directory.json(&["sessions", "--from", "lio", "--root", "."]);
    let unread = report["notRead"].to_string();
    assert!(unread.contains("test.local:b/info"), "{report:#}");
}

/// The program prints a later moment each time.
#[test]
fn watch_takes_snapshots_and_compares_them() {
    let directory = Directory::of(&[]);
    let script = "#!/bin/sh\nn=$(cat count 2>/dev/null || echo 0)\nn=$((n + 1))\necho $n >count\n\
        echo \"Target 1: iqn.2024-01.test.local:vault\"\necho \"        I_T nexus: $n\"\n\
        echo \"            Initiator: iqn.1993-08.org.debian:01:5c0ffee0a1b2 alias: none\"\n\
        echo \"                IP Address: 192.0.2.$((10 + n % 2))\"\n";
    directory.write("bin/tgtadm", script);
    let program = directory.path("bin/tgtadm");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        directory.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let mut command: Command = directory.command(&["sessions", "--from", "tgt", "--watch", "3"]);
    let ran = Ran::of(command.env("PATH", path));
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    for words in ["shared  ", "session 1 to 3 in 3 snapshots", "snapshot 3"] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    assert_eq!(
        std::fs::read_to_string(directory.path("count")).unwrap(),
        "3\n"
    );
}

#[test]
fn spdk_is_asked_on_its_socket() {
    let directory = Directory::of(&[("var/tmp/x", "")]);
    let socket = UnixListener::bind(directory.path("var/tmp/spdk.sock")).unwrap();
    let answers = std::thread::spawn(move || {
        let (stream, _) = socket.accept().unwrap();
        let mut requests =
            serde_json::Deserializer::from_reader(BufReader::new(&stream)).into_iter();
        let mut asked = Vec::new();
        while let Some(Ok(request)) = requests.next() {
            let request: serde_json::Value = request;
            let result = match request["method"].as_str().unwrap() {
                "nvmf_get_subsystems" => {
                    r#"[{"nqn":"nqn.2014-08.org.nvmexpress.discovery","subtype":"Discovery","hosts":[]},{"nqn":"nqn.2024-01.test.local:cnode1","subtype":"NVMe","hosts":[{"nqn":"nqn.2024-01.test.local:idle"}]}]"#.to_owned()
                }
                _ => format!(
                    r#"[{{"cntlid":1,"hostnqn":"{NQN}","hostid":"7f3c1b52-9a10-4d2e-8b6f-0c5d1e2f3a41","num_io_qpairs":4}},{{"cntlid":2,"hostnqn":"{NQN}","hostid":"0d4e9a61-2b3c-4f5a-8e7d-9c0b1a2f3e4d","num_io_qpairs":4}}]"#
                ),
            };
            writeln!(&stream, r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#).unwrap();
            asked.push(request["params"]["nqn"].to_string());
        }
        asked
    });
    let ran = ask(&directory, "spdk");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    for words in [
        "shared  ",
        "two Host IDs use this NQN",
        "at nqn.2024-01.test.local:cnode1",
        "has no addresses",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    assert_eq!(
        answers.join().unwrap(),
        ["null", "\"nqn.2024-01.test.local:cnode1\""]
    );
}

#[test]
fn spdk_that_refuses_says_so() {
    let directory = Directory::of(&[("var/tmp/x", "")]);
    let socket = UnixListener::bind(directory.path("var/tmp/spdk.sock")).unwrap();
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        BufReader::new(stream.try_clone().unwrap())
            .fill_buf()
            .unwrap();
        let error =
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}"#;
        stream.write_all(error.as_bytes()).unwrap();
    });
    let ran = ask(&directory, "spdk");
    answer.join().unwrap();
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("Method not found"), "{}", ran.stderr);
}

#[test]
fn options_that_do_not_belong_together_are_refused() {
    let directory = Directory::of(&[("file", "")]);
    for words in [
        &[][..],
        &["--from", "lio", "file"],
        &["--watch", "3", "file"],
        &["--from", "lio", "--watch", "1"],
        &["--from", "lio", "--snapshots"],
        &["--root", ".", "file"],
        &["--from", "ceph"],
    ] {
        let ran = directory.run(&[&["sessions"], words].concat());
        assert_eq!(ran.code, Some(2), "{words:?}: {ran:#?}");
    }
}
