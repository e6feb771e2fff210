//! What depends on the machine-id: `sanid reseed` lists it, and loses nothing without a word for it.

use crate::support::host::{Host, MACHINE_ID, Ran};

/// The UUID of a discoverable `/var` of a host with the machine-id of the examples.
const VAR: &str = "dev/disk/by-partuuid/24e43059-9734-49cd-a32e-bcae30d648ed";
const SECRET: &str = "var/lib/systemd/credential.secret";

type Loss = (&'static str, &'static str, &'static str, &'static str);

/// What is on the host, the option that consents, and a part of the output.
const LOSSES: [Loss; 3] = [
    // systemd-creds(1): the key is bound to the machine-id.
    (SECRET, "x", "--lose-credentials", "systemd-creds decrypt"),
    // systemd-gpt-auto-generator(8)
    (VAR, "", "--lose-var", "/etc/fstab"),
    // lvmsystemid(7)
    (
        "etc/lvm/lvm.conf",
        "global {\n system_id_source = \"machineid\"\n}\n",
        "--lose-volume-groups",
        "vgchange",
    ),
];

fn host() -> Host {
    let host = Host::typical(MACHINE_ID);
    host.apply();
    host
}

fn unchanged(host: &Host) {
    let id = host.read("etc/machine-id").unwrap();
    assert_eq!(id, format!("{MACHINE_ID}\n").as_bytes());
}

/// The command that is offered, without the root, which may hold anything.
fn offered(ran: &Ran, last: &str) -> Vec<String> {
    let line = ran
        .stderr
        .lines()
        .find(|line| line.ends_with(last))
        .unwrap_or_else(|| panic!("{ran:#?}"));
    let command = line.trim().strip_prefix("sanid ").unwrap();
    let command = command.split(" --root ").next().unwrap();
    command.split(' ').map(str::to_owned).collect()
}

#[test]
fn reseed_refuses_each_loss_by_name() {
    for (path, content, option, said) in LOSSES {
        let host = host();
        host.write(path, content);
        for dry in [&[][..], &["--dry-run"]] {
            let words = [&["reseed", "--yes"][..], dry].concat();
            let ran = host.run(&words).expect(3);
            assert!(ran.stderr.contains("safety rule 8"), "{path}: {ran:#?}");
            assert!(ran.stderr.contains(said), "{path}: {ran:#?}");
            assert!(!ran.stderr.contains(MACHINE_ID), "{path}: {ran:#?}");
        }
        for (_, _, other, _) in LOSSES.iter().filter(|one| one.2 != option) {
            host.run(&["reseed", "--yes", other]).expect(3);
        }
        unchanged(&host);
        host.run(&["reseed", "--yes", option]).expect(0);
        assert_ne!(
            host.read("etc/machine-id").unwrap(),
            format!("{MACHINE_ID}\n").as_bytes()
        );
    }
}

#[test]
fn the_offered_command_works() {
    let host = host();
    for (path, content, ..) in LOSSES {
        host.write(path, content);
    }
    host.write(
        "sys/class/iscsi_session/session2/initiatorname",
        "iqn.2001-04.com.example:x\n",
    );
    let live = host.run(&["reseed"]).expect(3);
    let words = offered(&live, "change the identity anyway");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refused = host
        .run(&["reseed", "--yes", "--disrupt", "--lose-var"])
        .expect(3);
    for (_, _, option, _) in LOSSES {
        assert!(words.contains(&option), "{words:?}");
    }
    let see = offered(&refused, "list all that depends on it");
    let see: Vec<&str> = see.iter().map(String::as_str).collect();
    let seen = host.run(&see).expect(0);
    assert!(seen.stdout.contains("vgchange"), "{seen:#?}");
    unchanged(&host);
    assert_eq!(
        words,
        offered(&refused, "change it, and lose this")
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
    );
    host.run(&words).expect(0);
}

#[test]
fn reseed_lists_what_depends_on_the_machine_id() {
    let host = host();
    host.write(&format!("var/log/journal/{MACHINE_ID}/system.journal"), "");
    host.write("run/NetworkManager/x", "");
    host.write("var/lib/dbus/machine-id", format!("{MACHINE_ID}\n"));
    for words in [
        &["reseed", "--dry-run", "--format", "json"][..],
        &["reseed", "--yes", "--format", "json"],
    ] {
        let ran = host.run(words).expect(0);
        assert!(!ran.stdout.contains(MACHINE_ID), "{ran:#?}");
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let found: Vec<(&str, &str)> = report["dependents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["name"].as_str().unwrap(), one["seen"].as_str().unwrap()))
            .collect();
        assert_eq!(
            found,
            [
                ("host-credentials", "absent"),
                ("var-partition", "absent"),
                ("volume-groups", "absent"),
                ("journal", "seen"),
                ("boot-entries", "absent"),
                ("dhcp", "seen"),
                ("dbus", "seen"),
            ]
        );
    }
}
