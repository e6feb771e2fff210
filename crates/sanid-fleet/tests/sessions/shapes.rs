//! What targets print: one shape each.

use serde_json::Value;

use crate::support::{Directory, IQN, NQN, shape};

/// File, verdict about the first name, its logins: address, alias, session, target.
type Expected = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, u64, &'static str)],
);

const VAULT: &str = "iqn.2024-01.test.local:vault";
const FREENAS: &str = "iqn.2005-10.org.freenas.ctl:vault";
const CNODE: &str = "nqn.2024-01.test.local:cnode1";

/// `""` and 0 where the shape has none.
const SHAPES: &[Expected] = &[
    (
        "live-tgt-clones.txt",
        "ask",
        &[("192.0.2.11", "", 19, ""), ("192.0.2.12", "", 18, "")],
    ),
    (
        "live-tgt-multipath.txt",
        "ask",
        &[("192.0.2.11", "", 2, ""), ("198.51.100.11", "", 1, "")],
    ),
    (
        "live-tgt-target.txt",
        "ask",
        &[("192.0.2.12", "", 1, VAULT), ("192.0.2.11", "", 2, VAULT)],
    ),
    (
        "live-targetcli-sessions.txt",
        "shared",
        &[
            ("192.0.2.11", "db-01", 1, ""),
            ("192.0.2.12", "db-02", 2, ""),
        ],
    ),
    (
        "live-scst-sysfs.txt",
        "ask",
        &[
            ("192.0.2.11", "", 1, VAULT),
            ("198.51.100.12", "", 2, VAULT),
        ],
    ),
    (
        "live-nvmet-debugfs.txt",
        "ask",
        &[
            ("192.0.2.11", "", 1, CNODE),
            ("198.51.100.11", "", 2, CNODE),
            ("192.0.2.12", "", 3, CNODE),
        ],
    ),
    (
        "live-truenas-iscsi.json",
        "ask",
        &[
            ("192.0.2.11", "", 0, FREENAS),
            ("192.0.2.12", "db-02", 0, FREENAS),
        ],
    ),
    (
        "live-truenas-nvmet.json",
        "ask",
        &[("192.0.2.11", "", 1, "id 1"), ("192.0.2.12", "", 2, "id 1")],
    ),
    // One connection of the list is over.
    (
        "live-ceph-nvmeof.json",
        "ask",
        &[("192.0.2.11", "", 1, CNODE), ("192.0.2.12", "", 2, CNODE)],
    ),
    (
        "ontap-iscsi-sessions.txt",
        "shared",
        &[("", "db-01", 357, ""), ("", "db-02", 401, "")],
    ),
    (
        "live-tgt-flap-1.txt",
        "unproven",
        &[("192.0.2.12", "", 4, "")],
    ),
];

#[test]
fn each_shape_gives_its_logins_and_its_verdict() {
    let directory = Directory::of(&[]);
    for (file, verdict, logins) in SHAPES {
        let (report, exit) = directory.json(&["sessions", &shape(file)]);
        assert_eq!(exit, i32::from(*verdict != "unproven"), "{file}");
        // TrueNAS has one more initiator; a connection that is over is not listed.
        let count = if *file == "live-truenas-iscsi.json" {
            2
        } else {
            1
        };
        assert_eq!(report["names"].as_array().unwrap().len(), count, "{file}");
        let name = &report["names"][0];
        assert_eq!(name["verdict"], *verdict, "{file}: {report:#}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found: Vec<_> = name["logins"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    text(&one["address"]),
                    text(&one["alias"]),
                    one["session"].as_u64().unwrap_or_default(),
                    text(&one["target"]),
                )
            })
            .collect();
        let expected: Vec<_> = logins
            .iter()
            .map(|(address, alias, session, target)| {
                let [address, alias, target] =
                    [address, alias, target].map(|one| (*one).to_owned());
                (address, alias, *session, target)
            })
            .collect();
        assert_eq!(found, expected, "{file}");
    }
}

/// An all-clear for what was not read would be the worst answer.
#[test]
fn files_without_logins_are_errors_that_say_why() {
    let spdk = std::fs::read_to_string(shape("live-spdk-iscsi.json")).unwrap();
    let session = std::fs::read_to_string(shape("iscsiadm-session-P3.txt")).unwrap();
    let subsystems = std::fs::read_to_string(shape("nvme-list-subsys.json")).unwrap();
    let sheet = format!("host,iqn\ndb-01,{IQN}\ndb-02,{IQN}\n");
    let acl = format!(
        "Target 1: {}\n    ACL information:\n        {IQN}\n",
        "iqn.2024-01.test.local:vault"
    );
    let acls = std::fs::read_to_string(shape("qnap-acl.xml")).unwrap();
    let hosts = std::fs::read_to_string(shape("powerflex-hosts.json")).unwrap();
    for (text, word) in [
        (&*acls, "a list of hosts"),
        // SolidFire's initiators: the alias is the array's.
        (
            &format!("[{{\"initiatorName\": \"{IQN}\", \"alias\": \"db-01\"}}]"),
            "no login",
        ),
        // The address is that of a different host.
        (&hosts, "a list of hosts"),
        (spdk.as_str(), "does not list initiator names"),
        (&session, "the output of an initiator"),
        (&subsystems, "the output of an initiator"),
        (&sheet, "a list of hosts"),
        (&acl, "1 name but no login"),
        ("", "no login in it"),
        ("<html><body>Log in</body></html>", "HTML"),
        ("[{\"initiator\": \"iqn.19", "no JSON"),
        (
            "{\"apiVersion\":\"sanid/v1\",\"kind\":\"Sessions\",\"snapsh",
            "no JSON",
        ),
    ] {
        let directory = Directory::of(&[("file", text)]);
        let ran = directory.run(&["sessions", "file"]);
        assert_eq!(ran.code, Some(2), "{word}: {ran:#?}");
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("nothing was compared"),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.stdout, "", "{word}");
    }
}

#[test]
fn a_lone_address_is_never_called_clean() {
    let directory = Directory::of(&[]);
    let ran = directory.run(&["sessions", &shape("live-tgt-flap-1.txt")]);
    assert_eq!(ran.code, Some(0));
    for words in [
        "unproven  iqn.1993-08.org.debian:01:5c0ffee0a1b2",
        "one address seen, 192.0.2.12: that is no proof that one machine is behind it",
        "not an all-clear",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
}

/// SPDK's `nvmf_subsystem_get_controllers`.
#[test]
fn two_host_ids_below_one_nqn_are_two_machines() {
    let controller = |number: u32, id: &str| {
        format!(
            "{{\"cntlid\": {number}, \"hostnqn\": \"{NQN}\", \"hostid\": \"{id}\", \"num_io_qpairs\": 4}}"
        )
    };
    let one = "7f3c1b52-9a10-4d2e-8b6f-0c5d1e2f3a41";
    let other = "0d4e9a61-2b3c-4f5a-8e7d-9c0b1a2f3e4d";
    for (ids, verdict) in [([one, other], "shared"), ([one, one], "unproven")] {
        let all: Vec<String> = (1..)
            .zip(ids)
            .map(|(number, id)| controller(number, id))
            .collect();
        let directory = Directory::of(&[("file", &format!("[{}]", all.join(",")))]);
        let (found, why) = directory.verdict(&["file"]);
        assert_eq!(found, verdict, "{why}");
    }
}

/// What stands beside it is not its own.
#[test]
fn a_session_without_an_address_does_not_have_that_of_the_next() {
    let session = |address: &str| {
        format!(
            "{{\"initiator\": \"{IQN}\", \"initiator_addr\": \"{address}\", \"target\": \"iqn.2024-01.test.local:vault\"}}"
        )
    };
    let list = format!("[{}, {}]", session(""), session("192.0.2.12"));
    let controller = |number: u32, address: &str| {
        format!(
            "{CNODE}/ctrl{number}/hostnqn:{NQN}\n{CNODE}/ctrl{number}/host_traddr:{address}\n{CNODE}/ctrl{number}/port:1\n"
        )
    };
    let directories = controller(1, "") + &controller(2, "192.0.2.12");
    for text in [list, directories] {
        let directory = Directory::of(&[("file", &text)]);
        let (report, _) = directory.json(&["sessions", "file"]);
        let logins = report["names"][0]["logins"].as_array().unwrap();
        let addresses: Vec<&Value> = logins.iter().map(|one| &one["address"]).collect();
        assert_eq!(
            addresses,
            [&Value::Null, &Value::from("192.0.2.12")],
            "{report:#}"
        );
    }
}

/// A host is called by its short name here and by its full one there.
#[test]
fn one_host_under_two_spellings_of_its_alias_is_one() {
    let line = |alias: &str, number: u32, address: &str| {
        format!(
            "alias: {alias}\tsid: {number} type: Normal session-state: LOGGED_IN\n    name: {IQN} (NOT AUTHENTICATED)\n    address: {address} (TCP)  cid: 0 connection-state: LOGGED_IN\n"
        )
    };
    let both = |one: &str, other: &str| line(one, 1, "192.0.2.11") + &line(other, 2, "192.0.2.12");
    for (one, other, verdict) in [
        ("db-01", "DB-01.example.net", "ask"),
        ("db-01", "db-02", "shared"),
        ("db-01.a.example.net", "db-01.b.example.net", "shared"),
        // A host that boots from its array logs in before it has a name.
        ("(none)", "db-01", "ask"),
        ("localhost", "db-01", "ask"),
    ] {
        let directory = Directory::of(&[("file", &both(one, other))]);
        assert_eq!(directory.verdict(&["file"]).0, verdict, "{one} {other}");
    }
}

/// tgtd lists targets below each other, each with its sessions and its access list.
#[test]
fn sessions_of_two_targets_of_tgtd_are_told_apart() {
    let target = |number: u32, name: &str, sessions: &str| {
        format!(
            "Target {number}: {name}\n    System information:\n        Driver: iscsi\n        State: ready\n    I_T nexus information:\n{sessions}    LUN information:\n        LUN: 0\n            Type: controller\n    Account information:\n    ACL information:\n        {IQN}\n"
        )
    };
    let nexus = |number: u32, address: &str| {
        format!(
            "        I_T nexus: {number}\n            Initiator: {IQN} alias: none\n            Connection: 0\n                IP Address: {address}\n"
        )
    };
    let text = target(1, "iqn.2024-01.test.local:a", "")
        + &target(2, "iqn.2024-01.test.local:b", &nexus(3, "192.0.2.11"))
        + &target(
            3,
            "iqn.2024-01.test.local:c",
            &(nexus(1, "192.0.2.12") + &nexus(2, "192.0.2.13")),
        );
    let directory = Directory::of(&[("file", &text)]);
    let (report, _) = directory.json(&["sessions", "file"]);
    let found: Vec<String> = report["names"][0]["logins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one["target"].as_str().unwrap(),
                one["session"],
                one["address"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "iqn.2024-01.test.local:b 3 192.0.2.11",
            "iqn.2024-01.test.local:c 1 192.0.2.12",
            "iqn.2024-01.test.local:c 2 192.0.2.13",
        ]
    );
}

/// `ctladm islist -v` of FreeBSD, `vserver nvme subsystem controller show` and the REST API of ONTAP.
#[test]
fn targets_that_were_not_in_the_shapes_are_read() {
    let ctladm = format!(
        "Session ID:       3\nInitiator name:   {IQN}\nInitiator portal: 192.0.2.11\nInitiator alias:  db-01\nTarget name:      iqn.2005-10.org.freenas.ctl:vault\nTarget alias:     vault\nSession type:     Normal\n\n"
    );
    let other = ctladm
        .replace("       3", "       4")
        .replace("2.11", "2.12");
    let controller = format!(
        "Vserver: svm_prod\nSubsystem: vault\nController ID: 0040h\nHost NQN: {NQN}\nInitiator Transport Address: 192.0.2.11:36084\n\n"
    );
    let second = controller.replace("0040h", "0041h").replace("2.11", "2.12");
    let rest = |tsih: u32, address: &str| {
        format!(
            "{{\"svm\": {{\"name\": \"svm_prod\"}}, \"tsih\": {tsih}, \"isid\": \"40:00:01:37:00:00\", \"initiator\": {{\"name\": \"{IQN}\", \"alias\": \"db-01\"}}, \"connections\": [{{\"cid\": 0, \"initiator_address\": {{\"address\": \"{address}\", \"port\": 36084}}, \"interface\": {{\"ip\": {{\"address\": \"192.0.2.99\"}}}}}}]}}"
        )
    };
    let rest = format!(
        "{{\"records\": [{}, {}]}}",
        rest(3, "192.0.2.11"),
        rest(4, "192.0.2.12")
    );
    for text in [ctladm + &other, controller + &second, rest] {
        let directory = Directory::of(&[("file", &text)]);
        let (report, _) = directory.json(&["sessions", "file"]);
        assert_eq!(report["names"].as_array().unwrap().len(), 1, "{report:#}");
        assert_eq!(report["names"][0]["verdict"], "ask", "{text}: {report:#}");
        let logins = report["names"][0]["logins"].as_array().unwrap();
        let addresses: Vec<&Value> = logins.iter().map(|one| &one["address"]).collect();
        assert_eq!(addresses, ["192.0.2.11", "192.0.2.12"], "{text}");
    }
}

#[test]
fn text_of_targets_cannot_write_to_the_terminal() {
    let text = format!(
        "[{{\"initiator\": \"{IQN}\", \"initiator_addr\": \"192.0.2.11\", \"initiator_alias\": \"db\\u202e\", \"target\": \"x\"}}]"
    );
    let directory = Directory::of(&[("file", &text)]);
    let ran = directory.run(&["sessions", "file"]);
    assert!(ran.stdout.contains("alias db\\u{202e}"), "{}", ran.stdout);
}
