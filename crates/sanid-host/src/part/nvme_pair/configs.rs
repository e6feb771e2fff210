//! Pairs in the configurations of nvme-cli, nvme-stas and LXD.

mod fabrics;

use std::ops::Range;

use super::{ID, IdentityFile, NQN, Names, Part};
use crate::observe::{CONFIG_LIMIT, Search};
use crate::parse::hostfile::{stas_hostid, stas_hostnqn};
use crate::part::own::{Dialect, NAMES, Own, OwnReader, entries, lines, numbered};
use crate::root::escape;

pub use fabrics::fabrics;

/// No file of a name is longer, in bytes.
const VALUE_LIMIT: usize = 64 * 1024;
/// `/etc/nvme/nvme-fabrics.conf`.
pub(crate) static FABRICS: OwnReader = OwnReader {
    part: Part::Nvme,
    name: "nvme-cli 3.1",
    keys: "hostnqn and hostid out of [Host] in",
};
/// A file of `/etc/nvme/nvme-fabrics.conf.d`: a persona for its own connections. Without a hostnqn, nvme-cli refuses
/// a `[Host]` that is left.
pub(crate) static PERSONA: OwnReader = OwnReader {
    part: Part::Nvme,
    name: "nvme-cli 3.1 (persona)",
    keys: "[Host] out of",
};
/// `/etc/nvme/config.json`.
pub(crate) static JSON: OwnReader = OwnReader {
    part: Part::Nvme,
    name: "nvme connect-all (config.json)",
    keys: "hostnqn and hostid out of",
};
/// `/etc/nvme/discovery.conf`.
pub(crate) static DISCOVERY: OwnReader = OwnReader {
    part: Part::Nvme,
    name: "nvme connect-all (discovery.conf)",
    keys: "--hostnqn and --hostid out of",
};
/// `/etc/stas/sys.conf`.
pub(crate) static STAS: OwnReader = OwnReader {
    part: Part::Nvme,
    name: "nvme-stas",
    keys: "nqn and id out of [Host] in",
};

/// Reads the configurations of nvme-cli and nvme-stas.
pub(super) fn read(search: &mut Search<'_>) {
    let main = "etc/nvme/nvme-fabrics.conf";
    search.file(&FABRICS, main, |bytes| {
        // Only a drop-in must name its host.
        let names_host = |own: &Own| !own.names.is_empty() || own.fault.is_some();
        Ok(fabrics(bytes).filter(names_host).into_iter().collect())
    });
    let drop_ins = format!("{main}.d");
    for name in search.list(&drop_ins).unwrap_or_default() {
        // As `libnvmf_conf_dropin_filter` takes them.
        let stem = name.strip_suffix(".conf");
        if stem.is_some_and(|stem| !stem.is_empty()) {
            let path = format!("{drop_ins}/{name}");
            search.file(&PERSONA, &path, |bytes| {
                Ok(fabrics(bytes).into_iter().collect())
            });
        }
    }
    search.file(&JSON, "etc/nvme/config.json", json);
    search.file(&DISCOVERY, "etc/nvme/discovery.conf", |bytes| {
        Ok(discovery(bytes))
    });
    let path = "etc/stas/sys.conf";
    if let Some(own) = search
        .read(path, CONFIG_LIMIT)
        .and_then(|bytes| stas(&bytes))
    {
        let value = |file| of_stas(search, file, own.names.of(file)?);
        let names = Names::of_files(value);
        search.add(&STAS, path, Own { names, ..own }.some());
    }
}

/// A value of nvme-stas, which may be the content of a file; `None` for that of the identity file.
fn of_stas(search: &mut Search<'_>, file: IdentityFile, value: &str) -> Option<String> {
    let Some(path) = value.strip_prefix("file://") else {
        return Some(value.to_owned());
    };
    let path = path.trim_start_matches('/');
    if path == file.path() {
        return None;
    }
    // What is elsewhere may be a seed, such as the system UUID in /sys.
    if !path.starts_with("etc/") || path.contains("..") {
        return Some(format!("file:///{path}"));
    }
    let bytes = search.read(path, VALUE_LIMIT)?;
    let name = if file == NQN {
        stas_hostnqn(&bytes)
    } else {
        stas_hostid(&bytes)
    };
    match name {
        Ok(name) => Some(escape(name.as_bytes())),
        Err(why) => {
            let path = escape(path.as_bytes());
            search.miss(format!("nvme-stas, /{path}: it {why}"));
            None
        }
    }
}

/// `[Host]` of nvme-stas' sys.conf(5). A value `file:///PATH` is kept as it is.
///
/// # Examples
/// ```
/// use sanid_host::own::stas;
///
/// let own = stas(b"[Host]\nnqn=file:///etc/nvme/hostnqn\n").unwrap();
/// assert_eq!(own.names.host_nqn(), Some("file:///etc/nvme/hostnqn"));
/// ```
pub fn stas(bytes: &[u8]) -> Option<Own> {
    let mut own = Own::default();
    let mut entries = entries(bytes, Dialect::Python);
    entries.retain(|entry| entry.section == Some(b"Host".as_slice()));
    for entry in entries {
        // nvme-stas takes the last of several.
        let values = entry.values.iter().rev();
        let value = values.copied().find(|value| !value.is_empty());
        let value = value.unwrap_or_default();
        match entry.key.as_slice() {
            b"nqn" => own.set(NQN, value, entry.line),
            b"id" => own.set(ID, value, entry.line),
            _ => {}
        }
    }
    own.some()
}

/// Each line of `/etc/nvme/discovery.conf` with options that name a host (nvme-connect-all(1)).
///
/// # Examples
/// ```
/// use sanid_host::own::discovery;
///
/// let lines = discovery(b"# sites\n-t tcp -a 192.0.2.1 -q nqn.2014-08.com.example:a\n");
/// assert_eq!(lines[0].line, 2);
/// ```
pub fn discovery(bytes: &[u8]) -> Vec<Own> {
    let mut found: Vec<Own> = Vec::new();
    for option in host_options(bytes) {
        let file = match option.key {
            "hostnqn" => NQN,
            "hostid" => ID,
            _ => continue,
        };
        if found.last().is_none_or(|own| own.line != option.line) {
            found.push(Own::at(option.line));
        }
        if let Some(own) = found.last_mut() {
            own.set(file, option.value, option.line);
        }
    }
    found
        .into_iter()
        .filter_map(Own::some)
        .take(NAMES)
        .collect()
}

/// An option of nvme-cli that belongs to one host.
pub(crate) struct HostOption<'a> {
    /// From 1.
    pub(crate) line: usize,
    /// In its long form.
    pub(crate) key: &'static str,
    pub(crate) value: &'a [u8],
    /// Where option and value are in the file.
    pub(crate) words: Range<usize>,
}

/// The short and the long form of each, and the least of the long form that getopt(3) takes for it.
const HOST_OPTIONS: [(u8, &str, usize); 6] = [
    (b'q', "hostnqn", 5),
    (b'I', "hostid", 5),
    (b'S', "dhchap-secret", 8),
    (b'C', "dhchap-ctrl-secret", 8),
    // These have no short form.
    (0, "tls-key", 7),
    (0, "tls-key-identity", 9),
];

/// The options that belong to one host, in the order of the lines.
pub(crate) fn host_options(bytes: &[u8]) -> Vec<HostOption<'_>> {
    let mut found = Vec::new();
    for (line, range, text) in numbered(bytes) {
        if text.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        let mut words = words(text).peekable();
        while let Some((at, word)) = words.next() {
            let Some((key, value)) = host_option(word) else {
                continue;
            };
            let start = range.start + at;
            let (mut end, mut value) = (start + word.len(), value);
            if value.is_empty() {
                if let Some((at, next)) = words.next() {
                    (end, value) = (range.start + at + next.len(), next);
                }
            }
            let words = start..end;
            found.push(HostOption {
                line,
                key,
                value,
                words,
            });
        }
    }
    found
}

/// The words of a line with where they are in it.
fn words(line: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    let words = line.split(u8::is_ascii_whitespace).map(move |word| {
        let start = at;
        at += word.len() + 1;
        (start, word)
    });
    words.filter(|(_, word)| !word.is_empty())
}

/// The option of a word, with the value in the same word.
fn host_option(word: &[u8]) -> Option<(&'static str, &[u8])> {
    let Some(long) = word.strip_prefix(b"--") else {
        let [b'-', letter, value @ ..] = word else {
            return None;
        };
        let (_, key, _) = HOST_OPTIONS.iter().find(|(short, ..)| short == letter)?;
        return Some((key, value.strip_prefix(b"=").unwrap_or(value)));
    };
    let mut parts = long.splitn(2, |byte| *byte == b'=');
    let name = parts.next()?;
    let dash = |byte: u8| if byte == b'_' { b'-' } else { byte };
    let name: Vec<u8> = name.iter().copied().map(dash).collect();
    let is_short_for =
        |key: &str, least: usize| name.len() >= least && key.as_bytes().starts_with(&name);
    let mut options = HOST_OPTIONS.iter();
    let (_, key, _) = options.find(|(_, key, least)| is_short_for(key, *least))?;
    Some((key, parts.next().unwrap_or_default()))
}

/// Each host of libnvme's `/etc/nvme/config.json`.
///
/// # Errors
/// What is wrong with the document.
///
/// # Examples
/// ```
/// use sanid_host::own::json;
///
/// let hosts = json(br#"[{"hostnqn": "nqn.2014-08.com.example:a"}]"#).unwrap();
/// assert_eq!(hosts[0].line, 1);
/// ```
pub fn json(bytes: &[u8]) -> Result<Vec<Own>, String> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let document: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON: {error}"))?;
    // libnvme 3 has the list in an object.
    let hosts = document.get("hosts").unwrap_or(&document);
    let hosts = hosts.as_array().map_or(&[][..], Vec::as_slice).iter();
    let own = hosts.filter_map(|host| {
        let text = |key: &str| host.get(key).and_then(serde_json::Value::as_str);
        let first = text("hostnqn").or_else(|| text("hostid"))?;
        let number = line_of(bytes, first);
        let mut own = Own::at(number);
        for (file, key) in [(NQN, "hostnqn"), (ID, "hostid")] {
            let value = text(key).unwrap_or_default();
            own.set(file, value.as_bytes(), number);
        }
        own.some()
    });
    Ok(own.take(NAMES).collect())
}

/// The first line with this text; the first of all where it is written with escapes.
fn line_of(bytes: &[u8], text: &str) -> usize {
    let holds = |line: &[u8]| String::from_utf8_lossy(line).contains(text);
    let found = lines(bytes).find(|(_, line)| holds(line));
    found.map_or(1, |(number, _)| number)
}

/// The UUID in LXD's `server.uuid`, of which it makes the pair of its NVMe controllers.
pub fn lxd(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let uuid = sanid_core::HostUuid::parse(text).ok()?;
    Some(uuid.to_string())
}

#[cfg(test)]
mod tests;
