//! Names in text, found by what they look like: whatever stands around them.

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

/// A name as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    /// As written.
    pub(crate) name: String,
    /// It ends where a column or a line does, with an ellipsis: the rest is not known.
    pub(crate) cut: bool,
}

/// Every initiator name and host NQN in a text.
pub(crate) fn names(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some((start, kind)) = next(&lower, at) {
        let rest = text.get(start..).unwrap_or_default();
        let name = whole(rest);
        at = start + name.len().max(4);
        let cut = ["…", "..."].iter().any(|mark| {
            name.ends_with(mark)
                || rest
                    .get(name.len()..)
                    .is_some_and(|rest| rest.starts_with(mark))
        });
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

/// Where the next name begins: after nothing that belongs to a word.
fn next(lower: &str, from: usize) -> Option<(usize, Kind)> {
    const FORMS: [(&str, Kind); 4] = [
        ("iqn.", Kind::Iscsi),
        ("eui.", Kind::Iscsi),
        ("naa.", Kind::Iscsi),
        ("nqn.", Kind::Nqn),
    ];
    let mut before = lower.get(..from)?.chars().next_back();
    for (at, character) in lower.get(from..)?.char_indices() {
        let inside =
            before.is_some_and(|before| before.is_alphanumeric() || "-_.".contains(before));
        before = Some(character);
        if inside || !"ien".contains(character) {
            continue;
        }
        let rest = lower.get(from + at..)?;
        let form = FORMS.iter().find(|(form, _)| rest.starts_with(form));
        if let Some((_, kind)) = form {
            return Some((from + at, *kind));
        }
    }
    None
}

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
    let lower: String = text
        .chars()
        .take(4)
        .collect::<String>()
        .to_ascii_lowercase();
    let hex = text
        .chars()
        .take_while(|one| one.is_ascii_hexdigit() || *one == ':')
        .count();
    ["iqn.", "eui.", "naa.", "nqn."].contains(&lower.as_str()) || hex >= 16
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

/// A UUID with hyphens.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    fits.then(|| text.to_ascii_lowercase())
}

/// A worldwide name of Fibre Channel, of which there is nothing to say here.
pub(crate) fn is_wwn(text: &str) -> bool {
    let digits: String = text.chars().filter(|one| !":-".contains(*one)).collect();
    let paired = text.contains(':') || text.len() == 16;
    paired
        && [16, 32].contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What the array compares: initiator names without regard to the size of letters, NQNs byte for byte, but those of a
/// UUID as its bits, since they are one Host ID.
pub(crate) fn key(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Iscsi | Kind::HostId => name.to_ascii_lowercase(),
        Kind::Nqn => {
            let uuid = name
                .get(..32)
                .filter(|start| start.eq_ignore_ascii_case("nqn.2014-08.org.nvmexpress:uuid:"));
            match uuid.and_then(|_| name.get(32..)).and_then(self::uuid) {
                Some(uuid) => format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}"),
                None => name.to_owned(),
            }
        }
    }
}

/// An address, without the length of a network or what else follows it.
pub(crate) fn address(text: &str) -> Option<std::net::IpAddr> {
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
