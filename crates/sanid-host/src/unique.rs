//! Names that were kept: whether anybody has confirmed that no other host has them.
//!
//! A derived name is as unique as its seed. A name that was on disk before sanid, or that was pinned, may be
//! on every copy of that disk (safety rule 5). One host cannot see that; a claim, an audit or an administrator can.

use std::time::SystemTime;

use crate::facts::Facts;
use crate::hardware::Verdict;
use crate::observed::Observed;
use crate::part::{Names, Part, files};
use crate::record::{Confirmed, Record, RecordState};
use crate::resolve::{Resolution, SourceKind};

/// How it is known that no other host has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmedBy {
    /// An administrator confirmed it.
    Administrator,
    /// An audit of all hosts found the name once.
    Audit,
}

impl ConfirmedBy {
    /// The word in the record and in reports: API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Audit => "audit",
        }
    }
}

/// Whether the names of a part are known to be this host's alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Uniqueness {
    /// They follow from the seed, or from a source that names one host.
    NotKept,
    /// It was confirmed.
    Confirmed,
    /// It was not confirmed; a confirmation that no longer counts, where there is one.
    Unconfirmed(Option<Confirmed>),
}

/// Whether the names of a part are known to be this host's alone.
pub(crate) fn uniqueness(facts: &Facts, resolution: &Resolution, part: Part) -> Uniqueness {
    let Some(names) = kept_names(facts, resolution, part) else {
        return Uniqueness::NotKept;
    };
    let claimed = match &facts.claim {
        Observed::Saw(claim) => claim.held.as_ref(),
        Observed::NotLooked | Observed::Failed(_) => None,
    };
    if claimed.is_some_and(|claimed| values(claimed, part).as_ref() == Some(&names)) {
        return Uniqueness::Confirmed;
    }
    let record = facts.record.record();
    let mut confirmed = record.into_iter().flat_map(|record| &record.unique);
    match confirmed.find(|one| one.part == part.key() && one.names == names) {
        Some(one) if one.seed == seed(facts) && !is_clone(facts) => Uniqueness::Confirmed,
        one => Uniqueness::Unconfirmed(one.cloned()),
    }
}

/// The names of a part that is pinned, or that this boot left on disk in place of the desired one.
pub(crate) fn kept_names(
    facts: &Facts,
    resolution: &Resolution,
    part: Part,
) -> Option<Vec<String>> {
    if matches!(resolution.origin(part), Ok((SourceKind::Pin, _))) {
        let names = files(part).iter().map(|file| resolution.value(*file));
        let names: Vec<String> = names.collect::<Option<_>>()?;
        return (!is_given(resolution, part, &names)).then_some(names);
    }
    let names: Option<Vec<String>> = files(part)
        .iter()
        .map(|file| facts.disk.effective_text(*file))
        .collect();
    let differs = files(part)
        .iter()
        .any(|file| facts.disk.effective_text(*file) != resolution.value(*file));
    names.filter(|_| differs && was_kept(facts, part))
}

/// Whether a different source gives these names, too: a pin of them makes them no less unique.
fn is_given(resolution: &Resolution, part: Part, names: &[String]) -> bool {
    let names = names.join(" ");
    let mut candidates = resolution.candidates.iter();
    candidates.any(|one| {
        one.part == part && one.source != SourceKind::Pin && one.value.as_ref() == Some(&names)
    })
}

/// Whether the last `apply` of this boot published that it kept this part.
fn was_kept(facts: &Facts, part: Part) -> bool {
    let Observed::Saw(Some(published)) = &facts.published else {
        return false;
    };
    let published: serde_json::Value = match serde_json::from_slice(published) {
        Ok(published) => published,
        Err(_) => return false,
    };
    let source = published.pointer(&format!("/provenance/{}/source", part.key()));
    source.and_then(serde_json::Value::as_str) == Some("kept")
}

fn values(values: &Names, part: Part) -> Option<Vec<String>> {
    let value = |file| values.of(file).map(str::to_owned);
    files(part).iter().map(|file| value(*file)).collect()
}

fn seed(facts: &Facts) -> Option<String> {
    Some(facts.machine_id.seed()?.fingerprint().to_string())
}

/// Whether the hardware is probably not the recorded one: the confirmation was copied with the disk.
pub fn is_clone(facts: &Facts) -> bool {
    match &facts.hardware {
        Observed::Saw(hardware) => {
            let verdict = hardware.comparison().map(|found| found.verdict());
            verdict == Some(Verdict::CloneSuspected)
        }
        Observed::NotLooked | Observed::Failed(_) => false,
    }
}

/// The record with the word that no other host has the names of these parts.
pub(crate) fn confirmed(
    facts: &Facts,
    names: &[(Part, Vec<String>)],
    by: ConfirmedBy,
    now: SystemTime,
) -> Record {
    let mut record = match &facts.record {
        RecordState::Present(record) => (**record).clone(),
        RecordState::Missing | RecordState::Invalid(_) | RecordState::Unreadable(_) => {
            Record::new()
        }
    };
    for (part, names) in names {
        record.unique.retain(|one| one.part != part.key());
        record.unique.push(Confirmed {
            part: part.key().to_owned(),
            names: names.clone(),
            by: by.as_str().to_owned(),
            at: humantime::format_rfc3339_seconds(now).to_string(),
            seed: seed(facts),
        });
    }
    record
}

/// The command that compares all hosts, or asks the store that all of them share.
pub(crate) fn compare(facts: &Facts) -> String {
    match &facts.claim {
        Observed::Saw(claim) if claim.store => {
            "sanid-fleet claim   claims the names in the configured store, which refuses a second holder".into()
        }
        _ => "sanid-fleet audit DIR   compares all hosts; DIR contains the output of sanid status --format json of each".into(),
    }
}

/// The kept names, by part.
pub fn kept(facts: &Facts, resolution: &Resolution) -> Vec<(Part, Vec<String>)> {
    let names = |part| Some((part, kept_names(facts, resolution, part)?));
    Part::ALL.into_iter().filter_map(names).collect()
}

/// Notices about kept names until it is confirmed that no other host has them.
pub fn notices(facts: &Facts, resolution: &Resolution) -> Vec<String> {
    let unconfirmed = |part: &Part| {
        let uniqueness = uniqueness(facts, resolution, *part);
        matches!(uniqueness, Uniqueness::Unconfirmed(_))
    };
    let unconfirmed: Vec<Part> = Part::ALL.into_iter().filter(unconfirmed).collect();
    notices_of(facts, resolution, &unconfirmed)
}

/// Notices before the names of these parts are kept.
pub fn notices_of(facts: &Facts, resolution: &Resolution, kept: &[Part]) -> Vec<String> {
    if kept.is_empty() {
        return Vec::new();
    }
    let option = facts.root.option();
    let mut notices = vec![format!(
        "a different host may have the same names, such as a copy of this disk. Compare all hosts before the names are kept for good:\n  {}\n  sanid adopt --confirm-unique{option}   once no other host has them",
        compare(facts)
    )];
    let is_to_come = |part: &Part| {
        let mut files = files(*part).iter();
        files.all(|file| facts.disk.effective_text(*file).is_none())
            && matches!(resolution.origin(*part), Ok((SourceKind::Derived, _)))
    };
    notices.extend(Part::ALL.into_iter().find(is_to_come).map(|part| {
        format!(
            "the {} is derived from the {}, and a copy of this disk derives the same one. Hosts with equal seeds show the same seed.fingerprint in `sanid status --format json{option}`; `sanid reseed{option}` gives a copy a seed of its own",
            part.label(),
            resolution.seed_name.unwrap_or("seed"),
        )
    }));
    notices
}
