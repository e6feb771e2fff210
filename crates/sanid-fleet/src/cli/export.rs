//! `sanid-fleet export`: a list of hosts in the format of a target.

use std::path::PathBuf;

use super::scope::{self, Object};
use super::{Exit, Failure, complain};
use crate::targets::{Format, has_keys};

/// Write a list of hosts in the format of a storage target
///
/// The list is what derive writes: CSV or NDJSON with the names of each host. Scripts do what is not done
/// yet, so running one twice is fine. What a file does when it is loaded is said on standard error: some
/// clear or replace what is there. Where something is there, use diff.
///
/// Exit codes: 0 fine, 1 a host of the list is not in the export, or two share a name, 2 error.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The format
    #[arg(long, value_name = "FORMAT", value_parser = scope::formats(), hide_possible_values = false)]
    to: &'static Format,
    /// Lists of hosts, as sanid-fleet derive or kubectl get nsi -o json writes them; standard input without any
    #[arg(value_name = "HOSTS")]
    hosts: Vec<PathBuf>,
    #[command(flatten)]
    object: Object,
    /// Write the hosts into this configuration of the target (lio-json, nvmet-json)
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let format = options.to;
    if options.base.is_some() && !format.takes_base {
        let why = "--base is for lio-json and nvmet-json, whose files are whole configurations";
        return Err(Failure::error(&format!(
            "{why}; {} changes what is there by itself, and diff shows how",
            format.name
        )));
    }
    let base = options.base.as_deref().map(scope::text).transpose()?;
    let keys = base
        .as_deref()
        .and_then(|base| serde_json::from_str(base).ok())
        .is_some_and(|base| has_keys(&base));
    let scope = options.object.scope(format, base)?;
    // What is missing is said before a long list is read.
    format.object(&scope)?;
    let list = scope::read(&options.hosts)?;
    let (made, clean) = scope::members(format, &list, &scope)?;
    scope::write(|out| format.export(&made.members, &scope, out))?;
    let count = made.members.len();
    complain(&format!("{count} names exported"));
    complain(&format!("{}: {}", format.name, format.loading));
    if keys {
        complain(
            "the export has the keys of hosts that --base has; whoever reads them can pass for such a host. \
             Write it where only root reads, with umask 077",
        );
    }
    Ok(if clean { Exit::Fine } else { Exit::Findings })
}
