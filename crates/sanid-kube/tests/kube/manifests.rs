//! The manifests: what the API server takes, and what it refuses.

use libtest_mimic::Trial;

use crate::Shared;

pub(crate) fn trials(_shared: &Shared) -> Vec<Trial> {
    Vec::new()
}
