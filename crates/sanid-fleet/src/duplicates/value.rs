//! Names in text, recognised by their form, whatever the text around them.

use sanid_core::{HostNqn, HostUuid};

use crate::alike;

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// An iSCSI initiator name.
    Iscsi,
    /// A host NQN.
    Nqn,
    /// An NVMe Host ID.
    HostId,
}

impl Kind {
    /// The name of the part in JSON.
    pub(crate) fn part(self) -> &'static str {
        match self {
            Self::Iscsi => "iqn",
            Self::Nqn => "hostNqn",
            Self::HostId => "hostId",
        }
    }

    /// The name of the part in messages.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Iscsi => "initiator name",
            Self::Nqn => "host NQN",
            Self::HostId => "Host ID",
        }
    }
}

/// A name as a text has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(crate) kind: Kind,
    /// As written.
    pub(crate) name: String,
    /// It ends where a column or a line does, with an ellipsis: the rest is not known.
    pub(crate) cut: bool,
}

/// Every initiator name and host NQN in a text.
pub(super) fn names(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut end = 0;
    for dot in memchr::memchr_iter(b'.', text.as_bytes()) {
        let Some((start, kind)) = form(text, dot).filter(|(start, _)| *start >= end) else {
            continue;
        };
        let rest = text.get(start..).unwrap_or_default();
        let name = whole(rest);
        end = start + name.len();
        let behind = rest.get(name.len()..).unwrap_or_default();
        let cut = ["…", "..."]
            .iter()
            .any(|mark| name.ends_with(mark) || behind.starts_with(mark));
        let name = name.trim_end_matches(['…', '.', ':', ',', ';']);
        if is_name(name) {
            found.push(Found {
                kind,
                name: name.to_owned(),
                cut,
            });
        }
    }
    found
}

/// Where a name begins whose form ends with this dot: after nothing that belongs to a word.
fn form(text: &str, dot: usize) -> Option<(usize, Kind)> {
    let start = dot.checked_sub(3)?;
    let word = text.get(start..dot)?;
    let kind = FORMS
        .iter()
        .find(|(form, _)| word.eq_ignore_ascii_case(form))?
        .1;
    let before = text.get(..start)?.chars().next_back();
    let inside = before.is_some_and(|before| before.is_alphanumeric() || "-_.".contains(before));
    (!inside).then_some((start, kind))
}

/// What names begin with, before a dot.
const FORMS: [(&str, Kind); 4] = [
    ("iqn", Kind::Iscsi),
    ("eui", Kind::Iscsi),
    ("naa", Kind::Iscsi),
    ("nqn", Kind::Nqn),
];

/// The name at the beginning of a text. A comma is a part of it where no blank and no other name follows:
/// `iqn.1998-01.com.vmware:,esx9`.
fn whole(text: &str) -> &str {
    let mut end = 0;
    for (at, character) in text.char_indices() {
        let ends = character.is_whitespace()
            || character.is_control()
            || "\"'`|#()<>[]{};/\\".contains(character);
        let lists = character == ',' && {
            let rest = text.get(at + 1..).unwrap_or_default();
            rest.is_empty() || rest.starts_with(char::is_whitespace) || begins_a_name(rest)
        };
        if ends || lists {
            break;
        }
        end = at + character.len_utf8();
    }
    text.get(..end).unwrap_or_default()
}

fn begins_a_name(text: &str) -> bool {
    let hex = text
        .chars()
        .take_while(|one| one.is_ascii_hexdigit() || *one == ':')
        .count();
    form(text, 3).is_some() || hex >= 16
}

/// `iqn.` and `nqn.` with a date and a domain, `eui.` and `naa.` with their digits (RFC 7143, section 4.2.7; NVMe Base
/// Specification, "NVMe Qualified Names").
fn is_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let Some((form, rest)) = lower.split_once('.') else {
        return false;
    };
    match form {
        "eui" => rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "naa" => {
            [16, 32].contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        _ => {
            let date = rest.split('.').next().unwrap_or_default().as_bytes();
            let dated = date.len() == 7
                && date.iter().enumerate().all(|(at, byte)| {
                    if at == 4 {
                        *byte == b'-'
                    } else {
                        byte.is_ascii_digit()
                    }
                });
            dated && rest.len() > 8 && name.len() <= 223
        }
    }
}

/// A UUID with hyphens, in small letters.
pub(super) fn uuid(text: &str) -> Option<String> {
    let text = text.trim();
    let uuid = HostUuid::parse(text).ok().map(|uuid| uuid.to_string())?;
    uuid.eq_ignore_ascii_case(text).then_some(uuid)
}

/// A worldwide name of Fibre Channel, of which there is nothing to say here.
pub(super) fn is_wwn(text: &str) -> bool {
    let digits: String = text.chars().filter(|one| !":-".contains(*one)).collect();
    let paired = text.contains(':') || text.len() == 16;
    paired
        && [16, 32].contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What an array compares: initiator names without regard to the size of letters, NQNs byte for byte. An NQN that is
/// made of a UUID is one Host ID however it is written.
pub(crate) fn key(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Iscsi => alike::iqn(name).into_owned(),
        Kind::HostId => name.to_ascii_lowercase(),
        Kind::Nqn => {
            let (prefix, digits) = name
                .split_at_checked(HostNqn::UUID_PREFIX.len())
                .unwrap_or_default();
            let is_uuids = prefix.eq_ignore_ascii_case(HostNqn::UUID_PREFIX);
            uuid(digits).filter(|_| is_uuids).map_or_else(
                || name.to_owned(),
                |uuid| format!("{}{uuid}", HostNqn::UUID_PREFIX),
            )
        }
    }
}

/// An address, without the length of a network or what else follows it.
pub(super) fn address(text: &str) -> Option<std::net::IpAddr> {
    let text = text.trim().trim_start_matches('[');
    let end = text
        .find(|one: char| one.is_whitespace() || "/%](,;".contains(one))
        .unwrap_or(text.len());
    let text = text.get(..end)?;
    let plain: Option<std::net::IpAddr> = text.parse().ok();
    plain
        .or_else(|| text.rsplit_once(':')?.0.parse().ok())
        .filter(|address| !address.is_unspecified() && !address.is_loopback())
}
