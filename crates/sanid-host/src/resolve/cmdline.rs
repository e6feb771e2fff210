//! The kernel command line: the parameters by which programs of the initramfs know the names (dracut.cmdline(7)).

use std::fmt::Write as _;

use super::error::ResolveError;
use super::source::{Given, Source, SourceKind, named};
use crate::facts::Facts;
use crate::observed::Observed;
use crate::parse::cmdline;
use crate::part::{Part, files};

pub(super) struct CommandLine;

impl Source for CommandLine {
    fn kind(&self) -> SourceKind {
        SourceKind::CommandLine
    }

    fn give(&self, facts: &Facts, part: Part) -> Result<Option<Given>, ResolveError> {
        let line = line(facts)?;
        named(part, |file| first(line, file.kind().parameters))
    }

    fn silence(&self, facts: &Facts, part: Part) -> Option<String> {
        let line = line(facts).ok()?;
        let mut files = files(part).iter();
        files.find_map(|file| hidden(line, file.kind().parameters))
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
