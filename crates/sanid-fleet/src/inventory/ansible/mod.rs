//! Inventories of Ansible, in INI and in YAML; what `ansible-inventory --list` prints is a JSON document.
//!
//! They are read whole, since what a host inherits can stand anywhere. Variables in other files
//! (`host_vars/`, `group_vars/`), encrypted ones and templates are Ansible's to find: `ansible-inventory
//! --list` prints them with all the others.

mod groups;
mod ini;
mod yaml;

use std::collections::VecDeque;
use std::io::BufRead as _;
use std::path::Path;

use super::BLOCK;
use super::document::Objects;
use super::object::Picker;
use super::{Columns, Mark, Opened, Piece, Source, Unusable};
use crate::chunks::Chunks;
use groups::Inventory;

pub(super) use ini::Ini;
pub(super) use yaml::Yaml;

/// Larger inventories come from programs, which print them as JSON.
const LARGEST: usize = 256 << 20;
const HELP: &str = "ansible-inventory --list -i FILE | sanid-fleet derive - has what it means";

/// The whole text.
fn whole(text: &mut Chunks) -> Result<String, Unusable> {
    let (bytes, ended) = text.ahead(LARGEST)?;
    if !ended {
        return Err(Unusable::first(format!(
            "it is larger than {LARGEST} bytes; {HELP}"
        )));
    }
    String::from_utf8(bytes.to_vec()).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to());
        Unusable {
            line: 1 + crate::chunks::newlines(valid.unwrap_or_default()),
            why: "it is no UTF-8".to_owned(),
        }
    })
}

/// The hosts of an inventory, as objects below their names.
fn opened(inventory: &Inventory, lines: u64, columns: &Columns) -> Result<Opened, Unusable> {
    let hosts = inventory.hosts()?;
    if hosts.is_empty() {
        return Err(Unusable::first(format!("it has no host; {HELP}")));
    }
    Ok(Opened {
        source: Box::new(Hosts {
            left: hosts.into(),
            lines,
        }),
        rows: Box::new(Objects(Picker::new(columns))),
    })
}

/// A host with all that it inherits.
struct Host {
    line: u64,
    name: String,
    object: String,
}

struct Hosts {
    left: VecDeque<Host>,
    lines: u64,
}

impl Source for Hosts {
    fn next(&mut self, piece: &mut Piece) -> Result<bool, Unusable> {
        piece.clear();
        while piece.chunk.text.len() < BLOCK {
            let Some(host) = self.left.pop_front() else {
                break;
            };
            piece.chunk.text.extend_from_slice(host.object.as_bytes());
            piece.marks.push(Mark {
                line: host.line,
                end: piece.chunk.text.len(),
                key: Some(host.name),
            });
        }
        Ok(!piece.marks.is_empty())
    }

    fn lines(&self) -> u64 {
        self.lines
    }
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
