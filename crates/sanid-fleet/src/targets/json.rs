//! What the readers of JSON formats share.

use std::io::Write;

use serde_json::Value;

use super::{Scope, TargetError};

/// A document, or why it is none.
pub(super) fn parse(
    text: &str,
    format: &'static str,
    expected: &'static str,
) -> Result<Value, TargetError> {
    serde_json::from_str(text).map_err(|error| TargetError::Read {
        format,
        why: if text.trim().is_empty() {
            "it is empty".to_owned()
        } else {
            format!("it is no JSON: {error}")
        },
        expected,
    })
}

/// The elements of a list below a key; none where there is no list.
pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The text below a key.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// The same list for changing; made where there is none.
pub(super) fn list_mut<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Vec<Value>> {
    value
        .as_object_mut()?
        .entry(key)
        .or_insert_with(|| Value::Array(Vec::new()))
        .as_array_mut()
}

/// Whether something is switched on: targets write `true`, `1` and `"1"`.
pub(super) fn on(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(on)) => *on,
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        Some(Value::String(text)) => matches!(text.trim(), "1" | "true" | "yes"),
        _ => false,
    }
}

/// The configuration to write a list into: the given one, or an empty one.
pub(super) fn base(
    scope: &Scope,
    format: &'static str,
    expected: &'static str,
    empty: impl FnOnce() -> Value,
) -> Result<Value, TargetError> {
    match &scope.base {
        Some(base) => parse(base, format, expected),
        None => Ok(empty()),
    }
}

/// Whether a configuration has keys of hosts: DH-HMAC-CHAP keys as nvmetcli saves them (`key`, `ctrl_key`),
/// passwords of CHAP as targetcli does (`chap_password` and the like). Both write their files for root only.
pub(crate) fn has_keys(config: &Value) -> bool {
    match config {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let key = matches!(name.as_str(), "key" | "ctrl_key") || name.ends_with("_password");
            (key && value.as_str().is_some_and(|text| !text.is_empty())) || has_keys(value)
        }),
        Value::Array(values) => values.iter().any(has_keys),
        _ => false,
    }
}

/// A document for people and programs.
pub(super) fn write(out: &mut dyn Write, document: &Value) -> Result<(), TargetError> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
