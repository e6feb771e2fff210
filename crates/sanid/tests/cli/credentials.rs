//! What the service manager hands over, which counts for the running host alone.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::host::{Host, MACHINE_ID, Ran, sanid};

/// `sanid WORDS --root ROOT` as a service with these credentials.
fn service(words: &[&str], root: &Path, credentials: &[(&str, &str)]) -> Ran {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in credentials {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    in_directory(words, root, directory.path())
}

fn in_directory(words: &[&str], root: &Path, directory: &Path) -> Ran {
    let mut command = sanid(words);
    command.arg("--root").arg(root);
    command.env("CREDENTIALS_DIRECTORY", directory);
    Ran::of(&mut command)
}

const CONFIG: &[(&str, &str)] = &[(
    "sanid.config",
    "# from the hypervisor\non-existing = \"keep\"\n",
)];

#[test]
fn the_configuration_says_that_it_comes_from_a_credential() {
    let shown = service(&["config"], Path::new("/"), CONFIG)
        .expect(0)
        .stdout;
    let line = shown.lines().find(|line| line.starts_with("on-existing"));
    let line = line.unwrap_or_else(|| panic!("{shown}"));
    assert!(line.contains("= \"keep\""), "{line}");
    assert!(line.ends_with("# credential sanid.config:2"), "{line}");
}

#[test]
fn a_mistake_in_the_credential_stops_it() {
    let mistake = [("sanid.config", "scheme = \"sanid-v9\"\n")];
    let ran = service(&["show"], Path::new("/"), &mistake).expect(2);
    let expected = "credential sanid.config:1:10: scheme = \"sanid-v9\" is refused";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}

/// The pin would name the host otherwise, and so would the machine-id.
#[test]
fn a_credential_that_cannot_be_read_is_not_passed_over() {
    let pinned = "pin.iqn = \"eui.02004567a425678d\"";
    let large = "x".repeat(70_000);
    let names = ["sanid.iqn", "sanid.hostnqn", "sanid.hostid", "sanid.config"];
    for name in names {
        for (what, expected) in [("too large", "larger than"), ("a directory", "not a")] {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("sanid.config"), pinned).unwrap();
            let place = directory.path().join(name);
            let _ = std::fs::remove_file(&place);
            match what {
                "too large" => std::fs::write(&place, &large).unwrap(),
                _ => std::fs::create_dir(&place).unwrap(),
            }
            let ran = in_directory(&["show"], Path::new("/"), directory.path()).expect(2);
            assert!(ran.stderr.contains(name), "{name}, {what}: {}", ran.stderr);
            assert!(
                ran.stderr.contains(expected),
                "{name}, {what}: {}",
                ran.stderr
            );
        }
    }
}

#[test]
fn credentials_are_not_those_of_another_root() {
    let host = Host::new(MACHINE_ID);
    let shown = service(&["config"], host.root(), CONFIG).expect(0).stdout;
    assert!(!shown.contains("credential"), "{shown}");
}

const IQN: &str = "iqn.2004-05.com.example:vm7";
const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// Where systemd looks for `LoadCredential=sanid.iqn`, highest priority first (systemd.exec(5)).
const PLACES: [&str; 5] = [
    "run/credentials/@system",
    "etc/credstore",
    "run/credstore",
    "usr/local/lib/credstore",
    "usr/lib/credstore",
];

/// A host that runs.
fn running() -> Host {
    let host = Host::in_memory(MACHINE_ID);
    std::fs::create_dir(host.at("run")).unwrap();
    host
}

/// A running host that the hypervisor has named, as its boot unit left it.
fn named(place: &str) -> Host {
    let host = running();
    let (iqn, nqn) = (
        format!("{place}/sanid.iqn"),
        format!("{place}/sanid.hostnqn"),
    );
    host.write(&iqn, IQN);
    host.write(&nqn, format!("{NQN}\n"));
    host.apply();
    let three = host.three();
    assert_eq!(
        three[0].as_deref(),
        Some(format!("InitiatorName={IQN}\n").as_bytes()),
        "{place}"
    );
    assert_eq!(
        three[1].as_deref(),
        Some(format!("{NQN}\n").as_bytes()),
        "{place}"
    );
    host
}

/// By hand nothing sets `$CREDENTIALS_DIRECTORY`.
#[test]
fn a_command_by_hand_sees_what_a_unit_gets() {
    for place in PLACES {
        let host = named(place);
        let three = host.three();
        assert!(
            host.run(&["show"])
                .expect(0)
                .stdout
                .contains("credential sanid.iqn"),
            "{place}"
        );
        let status = host.run(&["status"]).expect(0);
        assert!(
            status.stdout.contains("no findings"),
            "{place}: {status:#?}"
        );
        let again = host.run(&["apply"]).expect(0);
        assert!(again.stdout.contains("unchanged"), "{place}: {again:#?}");
        for words in [&["reseed", "--yes"][..], &["reseed", "--dry-run"]] {
            let ran = host.run(words).expect(3);
            assert!(
                ran.stderr.contains("credential sanid.iqn"),
                "{place}: {ran:#?}"
            );
        }
        let machine_id = host.read("etc/machine-id").unwrap();
        assert_eq!(machine_id, format!("{MACHINE_ID}\n").as_bytes());
        assert_eq!(host.three(), three, "{place}");
    }
}

#[test]
fn a_pin_below_a_credential_is_not_written() {
    let host = Host::foreign(MACHINE_ID);
    let live = running();
    for path in crate::support::host::FILES {
        live.write(path, host.read(path).unwrap());
    }
    live.write("run/credentials/@system/sanid.iqn", IQN);
    let ran = live.run(&["adopt"]).expect(2);
    assert!(ran.stderr.contains("outranks every pin"), "{ran:#?}");
}

#[test]
fn places_of_credentials_have_the_order_of_systemd() {
    let host = running();
    for (number, place) in PLACES.iter().enumerate().rev() {
        host.write(
            &format!("{place}/sanid.iqn"),
            format!("iqn.2004-05.com.example:{number}"),
        );
        let config = format!("iqn-prefix = \"iqn.2004-05.com.example.n{number}\"\n");
        host.write(&format!("{place}/sanid.config"), config);
        let shown = host.run(&["show"]).expect(0).stdout;
        assert!(
            shown.contains(&format!("com.example:{number}")),
            "{place}: {shown}"
        );
        let config = host.run(&["config"]).expect(0).stdout;
        assert!(
            config.contains(&format!("com.example.n{number}\"")),
            "{place}: {config}"
        );
    }
}

/// Not before an image boots does systemd hand anything on.
#[test]
fn an_image_has_no_credentials() {
    let host = Host::on_disk(MACHINE_ID);
    for place in PLACES {
        host.write(&format!("{place}/sanid.iqn"), IQN);
    }
    assert!(!host.run(&["show"]).expect(0).stdout.contains(IQN));
}

/// The directory counts for the running host alone, so nothing here may write.
#[test]
fn a_credentials_directory_that_cannot_be_opened_stops_every_command() {
    let place = tempfile::tempdir().unwrap();
    let (file, symlink) = (place.path().join("file"), place.path().join("loop"));
    std::fs::write(&file, "").unwrap();
    std::os::unix::fs::symlink(&symlink, &symlink).unwrap();
    for (given, errno) in [(file, "ENOTDIR"), (symlink, "ELOOP")] {
        for words in [
            &["apply", "--dry-run"][..],
            &["apply", "--replace", "--dry-run"],
            &["adopt", "--dry-run"],
            &["reseed", "--dry-run"],
            &["show"],
            &["status"],
        ] {
            let ran = in_directory(words, Path::new("/"), &given).expect(2);
            assert!(ran.stderr.contains(errno), "{words:?}: {ran:#?}");
        }
    }
}

#[test]
fn a_store_of_credentials_that_cannot_be_opened_stops_the_commands_that_write() {
    for place in PLACES {
        let host = running();
        let symlink = host.at(place);
        std::fs::create_dir_all(symlink.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(symlink.file_name().unwrap(), &symlink).unwrap();
        for words in [
            &["apply"][..],
            &["apply", "--replace"],
            &["adopt"],
            &["reseed", "--yes"],
        ] {
            let ran = host.run(words).expect(2);
            assert!(ran.stderr.contains("ELOOP"), "{words:?}: {ran:#?}");
        }
        let show = host.run(&["show"]).expect(0);
        assert!(show.stderr.contains("ELOOP"), "{place}: {show:#?}");
        let [finding] = &host.findings("credentials-unseen")[..] else {
            panic!("{place}");
        };
        assert!(finding.to_string().contains("ELOOP"), "{finding}");
        assert_eq!(host.three(), [None, None, None], "{place}");
        let machine_id = host.read("etc/machine-id").unwrap();
        assert_eq!(machine_id, format!("{MACHINE_ID}\n").as_bytes(), "{place}");
    }
}

/// systemd lets only root into the directory.
#[test]
#[ignore = "needs root and setpriv"]
fn an_ordinary_user_gets_a_notice_of_what_was_not_read() {
    let host = named("run/credentials/@system");
    let open = |path: &str, mode| {
        std::fs::set_permissions(host.at(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (path, mode) in [("", 0o755), ("run/credentials/@system", 0o700)] {
        open(path, mode);
    }
    open("etc/iscsi/initiatorname.iscsi", 0o644);
    let user = |words: &[&str]| {
        let command = host.sanid(words);
        let mut user = Command::new("setpriv");
        user.args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(command.get_program())
            .args(command.get_args());
        Ran::of(&mut user)
    };
    let show = user(&["show"]).expect(0);
    assert!(
        show.stderr.contains("@system: Permission denied (EACCES)"),
        "{show:#?}"
    );
    let status = user(&["status", "--format", "json"]);
    assert!(
        status.stdout.contains("\"credentials-unseen\""),
        "{status:#?}"
    );
    let dry = user(&["apply", "--dry-run"]);
    assert!(
        dry.stdout.contains("@system: Permission denied (EACCES)"),
        "{dry:#?}"
    );
    let three = host.three();
    for words in [
        &["apply", "--replace"][..],
        &["adopt"],
        &["reseed", "--yes"],
    ] {
        user(words).expect(2);
    }
    assert_eq!(host.three(), three);
}
