//! `cargo xtask bench`: runs the benchmarks in `benches/`, which build, measure and write the pages.

use std::process;

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command};
use vmtest::arguments::{Arguments, words};

use crate::kube;
use crate::place::Place;
use crate::release;

#[derive(Debug)]
pub(crate) struct Options {
    arguments: Vec<String>,
}

impl Arguments for Options {
    fn declare(command: Command) -> Command {
        let arguments = Arg::new("arguments")
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .help("Benchmarks and options of `benches/bench.py`; --help lists them");
        command.disable_help_flag(true).arg(arguments)
    }

    fn read(matches: &ArgMatches) -> Self {
        Self {
            arguments: words(matches, "arguments"),
        }
    }
}

/// Tells the scripts where this workspace builds and keeps things.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let mut command = process::Command::new("python3");
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
