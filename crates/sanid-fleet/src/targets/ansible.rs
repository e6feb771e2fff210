//! Variables for Ansible: YAML in JSON's clothes, so that one parser reads it back.
//!
//! Ansible takes `{{ … }}` in a variable for a template and runs it. Text with a brace gets the tag
//! `!unsafe`, with which it stays text. Source: Ansible's documentation, "Unsafe or raw strings".

use std::fmt::Write as _;
use std::io::Write;

use serde_json::Value;

use super::TargetError;

const UNSAFE: &str = "!unsafe ";

/// Writes a file of variables.
pub(super) fn write(out: &mut dyn Write, what: &str, variables: &Value) -> Result<(), TargetError> {
    writeln!(out, "# {what} Made by sanid-fleet.")?;
    let mut text = String::new();
    value(&mut text, variables, 0);
    writeln!(out, "{text}")?;
    Ok(())
}

fn value(out: &mut String, this: &Value, depth: usize) {
    let indent = "  ".repeat(depth + 1);
    match this {
        Value::Object(members) if !members.is_empty() => {
            out.push_str("{\n");
            for (number, (key, member)) in members.iter().enumerate() {
                let comma = if number == 0 { "" } else { ",\n" };
                let _ = write!(out, "{comma}{indent}{}: ", quoted(key));
                value(out, member, depth + 1);
            }
            let _ = write!(out, "\n{}}}", "  ".repeat(depth));
        }
        Value::Array(elements) if !elements.is_empty() => {
            out.push_str("[\n");
            for (number, element) in elements.iter().enumerate() {
                let comma = if number == 0 { "" } else { ",\n" };
                let _ = write!(out, "{comma}{indent}");
                value(out, element, depth + 1);
            }
            let _ = write!(out, "\n{}]", "  ".repeat(depth));
        }
        Value::String(text) => {
            if text.contains('{') {
                out.push_str(UNSAFE);
            }
            out.push_str(&quoted(text));
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// A string of JSON that is one of YAML too: YAML has characters that may not stand for themselves.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    let mut quoted = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            other => quoted.push(other),
        }
    }
    quoted
}

/// Reads what [`write`] has written, or plain JSON.
pub(super) fn read(
    text: &str,
    format: &'static str,
    expected: &'static str,
) -> Result<Value, TargetError> {
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(after) = rest.trim_start().strip_prefix('#') {
        rest = after.split_once('\n').map_or("", |(_, rest)| rest);
    }
    let mut inside = false;
    while let Some(character) = rest.chars().next() {
        if !inside {
            if let Some(after) = rest.strip_prefix(UNSAFE) {
                rest = after;
                continue;
            }
        }
        json.push(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        if character == '"' {
            inside = !inside;
        } else if character == '\\' && inside {
            if let Some(next) = rest.chars().next() {
                json.push(next);
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
            }
        }
    }
    super::json::parse(&json, format, expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read() {
        let hostile = json!({
            "a": ["{{ lookup('pipe', 'id') }}", "!unsafe \"x\"", "\\\"", "é\u{85}\u{2028}"],
            "# b": {"c": null, "d": 1, "e": {}, "f": []},
        });
        let mut out = Vec::new();
        write(&mut out, "Test.", &hostile).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("!unsafe \"{{ lookup"), "{text}");
        assert_eq!(read(&text, "test", "").unwrap(), hostile);
    }
}
