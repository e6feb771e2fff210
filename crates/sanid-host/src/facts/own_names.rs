//! Names that programs take from configurations of their own.

use crate::parse::own::Own;
use crate::part::{IdentityFile, Part};

/// The names that programs take from configurations of their own, in place of the identity files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnNames {
    /// Each place with a name.
    pub names: Vec<OwnName>,
    /// Why each configuration that is there could not be read.
    pub unread: Vec<String>,
}

/// The names in one place of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnName {
    /// The program and its kind of configuration.
    pub reader: OwnReader,
    /// The file, relative to the root.
    pub path: String,
    /// The names and their line.
    pub own: Own,
}

impl OwnName {
    /// `/FILE:LINE`, in the host.
    pub fn place(&self) -> String {
        format!(
            "/{}:{}",
            crate::root::escape(self.path.as_bytes()),
            self.own.line
        )
    }

    /// The names, in one line.
    pub(crate) fn in_words(&self) -> String {
        let names = IdentityFile::ALL
            .into_iter()
            .filter_map(|file| file.own(&self.own))
            .map(String::as_str);
        names.collect::<Vec<_>>().join(" ")
    }
}

/// A program with a configuration that may name the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnReader {
    /// nvme-cli 3.1, `/etc/nvme/nvme-fabrics.conf`.
    Fabrics,
    /// nvme-cli 3.1, a file of `/etc/nvme/nvme-fabrics.conf.d`: a persona for its own connections.
    Persona,
    /// `nvme connect-all`, `/etc/nvme/config.json`.
    Json,
    /// `nvme connect-all`, `/etc/nvme/discovery.conf`.
    Discovery,
    /// nvme-stas, `/etc/stas/sys.conf`.
    Stas,
    /// open-iscsi: `iscsid.conf`, an interface or a node.
    Iscsi,
}

impl OwnReader {
    /// The part that its names replace.
    pub(crate) fn part(self) -> Part {
        match self {
            Self::Iscsi => Part::Iqn,
            Self::Fabrics | Self::Persona | Self::Json | Self::Discovery | Self::Stas => Part::Nvme,
        }
    }

    /// The program in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fabrics => "nvme-cli 3.1",
            Self::Persona => "nvme-cli 3.1 (persona)",
            Self::Json => "nvme connect-all (config.json)",
            Self::Discovery => "nvme connect-all (discovery.conf)",
            Self::Stas => "nvme-stas",
            Self::Iscsi => "open-iscsi (iface)",
        }
    }
}
