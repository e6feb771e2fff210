//! What tgt says of itself: its listing and its configuration.

use super::shell;
use super::{Entry, Kind, Present, TargetError};

const EXPECTED: &str =
    "Have tgt say it: tgtadm --lld iscsi --op show --mode target, or tgt-admin --dump";
/// The broadcast address: no initiator has it.
pub(super) const NOBODY: &str = "255.255.255.255";

/// What a targets.conf or the listing of the running tgtd admits.
pub(super) fn read(text: &str, format: &'static str) -> Result<Present, TargetError> {
    if shell::is_script(text) {
        return Ok(shell::read(text));
    }
    let mut present = if text.starts_with("Target ") {
        listing(text)
    } else {
        configuration(text, format)?
    };
    present.entries.retain(|entry| entry.name != NOBODY);
    Ok(present)
}

fn configuration(text: &str, format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    let mut object: Option<String> = None;
    let mut addressed = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let mut words = line.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        if first.is_empty() || first.starts_with('#') {
            continue;
        }
        if first.eq_ignore_ascii_case("<target") {
            let name = second.unwrap_or_default().trim_end_matches('>');
            let name = name.trim_matches('"');
            present.object(name);
            object = Some(name.to_owned());
            addressed = false;
        } else if first.eq_ignore_ascii_case("</target>") {
            if let (Some(object), false) = (object.take(), addressed) {
                let how = "no initiator-address in the file: tgt-admin adds ALL";
                present.entries.push(Entry::anyone(&object, how));
            }
        } else if let (Some(object), Some(value)) = (&object, second) {
            if !first.starts_with("initiator-") {
                continue;
            }
            let entry = entry(object, value.trim_matches('"'));
            addressed |= first == "initiator-address" || entry.kind == Kind::Anyone;
            present.entries.push(entry);
        } else if first.starts_with('{') || first.starts_with('[') {
            return Err(TargetError::Read {
                format,
                why: format!("line {} is no line of targets.conf", number + 1),
                expected: EXPECTED,
            });
        }
    }
    Ok(present)
}

/// A name, an address, or all of them. (tgt-admin --dump calls ALL a name.)
fn entry(object: &str, value: &str) -> Entry {
    let kind = match value {
        "ALL" => Kind::Anyone,
        name if name.starts_with(|first: char| first.is_ascii_alphabetic())
            && !name.contains("::") =>
        {
            Kind::Name
        }
        _ => Kind::Pattern,
    };
    Entry {
        kind,
        ..Entry::name(object, value)
    }
}

/// What `tgtadm --op show --mode target` prints.
fn listing(text: &str) -> Present {
    let mut present = Present::default();
    let mut object = String::new();
    let mut acl = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("Target ") {
            let name = rest.split_once(": ").map_or("", |(_, name)| name);
            name.clone_into(&mut object);
            present.object(&object);
            acl = false;
        } else if line.trim_end().ends_with("information:") {
            acl = line.trim() == "ACL information:";
        } else if acl && !line.trim().is_empty() {
            present.entries.push(entry(&object, line.trim()));
        }
    }
    present
}
