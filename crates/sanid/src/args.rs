//! The command line: one definition for parsing, help, man pages and completions.

mod adopt;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, FromArgMatches, Parser, Subcommand, ValueEnum};

pub(crate) use adopt::Adopt;

const AFTER_HELP: &str = "\
Exit codes: 0 fine, 1 findings, 2 usage or I/O error, 3 refused by a safety rule, 4 no usable seed.
Start with: sanid show";

/// One deterministic storage identity for every Linux host.
///
/// sanid derives the iSCSI initiator name, the NVMe host NQN and the NVMe Host ID of this host from its
/// machine-id, writes them into the files that iscsid and nvme-cli read, and shows where each part comes
/// from. The same host gets the same names at every boot; no state is needed to know them.
#[derive(Debug, Parser)]
#[command(name = "sanid", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the identity this host should have, and where it comes from
    ///
    /// Reads only. sanid status shows what the files contain.
    Show(Show),
    /// Compare the desired, stored and active identity, and list what differs
    ///
    /// Reads only. Exits with 1 when there are findings; each shows how to fix it.
    Status(Status),
    /// Put the identity into the files that storage programs read
    ///
    /// Writes each identity file that is missing, empty or invalid. An identity that is already on disk is not
    /// changed without consent, and not while an active session uses it. A second run changes nothing.
    Apply(Apply),
    /// Pin the identity that is on disk, so that it becomes the desired one
    ///
    /// Writes /etc/sanid/config.d/50-adopted.toml and no identity file. With --from it pins the identity of a
    /// lost host, from the record that sanid-fleet escrow made of it; sanid apply then writes the files.
    Adopt(Adopt),
    /// Make a clone a host of its own: a new machine-id, and with it a new identity
    ///
    /// For a copy of a machine that runs beside the original. Refused while a session or a controller is
    /// active, and where a source other than the machine-id fixes the identity.
    Reseed(Reseed),
    /// Compare the hardware with its record, or accept it as it is
    ///
    /// The record distinguishes a clone from the host. It contains no serial numbers, only digests that are
    /// keyed with the machine-id.
    Hardware(Hardware),
    /// Compute identities from machine-ids on standard input
    ///
    /// One machine-id per line (for nvme-cli-2, one system UUID; for nvme-cli-3, either), streamed; never from the
    /// command line, which every user of the machine can read. Needs no host and no privileges.
    Derive(Derive),
    /// Check whether names follow the standards, and name the rule that is broken
    ///
    /// Takes iSCSI names (iqn., eui., naa.), NQNs and Host IDs; - reads them from standard input, one
    /// per line. Exits with 1 when a name is invalid.
    Check(Check),
    /// List the identities that an image has (runs sanid-image lint)
    ///
    /// --root DIR or --tar FILE; sanid lint --help shows every option. Exits with 1 when it finds one.
    #[command(disable_help_flag = true)]
    Lint(Companion),
    /// Make an image clean: remove its identities (runs sanid-image seal)
    ///
    /// --root DIR, and --dry-run to preview; sanid seal --help shows every option.
    #[command(disable_help_flag = true)]
    Seal(Companion),
    /// Derive, audit and export the identities of many hosts (runs sanid-fleet)
    ///
    /// sanid fleet --help shows its commands.
    #[command(disable_help_flag = true)]
    Fleet(Companion),
    /// Show the merged configuration and where each value comes from
    Config(HostOptions),
    /// Print the completions for a shell
    Completions(Completions),
}

impl Command {
    /// Whether a failure must be a document too.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Show(Show { host, .. })
            | Self::Apply(Apply { host, .. })
            | Self::Adopt(Adopt { host, .. })
            | Self::Reseed(Reseed { host, .. })
            | Self::Hardware(Hardware {
                command:
                    HardwareCommand::Show(host)
                    | HardwareCommand::Record(AcceptHardware { host, .. })
                    | HardwareCommand::Accept(AcceptHardware { host, .. }),
            })
            | Self::Config(host) => host.format == Format::Json,
            Self::Status(status) => status.format == StatusFormat::Json,
            Self::Check(check) => check.format == Format::Json,
            // A stream of items has its errors beside it.
            Self::Derive(_)
            | Self::Completions(_)
            | Self::Lint(_)
            | Self::Seal(_)
            | Self::Fleet(_) => false,
        }
    }
}

/// The commands that run at every boot and at every probe, without first describing all the others to
/// the parser: a third of what `apply` with nothing to do would spend. Whatever needs the whole
/// definition (help, a mistake) is left to it.
pub(crate) fn boot(arguments: &[OsString]) -> Option<Command> {
    fn alone<T: Args + FromArgMatches>(arguments: &[OsString]) -> Option<T> {
        let definition = T::augment_args(clap::Command::new("sanid"));
        let matches = definition.try_get_matches_from(arguments).ok()?;
        T::from_arg_matches(&matches).ok()
    }
    // The command's name is where the parser expects the program's.
    let rest = arguments.get(1..)?;
    match rest.first()?.to_str()? {
        "apply" => alone(rest).map(Command::Apply),
        "show" => alone(rest).map(Command::Show),
        "status" => alone(rest).map(Command::Status),
        _ => None,
    }
}

#[derive(Debug, Args)]
pub(crate) struct HostOptions {
    /// Work on the system below DIR instead of the running one
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Text for people, which may change, or JSON for programs, which will not
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Work on the system below DIR instead of the running one
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// text for people, which may change; json for programs, which will not; nfd as a feature file of
    /// node-feature-discovery; npd as a plugin of node-problem-detector prints
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = StatusFormat::Text)]
    pub(crate) format: StatusFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusFormat {
    Text,
    Json,
    Nfd,
    Npd,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) host: HostOptions,
    /// List every candidate of every source, why it was chosen or not, and how to recompute it without sanid
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag on the command line"
)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) host: HostOptions,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// As the boot units run it: like --keep, unless on-existing in the configuration says otherwise;
    /// names that an active session uses are kept in any case
    #[arg(long, conflicts_with_all = ["keep", "replace", "disrupt"])]
    pub(crate) boot: bool,
    /// Keep a valid identity on disk, report it and write only what is missing
    #[arg(long, conflicts_with = "replace")]
    pub(crate) keep: bool,
    /// Replace a valid identity that is on disk; the arrays must know the new one
    #[arg(long)]
    pub(crate) replace: bool,
    /// Continue even while an active session or controller uses the old identity
    #[arg(long)]
    pub(crate) disrupt: bool,
    /// Restart the units that still have the old name, unless a session or a controller is active
    #[arg(long, conflicts_with_all = ["boot", "dry_run"])]
    pub(crate) reload: bool,
    /// Write files, or keep the names in memory and bind-mount them over the files; placement in the
    /// configuration sets it for every run
    #[arg(long, value_name = "PLACE", value_enum)]
    pub(crate) via: Option<Via>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    File,
    Bind,
}

impl From<Via> for sanid_host::Via {
    fn from(via: Via) -> Self {
        match via {
            Via::File => Self::File,
            Via::Bind => Self::Bind,
        }
    }
}

#[derive(Debug, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag on the command line"
)]
pub(crate) struct Reseed {
    #[command(flatten)]
    pub(crate) host: HostOptions,
    /// Print what would be done, and do nothing; the new names are known only after the run
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation; required without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
    /// Continue even while an active session or controller uses the old identity
    #[arg(long)]
    pub(crate) disrupt: bool,
    /// Continue although systemd then deletes the key of this host, and data encrypted with it is lost
    #[arg(long)]
    pub(crate) lose_credentials: bool,
    /// Continue although systemd then no longer mounts the /var that it finds by its partition UUID
    #[arg(long)]
    pub(crate) lose_var: bool,
    /// Continue although LVM then no longer activates volume groups with a system id from the machine-id
    #[arg(long)]
    pub(crate) lose_volume_groups: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Hardware {
    #[command(subcommand)]
    pub(crate) command: HardwareCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HardwareCommand {
    /// Show how the hardware compares with the recorded one
    ///
    /// Reads only. Exits with 1 when the machine is probably a clone.
    Show(HostOptions),
    /// Record parts that are not recorded yet
    ///
    /// A part that differs from its record keeps the record, and on a probable clone nothing is recorded.
    /// sanid-status.service runs it, once the drivers of network cards are loaded.
    Record(AcceptHardware),
    /// Record the hardware as it is now, after a board or other parts were replaced
    Accept(AcceptHardware),
}

#[derive(Debug, Args)]
pub(crate) struct AcceptHardware {
    #[command(flatten)]
    pub(crate) host: HostOptions,
    /// Print what would be recorded, and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Derive {
    /// The rule: sanid-v1, talos, nvme-cli-1 or nvme-stas from machine-ids, nvme-cli-2 from system UUIDs, nvme-cli-3
    /// from either
    #[arg(long, value_name = "SCHEME", default_value = "sanid-v1", value_parser = sanid_cli::SchemeParser, hide_possible_values = true)]
    pub(crate) scheme: String,
    /// The text before the ':' of the initiator name
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "iqn.2016-04.com.open-iscsi"
    )]
    pub(crate) iqn_prefix: String,
    /// text and csv are one line per machine-id, ndjson one object, json one document
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
    Ndjson,
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The names; - for standard input
    #[arg(value_name = "NAME", required = true, allow_hyphen_values = true)]
    pub(crate) names: Vec<String>,
    /// Also require that every known storage program and array accepts the name in this form
    #[arg(long)]
    pub(crate) portable: bool,
    /// Check every name as this kind instead of detecting the kind
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Text for people, which may change, or JSON for programs, which will not
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Iscsi,
    Nqn,
    Hostid,
}

#[derive(Debug, Args)]
pub(crate) struct Companion {
    /// Options of that program
    #[arg(
        value_name = "OPTION",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) options: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[cfg(test)]
mod tests;
