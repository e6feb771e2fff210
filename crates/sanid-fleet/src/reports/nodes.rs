//! What the Kubernetes agent reports: `kubectl get nodestorageidentities -o json`, one object, or one after the other.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{NoReport, Pair, Report};
use crate::chunks::newlines;

const KIND: &str = "NodeStorageIdentity";

type Text<'a> = Option<Cow<'a, str>>;

/// An object of any kind, and the list of them that kubectl makes.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

/// What a node's agent says of it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Node<'a> {
    #[serde(borrow)]
    spec: Spec<'a>,
    #[serde(borrow, default)]
    status: Status<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct Spec<'a> {
    #[serde(borrow)]
    node: Name<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct Name<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    identity: Option<Identity<'a>>,
    scheme: Text<'a>,
    provenance: Option<Provenance<'a>>,
    findings: Vec<Finding<'a>>,
    conditions: Vec<Condition<'a>>,
    last_seen: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    status: Cow<'a, str>,
    message: Cow<'a, str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(borrow)]
    iqn: Text<'a>,
    host_nqn: Text<'a>,
    host_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Provenance<'a> {
    #[serde(borrow)]
    iqn: Option<Source<'a>>,
    nvme: Option<Source<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Source<'a> {
    #[serde(borrow)]
    source: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Finding<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    severity: Cow<'a, str>,
}

/// One of a document's objects, with its line in the document.
pub(crate) type Item<'a> = (u64, Result<Node<'a>, NoReport>);

/// The nodes of a document; `None` where it is neither a list of objects nor a node.
pub(crate) fn read(text: &str) -> Option<Vec<Item<'_>>> {
    let object: Object<'_> = serde_json::from_str(text).ok()?;
    match (object.kind.as_deref(), object.items) {
        (Some(KIND), _) => Some(vec![(1, node(text))]),
        (Some(kind), Some(items)) if kind == "List" || kind == "NodeStorageIdentityList" => {
            let mut lines = Lines::of(text);
            let items = items.into_iter().map(RawValue::get);
            Some(items.map(|item| (lines.line(item), node(item))).collect())
        }
        _ => None,
    }
}

/// The lines of texts that are parts of one, in their order.
pub(crate) struct Lines<'a> {
    text: &'a str,
    line: u64,
    at: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self {
            text,
            line: 1,
            at: 0,
        }
    }

    pub(crate) fn line(&mut self, part: &str) -> u64 {
        let begin = part.as_ptr().addr() - self.text.as_ptr().addr();
        let between = self.text.as_bytes().get(self.at..begin);
        self.line += newlines(between.unwrap_or_default());
        self.at = begin;
        self.line
    }
}

fn node(text: &str) -> Result<Node<'_>, NoReport> {
    let kind = serde_json::from_str::<Object<'_>>(text)
        .ok()
        .and_then(|object| object.kind);
    if kind.as_deref() != Some(KIND) {
        let kind = kind.map_or_else(|| "not given".to_owned(), |kind| crate::shown(&kind));
        return Err(NoReport::Node(format!(
            "its kind is {kind}, expected {KIND}"
        )));
    }
    serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or_default();
        NoReport::Node(format!("invalid {KIND}: {why}"))
    })
}

impl<'a> Node<'a> {
    /// The node's name.
    pub(crate) fn name(&self) -> &str {
        &self.spec.node.name
    }

    /// Initiator name, host NQN and Host ID, those that it has.
    pub(crate) fn names(&self) -> [Option<&str>; 3] {
        let identity = self.status.identity.as_ref();
        [
            identity.and_then(|identity| identity.iqn.as_deref()),
            identity.and_then(|identity| identity.host_nqn.as_deref()),
            identity.and_then(|identity| identity.host_id.as_deref()),
        ]
    }

    /// The message of the agent if a different host holds the names of the node.
    pub(crate) fn rival(&self) -> Option<&str> {
        let mut conditions = self.status.conditions.iter();
        let held = conditions.find(|one| one.kind == "Unique" && one.status == "False");
        held.map(|one| &*one.message)
    }

    /// As the report of a host, whose names are those in its files.
    pub(crate) fn report(self) -> Report<'a> {
        let Status {
            identity,
            scheme,
            provenance,
            findings,
            conditions: _,
            last_seen,
        } = self.status;
        let (identity, provenance) = (identity.unwrap_or_default(), provenance.unwrap_or_default());
        Report {
            host: Some(self.spec.node.name),
            time: last_seen,
            scheme,
            iqn_source: provenance.iqn.and_then(|one| one.source),
            nvme_source: provenance.nvme.and_then(|one| one.source),
            iqn: identity.iqn,
            pair: Pair {
                host_nqn: identity.host_nqn,
                host_id: identity.host_id,
            },
            findings: findings
                .into_iter()
                .map(|one| (one.code, one.severity))
                .collect(),
            ..Report::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{
  "apiVersion": "v1",
  "items": [
    {"apiVersion": "sanid.dev/v1alpha1", "kind": "NodeStorageIdentity", "metadata": {"name": "worker-1"},
     "spec": {"node": {"name": "worker-1", "uid": "5b3c"}},
     "status": {"identity": {"iqn": "iqn.2016-04.com.open-iscsi:1"}, "lastSeen": "2026-11-29T10:00:00Z", "later": 1,
                "findings": [{"code": "drift", "severity": "warning"}]}},
    {"kind": "NodeStorageIdentity", "spec": {"node": {"name": "worker-2"}}},
    {"kind": "Pod"},
    {"kind": "NodeStorageIdentity", "spec": {}}
  ],
  "kind": "List"
}"#;

    #[test]
    fn a_list_gives_nodes_with_lines_and_rejects_other_kinds() {
        let all = read(LIST).unwrap();
        let seen: Vec<(u64, String)> = all
            .iter()
            .map(|(line, node)| {
                let text = match node {
                    Ok(node) => format!("{} {:?}", node.name(), node.names()[0]),
                    Err(error) => error.to_string(),
                };
                (*line, text)
            })
            .collect();
        let expected = [
            (4, "worker-1 Some(\"iqn.2016-04.com.open-iscsi:1\")"),
            (8, "worker-2 None"),
            (9, "its kind is Pod, expected NodeStorageIdentity"),
            (10, "invalid NodeStorageIdentity: missing field `node`"),
        ];
        let expected = expected.map(|(line, text)| (line, text.to_owned()));
        assert_eq!(seen, expected);
        let report = all.into_iter().next().unwrap().1.unwrap().report();
        assert_eq!(report.time.as_deref(), Some("2026-11-29T10:00:00Z"));
        assert_eq!(report.findings, [("drift".into(), "warning".into())]);
    }

    #[test]
    fn other_documents_are_not_read() {
        for text in [
            "{}",
            "[]",
            "{\"kind\":\"Status\"}",
            "{\"kind\":\"List\"",
            "{\"items\":[]}",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(read("{\"kind\":\"List\",\"items\":[]}").unwrap().is_empty());
    }
}
