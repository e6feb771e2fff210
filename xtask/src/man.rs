//! The man pages as mandoc sees them.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use vmtest::host::has_program;

use crate::cmd::Cmd;
use crate::place::Place;
use crate::test::step::{Context, Outcome};

/// Where the packages keep their man pages.
const DIRECTORIES: [&str; 3] = [
    "dist/usr/share/man/man8",
    "dist/fleet/usr/share/man/man8",
    "dist/kubernetes/usr/share/man/man8",
];

/// The step of `cargo xtask test`.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    if !has_program("mandoc") {
        return Ok(Outcome::missing(
            "mandoc is missing",
            "apt-get install mandoc",
        ));
    }
    let pages = pages(&context.place)?;
    let cmd = Cmd::new(["mandoc", "-T", "lint", "-W", "warning"])
        .args(pages.iter().map(|page| page.display().to_string()));
    let done = cmd.run(&context.place, "man")?;
    // The pages have no date on purpose: it would change a page whose text has not changed.
    let complaints: Vec<&str> = done
        .output
        .lines()
        .filter(|line| !line.ends_with("missing date, using \"\": TH"))
        .collect();
    let output = complaints.join("\n");
    Ok(if complaints.is_empty() {
        Outcome::passed(output)
    } else {
        Outcome::Failed {
            output,
            repeat: "cargo xtask test --only man".to_owned(),
        }
    })
}

fn pages(place: &Place) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for directory in DIRECTORIES {
        for entry in fs::read_dir(place.root.join(directory))? {
            pages.push(entry?.path());
        }
    }
    pages.sort();
    Ok(pages)
}
