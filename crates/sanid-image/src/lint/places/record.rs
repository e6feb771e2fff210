//! What sanid keeps on a host.

use super::{Content, Place, Reads};
use crate::lint::finding::{Finding, RECORD};

pub(super) static PLACE: Place = Place {
    patterns: &["var/lib/sanid/*.json", "run/sanid/*.json"],
    reads: Reads::Text,
    judge: |path, content: &Content| {
        if content.bytes().is_empty() {
            return Vec::new();
        }
        vec![Finding::removable(
            &RECORD,
            path,
            "a record of sanid".to_owned(),
        )]
    },
};
