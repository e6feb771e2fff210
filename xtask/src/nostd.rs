//! Proof that `sanid-core` runs without std and without an allocator.
//!
//! `nostd/proof.rs` is a `no_std` static library with a panic handler of its
//! own that uses sanid-core. If any crate below it linked std, rustc would find
//! two panic handlers; if one linked alloc, it would ask for a global
//! allocator. So that it compiles is the proof, on a machine that has no
//! target without std.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::cmd::Cmd;
use crate::test::step::{Context, Outcome};

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<String>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds sanid-core alone, then the proof on top of it.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let place = &context.place;
    let build = Cmd::new(["cargo", "build", "--release", "--quiet", "-p", "sanid-core"])
        .arg("--message-format=json");
    let done = build.run(place, "no-std build")?;
    if !done.status.success() {
        return Ok(failed(done.output));
    }
    let library = done
        .output
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| {
            message
                .target
                .as_ref()
                .is_some_and(|t| t.name == "sanid_core")
        })
        .flat_map(|message| message.filenames)
        .find(|name| Path::new(name).extension().is_some_and(|end| end == "rlib"))
        .context("cargo named no library of sanid-core")?;
    let dependencies = place.target.join("release/deps");
    let proof = Cmd::new(["rustc", "--edition=2024", "--crate-type=staticlib"])
        .args(["-C", "panic=abort", "-C", "opt-level=2", "-D", "warnings"])
        .arg(format!("--extern=sanid_core={library}"))
        .arg(format!("-Ldependency={}", dependencies.display()))
        .args(["--out-dir".to_owned(), place.work().display().to_string()])
        .arg("xtask/nostd/proof.rs");
    Ok(match Outcome::of(place, "no-std", &proof)? {
        Outcome::Failed { output, .. } => failed(output),
        other => other,
    })
}

fn failed(output: String) -> Outcome {
    Outcome::Failed {
        output,
        repeat: "cargo xtask test --only no-std".to_owned(),
    }
}
