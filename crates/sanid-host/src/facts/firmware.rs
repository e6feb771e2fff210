//! What the firmware left for the system about the identity it booted with.

use crate::parse::acpi::TableError;
use crate::parse::nbft;
use crate::root::ReadError;
#[cfg(test)]
pub(crate) use testing::host;

/// The identities in firmware tables; none where there are no such tables, and where the configuration
/// says not to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirmwareFacts {
    /// The initiator names of iBFTs: the one that the kernel's driver shows, else those of the tables.
    pub ibft: Vec<FirmwareTable<String>>,
    /// The Host Descriptors of NBFTs.
    pub nbft: Vec<FirmwareTable<nbft::Host>>,
}

/// One table, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareTable<T> {
    /// Where it is, such as `/sys/firmware/acpi/tables/NBFT`.
    pub path: String,
    /// What it gives.
    pub content: TableContent<T>,
}

/// What a table gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableContent<T> {
    /// An identity.
    Identity(T),
    /// Well-formed, and without an identity.
    Nothing,
    /// Something that is no such table.
    Malformed(TableError),
    /// It could not be looked at: an identity may be there or not.
    Unreadable(ReadError),
}

impl<T> FirmwareTable<T> {
    /// The identity, if there is one.
    pub fn identity(&self) -> Option<&T> {
        match &self.content {
            TableContent::Identity(identity) => Some(identity),
            _ => None,
        }
    }
}

impl<T> From<Result<Option<T>, TableError>> for TableContent<T> {
    fn from(parsed: Result<Option<T>, TableError>) -> Self {
        match parsed {
            Ok(Some(identity)) => Self::Identity(identity),
            Ok(None) => Self::Nothing,
            Err(error) => Self::Malformed(error),
        }
    }
}

#[cfg(test)]
mod testing {
    use super::{FirmwareTable, TableContent};
    use crate::facts::Facts;
    use crate::parse::nbft;

    impl Facts {
        /// With this initiator name in the iBFT.
        pub(crate) fn ibft(self, content: TableContent<String>) -> Self {
            self.ibft_at("/sys/firmware/ibft/initiator/initiator-name", content)
        }

        /// With this initiator name in the iBFT at this path.
        pub(crate) fn ibft_at(mut self, path: &str, content: TableContent<String>) -> Self {
            self.firmware.ibft.push(FirmwareTable {
                path: path.into(),
                content,
            });
            self
        }

        /// With one more NBFT.
        pub(crate) fn nbft(mut self, content: TableContent<nbft::Host>) -> Self {
            let path = format!(
                "/sys/firmware/acpi/tables/NBFT{}",
                self.firmware.nbft.len() + 1
            );
            self.firmware.nbft.push(FirmwareTable { path, content });
            self
        }

        /// With one more NBFT that holds this pair.
        pub(crate) fn nbft_pair(self, nqn: &str, id: &str) -> Self {
            self.nbft(TableContent::Identity(host(7, nqn, id)))
        }
    }

    /// A Host Descriptor; an empty text for what it has not.
    pub(crate) fn host(flags: u8, nqn: &str, id: &str) -> nbft::Host {
        let stored_id = sanid_core::HostUuid::parse(id).map_or([0; 16], |uuid| *uuid.as_bytes());
        nbft::Host {
            minor: 0,
            flags,
            stored_id,
            host_nqn: (!nqn.is_empty()).then(|| nqn.into()),
        }
    }
}
