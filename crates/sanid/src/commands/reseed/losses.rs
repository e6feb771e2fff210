//! What depends on the machine-id (safety rule 8): listed, and each loss needs its own consent.

use std::fmt::Write as _;

use sanid_cli::{Failure, Page, Tone};
use sanid_host::dependents::{Dependent, Loss, Sight};
use serde::Serialize;

use super::Seen;
use crate::args::Reseed;

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// One thing that depends on the machine-id.
pub(super) struct DependentReport {
    /// A stable word for it, such as `host-credentials`.
    name: &'static str,
    /// What it is.
    what: &'static str,
    /// `seen`, `absent` or `unknown`.
    seen: Sighting,
    /// Where it was found, or why it could not be read.
    detail: Option<String>,
    /// What a new machine-id does to it.
    effect: &'static str,
    /// The option that agrees to its loss, where something is lost.
    consent: Option<&'static str>,
}

/// Whether something that depends on the machine-id was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Sighting {
    /// It is there.
    Seen,
    /// It is not there.
    Absent,
    /// It could not be read.
    Unknown,
}

impl DependentReport {
    fn new(of: &Dependent) -> Self {
        let consent = of.danger().map(option);
        let (seen, detail) = match &of.sight {
            Sight::Seen(detail) => (Sighting::Seen, Some(detail.clone())),
            Sight::Absent => (Sighting::Absent, None),
            Sight::Unknown(why) => (Sighting::Unknown, Some(why.clone())),
        };
        Self {
            name: of.name,
            what: of.what,
            seen,
            detail,
            effect: of.effect,
            consent,
        }
    }

    fn sight(&self) -> String {
        match (self.seen, &self.detail) {
            (Sighting::Seen, Some(detail)) => format!("seen here: {detail}"),
            (Sighting::Unknown, Some(why)) => format!("may be here: {why}"),
            _ => "not seen here".to_owned(),
        }
    }
}

/// The reports of all of them.
pub(super) fn reports(dependents: &[Dependent]) -> Vec<DependentReport> {
    dependents.iter().map(DependentReport::new).collect()
}

/// Shows them: what they are, whether they are here, and what becomes of those that are.
pub(super) fn show(page: &mut Page, list: &[DependentReport]) {
    page.line("Depends on the machine-id:");
    for one in list {
        let tone = match (one.consent, one.seen) {
            (Some(_), _) => Tone::Danger,
            (None, Sighting::Absent) => Tone::Faint,
            (None, _) => Tone::Plain,
        };
        page.detail(page.tone(tone, format!("{}; {}", one.what, one.sight())));
        if one.seen != Sighting::Absent {
            page.detail(format!("  {}", one.effect));
        }
    }
}

/// The option that agrees to a loss.
fn option(loss: Loss) -> &'static str {
    match loss {
        Loss::HostCredentials => "--lose-credentials",
        Loss::VarPartition => "--lose-var",
        Loss::VolumeGroups => "--lose-volume-groups",
    }
}

fn agreed(options: &Reseed, loss: Loss) -> bool {
    match loss {
        Loss::HostCredentials => options.lose_credentials,
        Loss::VarPartition => options.lose_var,
        Loss::VolumeGroups => options.lose_volume_groups,
    }
}

/// A loss without consent forbids the change.
pub(super) fn check(seen: &Seen, options: &Reseed) -> Result<(), Failure> {
    let unmet = |one: &&Dependent| one.danger().is_some_and(|loss| !agreed(options, loss));
    let mut unmet = seen.dependents.iter().filter(unmet).peekable();
    if unmet.peek().is_none() {
        return Ok(());
    }
    let mut message =
        "a new machine-id would lose what depends on the old one (safety rule 8)".to_owned();
    for one in unmet {
        let one = DependentReport::new(one);
        // Writing to a String cannot fail.
        let _ = write!(
            message,
            "\n  {}; {}\n    {}",
            one.what,
            one.sight(),
            one.effect
        );
    }
    let _ = write!(
        message,
        "\nFixes:\n  \
         {}   list all that depends on it\n  \
         {}   change it, and lose this",
        command(seen, options, true),
        command(seen, options, false),
    );
    Err(Failure::refused(&message))
}

/// The whole command that is not refused: with what was given and what is missing.
pub(super) fn command(seen: &Seen, options: &Reseed, dry_run: bool) -> String {
    let mut words = vec!["sanid reseed"];
    let asks = sanid_cli::can_ask();
    if dry_run {
        words.push("--dry-run");
    } else if options.yes || !asks {
        words.push("--yes");
    }
    if options.disrupt || !super::live_names(&seen.before).is_empty() {
        words.push("--disrupt");
    }
    let losses = seen.dependents.iter();
    words.extend(losses.filter_map(|one| one.danger().map(option)));
    words.join(" ") + &seen.before.root.option()
}
