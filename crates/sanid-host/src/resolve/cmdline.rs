//! The kernel command line: the names under which dracut and SUSE's generator know the initiator name
//! (dracut.cmdline(7)), and dracut's for the NVMe pair.

use std::fmt::Write as _;

use sanid_core::{IscsiName, NvmePair};

use super::{Given, Part, ResolveError, Source, parse_iqn, parse_pair};
use crate::facts::Facts;
use crate::parse::cmdline;

/// dracut's present name first, then its older one, then SUSE's.
const IQN_KEYS: &[&str] = &["rd.iscsi.initiator", "iscsi_initiator", "rd.initiatorname"];
const NVME_KEYS: &[&str] = &["rd.nvmf.hostnqn", "rd.nvmf.hostid"];

pub(super) struct CommandLine;

impl Source for CommandLine {
    fn name(&self) -> &'static str {
        "command-line"
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        let found = IQN_KEYS.iter().find_map(|key| value(facts, key));
        found
            .map(|(text, place)| parse_iqn(&text, place))
            .transpose()
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        let nqn = value(facts, "rd.nvmf.hostnqn");
        let id = value(facts, "rd.nvmf.hostid");
        parse_pair(
            nqn.as_ref()
                .map(|(text, place)| (text.as_str(), place.clone())),
            id.as_ref()
                .map(|(text, place)| (text.as_str(), place.clone())),
        )
    }

    fn silence(&self, facts: &Facts, part: Part) -> Option<String> {
        let keys = if part == Part::Iqn {
            IQN_KEYS
        } else {
            NVME_KEYS
        };
        let key = keys.iter().find(|key| is_hidden(facts, key))?;
        Some(format!(
            "{key}= on the kernel command line is undone by a later {key} without a value"
        ))
    }
}

/// The value that counts: the last one, as for dracut. Where it overrides another, its place says so.
fn value(facts: &Facts, key: &str) -> Option<(String, String)> {
    let last = cmdline::last(&facts.cmdline, key)?;
    let value = last.value.filter(|value| !value.is_empty())?;
    let mut place = format!("{key}= on the kernel command line");
    if last.overridden.iter().any(|other| *other != last.value) {
        let _ = write!(place, " (last of {})", last.overridden.len() + 1);
    }
    Some((value.to_owned(), place))
}

/// Whether a parameter that says nothing had a value, and lost it to a later one without: dracut then
/// takes neither.
fn is_hidden(facts: &Facts, key: &str) -> bool {
    let says_something = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
    cmdline::last(&facts.cmdline, key)
        .is_some_and(|last| last.overridden.into_iter().any(says_something))
}
