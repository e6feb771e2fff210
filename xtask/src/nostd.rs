//! Proof that `sanid-core` runs without std and without an allocator.
//!
//! `nostd/proof.rs` is a `no_std` static library with a panic handler of its
//! own that uses sanid-core. If any crate below it linked std, rustc would find
//! two panic handlers; if one linked alloc, it would ask for a global
//! allocator. So that it compiles is the proof, on a machine that has no
//! target without std.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cmd::Cmd;
use crate::test::step::{Context, Outcome};

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
        .find_map(|line| library(&serde_json::from_str(line).ok()?))
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

/// The file of sanid-core, if this is what cargo reports of it.
fn library(artifact: &Value) -> Option<String> {
    let files = artifact.get("filenames")?.as_array()?;
    let library = files
        .iter()
        .filter_map(Value::as_str)
        .find(|file| Path::new(file).extension().is_some_and(|end| end == "rlib"))?;
    let is_core = artifact.pointer("/target/name")? == "sanid_core";
    is_core.then(|| library.to_owned())
}

fn failed(output: String) -> Outcome {
    Outcome::Failed {
        output,
        repeat: "cargo xtask test --only no-std".to_owned(),
    }
}
