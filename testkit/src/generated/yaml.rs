//! YAML in block style: what people read, and what diffs well. Of YAML's many ways to write a text only two are
//! used, plain words and JSON's quotes, so that no reader takes one for something else.

use std::fmt::Write as _;

use serde_json::Value;

/// The first line of every generated document.
pub(super) const MARK: &str = "# Made by cargo xtask generate.\n";

/// A file with one document.
pub(super) fn file(document: &Value) -> String {
    format!("{MARK}{}", yaml(document))
}

fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text
}

fn block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let _ = write!(text, "{indent}{}:", scalar(&Value::String(key.clone())));
                nested(text, value, depth + 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut inner = String::new();
                if is_leaf(item) {
                    inner = format!("{}{}\n", "  ".repeat(depth + 1), scalar(item));
                } else {
                    block(&mut inner, item, depth + 1);
                }
                // The first line of an item goes behind its dash.
                let _ = write!(text, "{indent}- {}", inner.trim_start_matches(' '));
            }
        }
        leaf => {
            let _ = writeln!(text, "{indent}{}", scalar(leaf));
        }
    }
}

fn nested(text: &mut String, value: &Value, depth: usize) {
    if is_leaf(value) {
        let _ = writeln!(text, " {}", scalar(value));
    } else {
        text.push('\n');
        block(text, value, depth);
    }
}

fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(word) if is_plain(word) => word.clone(),
        other => other.to_string(),
    }
}

/// A word that YAML 1.1 and 1.2 both read as the text that it is.
fn is_plain(word: &str) -> bool {
    const OTHERWISE: [&str; 10] = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan",
    ];
    let begins = word.starts_with(|first: char| first.is_ascii_alphabetic());
    let rest = |char: char| char.is_ascii_alphanumeric() || "-_./".contains(char);
    begins && word.chars().all(rest) && !OTHERWISE.contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_lists_and_hazardous_words() {
        let value = serde_json::json!({
            "a": {"b": [1, {"c": "x y", "d": []}, "no"], "e": {}},
            "pattern": "^\\S+$",
        });
        let expected = "a:\n  b:\n    - 1\n    - c: \"x y\"\n      d: []\n    - \"no\"\n  e: {}\npattern: \"^\\\\S+$\"\n";
        assert_eq!(yaml(&value), expected);
    }
}
