//! What the formats of SPDK share: JSON-RPC 2.0, one request to a line, for its socket.

use std::io::Write;

use serde_json::{Value, json};

use super::TargetError;
use super::json::{list, text};

/// Requests, numbered.
pub(super) struct Requests<'o> {
    out: &'o mut dyn Write,
    id: u64,
}

impl<'o> Requests<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Self { out, id: 0 }
    }

    pub(super) fn call(&mut self, method: &str, params: &Value) -> Result<(), TargetError> {
        self.id += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params});
        writeln!(self.out, "{request}")?;
        Ok(())
    }
}

/// What SPDK says of itself.
pub(super) enum Said {
    /// Calls that make it what it is: `save_config`, or a list of requests.
    Calls(Vec<(String, Value)>),
    /// The answer to a question.
    Answer(Vec<Value>),
}

/// Reads any of them.
pub(super) fn read(
    input: &str,
    format: &'static str,
    expected: &'static str,
) -> Result<Said, TargetError> {
    let wrong = |why: String| TargetError::read(format, expected, why);
    let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(input)
        .into_iter()
        .collect();
    let mut documents = documents.map_err(|error| wrong(error.to_string()))?;
    if documents.is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    if let [only] = documents.as_mut_slice() {
        let mut whole = only.take();
        let answer = match whole.get_mut("result") {
            Some(result) => result.take(),
            None => whole,
        };
        if let Value::Array(answer) = answer {
            return Ok(Said::Answer(answer));
        }
        if answer.get("subsystems").is_some() {
            let subsystems = list(&answer, "subsystems");
            let calls = subsystems.iter().flat_map(|one| list(one, "config"));
            return Ok(Said::Calls(calls.filter_map(call).collect()));
        }
        *only = answer;
    }
    let calls: Vec<_> = documents.iter().filter_map(call).collect();
    if calls.len() != documents.len() {
        return Err(wrong(
            "it has no list, no calls and no subsystems".to_owned(),
        ));
    }
    Ok(Said::Calls(calls))
}

/// Names of methods up to SPDK 19.10, which renamed them all, and what they are called since.
const RENAMED: &[(&str, &str)] = &[
    ("construct_nvmf_subsystem", "nvmf_create_subsystem"),
    ("nvmf_subsystem_create", "nvmf_create_subsystem"),
    ("add_initiator_group", "iscsi_create_initiator_group"),
    (
        "add_initiators_to_initiator_group",
        "iscsi_initiator_group_add_initiators",
    ),
    ("construct_target_node", "iscsi_create_target_node"),
    ("add_pg_ig_maps", "iscsi_target_node_add_pg_ig_maps"),
];

/// What a method is called today.
fn current(method: &str) -> &str {
    let renamed = RENAMED.iter().find(|(old, _)| *old == method);
    renamed.map_or(method, |(_, new)| new)
}

fn call(value: &Value) -> Option<(String, Value)> {
    let method = current(text(value, "method")?).to_owned();
    let params = value.get("params").cloned().unwrap_or(Value::Null);
    Some((method, params))
}
