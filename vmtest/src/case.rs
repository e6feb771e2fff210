//! What a case is: plain data. The cases themselves are in `cases`, and what is made of them in `kinds`.

use crate::debian::Debian;

/// One named test.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What a pass proves.
    pub(crate) proves: &'static str,
    /// About how many seconds it takes on an idle machine. The longest starts first; a guest is ended after
    /// [`Case::limit`].
    pub(crate) takes: u64,
    /// The memory of all its guests together, in MiB.
    pub(crate) memory: u64,
    pub(crate) guest: Guest,
}

impl Case {
    /// Seconds after which one boot has failed: far more than a busy machine needs for all boots of the case.
    pub(crate) fn limit(&self) -> u64 {
        (self.takes * 10).max(600)
    }
}

/// The cheapest machine that proves the case. Scripts are files in `guest`.
pub(crate) enum Guest {
    /// QEMU with a kernel and an initramfs that has nothing but what the case needs: a real kernel in seconds.
    Initramfs {
        debian: Debian,
        script: &'static str,
        additions: &'static [Addition],
        /// Booted one after the other.
        machines: &'static [Machine],
    },
    /// The same, killed `cuts` times while its script writes to its disk.
    PowerCut { script: &'static str, cuts: u32 },
    /// Boots of a real systemd with systemd-nspawn, one after the other.
    Container {
        debian: Debian,
        boots: &'static [Boot],
    },
    /// Boots of QEMU with a whole Debian on a disk, one after the other.
    Disk {
        debian: Debian,
        boots: &'static [Boot],
        system: System,
    },
    /// QEMU whose root file system is served by a second QEMU.
    SanBoot {
        debian: Debian,
        maker: Maker,
        storage: Storage,
        seed: Seed,
    },
}

/// What the system on a disk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// sanid, where a package puts it.
    Sanid,
    /// The same, what the guide in docs/clones.md needs, and the commands of that guide.
    Guide,
    /// sanid, cloud-init with the user data of docs/deployment.md, and an array of the guest's own kernel that knows the
    /// names of an inventory. The machine-id is that of the inventory, in a credential.
    CloudInit,
    /// The Debian packages of sanid in `/packages`, not installed, and names that another host could have.
    Packages,
    /// The same, and SELinux with Debian's policy, which reports and denies nothing.
    PackagesAndSelinux,
}

/// What an initramfs has besides the programs that all of them have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addition {
    /// The module that shows the iBFT, and in `/debian13` the nvme of Debian 13, which reads NBFTs; that of
    /// Debian 12 does not.
    FirmwareReaders,
    /// sanid-fleet, targetcli and nvmetcli or its stand-in.
    FleetExport,
}

/// One boot of an initramfs: the hardware, and what becomes of the disk before.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    /// The name by which the script knows it.
    pub(crate) name: &'static str,
    /// The system UUID in its firmware.
    pub(crate) uuid: Option<&'static str>,
    /// The serial number of its board. A virtual machine has none.
    pub(crate) board: Option<&'static str>,
    /// The address of its network card.
    pub(crate) mac: Option<&'static str>,
    /// More options of QEMU; files are named from the top of the project.
    pub(crate) options: &'static [&'static str],
    pub(crate) disk: Disk,
}

/// The disk of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    None,
    /// It is the one of the boot before.
    Stays,
    /// The same, and this state is kept as a snapshot.
    Kept(&'static str),
    /// It is the one in a snapshot.
    RolledBack(&'static str),
}

/// One boot of a system with systemd.
pub(crate) struct Boot {
    /// What an administrator or an installer does to the tree before, from outside.
    pub(crate) before: &'static [Change],
    /// Run by the booted system once its boot is complete.
    pub(crate) script: &'static str,
    /// The arguments of `script`: what it checks at this boot.
    pub(crate) arguments: &'static str,
    /// More options of systemd-nspawn.
    pub(crate) options: &'static [&'static str],
}

/// A change to the tree of a guest.
pub(crate) enum Change {
    /// Writes a file with this content.
    Write(&'static str, &'static str),
    /// Writes a file with the content of a file in `guest`.
    Copy(&'static str, &'static str),
    /// Removes a file.
    Remove(&'static str),
    /// Keeps the root file system as a template.
    Capture,
    /// Clones a new root file system from the template.
    Clone,
    /// Enables a unit.
    Enable(&'static str),
    /// Installs a program that the caller has built, or else a program of this machine.
    Program(&'static str),
    /// Makes certificates in `etc/sanid/tls`: `ca`, `server` (127.0.0.1), `client`, and `expired`.
    Certificates,
    /// Makes a new root file system that keeps these files of the old one.
    Reinstall { keep: &'static [&'static str] },
}

/// What makes the initramfs of a host that boots from storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    Dracut,
    InitramfsTools,
}

/// How a host reaches its root file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Iscsi,
    NvmeTcp,
}

/// Where a host gets its machine-id before it has a root file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seed {
    CommandLine,
    /// The hypervisor, in SMBIOS. systemd knows that since 254.
    Credential,
}

/// The machine-id of guests that get one, and the UUID that sanid-v1 derives from it: constants, so that no
/// test asks the program under test.
pub(crate) const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
pub(crate) const HOST_UUID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
/// The system UUID in the firmware of the first machine of a case.
pub(crate) const FIRMWARE_UUID: &str = "11223344-5566-4788-99aa-bbccddeeff00";
