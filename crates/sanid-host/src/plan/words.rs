//! A part of an identity in one line.

use crate::facts::Facts;
use crate::file::{Effective, IdentityFile};
use crate::part::{Part, files};
use crate::resolve::Resolution;

/// What is on disk of a part, in one line.
pub fn on_disk(facts: &Facts, part: Part) -> String {
    let text = |file: IdentityFile| match (file, &facts.disk) {
        (IdentityFile::InitiatorName, disk) => text(facts, file, &disk.iqn()),
        (IdentityFile::HostNqn, disk) => text(facts, file, &disk.host_nqn()),
        (IdentityFile::HostId, disk) => text(facts, file, &disk.host_id()),
    };
    let texts: Vec<String> = files(part).iter().map(|file| text(*file)).collect();
    texts.join(" ")
}

fn text<T: ToString>(facts: &Facts, file: IdentityFile, effective: &Effective<T>) -> String {
    match effective {
        Effective::Valid(value) => value.to_string(),
        Effective::Irregular { text, .. } => text.clone(),
        other => {
            // Its own reader takes no name from it, and another may.
            let names = facts.disk.names_in_use(file);
            let name = names.into_iter().next();
            name.unwrap_or_else(|| format!("({})", other.state()))
        }
    }
}

/// What is desired of a part, in one line; `(none)` where it has no name.
pub fn desired(wanted: &Resolution, part: Part) -> String {
    let values: Option<Vec<String>> = files(part).iter().map(|file| wanted.value(*file)).collect();
    values.map_or_else(|| "(none)".to_owned(), |values| values.join(" "))
}
