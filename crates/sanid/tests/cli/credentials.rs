//! What the service manager hands over, which counts for the running host alone.

use std::path::Path;

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
