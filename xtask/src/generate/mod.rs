//! `cargo xtask generate`: the files that follow from the code. They are
//! committed, so that packagers need no Rust to read them, and `--check` holds
//! them to the code.

mod completions;
mod kubernetes;
mod man;
mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use similar::TextDiff;

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci};
use crate::say::say;
use crate::test::Outcome;

/// What the packages sanid, sanid-fleet and sanid-kube install.
const SANID: &str = "dist/usr";
const FLEET: &str = "dist/fleet/usr";
const KUBE: &str = "dist/kubernetes/usr";
/// Where man pages go, below each of them.
const MAN: &str = "share/man/man8";

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Change nothing; show what differs and exit 1 if anything does
    #[arg(long)]
    check: bool,
}

/// Generated files by their path below the repository's root.
type Files = BTreeMap<PathBuf, String>;

/// Writes the files, or checks them.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let differences = differences(place)?;
    if options.check && !differences.is_empty() {
        say!("{}", show(&differences).trim_end());
        return Ok(false);
    }
    for Difference { path, now, .. } in &differences {
        let target = place.root.join(path);
        if let Some(text) = now {
            let directory = target.parent().context("a file has a directory")?;
            fs::create_dir_all(directory)?;
            fs::write(&target, text)?;
            say!("wrote {}", path.display());
        } else {
            fs::remove_file(&target)?;
            say!("removed {}", path.display());
        }
    }
    if differences.is_empty() {
        say!("all generated files are in step with the code");
    }
    Ok(true)
}

/// The step of `cargo xtask test`.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    let differences = differences(place)?;
    let output = show(&differences);
    Ok(if differences.is_empty() {
        Outcome::Passed { output }
    } else {
        Outcome::Failed {
            output,
            repeat: "cargo xtask generate --check".to_owned(),
        }
    })
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
        // The pages have no date on purpose: see man.rs.
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

/// One file that is not what the code says.
struct Difference {
    path: PathBuf,
    was: Option<String>,
    now: Option<String>,
}

fn differences(place: &Place) -> Result<Vec<Difference>> {
    let mut files = Files::new();
    man::pages(place, &mut files)?;
    completions::scripts(&mut files)?;
    schema::schema(&mut files)?;
    kubernetes::definitions(&mut files)?;

    let mut differences = Vec::new();
    for stale in stale_pages(place, &files)? {
        differences.push(Difference {
            was: fs::read_to_string(place.root.join(&stale)).ok(),
            now: None,
            path: stale,
        });
    }
    for (path, now) in files {
        let was = fs::read_to_string(place.root.join(&path)).ok();
        if was.as_deref() != Some(now.as_str()) {
            let now = Some(now);
            differences.push(Difference { path, was, now });
        }
    }
    Ok(differences)
}

/// Generated pages of subcommands that are no more.
fn stale_pages(place: &Place, files: &Files) -> Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for path in man_pages(place)? {
        let generated = fs::read_to_string(place.root.join(&path))
            .is_ok_and(|text| text.starts_with(man::MARK));
        if generated && !files.contains_key(&path) {
            stale.push(path);
        }
    }
    Ok(stale)
}

/// The man pages that there are, below the repository's root.
fn man_pages(place: &Place) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for tree in [SANID, FLEET, KUBE] {
        let directory = Path::new(tree).join(MAN);
        let Ok(entries) = fs::read_dir(place.root.join(&directory)) else {
            continue;
        };
        for entry in entries {
            pages.push(directory.join(entry?.file_name()));
        }
    }
    Ok(pages)
}

fn show(differences: &[Difference]) -> String {
    let mut text = String::new();
    for Difference { path, was, now } in differences {
        let path = path.display().to_string();
        let (was, now) = (
            was.as_deref().unwrap_or_default(),
            now.as_deref().unwrap_or_default(),
        );
        let diff = TextDiff::from_lines(was, now);
        text += &diff
            .unified_diff()
            .header(
                &format!("{path} (committed)"),
                &format!("{path} (generated)"),
            )
            .to_string();
    }
    if !text.is_empty() {
        text += "to bring them in step: cargo xtask generate\n";
    }
    text
}
