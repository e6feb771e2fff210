//! Compares a document with the one that an older version wrote.

use serde_json::Value;

/// Asserts that nothing was changed or removed: fields and elements may only be added.
#[track_caller]
pub(crate) fn assert_kept(before: &Value, now: &Value, what: &str) {
    if let Some(lost) = lost(before, now, "") {
        panic!("{what}: {lost}\nbefore: {before:#}\nnow: {now:#}");
    }
}

fn lost(before: &Value, now: &Value, at: &str) -> Option<String> {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => before.iter().find_map(|(key, value)| {
            let at = format!("{at}/{key}");
            match now.get(key) {
                Some(now) => lost(value, now, &at),
                None => Some(format!("{at} is gone")),
            }
        }),
        (Value::Array(before), Value::Array(now)) => {
            let mut rest = now.iter();
            before.iter().enumerate().find_map(|(index, value)| {
                let at = format!("{at}/{index}");
                let found = rest.any(|now| lost(value, now, &at).is_none());
                (!found).then(|| format!("{at} is gone"))
            })
        }
        _ if before == now => None,
        _ => Some(format!("{at} is {now}, and was {before}")),
    }
}
