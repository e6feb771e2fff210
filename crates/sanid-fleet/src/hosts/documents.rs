//! Hosts in documents: the nodes of a cluster, as kubectl prints what the agent reports, and what
//! `sanid-fleet derive --format json` writes.

use std::borrow::Cow;
use std::io::Read;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Host, Row, RowError};
use crate::chunks::newlines;
use crate::input;
use crate::reports::nodes;

/// Whether a text begins as a document does that has a list, or an object of a node.
pub(super) fn is_one(start: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(start, word.as_bytes()).is_some();
    start.trim_ascii_start().starts_with(b"{")
        && (has("\"NodeStorageIdentity\"") || has("\"items\""))
}

/// What `derive --format json` writes.
#[derive(Deserialize)]
struct HostList<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// The hosts of documents, one after the other, each with its line.
pub(super) fn hosts(file: &str, text: impl Read) -> Vec<Result<(u64, Host), RowError>> {
    let failed = |line: u64, why: String, last| RowError {
        file: file.to_owned(),
        line,
        why,
        last,
    };
    let mut all = String::new();
    match text.take(input::LARGEST + 1).read_to_string(&mut all) {
        Err(error) => return vec![Err(failed(1, input::why(&error), true))],
        Ok(read) if read as u64 > input::LARGEST => {
            return vec![Err(failed(1, "it is longer than 1 GiB".to_owned(), true))];
        }
        Ok(_) => {}
    }
    let mut hosts = Vec::new();
    let mut documents = serde_json::Deserializer::from_str(&all).into_iter::<&RawValue>();
    let (mut line, mut counted) = (1, 0);
    loop {
        let document = match documents.next() {
            None => return hosts,
            Some(Ok(document)) => document.get(),
            Some(Err(error)) => {
                let line = u64::try_from(error.line()).unwrap_or(line);
                hosts.push(Err(failed(line, format!("it is no JSON: {error}"), true)));
                return hosts;
            }
        };
        let begin = documents.byte_offset() - document.len();
        line += newlines(all.as_bytes().get(counted..begin).unwrap_or_default());
        counted = begin;
        let Some(rows) = rows(document) else {
            let why = "not a list of hosts and not a NodeStorageIdentity".to_owned();
            hosts.push(Err(failed(line, why, false)));
            continue;
        };
        hosts.extend(rows.into_iter().map(|(below, row)| {
            let line = line + below - 1;
            match row.and_then(|row| super::host(&row)) {
                Ok(host) => Ok((line, host)),
                Err(why) => Err(failed(line, why, false)),
            }
        }));
    }
}

/// The rows of a document, each with its line in it.
fn rows(document: &str) -> Option<Vec<(u64, Result<Row, String>)>> {
    if let Some(nodes) = nodes::read(document) {
        let rows = nodes.into_iter();
        let read = |(line, node): nodes::Item<'_>| {
            let node = node.map_err(|error| error.to_string());
            (line, node.and_then(|node| row(&node)))
        };
        return Some(rows.map(read).collect());
    }
    let list: HostList<'_> = serde_json::from_str(document).ok()?;
    let mut lines = nodes::Lines::of(document);
    let read = |item: &RawValue| {
        let line = lines.line(item.get());
        let row = serde_json::from_str(item.get()).map_err(|error| error.to_string());
        (line, row)
    };
    (list.kind == "HostList").then(|| list.items.into_iter().map(read).collect())
}

/// Rejects a node whose names a different host holds: an array must not allow them.
fn row(node: &nodes::Node<'_>) -> Result<Row, String> {
    if let Some(rival) = node.rival() {
        let (name, rival) = (crate::shown(node.name()), crate::shown(rival));
        return Err(format!(
            "{name} must not be allowed, because a different host holds its names: {rival}"
        ));
    }
    let [iqn, host_nqn, host_id] = node.names().map(|name| name.map(str::to_owned));
    Ok(Row {
        host: node.name().to_owned(),
        iqn,
        host_nqn,
        host_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Vec<String> {
        let hosts = hosts("nodes.json", text.as_bytes());
        let lines = hosts.into_iter().map(|one| match one {
            Ok((_, host)) => format!("{} {:?}", host.name, host.names()),
            Err(error) => error.to_string(),
        });
        lines.collect()
    }

    const NODE: &str = r#"{"kind":"NodeStorageIdentity","spec":{"node":{"name":"worker-1"}},"status":{"identity":{"iqn":"iqn.2016-04.com.open-iscsi:1"}}}"#;

    #[test]
    fn lists_and_their_objects_give_the_same() {
        let one = r#"worker-1 [Some("iqn.2016-04.com.open-iscsi:1"), None]"#;
        let list = format!("{{\"kind\":\"List\",\"items\":[\n{NODE},\n{NODE}]}}");
        let host = r#"{"host":"worker-1","iqn":"iqn.2016-04.com.open-iscsi:1"}"#;
        let own = format!("{{\"kind\":\"HostList\",\"items\":[\n{host},\n{host}]}}");
        for text in [list, own, format!("{NODE}\n{NODE}\n")] {
            assert!(is_one(text.as_bytes()));
            assert_eq!(printed(&text), [one, one], "{text}");
        }
    }

    #[test]
    fn rejects_a_list_of_a_different_kind() {
        let list =
            r#"{"kind":"AuditList","items":[{"host":"a","iqn":"iqn.2016-04.com.open-iscsi:1"}]}"#;
        let expected = "nodes.json, line 1: not a list of hosts and not a NodeStorageIdentity";
        assert_eq!(printed(list), [expected]);
    }

    #[test]
    fn reports_the_line_of_each_invalid_object() {
        let bad = NODE.replace("open-iscsi:1", "open-iscsi:x_/");
        let rival = r#""conditions":[{"type":"Unique","status":"False","message":"worker-9 has it"}],"identity""#;
        let rival = NODE.replace("\"identity\"", rival);
        let text = format!("{NODE}\n{bad}\n{rival}\n{{\"kind\":\"Pod\"}}\n{{");
        let lines = printed(&text);
        let starts = [
            "worker-1",
            "nodes.json, line 2",
            "nodes.json, line 3: worker-1 must not be allowed, because a different host holds its names: worker-9 has it",
            "nodes.json, line 4",
            "nodes.json, line 5",
        ];
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
        assert_eq!(lines.len(), starts.len(), "{lines:?}");
    }
}
