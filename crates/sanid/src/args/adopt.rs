//! The options of `sanid adopt`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::HostOptions;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfirmedBy {
    Administrator,
    Audit,
}

impl From<ConfirmedBy> for sanid_host::unique::ConfirmedBy {
    fn from(by: ConfirmedBy) -> Self {
        match by {
            ConfirmedBy::Administrator => Self::Administrator,
            ConfirmedBy::Audit => Self::Audit,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    #[command(flatten)]
    pub(crate) host: HostOptions,
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Record that no other host has these names, and how that is known: by an administrator, or by an audit
    /// of all hosts
    #[arg(
        long,
        value_name = "BY",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "administrator"
    )]
    pub(crate) confirm_unique: Option<ConfirmedBy>,
    /// Take over the identity in this record of sanid-fleet escrow, decrypted; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Confirm that the host of the record is gone for good and that nothing uses its identity
    #[arg(long, requires = "from", conflicts_with = "probe")]
    pub(crate) old_host_is_gone: bool,
    /// Run this shell command to find out whether the host of the record answers: exit 0 for yes, 1 for no;
    /// its environment names the host
    #[arg(long, value_name = "COMMAND", requires = "from")]
    pub(crate) probe: Option<String>,
    /// With --root: also ask a claim store on the network that the configuration below DIR names
    #[arg(long, requires = "from")]
    pub(crate) check_claims: bool,
}
