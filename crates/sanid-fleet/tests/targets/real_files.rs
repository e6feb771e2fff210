//! Files that the real tools wrote: targetcli 2.1.53 with rtslib 2.1.75 on Linux 6.1, tgt-admin 1.0.85,
//! nvmetcli 0.9 on Linux 6.12 (the key in it is of a guest that is gone), and a listing of nvmet's configfs.

use sanid_fleet::targets::{self, Kind, Present, Protocol};
use serde_json::{Value, json};

use super::support::{export, host, real, scope};

fn entries(format: &str, file: &str) -> Vec<(String, String, Kind)> {
    let present: Present = targets::format(format).unwrap().read(&real(file)).unwrap();
    let mut entries: Vec<_> = present
        .entries
        .into_iter()
        .map(|entry| (entry.object, entry.name, entry.kind))
        .collect();
    entries.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    entries
}

fn expected(rows: &[(&str, &str, Kind)]) -> Vec<(String, String, Kind)> {
    rows.iter()
        .map(|(object, name, kind)| ((*object).to_owned(), (*name).to_owned(), *kind))
        .collect()
}

#[test]
fn a_saveconfig_of_targetcli_is_read() {
    let target = "iqn.2024-01.test.local:target/tpgt_1";
    let rows = [
        (
            "iqn.2024-01.test.local:other/tpgt_1",
            "iqn.2024-01.test.local:stranger",
            Kind::Name,
        ),
        (
            target,
            "iqn.2016-04.com.open-iscsi:22222222222242228222222222222222",
            Kind::Name,
        ),
        (
            target,
            "iqn.2016-04.com.open-iscsi:33333333333343338333333333333333",
            Kind::Name,
        ),
        (
            target,
            "iqn.2016-04.com.open-iscsi:44444444444444448444444444444444",
            Kind::Name,
        ),
    ];
    for format in ["lio", "lio-json"] {
        assert_eq!(entries(format, "lio-saveconfig.json"), expected(&rows));
    }
}

#[test]
fn a_listing_of_configfs_is_read() {
    let subsystem = "nqn.2024-01.test.local:subsystem";
    let uuid = |digit: &str| {
        let part = |length: usize| digit.repeat(length);
        format!(
            "nqn.2014-08.org.nvmexpress:uuid:{}-{}-4{}-8{}-{}",
            part(8),
            part(4),
            part(3),
            part(3),
            part(12)
        )
    };
    let (two, three, four) = (uuid("2"), uuid("3"), uuid("4"));
    let rows = [
        (subsystem, two.as_str(), Kind::Name),
        (subsystem, three.as_str(), Kind::Name),
        (subsystem, four.as_str(), Kind::Name),
        (
            "nqn.2024-01.test.local:subsystem:other",
            "nqn.2024-01.test.local:stranger",
            Kind::Name,
        ),
    ];
    assert_eq!(entries("nvmet", "nvmet-configfs.txt"), expected(&rows));
}

const SAVED: &str = "nvmetcli-save.json";
const RICH: &str = "nqn.2024-01.test.local:rich";

#[test]
fn what_nvmetcli_saves_is_read() {
    let open = "nqn.2024-01.test.local:open";
    let uuid = |uuid: &str| format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}");
    let (one, two) = (
        uuid("44444444-4444-4444-8444-444444444444"),
        uuid("652f5d50-a689-4520-b87b-fe2552ef6b8b"),
    );
    let rows = [
        (open, "allow_any_host=1", Kind::Anyone),
        (RICH, one.as_str(), Kind::Name),
        (RICH, two.as_str(), Kind::Name),
    ];
    for format in ["nvmet", "nvmet-json"] {
        assert_eq!(entries(format, SAVED), expected(&rows));
    }
}

/// Keys, attributes, groups of namespaces, referrals, passed-through controllers: nvmetcli restore takes
/// away what the file does not have.
#[test]
fn an_export_changes_nothing_of_what_nvmetcli_saved_but_the_list() {
    let mut scope = scope(Protocol::Nvme);
    scope.subsystem = Some(RICH.to_owned());
    scope.base = Some(real(SAVED));
    let new = host(1);
    let nqn = new.host_nqn.as_ref().unwrap().as_str();
    let mut wanted: Value = serde_json::from_str(&real(SAVED)).unwrap();
    let key = wanted["hosts"][1]["dhchap"]["key"].as_str().unwrap();
    assert!(key.starts_with("DHHC-1:"), "{key}");
    let added = [
        ("/hosts", json!({"nqn": nqn})),
        ("/subsystems/1/allowed_hosts", json!(nqn)),
    ];
    for (list, element) in added {
        let list = wanted.pointer_mut(list).and_then(Value::as_array_mut);
        list.unwrap().push(element);
    }
    let made = export(targets::format("nvmet-json").unwrap(), &[new], &scope);
    assert_eq!(serde_json::from_str::<Value>(&made).unwrap(), wanted);
}

#[test]
fn what_tgtd_shows_and_what_tgt_admin_dumps_are_read() {
    let (one, two) = ("iqn.2024-01.test.local:t1", "iqn.2024-01.test.local:t2");
    let shown = [
        (one, "10.0.0.0/8", Kind::Pattern),
        (one, "iqn.2016-04.com.open-iscsi:1111", Kind::Name),
        (one, "iqn.2016-04.com.open-iscsi:2222", Kind::Name),
        (two, "ALL", Kind::Anyone),
    ];
    for format in ["tgt", "tgtadm"] {
        assert_eq!(entries(format, "tgtadm-show.txt"), expected(&shown));
    }
    // The dump leaves ALL out, calls a network with a mask a name, and loading it would open the third
    // target, which admits nobody.
    let open = "no initiator-address in the file: tgt-admin adds ALL";
    let dumped = entries("tgt", "tgt-admin-dump.conf");
    for row in expected(&shown[..3]) {
        assert!(dumped.contains(&row), "{row:?} is not in {dumped:?}");
    }
    for target in ["iqn.2024-01.test.local:t2", "iqn.2024-01.test.local:t3"] {
        let row = (target.to_owned(), open.to_owned(), Kind::Anyone);
        assert!(dumped.contains(&row), "{row:?} is not in {dumped:?}");
    }
}
