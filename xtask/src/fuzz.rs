//! `cargo xtask fuzz`: every fuzz target, for so many runs; the figures in
//! docs/reliability.md. A short run is a step of the tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Arg, ArgMatches, Command, value_parser};
use vmtest::arguments::{Arguments, flag, option, words};
use vmtest::host::side_by_side;

use crate::cmd::Cmd;
use crate::dependencies;
use crate::page;
use crate::place::Place;
use crate::say::say;
use crate::test::step::{Context, Outcome};
use crate::tools;

#[derive(Debug)]
pub(crate) struct Options {
    targets: Vec<String>,
    runs: u64,
    dry_run: bool,
}

impl Arguments for Options {
    fn declare(command: Command) -> Command {
        command.args([
            Arg::new("targets")
                .num_args(0..)
                .help("Only these targets; without any, all of them"),
            option("runs", "How many inputs each target gets at least")
                .default_value("10000000")
                .value_parser(value_parser!(u64)),
            flag(
                "dry-run",
                "Only print the table; leave docs/reliability.md as it is",
            ),
        ])
    }

    fn read(matches: &ArgMatches) -> Self {
        Self {
            targets: words(matches, "targets"),
            runs: matches.get_one("runs").copied().unwrap_or_default(),
            dry_run: matches.get_flag("dry-run"),
        }
    }
}

/// Where the targets are. Those of the fleet take its dependencies, which is minutes of building: they are run in long
/// runs, and random texts are in the fleet's own tests.
const SHORT_RUN: &[&str] = &["fuzz"];
const LONG_RUN: &[&str] = &["fuzz", "fuzz/fleet"];

/// In the tests: what a change broke shows up soon or takes millions of runs.
const SHORT: u64 = 50_000;
/// In a long run of the tests.
const LONG: u64 = 1_000_000;

/// What one target did.
struct Report {
    target: String,
    /// How many inputs it got.
    runs: u64,
    per_second: u64,
    /// Edges of the code that were reached.
    coverage: u64,
    /// Inputs that the fuzzer keeps, because each reached something new.
    corpus: u64,
}

/// The short run of the tests.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let place = &context.place;
    let (runs, directories) = if context.long {
        (LONG, LONG_RUN)
    } else {
        (SHORT, SHORT_RUN)
    };
    if let Some(outcome) = build(place, directories)? {
        return Ok(outcome);
    }
    let mut output = String::new();
    for target in targets(place, directories)? {
        let cmd = command(place, &target, runs)?;
        match Outcome::of(place, &format!("fuzz {target}"), &cmd)? {
            Outcome::Passed { output: log } => {
                let report = read(&target, &log)?;
                writeln!(output, "test fuzz {target}, {} runs ... ok", report.runs)?;
            }
            failed => return Ok(failed),
        }
    }
    let count = output.lines().count();
    writeln!(output, "test result: ok. {count} passed; 0 failed")?;
    Ok(Outcome::Passed { output })
}

/// Builds, runs, prints, writes.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    match build(place, LONG_RUN)? {
        None => {}
        Some(Outcome::Failed { output, repeat }) => bail!("{output}\nto repeat: {repeat}"),
        Some(Outcome::Skipped { reason }) => bail!("{reason}"),
        Some(Outcome::Passed { .. }) => bail!("the fuzz targets were not built"),
    }
    let all = targets(place, LONG_RUN)?;
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        bail!(
            "no target is called {unknown:?}; there are {}",
            all.join(", ")
        );
    }
    let chosen = all
        .iter()
        .filter(|name| options.targets.is_empty() || options.targets.contains(name));
    let reports = side_by_side(chosen, |target| long(place, target, options.runs))
        .into_iter()
        .collect::<Result<Vec<Report>>>()?;
    let path = place.root.join("docs/reliability.md");
    let rows = reports.iter().map(row).collect();
    let text = table(&page::read(&path, "fuzz")?, rows);
    say!("\n{text}");
    if !options.dry_run {
        page::write(&path, "fuzz", &text)?;
    }
    Ok(true)
}

/// A run whose figures are published.
fn long(place: &Place, target: &str, runs: u64) -> Result<Report> {
    let done = command(place, target, runs)?.run(place, &format!("fuzz long {target}"))?;
    let end: Vec<&str> = done.output.lines().rev().take(60).collect();
    ensure!(
        done.status.success(),
        "{target} failed:\n{}",
        end.into_iter().rev().collect::<Vec<_>>().join("\n")
    );
    let report = read(target, &done.output)?;
    say!("{target}: {} runs, nothing found", report.runs);
    Ok(report)
}

/// Every target, by name.
fn targets(place: &Place, directories: &[&str]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for directory in directories {
        for entry in fs::read_dir(place.root.join(directory).join("fuzz_targets"))? {
            let path = entry?.path();
            let name = path.file_stem().context("a target has a name")?;
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    ensure!(!names.is_empty(), "there is no fuzz target");
    Ok(names)
}

/// Builds all targets; what came of it, unless it went well.
fn build(place: &Place, directories: &[&str]) -> Result<Option<Outcome>> {
    if let Err(outcome) = tools::FUZZ.get_or_outcome(place) {
        return Ok(Some(outcome));
    }
    let target = build_directory(place);
    dependencies::restore(place, dependencies::FUZZ, &target)?;
    for directory in directories {
        match build_one(place, directory)? {
            Outcome::Passed { .. } => {}
            other => return Ok(Some(other)),
        }
        if *directory == "fuzz" {
            dependencies::keep(place, dependencies::FUZZ, &target)?;
        }
    }
    Ok(None)
}

fn build_one(place: &Place, directory: &str) -> Result<Outcome> {
    // `cargo fuzz` changes a lock file that is not up to date, and this step would pass.
    let fetch = Cmd::new(["cargo", "fetch", "--locked", "--quiet", "--manifest-path"])
        .arg(format!("{directory}/Cargo.toml"));
    let label = format!("{} lock", directory.replace('/', " "));
    match Outcome::of(place, &label, &fetch)? {
        Outcome::Passed { .. } => {}
        other => return Ok(other),
    }
    let path = std::env::var("PATH").unwrap_or_default();
    // No sanitizer: the workspace forbids unsafe code, so what there is to find is a panic (an overflow
    // is one, too), an endless loop or all the memory, and those are found several times as fast.
    let cmd = Cmd::new(["cargo", "fuzz", "build", "--sanitizer", "none"])
        .args(["--fuzz-dir", directory, "--target-dir"])
        .arg(build_directory(place).to_string_lossy())
        .env("PATH", tools::search_path(&path))
        // The flags for coverage are unstable, and stable compilers have them.
        .env("RUSTC_BOOTSTRAP", "1");
    Outcome::of(
        place,
        &format!("{} build", directory.replace('/', " ")),
        &cmd,
    )
}

fn build_directory(place: &Place) -> PathBuf {
    place.target.join("fuzz")
}

/// The run of one target: from its seeds, with what earlier runs found.
fn command(place: &Place, target: &str, runs: u64) -> Result<Cmd> {
    let program = build_directory(place)
        .join(&place.host)
        .join("release")
        .join(target);
    let corpus = place.work().join("fuzz").join(target);
    fs::create_dir_all(&corpus)?;
    Ok(Cmd::new([program.to_string_lossy()])
        .arg(corpus.to_string_lossy())
        .arg(place.root.join("fuzz/seeds").join(target).to_string_lossy())
        .arg(format!("-runs={runs}"))
        .arg(format!("-artifact_prefix={}/crash-", corpus.display()))
        .args([
            "-print_final_stats=1",
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-max_len=2048",
        ]))
}

/// What libFuzzer says of a run.
fn read(target: &str, log: &str) -> Result<Report> {
    let stat = |name: &str| {
        let prefix = format!("stat::{name}:");
        log.lines()
            .find_map(|line| line.strip_prefix(&prefix)?.trim().parse().ok())
            .with_context(|| format!("{target} does not say {name}"))
    };
    let last = |word: &str| {
        let mut lines = log.lines().rev().filter(|line| line.starts_with('#'));
        lines
            .find_map(|line| {
                let number = line
                    .split_once(word)?
                    .1
                    .split([' ', '/'])
                    .find(|part| !part.is_empty());
                number?.parse().ok()
            })
            .with_context(|| format!("{target} does not say {word}"))
    };
    Ok(Report {
        target: target.to_owned(),
        runs: stat("number_of_executed_units")?,
        per_second: stat("average_exec_per_sec")?,
        coverage: last("cov:")?,
        corpus: last("corp:")?,
    })
}

const HEAD: &str = "| target | runs | runs per second | edges reached | inputs kept | found |\n\
                    |---|---:|---:|---:|---:|---|\n";

fn row(report: &Report) -> String {
    format!(
        "| `{}` | {} | {} | {} | {} | nothing |",
        report.target, report.runs, report.per_second, report.coverage, report.corpus
    )
}

/// The rows of a page with these in the place of what they say anew.
fn table(page: &str, rows: Vec<String>) -> String {
    let target = |row: &str| row.split('`').nth(1).map(str::to_owned);
    let old = page.lines().map(str::to_owned);
    let all: BTreeMap<String, String> = old
        .chain(rows)
        .filter_map(|row| Some((target(&row)?, row)))
        .collect();
    let rows: Vec<String> = all.into_values().map(|row| row + "\n").collect();
    HEAD.to_owned() + &rows.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_one_target_leaves_the_rows_of_the_others() {
        let page = table("", vec!["| `b` | 1 |".to_owned(), "| `a` | 1 |".to_owned()]);
        let page = table(&page, vec!["| `b` | 2 |".to_owned()]);
        assert_eq!(page, format!("{HEAD}| `a` | 1 |\n| `b` | 2 |\n"));
    }

    #[test]
    fn the_figures_are_those_of_the_last_line() {
        let log = "#2\tINITED cov: 300 ft: 400 corp: 3/90b exec/s: 0 rss: 40Mb\n\
                   #50000\tDONE   cov: 512 ft: 1800 corp: 214/9Kb lim: 300 exec/s: 25000 rss: 90Mb\n\
                   stat::number_of_executed_units: 50000\n\
                   stat::average_exec_per_sec:     25000\n";
        let report = read("names", log).unwrap();
        let figures = [
            report.runs,
            report.per_second,
            report.coverage,
            report.corpus,
        ];
        assert_eq!(figures, [50_000, 25_000, 512, 214]);
        assert!(read("names", "").is_err());
    }
}
