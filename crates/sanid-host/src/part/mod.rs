//! The parts of an identity: what each is, which files hold it, and what sanid does with it.
//!
//! A part is one module here and one entry of the list below. The rest of the program goes through [`Part::ALL`] and
//! [`IdentityFile::ALL`], and asks a part for what only that part knows ([`Kind`], [`FileKind`]).

mod initiator_name;
mod kind;
mod names;
mod nvme_pair;
pub mod own;

pub(crate) use kind::{AtStart, FileKind, Kind, Sourced};
pub use names::Names;

/// Declares the parts and their files, each file with its constant in the module of the part.
macro_rules! parts {
    ($($(#[$about:meta])* $part:ident = $module:ident {
        $($(#[$about_file:meta])* $file:ident = $constant:ident),* $(,)?
    })*) => {
        /// A part of the identity that is resolved and written as one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Part {
            $($(#[$about])* $part,)*
        }

        impl Part {
            /// All of them, in the order in which they are reported and written.
            pub const ALL: [Self; [$(stringify!($part)),*].len()] = [$(Self::$part),*];

            /// What is particular to this part.
            pub(crate) fn kind(self) -> &'static dyn Kind {
                match self {
                    $(Self::$part => &$module::Kind,)*
                }
            }
        }

        /// One of the files that iscsid, nvme-cli and their kin read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IdentityFile {
            $($($(#[$about_file])* $file,)*)*
        }

        impl IdentityFile {
            /// All of them, in the order in which they are written.
            pub const ALL: [Self; [$($(stringify!($file)),*),*].len()] = [$($(Self::$file),*),*];

            /// What is particular to this file.
            pub(crate) fn kind(self) -> &'static FileKind {
                match self {
                    $($(Self::$file => &$module::$constant,)*)*
                }
            }
        }

        /// The files of a part.
        pub fn files(part: Part) -> &'static [IdentityFile] {
            match part {
                $(Part::$part => &[$(IdentityFile::$file),*],)*
            }
        }

        /// The part a file belongs to.
        pub fn part_of(file: IdentityFile) -> Part {
            match file {
                $($(IdentityFile::$file => Part::$part,)*)*
            }
        }
    };
}

parts! {
    /// The iSCSI initiator name.
    Iqn = initiator_name {
        /// `/etc/iscsi/initiatorname.iscsi`, read by iscsid at its start (iscsid(8)).
        InitiatorName = INITIATOR_NAME,
    }
    /// The host NQN and the Host ID.
    Nvme = nvme_pair {
        /// `/etc/nvme/hostnqn`, read by libnvme at each connect (nvme-connect(1)).
        HostNqn = HOST_NQN,
        /// `/etc/nvme/hostid`, read by libnvme at each connect (nvme-connect(1)).
        HostId = HOST_ID,
    }
}

/// The parts with members of their own in documents: `iqn` and `nvme`. Later parts are in the open lists alone.
pub const NAMED_PARTS: [Part; 2] = [Part::Iqn, Part::Nvme];

/// The files with members of their own in documents: `iqn`, `hostNqn` and `hostId`. Later ones are in the open lists
/// alone.
pub const NAMED_FILES: [IdentityFile; 3] = [
    IdentityFile::InitiatorName,
    IdentityFile::HostNqn,
    IdentityFile::HostId,
];

impl serde::Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl Part {
    /// The part in the field's words.
    pub fn label(self) -> &'static str {
        self.kind().label()
    }

    /// What precedes the place that the part is from, where the parts have different ones.
    pub fn origin_label(self) -> &'static str {
        self.kind().origin_label()
    }

    /// The part in JSON.
    pub fn key(self) -> &'static str {
        self.kind().key()
    }
}

/// One value for each part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerPart<T>([T; Part::ALL.len()]);

impl<T> PerPart<T> {
    /// The value that is made for each part.
    pub(crate) fn of(make: impl FnMut(Part) -> T) -> Self {
        Self(Part::ALL.map(make))
    }

    /// The values, in the order of the parts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T> std::ops::Index<Part> for PerPart<T> {
    type Output = T;

    #[allow(clippy::indexing_slicing, reason = "there is one for each part")]
    fn index(&self, part: Part) -> &T {
        &self.0[part as usize]
    }
}

impl<T> std::ops::IndexMut<Part> for PerPart<T> {
    #[allow(clippy::indexing_slicing, reason = "there is one for each part")]
    fn index_mut(&mut self, part: Part) -> &mut T {
        &mut self.0[part as usize]
    }
}
