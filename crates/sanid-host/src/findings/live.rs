//! The running kernel against the files.

use super::{Finding, View};
use crate::part::Part;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let parts = Part::ALL.into_iter();
    parts.flat_map(|part| part.kind().live(view)).collect()
}
