//! The `sanid-fleet` command: one definition for parsing, help, man pages and completions.
//!
//! A command is one file here, with its options and `run`, and one line in [`Command`] and in [`dispatch`].

mod audit;
mod claim;
mod collect;
mod derive;
mod diff;
mod duplicates;
mod escrow;
mod export;
mod import;
mod report;
mod scope;
mod sessions;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use sanid_cli::{Exit, Failure, json, print};

const NAME: &str = "sanid-fleet";
const AFTER_HELP: &str = "\
Exit codes: 0 fine, 1 findings, 2 usage or I/O error, 3 refused by a safety rule.
Start with: sanid-fleet derive inventory.csv";

/// The storage identities of many hosts: derived, audited, exported.
///
/// Identities follow from machine-ids, so a fleet's are known before its hosts have booted, and can be
/// compared with what the hosts show and with what the arrays admit.
#[derive(Debug, Parser)]
#[command(name = NAME, version, after_help = AFTER_HELP, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Derive the identities of the hosts in inventories
    ///
    /// CSV, NDJSON, JSON (also what ansible-inventory --list prints) or an inventory of Ansible, told by its
    /// look. A row has a host and its machine-id, and may have a scheme, a prefix, and names that are fixed.
    /// Machine-ids come from files or standard input, never from the command line, and are never repeated.
    /// Exits with 1 when hosts are duplicates, with 2 when rows are bad.
    Derive(derive::Derive),
    Diff(diff::Options),
    Duplicates(duplicates::Options),
    Sessions(sessions::Options),
    Export(export::Options),
    Import(import::Options),
    Audit(audit::AuditOptions),
    Collect(collect::CollectOptions),
    Report(report::ReportOptions),
    /// Keep the identity of a host for the day on which its hardware is lost
    ///
    /// Writes a record from what sanid said of the host, or on the host itself; sanid adopt --from takes it over
    /// on other hardware. The record holds no machine-id unless that is asked for, and then it is encrypted.
    Escrow(escrow::Escrow),
    Claim(claim::Options),
}

fn dispatch(command: &Command) -> (bool, Result<Exit, Failure>) {
    match command {
        Command::Derive(options) => (false, derive::run(options)),
        Command::Diff(options) => (false, diff::run(options)),
        Command::Duplicates(options) => (options.is_json(), duplicates::run(options)),
        Command::Sessions(options) => (options.is_json(), sessions::run(options)),
        Command::Export(options) => (false, export::run(options)),
        Command::Import(options) => (false, import::run(options)),
        Command::Audit(options) => (options.is_json(), audit::run(options)),
        Command::Collect(options) => (false, collect::run(options)),
        Command::Report(options) => (false, report::run(options)),
        Command::Escrow(options) => (false, escrow::run(options)),
        Command::Claim(options) => (options.json(), claim::run(options)),
    }
}

/// The definition of the command line, for man pages and completions.
///
/// # Examples
/// ```
/// assert_eq!(sanid_fleet::command().get_name(), "sanid-fleet");
/// ```
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the command with these arguments, the program's name first, and gives its exit code: 0 fine,
/// 1 findings, 2 usage or I/O error, 3 refused by a safety rule.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    sanid_cli::run(NAME, arguments, |arguments: &Arguments| {
        dispatch(&arguments.command)
    })
}

/// How a command prints its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: apiVersion sanid/v1
    Json,
}

fn complain(message: &str) {
    sanid_cli::complain(NAME, message);
}
