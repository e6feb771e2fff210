//! The hardware, recorded and seen.

use serde::{Deserialize, Serialize};

/// What tells one machine from another, as digests; a kind that could not be read is missing.
///
/// The generation id of a virtual machine is not among them: Linux keeps it to itself
/// (`drivers/virt/vmgenid.c`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The system UUID of SMBIOS or of the device tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware_uuid: Option<String>,
    /// The serial number of the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board_serial: Option<String>,
    /// The permanent MAC addresses of network interfaces with a device behind them, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub macs: Vec<String>,
    /// The UUID of the root file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_fs: Option<String>,
}

/// The file as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum HardwareState {
    /// There is no machine-id to compare by.
    #[default]
    Unknown,
    /// None, or one of another machine-id.
    Missing,
    /// That of this machine-id.
    Present(Evidence),
    /// Not a record; the next change replaces it.
    Invalid(String),
    /// It is there and could not be read, so it is not replaced.
    Unreadable(String),
}

/// Recorded and seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HardwareFacts {
    /// What was recorded for this machine-id.
    pub recorded: HardwareState,
    /// What is seen now.
    pub seen: Evidence,
    /// What could not be read of it, one reason each.
    pub unseen: Vec<String>,
}
