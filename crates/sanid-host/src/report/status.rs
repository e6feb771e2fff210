//! `Status` (sanid status).

use super::{FixReport, HardwareSummary, IdentityReport, PartReport, ReaderReport, report};
use crate::API_VERSION;
use crate::facts::{Facts, InitramfsFacts, Live};
use crate::file::{Effective, IdentityFile};
use crate::findings::Finding;
use crate::observed::Observed;
use crate::part::{NAMED_FILES, Names};
use crate::place::Via;
use crate::resolve::{Part, Resolution};

report! {
    /// Desired, on disk and live, with the findings.
    pub struct StatusReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: &'static str,
        /// `Status`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Status")))]
        pub kind: &'static str,
        /// What the host calls itself: the kernel's node name, or `/etc/hostname` below `--root`; absent where
        /// it has no name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub host: Option<String>,
        /// The addresses of this host's interfaces, without those that only a link knows; absent where they are
        /// not known, as below `--root`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub addresses: Option<Vec<String>>,
        /// When the report was made (RFC 3339, UTC); absent below `--root`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub time: Option<String>,
        /// The kernel's boot id: reports of one boot are of one running machine; absent below `--root`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub boot: Option<String>,
        /// The desired identity; absent when there is none, and a finding says why.
        pub desired: Option<IdentityReport>,
        /// The seed.
        pub seed: SeedReport,
        /// What the files hold.
        pub on_disk: OnDisk,
        /// What the kernel's sessions use.
        pub live: LiveReport,
        /// What the initramfs of this boot used; absent where it left nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub initramfs: Option<InitramfsReport>,
        /// The hardware against the recorded one; absent where none is recorded.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub hardware: Option<HardwareSummary>,
        /// Programs that do not take the names in the files; absent where all do.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub readers: Option<Vec<ReaderReport>>,
        /// Drifts and hazards; empty when all is well.
        pub findings: Vec<FindingReport>,
    }
}

report! {
    /// The state of the seed, and never the seed.
    pub struct SeedReport {
        /// `machine-id`, `dmi`, `device-tree`, `system-uuid` or `nvme-tool`: the one in use, or else the first
        /// that was asked for.
        pub name: &'static str,
        /// `stable`, `transient`, `unset`, `invalid`, `missing`, `denylisted` or `unreadable`.
        pub state: &'static str,
        /// A keyed fingerprint: equal on two hosts only if their machine-ids are equal.
        pub fingerprint: Option<String>,
    }
}

report! {
    /// The three files.
    pub struct OnDisk {
        /// `/etc/iscsi/initiatorname.iscsi`.
        pub iqn: FileReport,
        /// `/etc/nvme/hostnqn`.
        pub host_nqn: FileReport,
        /// `/etc/nvme/hostid`.
        pub host_id: FileReport,
        /// Every part with the names that the files' own readers take; documents of 0.1 have none.
        pub parts: Option<Vec<PartReport>>,
    }
}

report! {
    /// One file as its own reader sees it.
    pub struct FileReport {
        /// The path in the host.
        pub path: String,
        /// `valid`, `missing`, `empty`, `invalid` or `unreadable`.
        pub state: &'static str,
        /// The value, where there is one.
        pub value: Option<String>,
        /// Why it is invalid or unreadable.
        pub why: Option<String>,
        /// `file`, or `bind` where sanid mounted it; absent where it is missing.
        pub via: Option<&'static str>,
    }
}

report! {
    /// The names that the initramfs of this boot used.
    pub struct InitramfsReport {
        /// The iSCSI initiator name.
        pub iqn: Option<String>,
        /// The NVMe host NQN.
        pub host_nqn: Option<String>,
        /// The NVMe Host ID.
        pub host_id: Option<String>,
    }
}

report! {
    /// The kernel's sessions.
    pub struct LiveReport {
        /// iSCSI sessions.
        pub iscsi: Vec<SessionReport>,
        /// iSCSI adapters with a name of their own.
        pub iscsi_hosts: Vec<SessionReport>,
        /// NVMe over Fabrics controllers.
        pub nvme: Vec<NvmeReport>,
    }
}

report! {
    /// One iSCSI session or adapter.
    pub struct SessionReport {
        /// The kernel's name for it.
        pub name: String,
        /// The initiator name it uses; null where it could not be read.
        pub iqn: Option<String>,
        /// The target.
        pub target: Option<String>,
        /// The kernel's word for its state.
        pub state: Option<String>,
    }
}

report! {
    /// One NVMe over Fabrics controller.
    pub struct NvmeReport {
        /// The kernel's name for it.
        pub name: String,
        /// The transport.
        pub transport: String,
        /// The host NQN it uses.
        pub host_nqn: Option<String>,
        /// The Host ID it uses.
        pub host_id: Option<String>,
        /// The subsystem.
        pub subsystem_nqn: Option<String>,
        /// The kernel's word for its state.
        pub state: Option<String>,
    }
}

report! {
    /// One drift or hazard.
    pub struct FindingReport {
        /// The stable code (docs/findings.md).
        pub code: &'static str,
        /// `info`, `warning` or `danger`.
        pub severity: &'static str,
        /// `iqn` or `nvme`, where it is about one part.
        pub part: Option<&'static str>,
        /// What was seen.
        pub seen: String,
        /// Why it matters.
        pub why: &'static str,
        /// What to do.
        pub fix: Vec<String>,
        /// The same, each taken apart into a command and its effect; documents of 0.1 have none.
        #[cfg_attr(feature = "schema", schemars(default))]
        pub fixes: Vec<FixReport>,
    }
}

impl StatusReport {
    /// The report of a host.
    pub fn new(facts: &Facts, resolution: &Resolution, findings: &[Finding]) -> Self {
        let seed = crate::resolve::derived::seed(facts);
        let (name, state) = match &seed {
            Ok(chosen) => (chosen.name, "stable"),
            Err(_) => crate::resolve::derived::lacking(facts),
        };
        Self {
            api_version: API_VERSION,
            kind: "Status",
            host: match &facts.name {
                Observed::Saw(name) => name.clone(),
                Observed::NotLooked | Observed::Failed(_) => None,
            },
            addresses: shown(&facts.addresses)
                .map(|all| all.iter().map(ToString::to_string).collect()),
            time: shown(&facts.time)
                .and_then(|time| *time)
                .map(|time| humantime::format_rfc3339_seconds(time).to_string()),
            boot: shown(&facts.boot).cloned().flatten(),
            desired: Part::ALL
                .into_iter()
                .any(|part| resolution.origin(part).is_ok())
                .then(|| IdentityReport::new(resolution, false)),
            seed: SeedReport {
                name,
                state,
                fingerprint: seed
                    .ok()
                    .map(|chosen| chosen.seed.fingerprint().to_string()),
            },
            on_disk: OnDisk::new(facts),
            live: LiveReport::new(&facts.live),
            initramfs: match &facts.initramfs {
                Observed::Saw(initramfs) => InitramfsReport::new(initramfs),
                Observed::NotLooked | Observed::Failed(_) => None,
            },
            hardware: match &facts.hardware {
                Observed::Saw(hardware) => HardwareSummary::new(hardware),
                Observed::NotLooked | Observed::Failed(_) => None,
            },
            readers: super::readers::list(facts),
            findings: findings.iter().map(FindingReport::new).collect(),
        }
    }
}

impl OnDisk {
    fn new(facts: &Facts) -> Self {
        let [iqn, host_nqn, host_id] = NAMED_FILES.map(|file| FileReport::new(facts, file));
        Self {
            iqn,
            host_nqn,
            host_id,
            parts: Some(PartReport::list(&Names::of_files(|file| {
                facts.disk.shown(file)
            }))),
        }
    }
}

impl FileReport {
    fn new(facts: &Facts, file: IdentityFile) -> Self {
        let effective = facts.disk.effective(file);
        let state = effective.state();
        let there = !matches!(effective, Effective::Missing);
        let via = if facts.places.is_mounted(file) {
            Via::Bind
        } else {
            Via::File
        };
        let (value, why) = match effective {
            Effective::Missing | Effective::Empty => (None, None),
            Effective::Irregular { text, why, .. } | Effective::Invalid { text, why } => {
                (Some(text), Some(why))
            }
            Effective::Unreadable(why) => (None, Some(why)),
            Effective::Valid(name) => (Some(name), None),
        };
        Self {
            path: format!("/{}", file.path()),
            state,
            value,
            why,
            via: there.then(|| via.word()),
        }
    }
}

impl LiveReport {
    fn new(live: &Live) -> Self {
        let sessions = live.iscsi.seen().iter().map(|one| SessionReport {
            name: one.name.clone(),
            iqn: shown(&one.initiator).cloned(),
            target: one.target.clone(),
            state: one.state.clone(),
        });
        let hosts = live.iscsi_hosts.seen().iter().map(|one| SessionReport {
            name: one.name.clone(),
            iqn: Some(one.initiator.clone()),
            target: None,
            state: None,
        });
        let nvme = live.nvme.seen().iter().map(|one| NvmeReport {
            name: one.name.clone(),
            transport: one.transport.clone(),
            host_nqn: shown(&one.host_nqn).cloned().flatten(),
            host_id: shown(&one.host_id).cloned().flatten(),
            subsystem_nqn: one.subsystem_nqn.clone(),
            state: one.state.clone(),
        });
        Self {
            iscsi: sessions.collect(),
            iscsi_hosts: hosts.collect(),
            nvme: nvme.collect(),
        }
    }
}

/// A fact that was seen; a finding reports one that was not.
fn shown<T>(fact: &Observed<T>) -> Option<&T> {
    match fact {
        Observed::Saw(fact) => Some(fact),
        Observed::NotLooked | Observed::Failed(_) => None,
    }
}

impl InitramfsReport {
    fn new(facts: &InitramfsFacts) -> Option<Self> {
        let [iqn, host_nqn, host_id] = NAMED_FILES.map(|file| {
            let name = facts.name(file)?.ok()?;
            Some(crate::root::escape(name.as_bytes()))
        });
        let some = iqn.is_some() || host_nqn.is_some() || host_id.is_some();
        some.then_some(Self {
            iqn,
            host_nqn,
            host_id,
        })
    }
}

impl FindingReport {
    fn new(finding: &Finding) -> Self {
        Self {
            code: finding.code.as_str(),
            severity: finding.code.severity().as_str(),
            part: finding.part.map(Part::key),
            seen: finding.seen.clone(),
            why: finding.why,
            fix: finding.fix.clone(),
            fixes: FixReport::all(&finding.fix),
        }
    }
}
