//! States of targets that others configured, small and with made-up names: what sanid-fleet did not write.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Ran;

use super::support::fleet;

const LIST: &str = "host,iqn,host_nqn\n\
    web1,iqn.2024-01.com.example:web1,nqn.2024-01.com.example:web1\n\
    web2,iqn.2024-01.com.example:web2,nqn.2024-01.com.example:web2\n";

/// A directory with what a target has.
struct Target {
    directory: TempDir,
}

impl Target {
    fn new(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("now"), text).unwrap();
        Self { directory }
    }

    fn path(&self) -> String {
        self.directory.path().join("now").display().to_string()
    }

    fn diff(&self, words: &[&str], list: &str) -> Ran {
        let path = self.path();
        fleet(
            &[&["diff", "--against", &path, "--to"], words].concat(),
            list,
        )
    }

    fn import(&self, format: &str) -> Ran {
        fleet(&["import", "--from", format, &self.path()], "")
    }
}

/// The requests for SPDK, and the variables for Ansible.
fn requests(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn variables(ran: &Ran) -> Value {
    let json = ran.stdout.split_once('\n').unwrap().1;
    serde_json::from_str(json).unwrap()
}

/// Two targets with a group each; `shared` maps the first's group to the second as well.
fn spdk(shared: bool) -> String {
    let target = |name: &str, groups: &[u64]| {
        let maps: Vec<Value> = groups
            .iter()
            .map(|tag| json!({"pg_tag": 3, "ig_tag": tag}))
            .collect();
        json!({"method": "iscsi_create_target_node", "params": {"name": name, "pg_ig_maps": maps}})
    };
    let group = |tag: u64, name: &str| {
        let params = json!({"tag": tag, "initiators": [name], "netmasks": ["ANY"]});
        json!({"method": "iscsi_create_initiator_group", "params": params})
    };
    let web: &[u64] = if shared { &[2, 1] } else { &[2] };
    let config = [
        group(1, "iqn.2024-01.com.example:finance-db"),
        group(2, "iqn.2024-01.com.example:web-old"),
        target("iqn.2016-06.io.spdk:finance", &[1]),
        target("iqn.2016-06.io.spdk:web", web),
    ];
    json!({"subsystems": [{"subsystem": "iscsi", "config": config}]}).to_string()
}

#[test]
fn spdk_changes_the_groups_that_the_target_maps_and_no_other() {
    let target = Target::new(&spdk(false));
    let web = [
        "spdk-iscsi",
        "--target",
        "iqn.2016-06.io.spdk:web",
        "--prune",
    ];
    let ran = target.diff(&web, LIST);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let calls = requests(&ran);
    assert_eq!(calls.len(), 2, "{ran:?}");
    assert!(
        calls.iter().all(|call| call["params"]["tag"] == 2),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("finance"), "{ran:?}");
}

#[test]
fn spdk_refuses_a_target_or_group_that_is_not_there_or_not_meant_alone() {
    let (apart, shared) = (Target::new(&spdk(false)), Target::new(&spdk(true)));
    let answer = Target::new(r#"[{"tag":1,"initiators":[],"netmasks":["ANY"]}]"#);
    for (target, words, code, said) in [
        (
            &apart,
            &["--target", "iqn.2016-06.io.spdk:typo"][..],
            2,
            "it has iqn.2016-06.io.spdk:finance",
        ),
        (&apart, &["--group", "9"], 2, "there is no 9"),
        (
            &apart,
            &["--target", "iqn.2016-06.io.spdk:web", "--group", "1"],
            2,
            "does not map the group 1",
        ),
        (
            &apart,
            &["--target", "iqn.2016-06.io.spdk:web", "--tpg", "4"],
            2,
            "through the portal group 4",
        ),
        (&apart, &[], 2, "needs --target or --group"),
        (
            &shared,
            &["--target", "iqn.2016-06.io.spdk:web"],
            3,
            "maps the group 1 as well",
        ),
        (
            &answer,
            &["--target", "iqn.2016-06.io.spdk:web"],
            2,
            "save_config",
        ),
    ] {
        let ran = target.diff(&[&["spdk-iscsi"], words].concat(), LIST);
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!(
            ran.stdout.is_empty() && ran.stderr.contains(said),
            "{words:?}: {ran:?}"
        );
    }
}

#[test]
fn spdk_gets_a_new_group_through_the_portal_group_of_the_others() {
    let target = Target::new(&spdk(false));
    let mut list = "host,iqn\n".to_owned();
    for number in 0..300 {
        writeln!(list, "n{number},iqn.2024-01.com.example:n{number}").unwrap();
    }
    let ran = target.diff(
        &["spdk-iscsi", "--target", "iqn.2016-06.io.spdk:web"],
        &list,
    );
    let calls = requests(&ran);
    let map = calls
        .iter()
        .find(|call| call["method"] == "iscsi_target_node_add_pg_ig_maps");
    let maps = &map.unwrap()["params"]["pg_ig_maps"];
    assert_eq!(maps, &json!([{"ig_tag": 3, "pg_tag": 3}]));
}

#[test]
fn an_option_that_a_format_does_not_use_is_an_error() {
    for words in [
        &[
            "ontap-igroup",
            "--group",
            "g",
            "--vserver",
            "v",
            "--protocol",
            "nvme",
        ][..],
        &[
            "nvmet",
            "--subsystem",
            "nqn.2024-01.com.example:s",
            "--target",
            "iqn.2024-01.com.example:t",
        ],
        &[
            "lio",
            "--target",
            "iqn.2024-01.com.example:t",
            "--group",
            "g",
        ],
        &["tgt", "--target", "iqn.2024-01.com.example:t", "--tpg", "2"],
        &["pure", "--protocol", "iscsi", "--vserver", "v"],
        &["csv", "--subsystem", "nqn.2024-01.com.example:s"],
    ] {
        let ran = fleet(&[&["export", "--to"], words].concat(), LIST);
        assert_eq!(ran.code, Some(2), "{words:?}: {ran:?}");
        assert!(
            ran.stdout.is_empty() && ran.stderr.contains("does not use --"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_row_that_pure_cannot_hold_protects_what_it_may_stand_for() {
    let array = json!({"purefa_info": {"hosts": {
        "web1": {"iqn": ["iqn.2024-01.com.example:web1"], "nqn": [], "wwn": []},
        "web2": {"iqn": ["iqn.2024-01.com.example:web2"], "nqn": [], "wwn": []},
        "db1": {"iqn": ["iqn.2024-01.com.example:made-later"], "nqn": [], "wwn": []},
        "old": {"iqn": ["iqn.2024-01.com.example:old"], "nqn": [], "wwn": []},
    }}});
    let target = Target::new(&array.to_string());
    let list = "host,iqn\n\
        web1.example.com,iqn.2024-01.com.example:web1\n\
        web2,iqn.2024-01.com.example:web2\n\
        db1.example.com,iqn.2024-01.com.example:db1\n";
    let ran = target.diff(&["pure", "--protocol", "iscsi", "--prune"], list);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let hosts = &variables(&ran)["sanid_pure_hosts"];
    assert_eq!(
        hosts,
        &json!([{"iqn": [""], "name": "old", "state": "present"}])
    );
    assert!(ran.stderr.contains("kept 2 of them"), "{ran:?}");
}

#[test]
fn pure_keeps_the_spelling_that_it_has_of_a_host() {
    let array = json!({"purefa_info": {"hosts": {
        "Web1": {"iqn": ["iqn.2024-01.com.example:second-card"], "nqn": [], "wwn": []},
    }}});
    let ran = Target::new(&array.to_string()).diff(&["pure", "--protocol", "iscsi"], LIST);
    let hosts = variables(&ran)["sanid_pure_hosts"].clone();
    assert_eq!(hosts[0]["name"], "Web1");
    let names = [
        "iqn.2024-01.com.example:second-card",
        "iqn.2024-01.com.example:web1",
    ];
    assert_eq!(hosts[0]["iqn"], json!(names));
    assert_eq!(hosts.as_array().unwrap().len(), 2);
}

fn ontap() -> String {
    let svm = json!({"uuid": "a1", "name": "svm1"});
    json!({"num_records": 4, "records": [
        {"svm": svm, "name": "esx", "protocol": "iscsi", "os_type": "vmware",
         "initiators": [{"name": "iqn.1998-01.com.vmware:esx1", "comment": "esx1"}]},
        {"svm": svm, "name": "mixed", "protocol": "mixed", "os_type": "linux",
         "initiators": [{"name": "50:0a:09:81:00:00:00:01", "comment": "db1 fc"}, {"name": "iqn.2024-01.com.example:old"}]},
        {"svm": svm, "name": "cluster", "protocol": "iscsi", "os_type": "linux", "igroups": [{"name": "node-a"}],
         "initiators": [{"name": "iqn.2024-01.com.example:node-a", "igroup": {"name": "node-a"}}]},
        {"svm": svm, "name": "fc", "protocol": "fcp", "os_type": "linux", "initiators": []},
        {"svm": svm, "name": "bare", "initiators": []},
    ]})
    .to_string()
}

#[test]
fn ontap_keeps_what_an_igroup_is() {
    let target = Target::new(&ontap());
    let diff = |group: &str, words: &[&str]| {
        let scope = ["ontap-igroup", "--vserver", "svm1", "--group", group];
        target.diff(&[&scope, words].concat(), LIST)
    };
    let esx = variables(&diff("esx", &[]))["sanid_igroup"].clone();
    assert_eq!(
        (&esx["os_type"], &esx["initiator_group_type"]),
        (&json!("vmware"), &json!("iscsi"))
    );
    let first = json!({"name": "iqn.1998-01.com.vmware:esx1", "comment": "esx1"});
    assert_eq!(esx["initiator_objects"][0], first);
    // Also with --prune: a WWPN is not a name of the list's kind.
    let mixed = variables(&diff("mixed", &["--prune"]))["sanid_igroup"].clone();
    assert_eq!(mixed["initiator_group_type"], "mixed");
    let first = json!({"name": "50:0a:09:81:00:00:00:01", "comment": "db1 fc"});
    assert_eq!(mixed["initiator_objects"][0], first);
    assert_eq!(mixed["initiator_objects"].as_array().unwrap().len(), 3);
    for (group, code, said) in [
        ("cluster", 3, "contains the igroup node-a"),
        ("fc", 3, "Fibre Channel"),
        ("bare", 2, "no protocol and os_type"),
    ] {
        let ran = diff(group, &[]);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(
            ran.stdout.is_empty() && ran.stderr.contains(said),
            "{ran:?}"
        );
    }
}

/// A portal group with two LUNs, whose ACLs map these.
fn lio(acls: &[Value], attributes: &Value) -> String {
    let tpg = json!({"tag": 1, "attributes": attributes, "luns": [{"index": 0}, {"index": 1}], "node_acls": acls});
    json!({"targets": [{"fabric": "iscsi", "wwn": "iqn.2024-01.com.example:t", "tpgs": [tpg]}]})
        .to_string()
}

fn acl(number: u64, luns: &[(u64, u64, bool)]) -> Value {
    let luns: Vec<Value> = luns
        .iter()
        .map(|(index, lun, read_only)| json!({"index": index, "tpg_lun": lun, "write_protect": read_only}))
        .collect();
    json!({"node_wwn": format!("iqn.2024-01.com.example:n{number}"), "mapped_luns": luns})
}

#[test]
fn a_new_acl_of_lio_gets_what_the_others_have() {
    let (masked, all) = ([(0, 1, true)], [(0, 0, false), (1, 1, false)]);
    let scope = ["lio", "--target", "iqn.2024-01.com.example:t"];
    for (acls, given) in [
        (vec![acl(1, &masked), acl(2, &masked)], "given=0:1:1"),
        (vec![acl(1, &all)], "given=true"),
        (vec![], "given=true"),
        (vec![acl(1, &[])], "given=false"),
        (vec![acl(1, &masked), acl(2, &all)], "given=''"),
    ] {
        let ran = Target::new(&lio(&acls, &json!({}))).diff(&scope, LIST);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(
            ran.stdout.lines().any(|line| line == given),
            "{given}: {ran:?}"
        );
        assert_eq!(
            ran.stdout.contains("map different LUNs"),
            given == "given=''",
            "{ran:?}"
        );
        assert!(ran.stdout.contains("\nchap=false\n"), "{ran:?}");
    }
    let demands = lio(&[], &json!({"authentication": 1}));
    let ran = Target::new(&demands).diff(&scope, LIST);
    assert!(ran.stdout.contains("\nchap=true\n"), "{ran:?}");
    let json = |acls: &[Value]| {
        let target = Target::new(&lio(acls, &json!({})));
        let words = [
            "export",
            "--to",
            "lio-json",
            "--target",
            "iqn.2024-01.com.example:t",
            "--base",
        ];
        fleet(&[&words[..], &[&target.path()]].concat(), LIST)
    };
    let ran = json(&[acl(1, &masked)]);
    let config: Value = serde_json::from_str(&ran.stdout).unwrap();
    let acls = &config["targets"][0]["tpgs"][0]["node_acls"];
    assert_eq!(acls[1]["mapped_luns"], acls[0]["mapped_luns"]);
    let ran = json(&[acl(1, &masked), acl(2, &all)]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
}

#[test]
fn luns_of_scst_outside_of_groups_are_said() {
    let target = Target::new(
        "TARGET_DRIVER iscsi {\n\tTARGET iqn.2024-01.com.example:open {\n\t\tLUN 0 disk1\n\t}\n\
         \tTARGET iqn.2024-01.com.example:both {\n\t\tLUN 0 disk1\n\t\tGROUP hosts {\n\t\t\tLUN 0 disk1\n\t\t\tINITIATOR iqn.2024-01.com.example:a\n\t\t}\n\t}\n}\n",
    );
    let ran = target.import("scst");
    assert_eq!(
        ran.stdout
            .matches(",anyone,LUN 0 outside of a group")
            .count(),
        2,
        "{ran:?}"
    );
    let scope = [
        "scst",
        "--target",
        "iqn.2024-01.com.example:both",
        "--group",
        "hosts",
    ];
    let ran = target.diff(&scope, LIST);
    assert!(
        ran.stderr
            .contains("iqn.2024-01.com.example:both lets anyone in (LUN 0"),
        "{ran:?}"
    );
}

#[test]
fn what_is_not_of_the_format_is_never_an_empty_list() {
    let formats = [
        "lio",
        "lio-json",
        "nvmet",
        "nvmet-json",
        "spdk-nvmf",
        "spdk-iscsi",
        "tgt",
        "tgtadm",
        "scst",
        "scstadmin",
        "ceph-nvmeof",
        "truenas-iscsi",
        "truenas-nvmet",
        "ontap-igroup",
        "ontap-nvme",
        "pure",
        "powerstore",
        "terraform",
    ];
    for text in [
        "",
        "\n",
        "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1::/:/sbin/nologin\n",
        "{}",
        "{\"status\": 22, \"error_message\": \"Failure\"}",
        "include /etc/example/*.conf\n",
    ] {
        let target = Target::new(text);
        for format in formats {
            let ran = target.import(format);
            assert_eq!(ran.code, Some(2), "{format} {text:?}: {ran:?}");
        }
    }
}

#[test]
fn an_answer_of_ceph_to_something_else_is_refused_by_name() {
    for (text, said) in [
        (
            r#"{"status": 22, "error_message": "Failure adding", "hosts": [], "subsystem_nqn": ""}"#,
            "Failure adding",
        ),
        (
            r#"{"status": 0, "subsystem_nqn": "nqn.2024-01.com.example:s", "connections": []}"#,
            "no list of hosts",
        ),
    ] {
        let ran = Target::new(text).import("ceph-nvmeof");
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(said), "{ran:?}");
    }
}

#[test]
fn method_names_of_old_spdk_are_read() {
    let nvmf = r#"{"subsystems":[{"subsystem":"nvmf","config":[
        {"method":"construct_nvmf_subsystem","params":{"nqn":"nqn.2016-06.io.spdk:cnode1","hosts":["nqn.2016-06.io.spdk:init"],"allow_any_host":true}},
        {"method":"nvmf_subsystem_create","params":{"nqn":"nqn.2016-06.io.spdk:cnode2","allow_any_host":true}}]}]}"#;
    let ran = Target::new(nvmf).import("spdk-nvmf");
    assert_eq!(ran.stdout.matches(",anyone,").count(), 2, "{ran:?}");
    assert!(ran.stdout.contains("nqn.2016-06.io.spdk:init"), "{ran:?}");
    let iscsi = r#"[{"method":"add_initiator_group","params":{"tag":2,"initiators":["ANY"],"netmasks":["10.0.0.0/8"]}}]"#;
    let whole = format!(r#"{{"subsystems":[{{"subsystem":"iscsi","config":{iscsi}}}]}}"#);
    let ran = Target::new(&whole).import("spdk-iscsi");
    assert!(ran.stdout.contains(",2,anyone,ANY"), "{ran:?}");
    // What it does to the group is not known, so neither is the list.
    let both = iscsi.replacen(
        '[',
        r#"[{"method":"initiator_group_change","params":{"tag":2}},"#,
        1,
    );
    let whole = format!(r#"{{"subsystems":[{{"subsystem":"iscsi","config":{both}}}]}}"#);
    let ran = Target::new(&whole).import("spdk-iscsi");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("initiator_group_change is not known"),
        "{ran:?}"
    );
}

#[test]
fn a_configuration_of_tgt_may_begin_with_its_target() {
    let target = Target::new(
        "<target iqn.2024-01.com.example:t>\n    backing-store /dev/sdb\n    initiator-address 192.0.2.1\n</target>\n\
         <target iqn.2024-01.com.example:t>\n    initiator-name iqn.2024-01.com.example:a\n</target>\n",
    );
    let ran = target.import("tgt");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("iqn.2024-01.com.example:a"), "{ran:?}");
}

#[test]
fn a_name_in_the_object_of_a_different_host_is_not_in_place() {
    let (one, two) = (
        "iqn.2024-01.com.example:web1",
        "iqn.2024-01.com.example:web2",
    );
    let powerstore = json!([
        {"name": "WEB1", "host_initiators": [{"port_name": two, "port_type": "iSCSI"}]},
        {"name": "stale", "host_initiators": [{"port_name": one, "port_type": "iSCSI"}]},
    ]);
    let pure = json!({"purefa_info": {"hosts": {"WEB1": {"iqn": [two]}, "stale": {"iqn": [one]}}}});
    let terraform = json!({"sanid_hosts": {"web1": {"iqn": two}, "stale": {"iqn": one}}});
    let csv = format!("host,iqn\nweb1,{two}\nstale,{one}\n");
    for (format, text) in [
        ("powerstore", powerstore.to_string()),
        ("pure", pure.to_string()),
        ("terraform", terraform.to_string()),
        ("csv", csv),
    ] {
        let list = format!("host,iqn\nweb1,{one}\nweb2,{two}\n");
        let ran = Target::new(&text).diff(&[format, "--protocol", "iscsi", "--prune"], &list);
        assert_eq!(ran.code, Some(1), "{format}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{format}: {ran:?}");
        assert_eq!(
            ran.stderr.matches("is held by another host").count(),
            2,
            "{format}: {ran:?}"
        );
        assert!(
            ran.stderr.contains("take it out of stale first"),
            "{format}: {ran:?}"
        );
    }
    // A final dot and the size of letters make no other host.
    let list = format!("host,iqn\nWeb1.,{two}\n");
    let same = json!({"sanid_hosts": {"web1": {"iqn": two}}});
    let ran = Target::new(&same.to_string()).diff(&["terraform", "--protocol", "iscsi"], &list);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// Administrators allow addresses and host names beside initiator names.
#[test]
fn addresses_and_words_are_left_alone() {
    let others = ["2001:db8:0:0:0:0:0:1", "192.0.2.1", "hostnqn"];
    let spdk = json!([{"tag": 1, "initiators": [others[0], others[1], others[2], "iqn.2024-01.com.example:old"], "netmasks": ["ANY"]}]);
    let list = others
        .iter()
        .map(|one| format!("INITIATOR {one}\n"))
        .collect::<Vec<_>>()
        .concat();
    let scst = format!(
        "TARGET_DRIVER iscsi {{\nTARGET iqn.2024-01.com.example:t {{\nGROUP g {{\n{list}}}\n}}\n}}\n"
    );
    let list = others.join("\n        ");
    let tgt =
        format!("Target 1: iqn.2024-01.com.example:t\n    ACL information:\n        {list}\n");
    for (format, text) in [
        ("spdk-iscsi", spdk.to_string()),
        ("scst", scst),
        ("tgt", tgt),
    ] {
        let ran = Target::new(&text).import(format);
        for other in others {
            let row = ran
                .stdout
                .lines()
                .find(|line| line.starts_with(other))
                .unwrap();
            assert!(row.contains(",pattern,"), "{format}: {row}");
        }
    }
    let diff = Target::new(&spdk.to_string()).diff(
        &["spdk-iscsi", "--group", "1", "--prune"],
        "host,iqn\nnew,iqn.2024-01.com.example:new\n",
    );
    assert!(diff.stdout.contains("example:old"), "{diff:?}");
    assert!(
        others.iter().all(|other| !diff.stdout.contains(other)),
        "{diff:?}"
    );
}
