//! `cargo xtask generate`: the files that follow from the code, such as man pages. The tests `generated` of the
//! product crates make them; this command runs those tests, and checks the pages with mandoc.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci};
use crate::say::say;
use crate::test::Outcome;

/// Where the packages sanid, sanid-fleet and sanid-kube install man pages.
const MAN: [&str; 3] = [
    "dist/usr/share/man/man8",
    "dist/fleet/usr/share/man/man8",
    "dist/kubernetes/usr/share/man/man8",
];

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Change nothing; show what differs and exit 1 if anything does
    #[arg(long)]
    check: bool,
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

/// The man pages as mandoc sees them.
pub(crate) fn lint(place: &Place) -> Result<Outcome> {
    if !has_program("mandoc") {
        let reason = "there is no mandoc".to_owned();
        return Ok(if is_ci() {
            Outcome::Failed {
                output: reason,
                repeat: "apt-get install mandoc".to_owned(),
            }
        } else {
            Outcome::Skipped { reason }
        });
    }
    let mut pages = man_pages(place)?;
    pages.sort();
    let pages = pages.iter().map(|page| page.display().to_string());
    let cmd = Cmd::new(["mandoc", "-T", "lint", "-W", "warning"]).args(pages);
    let complaints: Vec<String> = cmd
        .run(place, "man")?
        .output
        .lines()
        // The pages have no date on purpose: see `testkit`.
        .filter(|line| !line.ends_with("missing date, using \"\": TH"))
        .map(str::to_owned)
        .collect();
    let output = complaints.join("\n");
    Ok(if complaints.is_empty() {
        Outcome::Passed { output }
    } else {
        Outcome::Failed {
            output,
            repeat: "cargo xtask test --only man".to_owned(),
        }
    })
}

/// The man pages, below the repository's root.
fn man_pages(place: &Place) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for directory in MAN {
        for entry in fs::read_dir(place.root.join(directory))? {
            pages.push(Path::new(directory).join(entry?.file_name()));
        }
    }
    Ok(pages)
}
