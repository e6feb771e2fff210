//! `sanid adopt`: what is on disk becomes what is desired, by a pin in the configuration.

mod claim;
mod from;
mod pins;

use sanid_cli::{Exit, Failure, Page, Tone, json};
use sanid_host::record::RecordState;
use sanid_host::report::{NamesReport, Outcome};
use sanid_host::resolve::Part;
use sanid_host::unique::{self, ConfirmedBy};
use sanid_host::{
    Change, Covered, Done, Facts, Look, Mode, Moment, Names, Root, Step, Transaction, resolve,
};
use serde::Serialize;

use crate::args::{Adopt, Format};
use crate::host::{self, Access};

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
    outcome: Outcome,
    /// The configuration file.
    path: &'static str,
    /// The adopted names.
    pins: NamesReport,
    /// How it is known that no other host has the names: `administrator` or `audit`, where `--confirm-unique`
    /// records it, or would.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<&'static str>,
    /// Parts that could not be adopted, and further notices.
    notices: Vec<String>,
}

pub(crate) fn run(options: &Adopt) -> Result<Exit, Failure> {
    let access = Access::unless_dry(options.dry_run);
    let root = host::open(options.host.root.as_deref(), access)?;
    // Before the lock: a pipe or a probe can take its time.
    let record = options.from.as_deref().map(from::read).transpose()?;
    let mut notices = match &record {
        Some(record) => {
            let facts = sanid_host::observe(&root, &LOOK)?;
            from::may_be_taken(record, &root, &facts, options)?
        }
        None => Vec::new(),
    };
    let transaction = Transaction::new(&root, Mode::of_dry_run(options.dry_run));
    let change = Adopting { options, record };
    let proposal = transaction.propose(&change)?;
    let Done { decision, receipt } = transaction.carry_out(&change, proposal)?;
    let outcome = match (&decision.fragment, &receipt) {
        (None, _) => Outcome::Unchanged,
        (Some(_), Some(_)) => Outcome::Changed,
        (Some(_), None) => Outcome::WouldChange,
    };
    notices.extend(decision.notices);
    if change.record.is_none() && decision.confirmed.is_none() {
        notices.extend(unique::notices(&decision.after, &resolve(&decision.after)));
    }
    notices.extend(host::unseen(&decision.after).filter(|_| options.dry_run));
    let report = AdoptReport {
        api_version: sanid_host::API_VERSION,
        kind: "Adopt",
        outcome,
        path: PATH,
        confirmed: decision.confirmed.map(|(by, _)| by.as_str()),
        notices,
        pins: NamesReport::new(&decision.pins),
    };
    match options.host.format {
        Format::Json => json(&report)?,
        Format::Text => page(&report, options.dry_run).print()?,
    }
    Ok(Exit::Fine)
}

/// The change that `adopt` makes.
struct Adopting<'a> {
    options: &'a Adopt,
    /// The record of a lost host, with `--from`.
    record: Option<from::Record>,
}

/// The source of the confirmation that no other host has these names.
type Confirmed = (ConfirmedBy, Vec<(Part, Vec<String>)>);

struct Decision {
    /// The state that the change leaves.
    after: Facts,
    pins: Names,
    /// The text that pins them; `None` where the host has the names already.
    fragment: Option<String>,
    /// The names that are confirmed to be unique, and by whom.
    confirmed: Option<Confirmed>,
    notices: Vec<String>,
}

impl Change for Adopting<'_> {
    type Seen = Facts;
    type Decision = Decision;
    type Error = Failure;

    fn observe(&self, root: &Root, _: Moment) -> Result<Facts, Failure> {
        Ok(sanid_host::observe(root, &LOOK)?)
    }

    fn facts(seen: &Facts) -> &Facts {
        seen
    }

    fn decide(&self, facts: Facts) -> Result<Decision, Failure> {
        if self.options.confirm_unique.is_some() {
            may_confirm(&facts)?;
        }
        let (pins, mut notices) = match &self.record {
            Some(record) => {
                let pins = record.pins();
                let notices = record.notices(&facts, &pins);
                (pins, notices)
            }
            None => pins::on_disk(&facts),
        };
        if pins == Names::default() {
            return Err(nothing(&notices));
        }
        let (fragment, after) = if pins::are_desired(&pins, &resolve(&facts)) {
            (None, facts)
        } else {
            let comment = self.record.as_ref().map(from::Record::comment);
            let text = pins::fragment(&pins, comment.as_deref().unwrap_or(ON_DISK));
            (Some(text), pins::check(&pins, facts)?)
        };
        let confirmed = self.confirmed(&after, &mut notices);
        Ok(Decision {
            after,
            pins,
            fragment,
            confirmed,
            notices,
        })
    }

    fn steps<'d>(&'d self, decision: &'d Decision) -> Vec<Step<'d>> {
        let fragment = decision.fragment.as_deref();
        let fragment = fragment.map(|text| Step::Fragment(NAME, text));
        let confirmed = decision.confirmed.as_ref();
        let confirmed = confirmed.map(|(by, names)| Step::Unique(&decision.after, names, *by));
        fragment.into_iter().chain(confirmed).collect()
    }

    /// A second file may set the same pins and apply later.
    fn verify(&self, root: &Root, decision: &Decision) -> Result<(), Failure> {
        let after = sanid_host::observe(root, &LOOK)?;
        if pins::are_desired(&decision.pins, &resolve(&after)) {
            return Ok(());
        }
        Err(Failure::error(&format!(
            "{PATH} was written, and a different configuration file overrides it; `sanid config` shows which"
        )))
    }
}

impl Adopting<'_> {
    /// The kept names that are confirmed to be unique, where that is asked for.
    fn confirmed(&self, after: &Facts, notices: &mut Vec<String>) -> Option<Confirmed> {
        let by = ConfirmedBy::from(self.options.confirm_unique?);
        let kept = unique::kept(after, &resolve(after));
        if kept.is_empty() {
            notices.push(
                "nothing is confirmed: no name is pinned, and derived names are as unique as their seed"
                    .to_owned(),
            );
            return None;
        }
        Some((by, kept))
    }
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
             Fixes:\n  \
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

fn page(report: &AdoptReport, dry_run: bool) -> Page {
    let mut page = Page::new();
    let (tone, line) = match report.outcome {
        Outcome::Unchanged => (
            Tone::Good,
            "unchanged: the identity on disk already is the desired one".to_owned(),
        ),
        Outcome::Changed => (Tone::Good, format!("pinned in {}", report.path)),
        Outcome::WouldChange | Outcome::Refused => {
            (Tone::Warning, format!("would pin in {}", report.path))
        }
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

#[cfg(test)]
mod tests;
