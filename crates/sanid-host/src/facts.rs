//! Everything that was seen of one host: plain data, gathered once, by [`crate::observe`].
//!
//! Decisions are functions of this and of nothing else, so every one of them can be tested with facts
//! made by hand.

mod firmware;
mod hardware;
mod initramfs;
mod others;
mod places;
mod seed;

use std::net::IpAddr;
use std::time::SystemTime;

use sanid_core::{MachineId, MachineIdError};

use crate::claim::ClaimFacts;
use crate::config::Settings;
use crate::file::Disk;
use crate::observed::Observed;
use crate::part::Names;
use crate::record::RecordState;
use crate::root::ReadError;
#[cfg(test)]
pub(crate) use firmware::host;
pub use firmware::{FirmwareFacts, FirmwareTable, TableContent};
pub use hardware::{Evidence, HardwareFacts, HardwareState};
pub use initramfs::InitramfsFacts;
pub use others::{
    Access, ElsewhereFile, Guard, Namespace, Namespaces, OthersFacts, Started, When, Writer,
};
pub use places::{Mounted, PlaceFacts, Places};
pub use seed::{FirmwareSeeds, Lack, NotASeed, OtherSeeds, SeedFacts, SeedUuid};

impl Live {
    /// Whether a session belongs to an adapter with a name of its own: that name is not the host's.
    pub fn is_of_an_adapter(&self, session: &IscsiSession) -> bool {
        let adapters = self.iscsi_hosts.seen().iter().filter(|host| host.offload);
        let Observed::Saw(name) = &session.initiator else {
            return false;
        };
        adapters
            .into_iter()
            .any(|adapter| adapter.initiator == *name)
    }
}

/// One host as it was seen at one moment.
#[derive(Debug)]
pub struct Facts {
    /// The root it was seen through.
    pub root: RootFacts,
    /// The usual seed.
    pub machine_id: MachineIdState,
    /// The seeds that the configuration or the scheme names in its place.
    pub other_seeds: OtherSeeds,
    /// The static host name (hostname(5)); read only where a template needs it.
    pub hostname: Observed<Option<String>>,
    /// What the host calls itself: the kernel's node name, or the static name below another root.
    pub name: Observed<Option<String>>,
    /// The addresses of the running host's interfaces, beyond the link.
    pub addresses: Observed<Vec<IpAddr>>,
    /// The kernel's boot id; none below a root that does not run.
    pub boot: Observed<Option<String>>,
    /// When it was seen; none below a root that does not run.
    pub time: Observed<Option<SystemTime>>,
    /// The kernel command line; empty where there is no `/proc`.
    pub cmdline: Observed<String>,
    /// What the service manager passed, and what is in the credential stores.
    pub credentials: Credentials,
    /// What the firmware left about the identity it booted with; empty where the configuration ignores it.
    pub firmware: FirmwareFacts,
    /// The merged configuration.
    pub settings: Settings,
    /// The identity files.
    pub disk: Disk,
    /// The files that sanid's mounts cover; all missing where it mounted none.
    pub covered: Observed<Disk>,
    /// What readers have through mounts that a change of placement takes away ([`Covered::Uncover`](crate::Covered::Uncover)); all
    /// missing where none goes. [`disk`](Self::disk) then is the state below them, which the safety rules judge.
    pub lifted: Disk,
    /// The directories of the identity files.
    pub places: Places,
    /// sanid's own note of what it derived here.
    pub record: RecordState,
    /// Whether that is the one in `/run`, as bind placement keeps it.
    pub record_in_run: bool,
    /// What kernel sessions use.
    pub live: Live,
    /// What the initramfs of this boot left.
    pub initramfs: Observed<InitramfsFacts>,
    /// The hardware, recorded and seen.
    pub hardware: Observed<HardwareFacts>,
    /// Other writers and other readers.
    pub others: OthersFacts,
    /// `/run/sanid/identity.json`, where `/run` is volatile; none where it is not there.
    pub published: Observed<Option<Vec<u8>>>,
    /// Seeds of the firmware, to recognise names that were made of them.
    pub firmware_seeds: Observed<FirmwareSeeds>,
    /// The claim of this host.
    pub claim: Observed<ClaimFacts>,
}

/// The root that the facts were gathered below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RootFacts {
    /// The directory, as given.
    pub path: String,
    /// Whether it is `/` of the running host.
    pub running_host: bool,
    /// Whether `/run` below it is empty after a reboot: only then is anything published there, since
    /// an image would keep it.
    pub volatile_run: bool,
}

impl RootFacts {
    /// ` --root DIR` for commands that are shown to the user; empty on the running host.
    pub fn option(&self) -> String {
        if self.running_host {
            String::new()
        } else {
            format!(" --root {}", self.path)
        }
    }

    /// The same for systemd's commands.
    pub(crate) fn systemd_option(&self) -> String {
        if self.running_host {
            String::new()
        } else {
            format!(" --root={}", self.path)
        }
    }
}

/// What `/etc/machine-id` is worth as a seed (machine-id(5)).
#[derive(Debug)]
pub enum MachineIdState {
    /// A machine-id that the next boot will find again.
    Stable(MachineId),
    /// A machine-id that lives in memory only.
    Transient,
    /// Not set yet: empty, `uninitialized` or all zeros.
    Unset(MachineIdError),
    /// Something that is no machine-id.
    Invalid(MachineIdError),
    /// No file.
    Missing,
    /// A value that many machines have.
    Denylisted,
    /// The file could not be read.
    Unreadable(String),
}

impl MachineIdState {
    /// The seed, if it may be used.
    pub fn seed(&self) -> Option<&MachineId> {
        match self {
            Self::Stable(id) => Some(id),
            _ => None,
        }
    }

    /// Whether there is, or is to be, a machine-id that was not stored so far. One that is missing
    /// altogether is not to be waited for: only systemd makes one, and it does so first of all.
    pub(crate) fn is_not_stored(&self) -> bool {
        matches!(self, Self::Transient | Self::Unset(_))
    }

    /// One word for reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Stable(_) => "stable",
            Self::Transient => "transient",
            Self::Unset(_) => "unset",
            Self::Invalid(_) => "invalid",
            Self::Missing => "missing",
            Self::Denylisted => "denylisted",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// systemd credentials, as files of the service's credential directory (systemd.exec(5)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The texts that give names, such as `sanid.iqn`, as they are.
    pub names: Names,
    /// Those that are there and cannot be read.
    pub unreadable: Vec<ReadError>,
    /// Why some could not be looked for, as those of the system by an ordinary user: the identity may
    /// be one that they give.
    pub unseen: Option<ReadError>,
}

/// What the running kernel's sessions use, read from sysfs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// `/sys/class/iscsi_session/*`.
    pub iscsi: Observed<Vec<IscsiSession>>,
    /// `/sys/class/iscsi_host/*` that have a name of their own: adapters that do iSCSI themselves.
    pub iscsi_hosts: Observed<Vec<IscsiHost>>,
    /// `/sys/class/nvme/*` over a fabric; a local PCI Express controller has no host identity.
    pub nvme: Observed<Vec<NvmeController>>,
}

/// One iSCSI session of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IscsiSession {
    /// The kernel's name for it, such as `session3`.
    pub name: String,
    /// The initiator name it logged in with.
    pub initiator: Observed<String>,
    /// The target's name.
    pub target: Option<String>,
    /// Such as `LOGGED_IN`.
    pub state: Option<String>,
}

/// One iSCSI host adapter of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IscsiHost {
    /// The kernel's name for it, such as `host4`.
    pub name: String,
    /// Its initiator name.
    pub initiator: String,
    /// Whether it is hardware that logs in by itself under a name of its own (qla4xxx, be2iscsi, bnx2i). For
    /// sessions that iscsid makes over TCP or iSER, the kernel shows iscsid's name here.
    pub offload: bool,
}

/// One NVMe over Fabrics controller of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NvmeController {
    /// The kernel's name for it, such as `nvme1`.
    pub name: String,
    /// `tcp`, `rdma`, `fc` or `loop`.
    pub transport: String,
    /// The host NQN it connected with; none where the kernel does not show it (before 5.5).
    pub host_nqn: Observed<Option<String>>,
    /// The Host ID it connected with; none where the kernel does not show it (before 5.5).
    pub host_id: Observed<Option<String>>,
    /// The subsystem's NQN.
    pub subsystem_nqn: Option<String>,
    /// Such as `live`.
    pub state: Option<String>,
}
