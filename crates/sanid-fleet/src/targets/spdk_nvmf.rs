//! The NVMe target of SPDK, told by JSON-RPC.
//!
//! Adding a host that is allowed already is an error to it, and changes nothing.
//! Source: SPDK `schema/schema.yaml` and `lib/nvmf`.

use std::io::Write;

use serde_json::{Value, json};

use super::json::{list, on, text};
use super::spdk::{self, Requests, Said};
use super::{
    Choice, Commands, Compares, Entry, Format, Present, Protocol, Scope, TargetError, Writer,
    of_subsystem, subsystem,
};

const NAME: &str = "spdk-nvmf";
const EXPECTED: &str =
    "Have SPDK say it: scripts/rpc.py nvmf_get_subsystems, or scripts/rpc.py save_config";

fn requests(
    scope: &Scope,
    out: &mut dyn Write,
    add: &[&str],
    remove: &[&str],
) -> Result<(), TargetError> {
    let nqn = subsystem(scope, NAME)?;
    let mut requests = Requests::new(out);
    for host in add {
        requests.call(
            "nvmf_subsystem_add_host",
            &json!({"nqn": nqn, "host": host}),
        )?;
    }
    for host in remove {
        requests.call(
            "nvmf_subsystem_remove_host",
            &json!({"nqn": nqn, "host": host}),
        )?;
    }
    Ok(())
}

/// # Errors
/// A method that is about hosts and not known: what it does to a list is not known either.
fn call(present: &mut Present, method: &str, params: &Value) -> Result<(), TargetError> {
    let object = text(params, "nqn").unwrap_or_default();
    match method {
        "nvmf_create_subsystem" | "nvmf_subsystem_allow_any_host" => {
            present.object(object);
            // Up to SPDK 19.10 the list came with the subsystem.
            for host in list(params, "hosts").iter().filter_map(Value::as_str) {
                present.entries.push(Entry::name(object, host));
            }
            if on(params.get("allow_any_host")) {
                present
                    .entries
                    .push(Entry::anyone(object, "allow_any_host=true"));
            }
        }
        "nvmf_subsystem_add_host" => {
            present.object(object);
            let host = text(params, "host").unwrap_or_default();
            present.entries.push(Entry::name(object, host));
        }
        "nvmf_subsystem_remove_host" => {
            let host = text(params, "host").unwrap_or_default();
            present
                .entries
                .retain(|entry| entry.object != object || entry.name != host);
        }
        other if other.starts_with("nvmf_") && other.contains("_host") => {
            return Err(wrong(format!(
                "the method {} is not known",
                other.escape_debug()
            )));
        }
        _ => {}
    }
    Ok(())
}

fn wrong(why: String) -> TargetError {
    TargetError::read(NAME, EXPECTED, why)
}

fn answer(present: &mut Present, subsystem: &Value) {
    // The discovery subsystem is everyone's.
    if text(subsystem, "subtype").is_some_and(|kind| kind.starts_with("Discovery")) {
        return;
    }
    let object = text(subsystem, "nqn").unwrap_or_default();
    present.object(object);
    if on(subsystem.get("allow_any_host")) {
        present
            .entries
            .push(Entry::anyone(object, "allow_any_host=true"));
    }
    for host in list(subsystem, "hosts") {
        let host = text(host, "nqn").unwrap_or_default();
        present.entries.push(Entry::name(object, host));
    }
}

/// JSON-RPC for subsystems.
pub(super) const SPDK_NVMF: Format = Format {
    name: NAME,
    about: "SPDK's NVMe target: JSON-RPC requests, one to a line (reads nvmf_get_subsystems, save_config)",
    loading: "adds hosts; SPDK answers with an error, and changes nothing, for a host that is allowed already",
    removal: "SPDK disconnects a host that is removed",
    protocol: Protocol::Nvme,
    takes: &[Choice::Subsystem],
    compares: Compares::Bytes,
    object: of_subsystem,
    admissible,
    read,
    writer: Writer::Commands(Commands::Written(requests)),
    ..Format::NEW
};

/// # Errors
/// The reason.
fn admissible(name: &str, _host: Option<&str>) -> Result<(), String> {
    let dashless = name
        .strip_prefix("nqn.2014-08.org.nvmexpress:uuid:")
        .is_some_and(|uuid| !uuid.contains('-'));
    if dashless {
        return Err("its UUID has no hyphens, and SPDK refuses that form".to_owned());
    }
    Ok(())
}

fn read(text: &str, _format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    match spdk::read(text, NAME, EXPECTED)? {
        Said::Calls(calls) => {
            for (method, params) in &calls {
                call(&mut present, method, params)?;
            }
        }
        Said::Answer(subsystems) => {
            for subsystem in &subsystems {
                answer(&mut present, subsystem);
            }
        }
    }
    if present.objects.is_empty() {
        return Err(wrong("it has no subsystem with hosts".to_owned()));
    }
    Ok(present)
}
