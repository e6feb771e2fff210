//! Facts made by hand, for tests of decisions.

use sanid_core::{HostId, HostNqn, Identity, IscsiName, MachineId, MachineIdError, NvmePair};

use crate::config::{Origin, Setting, Settings};
use crate::facts::Places;
use crate::facts::{
    Credentials, Facts, IscsiSession, Live, MachineIdState, NvmeController, RootFacts,
};
use crate::file::{Disk, FileState, IdentityFile};
use crate::observed::Observed;
use crate::part::{Names, Part};
use crate::record::{Origin as RecordOrigin, Record, RecordState, Recorded};
use crate::resolve::{Candidate, Resolution, ResolveError, SourceKind};
use crate::root::FileContent;

/// The machine-id of the published vectors, and what `sanid-v1` makes of it.
pub(crate) const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
pub(crate) const IQN: &str = "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b";
pub(crate) const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
pub(crate) const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

/// Foreign names.
pub(crate) const OTHER_IQN: &str = "iqn.1993-08.org.debian:01:5ca1ab1e0042";
pub(crate) const OTHER_NQN: &str =
    "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555";
pub(crate) const OTHER_ID: &str = "11111111-2222-4333-8444-555555555555";

/// A host with a stable machine-id and nothing else.
pub(crate) fn facts() -> Facts {
    Facts {
        root: RootFacts {
            path: "/".into(),
            running_host: true,
            volatile_run: true,
        },
        machine_id: MachineIdState::Stable(MachineId::parse(MACHINE_ID).unwrap()),
        other_seeds: crate::facts::OtherSeeds::default(),
        hostname: Observed::Saw(None),
        name: Observed::Saw(None),
        addresses: Observed::Saw(Vec::new()),
        boot: Observed::Saw(None),
        time: Observed::Saw(None),
        cmdline: Observed::Saw(String::new()),
        credentials: Credentials::default(),
        firmware: crate::facts::FirmwareFacts::default(),
        settings: Settings::default(),
        disk: Disk::default(),
        covered: Observed::Saw(Disk::default()),
        lifted: Disk::default(),
        places: Places::default(),
        record: RecordState::Missing,
        record_in_run: false,
        live: Live {
            iscsi: Observed::Saw(Vec::new()),
            iscsi_hosts: Observed::Saw(Vec::new()),
            nvme: Observed::Saw(Vec::new()),
        },
        initramfs: Observed::Saw(crate::facts::InitramfsFacts::default()),
        hardware: Observed::Saw(crate::hardware::HardwareFacts::default()),
        others: crate::facts::OthersFacts {
            elsewhere: Observed::Saw(Vec::new()),
            writers: Observed::Saw(Vec::new()),
            unread_scripts: Vec::new(),
            access: Observed::Saw(Vec::new()),
            namespaces: Observed::Saw(crate::facts::Namespaces::default()),
            started: Observed::Saw(Vec::new()),
            own_names: Observed::Saw(crate::own::OwnNames::default()),
            lxd: Observed::Saw(None),
        },
        published: Observed::Saw(None),
        firmware_seeds: Observed::Saw(crate::facts::FirmwareSeeds::default()),
        claim: Observed::Saw(crate::claim::ClaimFacts::default()),
    }
}

/// A host that has no machine-id yet.
pub(crate) fn unset() -> Facts {
    Facts {
        machine_id: MachineIdState::Unset(MachineIdError::Uninitialized),
        ..facts()
    }
}

impl Facts {
    /// With this value in a file, in the bytes sanid writes.
    pub(crate) fn file(self, file: IdentityFile, value: &str) -> Self {
        self.raw(file, &file.bytes(value))
    }

    /// With these bytes in a file.
    pub(crate) fn raw(self, file: IdentityFile, bytes: &[u8]) -> Self {
        self.present(file, bytes, file.mode())
    }

    /// With these bytes in a file of this mode.
    pub(crate) fn present(mut self, file: IdentityFile, bytes: &[u8], mode: u32) -> Self {
        let content = FileState::Present(FileContent {
            bytes: bytes.to_vec(),
            mode,
            uid: 0,
            gid: 0,
            mount_point: Some(false),
            volatile: false,
        });
        *self.disk.file_mut(file) = content;
        self
    }

    /// With these three names on disk.
    pub(crate) fn on_disk(self, iqn: &str, nqn: &str, id: &str) -> Self {
        self.file(IdentityFile::InitiatorName, iqn).pair(nqn, id)
    }

    /// With this pair on disk.
    pub(crate) fn pair(self, nqn: &str, id: &str) -> Self {
        self.file(IdentityFile::HostNqn, nqn)
            .file(IdentityFile::HostId, id)
    }

    /// With a pinned initiator name.
    pub(crate) fn pin_iqn(self, iqn: &str) -> Self {
        self.pin(IdentityFile::InitiatorName, iqn, 2)
    }

    /// With a pinned host NQN.
    pub(crate) fn pin_nqn(self, nqn: &str) -> Self {
        self.pin(IdentityFile::HostNqn, nqn, 3)
    }

    /// With a pinned Host ID.
    pub(crate) fn pin_id(self, id: &str) -> Self {
        self.pin(IdentityFile::HostId, id, 4)
    }

    fn pin(mut self, file: IdentityFile, name: &str, line: usize) -> Self {
        let pin = Setting {
            value: name.into(),
            origin: Origin::File {
                path: "/etc/sanid/config.toml".into(),
                line,
            },
        };
        self.settings.pin.names.insert(file, pin);
        self
    }

    /// With a live iSCSI session under this name.
    pub(crate) fn session(mut self, iqn: &str) -> Self {
        let name = format!("session{}", self.live.iscsi.seen().len() + 1);
        saw(&mut self.live.iscsi).push(IscsiSession {
            name,
            initiator: Observed::Saw(iqn.into()),
            target: Some("iqn.2001-04.com.example:array".into()),
            state: Some("LOGGED_IN".into()),
        });
        self
    }

    /// With a live NVMe/TCP controller under this pair.
    pub(crate) fn controller(mut self, nqn: &str, id: &str) -> Self {
        let name = format!("nvme{}", self.live.nvme.seen().len() + 1);
        saw(&mut self.live.nvme).push(NvmeController {
            name,
            transport: "tcp".into(),
            host_nqn: Observed::Saw(Some(nqn.into())),
            host_id: Observed::Saw(Some(id.into())),
            subsystem_nqn: Some("nqn.2014-08.com.example:array".into()),
            state: Some("live".into()),
        });
        self
    }

    /// With what the initramfs used, as sanid's script there leaves it.
    pub(crate) fn used(mut self, file: IdentityFile, value: &str) -> Self {
        *saw(&mut self.initramfs).used.file_mut(file) = copied(&file.bytes(value));
        self
    }

    /// With what the image of the initramfs holds.
    pub(crate) fn baked(mut self, file: IdentityFile, value: &str) -> Self {
        *saw(&mut self.initramfs).image.file_mut(file) = copied(&file.bytes(value));
        self
    }

    /// With a record that sanid derived these from the seed with this fingerprint.
    pub(crate) fn recorded(mut self, iqn: &str, nqn: &str, id: &str, seed: &str) -> Self {
        let origin = RecordOrigin {
            source: "derived".into(),
            scheme: Some("sanid-v1".into()),
            seed: Some(seed.into()),
            seed_name: None,
        };
        let mut record = Record::new();
        record.parts[Part::Iqn] = Some(Recorded {
            names: Names::from([(IdentityFile::InitiatorName, iqn)]),
            origin: origin.clone(),
        });
        record.parts[Part::Nvme] = Some(Recorded {
            names: Names::from([(IdentityFile::HostNqn, nqn), (IdentityFile::HostId, id)]),
            origin,
        });
        self.record = RecordState::Present(Box::new(record));
        self
    }
}

/// A fact that was seen, to change it.
pub(crate) fn saw<T>(fact: &mut Observed<T>) -> &mut T {
    match fact {
        Observed::Saw(fact) => fact,
        Observed::NotLooked | Observed::Failed(_) => panic!("the fact was not seen"),
    }
}

fn copied(bytes: &[u8]) -> FileState {
    FileState::Present(FileContent {
        bytes: bytes.to_vec(),
        mode: 0o644,
        uid: 0,
        gid: 0,
        mount_point: Some(false),
        volatile: false,
    })
}

/// A resolution in which every part has a name.
pub(crate) struct Whole {
    pub(crate) iqn: Typed<IscsiName>,
    pub(crate) nvme: Typed<NvmePair>,
    pub(crate) candidates: Vec<Candidate>,
}

/// The names of a part, typed.
pub(crate) struct Typed<T> {
    pub(crate) value: T,
    pub(crate) source: SourceKind,
    pub(crate) place: String,
}

impl<T> Typed<T> {
    fn of(resolution: &Resolution, part: Part, value: impl FnOnce(&Names) -> T) -> Self {
        let resolved = resolution.parts[part].as_ref().unwrap();
        Self {
            value: value(&resolved.names),
            source: resolved.source,
            place: resolved.place.clone(),
        }
    }
}

impl Resolution {
    /// The names of all parts.
    #[track_caller]
    pub(crate) fn unwrap(self) -> Whole {
        Whole {
            iqn: Typed::of(&self, Part::Iqn, |names| {
                IscsiName::in_use(names.iqn().unwrap()).unwrap()
            }),
            nvme: Typed::of(&self, Part::Nvme, |names| {
                NvmePair::new(
                    HostNqn::in_use(names.host_nqn().unwrap()).unwrap(),
                    HostId::parse(names.host_id().unwrap()).unwrap(),
                )
            }),
            candidates: self.candidates,
        }
    }

    /// Why a part has no name.
    #[track_caller]
    pub(crate) fn unwrap_err(self) -> ResolveError {
        let errors = self.errors();
        errors
            .first()
            .copied()
            .cloned()
            .expect("every part has a name")
    }
}

impl Whole {
    /// The names alone.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            iqn: self.iqn.value.clone(),
            nvme: self.nvme.value.clone(),
        }
    }
}
