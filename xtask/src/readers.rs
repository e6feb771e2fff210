//! The programs of Debian 13 that read sanid's files, for the test `real`.

use anyhow::Result;
use vmtest::{Artefact, debian};

use crate::place::{Place, is_ci};
use crate::test::Outcome;

/// Unpacks them.
pub(crate) fn step(_: &Place) -> Result<Outcome> {
    if let Some(reason) = debian::cannot() {
        return Ok(Outcome::Skipped { reason });
    }
    match Artefact::Readers.get() {
        Ok(tree) => Ok(Outcome::Passed {
            output: format!("{}\n", tree.display()),
        }),
        Err(error) if is_ci() => Err(error),
        Err(error) => Ok(Outcome::Skipped {
            reason: format!("the tests with them will be ignored: {error:#}"),
        }),
    }
}
