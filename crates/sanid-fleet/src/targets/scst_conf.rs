//! What a scst.conf says.
//!
//! `#` begins a comment unless a backslash stands before it; `*`, `?` and `!` are wildcards. SCST makes
//! no difference between letters of either size. Source: scst.conf(5), SCST's README.

use super::shell;
use super::{Entry, Kind, Present, Scope, TargetError, required, target};

const EXPECTED: &str = "Have SCST write it: scstadmin -write_config scst.conf";

/// The group of a scope.
pub(super) fn group<'s>(scope: &'s Scope, format: &'static str) -> Result<&'s str, TargetError> {
    required(
        scope.group.as_ref(),
        format,
        "--group",
        "the name of the initiator group",
        "hosts",
    )
}

/// A group as entries name it.
pub(super) fn object(scope: &Scope, format: &'static str) -> Result<String, TargetError> {
    let (target, group) = (target(scope, format)?, group(scope, format)?);
    Ok(format!("{target}/{group}"))
}

/// A value as scst.conf has it.
pub(super) fn escape(value: &str) -> String {
    value.replace('#', "\\#")
}

/// A line without its comment and its escapes.
fn line(text: &str) -> String {
    let mut read = String::new();
    let mut characters = text.trim().chars();
    if text.trim_start().starts_with('#') {
        return read;
    }
    while let Some(character) = characters.next() {
        match character {
            '\\' => read.extend(characters.next()),
            '#' => {
                read.pop();
                break;
            }
            other => read.push(other),
        }
    }
    read.trim().to_owned()
}

/// What a scst.conf admits.
pub(super) fn read(text: &str, format: &'static str) -> Result<Present, TargetError> {
    if shell::is_script(text) {
        return Ok(shell::read(text));
    }
    let mut present = Present::default();
    let mut sections: Vec<(String, String)> = Vec::new();
    for (number, raw) in text.lines().enumerate() {
        let line = line(raw);
        if line == "}" {
            sections.pop();
        } else if let Some(head) = line.strip_suffix('{') {
            let (word, name) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
            sections.push((word.to_owned(), name.trim().to_owned()));
        } else if line.starts_with('[') {
            return Err(TargetError::Read {
                format,
                why: format!("line {} is no line of scst.conf", number + 1),
                expected: EXPECTED,
            });
        }
        let names: Vec<&str> = sections.iter().map(|(word, _)| word.as_str()).collect();
        if names != ["TARGET_DRIVER", "TARGET", "GROUP"] {
            continue;
        }
        let [(_, driver), (_, target), (_, group)] = sections.as_slice() else {
            continue;
        };
        if driver != "iscsi" {
            continue;
        }
        let object = format!("{target}/{group}");
        present.object(&object);
        if let Some(name) = line.strip_prefix("INITIATOR ") {
            let name = name.trim().trim_matches('"');
            let kind = match name {
                "*" => Kind::Anyone,
                name if name.contains(['*', '?', '!']) => Kind::Pattern,
                _ => Kind::Name,
            };
            present.entries.push(Entry {
                kind,
                ..Entry::name(&object, name)
            });
        }
    }
    Ok(present)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_begins_a_comment_unless_it_is_escaped() {
        for (written, read) in [
            ("INITIATOR a # c", "INITIATOR a"),
            ("INITIATOR a\\#b", "INITIATOR a#b"),
            ("  # all", ""),
            ("INITIATOR a\\\\b", "INITIATOR a\\b"),
        ] {
            assert_eq!(line(written), read);
        }
        assert_eq!(
            line(&format!("INITIATOR {}", escape("x#y"))),
            "INITIATOR x#y"
        );
    }
}
