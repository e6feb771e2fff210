//! What a case is: plain data, no behaviour.

use super::firmware::Firmware;
use super::hardware::Machine;
use super::san_boot::SanBoot;
use crate::place::Place;
use std::path::{Path, PathBuf};

/// One named test.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What a pass proves.
    pub(super) proves: &'static str,
    /// Seconds after which it has failed: at least four times what it takes.
    pub(super) limit: u64,
    /// Memory that its guest may use, in MiB.
    pub(super) memory: u64,
    pub(super) guest: Guest,
}

/// The cheapest machine that proves the case.
pub(super) enum Guest {
    /// QEMU with a kernel and an initramfs, nothing else: a real kernel in seconds.
    Ram {
        kernel: Kernel,
        /// A file of `tests/vm`.
        script: &'static str,
    },
    /// QEMU that is killed again and again while `script` writes to its disk.
    PowerCut {
        kernel: Kernel,
        script: &'static str,
        cuts: u32,
    },
    /// QEMU with one disk in several machines, one after the other.
    Hardware {
        kernel: Kernel,
        script: &'static str,
        machines: &'static [Machine],
    },
    /// Boots of a real systemd with systemd-nspawn, one after the other.
    Container {
        debian: Debian,
        boots: &'static [Boot],
    },
    /// Boots of QEMU with a whole Debian on a disk, one after the other.
    Disk {
        debian: Debian,
        boots: &'static [Boot],
    },
    /// One boot of QEMU with a whole Debian on a disk, and with the commands of a guide in docs/clones.md.
    Guide {
        debian: Debian,
        script: &'static str,
    },
    /// QEMU with an initramfs, and firmware that says something.
    Firmware(Firmware),
    /// QEMU with an initramfs that has sanid-fleet and targetcli.
    FleetExport(Kernel),
    /// QEMU whose root file system another QEMU serves.
    SanBoot(SanBoot),
}

/// A kernel of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kernel {
    /// Debian 12's: before the kernel kept host NQN and Host ID one to one.
    V6_1,
    /// Debian 13's.
    V6_12,
}

/// A release of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Debian {
    Twelve,
    Thirteen,
}

/// One boot of a system with systemd.
pub(super) struct Boot {
    /// What is done to the tree before, from outside, as an administrator or an installer does it.
    pub(super) before: &'static [Change],
    /// A file of `tests/vm`, run by the booted system once its boot is done.
    pub(super) script: &'static str,
    /// The arguments of `script`: what it looks for at this boot.
    pub(super) arguments: &'static str,
    /// More options of systemd-nspawn, or words for the kernel's command line.
    pub(super) options: &'static [&'static str],
}

/// A change to the tree of a guest.
pub(super) enum Change {
    /// A file with this content.
    Write(&'static str, &'static str),
    /// A file that is taken away.
    Remove(&'static str),
    /// The root file system is kept as a template.
    Capture,
    /// A new root file system, cloned from the template.
    Clone,
    /// A unit that starts at boot.
    Enable(&'static str),
    /// A program of this machine, such as a server; `sanid-fleet` is built.
    Program(&'static str),
    /// Certificates below `etc/sanid/tls`: `ca`, `server` (127.0.0.1), `client`, and `expired`.
    Certificates,
    /// A new root file system that keeps these files of the old one.
    Reinstall { keep: &'static [&'static str] },
}

impl Kernel {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::V6_1 => "6.1",
            Self::V6_12 => "6.12",
        }
    }
}

impl Debian {
    pub(super) fn suite(self) -> &'static str {
        match self {
            Self::Twelve => "bookworm",
            Self::Thirteen => "trixie",
        }
    }

    pub(super) fn kernel(self) -> Kernel {
        match self {
            Self::Twelve => Kernel::V6_1,
            Self::Thirteen => Kernel::V6_12,
        }
    }
}

/// Where the harness keeps things, and what it tests.
pub(super) struct Bench<'a> {
    pub(super) place: &'a Place,
    /// The static binary that goes into the guests.
    pub(super) sanid: PathBuf,
    /// Where Debian's package of nvmetcli is unpacked, when it is to be used.
    pub(super) nvmetcli: Option<&'a Path>,
    pub(super) seed: u64,
}

impl Bench<'_> {
    fn directory(&self) -> PathBuf {
        self.place.target.join("vm")
    }

    /// What is made once: kernels, trees, archives.
    pub(super) fn cache(&self) -> PathBuf {
        self.directory().join("cache")
    }

    /// What one case works with; gone when it has passed.
    pub(super) fn work(&self, case: &Case) -> PathBuf {
        self.directory().join("work").join(case.name)
    }

    /// The console of a case.
    pub(super) fn log(&self, case: &Case) -> PathBuf {
        self.directory().join(format!("{}.log", case.name))
    }

    /// A file that goes into guests.
    pub(super) fn guest_file(&self, name: &str) -> PathBuf {
        self.place.root.join("tests/vm").join(name)
    }
}
