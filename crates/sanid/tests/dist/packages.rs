//! The Debian and RPM packages, installed, upgraded and removed in a copy of
//! this machine's root that has no identity and no machine-id, as an image has.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use tempfile::TempDir;

use super::installed::{REPOSITORY, STATIC, static_binary};
use super::support::host::Ran;
use testkit::trial::{Need, UNSHARE, trial};

pub(crate) fn trials() -> Vec<Trial> {
    const DEB: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("dpkg", "dpkg"),
        DEB_PACKAGER,
        STATIC,
    ];
    const RPM: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("rpm", "rpm"),
        RPM_PACKAGER,
        STATIC,
    ];
    const BOTH: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("dpkg", "dpkg"),
        Need::Program("rpm", "rpm"),
        DEB_PACKAGER,
        RPM_PACKAGER,
        STATIC,
    ];
    vec![
        trial(
            "the_debian_package_comes_and_goes_and_makes_no_identity",
            DEB,
            deb,
        ),
        trial(
            "the_rpm_package_comes_and_goes_and_makes_no_identity",
            RPM,
            rpm,
        ),
        trial("the_packages_of_sanid_fleet_come_and_go", BOTH, fleet),
        trial("the_packages_of_sanid_kube_come_and_go", BOTH, kube),
    ]
}

const DEB_PACKAGER: Need = Need::Program("cargo-deb", "none; cargo install cargo-deb");
const RPM_PACKAGER: Need = Need::Program(
    "cargo-generate-rpm",
    "none; cargo install cargo-generate-rpm",
);

/// `$1` is an empty directory, `$2` the package.
const IMAGE: &str = r#"
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/image"
cp "$2" "$1/upper/package"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/image"
cd "$1/image"
rm -rf etc/machine-id etc/iscsi/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid var/lib/sanid
within() { chroot . /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" >&2; }
no_identity() {
    for file in etc/machine-id etc/iscsi/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid \
        var/lib/sanid/record.json run/sanid/identity.json; do
        if [ -e "$file" ]; then echo "after $1 there is $file"; exit 1; fi
    done
}
check() {
    no_identity "$1"
    for unit in sysinit.target.wants/sanid.service sysinit.target.wants/sanid-bind.service \
        sysinit.target.wants/sanid-machine-id.service paths.target.wants/sanid.path \
        timers.target.wants/sanid-status.timer; do
        if [ -L "etc/systemd/system/$unit" ]; then now=enabled; else now=disabled; fi
        if [ "$now" != "$2" ]; then echo "after $1 $unit is $now"; exit 1; fi
    done
    if [ -x usr/bin/sanid ]; then now=there; else now=gone; fi
    if [ "$now" != "$3" ]; then echo "after $1 sanid is $now"; exit 1; fi
    if [ -x usr/bin/sanid-image ]; then now=there; else now=gone; fi
    if [ "$now" != "$3" ]; then echo "after $1 sanid-image is $now"; exit 1; fi
}
"#;

fn run(package: &Path, steps: &str) {
    let directory = tempfile::tempdir().unwrap();
    let script = format!("{IMAGE}{steps}");
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-euc", &script, "sh"])
        .arg(directory.path())
        .arg(package);
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
}

/// A target directory with what the packages take from it.
fn target() -> TempDir {
    let target = tempfile::tempdir().unwrap();
    fs::create_dir(target.path().join("release")).unwrap();
    for name in ["sanid", "sanid-image", "sanid-fleet", "sanid-kube"] {
        let binary = target.path().join("release").join(name);
        fs::copy(static_binary(name), binary).unwrap();
    }
    target
}

fn build(target: &TempDir, words: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(words)
        .env("CARGO_TARGET_DIR", target.path())
        .current_dir(REPOSITORY);
    Ran::of(&mut command).expect(0);
}

fn deb() {
    let target = target();
    let package = target.path().join("sanid.deb");
    let words = [
        "deb",
        "--package=sanid",
        "--no-build",
        "--no-strip",
        "--fast",
        "--output",
    ];
    build(
        &target,
        &[&words[..], &[package.to_str().unwrap()]].concat(),
    );
    run(
        &package,
        "within dpkg --no-triggers --install /package; check installation enabled there
         within systemctl --root=/ disable sanid-status.timer
         within dpkg --no-triggers --install /package; no_identity 'the upgrade'
         if [ -L etc/systemd/system/timers.target.wants/sanid-status.timer ]; then
             echo 'the upgrade enabled what the administrator had disabled'; exit 1
         fi
         mkdir -p var/lib/sanid
         within dpkg --no-triggers --remove sanid; check removal disabled gone
         within dpkg --no-triggers --purge sanid; check purge disabled gone
         if [ -e var/lib/sanid ]; then echo 'after purge the record is there'; exit 1; fi",
    );
}

fn rpm() {
    let target = target();
    let package = target.path().join("sanid.rpm");
    let words = [
        "generate-rpm",
        "--package=crates/sanid",
        "--auto-req=disabled",
        "--payload-compress=gzip",
        "--output",
    ];
    let place = [
        package.to_str().unwrap(),
        "--target-dir",
        target.path().to_str().unwrap(),
    ];
    build(&target, &[&words[..], &place].concat());
    run(
        &package,
        "rpm() { within rpm --dbpath /rpmdb --nodeps \"$@\"; }
         rpm --install /package; check installation enabled there
         rpm --upgrade --force /package; check 'the upgrade' enabled there
         rpm --erase sanid; check removal disabled gone",
    );
}

fn fleet() {
    alone("sanid-fleet");
}

fn kube() {
    alone("sanid-kube");
}

/// A package of one command, which does nothing when it is installed.
fn alone(name: &str) {
    let target = target();
    let deb = target.path().join("package.deb");
    let words = [
        "deb",
        &format!("--package={name}"),
        "--no-build",
        "--no-strip",
        "--fast",
        "--output",
    ];
    build(&target, &[&words[..], &[deb.to_str().unwrap()]].concat());
    let there = format!(
        "test -x usr/bin/{name}; test -f usr/share/bash-completion/completions/{name}; \
         test -f usr/share/man/man8/{name}.8*"
    );
    let gone = format!("test ! -e usr/bin/{name}; no_identity 'the removal'");
    run(
        &deb,
        &format!(
            "within dpkg --install /package; {there}; no_identity 'the installation'
             within {name} --version
             within dpkg --purge {name}; {gone}"
        ),
    );
    let rpm = target.path().join("package.rpm");
    let words = [
        "generate-rpm",
        &format!("--package=crates/{name}"),
        "--auto-req=disabled",
        "--payload-compress=gzip",
        "--output",
    ];
    let place = [
        rpm.to_str().unwrap(),
        "--target-dir",
        target.path().to_str().unwrap(),
    ];
    build(&target, &[&words[..], &place].concat());
    run(
        &rpm,
        &format!(
            "rpm() {{ within rpm --dbpath /rpmdb --nodeps \"$@\"; }}
             rpm --install /package; {there}; no_identity 'the installation'
             rpm --erase {name}; {gone}"
        ),
    );
}
