//! What cargo made of the dependencies, kept in the user's cache per lock file and compiler, so that the next clone
//! compiles the workspace alone. Cargo itself decides what of it is usable.
//!
//! The workspace's own crates are left out: they are made anew in each clone.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Result, ensure};
use vmtest::host::output;
use vmtest::kept;

use crate::cmd::Cmd;
use crate::place::Place;
use crate::test::step::{Context, Outcome};

/// The target directory of the clone: tests, clippy, docs, static binaries.
pub(crate) const WORKSPACE: &str = "deps-workspace";
/// That of the oldest Rust.
pub(crate) const MSRV: &str = "deps-msrv";
/// That of the fuzz targets.
pub(crate) const FUZZ: &str = "deps-fuzz";

/// The step that keeps those of the workspace.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let target = &context.place.target;
    keep(&context.place, WORKSPACE, target)?;
    Ok(Outcome::passed(""))
}

/// Copies what is kept into a target directory, once.
pub(crate) fn restore(place: &Place, name: &str, target: &Path) -> Result<()> {
    /// Two lanes build in the clone's target directory.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let recipe = recipe(place)?;
    let mark = target.join(format!(".{name}"));
    let done = fs::read_to_string(&mark).is_ok_and(|done| done == recipe);
    let Some(kept) = kept::existing(name, &recipe).filter(|_| !done) else {
        return Ok(());
    };
    fs::create_dir_all(target)?;
    // What the clone has made itself stays.
    let copy = "tar -C \"$1\" --format=posix -cf - . | tar -C \"$2\" --skip-old-files -xf -";
    script(place, copy, &[&kept, target])?;
    fs::write(mark, recipe)?;
    Ok(())
}

/// Keeps what is in a target directory, unless that was done before; the entries of earlier lock files go.
pub(crate) fn keep(place: &Place, name: &str, target: &Path) -> Result<()> {
    let recipe = recipe(place)?;
    kept::entry(name, &recipe, |entry| {
        script(
            place,
            include_str!("dependencies/keep.sh"),
            &[target, entry],
        )
    })?;
    kept::remove_others(name, &recipe)
}

/// Everything that a compiled dependency follows from; what else does, cargo notices.
fn recipe(place: &Place) -> Result<String> {
    let rust = output(std::process::Command::new("rustc").arg("-vV"))?;
    let files = ["Cargo.lock", "Cargo.toml", "fuzz/Cargo.lock"];
    let files = files.map(|file| fs::read_to_string(place.root.join(file)).unwrap_or_default());
    Ok(format!("{rust}\n{}", files.join("\n")))
}

fn script(place: &Place, script: &str, arguments: &[&Path]) -> Result<()> {
    let arguments = arguments.iter().map(|path| path.to_string_lossy());
    let cmd = Cmd::new(["bash", "-o", "pipefail", "-ec", script, "bash"]).args(arguments);
    let done = cmd.run(place, "dependencies")?;
    ensure!(done.status.success(), "{}", done.output);
    Ok(())
}
