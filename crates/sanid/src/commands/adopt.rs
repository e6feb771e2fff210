//! `sanid adopt`: what is on disk becomes what is desired, by a pin in the configuration.

mod claim;
mod from;
mod pins;

use sanid_host::{Look, Root, act, resolve};
use serde::Serialize;

use crate::args::{Adopt, Format};
use crate::exit::{Exit, Failure};
use crate::host::{self, Access};
use crate::output::{self, Page, Tone};
use pins::Pins;

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

pub(crate) fn run(options: &Adopt) -> Result<Exit, Failure> {
    let access = Access::unless_dry(options.dry_run);
    let root = host::open(options.host.root.as_deref(), access)?;
    // Before the lock: a pipe or a probe can take its time.
    let record = options.from.as_deref().map(from::read).transpose()?;
    let warnings = match &record {
        Some(record) => {
            let facts = host::observe(&root, Look::default())?;
            from::may_be_taken(record, &root, &facts, options)?
        }
        None => Vec::new(),
    };
    let lock = if options.dry_run {
        None
    } else {
        Some(act::lock(&root)?)
    };
    let facts = host::observe(&root, Look::default())?;
    if !options.dry_run {
        host::may_change(&facts)?;
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
    if pins == Pins::default() {
        return Err(nothing(&notices));
    }
    let outcome = if pins.are_desired(&resolve(&facts)) {
        "unchanged"
    } else {
        // Decided on the state that it would leave, before anything is written.
        pins.check(host::observe(&root, Look::default())?)?;
        match &lock {
            Some(lock) => {
                act::write_config(&root, lock, NAME, &pins.fragment(comment))?;
                verify(&root, &pins)?;
                "changed"
            }
            None => "would-change",
        }
    };
    let report = AdoptReport {
        api_version: sanid_host::API_VERSION,
        kind: "Adopt",
        outcome,
        path: PATH,
        notices: {
            notices.extend(host::unseen(&facts).filter(|_| options.dry_run));
            notices
        },
        pins,
    };
    match options.host.format {
        Format::Json => output::json(&report)?,
        Format::Text => page(&report).print()?,
    }
    Ok(Exit::Fine)
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
fn verify(root: &Root, pins: &Pins) -> Result<(), Failure> {
    let facts = host::observe(root, Look::default())?;
    if pins.are_desired(&resolve(&facts)) {
        return Ok(());
    }
    Err(Failure::error(&format!(
        "{PATH} was written, and another configuration file overrides it; `sanid config` shows which"
    )))
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
