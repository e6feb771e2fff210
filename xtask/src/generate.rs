//! `cargo xtask generate`: the files that follow from the code, such as man pages. The tests `generated` of the
//! product crates make them; this command runs those tests.

use anyhow::Result;
use clap::{ArgMatches, Command};
use vmtest::arguments::{Arguments, flag};

use crate::cmd::Cmd;
use crate::place::Place;
use crate::say::say;

#[derive(Debug, Default)]
pub(crate) struct Options {
    check: bool,
}

impl Arguments for Options {
    fn declare(command: Command) -> Command {
        command.arg(flag(
            "check",
            "Change nothing; show what differs and exit 1 if anything does",
        ))
    }

    fn read(matches: &ArgMatches) -> Self {
        Self {
            check: matches.get_flag("check"),
        }
    }
}

/// Writes the files, or checks them.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let action = if options.check { "verify" } else { "overwrite" };
    // The whole workspace, so that these tests are built with the features that `cargo test` builds them with.
    let cmd = Cmd::new(["cargo", "test", "--workspace", "--no-fail-fast"])
        .args(["--test", "generated"])
        .env("SNAPSHOTS", action);
    let done = cmd.run(place, "generate")?;
    if !done.status.success() {
        say!("{}", done.output.trim_end());
        return Ok(false);
    }
    let mut written = false;
    for line in done.output.lines() {
        // Each line is what the harness prints of a test, or one of these.
        let line = line
            .find("wrote ")
            .or(line.find("removed "))
            .and_then(|at| line.get(at..));
        if let Some(line) = line {
            say!("{line}");
            written = true;
        }
    }
    if !written {
        say!("all generated files match the code");
    }
    Ok(true)
}
