//! One boot of a guest: its console in a file or on a person's terminal, a time after which it is ended, and what
//! its script reported.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::trial::Trial;

/// How often a console is read.
const PAUSE: Duration = Duration::from_millis(20);

/// Boots a guest and judges what its script reports, or leaves it to the person at the terminal.
pub(crate) fn boot(trial: &Trial<'_>, mut command: Command, what: &str) -> Result<()> {
    if trial.options.shell {
        // How it ends is up to that person.
        return start_with(&mut command).map(drop);
    }
    let log = trial.log();
    let before = fs::metadata(&log).map_or(0, |log| log.len());
    let limit = Duration::from_secs(trial.case.limit());
    let ended = Running::start(&mut command, &log)?.ends_within(limit)?;
    let verdict = verdict(&console(&log, before)?);
    if !ended && verdict.is_ok() {
        bail!("{what}: the script ended, but the guest was still running after {limit:?}");
    }
    verdict.with_context(|| {
        if ended {
            what.to_owned()
        } else {
            format!("{what}: waited {limit:?} for the guest to end")
        }
    })
}

/// Runs a command on the terminal of this process, to its end.
fn start_with(command: &mut Command) -> Result<std::process::ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    command
        .status()
        .with_context(|| format!("cannot run {name}"))
}

/// A guest that runs. It is ended when this is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Starts a command with its output at the end of `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let name = command.get_program().to_string_lossy().into_owned();
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let child = command.spawn();
        Ok(Self(child.with_context(|| format!("cannot run {name}"))?))
    }

    fn has_ended(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }

    /// Whether the guest ended by itself before `limit`.
    fn ends_within(&mut self, limit: Duration) -> Result<bool> {
        let begin = Instant::now();
        while begin.elapsed() < limit && !self.has_ended()? {
            thread::sleep(PAUSE);
        }
        self.has_ended()
    }

    /// Waits until the script says `word`; what a script says on the way must not be a failure.
    pub(crate) fn waits_for(
        &mut self,
        word: &str,
        (log, since): (&Path, u64),
        limit: Duration,
    ) -> Result<()> {
        let begin = Instant::now();
        loop {
            // In this order: what it said before its end is not missed.
            let ended = self.has_ended()?;
            let console = console(log, since)?;
            if let Some(line) = console.lines().find(|line| line.contains("[vm] NOT ok")) {
                bail!("{line}");
            }
            if console.contains(&format!("[vm] {word}")) {
                return Ok(());
            }
            ensure!(!ended, "the guest ended before it said {word}");
            ensure!(
                begin.elapsed() < limit,
                "waited {limit:?} for the guest to say {word}"
            );
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.has_ended(), Ok(true)) {
            return;
        }
        // systemd-nspawn, killed, leaves its container running; process 1 of that takes all with it.
        let mut kill = Command::new("kill");
        kill.arg("-KILL").stderr(Stdio::null());
        for below in descendants(self.0.id()) {
            kill.arg(below.to_string());
        }
        // SIGKILL: for a QEMU the power is cut.
        let _ = self.0.kill();
        let _ = kill.status();
        let _ = self.0.wait();
    }
}

/// The processes that a process has started, and those that they have.
fn descendants(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    let children = children
        .split_whitespace()
        .filter_map(|child| child.parse().ok());
    children
        .flat_map(|child: u32| [vec![child], descendants(child)].concat())
        .collect()
}

/// What was added to a console since it had this many bytes.
pub(crate) fn console(log: &Path, since: u64) -> Result<String> {
    let bytes = fs::read(log).with_context(|| log.display().to_string())?;
    let since = usize::try_from(since)?;
    Ok(String::from_utf8_lossy(bytes.get(since..).unwrap_or_default()).into_owned())
}

/// Guests print `ok WHAT` or `NOT ok WHAT` for each check and `END` last (guest/lib.sh). A script that stops half-way
/// or checks nothing has not passed.
fn verdict(console: &str) -> Result<()> {
    let said = |what: &str| {
        let what = format!("[vm] {what}");
        console.lines().filter_map(move |line| {
            let at = line.find(&what)?;
            line.get(at + what.len()..)
        })
    };
    let failed: Vec<&str> = said("NOT ok ").collect();
    ensure!(failed.is_empty(), "{}", failed.join("; "));
    ensure!(
        said("END").next().is_some(),
        "the guest did not come to the end of its script"
    );
    ensure!(said("ok ").next().is_some(), "the guest checked nothing");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finished_script_with_checks_passes() {
        let table = [
            ("[vm] ok a\n[vm] END\n", true),
            ("boot noise [vm] ok a\r\n[vm] END\r\n", true),
            ("[vm] ok a\n", false),
            ("[vm] END\n", false),
            ("[vm] ok a\n[vm] NOT ok b\n[vm] END\n", false),
            ("ok a\nEND\n", false),
        ];
        for (console, passes) in table {
            assert_eq!(verdict(console).is_ok(), passes, "{console:?}");
        }
    }
}
