//! `sanid-fleet diff`: what has to change at a target.

use std::path::PathBuf;

use super::scope::{self, Object};
use super::{Exit, Failure, complain};
use crate::targets::{self, Format, Kind, Plan, Present};

/// Write what has to change at a storage target to admit a list of hosts
///
/// Reads what the target has now and writes only what to add and, with --prune, what to remove: commands
/// that do what is not done yet, or a list with everything that is there, where the target's tool replaces
/// lists. Nothing of what it writes clears what others have configured.
///
/// Exit codes: 0 no difference, 1 a difference, 2 error, 3 refused because it would cut off everybody.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The format
    #[arg(long, value_name = "FORMAT", value_parser = scope::formats())]
    to: &'static Format,
    /// What the target has now, as its own tool says it; - is standard input
    #[arg(long, value_name = "FILE")]
    against: PathBuf,
    /// Lists of hosts, as sanid-fleet derive or kubectl get nsi -o json writes them; standard input without any
    #[arg(value_name = "HOSTS")]
    hosts: Vec<PathBuf>,
    #[command(flatten)]
    object: Object,
    /// Also remove names that belong to no host of the list; wildcards and addresses stay
    #[arg(long)]
    prune: bool,
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let format = options.to;
    let asked = options.object.scope(format, None)?;
    format.object(&asked)?;
    if options.against.as_os_str() == "-" && options.hosts.is_empty() {
        return Err(Failure::error(
            &"standard input cannot be both: name a file of hosts",
        ));
    }
    let now = scope::text(&options.against)?;
    let present = scope::present(format, &options.against, &now)?;
    let scope = options.object.scope(format, Some(now))?;
    let list = scope::read(&options.hosts)?;
    if options.prune && list.bad > 0 {
        return Err(Failure {
            exit: Exit::Refused,
            message: format!(
                "{} rows are no hosts, and --prune would take away the access of the hosts that they stand for: \
                 mend the list, or leave out --prune",
                list.bad
            ),
        });
    }
    let (made, clean) = scope::members(format, &list, &scope)?;
    let plan = targets::plan(format, &made, &present, &scope, options.prune)?;
    if !plan.is_empty() {
        scope::write(|out| format.change(&plan, &scope, out))?;
    }
    complain(&format!(
        "to add {}, to remove {}, unchanged {}, unknown {}",
        plan.add.len(),
        plan.remove.len(),
        plan.unchanged.len(),
        plan.unknown.len()
    ));
    if !plan.remove.is_empty() {
        complain(&format!("before you remove: {}", format.removal));
    }
    say(&plan, &present);
    let is_whole = clean && plan.misplaced.is_empty() && present.includes.is_empty();
    Ok(if plan.is_empty() && is_whole {
        Exit::Fine
    } else {
        Exit::Findings
    })
}

/// Says what the difference does not mend.
fn say(plan: &Plan<'_>, present: &Present) {
    scope::some(plan.misplaced.iter(), |one| {
        let (host, name) = (&one.member.host.name, &one.member.name);
        let holder = scope::printable(one.entry.label.as_deref().unwrap_or_default());
        format!(
            "{name} of {} is held by another host of the target, {holder}: take it out of {holder} first, and run this again",
            scope::printable(host)
        )
    });
    if plan.protected > 0 {
        complain(&format!(
            "kept {} of them: rows that the target cannot hold may stand for them",
            plan.protected
        ));
    }
    for entry in plan
        .unknown
        .iter()
        .filter(|entry| entry.kind == Kind::Anyone)
    {
        complain(&format!(
            "{} lets anyone in ({}): the list of hosts has no effect until that is closed",
            scope::printable(&entry.object),
            scope::printable(&entry.name)
        ));
    }
    scope::included(present);
}
