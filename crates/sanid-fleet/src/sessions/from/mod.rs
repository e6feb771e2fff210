//! The target on this machine, asked who is logged in now. Each source becomes a list of objects that
//! `duplicates::read` reads like any other: names are found in one way only.

mod lio;
mod nvmet;
mod scst;
mod spdk;
mod tgt;

use std::collections::BTreeMap;

use sanid_host::root::{ReadError, Root};
use serde_json::Value;

use super::Output;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Source {
    /// LIO, the iSCSI target of the kernel (targetcli), by its configfs
    Lio,
    /// nvmet, the NVMe target of the kernel, by its debugfs (Linux 6.11)
    Nvmet,
    /// SCST, by its sysfs
    Scst,
    /// tgtd, by tgtadm
    Tgt,
    /// SPDK's NVMe target, by /var/tmp/spdk.sock
    Spdk,
}

/// What a source answers.
struct Answer {
    /// JSON, or text that a program printed.
    text: String,
    not_read: Vec<String>,
    /// What the source never shows.
    not_shown: Vec<String>,
    /// What there is besides logins, where there are none.
    seen: String,
}

/// Asks a source; the logins are those of the snapshot after `before`.
///
/// # Errors
/// What was found, and what to do.
pub(crate) fn read(source: Source, root: &Root, before: usize) -> Result<(Output, String), String> {
    let (name, answer) = match source {
        Source::Lio => ("lio", lio::read(root)?),
        Source::Nvmet => ("nvmet", nvmet::read(root)?),
        Source::Scst => ("scst", scst::read(root)?),
        Source::Tgt => ("tgt", tgt::read(root)?),
        Source::Spdk => ("spdk", spdk::read(root)?),
    };
    let mut shown = super::read(name, answer.text.as_bytes(), before);
    if shown.logins.is_empty() {
        // What is asked here is no file of something else.
        shown.not_read.clear();
    }
    let named = |one: String| format!("{name}: {one}");
    shown
        .not_read
        .extend(answer.not_read.into_iter().map(named));
    shown
        .not_shown
        .extend(answer.not_shown.into_iter().map(named));
    Ok((shown, answer.seen))
}

/// A directory of the kernel, or what makes it be there.
fn directory(root: &Root, path: &str, fix: &str) -> Result<Vec<String>, String> {
    let failed = |error: &ReadError| format!("{error}\n{fix}");
    if !root.exists(path).map_err(|error| failed(&error))? {
        return Err(format!("{} is not there\n{fix}", root.show(path)));
    }
    root.list(path).map_err(|error| failed(&error))
}

/// Attributes of sessions: one whose session has ended meanwhile is not there.
struct Attributes<'r> {
    root: &'r Root,
    not_read: Vec<String>,
}

impl Attributes<'_> {
    fn list(&mut self, path: &str) -> Vec<String> {
        let names = self.root.list(path);
        names.unwrap_or_else(|error| self.failed(&error))
    }

    fn text(&mut self, path: &str) -> Option<String> {
        let text = self.root.attribute(path);
        text.unwrap_or_else(|error| self.failed(&error))
            .filter(|text| !text.is_empty())
    }

    fn failed<T: Default>(&mut self, error: &ReadError) -> T {
        self.not_read.push(error.to_string());
        T::default()
    }
}

/// One login as an object.
fn object<const N: usize>(fields: [(&str, Option<String>); N]) -> Value {
    let fields = fields.into_iter();
    let fields: BTreeMap<&str, String> = fields
        .filter_map(|(key, text)| Some((key, text?)))
        .collect();
    fields
        .into_iter()
        .map(|(key, text)| (key.to_owned(), Value::String(text)))
        .collect()
}

/// `1 target`, `2 targets`.
fn count(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
