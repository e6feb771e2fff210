//! Who else writes an identity, and who else reads one.

use crate::file::{Disk, FileState, IdentityFile};
use crate::observed::Observed;
use crate::own::OwnNames;

/// Other writers and other readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OthersFacts {
    /// Identity files outside of `/etc`.
    pub elsewhere: Observed<Vec<ElsewhereFile>>,
    /// What writes an identity file.
    pub writers: Observed<Vec<Writer>>,
    /// Why each script or unit that may write one could not be read.
    pub unread_scripts: Vec<String>,
    /// Who may read and write the identity files beside what their mode says.
    pub access: Observed<Vec<Access>>,
    /// Mount namespaces with identity files of their own.
    pub namespaces: Observed<Namespaces>,
    /// Each iscsid that runs.
    pub started: Observed<Vec<Started>>,
    /// Names that programs take from configurations of their own.
    pub own_names: Observed<OwnNames>,
    /// The file with the UUID of LXD's server, and the UUID: LXD makes the pair of its controllers from it.
    pub lxd: Observed<Option<(String, String)>>,
}

impl OthersFacts {
    /// Not looked at.
    pub(crate) fn not_looked() -> Self {
        Self {
            elsewhere: Observed::NotLooked,
            writers: Observed::NotLooked,
            unread_scripts: Vec::new(),
            access: Observed::NotLooked,
            namespaces: Observed::NotLooked,
            started: Observed::NotLooked,
            own_names: Observed::NotLooked,
            lxd: Observed::NotLooked,
        }
    }
}

/// Mount namespaces that are not the host's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// Those with identity files of their own.
    pub seen: Vec<Namespace>,
    /// How many could not be read.
    pub unseen: usize,
}

/// An identity file outside of `/etc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElsewhereFile {
    /// Which file it would be.
    pub file: IdentityFile,
    /// Where it is, relative to the root.
    pub path: String,
    /// What was found.
    pub state: FileState,
}

/// Something that writes an identity file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The file with the words that write, as `/etc/rc.local`.
    pub place: String,
    /// The unit that runs it, if one does.
    pub unit: Option<String>,
    /// The file that it writes.
    pub file: IdentityFile,
    /// When it runs.
    pub when: When,
    /// When it writes.
    pub guard: Guard,
}

/// When a writer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At every boot.
    Boot,
    /// When its package is installed or upgraded.
    Package,
}

/// What a writer looks at before it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Nothing: it writes whatever the file holds.
    None,
    /// It writes where there is no file.
    Missing,
    /// It writes where there is no file, or an empty one.
    Empty,
    /// It writes where a line of the file begins with `GenerateName=yes`, as open-iscsi's scripts take it.
    GenerateName,
}

impl Guard {
    /// Whether it writes a file in this state.
    pub(crate) fn is_open(self, state: &FileState) -> bool {
        match (self, state) {
            (Self::None, _) | (Self::Missing | Self::Empty, FileState::Missing) => true,
            (Self::Empty, FileState::Present(content)) => content.bytes.is_empty(),
            (Self::GenerateName, FileState::Present(content)) => {
                let mut lines = content.bytes.split(|byte| *byte == b'\n');
                lines.any(|line| line.starts_with(b"GenerateName=yes"))
            }
            _ => false,
        }
    }
}

/// An identity file and its directory, as the kernel lets programs at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Which file.
    pub file: IdentityFile,
    /// The permission bits of its directory.
    pub directory_mode: u32,
    /// The SELinux type of the file, where the kernel has SELinux; empty where it has none.
    pub label: Option<String>,
    /// The same of its directory.
    pub directory_label: Option<String>,
}

/// A mount namespace that is not the host's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// One of its processes.
    pub pid: u32,
    /// That process' name.
    pub program: String,
    /// That process' control group, which names the container.
    pub control_group: String,
    /// The identity files there.
    pub disk: Disk,
}

/// A program that runs, such as iscsid, and the file that it read at its start. In seconds of the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The file.
    pub file: IdentityFile,
    /// The process.
    pub pid: u32,
    /// When it was started.
    pub started: i64,
    /// When the content of its file was written.
    pub written: i64,
    /// When this was seen.
    pub now: i64,
}
