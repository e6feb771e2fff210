//! `sanid-fleet derive` of a large inventory, CSV in and CSV out, beside the bare HMACs on as many cores and
//! beside a script in Python.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::bulk::Ids;
use super::{median, plot};
use crate::place::output;

const ROUNDS: usize = 5;
/// Enough for its rate, and few enough for its patience.
const PYTHON_ROWS: u32 = 200_000;
const SCRIPT: &str = include_str!("derive.py");

/// More would take the script minutes.
const PYTHON_MOST: u32 = 1_000_000;
const GROWTH_ROUNDS: usize = 3;
/// In docs.
pub(super) const GROWTH_PLOT: &str = "derive-growth.svg";

/// Rates in rows per second.
pub(super) struct Fleet {
    rows: u32,
    python: f64,
    runs: Vec<Run>,
    growth: Vec<Growth>,
    peak_kib: u64,
}

/// What so many cores do.
struct Run {
    cores: usize,
    derive: f64,
    bare: f64,
    /// Median over the rounds of the one by the other.
    ratio: f64,
}

/// How long so many rows take, in seconds.
struct Growth {
    rows: u32,
    derive: f64,
    /// Where it was run.
    python: Option<f64>,
}

/// Runs all in turn.
pub(super) fn measure(
    binary: &Path,
    bare_hmac: &Path,
    scratch: &Path,
    rows: u32,
    ids: u32,
) -> Result<Fleet> {
    let inventory = inventory(scratch, rows)?;
    let short = self::inventory(scratch, PYTHON_ROWS)?;
    let bare_ids = scratch.join("machine-ids");
    let script = scratch.join("derive.py");
    fs::write(&script, SCRIPT)?;
    same_output(binary, &script, &short)?;
    let all = std::thread::available_parallelism()?.get();
    let mut counts = vec![1, all];
    counts.dedup();
    let mut runs = Vec::new();
    for count in counts {
        let (mut derive, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut command = Command::new(binary);
            command
                .arg("derive")
                .args(["--threads", &count.to_string()]);
            derive.push(f64::from(rows) / seconds(command.arg(&inventory))?);
            bare.push(bare_rate(bare_hmac, &bare_ids, count, ids)?);
        }
        let ratios: Vec<f64> = derive.iter().zip(&bare).map(|(a, b)| a / b).collect();
        runs.push(Run {
            cores: count,
            derive: median(&derive)?,
            bare: median(&bare)?,
            ratio: median(&ratios)?,
        });
    }
    let python: Vec<f64> = (0..3)
        .map(|_| {
            let mut command = Command::new("python3");
            Ok(f64::from(PYTHON_ROWS) / seconds(command.arg(&script).arg(&short))?)
        })
        .collect::<Result<_>>()?;
    Ok(Fleet {
        rows,
        python: median(&python)?,
        runs,
        growth: growth(binary, &script, scratch, rows)?,
        peak_kib: peak_kib(binary, &inventory)?,
    })
}

/// From a thousand rows by powers of ten, on all cores.
fn growth(binary: &Path, script: &Path, scratch: &Path, most: u32) -> Result<Vec<Growth>> {
    let mut growth = Vec::new();
    for rows in (3..).map_while(|power| 10_u32.checked_pow(power)) {
        if rows > most {
            break;
        }
        let inventory = inventory(scratch, rows)?;
        let timed = |program: &mut Command| -> Result<f64> {
            let times: Vec<f64> = (0..GROWTH_ROUNDS)
                .map(|_| seconds(program))
                .collect::<Result<_>>()?;
            median(&times)
        };
        let derive = timed(Command::new(binary).arg("derive").arg(&inventory))?;
        let python = (rows <= PYTHON_MOST)
            .then(|| timed(Command::new("python3").arg(script).arg(&inventory)))
            .transpose()?;
        growth.push(Growth {
            rows,
            derive,
            python,
        });
    }
    Ok(growth)
}

/// The same rate on every core at once, as their number says.
fn bare_rate(bare_hmac: &Path, ids: &Path, cores: usize, count: u32) -> Result<f64> {
    let children: Vec<_> = (0..cores)
        .map(|_| {
            let mut command = Command::new(bare_hmac);
            command.arg(ids).stdout(Stdio::piped()).spawn()
        })
        .collect::<Result<_, _>>()?;
    let mut rate = 0.0;
    for child in children {
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let seconds: f64 = text.trim().parse().context("bare_hmac prints seconds")?;
        rate += f64::from(count) / seconds;
    }
    Ok(rate)
}

/// What is compared does the same.
fn same_output(binary: &Path, script: &Path, inventory: &Path) -> Result<()> {
    let own = output(Command::new(binary).arg("derive").arg(inventory))?;
    let other = output(Command::new("python3").arg(script).arg(inventory))?;
    ensure!(own == other, "the script in Python derives something else");
    Ok(())
}

fn seconds(command: &mut Command) -> Result<f64> {
    let begin = Instant::now();
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(begin.elapsed().as_secs_f64())
}

fn peak_kib(binary: &Path, inventory: &Path) -> Result<u64> {
    let done = Command::new("time")
        .args(["-q", "-f", "%M"])
        .arg(binary)
        .arg("derive")
        .arg(inventory)
        .stdout(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    text.lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .with_context(|| format!("time says {text:?}"))
}

/// An inventory of so many hosts.
fn inventory(scratch: &Path, rows: u32) -> Result<PathBuf> {
    let path = scratch.join(format!("inventory-{rows}.csv"));
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(file, "host,machine_id")?;
    for (number, id) in (0..rows).zip(Ids::default()) {
        writeln!(file, "node-{number:08}.example.com,{id}")?;
    }
    file.flush()?;
    Ok(path)
}

impl Fleet {
    /// The table, in Markdown.
    pub(super) fn text(&self) -> Result<String> {
        let mut text = String::new();
        writeln!(
            text,
            "`sanid-fleet derive` of {} rows, CSV in, CSV out, duplicates searched for, beside the bare HMACs on as \
             many cores; medians of {ROUNDS} interleaved rounds:\n",
            self.rows
        )?;
        writeln!(
            text,
            "| cores | rows per second | bare HMACs per second | ratio | beside Python |\n|---:|---:|---:|---:|---:|"
        )?;
        for one in &self.runs {
            writeln!(
                text,
                "| {} | {:.0} | {:.0} | {:.2} | {:.0} × |",
                one.cores,
                one.derive,
                one.bare,
                one.ratio,
                one.derive / self.python
            )?;
        }
        writeln!(
            text,
            "\nThe script in Python (`xtask/src/bench/derive.py`, one core, the same output byte for byte): {:.0} rows \
             per second. Peak memory of `sanid-fleet`: {} KiB.",
            self.python, self.peak_kib
        )?;
        writeln!(
            text,
            "\nHow the time of the whole process grows, on all cores; medians of {GROWTH_ROUNDS} runs:\n\n\
             | rows | `sanid-fleet derive`, s | Python, s |\n|---:|---:|---:|"
        )?;
        for one in &self.growth {
            let python = one
                .python
                .map_or_else(String::new, |python| format!("{python:.3}"));
            writeln!(text, "| {} | {:.3} | {python} |", one.rows, one.derive)?;
        }
        writeln!(text, "\n![Milliseconds by number of rows]({GROWTH_PLOT})")?;
        Ok(text)
    }

    /// The growth, as SVG.
    pub(super) fn plot(&self) -> Result<String> {
        let point = |rows: u32, seconds: f64| (f64::from(rows), 1000.0 * seconds);
        let derive = self.growth.iter();
        let derive = derive.map(|one| point(one.rows, one.derive));
        let python = self.growth.iter();
        let python = python.filter_map(|one| Some(point(one.rows, one.python?)));
        let lines = [("derive", derive.collect()), ("Python", python.collect())];
        plot::log_log("rows", "ms", &lines)
    }
}
