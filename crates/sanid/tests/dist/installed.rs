//! `cargo xtask install`, and the tree that it makes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use libtest_mimic::Trial;
use tempfile::TempDir;

use super::support::host::{FILES, FOREIGN, MACHINE_ID, Ran};
use testkit::trial::{Need, trial};

/// The repository.
pub(crate) const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Some of what must be there, with its mode.
const EXPECTED: &[(&str, u32)] = &[
    ("etc/cloud/clean.d/50-sanid", 0o755),
    ("usr/bin/sanid", 0o755),
    ("usr/bin/sanid-image", 0o755),
    ("usr/bin/sanid-fleet", 0o755),
    ("usr/lib/sanid/initramfs-identity", 0o755),
    ("usr/lib/dracut/modules.d/95sanid/module-setup.sh", 0o755),
    ("usr/lib/systemd/system/sanid.service", 0o644),
    ("usr/lib/systemd/system/sanid-bind.service", 0o644),
    ("usr/lib/systemd/system/sanid-machine-id.service", 0o644),
    ("usr/lib/systemd/system/sanid-changed.service", 0o644),
    ("usr/lib/systemd/system/sanid.path", 0o644),
    ("usr/lib/systemd/system/sanid-status.service", 0o644),
    ("usr/lib/systemd/system/sanid-status.timer", 0o644),
    ("usr/lib/systemd/system-preset/80-sanid.preset", 0o644),
    ("usr/lib/tmpfiles.d/sanid.conf", 0o644),
    ("usr/share/initramfs-tools/hooks/sanid", 0o755),
    (
        "usr/share/initramfs-tools/scripts/init-premount/sanid",
        0o755,
    ),
    ("usr/share/man/man8/sanid.8", 0o644),
    ("usr/share/man/man8/sanid-image.8", 0o644),
    ("usr/share/man/man8/sanid-fleet.8", 0o644),
    ("usr/share/man/man8/sanid-lint.8", 0o644),
    ("usr/share/man/man8/sanid-seal.8", 0o644),
    ("usr/share/bash-completion/completions/sanid-image", 0o644),
    ("usr/share/bash-completion/completions/sanid-fleet", 0o644),
    ("usr/share/doc/sanid/examples/10-scheme.toml", 0o644),
    ("usr/share/doc/sanid/examples/openrc/sanid", 0o755),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "an_installation_has_every_file_and_no_identity",
            INSTALLED,
            || {
                complete(TREE.path());
            },
        ),
        trial(
            "installed_again_and_elsewhere_it_is_the_same",
            INSTALLED,
            again_and_elsewhere,
        ),
    ]
}

/// `cargo xtask`, which installs.
pub(crate) const XTASK: Need = Need::Set("SANID_XTASK", "cargo xtask");
const INSTALLED: &[Need] = &[STATIC, XTASK];
/// The static binary of `sanid`; those of the other commands are beside it.
pub(crate) const STATIC: Need = Need::Set("SANID_STATIC", "the static binaries");

/// An installation that tests may read.
pub(crate) static TREE: LazyLock<TempDir> = LazyLock::new(|| {
    let tree = tempfile::tempdir().unwrap();
    install(
        tree.path(),
        &[
            "--fleet-binary",
            static_binary("sanid-fleet").to_str().unwrap(),
        ],
    );
    tree
});

/// The static binary of a command.
pub(crate) fn static_binary(name: &str) -> PathBuf {
    let sanid = PathBuf::from(std::env::var_os("SANID_STATIC").unwrap());
    sanid.with_file_name(name)
}

fn install(destdir: &Path, options: &[&str]) -> String {
    let ran = Ran::of(
        Command::new(std::env::var_os("SANID_XTASK").unwrap())
            .args(["install", "--binary"])
            .arg(static_binary("sanid"))
            .arg("--image-binary")
            .arg(static_binary("sanid-image"))
            .arg("--destdir")
            .arg(destdir)
            .args(options)
            .current_dir(REPOSITORY),
    );
    ran.expect(0).stdout
}

fn complete(tree: &Path) {
    for (path, mode) in EXPECTED {
        let data = fs::metadata(tree.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(data.permissions().mode() & 0o7777, *mode, "{path}");
    }
    assert_eq!(
        identities(tree),
        Vec::<String>::new(),
        "installing makes no identity"
    );
    let hook = [tree.join("etc/cloud/clean.d/50-sanid")];
    assert_eq!(files(&tree.join("etc")), hook, "there is no configuration");
    assert!(!tree.join("var").exists(), "{}", tree.display());
}

fn again_and_elsewhere() {
    let tree = tempfile::tempdir().unwrap();
    let first = install(tree.path(), &["--prefix", "/usr/local"]);
    let second = install(tree.path(), &["--prefix", "/usr/local"]);
    assert_eq!(first, second);
    let unit = tree
        .path()
        .join("usr/local/lib/systemd/system/sanid.service");
    let unit = fs::read_to_string(unit).unwrap();
    assert!(
        unit.contains("\nExecStart=/usr/local/bin/sanid apply --boot\n"),
        "{unit}"
    );
    assert!(!tree.path().join("usr/bin").exists());
    let listed = first.lines().count();
    assert!(!first.contains("sanid-fleet"), "{first}");
    assert_eq!(
        files(tree.path()).len(),
        listed,
        "all that is there is listed"
    );
}

/// Every file below a directory.
pub(crate) fn files(tree: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![tree.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                directories.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// The files of an identity, or that make one, below a directory.
pub(crate) fn identities(tree: &Path) -> Vec<String> {
    let others = [
        "etc/machine-id",
        "etc/initiatorname.iscsi",
        "run/sanid/identity.json",
        "var/lib/sanid/record.json",
    ];
    FILES
        .into_iter()
        .chain(others)
        .filter(|path| fs::metadata(tree.join(path)).is_ok_and(|data| data.len() > 0))
        .map(str::to_owned)
        .collect()
}

/// The `/etc` of a host that has an identity, which nothing may carry away.
pub(crate) fn etc_of_a_host() -> TempDir {
    let etc = tempfile::tempdir().unwrap();
    for (path, content) in FILES.iter().zip(FOREIGN) {
        let path = etc.path().join(path.strip_prefix("etc/").unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::write(etc.path().join("machine-id"), format!("{MACHINE_ID}\n")).unwrap();
    etc
}
