//! A run of cases: what they need is made, then each one runs and is reported as libtest does it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use crate::artefacts::{Artefact, prepare};
use crate::case::Case;
use crate::host::{has_program, is_ci, is_root, say};
use crate::trial::{Bench, Options, Trial};
use crate::{cases, kinds, queue, tree};

/// The programs that guests need on this machine, and their packages in Debian.
const PROGRAMS: &[(&str, &str)] = &[
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("systemd-nspawn", "systemd-container"),
    ("debootstrap", "debootstrap"),
    ("depmod", "kmod"),
    ("xz", "xz-utils"),
    ("mkfs.ext4", "e2fsprogs"),
];

/// As many lines of the console of a failed case are shown.
const SHOWN: usize = 20;

/// The programs of the project that the chosen cases need, for [`Bench::programs`].
///
/// # Errors
///
/// A case does not exist.
pub fn programs(options: &Options) -> Result<Vec<&'static str>> {
    let mut names = Vec::new();
    if !options.list {
        for case in chosen(options)? {
            names.extend(kinds::programs(case));
        }
    }
    names.sort_unstable();
    names.dedup();
    names.retain(|name| *name != "sanid" || options.sanid.is_none());
    Ok(names)
}

/// Runs the cases, or lists them, or opens a shell in the guest of one; true when none failed.
///
/// # Errors
///
/// A case does not exist, or a shell was asked for without a terminal.
pub fn run(bench: &Bench, options: &Options) -> Result<bool> {
    let chosen = chosen(options)?;
    if options.list {
        for case in chosen {
            say!("{:<26} {}", case.name, case.proves);
        }
        return Ok(true);
    }
    let seed = options.seed.unwrap_or_else(clock);
    let trial = |case| Trial {
        bench,
        options,
        case,
        seed,
    };
    fs::create_dir_all(&bench.directory).with_context(|| bench.directory.display().to_string())?;
    if options.shell {
        return shell(&chosen, trial);
    }
    say!("running {} tests, seed {seed}", chosen.len());
    let begin = Instant::now();
    let counts = Mutex::new(Counts::default());
    let report = |trial: &Trial<'_>, verdict: Verdict, took: Duration| {
        say!("{}", line(trial, &verdict, took));
        if let Ok(mut counts) = counts.lock() {
            counts.add(&verdict);
        }
    };
    let is_left_out = |case: &&Case| {
        options.cases.is_empty() && !options.long && cases::LONG.contains(&case.name)
    };
    let (left_out, chosen): (Vec<_>, Vec<_>) = chosen.into_iter().partition(is_left_out);
    for case in left_out {
        let reason = "cargo xtask test --long runs it".to_owned();
        report(&trial(case), Verdict::Ignored(reason), Duration::ZERO);
    }
    let obstacles = obstacles(&chosen);
    let mut ready = Vec::new();
    for case in chosen {
        match obstacles.get(case.name) {
            Some(reason) if is_ci() => {
                report(
                    &trial(case),
                    Verdict::Failed(anyhow!("{reason}")),
                    Duration::ZERO,
                );
            }
            Some(reason) => report(
                &trial(case),
                Verdict::Ignored(reason.clone()),
                Duration::ZERO,
            ),
            None => ready.push(case),
        }
    }
    queue::run(ready, options.jobs, |case| {
        let (trial, begin) = (trial(case), Instant::now());
        let verdict = match judge(&trial) {
            Ok(()) => Verdict::Passed,
            Err(error) => Verdict::Failed(error),
        };
        report(&trial, verdict, begin.elapsed());
    });
    let counts = counts.into_inner().unwrap_or_default();
    say!("{}", counts.line(begin.elapsed()));
    Ok(counts.failed == 0)
}

/// The cases of the given names, or all of them.
fn chosen(options: &Options) -> Result<Vec<&'static Case>> {
    let names = &options.cases;
    if let Some(unknown) = names
        .iter()
        .find(|name| cases::all().all(|case| case.name != name.as_str()))
    {
        bail!("no case is called {unknown:?}; cargo xtask vm --list shows their names");
    }
    Ok(cases::all()
        .filter(|case| names.is_empty() || names.iter().any(|name| name == case.name))
        .collect())
}

/// A number that differs from run to run.
fn clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |now| u64::from(now.subsec_nanos()) + now.as_secs())
}

/// Makes what the cases need; the reason for each case that cannot run, by its name.
fn obstacles(cases: &[&'static Case]) -> BTreeMap<&'static str, String> {
    if let Some(reason) = missing() {
        let all = cases.iter().map(|case| (case.name, reason.clone()));
        return all.collect();
    }
    let mut needed: Vec<Artefact> = cases
        .iter()
        .flat_map(|case| kinds::artefacts(case))
        .collect();
    needed.sort_unstable();
    needed.dedup();
    // One attempt for each: cases after the first do not wait for what cannot be had.
    let failed: BTreeMap<Artefact, String> = prepare(&needed)
        .into_iter()
        .filter_map(|(artefact, made)| Some((artefact, format!("{:#}", made.err()?))))
        .collect();
    let obstacle = |case: &&'static Case| {
        let needs = kinds::artefacts(case);
        let reason = needs.iter().find_map(|artefact| failed.get(artefact))?;
        Some((case.name, reason.clone()))
    };
    cases.iter().filter_map(obstacle).collect()
}

/// Why no guest can run on this machine, if that is so.
fn missing() -> Option<String> {
    if !is_root() {
        return Some("not root".to_owned());
    }
    let packages: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| !has_program(program))
        .map(|(_, package)| *package)
        .collect();
    let install = "apt-get install --no-install-recommends";
    (!packages.is_empty()).then(|| format!("{install} {}", packages.join(" ")))
}

/// Opens a shell in the guest of the one case.
fn shell<'a>(chosen: &[&'static Case], trial: impl Fn(&'static Case) -> Trial<'a>) -> Result<bool> {
    let [case] = chosen else {
        bail!("--shell opens the guest of one case: cargo xtask vm CASE --shell");
    };
    ensure!(
        std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        "--shell needs a terminal on standard input and output"
    );
    if let Some(reason) = obstacles(&[*case]).remove(case.name) {
        bail!("{} cannot run: {reason}", case.name);
    }
    let trial = trial(case);
    prepare_directory(&trial)?;
    kinds::run(&trial)?;
    fs::remove_dir_all(trial.work())?;
    Ok(true)
}

/// An empty directory for the case, and an empty console.
fn prepare_directory(trial: &Trial<'_>) -> Result<()> {
    let work = trial.work();
    if work.exists() {
        // A run that was killed has left its tree mounted.
        let _ = tree::unmount(&work);
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    fs::write(trial.log(), "").map_err(Into::into)
}

/// Runs a case.
fn judge(trial: &Trial<'_>) -> Result<()> {
    prepare_directory(trial)?;
    kinds::run(trial)?;
    if !trial.options.keep {
        let _ = fs::remove_dir_all(trial.work());
        let _ = fs::remove_file(trial.log());
    }
    Ok(())
}

/// The result of a case.
enum Verdict {
    Passed,
    Ignored(String),
    Failed(anyhow::Error),
}

/// How a case is reported: in one piece, so that no line of another case comes between.
fn line(trial: &Trial<'_>, verdict: &Verdict, took: Duration) -> String {
    let name = trial.case.name;
    let seconds = took.as_secs_f64();
    match verdict {
        Verdict::Passed => format!("test vm::{name} ... ok ({seconds:.1} s)"),
        Verdict::Ignored(reason) => format!("test vm::{name} ... ignored, {reason}"),
        Verdict::Failed(error) => format!(
            "test vm::{name} ... FAILED ({seconds:.1} s)\n  {error:#}\n{}  console: {}\n  to repeat: {}",
            tail(&fs::read(trial.log()).unwrap_or_default()),
            trial.log().display(),
            trial.repeat()
        ),
    }
}

/// The last lines of a console.
fn tail(console: &[u8]) -> String {
    let text = String::from_utf8_lossy(console).replace('\r', "");
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(SHOWN)..);
    let mut shown = String::new();
    for line in last.unwrap_or_default() {
        let _ = writeln!(shown, "  | {line}");
    }
    shown
}

#[derive(Default)]
struct Counts {
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Counts {
    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Ignored(_) => self.ignored += 1,
        }
    }

    fn line(&self, took: Duration) -> String {
        let Self {
            passed,
            failed,
            ignored,
        } = self;
        format!(
            "test result: {}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
             0 filtered out; finished in {:.1}s",
            if *failed == 0 { "ok" } else { "FAILED" },
            took.as_secs_f64()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_the_end_of_the_console() {
        let console = format!("start\r\n{}the end\r\n", "line\r\n".repeat(30));
        let expected = format!("{}  | the end\n", "  | line\n".repeat(19));
        assert_eq!(tail(console.as_bytes()), expected);
        assert_eq!(tail(b""), "");
    }
}
