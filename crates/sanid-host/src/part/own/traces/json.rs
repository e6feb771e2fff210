//! Members of JSON objects, with where they are in the text.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{KEYS, Kind, Trace, kind, offset, trace};

/// A member of an object.
struct Member {
    key: String,
    range: Range<usize>,
    /// Whether it is a name or a secret.
    kind: Option<Kind>,
    value: String,
}

/// The names and secrets; in a text that is not JSON, the keys that look like theirs.
pub(super) fn traces(bytes: &[u8]) -> Vec<Trace> {
    let Some(objects) = objects(bytes) else {
        return lookalikes(bytes);
    };
    let members = objects.iter().flatten();
    let traces = members.filter_map(|one| {
        let range = one.range.clone();
        trace(
            one.key.as_bytes(),
            one.kind?,
            one.value.as_bytes(),
            vec![range],
        )
    });
    traces.collect()
}

/// What to cut, so that the objects are without those members and still JSON.
pub(super) fn cuts(bytes: &[u8]) -> Vec<Range<usize>> {
    let objects = objects(bytes).unwrap_or_default();
    objects.iter().flat_map(|one| of_object(one)).collect()
}

fn of_object(members: &[Member]) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    // The end of the last member that stays.
    let mut kept = None;
    for (at, member) in members.iter().enumerate() {
        let Range { start, end } = member.range;
        if member.kind.is_none() {
            kept = Some(end);
            continue;
        }
        let stays_after = members.iter().skip(at + 1).any(|one| one.kind.is_none());
        cuts.push(match (members.get(at + 1), kept) {
            // With the comma and the whitespace after it.
            (Some(next), _) if stays_after => start..next.range.start,
            // With the comma before it.
            (_, Some(kept)) => kept..end,
            (Some(next), None) => start..next.range.start,
            (None, None) => start..end,
        });
    }
    cuts
}

/// The objects of a document; `None` where it is not JSON.
fn objects(bytes: &[u8]) -> Option<Vec<Vec<Member>>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut found = Vec::new();
    if !text.trim().is_empty() {
        // Bounds the depth, which raw values do not.
        serde_json::from_str::<serde_json::Value>(text).ok()?;
        visit(text, serde_json::from_str(text).ok()?, &mut found);
    }
    Some(found)
}

fn visit(document: &str, value: &RawValue, found: &mut Vec<Vec<Member>>) {
    let text = value.get();
    let position = |part: &str| offset(document.as_bytes(), part.as_bytes());
    if let Ok(Object(members)) = serde_json::from_str(text) {
        let member = |(key, value): &(&RawValue, &RawValue)| {
            let start = position(key.get());
            let name: String = serde_json::from_str(key.get()).unwrap_or_default();
            let value_text =
                serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned());
            let is_set = !matches!(value.get(), "null" | "\"\"");
            Member {
                kind: kind(name.as_bytes()).filter(|_| is_set),
                key: name,
                range: start..position(value.get()) + value.get().len(),
                value: value_text,
            }
        };
        found.push(members.iter().map(member).collect());
        for (_, value) in members {
            visit(document, value, found);
        }
    } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) {
        for item in items {
            visit(document, item, found);
        }
    }
}

fn lookalikes(bytes: &[u8]) -> Vec<Trace> {
    let find = |key: &str| {
        let quoted = format!("\"{}\"", key.replace('-', "_"));
        let at = bytes
            .windows(quoted.len())
            .position(|window| window == quoted.as_bytes())?;
        let kind = kind(key.as_bytes())?;
        let value = b"in a document that is not JSON";
        let range = at..at + quoted.len();
        trace(key.replace('-', "_").as_bytes(), kind, value, vec![range])
    };
    KEYS.iter().filter_map(|(key, _)| find(key)).collect()
}

/// The members of an object in their order, those with one key among them.
struct Object<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
