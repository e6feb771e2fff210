//! The two parts of an identity, and the files that hold each.

use crate::file::IdentityFile;

/// A part of the identity that is resolved and written as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The iSCSI initiator name.
    Iqn,
    /// The host NQN and the Host ID.
    Nvme,
}

impl Part {
    /// All of them, in the order in which they are reported and written.
    pub const ALL: [Self; 2] = [Self::Iqn, Self::Nvme];

    /// The part in the field's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Iqn => "initiator name",
            Self::Nvme => "NVMe pair",
        }
    }

    /// The part in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Iqn => "iqn",
            Self::Nvme => "nvme",
        }
    }
}

/// The files of a part.
pub fn files(part: Part) -> &'static [IdentityFile] {
    match part {
        Part::Iqn => &[IdentityFile::InitiatorName],
        Part::Nvme => &[IdentityFile::HostNqn, IdentityFile::HostId],
    }
}

/// The part a file belongs to.
pub fn part_of(file: IdentityFile) -> Part {
    match file {
        IdentityFile::InitiatorName => Part::Iqn,
        IdentityFile::HostNqn | IdentityFile::HostId => Part::Nvme,
    }
}
