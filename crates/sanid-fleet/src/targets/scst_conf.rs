//! What a scst.conf says.
//!
//! `#` begins a comment unless a backslash stands before it; `*`, `?` and `!` are wildcards. SCST makes
//! no difference between letters of either size. Source: scst.conf(5), SCST's README.

use super::{Entry, Format, Kind, Present, Scope, TargetError, required, target};

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
///
/// LUNs of a target outside of a group are for all initiators that are in none of its groups: that is an entry for
/// anyone, whose object is the target.
pub(super) fn read(text: &str, format: &'static str) -> Result<Present, TargetError> {
    let wrong = |why: String| TargetError::read(format, EXPECTED, why);
    let mut present = Present::default();
    let mut sections: Vec<(String, String)> = Vec::new();
    let mut has_drivers = false;
    for (number, raw) in text.lines().enumerate() {
        let line = line(raw);
        if line == "}" {
            sections.pop();
            continue;
        }
        let is_head = line.ends_with('{');
        let (word, value) = word_and_value(line.trim_end_matches('{').trim_end());
        if is_head {
            sections.push((word.to_owned(), value.to_owned()));
        } else if line.starts_with('[') {
            return Err(wrong(format!(
                "line {} is not a line of scst.conf",
                number + 1
            )));
        }
        has_drivers |= is_head && matches!(word, "TARGET_DRIVER" | "HANDLER");
        let names: Vec<(&str, &str)> = sections
            .iter()
            .map(|(word, name)| (word.as_str(), name.as_str()))
            .collect();
        match names.as_slice() {
            [("TARGET_DRIVER", "iscsi"), ("TARGET", target)] if !is_head && word == "LUN" => {
                let lun = value.split_whitespace().next().unwrap_or_default();
                let how = format!("LUN {lun} outside of a group");
                present.entries.push(Entry::anyone(target, &how));
            }
            [
                ("TARGET_DRIVER", "iscsi"),
                ("TARGET", target),
                ("GROUP", group),
            ] => {
                let object = format!("{target}/{group}");
                present.object(&object);
                if !is_head && word == "INITIATOR" {
                    present.entries.push(initiator(&object, value));
                }
            }
            _ => {}
        }
    }
    if has_drivers {
        Ok(present)
    } else {
        Err(wrong(
            "it has neither a TARGET_DRIVER nor a HANDLER".to_owned(),
        ))
    }
}

/// The first word of a line and what follows it, without quotes.
fn word_and_value(line: &str) -> (&str, &str) {
    let (word, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (word, value.trim().trim_matches('"'))
}

fn initiator(object: &str, name: &str) -> Entry {
    let kind = match name {
        "*" => Kind::Anyone,
        name if name.contains(['*', '?', '!']) => Kind::Pattern,
        _ => Kind::of(name),
    };
    Entry {
        kind,
        ..Entry::name(object, name)
    }
}

/// The group of a scope, and its target, whose LUNs outside of groups concern the group as well.
pub(super) fn within(
    format: &Format,
    scope: &Scope,
    present: &Present,
) -> Result<Option<Vec<String>>, TargetError> {
    let group = object(scope, format.name)?;
    present.must_have(format.name, &group)?;
    Ok(Some(vec![group, target(scope, format.name)?.to_owned()]))
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

    /// What is outside of groups is for initiators that no group names (SCST's README, "Access and devices
    /// visibility management").
    #[test]
    fn luns_outside_of_groups_are_for_anyone() {
        let text = "TARGET_DRIVER iscsi {\n\tenabled 1\n\tTARGET iqn.2024-01.com.example:both {\n\t\tLUN 0 disk1\n\
                    \t\tGROUP\thosts {\n\t\t\tLUN 0 disk1\n\t\t\tINITIATOR\t\"iqn.2024-01.com.example:a\"\n\t\t}\n\t}\n}\n";
        let present = read(text, "scst").unwrap();
        assert_eq!(present.objects, ["iqn.2024-01.com.example:both/hosts"]);
        let entries: Vec<_> = present
            .entries
            .iter()
            .map(|entry| (entry.object.as_str(), entry.name.as_str(), entry.kind))
            .collect();
        assert_eq!(
            entries,
            [
                (
                    "iqn.2024-01.com.example:both",
                    "LUN 0 outside of a group",
                    Kind::Anyone
                ),
                (
                    "iqn.2024-01.com.example:both/hosts",
                    "iqn.2024-01.com.example:a",
                    Kind::Name
                ),
            ]
        );
    }

    #[test]
    fn what_is_not_a_configuration_is_refused() {
        for text in ["", "root:x:0:0:root:/root:/bin/bash\n", "{\"a\": {\n}\n}\n"] {
            assert!(read(text, "scst").is_err(), "{text}");
        }
    }
}
