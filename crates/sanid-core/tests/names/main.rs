//! What is a name, what is portable, and why not: the rules as tables.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod coverage;
mod invalid;
mod pairs;
mod portability;
mod published;
mod spelling;

use sanid_core::{
    HostId, HostNqn, HostUuid, Iqn, IqnPrefix, IscsiName, NameError, Nqn, Portability,
};

/// What a text is read as.
#[derive(Clone, Copy, Debug, PartialEq)]
enum As {
    Iscsi,
    Iqn,
    Prefix,
    Nqn,
    HostNqn,
    HostId,
    Uuid,
}

/// Reads a text and, where the type can tell, asks who stumbles over it.
fn read(what: As, text: &str) -> Result<Portability, NameError> {
    match what {
        As::Iscsi => IscsiName::parse(text).map(|name| name.portability()),
        As::Iqn => Iqn::parse(text).map(|name| name.portability()),
        As::Prefix => IqnPrefix::parse(text).map(|_| Portability::default()),
        As::Nqn => Nqn::parse(text).map(|name| name.portability()),
        As::HostNqn => HostNqn::parse(text).map(|name| name.portability()),
        As::HostId => HostId::parse(text).map(|_| HostId::text_portability(text)),
        As::Uuid => HostUuid::parse(text).map(|_| Portability::default()),
    }
}

/// A text of exactly this many bytes: a beginning and as many `a` as it takes.
fn padded(beginning: &str, bytes: usize) -> String {
    format!("{beginning}{}", "a".repeat(bytes - beginning.len()))
}
