//! `cargo xtask bench`: sanid beside the programs that it is compared with, in
//! one run and interleaved, so that a noisy machine touches all alike. The
//! ratios count, not the milliseconds.

pub(crate) mod audit;
mod bulk;
pub(crate) mod claims;
mod fleet;
mod kubernetes;
mod plot;
mod report;
mod startup;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::cmd::Cmd;
use crate::page;
use crate::place::{Place, has_program, is_root, output};
use crate::release;
use crate::say::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each program is started
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many machine-ids the bulk comparison derives from
    #[arg(long, default_value_t = 2_000_000)]
    ids: u32,
    /// How many rows the inventory of the fleet has
    #[arg(long, default_value_t = 10_000_000)]
    rows: u32,
    /// Measure Kubernetes instead: agents and claims on a real API server; writes docs/kubernetes.md
    #[arg(long)]
    kube: bool,
    /// How many nodes the Kubernetes cluster has
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(10..))]
    nodes: u32,
    /// Only print the tables; leave the page as it is
    #[arg(long)]
    dry_run: bool,
}

/// Set in the private mount namespace.
const PRIVATE: &str = "SANID_BENCH_PRIVATE";

/// Builds, measures, prints, writes.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    if options.kube {
        return kubernetes::run(place, options);
    }
    if is_root() && std::env::var_os(PRIVATE).is_none() {
        let again = Command::new("unshare")
            .arg("--mount")
            .arg(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(PRIVATE, "1")
            .status()
            .context("cannot run unshare")?;
        // Here, where nothing is mounted below it any more.
        Scratch::clear(place)?;
        return Ok(again.success());
    }
    for program in ["iscsi-iname", "nvme", "python3", "strace", "time"] {
        ensure!(
            has_program(program),
            "there is no {program}; cargo xtask test --only packages installs it"
        );
    }
    // Apart, because examples bring in what tests need, and sanid is to be as it
    // is installed.
    for cmd in [
        release::build(place, "sanid", &["--bins"]),
        release::build(place, "sanid", &["--example", "read_machine_id"]),
        release::build(place, "sanid-fleet", &["--bins"]),
        Cmd::new(["cargo", "build", "--quiet", "--profile", "speed"]).args([
            "-p",
            "sanid",
            "--example",
            "bare_hmac",
        ]),
    ] {
        let built = cmd.run(place, "bench build")?;
        ensure!(built.status.success(), "{}", built.output);
    }

    let binary = place.static_binary();
    let examples = place.static_dir().join("examples");
    let scratch = Scratch::new(place)?;
    scratch.boot()?;
    output(
        Command::new(&binary)
            .arg("apply")
            .arg("--root")
            .arg(&scratch.root),
    )?;

    let subjects = startup::subjects(&binary, &examples, &scratch.root);
    let starts = startup::measure(&subjects, options.rounds)?;
    let bare = place.target.join("speed/examples/bare_hmac");
    let bulk = bulk::measure(&binary, &bare, &scratch.path, options.ids)?;
    let fleet = place.static_dir().join("sanid-fleet");
    let fleet = fleet::measure(&fleet, &bare, &scratch.path, options.rows, options.ids)?;
    let size = fs::metadata(&binary)?.len();

    let text = report::text(&starts, &bulk, size, options)?;
    let text = format!("{text}\n{}", fleet.text()?);
    say!("{text}");
    if !options.dry_run {
        let docs = place.root.join("docs");
        fs::write(docs.join(fleet::GROWTH_PLOT), fleet.plot()?)?;
        page::write(&docs.join("performance.md"), "bench", &text)?;
    }
    Ok(true)
}

/// A directory with a root of a host whose identity is applied.
struct Scratch {
    path: PathBuf,
    root: PathBuf,
}

impl Scratch {
    fn place(place: &Place) -> PathBuf {
        place.work().join("bench")
    }

    /// Removes what an earlier run left.
    fn clear(place: &Place) -> Result<()> {
        let path = Self::place(place);
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        ensure!(
            !mounts.contains(&text_of(&path)),
            "something is mounted below {}",
            path.display()
        );
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        Ok(())
    }

    fn new(place: &Place) -> Result<Self> {
        Self::clear(place)?;
        let path = Self::place(place);
        let root = path.join("root");
        for directory in ["etc", "var/lib", "run", "proc", "sys"] {
            fs::create_dir_all(root.join(directory))?;
        }
        fs::write(
            root.join("etc/machine-id"),
            "3d1219c7c4c5404aaa1f6d2a48adfda4\n",
        )?;
        Ok(Self { path, root })
    }

    /// As root: the kernel's own /proc and /sys below the root, and a volatile
    /// /run, as on a host that has booted.
    fn boot(&self) -> Result<()> {
        if std::env::var_os(PRIVATE).is_some() {
            let script = "mount -t tmpfs none \"$1/run\"; mount --rbind /proc \"$1/proc\"; \
                          mount --rbind /sys \"$1/sys\"";
            output(
                Command::new("sh")
                    .args(["-euc", script, "sh"])
                    .arg(&self.root),
            )?;
        }
        Ok(())
    }
}

/// The middle one.
fn median(values: &[f64]) -> Result<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(sorted.len() / 2)
        .copied()
        .context("nothing was measured")
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}
