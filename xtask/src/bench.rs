//! `cargo xtask bench`: runs the benchmarks in `benches/`, which build, measure and write the pages.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::kube;
use crate::place::Place;
use crate::release;

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Benchmarks and options of `benches/bench.py`; --help lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Tells the scripts where this workspace builds and keeps things.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let mut command = Command::new("python3");
    command
        .arg(place.root.join("benches/bench.py"))
        .args(&options.arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CARGO_TARGET_DIR", &place.target)
        .env("SANID_BENCH_STATIC", release::target(&place.host));
    if let Some(servers) = kube::servers() {
        command.env("SANID_KUBE_SERVER", servers);
    }
    let status = command
        .status()
        .context("cannot run python3 (Debian package python3)")?;
    Ok(status.success())
}
