//! `sanid adopt`: what is on disk becomes what is desired, by a pin in the configuration.

mod claim;
mod from;

use std::fmt::Write as _;

use sanid_host::resolve::{self, Part};
use sanid_host::{Effective, Facts, Root, act};
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
    pins: Pins,
    /// What could not be adopted, and what else to know.
    notices: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// The adopted names.
struct Pins {
    /// The initiator name.
    iqn: Option<String>,
    /// The host NQN.
    host_nqn: Option<String>,
    /// The Host ID.
    host_id: Option<String>,
}

pub(crate) fn run(options: &Adopt) -> Result<Exit, Failure> {
    let access = Access::unless_dry(options.dry_run);
    let root = host::open(options.host.root.as_deref(), access)?;
    // Before the lock: a pipe or a probe can take its time.
    let record = options.from.as_deref().map(from::read).transpose()?;
    let warnings = match &record {
        Some(record) => from::may_be_taken(record, &root, &host::observe(&root)?, options)?,
        None => Vec::new(),
    };
    let lock = if options.dry_run {
        None
    } else {
        Some(act::lock(&root)?)
    };
    let facts = host::observe(&root)?;
    if !options.dry_run {
        host::may_change(&facts)?;
    }
    let pins = match &record {
        Some(record) => record.pins(),
        None => pins(&facts),
    };
    let comment = record.as_ref().map(from::Record::comment);
    let comment = comment.as_deref().unwrap_or(ON_DISK);
    if pins == Pins::default() {
        return Err(Failure::error(
            &"nothing to adopt: none of the identity files holds a valid name; `sanid apply` writes this host's own",
        ));
    }
    let outcome = if is_desired(&facts, &pins) {
        "unchanged"
    } else if let Some(lock) = &lock {
        outranked(&facts)?;
        act::write_config(&root, lock, NAME, &fragment(&pins, comment))?;
        verify(&root, &pins)?;
        "changed"
    } else {
        outranked(&facts)?;
        "would-change"
    };
    let report = AdoptReport {
        api_version: sanid_host::API_VERSION,
        kind: "Adopt",
        outcome,
        path: PATH,
        notices: {
            let mut all = match &record {
                Some(record) => [warnings, record.notices(&facts, &pins)].concat(),
                None => notices(&facts),
            };
            all.extend(host::unseen(&facts).filter(|_| options.dry_run));
            all
        },
        pins,
    };
    match options.host.format {
        Format::Json => output::json(&report)?,
        Format::Text => page(&report).print()?,
    }
    Ok(Exit::Fine)
}

fn pins(facts: &Facts) -> Pins {
    Pins {
        iqn: facts.disk.iqn().valid().map(ToString::to_string),
        host_nqn: facts.disk.host_nqn().valid().map(ToString::to_string),
        host_id: facts.disk.host_id().valid().map(ToString::to_string),
    }
}

/// Whether what is on disk is the desired identity without any new pin.
fn is_desired(facts: &Facts, pins: &Pins) -> bool {
    resolve::resolve(facts).is_ok_and(|resolution| {
        let pair = &resolution.nvme.value;
        pins.iqn
            .as_ref()
            .is_none_or(|iqn| *iqn == resolution.iqn.value.as_str())
            && pins
                .host_nqn
                .as_ref()
                .is_none_or(|nqn| *nqn == pair.host_nqn.as_str())
            && pins
                .host_id
                .as_ref()
                .is_none_or(|id| *id == pair.host_id.to_string())
    })
}

/// A pin that would be without effect is not written.
fn outranked(facts: &Facts) -> Result<(), Failure> {
    let Ok(resolution) = resolve::resolve(facts) else {
        return Ok(());
    };
    for (part, source, place) in [
        (Part::Iqn, resolution.iqn.source, &resolution.iqn.place),
        (Part::Nvme, resolution.nvme.source, &resolution.nvme.place),
    ] {
        if source == "command-line" || source == "credential" {
            return Err(Failure::error(&format!(
                "{place} fixes the {} and outranks every pin, so adopting would change nothing; take it away first",
                part.words()
            )));
        }
    }
    Ok(())
}

const ON_DISK: &str = "`sanid adopt`: the identity that was on disk, and stays.";

fn fragment(pins: &Pins, comment: &str) -> String {
    let mut text = format!(
        "# Written by {comment} Remove this file to let the\n\
         # configured scheme decide again; `sanid apply` then asks before it changes anything.\n[pin]\n",
    );
    let values = [
        ("iqn", &pins.iqn),
        ("hostnqn", &pins.host_nqn),
        ("hostid", &pins.host_id),
    ];
    for (key, value) in values {
        if let Some(value) = value {
            // A JSON string is a TOML basic string. Writing to a String cannot fail.
            let quoted = serde_json::to_string(value).unwrap_or_default();
            let _ = writeln!(text, "{key} = {quoted}");
        }
    }
    text
}

/// Another file may set the same pins and apply later.
fn verify(root: &Root, pins: &Pins) -> Result<(), Failure> {
    let facts = host::observe(root)?;
    if is_desired(&facts, pins) {
        return Ok(());
    }
    Err(Failure::error(&format!(
        "{PATH} was written, and another configuration file overrides it; `sanid config` shows which"
    )))
}

fn notices(facts: &Facts) -> Vec<String> {
    let mut notices = Vec::new();
    let mut absent = |what: &str, state: &str| {
        if state != "valid" {
            notices.push(format!(
                "the {what} on disk is {state} and cannot be pinned; `sanid status` says why"
            ));
        }
    };
    absent("initiator name", facts.disk.iqn().state());
    absent("host NQN", facts.disk.host_nqn().state());
    absent("Host ID", facts.disk.host_id().state());
    if let (Effective::Valid(nqn), Effective::Valid(id)) =
        (facts.disk.host_nqn(), facts.disk.host_id())
    {
        if !sanid_core::NvmePair::new(nqn, id).matches() {
            notices.push("the Host ID is not the UUID of the host NQN; both stay as they are, and sanid status goes on reporting it".into());
        }
    }
    notices
}

fn page(report: &AdoptReport) -> Page {
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
    let row = |label: &str, value: &Option<String>| {
        value
            .clone()
            .map(|value| [(Tone::Faint, label.to_owned()), (Tone::Plain, value)])
    };
    let pins = &report.pins;
    let rows = [
        row("initiator name", &pins.iqn),
        row("host NQN", &pins.host_nqn),
        row("Host ID", &pins.host_id),
    ];
    page.rows(2, &rows.into_iter().flatten().collect::<Vec<_>>());
    for notice in &report.notices {
        page.line(format!("{}: {notice}", page.tone(Tone::Warning, "notice")));
    }
    page
}
