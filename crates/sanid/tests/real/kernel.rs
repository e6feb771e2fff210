//! What the running kernel says of a host: its mounts, its namespaces, its
//! command line; and this machine itself.

use std::process::Command;

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID, OTHER_MACHINE_ID, Ran, sanid};
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[Need::Root, UNSHARE];
const THIS_MACHINE: &[Need] = &[
    Need::Program("systemd-id128", "systemd"),
    Need::File("/etc/machine-id", "systemd"),
];
const ISCSI_INAME: &[Need] = &[Need::Program("iscsi-iname", "open-iscsi")];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "the_identity_of_this_machine_is_systemds",
            THIS_MACHINE,
            this_machine,
        ),
        trial(
            "iscsi_iname_never_says_the_same_twice",
            ISCSI_INAME,
            iscsi_iname,
        ),
        trial(
            "this_boots_identity_is_published_below_a_volatile_run",
            NEEDS,
            published,
        ),
        trial(
            "a_machine_id_in_memory_is_refused_until_something_fixes_it",
            NEEDS,
            transient,
        ),
        trial(
            "in_a_container_only_a_named_root_is_taken",
            NEEDS,
            container,
        ),
        trial("a_credential_names_the_running_host", NEEDS, credential),
    ]
}

/// A script with `$SANID` and the host's root as `$1`.
fn play(host: &Host, script: &str) -> Ran {
    let script = format!("SANID={}; {script}", env!("CARGO_BIN_EXE_sanid"));
    Private::default().run(&script, &[host.root().to_str().unwrap()], "")
}

/// The main job, on the machine-id of the machine that runs the tests.
fn this_machine() {
    let shown = Ran::of(&mut sanid(&["show", "--root", "/", "--format", "json"])).expect(0);
    let mut systemd = Command::new("systemd-id128");
    systemd.args([
        "machine-id",
        "--app-specific=8b67317851694316ad1b04bec63f8907",
        "-u",
    ]);
    let uuid = Ran::of(&mut systemd).expect(0).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    if shown["provenance"]["nvme"]["source"] == "derived" {
        assert_eq!(shown["hostId"], uuid.trim());
    }
    let ids = std::fs::read_to_string("/etc/machine-id").unwrap();
    let mut derive = Command::new("sh");
    derive.args([
        "-c",
        "\"$0\" derive < /etc/machine-id",
        env!("CARGO_BIN_EXE_sanid"),
    ]);
    let derived = Ran::of(&mut derive).expect(0).stdout;
    assert!(derived.trim().ends_with(uuid.trim()), "{derived}");
    assert!(!derived.contains(ids.trim()));
}

fn iscsi_iname() {
    let name = || Ran::of(&mut Command::new("iscsi-iname")).expect(0).stdout;
    assert_ne!(name(), name());
}

fn published() {
    let host = Host::new(MACHINE_ID);
    host.write("run/.keep", "");
    host.apply();
    assert!(
        host.read("run/sanid/identity.json").is_none(),
        "an image would keep it"
    );
    let seen = play(
        &host,
        r#"mount -t tmpfs tmpfs "$1/run"; $SANID apply --root "$1" >&2
           cat "$1/run/sanid/identity.json"; stat -c %a "$1/run/sanid/identity.json" "$1/run/sanid/lock"
           stat -c %i "$1/run/sanid/identity.json"; $SANID apply --root "$1" >&2
           stat -c %i "$1/run/sanid/identity.json""#,
    )
    .expect(0);
    let lines: Vec<&str> = seen.stdout.lines().collect();
    let document: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(document["kind"], "Applied");
    assert_eq!(document["hostId"], "652f5d50-a689-4520-b87b-fe2552ef6b8b");
    assert_eq!(
        lines[1..3],
        ["644", "600"],
        "for everyone to read, for root alone to lock"
    );
    assert_eq!(lines[3], lines[4], "said once a boot");
}

fn transient() {
    let host = Host::new(MACHINE_ID);
    host.write("proc/cmdline", "quiet\n");
    let over = format!(
        r#"mount -t tmpfs tmpfs /mnt; echo {OTHER_MACHINE_ID} > /mnt/machine-id
           mount --bind /mnt/machine-id "$1/etc/machine-id"; $SANID apply --root "$1""#
    );
    let refused = play(&host, &over).expect(4);
    for way in [
        "writable /etc",
        "systemd.machine_id=",
        "credential system.machine_id",
    ] {
        assert!(refused.stderr.contains(way), "{refused:?}");
    }
    assert_eq!(host.three(), [None, None, None]);

    host.write(
        "proc/cmdline",
        format!("quiet systemd.machine_id={OTHER_MACHINE_ID}\n"),
    );
    play(&host, &over).expect(0);
    assert!(host.three()[0].is_some());

    let host = Host::new(MACHINE_ID);
    host.write(
        "run/credentials/@system/system.machine_id",
        OTHER_MACHINE_ID,
    );
    play(&host, &over).expect(0);
    let host = Host::new(MACHINE_ID);
    host.write(
        "etc/sanid/config.toml",
        "allow-volatile-machine-id = true\n",
    );
    play(&host, &over).expect(0);
}

fn container() {
    let host = Host::new(MACHINE_ID);
    for command in ["show", "status", "apply", "adopt"] {
        let refused = play(&host, &format!("$SANID {command}")).expect(3);
        assert!(refused.stderr.contains("PID namespace"), "{refused:?}");
        assert!(refused.stderr.contains("--root DIR"), "{refused:?}");
    }
    play(&host, "$SANID show --root /").expect(0);
    play(&host, r#"$SANID apply --root "$1""#).expect(0);
}

fn credential() {
    let host = Host::new(MACHINE_ID);
    host.write("credentials/sanid.iqn", "iqn.2001-04.com.example:vm7\n");
    let directory = r#"CREDENTIALS_DIRECTORY="$1/credentials""#;
    let shown = play(&host, &format!("{directory} $SANID show --root /")).expect(0);
    assert!(
        shown.stdout.contains("iqn.2001-04.com.example:vm7"),
        "{shown:?}"
    );
    let image = play(&host, &format!(r#"{directory} $SANID show --root "$1""#)).expect(0);
    assert!(
        !image.stdout.contains("vm7"),
        "a service's credential is not the image's"
    );
}
