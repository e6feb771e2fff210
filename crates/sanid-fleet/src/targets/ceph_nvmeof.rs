//! The NVMe gateway of Ceph, told by nvmeof-cli.
//!
//! A subsystem whose list has the host NQN `*` admits anyone. Source: Ceph's documentation of the gateway.

use serde_json::Value;

use super::json::{on, parse, text};
use super::shell::Script;
use super::{
    Choice, Commands, Compares, Entry, Format, Present, Protocol, TargetError, Writer,
    of_subsystem, one_word,
};

const NAME: &str = "ceph-nvmeof";
const EXPECTED: &str = "Have the gateway say it: nvmeof-cli --server-address GATEWAY --format json host list --subsystem NQN";

const PRELUDE: &str = r#"
gateway() { ${NVMEOF_CLI:-nvmeof-cli} "$@"; }
have=$(gateway --format json host list --subsystem "$object")
admit() {
    case $have in *"\"$1\""*) ;; *) gateway host add --subsystem "$object" --host-nqn "$1" >&2 ;; esac
}
dismiss() {
    case $have in *"\"$1\""*) gateway host del --subsystem "$object" --host-nqn "$1" >&2 ;; esac
}
"#;

const WHAT: &[&str] = &[
    "Tells a Ceph NVMe gateway which hosts may connect to one subsystem.",
    "NVMEOF_CLI in the environment is how to call it, such as 'nvmeof-cli --server-address 10.0.0.5'.",
];

const SCRIPT: Script = Script {
    what: WHAT,
    variables: &[],
    prelude: &[PRELUDE],
    after: &[],
};

/// One document for each subsystem; they may follow one another.
fn documents(input: &str) -> Result<Vec<Value>, TargetError> {
    let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(input)
        .into_iter()
        .collect();
    match documents {
        Ok(documents) if !documents.is_empty() => Ok(documents),
        // For its message.
        _ => parse(input, NAME, EXPECTED).map(|one| vec![one]),
    }
}

/// A script of nvmeof-cli commands.
pub(super) const CEPH_NVMEOF: Format = Format {
    name: NAME,
    about: "Ceph's NVMe gateway: a script of nvmeof-cli commands (reads host list --format json)",
    loading: "adds what is missing and changes nothing else; a subsystem that admits any host (*) still does",
    removal: "the gateway disconnects a host that is removed",
    protocol: Protocol::Nvme,
    takes: &[Choice::Subsystem],
    compares: Compares::Bytes,
    object: of_subsystem,
    admissible,
    read,
    writer: Writer::Commands(Commands::Script(&SCRIPT)),
    ..Format::NEW
};

/// # Errors
/// The reason.
fn admissible(name: &str, _host: Option<&str>) -> Result<(), String> {
    if name.contains('_') {
        return Err("its name has an underscore, which the gateway refuses".to_owned());
    }
    one_word(name, None)
}

fn read(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    for document in documents(input)? {
        let wrong = |why: &str| TargetError::read(NAME, EXPECTED, why);
        if document.get("status").and_then(Value::as_i64).unwrap_or(0) != 0 {
            let why = text(&document, "error_message").unwrap_or_default();
            return Err(wrong(&format!(
                "it is the gateway's answer to a request that failed: {}",
                why.escape_debug()
            )));
        }
        let object = text(&document, "subsystem_nqn")
            .ok_or_else(|| wrong("it does not say its subsystem_nqn"))?;
        let Some(hosts) = document.get("hosts").and_then(Value::as_array) else {
            return Err(wrong("it has no list of hosts"));
        };
        present.object(object);
        if on(document.get("allow_any_host")) {
            present.entries.push(Entry::anyone(object, "*"));
        }
        for host in hosts {
            let name = text(host, "nqn").unwrap_or_default();
            if name != "*" {
                present.entries.push(Entry::name(object, name));
            }
        }
    }
    Ok(present)
}
