//! SPDK, by JSON-RPC on its socket: `nvmf_get_subsystems`, then the controllers of each, which have host NQN and Host ID.

use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use sanid_host::root::{Root, describe_io};
use serde_json::{Value, json};

use super::{Answer, count};
use crate::input::LARGEST;

const SOCKET: &str = "var/tmp/spdk.sock";
/// SPDK answers at once; one that hangs is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn read(root: &Root) -> Result<Answer, String> {
    let path = root.path().join(SOCKET);
    let failed = |what: String| {
        format!(
            "cannot ask SPDK at {}: {what}\nis its target running, and is this root? With a different socket:\n  \
             rpc.py -s SOCKET nvmf_subsystem_get_controllers NQN >FILE    then sanid-fleet sessions FILE",
            root.show(SOCKET)
        )
    };
    let io = |error: std::io::Error| failed(describe_io(&error));
    let stream = UnixStream::connect(&path).map_err(io)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(io)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(io)?;
    let mut input = BufReader::new((&stream).take(LARGEST));
    let mut ask = |method: &str, parameters: Option<Value>| {
        let mut request = json!({"jsonrpc": "2.0", "id": 1, "method": method});
        if let (Some(members), Some(parameters)) = (request.as_object_mut(), parameters) {
            members.insert("params".to_owned(), parameters);
        }
        (&stream)
            .write_all(request.to_string().as_bytes())
            .map_err(io)?;
        let answers = serde_json::Deserializer::from_reader(&mut input);
        let mut answers = answers.into_iter::<Value>();
        let answer = answers
            .next()
            .ok_or_else(|| failed("no answer".to_owned()))?;
        let answer = answer.map_err(|error| failed(format!("no JSON: {error}")))?;
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(failed(format!(
                "{method}: {}",
                crate::shown(&answer.to_string())
            ))),
        }
    };
    let subsystems = ask("nvmf_get_subsystems", None)?;
    let nqns = subsystems.as_array().into_iter().flatten();
    let nqns: Vec<&str> = nqns.filter_map(|one| one.get("nqn")?.as_str()).collect();
    let mut all = Vec::new();
    for nqn in nqns.iter().filter(|nqn| !nqn.ends_with(".discovery")) {
        let controllers = ask("nvmf_subsystem_get_controllers", Some(json!({"nqn": nqn})))?;
        all.push(json!({"subsystem": nqn, "controllers": controllers}));
    }
    Ok(Answer {
        text: Value::Array(all).to_string(),
        not_read: Vec::new(),
        not_shown: vec![
            "nvmf_subsystem_get_controllers has no addresses".to_owned(),
            "iSCSI: SPDK's iscsi_get_connections has no initiator names".to_owned(),
        ],
        seen: count(nqns.len(), "subsystem"),
    })
}
