//! One JSON document: a list of objects, an object with such a list as `items` or `results` (as `NetBox` and
//! Kubernetes have it), or what `ansible-inventory --list` prints.
//!
//! It is read whole; what hosts say is parsed later, on all cores.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::object::Picker;
use super::{Columns, Format, Hosts, Opened, Piece, Rows, Sink, Unusable};
use crate::chunks::{Chunks, newlines};

/// What a list of hosts is called in an object.
const LISTS: [&str; 3] = ["items", "results", "hosts"];

/// The format.
pub(super) struct Document;

/// What of an object at the top may hold hosts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Root<'a> {
    #[serde(borrow)]
    items: Option<&'a RawValue>,
    #[serde(borrow)]
    results: Option<&'a RawValue>,
    #[serde(borrow)]
    hosts: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    /// By the names of the hosts.
    #[serde(borrow)]
    hostvars: BTreeMap<String, &'a RawValue>,
}

impl Format for Document {
    fn name(&self) -> &'static str {
        "json"
    }

    fn fits(&self, start: &[u8], _: &str) -> bool {
        match start.trim_ascii_start() {
            [b'{', ..] => true,
            // A section of an INI file begins with the same sign.
            [b'[', rest @ ..] => {
                matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b']'))
            }
            _ => false,
        }
    }

    fn open(&self, mut text: Chunks, columns: &Columns) -> Result<Opened, Unusable> {
        let text = super::whole(&mut text, "jq -c '.[]' FILE | sanid-fleet derive -")?;
        let hosts = hosts(&text)?;
        if hosts.is_empty() {
            let lists = LISTS.join(", ");
            return Err(Unusable::first(format!(
                "it has no host: neither a list, nor one that is called {lists}, nor _meta.hostvars; a host alone is a list of one, [{{…}}]"
            )));
        }
        Ok(Opened {
            source: Box::new(Hosts::new(hosts, newlines(text.as_bytes()) + 1)),
            rows: Box::new(Objects(Picker::new(columns))),
        })
    }
}

/// A host as it is in the text, and its name where that is outside of it.
fn hosts(text: &str) -> Result<VecDeque<super::Host>, Unusable> {
    let failed = |error: serde_json::Error| {
        let why = match error.classify() {
            serde_json::error::Category::Eof => {
                "the document ends in the middle: it was cut off, so hosts are missing; get it whole"
            }
            _ if error.to_string().starts_with("trailing characters") => {
                "it is no JSON document of hosts: more follows after its end; is it one object to a line?"
            }
            _ => "it is no JSON document of hosts",
        };
        Unusable {
            line: u64::try_from(error.line()).unwrap_or(u64::MAX).max(1),
            why: why.to_owned(),
        }
    };
    let mut found: Vec<(Option<String>, &RawValue)> = Vec::new();
    if text.trim_ascii_start().starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
        found.extend(list.into_iter().map(|host| (None, host)));
    } else {
        let root: Root<'_> = serde_json::from_str(text).map_err(failed)?;
        for list in [root.items, root.results, root.hosts].into_iter().flatten() {
            let list = serde_json::from_str::<Vec<&RawValue>>(list.get());
            found.extend(list.into_iter().flatten().map(|host| (None, host)));
        }
        let meta = root
            .meta
            .map(|meta| serde_json::from_str::<Meta<'_>>(meta.get()));
        if let Some(Ok(meta)) = meta {
            found.extend(
                meta.hostvars
                    .into_iter()
                    .map(|(name, host)| (Some(name), host)),
            );
        }
    }
    // Every value is a part of the text.
    let begin = |host: &RawValue| host.get().as_ptr().addr() - text.as_ptr().addr();
    found.sort_by_key(|(_, host)| begin(host));
    let (mut line, mut counted) = (1, 0);
    let hosts = found.into_iter().map(|(name, host)| {
        let at = begin(host);
        line += newlines(text.as_bytes().get(counted..at).unwrap_or_default());
        counted = at;
        super::Host {
            line,
            name,
            object: host.get().to_owned(),
        }
    });
    Ok(hosts.collect())
}

/// Whether an object is a document of many hosts.
pub(super) fn holds_hosts(value: &serde_json::Value) -> bool {
    LISTS
        .iter()
        .any(|list| value.get(list).is_some_and(serde_json::Value::is_array))
        || value.pointer("/_meta/hostvars").is_some()
}

/// Reads the objects that are marked in pieces.
pub(super) struct Objects(pub(super) Picker);

impl Rows for Objects {
    fn rows(&self, piece: &Piece, sink: &mut dyn Sink) {
        let mut from = 0;
        for mark in &piece.marks {
            let text = piece.chunk.text.get(from..mark.end).unwrap_or_default();
            self.0.object(mark.line, text, mark.key.as_deref(), sink);
            from = mark.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hosts of a document, each with its line, name and text.
    fn seen(text: &str) -> Vec<(u64, Option<String>, String)> {
        let hosts = hosts(text).unwrap();
        hosts
            .into_iter()
            .map(|host| (host.line, host.name, host.object))
            .collect()
    }

    #[test]
    fn finds_hosts_in_every_shape_with_their_lines() {
        let host = |line, text: &str| (line, None, text.to_owned());
        for (text, expected) in [
            (
                "[{\"a\":1},\n {\"b\":\"]}\\\"\"}]",
                vec![host(1, "{\"a\":1}"), host(2, "{\"b\":\"]}\\\"\"}")],
            ),
            (
                "{\"count\": 2, \"next\": {\"x\": [1]},\n\"results\" : [\n{\"a\":{}}\n]}\n",
                vec![host(3, "{\"a\":{}}")],
            ),
            (
                "{\"apiVersion\":\"sanid/v1\",\"items\":[\n{}\n,{}]}",
                vec![host(2, "{}"), host(3, "{}")],
            ),
            ("[1, \"x\"]", vec![host(1, "1"), host(1, "\"x\"")]),
            (
                "{\"_meta\":{\"hostvars\":{\"z\":{\"a\":1},\n\"n\\u0032\":{}}},\"all\":{\"hosts\":[\"z\"]}}",
                vec![
                    (1, Some("z".to_owned()), "{\"a\":1}".to_owned()),
                    (2, Some("n2".to_owned()), "{}".to_owned()),
                ],
            ),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }

    #[test]
    fn rejects_other_documents_with_one_message() {
        for (text, line, word) in [
            ("[{\"a\":1},\n{\"a\":", 2, "ends in the middle"),
            ("[{\"a\":1}", 1, "ends in the middle"),
            ("[{}]\n[{}]", 2, "more follows"),
            ("{items:[]}", 1, "no JSON document"),
            ("{\"items\" []}", 1, "no JSON document"),
            ("[{\"a\":1}}", 1, "no JSON document"),
            ("[}", 1, "no JSON document"),
            ("{\"items\":[}]}", 1, "no JSON document"),
            ("{\"_meta\":{\"hostvars\":{\"a\":}}}", 1, "no JSON document"),
        ] {
            let error = hosts(text).map(|_| ()).unwrap_err();
            assert!(
                error.line == line && error.why.contains(word),
                "{text}: {error:?}"
            );
        }
        for text in ["{\"host\":\n\"a\"}", "[]", "{\"items\":[]}"] {
            assert!(hosts(text).unwrap().is_empty(), "{text}");
        }
    }
}
