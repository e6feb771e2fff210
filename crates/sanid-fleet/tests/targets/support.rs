//! Hosts, scopes and the command.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use sanid_fleet::hosts::Host;
use sanid_fleet::targets::{self, Format, Present, Protocol, Scope};
use testkit::Ran;

pub(crate) const TARGET: &str = "iqn.2024-01.test.local:target";
pub(crate) const SUBSYSTEM: &str = "nqn.2024-01.test.local:subsystem";

/// A scope that has all that any format asks for.
pub(crate) fn scope(protocol: Protocol) -> Scope {
    Scope {
        target: Some(TARGET.to_owned()),
        portal_group: Some(1),
        subsystem: Some(SUBSYSTEM.to_owned()),
        group: Some("1,2,3".to_owned()),
        vserver: Some("svm1".to_owned()),
        base: None,
        protocol: Some(protocol),
    }
}

/// The same for a format: what an export of SPDK makes are the groups that the target maps.
pub(crate) fn scope_of(format: &Format, protocol: Protocol) -> Scope {
    let scope = scope(protocol);
    match format.name {
        "spdk-iscsi" => Scope {
            group: None,
            ..scope
        },
        _ => scope,
    }
}

/// The protocols that a format can be asked for.
pub(crate) fn protocols(format: &Format) -> Vec<Protocol> {
    match format.protocol {
        Protocol::Either => vec![Protocol::Iscsi, Protocol::Nvme],
        one => vec![one],
    }
}

/// The number-th host of a list.
pub(crate) fn host(number: u64) -> Host {
    let uuid = format!("{number:08x}-a689-4520-b87b-fe2552ef6b8b");
    Host {
        name: format!("node-{number}"),
        iqn: Some(
            format!("iqn.2016-04.com.open-iscsi:{number:08x}a6894520")
                .parse()
                .unwrap(),
        ),
        host_nqn: Some(
            format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}")
                .parse()
                .unwrap(),
        ),
        host_id: Some(uuid.parse().unwrap()),
    }
}

pub(crate) fn csv(hosts: &[Host]) -> String {
    let mut list = "host,iqn,host_nqn,host_id\n".to_owned();
    for host in hosts {
        let iqn = host.iqn.as_ref().map_or("", |name| name.as_str());
        let nqn = host.host_nqn.as_ref().map_or("", |name| name.as_str());
        let id = host.host_id.map(|id| id.to_string()).unwrap_or_default();
        writeln!(list, "{},{iqn},{nqn},{id}", host.name).unwrap();
    }
    list
}

pub(crate) fn export(format: &Format, hosts: &[Host], scope: &Scope) -> String {
    let made = targets::members(format, hosts, scope).unwrap();
    let mut out = Vec::new();
    format.export(&made.members, scope, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The names of what there is, in order.
pub(crate) fn names(present: &Present) -> Vec<&str> {
    let mut names: Vec<&str> = present
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

/// Runs `sanid-fleet`, with this on standard input.
pub(crate) fn fleet(arguments: &[&str], input: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
    Ran::with_input(command.args(arguments), input.as_bytes())
}

/// A file of real programs.
pub(crate) fn real(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/targets/real")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
