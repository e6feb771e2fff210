//! The commands: what they print, how they end, and what they refuse.

use sanid_fleet::hosts::Host;
use serde_json::Value;
use tempfile::TempDir;

use super::support::{SUBSYSTEM, TARGET, csv, fleet, host};

fn lists() -> (TempDir, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let hosts: Vec<Host> = (1..=3).map(host).collect();
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("hosts.csv"), csv(&hosts)).unwrap();
    let (list, out) = (path("hosts.csv"), path("out"));
    (directory, list, out)
}

#[test]
fn an_export_says_loudly_what_loading_it_does() {
    let (_kept, list, _) = lists();
    for (arguments, word) in [
        (
            &["lio-json", "--target", TARGET][..],
            "CLEAR all that LIO serves",
        ),
        (
            &["nvmet-json", "--subsystem", SUBSYSTEM],
            "CLEARS all that nvmet serves",
        ),
        (
            &["ontap-igroup", "--group", "g", "--vserver", "v"],
            "REPLACES the list",
        ),
        (&["terraform"], "is destroyed"),
        (&["lio", "--target", TARGET], "changes nothing else"),
    ] {
        let ran = fleet(&[&["export", "--to"], arguments, &[&list]].concat(), "");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            ran.stderr.contains(word) && ran.stderr.contains("names exported"),
            "{ran:?}"
        );
    }
}

#[test]
fn what_is_missing_is_said_with_an_example() {
    for (arguments, option) in [
        (&["lio"][..], "--target"),
        (&["nvmet"], "--subsystem"),
        (&["scst", "--target", TARGET], "--group"),
        (&["ontap-nvme", "--subsystem", "s"], "--vserver"),
        (&["pure"], "--protocol iscsi or --protocol nvme"),
    ] {
        let ran = fleet(&[&["export", "--to"], arguments].concat(), "host,iqn\n");
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(option), "{ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
}

#[test]
fn an_object_that_could_be_a_command_is_refused() {
    for hostile in ["$(reboot)", "a b", "a\nb", "a'b", "../x", "", "<x>"] {
        let ran = fleet(
            &["export", "--to", "nvmet", "--subsystem", hostile],
            "host,host_nqn\n",
        );
        assert_eq!(ran.code, Some(2), "{hostile:?}: {ran:?}");
    }
    let ran = fleet(
        &["export", "--to", "truenas-iscsi", "--group", "it's $(x)"],
        "host,iqn\n",
    );
    assert!(ran.stdout.contains(r"object='it'\''s $(x)'"), "{ran:?}");
}

#[test]
fn a_difference_is_counted_and_is_the_exit_code() {
    let (_kept, list, out) = lists();
    let export = fleet(&["export", "--to", "tgt", "--target", TARGET, &list], "");
    std::fs::write(&out, &export.stdout).unwrap();
    let diff = |more: &[&str], input: &str| {
        fleet(
            &[
                &["diff", "--to", "tgt", "--target", TARGET, "--against", &out],
                more,
            ]
            .concat(),
            input,
        )
    };
    let same = diff(&[&list], "");
    assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{same:?}");
    assert!(
        same.stderr
            .contains("to add 0, to remove 0, unchanged 3, unknown 0"),
        "{same:?}"
    );

    let other = csv(&[host(3), host(4)]);
    let kept = diff(&[], &other);
    assert_eq!(kept.code, Some(1));
    assert!(
        kept.stderr
            .contains("to add 1, to remove 0, unchanged 1, unknown 2"),
        "{kept:?}"
    );
    assert!(!kept.stdout.contains("each dismiss"), "{kept:?}");
    let pruned = diff(&["--prune"], &other);
    assert!(
        pruned
            .stderr
            .contains("to add 1, to remove 2, unchanged 1, unknown 0"),
        "{pruned:?}"
    );
    assert!(pruned.stderr.contains("before you remove: "), "{pruned:?}");
    assert!(pruned.stdout.contains("each dismiss"), "{pruned:?}");
}

#[test]
fn prune_is_refused_where_the_list_is_broken_or_empty() {
    let (_kept, list, out) = lists();
    let export = fleet(&["export", "--to", "tgt", "--target", TARGET, &list], "");
    std::fs::write(&out, &export.stdout).unwrap();
    let prune = |input: &str| {
        let arguments = [
            "diff",
            "--to",
            "tgt",
            "--target",
            TARGET,
            "--against",
            &out,
            "--prune",
        ];
        fleet(&arguments, input)
    };
    let broken = prune(&format!("{}node-9,iqn.oops,,\n", csv(&[host(1)])));
    assert_eq!(broken.code, Some(3), "{broken:?}");
    assert!(
        broken.stdout.is_empty() && broken.stderr.contains("mend the list"),
        "{broken:?}"
    );
    let empty = prune("host,iqn\n");
    assert_eq!(empty.code, Some(3), "{empty:?}");
    assert!(
        empty.stdout.is_empty() && empty.stderr.contains("take away everybody"),
        "{empty:?}"
    );
}

#[test]
fn a_target_that_is_not_there_is_an_error_with_those_that_are() {
    let (_kept, list, out) = lists();
    let export = fleet(&["export", "--to", "tgt", "--target", TARGET, &list], "");
    std::fs::write(&out, &export.stdout).unwrap();
    let other = "iqn.2024-01.test.local:typo";
    let ran = fleet(
        &[
            "diff",
            "--to",
            "tgt",
            "--target",
            other,
            "--against",
            &out,
            &list,
        ],
        "",
    );
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains(other) && ran.stderr.contains(TARGET),
        "{ran:?}"
    );
}

#[test]
fn what_is_no_file_of_the_format_says_how_to_get_one() {
    let (_kept, list, out) = lists();
    for (format, word) in [
        ("lio", "targetcli saveconfig"),
        ("nvmet", "nvmetcli save"),
        ("spdk-nvmf", "nvmf_get_subsystems"),
        ("truenas-iscsi", "iscsi.initiator.query"),
        ("terraform", "sanid_hosts"),
    ] {
        std::fs::write(&out, "{\"what\": 1}").unwrap();
        let ran = fleet(&["import", "--from", format, &out], "");
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(word), "{format}: {ran:?}");
    }
    let ran = fleet(&["import", "--from", "lio", &list], "");
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn entries_of_nobody_are_listed_and_are_findings() {
    let (_kept, list, out) = lists();
    let conf = format!(
        "{}<target iqn.2024-01.test.local:open>\n</target>\n",
        fleet(&["export", "--to", "tgt", "--target", TARGET, &list], "").stdout
    );
    std::fs::write(&out, &conf).unwrap();
    let all = fleet(&["import", "--from", "tgt", &out], "");
    assert_eq!(all.code, Some(0));
    assert_eq!(all.stdout.lines().count(), 5, "{all:?}");
    let known = fleet(&["import", "--from", "tgt", "--inventory", &list, &out], "");
    assert_eq!(known.code, Some(1), "{known:?}");
    assert!(
        known
            .stdout
            .contains("iqn.2024-01.test.local:open,anyone,no initiator-address"),
        "{known:?}"
    );
    assert_eq!(known.stdout.lines().count(), 2, "{known:?}");
    std::fs::write(&out, conf.lines().take(8).collect::<Vec<_>>().join("\n")).unwrap();
    let clean = fleet(&["import", "--from", "tgt", "--inventory", &list, &out], "");
    assert_eq!(clean.code, Some(0), "{clean:?}");
    // A list of hosts, which the other commands read.
    let json = fleet(&["import", "--from", "tgt", "--format", "ndjson", &out], "");
    for line in json.stdout.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["object"], TARGET);
    }
    let again = fleet(&["export", "--to", "tgt", "--target", TARGET], &json.stdout);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(
        again
            .stdout
            .contains("initiator-name iqn.2016-04.com.open-iscsi:00000001a6894520")
    );
}

#[test]
fn two_hosts_of_one_name_are_said_and_are_findings() {
    let mut twin = host(1);
    twin.name = "twin".to_owned();
    let ran = fleet(
        &["export", "--to", "lio", "--target", TARGET],
        &csv(&[host(1), twin]),
    );
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr.contains("node-1 and twin have one name"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("1 names exported"), "{ran:?}");
}

#[test]
fn a_host_without_the_name_and_one_that_does_not_fit_are_said() {
    let list = "host,iqn,host_nqn\n\
                a,,nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b\n\
                b,iqn.2016-04.com.open-iscsi:b,\n\
                c,,nqn.2014-08.com.example:a/b\n\
                d,,nqn.2014-08.org.nvmexpress:uuid:d425fb17c49948fba2735c5b0eb739c4\n";
    let nvmet = fleet(&["export", "--to", "nvmet", "--subsystem", SUBSYSTEM], list);
    assert_eq!(nvmet.code, Some(1), "{nvmet:?}");
    assert!(
        nvmet.stderr.contains("b: it has no name of the kind"),
        "{nvmet:?}"
    );
    assert!(
        nvmet.stderr.contains("c: nvmet cannot hold it"),
        "{nvmet:?}"
    );
    let spdk = fleet(
        &["export", "--to", "spdk-nvmf", "--subsystem", SUBSYSTEM],
        list,
    );
    assert!(
        spdk.stderr
            .contains("d: spdk-nvmf cannot hold it: its UUID has no hyphens"),
        "{spdk:?}"
    );
}

#[test]
fn a_base_keeps_what_it_has() {
    let (_kept, list, out) = lists();
    let base = format!(
        r#"{{"storage_objects":[{{"name":"disk"}}],"targets":[
          {{"fabric":"iscsi","wwn":"{TARGET}","tpgs":[{{"tag":1,"luns":[{{"index":4}}],"node_acls":[{{"node_wwn":"iqn.2024-01.a:old","chap_userid":"u"}}]}}]}},
          {{"fabric":"iscsi","wwn":"iqn.2024-01.test.local:other","tpgs":[{{"tag":1,"node_acls":[{{"node_wwn":"iqn.2024-01.a:x"}}]}}]}}]}}"#
    );
    std::fs::write(&out, &base).unwrap();
    let ran = fleet(
        &[
            "export", "--to", "lio-json", "--target", TARGET, "--base", &out, &list,
        ],
        "",
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let (before, mut after): (Value, Value) = (
        serde_json::from_str(&base).unwrap(),
        serde_json::from_str(&ran.stdout).unwrap(),
    );
    let acls = after["targets"][0]["tpgs"][0]["node_acls"]
        .as_array_mut()
        .unwrap();
    assert_eq!(acls.len(), 4);
    assert_eq!(acls[1]["mapped_luns"][0]["tpg_lun"], 4);
    acls.truncate(1);
    assert_eq!(after, before);
    let typo = fleet(
        &[
            "export",
            "--to",
            "lio-json",
            "--target",
            "iqn.2024-01.a:typo",
            "--base",
            &out,
            &list,
        ],
        "",
    );
    assert_eq!(typo.code, Some(2), "{typo:?}");
}

/// nvmetcli writes what it saves for root only; a redirected export is for everyone who has no umask.
#[test]
fn an_export_with_keys_says_so() {
    let (_kept, list, out) = lists();
    let with = |part: &str| {
        let base = format!(
            r#"{{"hosts":[{{"nqn":"nqn.2024-01.a:old","dhchap":{{{part}}}}}],"subsystems":[{{"nqn":"{SUBSYSTEM}"}}]}}"#
        );
        std::fs::write(&out, base).unwrap();
        let to = ["export", "--to", "nvmet-json", "--subsystem", SUBSYSTEM];
        let ran = fleet(&[&to[..], &["--base", &out, &list]].concat(), "");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.stderr.contains("DHHC"), "{ran:?}");
        ran.stderr.contains("umask 077")
    };
    assert!(with(r#""key":"DHHC-1:00:x:""#));
    assert!(with(r#""key":"","ctrl_key":"DHHC-1:00:x:""#));
    assert!(!with(r#""key":"","ctrl_key":"","hash":"hmac(sha256)""#));

    let acl = r#"{"node_wwn":"iqn.2024-01.a:old","chap_password":"x"}"#;
    let base = format!(
        r#"{{"targets":[{{"fabric":"iscsi","wwn":"{TARGET}","tpgs":[{{"tag":1,"node_acls":[{acl}]}}]}}]}}"#
    );
    std::fs::write(&out, base).unwrap();
    let to = ["export", "--to", "lio-json", "--target", TARGET];
    let ran = fleet(&[&to[..], &["--base", &out, &list]].concat(), "");
    assert!(ran.stderr.contains("umask 077"), "{ran:?}");
}

#[test]
fn a_base_that_would_not_be_used_is_refused() {
    let (_kept, list, _) = lists();
    let ran = fleet(
        &[
            "export", "--to", "lio", "--target", TARGET, "--base", &list, &list,
        ],
        "",
    );
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("lio-json and nvmet-json"), "{ran:?}");
}

#[test]
fn an_open_target_is_said_at_a_difference() {
    let (_kept, list, out) = lists();
    std::fs::write(
        &out,
        format!("subsystems/{SUBSYSTEM}/attr_allow_any_host:1\n"),
    )
    .unwrap();
    let ran = fleet(
        &[
            "diff",
            "--to",
            "nvmet",
            "--subsystem",
            SUBSYSTEM,
            "--against",
            &out,
            &list,
        ],
        "",
    );
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("lets anyone in (allow_any_host=1)"),
        "{ran:?}"
    );
}

#[test]
fn scripts_are_what_shellcheck_asks_for() {
    let (_kept, list, _) = lists();
    let (target, subsystem) = (["--target", TARGET], ["--subsystem", SUBSYSTEM]);
    for (format, scope) in [
        ("lio", &target[..]),
        ("nvmet", &subsystem),
        ("tgtadm", &target),
        ("scstadmin", &["--target", TARGET, "--group", "g"]),
        ("ceph-nvmeof", &subsystem),
        ("truenas-iscsi", &["--group", "g"]),
        ("truenas-nvmet", &subsystem),
    ] {
        let ran = fleet(&[&["export", "--to", format], scope, &[&list]].concat(), "");
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert_eq!(lines[0], "#!/bin/sh");
        assert!(lines[1].starts_with("# Tells "), "{}", lines[1]);
        assert!(lines.contains(&"set -eu"));
        let mut check = std::process::Command::new("sh")
            .arg("-n")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut check.stdin.take().unwrap(), ran.stdout.as_bytes()).unwrap();
        assert!(check.wait().unwrap().success(), "{format}");
    }
}

/// Hosts are compared without their case, also within a list: two rows of one host with different names would be two
/// objects of one machine.
#[test]
fn a_host_in_two_rows_with_different_names_is_one_object() {
    let list = "host,iqn\ndb-01,iqn.2024-01.com.example:a\nDB-01.,iqn.2024-01.com.example:b\n";
    let by_host = ["export", "--to", "pure", "--protocol", "iscsi"];
    let ran = fleet(&by_host, list);
    assert!(
        ran.stderr
            .contains("db-01 is the same host with different names in an earlier row"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("com.example:b"), "{ran:?}");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let again = "host,iqn\ndb-01,iqn.2024-01.com.example:a\nDB-01,iqn.2024-01.com.example:a\n";
    let ran = fleet(&by_host, again);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // An access list knows no hosts.
    let ran = fleet(&["export", "--to", "lio", "--target", TARGET], list);
    assert!(
        ran.stdout.contains("com.example:a") && ran.stdout.contains("com.example:b"),
        "{ran:?}"
    );
}
