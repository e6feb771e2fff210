//! `sanid adopt`: what is on disk becomes what is desired, by a pin in the configuration.

mod claim;
mod from;
mod pins;

use sanid_host::act::Lock;
use sanid_host::record::RecordState;
use sanid_host::report::NamesReport;
use sanid_host::unique::{self, ConfirmedBy};
use sanid_host::{Covered, Facts, Look, Names, Root, act, resolve};
use serde::Serialize;

use crate::args::{Adopt, Format};
use crate::exit::{Exit, Failure};
use crate::host::{self, Access};
use crate::output::{self, Page, Tone};

/// High enough to come after what a site ships, low enough to be overridden.
const NAME: &str = "50-adopted.toml";
const PATH: &str = "/etc/sanid/config.d/50-adopted.toml";

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// What `sanid adopt` pinned, or would pin.
pub(crate) struct AdoptReport {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    api_version: &'static str,
    /// `Adopt`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "Adopt")))]
    kind: &'static str,
    /// `unchanged`, `changed` or `would-change`.
    outcome: &'static str,
    /// The configuration file.
    path: &'static str,
    /// The adopted names.
    pins: NamesReport,
    /// How it is known that no other host has the names: `administrator` or `audit`, where `--confirm-unique`
    /// records it, or would.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<&'static str>,
    /// What could not be adopted, and what else to know.
    notices: Vec<String>,
}

pub(crate) fn run(options: &Adopt) -> Result<Exit, Failure> {
    let access = Access::unless_dry(options.dry_run);
    let root = host::open(options.host.root.as_deref(), access)?;
    // Before the lock: a pipe or a probe can take its time.
    let record = options.from.as_deref().map(from::read).transpose()?;
    let warnings = match &record {
        Some(record) => {
            let facts = host::observe(&root, LOOK)?;
            from::may_be_taken(record, &root, &facts, options)?
        }
        None => Vec::new(),
    };
    let lock = if options.dry_run {
        None
    } else {
        Some(act::lock(&root)?)
    };
    let facts = host::observe(&root, LOOK)?;
    if !options.dry_run {
        host::may_change(&facts)?;
    }
    if options.confirm_unique.is_some() {
        may_confirm(&facts)?;
    }
    let (pins, mut notices) = match &record {
        Some(record) => {
            let pins = record.pins();
            let notices = [warnings, record.notices(&facts, &pins)].concat();
            (pins, notices)
        }
        None => pins::on_disk(&facts),
    };
    let comment = record.as_ref().map(from::Record::comment);
    let comment = comment.as_deref().unwrap_or(ON_DISK);
    if pins == Names::default() {
        return Err(nothing(&notices));
    }
    let unseen = host::unseen(&facts).filter(|_| options.dry_run);
    let (outcome, after) = pin(&root, lock.as_ref(), facts, &pins, comment)?;
    let confirmed = confirm(&root, lock.as_ref(), &after, options, &mut notices)?;
    if record.is_none() && confirmed.is_none() {
        notices.extend(unique::notices(&after, &resolve(&after)));
    }
    notices.extend(unseen);
    let report = AdoptReport {
        api_version: sanid_host::API_VERSION,
        kind: "Adopt",
        outcome,
        path: PATH,
        confirmed,
        notices,
        pins: NamesReport::new(&pins),
    };
    match options.host.format {
        Format::Json => output::json(&report)?,
        Format::Text => page(&report, options.dry_run).print()?,
    }
    Ok(Exit::Fine)
}

/// Pins the names, unless the host has them already, and gives the state after it, or the one that a run without
/// `--dry-run` would leave.
fn pin(
    root: &Root,
    lock: Option<&Lock>,
    facts: Facts,
    pins: &Names,
    comment: &str,
) -> Result<(&'static str, Facts), Failure> {
    if pins::are_desired(pins, &resolve(&facts)) {
        return Ok(("unchanged", facts));
    }
    // Decided on the state that it would leave, before anything is written.
    let after = pins::check(pins, host::observe(root, LOOK)?)?;
    let Some(lock) = lock else {
        return Ok(("would-change", after));
    };
    act::write_config(root, lock, NAME, &pins::fragment(pins, comment))?;
    Ok(("changed", verify(root, pins)?))
}

/// Records that no other host has the names, where that is asked for.
fn confirm(
    root: &Root,
    lock: Option<&Lock>,
    after: &Facts,
    options: &Adopt,
    notices: &mut Vec<String>,
) -> Result<Option<&'static str>, Failure> {
    let Some(by) = options.confirm_unique.map(ConfirmedBy::from) else {
        return Ok(None);
    };
    let kept = unique::kept(after, &resolve(after));
    if kept.is_empty() {
        notices.push(
            "nothing is confirmed: no name is pinned, and derived names are as unique as their seed"
                .to_owned(),
        );
        return Ok(None);
    }
    if let Some(lock) = lock {
        act::confirm_unique(root, lock, after, &kept, by)?;
    }
    Ok(Some(by.word()))
}

/// What `adopt` decides on.
const LOOK: Look<'static> = Look {
    credentials: None,
    covered: Covered::Leave,
    initramfs: false,
    hardware: true,
    others: false,
    name: false,
    seeds: false,
    claim: true,
    new_machine_id: None,
};

/// Refuses to call names unique on what is probably a copy, or where the record of it cannot be kept.
fn may_confirm(facts: &Facts) -> Result<(), Failure> {
    let option = facts.root.option();
    if let RecordState::Unreadable(why) = &facts.record {
        return Err(Failure::error(why));
    }
    if unique::is_clone(facts) {
        return Err(Failure::refused(&format!(
            "most of the hardware is not the recorded one, so this host is probably a copy, and its names are those of the original\n\
             Ways out:\n  \
             sanid reseed{option}   makes it a host of its own\n  \
             sanid hardware accept{option}   if this machine replaces the recorded one, and that one is off for good"
        )));
    }
    Ok(())
}

/// Why nothing can be adopted.
fn nothing(notices: &[String]) -> Failure {
    let mut message = "nothing to adopt: no identity file has a name that can be pinned".to_owned();
    for notice in notices {
        message.push_str("\n  ");
        message.push_str(notice);
    }
    message.push_str("\n`sanid apply` writes this host's own names");
    Failure::error(&message)
}

const ON_DISK: &str = "`sanid adopt`: the identity that was on disk, and stays.";

/// Another file may set the same pins and apply later.
fn verify(root: &Root, pins: &Names) -> Result<Facts, Failure> {
    let facts = host::observe(root, LOOK)?;
    if pins::are_desired(pins, &resolve(&facts)) {
        return Ok(facts);
    }
    Err(Failure::error(&format!(
        "{PATH} was written, and another configuration file overrides it; `sanid config` shows which"
    )))
}

fn page(report: &AdoptReport, dry_run: bool) -> Page {
    let mut page = Page::new();
    let (tone, line) = match report.outcome {
        "unchanged" => (
            Tone::Good,
            "unchanged: the identity on disk already is the desired one".to_owned(),
        ),
        "changed" => (Tone::Good, format!("pinned in {}", report.path)),
        _ => (Tone::Warning, format!("would pin in {}", report.path)),
    };
    page.line(page.tone(tone, line));
    let rows = report.pins.names().iter().map(|(file, name)| {
        let label = (Tone::Faint, file.holds().to_owned());
        [label, (Tone::Plain, name.to_owned())]
    });
    page.rows(2, &rows.collect::<Vec<_>>());
    if let Some(by) = report.confirmed {
        let verb = if dry_run {
            "would be confirmed"
        } else {
            "confirmed"
        };
        page.line(format!("{verb}: no other host has these names ({by})"));
    }
    for notice in &report.notices {
        page.line(format!("{}: {notice}", page.tone(Tone::Warning, "notice")));
    }
    page
}
