//! A part of an identity in one line.

use crate::facts::Facts;
use crate::file::{Effective, IdentityFile};
use crate::part::{Part, files};
use crate::resolve::Resolution;

/// What is on disk of a part, in one line.
pub fn on_disk(facts: &Facts, part: Part) -> String {
    let texts: Vec<String> = files(part).iter().map(|file| text(facts, *file)).collect();
    texts.join(" ")
}

fn text(facts: &Facts, file: IdentityFile) -> String {
    match facts.disk.effective(file) {
        Effective::Valid(text) | Effective::Irregular { text, .. } => text,
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
