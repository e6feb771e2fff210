//! The kernel command line: the names under which dracut and SUSE's generator know the initiator name
//! (dracut.cmdline(7)), and dracut's for the NVMe pair.

use std::fmt::Write as _;

use sanid_core::{IscsiName, NvmePair};

use super::error::ResolveError;
use super::source::{Given, Source, SourceKind, parse_iqn, parse_pair};
use crate::facts::Facts;
use crate::observed::Observed;
use crate::parse::cmdline;
use crate::part::Part;

/// dracut's present name first, then its older one, then SUSE's.
const IQN_KEYS: &[&str] = &["rd.iscsi.initiator", "iscsi_initiator", "rd.initiatorname"];
/// Each dracut's present name, then its older one.
const NQN_KEYS: &[&str] = &["rd.nvmf.hostnqn", "nvmf.hostnqn"];
const ID_KEYS: &[&str] = &["rd.nvmf.hostid", "nvmf.hostid"];

pub(super) struct CommandLine;

impl Source for CommandLine {
    fn kind(&self) -> SourceKind {
        SourceKind::CommandLine
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        let found = first(line(facts)?, IQN_KEYS);
        found
            .map(|(text, place)| parse_iqn(&text, place))
            .transpose()
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        let line = line(facts)?;
        let nqn = first(line, NQN_KEYS);
        let id = first(line, ID_KEYS);
        parse_pair(
            nqn.as_ref()
                .map(|(text, place)| (text.as_str(), place.clone())),
            id.as_ref()
                .map(|(text, place)| (text.as_str(), place.clone())),
        )
    }

    fn silence(&self, facts: &Facts, part: Part) -> Option<String> {
        let lists: &[&[&str]] = if part == Part::Iqn {
            &[IQN_KEYS]
        } else {
            &[NQN_KEYS, ID_KEYS]
        };
        let line = line(facts).ok()?;
        lists.iter().find_map(|keys| hidden(line, keys))
    }
}

/// A command line that cannot be read may name this host for this boot.
fn line(facts: &Facts) -> Result<&str, ResolveError> {
    match &facts.cmdline {
        Observed::Saw(line) => Ok(line),
        unknown => Err(ResolveError::Undecided(format!(
            "the kernel command line, which may name this host, could not be read: {}",
            unknown.unknown().unwrap_or_default()
        ))),
    }
}

/// The value of the first parameter that is there. dracut does not ask for the others either, even where it
/// has no value.
fn first(line: &str, keys: &[&str]) -> Option<(String, String)> {
    let key = keys.iter().find(|key| is_there(line, key))?;
    value(line, key)
}

fn is_there(line: &str, key: &str) -> bool {
    cmdline::last(line, key).is_some()
}

/// The value that counts: the last one, as for dracut. Where it overrides another, its place says so.
fn value(line: &str, key: &str) -> Option<(String, String)> {
    let last = cmdline::last(line, key)?;
    let value = last.value.filter(|value| !value.is_empty())?;
    let mut place = format!("{key}= on the kernel command line");
    if last.overridden.iter().any(|other| *other != last.value) {
        let _ = write!(place, " (last of {})", last.overridden.len() + 1);
    }
    Some((value.to_owned(), place))
}

/// Which parameter without a value takes the word from another that has one.
fn hidden(line: &str, keys: &[&str]) -> Option<String> {
    let says_something = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
    let key = keys.iter().find(|key| is_there(line, key))?;
    let last = cmdline::last(line, key)?;
    if says_something(last.value) {
        return None;
    }
    if last.overridden.into_iter().any(says_something) {
        return Some(format!(
            "{key}= on the kernel command line is reset by a later {key} without a value"
        ));
    }
    let other = keys.iter().find(|other| value(line, other).is_some())?;
    Some(format!(
        "{other}= on the kernel command line is ignored, since {key} is set without a value"
    ))
}
