//! Licences, sources and banned crates, by cargo-deny.

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::Place;
use crate::test::Outcome;
use crate::tools;

/// Checks `deny.toml` without the network; advisories need it and are left out.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    let program = match tools::program(place, "cargo-deny")? {
        Ok(program) => program,
        Err(outcome) => return Ok(outcome),
    };
    // The crates of other platforms count, too, and nothing else fetches them.
    // Without a network this may fail; then the check says what is missing.
    Cmd::new(["cargo", "fetch", "--locked", "--quiet"]).run(place, "fetch")?;
    let check = Cmd::new([program.as_str(), "--offline", "--all-features", "check"])
        .args(["bans", "licenses", "sources"]);
    Outcome::of(place, "deny", &check)
}
