//! Names that a program takes from a configuration of its own, in place of the identity files.
//!
//! Every text here is escaped: a hostile file cannot write to a terminal.

mod fabrics;

use crate::root::escape;

pub use fabrics::fabrics;

/// In characters; a host NQN has at most 223.
const SHOWN: usize = 256;
/// Names kept of one file.
const NAMES: usize = 1024;

/// The host's names in one place of a configuration. A name that is not set comes from the identity files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The line of the first name, from 1.
    pub line: usize,
    /// The iSCSI initiator name.
    pub iqn: Option<String>,
    /// The NVMe host NQN.
    pub host_nqn: Option<String>,
    /// The NVMe Host ID.
    pub host_id: Option<String>,
    /// Why the program refuses the file.
    pub fault: Option<&'static str>,
}

impl Own {
    fn at(line: usize) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    fn some(self) -> Option<Self> {
        let some = self.iqn.is_some() || self.host_nqn.is_some() || self.host_id.is_some();
        some.then_some(self)
    }
}

/// Bytes as they are shown; `None` for an empty value.
fn shown(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| escape(value).chars().take(SHOWN).collect())
}

/// The lines without the whitespace at their ends, numbered from 1.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|byte| *byte == b'\n');
    (1..).zip(lines.map(<[u8]>::trim_ascii))
}

fn key_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b'=')?;
    let (key, value) = line.split_at(at);
    Some((key.trim_ascii(), value.get(1..)?.trim_ascii()))
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
/// use sanid_host::parse::own::stas;
///
/// let own = stas(b"[Host]\nnqn=file:///etc/nvme/hostnqn\n").unwrap();
/// assert_eq!(own.host_nqn.as_deref(), Some("file:///etc/nvme/hostnqn"));
/// ```
pub fn stas(bytes: &[u8]) -> Option<Own> {
    let mut own = Own::default();
    for (number, key, value) in host_keys(bytes) {
        // configparser(3) lower-cases keys.
        let slot = match key.to_ascii_lowercase().as_slice() {
            b"nqn" => &mut own.host_nqn,
            b"id" => &mut own.host_id,
            _ => continue,
        };
        *slot = shown(value);
        if own.line == 0 && slot.is_some() {
            own.line = number;
        }
    }
    own.some()
}

/// Each line of `/etc/nvme/discovery.conf` with options that name a host (nvme-connect-all(1)).
///
/// # Examples
/// ```
/// use sanid_host::parse::own::discovery;
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
        let (slot, value) = match word {
            [b'-', b'q', value @ ..] => (&mut own.host_nqn, value),
            [b'-', b'I', value @ ..] => (&mut own.host_id, value),
            _ => match (
                word.strip_prefix(b"--hostnqn"),
                word.strip_prefix(b"--hostid"),
            ) {
                (Some(value), _) if matches!(value.first(), None | Some(b'=')) => {
                    (&mut own.host_nqn, value)
                }
                (_, Some(value)) if matches!(value.first(), None | Some(b'=')) => {
                    (&mut own.host_id, value)
                }
                _ => continue,
            },
        };
        *slot = match value.strip_prefix(b"=").unwrap_or(value) {
            [] => words.next().and_then(shown),
            value => shown(value),
        };
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
/// use sanid_host::parse::own::json;
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
        let mut own = Own::at(line_of(bytes, first));
        own.host_nqn = text("hostnqn").and_then(|text| shown(text.as_bytes()));
        own.host_id = text("hostid").and_then(|text| shown(text.as_bytes()));
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

/// `iface.initiatorname` of a record of open-iscsi: an interface, a node or `iscsid.conf` (iscsiadm(8)). The
/// last one counts; `<empty>` means no name.
///
/// # Examples
/// ```
/// use sanid_host::parse::own::iscsi_record;
///
/// let own = iscsi_record(b"iface.initiatorname = iqn.2016-04.com.example:a\n").unwrap();
/// assert_eq!(own.iqn.as_deref(), Some("iqn.2016-04.com.example:a"));
/// assert_eq!(iscsi_record(b"iface.initiatorname = <empty>\n"), None);
/// ```
pub fn iscsi_record(bytes: &[u8]) -> Option<Own> {
    let mut own = Own::default();
    for (number, line) in lines(bytes) {
        match key_value(line) {
            Some((b"iface.initiatorname", b"<empty>")) => own.iqn = None,
            Some((b"iface.initiatorname", value)) => {
                own.iqn = shown(value);
                own.line = number;
            }
            _ => {}
        }
    }
    own.some()
}

/// The UUID in LXD's `server.uuid`, of which it makes the pair of its NVMe controllers.
pub fn lxd(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let uuid = sanid_core::HostUuid::parse(text).ok()?;
    Some(uuid.to_string())
}

#[cfg(test)]
mod tests;
