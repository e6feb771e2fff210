//! The names and secrets of a host in the configurations of its storage programs, to the byte.
//!
//! Finds what must be removed from a file so that a host with a copy of it does not use the name or secret of a
//! different host, and makes the file without it. It reads no file and does not judge whether a host may have the name: `lint` and `seal`
//! of images call it. Everything else of a file stays as it is, byte for byte.

mod ini;
mod json;

use std::ops::Range;

use super::shown;
use crate::part::nvme_pair::configs;
use ini::Entry;

pub(crate) use ini::{Dialect, entries};

/// A kind of configuration in which a program finds a name or a secret of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Config {
    /// nvme-fabrics.conf(5), and other files in its format.
    Fabrics,
    /// A drop-in of nvme-fabrics.conf, whose `[Host]` is a host of its own.
    Persona,
    /// sys.conf(5), stafd.conf(5) and stacd.conf(5) of nvme-stas.
    Stas,
    /// discovery.conf of nvme-cli: options line by line.
    Discovery,
    /// config.json of libnvme.
    Json,
    /// iscsid.conf, or a record of open-iscsi.
    Iscsi,
}

/// A name or a secret in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its line, from 1.
    pub line: usize,
    /// Its key.
    pub key: String,
    /// The name, escaped; `None` for a secret, which is never shown.
    pub name: Option<String>,
    /// Where it is in the file, line by line.
    ranges: Vec<Range<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Secret,
}

/// The keys of nvme-cli, libnvme and nvme-stas, in the spelling with dashes.
const KEYS: [(&str, Kind); 10] = [
    ("hostnqn", Kind::Name),
    ("hostid", Kind::Name),
    // It has the host NQN in it.
    ("tls-key-identity", Kind::Name),
    ("tls-key", Kind::Secret),
    ("dhchap-key", Kind::Secret),
    ("dhchap-ctrl-key", Kind::Secret),
    ("dhchap-secret", Kind::Secret),
    ("dhchap-ctrl-secret", Kind::Secret),
    ("kxchap-secret", Kind::Secret),
    ("kxchap-ctrl-secret", Kind::Secret),
];

fn kind(key: &[u8]) -> Option<Kind> {
    let dash = |byte: &u8| if *byte == b'_' { b'-' } else { *byte };
    let is = |name: &str| key.iter().map(dash).eq(name.bytes());
    KEYS.iter()
        .find(|(name, _)| is(name))
        .map(|(_, kind)| *kind)
}

impl Trace {
    fn start(&self) -> usize {
        self.ranges.first().map_or(0, |range| range.start)
    }
}

impl Config {
    /// The names and secrets in a file, in the order of their lines. A file that its program refuses may have some
    /// as well.
    ///
    /// # Examples
    /// ```
    /// use sanid_host::own::Config;
    ///
    /// let file = b"[Host]\nhostnqn = nqn.2014-08.com.example:a\nkxchap-secret = DHHC-1:00:AAAA:\n";
    /// let traces = Config::Fabrics.traces(file);
    /// assert_eq!(traces[0].name.as_deref(), Some("nqn.2014-08.com.example:a"));
    /// assert_eq!((traces[1].line, traces[1].name.as_ref()), (3, None));
    /// ```
    pub fn traces(self, bytes: &[u8]) -> Vec<Trace> {
        let mut traces = match self {
            Self::Fabrics | Self::Persona => of_ini(bytes, Dialect::Libnvme),
            Self::Stas => of_ini(bytes, Dialect::Python),
            Self::Discovery => of_options(bytes),
            Self::Json => json::traces(bytes),
            Self::Iscsi => of_records(bytes),
        };
        traces.sort_by_key(Trace::start);
        let starts: Vec<usize> = super::numbered(bytes)
            .map(|(_, range, _)| range.start)
            .collect();
        for trace in &mut traces {
            let start = trace.start();
            trace.line = starts.partition_point(|line| *line <= start);
        }
        traces
    }

    /// The file without its names and secrets, and otherwise byte for byte as it was.
    ///
    /// In a drop-in of nvme-fabrics.conf the whole `[Host]` goes with its name: without one nvme-cli refuses the
    /// configuration.
    ///
    /// # Errors
    /// Why the file cannot be changed safely: its program refuses it, or would still take a name from it.
    ///
    /// # Examples
    /// ```
    /// use sanid_host::own::Config;
    ///
    /// let file = b"# paths\n-t tcp -a 192.0.2.1 -q nqn.2014-08.com.example:a -s 4420\n";
    /// let without = Config::Discovery.without(file).unwrap();
    /// assert_eq!(without, b"# paths\n-t tcp -a 192.0.2.1 -s 4420\n");
    /// ```
    pub fn without(self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let traces = self.traces(bytes);
        if let Some(fault) = self.fault(bytes) {
            return Err(fault);
        }
        let mut ranges: Vec<Range<usize>> = match self {
            Self::Json => json::cuts(bytes),
            _ => traces
                .iter()
                .flat_map(|trace| trace.ranges.clone())
                .collect(),
        };
        match self {
            Self::Persona => ranges.extend(host_section(bytes, &traces)?),
            Self::Stas => ranges.extend(emptied(bytes, &traces)),
            _ => {}
        }
        let without = cut(bytes, ranges);
        if !self.traces(&without).is_empty() {
            return Err("a name or a secret would be left".into());
        }
        match self.fault(&without) {
            Some(fault) => Err(format!("without the names, {fault}")),
            None => Ok(without),
        }
    }

    /// Why the program refuses the file.
    fn fault(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Fabrics | Self::Persona => {
                let own = configs::fabrics(bytes)?;
                let fault = own.fault?;
                Some(format!("nvme-cli refuses it: line {}: {fault}", own.line))
            }
            Self::Stas => {
                let first = entries(bytes, Dialect::Python).into_iter().next()?;
                let line = first.section.is_none().then_some(first.line)?;
                Some(format!(
                    "nvme-stas refuses it: line {line} is before the first section"
                ))
            }
            Self::Json => configs::json(bytes).err(),
            Self::Discovery | Self::Iscsi => None,
        }
    }
}

/// The bytes without these ranges, which may overlap.
fn cut(bytes: &[u8], mut ranges: Vec<Range<usize>>) -> Vec<u8> {
    ranges.sort_by_key(|range| range.start);
    let mut kept = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for range in ranges {
        kept.extend_from_slice(bytes.get(at..range.start).unwrap_or_default());
        at = at.max(range.end);
    }
    kept.extend_from_slice(bytes.get(at..).unwrap_or_default());
    kept
}

fn trace(key: &[u8], kind: Kind, value: &[u8], ranges: Vec<Range<usize>>) -> Option<Trace> {
    let value = shown(value)?;
    Some(Trace {
        line: 0,
        key: String::from_utf8_lossy(key).into_owned(),
        name: (kind == Kind::Name).then_some(value),
        ranges,
    })
}

fn of_ini(bytes: &[u8], dialect: Dialect) -> Vec<Trace> {
    let mut traces = Vec::new();
    for entry in entries(bytes, dialect) {
        if entry.key == b"controller" {
            traces.extend(of_controller(bytes, &entry));
            continue;
        }
        let in_host = entry.section == Some(b"Host".as_slice());
        let kind = match (dialect, entry.key.as_slice()) {
            (Dialect::Python, b"nqn" | b"id") if in_host => Some(Kind::Name),
            (Dialect::Python, b"key") if in_host => Some(Kind::Secret),
            (_, key) => kind(key),
        };
        let is_file = |value: &[u8]| dialect == Dialect::Python && value.starts_with(b"file://");
        let mut values = entry.values.iter().rev();
        let value = values.find(|value| !value.is_empty() && !is_file(value));
        if let (Some(kind), Some(value)) = (kind, value) {
            traces.extend(trace(&entry.key, kind, value, entry.lines.clone()));
        }
    }
    traces
}

/// The items of `controller = transport=tcp;traddr=…;dhchap-secret=…`.
fn of_controller(bytes: &[u8], entry: &Entry<'_>) -> Vec<Trace> {
    let mut traces = Vec::new();
    for value in &entry.values {
        let mut at = offset(bytes, value);
        for (index, item) in value.split(|byte| *byte == b';').enumerate() {
            let end = at + item.len();
            // With one of its separators.
            let is_last = end == offset(bytes, value) + value.len();
            let range = match index {
                _ if !is_last => at..end + 1,
                0 => at..end,
                _ => at - 1..end,
            };
            let (key, value) = super::key_value(item).unwrap_or_default();
            if let Some(kind) = kind(key) {
                traces.extend(trace(key, kind, value, vec![range]));
            }
            at = end + 1;
        }
    }
    traces
}

/// Where a part of the text begins in it.
fn offset(text: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

/// What of the `[Host]` of a drop-in must go with its name.
fn host_section(bytes: &[u8], traces: &[Trace]) -> Result<Vec<Range<usize>>, String> {
    let mut host = entries(bytes, Dialect::Libnvme);
    host.retain(|entry| entry.section == Some(b"Host".as_slice()));
    let goes = |entry: &Entry<'_>| traces.iter().any(|trace| trace.ranges == entry.lines);
    if !host.iter().any(goes) {
        return Ok(Vec::new());
    }
    let is_of_host = |entry: &&Entry<'_>| {
        entry.key.is_empty()
            || matches!(
                entry.key.as_slice(),
                b"hostnqn" | b"hostid" | b"hostsymname"
            )
    };
    match host.iter().find(|entry| !goes(entry) && !is_of_host(entry)) {
        Some(other) => {
            let key = String::from_utf8_lossy(&other.key);
            let line = other.line;
            Err(format!(
                "line {line}: {key} is for connections of this [Host] alone, and would have no host"
            ))
        }
        None => Ok(host.into_iter().flat_map(|entry| entry.lines).collect()),
    }
}

/// Keys of nvme-stas without a value that a name came after: alone, they would be an empty name.
fn emptied(bytes: &[u8], traces: &[Trace]) -> Vec<Range<usize>> {
    let mut entries = entries(bytes, Dialect::Python);
    let goes = |entry: &Entry<'_>| {
        let is_named = traces.iter().any(|one| one.key.as_bytes() == entry.key);
        is_named && entry.values.iter().all(|value| value.is_empty())
    };
    entries.retain(|entry| entry.section == Some(b"Host".as_slice()) && goes(entry));
    entries.into_iter().flat_map(|entry| entry.lines).collect()
}

fn of_options(bytes: &[u8]) -> Vec<Trace> {
    let option = |option: configs::HostOption<'_>| {
        let key = option.key.as_bytes();
        trace(
            key,
            kind(key)?,
            option.value,
            vec![spaced(bytes, option.words)],
        )
    };
    configs::host_options(bytes)
        .into_iter()
        .filter_map(option)
        .collect()
}

/// The words with the whitespace after them; at the end of a line, with the whitespace before them.
fn spaced(bytes: &[u8], words: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = words;
    let is_space = |at: usize| matches!(bytes.get(at), Some(b' ' | b'\t'));
    while is_space(end) {
        end += 1;
    }
    if matches!(bytes.get(end), None | Some(b'\r' | b'\n')) {
        while start > 0 && is_space(start - 1) {
            start -= 1;
        }
    }
    start..end
}

fn of_records(bytes: &[u8]) -> Vec<Trace> {
    super::numbered(bytes)
        .filter_map(|(_, range, line)| {
            let (key, value) = super::key_value(line)?;
            let is_secret = key.ends_with(b".auth.password") || key.ends_with(b".auth.password_in");
            let is_user = key.ends_with(b".auth.username");
            let is_name = |value: &[u8]| {
                let begins = |prefix: &&str| value.starts_with(prefix.as_bytes());
                ["iqn.", "eui.", "naa."].iter().any(begins)
            };
            let kind = match key {
                [b'#', ..] => return None,
                _ if matches!(value, b"" | b"<empty>") => return None,
                b"iface.initiatorname" => Kind::Name,
                _ if is_secret => Kind::Secret,
                // The host's own name, where CHAP takes it for the user's.
                _ if is_user && is_name(value) => Kind::Name,
                _ => return None,
            };
            trace(key, kind, value, vec![range])
        })
        .collect()
}

#[cfg(test)]
mod tests;
