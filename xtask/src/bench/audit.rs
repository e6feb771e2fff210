//! `sanid-fleet audit` beside DuckDB's `GROUP BY … HAVING` on the same reports: how both grow with the
//! fleet.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::{median, report, text_of};
use crate::cmd::Cmd;
use crate::page;
use crate::place::{Place, has_program, output};
use crate::say::say;

const QUERIES: &str = include_str!("audit.py");
/// What `pip` installs.
const DUCKDB: &str = "duckdb==2.0.0";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The largest fleet, as a power of ten; ten million reports are 18 GB
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(3..=8))]
    largest: u32,
    /// How often each program runs, up to a million hosts; above, once
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only print the table; leave the pages as they are
    #[arg(long)]
    dry_run: bool,
}

/// One program on one fleet.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    seconds: f64,
    peak_mib: f64,
}

/// All programs on one fleet.
struct Row {
    hosts: u64,
    bytes: u64,
    audit: Cost,
    all: Cost,
    one: Cost,
    /// Medians over the rounds of DuckDB's time by that of the audit in the same round.
    ratio_all: f64,
    ratio_one: f64,
}

/// Builds, makes fleets one after the other, measures, removes them, writes.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    ensure!(
        has_program("time"),
        "there is no time; cargo xtask test --only packages installs it"
    );
    let scratch = place.work().join("bench-audit");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    has_room(&scratch, options.largest)?;
    for target in [["--bin", "sanid-fleet"], ["--example", "reports"]] {
        let build = Cmd::new([
            "cargo",
            "build",
            "--quiet",
            "--release",
            "-p",
            "sanid-fleet",
        ])
        .args(target);
        let done = build.run(place, "bench-audit build")?;
        ensure!(done.status.success(), "{}", done.output);
    }
    let python = duckdb(place)?;
    let script = scratch.join("audit.py");
    fs::write(&script, QUERIES)?;
    let bench = Bench {
        binary: place.target.join("release/sanid-fleet"),
        generator: place.target.join("release/examples/reports"),
        python,
        script,
        scratch: scratch.clone(),
    };
    let mut rows = Vec::new();
    for power in 3..=options.largest {
        let rounds = if power > 6 { 1 } else { options.rounds };
        let row = bench.row(10_u64.pow(power), rounds)?;
        say!("{}", line(&row));
        rows.push(row);
    }
    fs::remove_dir_all(&scratch)?;
    let text = table(&rows)?;
    say!("{text}");
    if !options.dry_run {
        page::write(&place.root.join("docs/performance.md"), "audit", &text)?;
        fs::write(place.root.join("docs/audit-growth.svg"), plot(&rows))?;
    }
    Ok(true)
}

/// Before hours of work: the largest fleet lies there whole, and beside it what DuckDB puts aside.
fn has_room(scratch: &Path, largest: u32) -> Result<()> {
    const REPORT: u64 = 1_800 + 400;
    let needed = 10_u64.pow(largest) * REPORT;
    let told = output(
        Command::new("df")
            .args(["--block-size=1", "--output=avail"])
            .arg(scratch),
    )?;
    let free: u64 = told
        .lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .with_context(|| format!("df says {told:?}"))?;
    ensure!(
        free > needed,
        "{} needs {} GB and {} has {}; --largest {} needs a tenth",
        10_u64.pow(largest),
        needed / 1_000_000_000,
        scratch.display(),
        free / 1_000_000_000,
        largest - 1
    );
    Ok(())
}

/// A Python that has DuckDB, in a directory of its own.
fn duckdb(place: &Place) -> Result<PathBuf> {
    let directory = place.work().join("duckdb");
    let python = directory.join("bin/python");
    if !python.is_file() {
        output(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    }
    output(Command::new(&python).args(["-m", "pip", "install", "--quiet", DUCKDB]))?;
    Ok(python)
}

struct Bench {
    binary: PathBuf,
    generator: PathBuf,
    python: PathBuf,
    script: PathBuf,
    scratch: PathBuf,
}

impl Bench {
    fn row(&self, hosts: u64, rounds: u32) -> Result<Row> {
        let reports = self.scratch.join("reports.ndjson");
        let made = Command::new(&self.generator)
            .arg(hosts.to_string())
            .stdout(File::create(&reports)?)
            .status()?;
        ensure!(made.success(), "the reports could not be made: {made}");
        let (mut audits, mut alls, mut ones) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=rounds {
            let mut audit = Command::new("time");
            audit
                .arg("-q")
                .args(["-f", "%M"])
                .arg(&self.binary)
                .args(["audit", "--format", "json"])
                .arg(&reports);
            let audit = measure(&mut audit)?;
            let all = self.query(&reports, "all")?;
            let one = self.query(&reports, "one")?;
            // The first round fills the page cache, where the reports fit into it.
            if round > 0 || rounds == 1 {
                audits.push(audit);
                alls.push(all);
                ones.push(one);
            }
            if rounds == 1 {
                break;
            }
        }
        let bytes = fs::metadata(&reports)?.len();
        fs::remove_file(&reports)?;
        let ratio = |other: &[Cost]| {
            let ratios = other
                .iter()
                .zip(&audits)
                .map(|(other, audit)| other.seconds / audit.seconds);
            median(&ratios.collect::<Vec<_>>())
        };
        Ok(Row {
            hosts,
            bytes,
            ratio_all: ratio(&alls)?,
            ratio_one: ratio(&ones)?,
            audit: middle(&audits)?,
            all: middle(&alls)?,
            one: middle(&ones)?,
        })
    }

    fn query(&self, reports: &Path, what: &str) -> Result<Cost> {
        let threads = std::thread::available_parallelism()?;
        let mut query = Command::new("time");
        query
            .arg("-q")
            .args(["-f", "%M"])
            .arg(&self.python)
            .arg(&self.script)
            .arg(reports)
            .arg(threads.to_string())
            .arg(text_of(&self.scratch.join("duckdb-temporary")))
            .arg(what);
        measure(&mut query)
    }
}

/// Runs a program below `time`, which says on the last line of standard error how much memory it had.
fn measure(command: &mut Command) -> Result<Cost> {
    let begin = Instant::now();
    let done = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    let seconds = begin.elapsed().as_secs_f64();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    // An audit that finds something ends with 1.
    ensure!(matches!(done.status.code(), Some(0 | 1)), "{told}");
    let peak: f64 = told
        .lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .with_context(|| format!("time says {told:?}"))?;
    Ok(Cost {
        seconds,
        peak_mib: peak / 1024.0,
    })
}

fn middle(costs: &[Cost]) -> Result<Cost> {
    let of = |value: fn(&Cost) -> f64| median(&costs.iter().map(value).collect::<Vec<_>>());
    Ok(Cost {
        seconds: of(|cost| cost.seconds)?,
        peak_mib: of(|cost| cost.peak_mib)?,
    })
}

fn line(row: &Row) -> String {
    #[allow(clippy::cast_precision_loss, reason = "shown with two digits")]
    let gigabytes = row.bytes as f64 / 1e9;
    format!(
        "| {} | {gigabytes:.3} | {:.2} | {:.0} | {:.2} | {:.0} | {:.2} | {:.2} | {:.2} |",
        row.hosts,
        row.audit.seconds,
        row.audit.peak_mib,
        row.all.seconds,
        row.all.peak_mib,
        row.one.seconds,
        row.ratio_all,
        row.ratio_one
    )
}

fn table(rows: &[Row]) -> Result<String> {
    let mut text = format!(
        "Machine: {}. {DUCKDB} with as many threads as there are cores, and 1 GB.\n\n\
         | hosts | GB | audit, s | audit, MiB | DuckDB all, s | DuckDB all, MiB | DuckDB one, s | all / audit | one / audit |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        report::machine()?
    );
    for row in rows {
        writeln!(text, "{}", line(row))?;
    }
    Ok(text)
}

/// What a line of the plot shows.
type Value = fn(&Row) -> f64;

/// Both axes by powers of ten: a straight line at 45 degrees grows as the fleet does.
fn plot(rows: &[Row]) -> String {
    const LEFT: f64 = 70.0;
    const TOP: f64 = 20.0;
    const STEP: f64 = 110.0;
    const TALL: f64 = 75.0;
    let place = |hosts: u64, seconds: f64| {
        let x = LEFT + (f64::from(hosts.ilog10()) - 3.0) * STEP;
        let y = TOP + (3.0 - seconds.max(0.01).log10()) * TALL;
        (x, y)
    };
    let right = rows.last().map_or(LEFT, |row| place(row.hosts, 1.0).0);
    let bottom = TOP + 5.0 * TALL;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\" aria-label=\"Seconds by number of hosts\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        right + 190.0,
        bottom + 45.0
    );
    for power in -2..=3 {
        let (_, y) = place(1000, 10_f64.powi(power));
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{right:.1}\" stroke=\"#ddd\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{} s</text>",
            LEFT - 8.0,
            y + 4.0,
            10_f64.powi(power)
        );
    }
    for row in rows {
        let (x, _) = place(row.hosts, 1.0);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{bottom:.1}\" stroke=\"#eee\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">10<tspan dy=\"-5\" font-size=\"10\">{}</tspan></text>",
            bottom + 20.0,
            row.hosts.ilog10()
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">hosts</text>",
        f64::midpoint(LEFT, right),
        bottom + 40.0
    );
    let lines: [(&str, &str, Value); 3] = [
        ("sanid-fleet audit", "#1f5fbf", |row| row.audit.seconds),
        ("DuckDB, four groupings", "#c05621", |row| row.all.seconds),
        ("DuckDB, one grouping", "#2f855a", |row| row.one.seconds),
    ];
    for (number, (name, colour, value)) in (0_u8..).zip(lines) {
        let points: Vec<String> = rows
            .iter()
            .map(|row| {
                let (x, y) = place(row.hosts, value(row));
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
            points.join(" ")
        );
        let y = TOP + 14.0 + f64::from(number) * 20.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{:.1} {:.1}h20\" stroke=\"{colour}\" stroke-width=\"2.5\"/><text x=\"{:.1}\" y=\"{y:.1}\">{name}</text>",
            right + 8.0,
            y - 4.0,
            right + 33.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}
