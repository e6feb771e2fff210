//! The files that sanid stores for itself and those that it publishes.

use crate::kept::assert_kept;
use crate::releases::releases;
use crate::{
    HOST_ID, OTHER_HOST_ID, OTHER_MACHINE_ID, allow_memory, json, memory, read, sanid, write,
};

const RECORD: &str = "var/lib/sanid/record.json";

/// After a template's machine-id is reset, the record proves that sanid derived the old names, so `apply` may
/// replace them. Without the record it refuses.
#[test]
fn a_record_proves_names_of_an_earlier_machine_id() {
    for release in releases() {
        for (with_record, code) in [(true, 0), (false, 3)] {
            let host = release.copy("host");
            let root = host.path();
            write(root, "etc/machine-id", &format!("{OTHER_MACHINE_ID}\n"));
            if !with_record {
                std::fs::remove_file(root.join(RECORD)).unwrap();
            }
            sanid(root, &["apply"]).expect(code);
            let expected = if with_record { OTHER_HOST_ID } else { HOST_ID };
            assert_eq!(read(root, "etc/nvme/hostid"), format!("{expected}\n"));
        }
    }
}

#[test]
fn a_record_proves_names_of_an_earlier_system_uuid() {
    for release in releases() {
        let tree = "records/hardware-seed";
        for (with_record, code) in [(true, 0), (false, 3)] {
            let host = release.copy(tree);
            let root = host.path();
            let uuid = "sys/class/dmi/id/product_uuid";
            write(root, uuid, "11111111-2222-4333-8444-000000000001\n");
            if !with_record {
                std::fs::remove_file(root.join(RECORD)).unwrap();
            }
            sanid(root, &["apply"]).expect(code);
        }
        // A seed of another kind is a change of the configuration, and needs consent.
        let host = release.copy(tree);
        write(host.path(), "etc/sanid/config.toml", "");
        sanid(host.path(), &["apply"]).expect(3);
    }
}

/// The run was killed between the two files of the NVMe pair.
#[test]
fn an_interrupted_change_is_completed_without_consent() {
    for release in releases() {
        let tree = "records/interrupted";
        let hostnqn = release.text(&format!("{tree}/etc/nvme/hostnqn"));
        let hostid = release.text(&format!("{tree}/etc/nvme/hostid"));
        assert!(!hostnqn.contains(hostid.trim_end()), "{hostnqn}{hostid}");
        for (with_record, code) in [(true, 0), (false, 3)] {
            let host = release.copy(tree);
            let root = host.path();
            if !with_record {
                std::fs::remove_file(root.join(RECORD)).unwrap();
            }
            sanid(root, &["apply"]).expect(code);
            if with_record {
                assert_eq!(read(root, "etc/nvme/hostid"), format!("{HOST_ID}\n"));
                assert!(read(root, "etc/nvme/hostnqn").ends_with(&format!(":{HOST_ID}\n")));
                let record: serde_json::Value = serde_json::from_str(&read(root, RECORD)).unwrap();
                assert_eq!(record.get("pending"), None);
            }
        }
    }
}

/// A pin does not depend on the machine-id.
#[test]
fn pinned_names_stay_after_a_machine_id_reset() {
    for release in releases() {
        let host = release.copy("records/pinned");
        let root = host.path();
        write(root, "etc/machine-id", &format!("{OTHER_MACHINE_ID}\n"));
        let apply = sanid(root, &["apply", "--format", "json"]).expect(0);
        assert_eq!(json(&apply, root)["outcome"], "unchanged");
        assert_eq!(
            read(root, "etc/iscsi/initiatorname.iscsi"),
            "InitiatorName=iqn.1993-08.org.debian:01:187bb6704796\n"
        );
        // The record says that the names came from a pin, so it does not prove that sanid derived them.
        std::fs::remove_file(root.join("etc/sanid/config.d/50-adopted.toml")).unwrap();
        sanid(root, &["apply"]).expect(3);
    }
}

/// Bind placement stores its record in `/run`.
#[test]
fn a_record_in_run_proves_names_of_an_earlier_machine_id() {
    for release in releases() {
        for (with_record, code) in [(true, 0), (false, 3)] {
            let host = release.copy_in("records/bind", memory());
            let root = host.path();
            allow_memory(root);
            write(root, "etc/machine-id", &format!("{OTHER_MACHINE_ID}\n"));
            if !with_record {
                std::fs::remove_file(root.join("run/sanid/record.json")).unwrap();
            }
            sanid(root, &["apply"]).expect(code);
        }
    }
}

#[test]
fn recorded_hardware_distinguishes_the_host_from_a_clone() {
    for release in releases() {
        let verdict = |changes: &[(&str, &str)]| {
            let host = release.copy("host");
            for (path, text) in changes {
                write(host.path(), path, text);
            }
            let shown = sanid(host.path(), &["hardware", "show", "--format", "json"]);
            let comparison = json(&shown, host.path())["comparison"].clone();
            (comparison["verdict"].clone(), comparison["weight"].clone())
        };
        let uuid = (
            "sys/class/dmi/id/product_uuid",
            "11111111-2222-4333-8444-000000000001\n",
        );
        let serial = ("sys/class/dmi/id/board_serial", "1ABCD23.CN70163000002\n");
        let mac = ("sys/class/net/eth0/address", "52:54:00:aa:bb:cc\n");
        for (changes, word, weight) in [
            (&[][..], "same-host", 9),
            (&[mac], "parts-changed", 3),
            (&[uuid, serial, mac], "clone-suspected", -9),
        ] {
            assert_eq!(
                verdict(changes),
                (word.into(), weight.into()),
                "{}",
                release.version
            );
        }
    }
}

#[test]
fn apply_with_nothing_to_do_keeps_stored_files() {
    for release in releases() {
        let files = [
            RECORD,
            "var/lib/sanid/hardware.json",
            "run/sanid/identity.json",
        ];
        let host = release.copy_in("host", memory());
        let root = host.path();
        allow_memory(root);
        let before = files.map(|file| read(root, file));
        let apply = sanid(root, &["apply", "--format", "json"]).expect(0);
        assert_eq!(json(&apply, root)["outcome"], "unchanged");
        for (file, before) in files.iter().zip(before) {
            // A later version may add fields.
            let now: serde_json::Value = serde_json::from_str(&read(root, file)).unwrap();
            let before: serde_json::Value = serde_json::from_str(&before).unwrap();
            assert_kept(&before, &now, file);
        }
    }
}

#[test]
fn the_published_identity_matches_the_files() {
    for release in releases() {
        for (tree, source) in [
            ("host", "derived"),
            ("records/kept", "kept"),
            ("records/pinned", "pin"),
            ("records/hardware-seed", "derived"),
            ("records/bind", "derived"),
        ] {
            let published = release.json(&format!("{tree}/run/sanid/identity.json"));
            let file = |path: &str| {
                release
                    .text(&format!("{tree}/{path}"))
                    .trim_end()
                    .to_owned()
            };
            assert_eq!(published["kind"], "Applied");
            assert_eq!(
                format!("InitiatorName={}", published["iqn"].as_str().unwrap()),
                file("etc/iscsi/initiatorname.iscsi")
            );
            assert_eq!(published["hostNqn"], file("etc/nvme/hostnqn"));
            assert_eq!(published["hostId"], file("etc/nvme/hostid"));
            for part in ["iqn", "nvme"] {
                assert_eq!(published["provenance"][part]["source"], source, "{tree}");
            }
        }
    }
}
