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
    let wrong = |why: String| TargetError::Read {
        format,
        why,
        expected,
    };
    let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(input)
        .into_iter()
        .collect();
    let mut documents = documents.map_err(|error| wrong(error.to_string()))?;
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

fn call(value: &Value) -> Option<(String, Value)> {
    let method = text(value, "method")?.to_owned();
    let params = value.get("params").cloned().unwrap_or(Value::Null);
    Some((method, params))
}
