//! A part of an identity in one line.

use crate::facts::Facts;
use crate::file::Effective;
use crate::part::Part;
use crate::resolve::Resolution;

/// What is on disk of a part, in one line.
pub fn on_disk(facts: &Facts, part: Part) -> String {
    fn text<T: ToString>(effective: &Effective<T>) -> String {
        match effective {
            Effective::Valid(value) => value.to_string(),
            Effective::Irregular { text, .. } => text.clone(),
            other => format!("({})", other.state()),
        }
    }
    match part {
        Part::Iqn => text(&facts.disk.iqn()),
        Part::Nvme => format!(
            "{} {}",
            text(&facts.disk.host_nqn()),
            text(&facts.disk.host_id())
        ),
    }
}

/// What is desired of a part, in one line.
pub fn desired(wanted: &Resolution, part: Part) -> String {
    match part {
        Part::Iqn => wanted.iqn.value.to_string(),
        Part::Nvme => format!(
            "{} {}",
            wanted.nvme.value.host_nqn, wanted.nvme.value.host_id
        ),
    }
}
