//! The three identity files: where they are, what their bytes must be, and what a host's storage
//! programs take from the bytes that are there.

use sanid_core::{HostId, HostNqn, Identity, IscsiName, NameError, Rule};

use crate::parse::hostfile::{self, HostFile};
use crate::parse::{Hazard, ReaderView, initiatorname};
use crate::root::{FileContent, ReadError, escape};

/// One of the files that iscsid, nvme-cli and their kin read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityFile {
    /// `/etc/iscsi/initiatorname.iscsi`, read by iscsid at its start (iscsid(8)).
    InitiatorName,
    /// `/etc/nvme/hostnqn`, read by libnvme at each connect (nvme-connect(1)).
    HostNqn,
    /// `/etc/nvme/hostid`, read by libnvme at each connect (nvme-connect(1)).
    HostId,
}

impl IdentityFile {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::InitiatorName, Self::HostNqn, Self::HostId];

    /// The directory, relative to the root.
    pub fn directory(self) -> &'static str {
        match self {
            Self::InitiatorName => "etc/iscsi",
            Self::HostNqn | Self::HostId => "etc/nvme",
        }
    }

    /// The name in its directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::InitiatorName => "initiatorname.iscsi",
            Self::HostNqn => "hostnqn",
            Self::HostId => "hostid",
        }
    }

    /// The path, relative to the root.
    pub fn path(self) -> &'static str {
        match self {
            Self::InitiatorName => "etc/iscsi/initiatorname.iscsi",
            Self::HostNqn => "etc/nvme/hostnqn",
            Self::HostId => "etc/nvme/hostid",
        }
    }

    /// What the file holds, in the field's words.
    pub fn holds(self) -> &'static str {
        match self {
            Self::InitiatorName => "initiator name",
            Self::HostNqn => "host NQN",
            Self::HostId => "Host ID",
        }
    }

    /// The mode in which sanid writes it.
    ///
    /// The NVMe files are for everyone to read: os-brick, unprivileged in its service, overwrites a
    /// hostnqn that it may not read with one of its own making.
    pub fn mode(self) -> u32 {
        match self {
            Self::InitiatorName => 0o600,
            Self::HostNqn | Self::HostId => 0o644,
        }
    }

    /// The permission bits without which a reader destroys or misses the file.
    pub fn needed_mode(self) -> u32 {
        match self {
            Self::InitiatorName => 0o400,
            Self::HostNqn | Self::HostId => 0o444,
        }
    }

    /// The value of an identity that belongs into this file.
    pub fn value(self, identity: &Identity) -> String {
        match self {
            Self::InitiatorName => identity.iqn.to_string(),
            Self::HostNqn => identity.nvme.host_nqn.to_string(),
            Self::HostId => identity.nvme.host_id.to_string(),
        }
    }

    /// The bytes for a value: one line, LF, nothing else, which is what every reader takes alike.
    pub fn bytes(self, value: &str) -> Vec<u8> {
        match self {
            Self::InitiatorName => format!("InitiatorName={value}\n"),
            Self::HostNqn | Self::HostId => format!("{value}\n"),
        }
        .into_bytes()
    }

    /// The value that the file's own reader takes from these bytes: iscsid, or libnvme.
    ///
    /// # Errors
    /// [`Hazard`]: it takes none.
    pub fn effective(self, bytes: &[u8]) -> Result<&str, Hazard> {
        match self {
            Self::InitiatorName => initiatorname::iscsid(bytes),
            Self::HostNqn => hostfile::libnvme_hostnqn(bytes),
            Self::HostId => hostfile::libnvme_hostid(bytes),
        }
    }

    /// Whether the file's own reader and the kernel go on with a name that breaks this rule. A Host ID must
    /// parse.
    fn is_usable_despite(self, rule: Rule) -> bool {
        self != Self::HostId && (rule.is_tolerated() || rule == Rule::Control)
    }

    /// What every known reader takes from these bytes, the file's own reader first.
    pub fn readers(self, bytes: &[u8]) -> Vec<ReaderView> {
        match self {
            Self::InitiatorName => initiatorname::all_readers(bytes),
            Self::HostNqn => hostfile::all_readers(HostFile::HostNqn, bytes),
            Self::HostId => hostfile::all_readers(HostFile::HostId, bytes),
        }
    }

    /// A text as the name that storage would know the host by, if it can be one. A Host ID is in its usual
    /// spelling, since it is compared as a number.
    fn usable(self, text: &str) -> Option<String> {
        match self {
            Self::InitiatorName => IscsiName::in_use(text).ok().map(|name| name.to_string()),
            Self::HostNqn => HostNqn::in_use(text).ok().map(|nqn| nqn.to_string()),
            Self::HostId => HostId::parse(text).ok().map(|id| id.to_string()),
        }
    }

    /// The programs that would take something else than `expected` from these bytes, each with what it
    /// takes. None for the bytes that sanid itself writes: where a program fails even with those, it is
    /// the name that is not portable, and writing the file again would change nothing.
    pub fn disagreement(self, bytes: &[u8], expected: &str) -> Vec<ReaderView> {
        if bytes == self.bytes(expected) {
            return Vec::new();
        }
        match self {
            Self::InitiatorName => initiatorname::disagreement(bytes, expected),
            Self::HostNqn => hostfile::disagreement(HostFile::HostNqn, bytes, expected),
            Self::HostId => hostfile::disagreement(HostFile::HostId, bytes, expected),
        }
    }
}

/// A file as it was found, before anybody asks what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FileState {
    /// There is none.
    #[default]
    Missing,
    /// It is there and was read.
    Present(FileContent),
    /// It is there and could not be read.
    Unreadable(ReadError),
}

impl FileState {
    /// The bytes, where there are any.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Present(content) => Some(&content.bytes),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }
}

/// What a file's own reader has in hand after reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effective<T> {
    /// No file.
    Missing,
    /// A file from which the reader takes nothing.
    Empty,
    /// A value that breaks the standard and that storage programs use all the same, such as an
    /// initiator name with an underscore: arrays may know the host by it, so it is somebody's.
    Irregular {
        /// The value as a name, where it can be written as it is.
        name: Option<T>,
        /// The value, escaped for display.
        text: String,
        /// The rule it breaks.
        why: String,
    },
    /// A value that no storage program can use as a name, or that is known from many machines:
    /// nobody's identity.
    Invalid {
        /// The value, escaped for display.
        text: String,
        /// The rule it breaks.
        why: String,
    },
    /// The file could not be read.
    Unreadable(String),
    /// A name.
    Valid(T),
}

impl<T> Effective<T> {
    /// The name, if it keeps the standard.
    pub fn valid(&self) -> Option<&T> {
        match self {
            Self::Valid(value) => Some(value),
            _ => None,
        }
    }

    /// The name, also where it breaks the standard and storage programs use it all the same.
    pub fn name(&self) -> Option<&T> {
        match self {
            Self::Valid(name) => Some(name),
            Self::Irregular { name, .. } => name.as_ref(),
            _ => None,
        }
    }

    /// One word for reports.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Irregular { .. } | Self::Invalid { .. } => "invalid",
            Self::Unreadable(_) => "unreadable",
            Self::Valid(_) => "valid",
        }
    }

    /// Whether an array can know the host by this.
    pub fn is_somebodys(&self) -> bool {
        matches!(self, Self::Valid(_) | Self::Irregular { .. })
    }

    fn of(
        file: IdentityFile,
        state: &FileState,
        parse: impl FnOnce(&str) -> Result<T, NameError>,
        in_use: impl FnOnce(&str) -> Result<T, NameError>,
    ) -> Self {
        let bytes = match state {
            FileState::Missing => return Self::Missing,
            FileState::Unreadable(error) => return Self::Unreadable(error.to_string()),
            FileState::Present(content) => &content.bytes,
        };
        match file.effective(bytes) {
            Err(Hazard::NoValue | Hazard::Empty) => Self::Empty,
            Err(hazard) => Self::Invalid {
                text: escape(bytes),
                why: format!("its reader {hazard}"),
            },
            Ok(value) => match parse(value) {
                Ok(name) => Self::Valid(name),
                Err(error) => {
                    let (text, why) = (escape(value.as_bytes()), error.to_string());
                    if file.is_usable_despite(error.rule()) {
                        let name = in_use(value).ok();
                        Self::Irregular { name, text, why }
                    } else {
                        Self::Invalid { text, why }
                    }
                }
            },
        }
    }
}

/// The three files as found, and what their readers take from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disk {
    /// `/etc/iscsi/initiatorname.iscsi`.
    pub initiator_name: FileState,
    /// `/etc/nvme/hostnqn`.
    pub host_nqn: FileState,
    /// `/etc/nvme/hostid`.
    pub host_id: FileState,
}

impl Disk {
    /// One of the files.
    pub fn file(&self, file: IdentityFile) -> &FileState {
        match file {
            IdentityFile::InitiatorName => &self.initiator_name,
            IdentityFile::HostNqn => &self.host_nqn,
            IdentityFile::HostId => &self.host_id,
        }
    }

    pub(crate) fn file_mut(&mut self, file: IdentityFile) -> &mut FileState {
        match file {
            IdentityFile::InitiatorName => &mut self.initiator_name,
            IdentityFile::HostNqn => &mut self.host_nqn,
            IdentityFile::HostId => &mut self.host_id,
        }
    }

    /// The initiator name as iscsid has it after a restart.
    pub fn iqn(&self) -> Effective<IscsiName> {
        Effective::of(
            IdentityFile::InitiatorName,
            &self.initiator_name,
            IscsiName::parse,
            IscsiName::in_use,
        )
    }

    /// The host NQN as libnvme has it at the next connect.
    pub fn host_nqn(&self) -> Effective<HostNqn> {
        Effective::of(
            IdentityFile::HostNqn,
            &self.host_nqn,
            HostNqn::parse,
            HostNqn::in_use,
        )
    }

    /// The Host ID as libnvme has it at the next connect.
    pub fn host_id(&self) -> Effective<HostId> {
        Effective::of(
            IdentityFile::HostId,
            &self.host_id,
            HostId::parse,
            HostId::parse,
        )
    }

    /// Every name that storage may know the host by from this file: what any known reader takes and storage can
    /// use, what the file's own reader takes first.
    ///
    /// dracut and Debian's initramfs source `InitiatorName="iqn…"` as shell and log in without the quotes, which
    /// iscsid takes for a part of the name; whoever reads one file by one reader misses the other's name.
    pub fn names_in_use(&self, file: IdentityFile) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let Some(bytes) = self.file(file).bytes() else {
            return names;
        };
        for view in file.readers(bytes) {
            let texts = match view.value {
                Ok(text) => vec![text],
                Err(Hazard::Several(texts)) => texts,
                Err(_) => Vec::new(),
            };
            for name in texts.iter().filter_map(|text| file.usable(text)) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// The text that a file's reader takes, valid or not.
    pub fn effective_text(&self, file: IdentityFile) -> Option<String> {
        file.effective(self.file(file).bytes()?)
            .ok()
            .map(str::to_owned)
    }
}
