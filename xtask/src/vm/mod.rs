//! `cargo xtask vm`: sanid in guests with a real kernel and a real systemd, one named test per case.
//!
//! `case` says what a case is and `cases` lists them; `artefacts` makes what guests are built of;
//! `qemu`, `guide`, `firmware`, `power`, `hardware`, `nspawn` and `san_boot` run them; `guest` judges what they print. What runs inside is in
//! `tests/vm`.

mod artefacts;
mod case;
mod cases;
mod claims;
mod cpio;
mod firmware;
mod fleet_export;
mod guest;
mod guide;
mod hardware;
mod nspawn;
mod power;
mod qemu;
mod san_boot;
mod san_image;
mod tree;

use std::collections::HashMap;
use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};

use crate::place::{Place, has_program, is_ci, is_root};
use crate::release;
use crate::say::say;
use crate::tally::Tally;
use case::{Bench, Case, Debian, Guest, Kernel};

/// Which cases to run, and how.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Run only these cases; all without any
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
    /// Name the cases and what each one proves
    #[arg(long)]
    list: bool,
    /// Guests at a time; as many as there are processors and memory for by default
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Test this static binary instead of building one
    #[arg(long, value_name = "FILE")]
    sanid: Option<PathBuf>,
    /// Let this nvmetcli save and restore in the cases of sanid-fleet: a directory with Debian's packages
    /// nvmetcli and python3-configshell-fb, unpacked
    #[arg(long, value_name = "DIR")]
    nvmetcli: Option<PathBuf>,
    /// Repeat the random choices of an earlier run
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keep consoles and disks of cases that pass, too
    #[arg(long)]
    keep: bool,
}

/// The programs that guests need on this machine, and their packages in Debian.
const PROGRAMS: &[(&str, &str)] = &[
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("systemd-nspawn", "systemd-container"),
    ("debootstrap", "debootstrap"),
    ("busybox", "busybox-static"),
    ("depmod", "kmod"),
    ("xz", "xz-utils"),
    ("nvme", "nvme-cli"),
    ("iscsid", "open-iscsi"),
    ("mkfs.ext4", "e2fsprogs"),
];

/// What came of a case.
enum Verdict {
    Passed,
    Ignored(String),
    Failed(String),
}

/// Runs the cases; true when none failed.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let chosen = chosen(&options.cases)?;
    if options.list {
        for case in &chosen {
            say!("{:<20} {}", case.name, case.proves);
        }
        return Ok(true);
    }
    let bench = Bench {
        place,
        sanid: binary(place, options)?,
        nvmetcli: options.nvmetcli.as_deref(),
        seed: options.seed.unwrap_or_else(clock),
    };
    fs::create_dir_all(bench.cache())?;
    say!("running {} tests, seed {}", chosen.len(), bench.seed);
    let begin = Instant::now();
    let ready = prepare(&bench, &chosen);
    let jobs = jobs(options, &chosen);
    // The kernel gives up a connection after 5 s without an answer, however slowly a guest is emulated: two
    // guests at once that talk to each other are enough for two processors.
    let (pairs, single): (Vec<_>, Vec<_>) = ready
        .into_iter()
        .partition(|(case, _)| matches!(case.guest, Guest::SanBoot(_)));
    let mut tally = side_by_side(&bench, single, jobs, options.keep);
    tally += side_by_side(&bench, pairs, jobs.div_ceil(2), options.keep);
    let Tally {
        passed,
        failed,
        ignored,
    } = tally;
    let word = if failed == 0 { "ok" } else { "FAILED" };
    say!(
        "test result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
         0 filtered out; finished in {:.1}s",
        begin.elapsed().as_secs_f64()
    );
    Ok(failed == 0)
}

/// Runs cases, so many at a time.
fn side_by_side(
    bench: &Bench<'_>,
    cases: Vec<(&Case, Option<String>)>,
    jobs: usize,
    keep: bool,
) -> Tally {
    let queue = Mutex::new(cases.into_iter());
    let counts = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some((case, obstacle)) = next else { break };
                    let begin = Instant::now();
                    let verdict = judge(bench, case, obstacle, keep);
                    let one = say(bench, case, &verdict, begin.elapsed());
                    if let Ok(mut counts) = counts.lock() {
                        *counts += one;
                    }
                }
            });
        }
    });
    counts.into_inner().unwrap_or_default()
}

/// The cases of these names, the longest first, so that none is left alone at the end.
fn chosen(names: &[String]) -> Result<Vec<&'static Case>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| cases::ALL.iter().all(|case| case.name != name.as_str()))
    {
        bail!("no case is called {unknown:?}; cargo xtask vm --list names them");
    }
    let mut chosen: Vec<&Case> = cases::ALL
        .iter()
        .filter(|case| names.is_empty() || names.iter().any(|name| name == case.name))
        .collect();
    chosen.sort_by_key(|case| std::cmp::Reverse(case.limit));
    Ok(chosen)
}

fn binary(place: &Place, options: &Options) -> Result<PathBuf> {
    if let Some(given) = &options.sanid {
        return given
            .canonicalize()
            .with_context(|| given.display().to_string());
    }
    let cmd = release::build(place, "sanid", &["--bin", "sanid"]);
    let done = cmd.run(place, "vm static")?;
    ensure!(
        done.status.success(),
        "{}\nto repeat: {}",
        done.output,
        cmd.repeat()
    );
    Ok(place.static_binary())
}

/// A number that differs from run to run.
fn clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |now| u64::from(now.subsec_nanos()) + now.as_secs())
}

/// Makes what the cases need, one after the other; says which cases cannot run, and why.
fn prepare<'c>(bench: &Bench<'_>, cases: &[&'c Case]) -> Vec<(&'c Case, Option<String>)> {
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| !has_program(program))
        .map(|(_, package)| *package)
        .collect();
    let general = if !is_root() {
        Some("not root".to_owned())
    } else if missing.is_empty() {
        None
    } else {
        let packages = missing.join(" ");
        Some(format!(
            "apt-get install --no-install-recommends {packages}"
        ))
    };
    // One attempt for each: what cannot be had is said at once by the cases after it.
    let mut had: HashMap<Need, Option<String>> = HashMap::new();
    let mut obstacle = |case: &Case| {
        general.clone().or_else(|| {
            needs(case)
                .into_iter()
                .find_map(|need| {
                    had.entry(need)
                        .or_insert_with(|| need.make(bench).err().map(|error| format!("{error:#}")))
                        .clone()
                })
                .or_else(|| match &case.guest {
                    Guest::SanBoot(boot) => san_boot::prepare(bench, boot)
                        .err()
                        .map(|error| format!("{error:#}")),
                    _ => None,
                })
        })
    };
    cases.iter().map(|case| (*case, obstacle(case))).collect()
}

/// What a guest is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Need {
    Initramfs(Kernel),
    Kernel(Kernel),
    Tree(Debian),
}

impl Need {
    fn make(self, bench: &Bench<'_>) -> Result<()> {
        match self {
            Self::Initramfs(kernel) => artefacts::initramfs(bench, kernel).map(drop),
            Self::Kernel(kernel) => artefacts::kernel(bench, kernel).map(drop),
            Self::Tree(debian) => artefacts::debian(bench, debian).map(drop),
        }
    }
}

fn needs(case: &Case) -> Vec<Need> {
    match case.guest {
        Guest::Ram { kernel, .. }
        | Guest::PowerCut { kernel, .. }
        | Guest::Hardware { kernel, .. }
        | Guest::FleetExport(kernel) => {
            vec![Need::Kernel(kernel), Need::Initramfs(kernel)]
        }
        Guest::Container { debian, .. } => vec![Need::Tree(debian)],
        Guest::Disk { debian, .. } | Guest::Guide { debian, .. } => {
            vec![Need::Kernel(debian.kernel()), Need::Tree(debian)]
        }
        // Its initramfs holds a program of Debian 13.
        Guest::Firmware(ref firmware) => vec![
            Need::Kernel(firmware.kernel),
            Need::Initramfs(firmware.kernel),
            Need::Tree(Debian::Thirteen),
        ],
        // It has trees of its own, with what makes its images.
        Guest::SanBoot(_) => Vec::new(),
    }
}

/// As many guests as fit.
fn jobs(options: &Options, cases: &[&Case]) -> usize {
    if let Some(jobs) = options.jobs {
        return jobs.get();
    }
    let largest = cases.iter().map(|case| case.memory).max().unwrap_or(1);
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let free = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free: u64 = free
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0);
    // QEMU itself needs a good part of what its guest has.
    let fit = usize::try_from(free / 1024 / (largest * 2)).unwrap_or(usize::MAX);
    processors.min(fit).max(1)
}

fn judge(bench: &Bench<'_>, case: &Case, obstacle: Option<String>, keep: bool) -> Verdict {
    match obstacle {
        Some(reason) if is_ci() => return Verdict::Failed(reason),
        Some(reason) => return Verdict::Ignored(reason),
        None => {}
    }
    let outcome = try_run(bench, case);
    if outcome.is_ok() && !keep {
        let _ = fs::remove_dir_all(bench.work(case));
        let _ = fs::remove_file(bench.log(case));
    }
    match outcome {
        Ok(()) => Verdict::Passed,
        Err(error) => Verdict::Failed(format!("{error:#}")),
    }
}

fn try_run(bench: &Bench<'_>, case: &Case) -> Result<()> {
    let work = bench.work(case);
    if work.exists() {
        // A run that was killed has left its tree mounted.
        let _ = tree::unmount(&work);
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    fs::write(bench.log(case), "")?;
    match &case.guest {
        Guest::Ram { kernel, script } => qemu::ram(bench, case, *kernel, script),
        Guest::PowerCut {
            kernel,
            script,
            cuts,
        } => power::run(bench, case, *kernel, script, *cuts),
        Guest::Hardware {
            kernel,
            script,
            machines,
        } => hardware::run(bench, case, *kernel, script, machines),
        Guest::Container { debian, boots } => nspawn::run(bench, case, *debian, boots),
        Guest::Disk { debian, boots } => qemu::disk(bench, case, *debian, boots),
        Guest::Guide { debian, script } => guide::run(bench, case, *debian, script),
        Guest::Firmware(firmware) => firmware::run(bench, case, firmware),
        Guest::FleetExport(kernel) => fleet_export::run(bench, case, *kernel),
        Guest::SanBoot(boot) => san_boot::run(bench, case, boot),
    }
}

/// Prints the line of a case, and counts it.
fn say(bench: &Bench<'_>, case: &Case, verdict: &Verdict, took: Duration) -> Tally {
    let mut one = Tally::default();
    let name = case.name;
    let seconds = took.as_secs_f64();
    match verdict {
        Verdict::Passed => {
            say!("test vm::{name} ... ok ({seconds:.1} s)");
            one.passed = 1;
        }
        Verdict::Failed(reason) => {
            // One call, so that another case's line does not come between.
            say!(
                "test vm::{name} ... FAILED ({seconds:.1} s)\n  {reason}\n  console: {}\n  to repeat: cargo xtask vm {name} --seed {}",
                bench.log(case).display(),
                bench.seed
            );
            one.failed = 1;
        }
        Verdict::Ignored(reason) => {
            say!("test vm::{name} ... ignored, {reason}");
            one.ignored = 1;
        }
    }
    one
}
