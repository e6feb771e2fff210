//! The Debian and RPM packages of the static binaries: what lintian and rpmlint report of them; and how they are
//! installed, upgraded, removed and purged in a Debian that has no identity and no machine-id, as an image has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use libtest_mimic::Trial;
use tempfile::TempDir;

use super::installed::{REPOSITORY, STATIC, static_binary};
use super::support::host::Ran;
use testkit::trial::{Need, UNSHARE, trial};

const BUILDPACKAGE: Need = Need::Program("dpkg-buildpackage", "dpkg-dev");
const DEBHELPER: Need = Need::Program("dh", "debhelper");
const RPMBUILD: Need = Need::Program("rpmbuild", "rpm");
const TREE_12: Need = Need::Set("SANID_TREE_12", "a Debian 12");
const TREE_13: Need = Need::Set("SANID_TREE_13", "a Debian 13");

pub(crate) fn trials() -> Vec<Trial> {
    const DEB: &[Need] = &[BUILDPACKAGE, DEBHELPER, STATIC];
    const LINTIAN: &[Need] = &[
        Need::Program("lintian", "lintian"),
        BUILDPACKAGE,
        DEBHELPER,
        STATIC,
    ];
    const DEB_12: &[Need] = &[
        Need::Root,
        UNSHARE,
        TREE_12,
        BUILDPACKAGE,
        DEBHELPER,
        STATIC,
    ];
    const DEB_13: &[Need] = &[
        Need::Root,
        UNSHARE,
        TREE_13,
        BUILDPACKAGE,
        DEBHELPER,
        STATIC,
    ];
    const RPM: &[Need] = &[Need::Root, UNSHARE, RPMBUILD, STATIC];
    const RPMLINT: &[Need] = &[Need::Program("rpmlint", "rpmlint"), RPMBUILD, STATIC];
    vec![
        trial("lintian_reports_nothing", LINTIAN, lintian),
        trial("rpmlint_reports_nothing", RPMLINT, rpmlint),
        trial(
            "debian_packages_have_licences_changelog_and_schema",
            DEB,
            texts,
        ),
        trial(
            "the_debian_package_keeps_names_and_choices_on_debian_12",
            DEB_12,
            || {
                deb("SANID_TREE_12");
            },
        ),
        trial(
            "the_debian_package_keeps_names_and_choices_on_debian_13",
            DEB_13,
            || {
                deb("SANID_TREE_13");
            },
        ),
        trial(
            "the_rpm_package_keeps_choices_and_makes_no_identity",
            RPM,
            rpm,
        ),
        trial("the_other_packages_on_debian_12", DEB_12, other_debs),
        trial("the_other_rpm_packages", RPM, other_rpms),
    ]
}

/// The packages that a script of `packaging/` makes of the static binaries for an architecture.
fn built(script: &str, architecture: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let binaries = static_binary("sanid");
    let mut command = Command::new(Path::new(REPOSITORY).join("packaging").join(script));
    command
        .arg(architecture)
        .args([binaries.parent().unwrap(), directory.path()]);
    Ran::of(&mut command).expect(0);
    directory
}

pub(crate) static DEBS: LazyLock<TempDir> = LazyLock::new(|| {
    let ran = Ran::of(Command::new("dpkg").arg("--print-architecture"));
    built("deb.sh", ran.stdout.trim())
});
static RPMS: LazyLock<TempDir> = LazyLock::new(|| built("rpm.sh", std::env::consts::ARCH));

/// The files of packages.
fn files(directory: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 3, "{files:?}");
    files
}

fn lintian() {
    // The first version of a package closes no bug where it is not for Debian itself.
    let mut command = Command::new("lintian");
    command
        .args(["--allow-root", "--fail-on", "error,warning"])
        .args(["--suppress-tags", "initial-upload-closes-no-bugs"])
        .args(files(&DEBS));
    let ran = Ran::of(&mut command);
    assert_eq!(ran.expect(0).stdout, "");
}

fn rpmlint() {
    let packaging = Path::new(REPOSITORY).join("packaging/rpm");
    let mut command = Command::new("rpmlint");
    command
        .arg("--config")
        .arg(packaging.join("rpmlint.toml"))
        .arg(packaging.join("sanid.spec"))
        .args(files(&RPMS));
    let ran = Ran::of(&mut command).expect(0);
    assert!(
        ran.stdout.contains("0 errors, 0 warnings"),
        "{}",
        ran.stdout
    );
}

/// The licences, the changelog, the schema and the documents are where Debian has them.
fn texts() {
    for package in files(&DEBS) {
        let listed = Ran::of(Command::new("dpkg-deb").arg("--contents").arg(&package)).expect(0);
        let name = package.file_name().unwrap().to_str().unwrap();
        let (name, _) = name.split_once('_').unwrap();
        let has = |path: &str| assert!(listed.stdout.contains(path), "{name}: {path}");
        has(&format!("/usr/share/doc/{name}/copyright"));
        has(&format!("/usr/share/doc/{name}/changelog.gz"));
        has(&format!("/usr/share/doc/{name}/changelog.Debian.gz"));
        has(&format!("/usr/share/man/man8/{name}.8.gz"));
        if name != "sanid-kube" {
            has(&format!("/usr/share/sanid/schema/{name}-v1.schema.json"));
        }
    }
}

/// Runs steps in a copy of a system.
fn run(packages: &TempDir, system: &Path, steps: &str) {
    let directory = tempfile::tempdir().unwrap();
    let script = format!("{}{steps}", include_str!("packages/image.sh"));
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-euc", &script, "sh"])
        .args([directory.path(), packages.path(), system])
        .arg(Path::new(REPOSITORY).join("crates/sanid/tests/dist/packages/0.1"));
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
}

fn tree(variable: &str) -> PathBuf {
    std::env::var_os(variable).unwrap().into()
}

fn deb(variable: &str) {
    run(&DEBS, &tree(variable), include_str!("packages/deb.sh"));
}

fn rpm() {
    let packages = built("rpm.sh", std::env::consts::ARCH);
    old_rpm(&packages.path().join("old"));
    run(&packages, Path::new("/"), include_str!("packages/rpm.sh"));
}

/// The package of 0.1.
fn old_rpm(directory: &Path) {
    let work = tempfile::tempdir().unwrap();
    let tests = Path::new(REPOSITORY).join("crates/sanid/tests/dist/packages");
    let define = |name: &str, value: &Path| format!("{name} {}", value.display());
    let binaries = static_binary("sanid");
    let mut command = Command::new("rpmbuild");
    command
        .args(["-bb", "--quiet"])
        .arg(tests.join("0.1.spec.txt"))
        .args(["--define", &define("_topdir", work.path())])
        .args(["--define", &define("_rpmdir", directory)])
        .args(["--define", "_rpmfilename %{name}.rpm"])
        .args([
            "--define",
            &define("dist", &Path::new(REPOSITORY).join("dist")),
        ])
        .args(["--define", &define("binaries", binaries.parent().unwrap())]);
    Ran::of(&mut command).expect(0);
}

/// Packages of one command, which do nothing when they are installed.
fn others(packages: &TempDir, system: &Path, install: &str, remove: &str) {
    for name in ["sanid-fleet", "sanid-kube"] {
        run(
            packages,
            system,
            &format!(
                "{install} /packages/$(cd packages; ls {name}[-_]*)
                 test -x usr/bin/{name}; test -f usr/share/bash-completion/completions/{name}
                 test -f usr/share/man/man8/{name}.8.gz; no_identity 'the installation'
                 within {name} --version
                 {remove} {name}; test ! -e usr/bin/{name}; no_identity 'the removal'"
            ),
        );
    }
}

fn other_debs() {
    let tree = tree("SANID_TREE_12");
    others(&DEBS, &tree, "within dpkg --install", "within dpkg --purge");
}

fn other_rpms() {
    let rpm = "within rpm --dbpath /rpmdb --nodeps";
    let (install, remove) = (format!("{rpm} --install"), format!("{rpm} --erase"));
    others(&RPMS, Path::new("/"), &install, &remove);
}
