//! The Debian packages that the tests use: installed when this is root,
//! otherwise named together with what cannot be tested without them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci, is_root};
use crate::test::Outcome;

/// A package and why it is needed.
#[derive(Clone, Copy)]
struct Package {
    name: &'static str,
    needed_for: &'static str,
    /// Where this program is there, from wherever it came, the package is not needed.
    program: Option<&'static str>,
}

/// The one list of them.
const PACKAGES: &[Package] = &[
    Package::new("systemd", "real: systemd-id128, the measure of derivation"),
    Package::new("nvme-cli", "real: nvme reads hostnqn and hostid; bench"),
    Package::new(
        "open-iscsi",
        "real: iscsid, Debian's start-up check, its script of the initramfs; bench: iscsi-iname",
    ),
    Package::new("python3-os-brick", "real: what OpenStack reads"),
    Package::new("dmidecode", "real: os-brick calls it"),
    Package::new("python3-rtslib-fb", "real: how LIO's tools see a name"),
    Package::new(
        "ansible",
        "targets_real: the modules of arrays, and what an inventory means",
    ),
    Package::new("targetcli-fb", "vm: LIO is told by the real targetcli"),
    Package::new("dbus-daemon", "vm: targetcli asks the system's bus"),
    Package::new("tgt", "real: a target that admits initiators by name"),
    Package::new("libiscsi-bin", "real: an initiator beside iscsid"),
    Package::new("iproute2", "real: the loopback of a private network"),
    Package::new("openssh-server", "collect: hosts to collect reports from"),
    Package::new("openssh-client", "collect: goes through ssh"),
    Package::with_program("nodejs", "node", "html: what drives the browser"),
    Package::with_program("npm", "npm", "html: installs what drives the browser"),
    Package::new("chromium", "html: the browser that shows the report"),
    Package::new("openssl", "real: recomputes a name by the page's command"),
    Package::new("strace", "faults, budgets, secrecy: at the system calls"),
    Package::new("time", "budgets: peak memory"),
    Package::new("shellcheck", "dist: the scripts of the initramfs"),
    Package::new("rpm", "dist: the RPM package, installed and removed"),
    Package::new("dracut-core", "dist, images, real: an initramfs of dracut"),
    Package::new(
        "dracut-network",
        "dist, real: dracut's iscsi and nvmf modules",
    ),
    Package::new(
        "initramfs-tools-core",
        "dist, images: an initramfs of Debian",
    ),
    Package::new("zstd", "images, lint: compresses an initramfs and a tar"),
    Package::new(
        "xz-utils",
        "images, lint, vm: compresses an initramfs, a tar, and modules",
    ),
    Package::new("lz4", "images, lint: compresses an initramfs and a tar"),
    Package::new("bzip2", "images, lint: compresses an initramfs and a tar"),
    Package::new(
        "systemd-boot-efi",
        "images: the stub of a unified kernel image",
    ),
    Package::new("binutils", "images: makes a unified kernel image"),
    Package::new("umoci", "images: unpacks and repacks a container image"),
    Package::new("skopeo", "images: archives of container images"),
    Package::new("qemu-system-x86", "vm: guests with a kernel of their own"),
    Package::new("seabios", "vm: their firmware"),
    Package::new(
        "systemd-container",
        "vm: guests with a systemd of their own",
    ),
    Package::new("debootstrap", "vm: the Debian in a guest"),
    Package::new("busybox-static", "vm: the smallest guests"),
    Package::new("kmod", "vm: the modules of a guest"),
    Package::new("e2fsprogs", "vm: the disks of guests"),
    Package::new("age", "fleet: encrypts and decrypts what is kept of a host"),
    Package::new(
        "etcd-server",
        "claims, bench, kube, vm: a store that hosts share",
    ),
    Package::new("etcd-client", "claims: administers it"),
    Package::new("faketime", "claims, kube: clocks that are years apart"),
    Package::new("qemu-user", "claims: a server by another clock"),
    Package::new("prometheus", "claims, kube: promtool checks the figures"),
    Package::new(
        "musl-tools",
        "static: the C in the database and the TLS of sanid-fleet and sanid-kube",
    ),
    Package::new(
        "golang-go",
        "kube: builds the API server; renders the chart",
    ),
    Package::new(
        "golang-k8s-sigs-yaml-dev",
        "kube: reads what the templates make",
    ),
    Package::new("dpkg-dev", "kube: unpacks the API server's source"),
    Package::with_program(
        "kubernetes-client",
        "kubectl",
        "kube: applies what people apply",
    ),
    Package::new("jq", "kube: what the docs list nodes with"),
    Package::new("buildah", "kube: builds the image"),
    Package::new(
        "golang-github-modern-go-reflect2-dev",
        "kube: replaces a vendored library that newer Go breaks",
    ),
    Package::new(
        "golang-github-masterminds-sprig-dev",
        "kube: the functions of Helm's templates",
    ),
    Package::new("mandoc", "man: the checker of the man pages"),
];

impl Package {
    const fn new(name: &'static str, needed_for: &'static str) -> Self {
        Self {
            name,
            needed_for,
            program: None,
        }
    }

    const fn with_program(
        name: &'static str,
        program: &'static str,
        needed_for: &'static str,
    ) -> Self {
        Self {
            name,
            needed_for,
            program: Some(program),
        }
    }
}

/// Installs what is missing, if that is possible here.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    let missing = missing()?;
    if missing.is_empty() {
        return Ok(Outcome::Passed {
            output: format!("{} packages are there\n", PACKAGES.len()),
        });
    }
    if !has_program("apt-get") || !is_root() {
        let mut reason = String::from("not root, or no apt-get; missing, and not tested:");
        for package in &missing {
            reason = format!("{reason}\n  {:<18} {}", package.name, package.needed_for);
        }
        return Ok(if is_ci() {
            Outcome::Failed {
                output: reason,
                repeat: install(&missing).repeat(),
            }
        } else {
            Outcome::Skipped { reason }
        });
    }
    let update = Outcome::of(place, "apt update", &apt(["update", "-qq"]))?;
    if matches!(update, Outcome::Failed { .. }) {
        return Ok(update);
    }
    let _quiet = NoServices::begin()?;
    Outcome::of(place, "packages", &install(&missing))
}

/// The packages of the list that are not installed.
fn missing() -> Result<Vec<&'static Package>> {
    if !has_program("dpkg-query") {
        return Ok(PACKAGES.iter().collect());
    }
    // One package that dpkg does not know makes the exit code 1, so only what
    // is printed counts.
    let known = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Abbrev}${Package}\n"])
        .args(PACKAGES.iter().map(|package| package.name))
        .output()
        .context("cannot run dpkg-query")?;
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let installed = |name: &str| {
        known
            .lines()
            .any(|line| line.strip_prefix("ii ").is_some_and(|known| known == name))
    };
    Ok(PACKAGES
        .iter()
        .filter(|package| !installed(package.name) && !package.program.is_some_and(has_program))
        .collect())
}

fn install(packages: &[&Package]) -> Cmd {
    apt(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages.iter().map(|package| package.name))
}

/// `apt-get`, never asking.
fn apt<const N: usize>(words: [&str; N]) -> Cmd {
    Cmd::new(["apt-get"])
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
}

/// While this lives, installing a package starts no service: a test machine
/// that gets `tgt` for its programs is not to run an iSCSI target. A policy
/// that is already there stays as it is.
struct NoServices {
    ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoServices {
    fn begin() -> Result<Self> {
        let ours = !Path::new(POLICY).exists();
        if ours {
            std::fs::write(POLICY, "#!/bin/sh\nexit 101\n").context(POLICY)?;
            let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(POLICY, executable).context(POLICY)?;
        }
        Ok(Self { ours })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours && std::fs::remove_file(POLICY).is_err() {
            eprintln!("cargo xtask: please remove {POLICY}");
        }
    }
}
