//! nvme-fabrics.conf(5) and its drop-ins, as nvme-cli 3.1 reads them (`shared/ini-util.c`,
//! `libnvme/src/nvme/config-ini.c`).
//!
//! One fault anywhere makes nvme-cli refuse the whole configuration, so every line is checked: those of
//! connections as well as those that name the host.

use super::{ID, IdentityFile, NQN, Own};
use crate::parse::hostfile::{libnvme_3_hostid, libnvme_3_hostnqn};
use crate::parse::trim_c_space as trim;

/// `[Host]` of a file, and the first line that nvme-cli refuses; `None` for a file without that section and without a
/// fault. An empty value is the same as none.
///
/// # Examples
/// ```
/// use sanid_host::own::fabrics;
///
/// let own = fabrics(b"[Host]\nhostnqn = nqn.2014-08.com.example:a\n").unwrap();
/// assert_eq!((own.line, own.names.host_id()), (2, None));
/// let own = fabrics(b"[Subsystem]\nnqn = storage\n").unwrap();
/// assert_eq!((own.line, own.fault), (2, Some("the nqn is not a valid NQN")));
/// ```
pub fn fabrics(bytes: &[u8]) -> Option<Own> {
    let mut file = File::default();
    let fault = file.read(bytes).err();
    let File { mut own, host, .. } = file;
    if let Some((line, why)) = fault {
        own.line = line;
        own.fault = Some(why);
    } else if own.names.is_empty() {
        own.line = host?;
    }
    Some(own)
}

/// Why a line is refused.
type Fault = &'static str;

const ELSEWHERE: Fault = "the key is not valid in this section";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Of a later version: its keys are not checked.
    Unknown,
    Defaults(Controller),
    Host,
    Endpoint(Controller),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Controller {
    Discovery,
    Io,
}

impl Section {
    fn named(name: &[u8]) -> Self {
        match name {
            b"Discovery Controller Defaults" => Self::Defaults(Controller::Discovery),
            b"I/O Controller Defaults" => Self::Defaults(Controller::Io),
            b"Host" => Self::Host,
            b"Discovery Controller" => Self::Endpoint(Controller::Discovery),
            b"Subsystem" => Self::Endpoint(Controller::Io),
            _ => Self::Unknown,
        }
    }

    fn is_discovery(self) -> bool {
        matches!(
            self,
            Self::Defaults(Controller::Discovery) | Self::Endpoint(Controller::Discovery)
        )
    }
}

#[derive(Clone, Copy)]
enum Key {
    /// A parameter of a connection, also valid on a `controller` line.
    Tunable(Type),
    /// `persistent`, for discovery controllers alone.
    Persistent,
    /// Bound to host and subsystem, so not valid on a `controller` line.
    Security(Type),
    HostNqn,
    HostId,
    HostSymname,
    Nqn,
    Controller,
}

#[derive(Clone, Copy)]
enum Type {
    Integer,
    Boolean,
    Text,
}

impl Key {
    /// `None` for a key that nvme-cli does not know.
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"nr-io-queues" | b"nr-write-queues" | b"nr-poll-queues" | b"queue-size"
            | b"keep-alive-tmo" | b"reconnect-delay" | b"ctrl-loss-tmo" | b"fast-io-fail-tmo"
            | b"tos" => Self::Tunable(Type::Integer),
            b"duplicate-connect" | b"disable-sqflow" | b"hdr-digest" | b"data-digest" => {
                Self::Tunable(Type::Boolean)
            }
            b"persistent" => Self::Persistent,
            b"tls" | b"concat" => Self::Security(Type::Boolean),
            b"tls-key"
            | b"tls-key-identity"
            | b"keyring"
            | b"kxchap-secret"
            | b"kxchap-ctrl-secret" => Self::Security(Type::Text),
            b"hostnqn" => Self::HostNqn,
            b"hostid" => Self::HostId,
            b"hostsymname" => Self::HostSymname,
            b"nqn" => Self::Nqn,
            b"controller" => Self::Controller,
            _ => return None,
        })
    }
}

#[derive(Default)]
struct File {
    own: Own,
    section: Option<Section>,
    /// The line of the section's header.
    header: usize,
    /// The line of `[Host]`.
    host: Option<usize>,
    /// The lines of `[Subsystem]` without an `nqn` so far.
    unnamed: Vec<usize>,
}

impl File {
    fn read(&mut self, bytes: &[u8]) -> Result<(), (usize, Fault)> {
        let lines = || (1..).zip(bytes.split(|byte| *byte == b'\n'));
        if let Some((number, _)) = lines().find(|(_, line)| line.contains(&0)) {
            return Err((number, "the line has a NUL byte"));
        }
        for (number, line) in lines() {
            self.line(number, trim(line))
                .map_err(|fault| (number, fault))?;
        }
        match self.unnamed.first() {
            Some(line) => Err((*line, "the [Subsystem] has no nqn")),
            None => Ok(()),
        }
    }

    fn line(&mut self, number: usize, line: &[u8]) -> Result<(), Fault> {
        const MALFORMED: Fault = "the line is neither a section nor a key with a value";
        match line.first() {
            None | Some(b'#') => Ok(()),
            Some(b'[') => self.enter(number, section(line).ok_or(MALFORMED)?),
            Some(_) => {
                let (key, value) = key_value(line).ok_or(MALFORMED)?;
                let section = self.section.ok_or("a key is before the first section")?;
                match Key::named(key) {
                    Some(key) if section != Section::Unknown => {
                        self.set(number, section, key, value)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn enter(&mut self, number: usize, name: &[u8]) -> Result<(), Fault> {
        let section = Section::named(name);
        match section {
            Section::Host if self.host.is_some() => {
                return Err("a file may have one [Host] section");
            }
            Section::Host => self.host = Some(number),
            Section::Endpoint(Controller::Io) => self.unnamed.push(number),
            _ => {}
        }
        (self.section, self.header) = (Some(section), number);
        Ok(())
    }

    fn set(
        &mut self,
        number: usize,
        section: Section,
        key: Key,
        value: &[u8],
    ) -> Result<(), Fault> {
        let is_endpoint = matches!(section, Section::Endpoint(_));
        match key {
            Key::HostNqn | Key::HostId | Key::HostSymname if section != Section::Host => {
                return Err("this key belongs in [Host]");
            }
            Key::Nqn | Key::Controller if !is_endpoint => return Err(ELSEWHERE),
            Key::Persistent if !section.is_discovery() => return Err(ELSEWHERE),
            Key::HostNqn if !value.is_empty() && !is_nqn(value) => {
                return Err("the hostnqn is not a valid NQN");
            }
            Key::HostId if !value.is_empty() && !is_host_id(value) => {
                return Err("the hostid is not a valid UUID");
            }
            Key::HostNqn => self.name(NQN, number, value),
            Key::HostId => self.name(ID, number, value),
            Key::Nqn if !is_nqn(value) => return Err("the nqn is not a valid NQN"),
            Key::Nqn => self.unnamed.retain(|line| *line != self.header),
            Key::HostSymname => {}
            Key::Controller => return controller(section, value),
            Key::Persistent => return persistent(value),
            Key::Tunable(kind) | Key::Security(kind) => return typed(kind, value),
        }
        Ok(())
    }

    fn name(&mut self, file: IdentityFile, number: usize, value: &[u8]) {
        self.own.set(file, value, number);
    }
}

/// The name of a section. Nothing may follow its bracket.
fn section(line: &[u8]) -> Option<&[u8]> {
    let name = trim(line.strip_prefix(b"[")?.strip_suffix(b"]")?);
    (!name.is_empty() && !name.contains(&b']')).then_some(name)
}

fn key_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (line.get(..at)?, line.get(at + 1..)?);
    (!key.is_empty()).then(|| (trim(key), trim(value)))
}

fn is_nqn(value: &[u8]) -> bool {
    libnvme_3_hostnqn(value).is_ok_and(|nqn| nqn.as_bytes() == value)
}

fn is_host_id(value: &[u8]) -> bool {
    libnvme_3_hostid(value).is_ok_and(|id| id.as_bytes() == value)
}

/// `controller = transport=tcp;traddr=…`: one path to an endpoint, with its own parameters.
fn controller(section: Section, value: &[u8]) -> Result<(), Fault> {
    const ADDRESS: [&[u8]; 5] = [
        b"transport",
        b"traddr",
        b"trsvcid",
        b"host-traddr",
        b"host-iface",
    ];
    let mut has = [false; ADDRESS.len()];
    for item in value.split(|byte| *byte == b';').map(trim) {
        if item.is_empty() {
            continue;
        }
        let (key, value) = key_value(item).ok_or("an item of the controller has no key or no =")?;
        let slot = ADDRESS.iter().zip(&mut has).find(|(name, _)| **name == key);
        if let Some((_, slot)) = slot {
            if value.is_empty() || std::mem::replace(slot, true) {
                return Err("an address of the controller is empty or repeated");
            }
            continue;
        }
        match Key::named(key) {
            Some(Key::Tunable(kind)) => typed(kind, value)?,
            Some(Key::Persistent) if section.is_discovery() => persistent(value)?,
            _ => return Err("a key is not valid for a controller"),
        }
    }
    match has {
        [true, true, ..] => Ok(()),
        _ => Err("the controller needs a transport and a traddr"),
    }
}

fn persistent(value: &[u8]) -> Result<(), Fault> {
    if value.is_empty() || is_one_of(value, &["no", "auto", "force"]) {
        Ok(())
    } else {
        Err("the value is not no, auto or force")
    }
}

/// An empty value takes an earlier one back.
fn typed(kind: Type, value: &[u8]) -> Result<(), Fault> {
    const BOOLEANS: [&str; 12] = [
        "1", "yes", "y", "true", "t", "on", "0", "no", "n", "false", "f", "off",
    ];
    match kind {
        _ if value.contains(&b'\r') => Err("the value has a carriage return"),
        _ if value.is_empty() => Ok(()),
        Type::Integer if !is_integer(value) => Err("the value is not an integer"),
        Type::Boolean if !is_one_of(value, &BOOLEANS) => Err("the value is not yes or no"),
        _ => Ok(()),
    }
}

fn is_one_of(value: &[u8], words: &[&str]) -> bool {
    let mut words = words.iter();
    words.any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// An `int` as `strtol` reads it with base 0. From glibc 2.38 on, it also takes binary digits.
fn is_integer(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, radix) = match digits.get(..2) {
        Some("0x" | "0X") => (digits.get(2..).unwrap_or_default(), 16),
        Some("0b" | "0B") => (digits.get(2..).unwrap_or_default(), 2),
        Some(_) if digits.starts_with('0') => (digits, 8),
        _ => (digits, 10),
    };
    let limit = i64::from(i32::MAX) + i64::from(text.starts_with('-'));
    !digits.starts_with('+')
        && i64::from_str_radix(digits, radix).is_ok_and(|number| (0..=limit).contains(&number))
}
