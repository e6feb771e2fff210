//! Clones, other hardware, and what leads out of it (docs/clones.md).

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;

use crate::support::host::{FOREIGN, Host, MACHINE_ID, OTHER_MACHINE_ID, assert_matched, derived};
use crate::terminal::on_a_terminal;
use crate::transcript::{compare, on};

const UUID: &str = "sys/class/dmi/id/product_uuid";
const SERIAL: &str = "sys/class/dmi/id/board_serial";
const HARDWARE: &str = "var/lib/sanid/hardware.json";

/// A virtual machine with a network card.
fn guest() -> Host {
    let host = Host::typical(MACHINE_ID);
    nic(&host, "52:54:00:12:34:56");
    host
}

fn nic(host: &Host, mac: &str) {
    host.write("sys/class/net/eth0/addr_assign_type", "0\n");
    host.write("sys/class/net/eth0/address", format!("{mac}\n"));
    host.write("sys/class/net/eth0/device/vendor", "0x1af4\n");
}

fn verdict(host: &Host) -> String {
    let status: Value =
        serde_json::from_str(&on(&["status", "--format", "json"]).stdout(host)).unwrap();
    let verdict = status.pointer("/hardware/verdict").and_then(Value::as_str);
    verdict.unwrap_or("none").to_owned()
}

#[test]
fn a_clone_is_reported_and_not_repaired() {
    let host = guest();
    host.apply();
    host.write(UUID, "11223344-5566-4788-99aa-bbccddeeff00\n");
    nic(&host, "52:54:00:65:43:21");
    let three = host.three();
    let record = host.read(HARDWARE);
    compare(
        "clone",
        &host,
        &[
            on(&["status"]),
            on(&["apply"]),
            on(&["apply", "--boot"]),
            on(&["hardware", "show"]),
            on(&["reseed"]),
            on(&["reseed", "--dry-run"]),
            on(&["hardware", "record"]),
            on(&["hardware", "accept", "--dry-run"]),
        ],
    );
    assert_eq!(host.three(), three);
    assert_eq!(
        host.read(HARDWARE),
        record,
        "a clone is not taken for the host"
    );
    compare(
        "clone-accepted",
        &host,
        &[
            on(&["hardware", "accept"]),
            on(&["hardware", "accept"]),
            on(&["hardware", "show"]),
            on(&["status"]),
        ],
    );
}

#[test]
fn a_replaced_part_is_worth_a_word_and_no_more() {
    let host = guest();
    host.write(SERIAL, "1ABCD23.CN70163\n");
    host.apply();
    nic(&host, "52:54:00:65:43:21");
    compare("hardware-changed", &host, &[on(&["status"])]);
}

/// The same firmware UUID and other MAC addresses, as some hypervisors clone; and the reverse.
#[test]
fn each_kind_of_clone_of_a_virtual_machine_is_found() {
    for (uuid, mac, expected) in [
        (false, false, "same-host"),
        (true, false, "clone-suspected"),
        (false, true, "clone-suspected"),
        (true, true, "clone-suspected"),
    ] {
        let host = guest();
        host.apply();
        if uuid {
            host.write(UUID, "11223344-5566-4788-99aa-bbccddeeff00\n");
        }
        if mac {
            nic(&host, "52:54:00:65:43:21");
        }
        assert_eq!(verdict(&host), expected, "new UUID {uuid}, new MAC {mac}");
    }
}

/// The drivers of network cards come after the boot unit.
#[test]
fn the_boot_adds_what_the_first_record_lacks_and_an_idle_apply_does_not_look() {
    let host = Host::typical(MACHINE_ID);
    host.apply();
    let early = host.read(HARDWARE).unwrap();
    nic(&host, "52:54:00:12:34:56");
    host.apply();
    assert_eq!(host.read(HARDWARE).unwrap(), early);
    host.run(&["hardware", "record", "--dry-run"]).expect(0);
    assert_eq!(host.read(HARDWARE).unwrap(), early);
    host.run(&["hardware", "record"]).expect(0);
    let recorded = host.read(HARDWARE).unwrap();
    host.write(HARDWARE, &early);
    host.run(&["apply", "--boot"]).expect(0);
    assert_eq!(host.read(HARDWARE).unwrap(), recorded);
    let late = host.read(HARDWARE).unwrap();
    assert!(late.len() > early.len());
    assert_eq!(host.leftovers(), [""; 0]);
    let mode = fs::metadata(host.at(HARDWARE))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o600);
    nic(&host, "52:54:00:65:43:21");
    assert_eq!(verdict(&host), "clone-suspected");
}

/// An image is built on hardware that is not the host's.
#[test]
fn an_image_without_hardware_has_no_record_of_it() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    assert_eq!(host.read(HARDWARE), None);
    compare(
        "hardware-none",
        &host,
        &[on(&["hardware", "show"]), on(&["hardware", "accept"])],
    );
}

/// A template that was reset: its record is of another machine-id, and the host gets its own.
#[test]
fn a_reset_template_has_its_hardware_recorded_anew() {
    let host = guest();
    host.apply();
    host.write("etc/machine-id", format!("{OTHER_MACHINE_ID}\n"));
    host.write(UUID, "11223344-5566-4788-99aa-bbccddeeff00\n");
    assert_eq!(verdict(&host), "none");
    host.run(&["apply", "--boot"]).expect(0);
    assert_eq!(host.three(), derived(OTHER_MACHINE_ID));
    assert_eq!(verdict(&host), "same-host");
}

#[test]
fn reseed_makes_a_clone_a_host_of_its_own() {
    for start in [guest(), Host::foreign(MACHINE_ID)] {
        start.write("var/lib/dbus/machine-id", format!("{MACHINE_ID}\n"));
        let _ = start.run(&["apply", "--keep"]);
        let old = start.three();
        let ran = start.run(&["reseed", "--yes"]).expect(0);
        let id = String::from_utf8(start.read("etc/machine-id").unwrap()).unwrap();
        let id = id.strip_suffix('\n').unwrap();
        assert_ne!(id, MACHINE_ID);
        // machine-id(5): 32 small digits, a version 4 UUID; readable and writable by no one but its owner's rights: 0444.
        assert!(id.bytes().all(|byte| b"0123456789abcdef".contains(&byte)));
        assert_eq!((id.len(), id.chars().nth(12)), (32, Some('4')));
        assert!(id.chars().nth(16).is_some_and(|char| "89ab".contains(char)));
        let mode = fs::metadata(start.at("etc/machine-id"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o444);
        let link = fs::read_link(start.at("var/lib/dbus/machine-id")).unwrap();
        assert_eq!(link.to_str(), Some("/etc/machine-id"));
        assert_matched(&start.three());
        assert_eq!(start.three(), derived(id));
        for file in old.iter().chain(&start.three()).flatten() {
            let text = String::from_utf8_lossy(file);
            let name = text.trim_end().trim_start_matches("InitiatorName=");
            assert!(ran.stdout.contains(name), "{name}: {ran:#?}");
        }
        assert_ne!(verdict(&start), "clone-suspected");
        start.run(&["status"]).expect(0);
        assert_eq!(start.leftovers(), [""; 0]);
    }
}

#[test]
fn two_clones_get_two_identities() {
    let names = [guest(), guest()].map(|clone| {
        clone.apply();
        clone.run(&["reseed", "--yes"]).expect(0);
        clone.three()
    });
    let [one, other] = names;
    assert_ne!(one, other);
}

/// What would lose a volume, or would not last.
#[test]
fn reseed_is_refused() {
    type Change = fn(&Host);
    let table: &[(&str, Change)] = &[
        ("no-consent", |_| {}),
        ("live-session", |host| {
            host.write(
                "sys/class/iscsi_session/session2/initiatorname",
                "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b\n",
            );
        }),
        ("live-controller", |host| {
            host.write("sys/class/nvme/nvme3/transport", "tcp\n");
            host.write("sys/class/nvme/nvme3/hostnqn", FOREIGN[1]);
        }),
        ("pinned", |host| {
            host.write(
                "etc/sanid/config.toml",
                "[pin]\niqn = \"iqn.2001-04.com.example:db1\"\n",
            );
        }),
        ("other-seed", |host| {
            host.write("etc/sanid/config.toml", "seed = [\"dmi\"]\n");
        }),
        ("command-line", |host| {
            host.write("proc/cmdline", "systemd.machine_id=firmware quiet\n");
        }),
        ("credential", |host| {
            host.write("run/credentials/@system/system.machine_id", "x\n");
        }),
        ("link", |host| {
            host.write("persist/machine-id", format!("{MACHINE_ID}\n"));
            fs::remove_file(host.at("etc/machine-id")).unwrap();
            symlink("/persist/machine-id", host.at("etc/machine-id")).unwrap();
        }),
        ("no-machine-id", |host| {
            host.write("etc/machine-id", "uninitialized\n");
        }),
    ];
    for (name, change) in table {
        let host = guest();
        host.apply();
        change(&host);
        let (three, id) = (host.three(), host.read("etc/machine-id"));
        let mut words = vec!["reseed", "--yes"];
        if *name == "no-consent" {
            words.pop();
        }
        compare(&format!("reseed-{name}"), &host, &[on(&words)]);
        assert_eq!(
            (host.three(), host.read("etc/machine-id")),
            (three, id),
            "{name}"
        );
    }
    let host = guest();
    host.apply();
    host.write(
        "sys/class/iscsi_session/session2/initiatorname",
        "iqn.2001-04.com.example:x\n",
    );
    host.run(&["reseed", "--yes", "--disrupt"]).expect(0);
}

#[test]
#[ignore = "needs script"]
fn reseed_asks_on_a_terminal_and_takes_nothing_but_yes() {
    for (words, typed, agreed) in [
        ("reseed", "yes\n", true),
        ("reseed", " yes \n", true),
        ("reseed", "y\n", false),
        ("reseed", "YES\n", false),
        ("reseed", "no\n", false),
        ("reseed", "\n", false),
        // The terminal goes away.
        ("reseed", "", false),
        // No one would see the question.
        ("reseed 2>/dev/null", "yes\n", false),
    ] {
        let host = guest();
        host.apply();
        let (three, id) = (host.three(), host.read("etc/machine-id"));
        let (code, shown) = on_a_terminal(&host, words, typed, &[]);
        assert_eq!(code, Some(if agreed { 0 } else { 3 }), "{typed:?}: {shown}");
        assert_eq!(host.read("etc/machine-id") != id, agreed, "{typed:?}");
        assert_eq!(host.three() != three, agreed, "{typed:?}: {shown}");
        if words == "reseed" {
            let name = String::from_utf8_lossy(three[0].as_ref().unwrap());
            let name = name.trim_end().trim_start_matches("InitiatorName=");
            assert!(shown.contains(name), "the name at stake: {shown}");
            assert!(shown.contains("Type yes to go on: "), "{shown}");
        }
    }
}

#[test]
fn reload_is_for_the_running_host() {
    let host = Host::foreign(MACHINE_ID);
    let three = host.three();
    compare("reload", &host, &[on(&["apply", "--replace", "--reload"])]);
    assert_eq!(host.three(), three);
}
