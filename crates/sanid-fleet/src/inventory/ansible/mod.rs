//! Inventories of Ansible, in INI and in YAML; what `ansible-inventory --list` prints is a JSON document.
//!
//! They are read whole, since what a host inherits can stand anywhere. Variables in other files
//! (`host_vars/`, `group_vars/`), encrypted ones and templates are Ansible's to find: `ansible-inventory
//! --list` prints them with all the others.

mod groups;
mod ini;
mod yaml;

use std::io::BufRead as _;
use std::path::Path;

use super::document::Objects;
use super::object::Picker;
use super::{Columns, Host, Hosts, Opened, Unusable, whole};
use groups::Inventory;

pub(super) use ini::Ini;
pub(super) use yaml::Yaml;

const HELP: &str = "ansible-inventory --list -i FILE | sanid-fleet derive - has what it means";

/// The hosts of an inventory, as objects below their names.
fn opened(inventory: &Inventory, lines: u64, columns: &Columns) -> Result<Opened, Unusable> {
    let hosts = inventory.hosts()?;
    if hosts.is_empty() {
        return Err(Unusable::first(format!("it has no host; {HELP}")));
    }
    Ok(Opened {
        source: Box::new(Hosts::new(hosts.into(), lines)),
        rows: Box::new(Objects(Picker::new(columns))),
    })
}

/// Whether a file, also a compressed one, has one of these extensions.
fn is_named(name: &str, extensions: &[&str]) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let extension = Path::new(name).extension();
    extension.is_some_and(|found| extensions.iter().any(|one| found.eq_ignore_ascii_case(one)))
}

/// How many lines a text has.
fn lines(text: &str) -> u64 {
    text.as_bytes().lines().count() as u64
}
