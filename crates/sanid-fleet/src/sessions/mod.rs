//! Who is logged in at a target: what shows that two machines use one name.
//!
//! ```text
//! files, or this machine ─► duplicates::read ─► logins, by snapshot ─► verdicts ─► document
//! ```

pub(crate) mod document;
pub(crate) mod from;
mod verdict;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::SystemTime;

use crate::duplicates::{self, Kind};
use document::SessionsReport;
pub(crate) use verdict::{Judged, Verdict, judge};

/// One login, as a target shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// Never a Host ID alone: targets know hosts by their NQN.
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) host_id: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) target: Option<String>,
    pub(crate) session: Option<u64>,
    /// Counted from 1.
    pub(crate) snapshot: usize,
    /// File and line.
    pub(crate) place: String,
}

/// What one output of a target shows.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) logins: Vec<Login>,
    pub(crate) not_read: Vec<String>,
    /// What the source never shows.
    pub(crate) not_shown: Vec<String>,
    /// When it was taken, where it says so.
    pub(crate) time: Option<SystemTime>,
    /// How many snapshots it has.
    pub(crate) snapshots: usize,
}

/// The document that `sanid-fleet sessions --snapshots --format json` prints about these snapshots of one target: the
/// path of each and its bytes, not compressed.
///
/// Its shape is that of `Sessions` in `docs/schema/sanid-fleet-v1.schema.json`. Bytes without a login are no error: the
/// document says what was not read.
///
/// # Examples
/// ```
/// let shown = "Target 1: iqn.2001-04.com.example:disk
///     I_T nexus information:
///         I_T nexus: 1
///             Initiator: iqn.2016-04.com.open-iscsi:1 alias: web1
///             Connection: 0
///                 IP Address: 192.0.2.1
/// ";
/// let document = sanid_fleet::sessions::compare([("tgt.txt", shown.as_bytes())]);
/// let document = serde_json::to_value(document)?;
/// assert_eq!(document["names"][0]["verdict"], "unproven");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn compare<'a>(
    snapshots: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> impl serde::Serialize {
    let mut before = 0;
    let mut all = Vec::new();
    for (name, bytes) in snapshots {
        let output = read(name, bytes, before);
        before += output.snapshots;
        all.push(output);
    }
    SessionsReport::new(all, None)
}

/// Reads an output: what a target prints, or what `sanid-fleet sessions --format json` has made of it. Its snapshots
/// follow those `before` it.
pub(crate) fn read(name: &str, bytes: &[u8], before: usize) -> Output {
    if let Some(report) = SessionsReport::read(bytes) {
        return report.shown(name, before);
    }
    let source = duplicates::read(name, bytes);
    let targets = tgt_targets(bytes);
    let target_of = |line: u64| {
        let after = targets.partition_point(|(at, _)| *at < line);
        let (_, target) = targets.get(after.checked_sub(1)?)?;
        Some(target.clone())
    };
    let mut shown = Output {
        snapshots: 1,
        ..Output::default()
    };
    let mut others = 0;
    for fact in source.facts {
        let Some(login) = fact.login else {
            others += 1;
            continue;
        };
        shown.logins.push(Login {
            kind: fact.kind,
            name: fact.name,
            host_id: fact.host_id,
            alias: login.alias,
            address: login.address,
            target: target_of(fact.line).or(login.target),
            session: login.session,
            snapshot: before + 1,
            place: match fact.line {
                0 => name.to_owned(),
                line => format!("{name}:{line}"),
            },
        });
    }
    let unread = source.unread.iter();
    shown.not_read = unread.map(|one| format!("{name}: {one}")).collect();
    if shown.logins.is_empty() {
        shown
            .not_read
            .push(format!("{name}: {}", nothing(bytes, others)));
    }
    shown
}

/// Why an output has no login in it.
fn nothing(bytes: &[u8], others: usize) -> String {
    let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    if has("\"initiator_addr\"") && has("\"tsih\"") {
        return "iscsi_get_connections of SPDK does not list initiator names, so it cannot show who is logged in".to_owned();
    }
    if others > 0 {
        return format!(
            "{} but no login: a list of hosts, or the output of an initiator; sanid-fleet duplicates reads those",
            if others == 1 {
                "1 name".to_owned()
            } else {
                format!("{others} names")
            }
        );
    }
    "no login in it".to_owned()
}

/// The targets of `tgtadm --op show --mode target` with their lines: what is below one is its own.
fn tgt_targets(bytes: &[u8]) -> Vec<(u64, String)> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Vec::new();
    };
    let target = |line: &str| {
        let (number, name) = line.strip_prefix("Target ")?.split_once(": ")?;
        number.parse::<u32>().ok()?;
        Some(name.trim().to_owned())
    };
    let lines = (1..).zip(text.lines());
    lines
        .filter_map(|(number, line)| Some((number, target(line)?)))
        .collect()
}
