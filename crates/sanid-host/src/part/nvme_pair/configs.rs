//! Pairs in the configurations of nvme-cli, nvme-stas and LXD.

mod fabrics;

use super::{ID, IdentityFile, NQN, Names, Part};
use crate::observe::{CONFIG_LIMIT, Search};
use crate::parse::hostfile::{stas_hostid, stas_hostnqn};
use crate::part::own::{NAMES, Own, OwnReader, key_value, lines};
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

/// The name of a section, if the line is the header of one.
fn section(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"[")?;
    let end = rest.iter().position(|byte| *byte == b']')?;
    rest.get(..end).map(<[u8]>::trim_ascii)
}

/// The keys of a section `[Host]`, with their lines.
fn host_keys(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8], &[u8])> {
    let mut in_host = false;
    lines(bytes).filter_map(move |(number, line)| {
        match line.first() {
            None | Some(b'#' | b';') => return None,
            Some(b'[') => {
                in_host = section(line) == Some(b"Host");
                return None;
            }
            Some(_) if !in_host => return None,
            Some(_) => {}
        }
        let (key, value) = key_value(line)?;
        Some((number, key, value))
    })
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
    for (number, key, value) in host_keys(bytes) {
        // configparser(3) lower-cases keys.
        match key.to_ascii_lowercase().as_slice() {
            b"nqn" => own.set(NQN, value, number),
            b"id" => own.set(ID, value, number),
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
    let lines = lines(bytes).filter(|(_, line)| !line.starts_with(b"#"));
    let own = lines.filter_map(|(number, line)| options(number, line).some());
    own.take(NAMES).collect()
}

fn options(number: usize, line: &[u8]) -> Own {
    let mut own = Own::at(number);
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let (file, value) = match word {
            [b'-', b'q', value @ ..] => (NQN, value),
            [b'-', b'I', value @ ..] => (ID, value),
            _ => match (
                word.strip_prefix(b"--hostnqn"),
                word.strip_prefix(b"--hostid"),
            ) {
                (Some(value), _) if matches!(value.first(), None | Some(b'=')) => (NQN, value),
                (_, Some(value)) if matches!(value.first(), None | Some(b'=')) => (ID, value),
                _ => continue,
            },
        };
        let value = match value.strip_prefix(b"=").unwrap_or(value) {
            [] => words.next().unwrap_or_default(),
            value => value,
        };
        own.set(file, value, number);
    }
    own
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
