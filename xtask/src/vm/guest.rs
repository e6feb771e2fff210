//! One run of a guest: its console in a file, a time after which it is ended, and what its script
//! reported there.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// Starts a command with its output at the end of `log`.
pub(super) fn start(command: &mut Command, log: &Path) -> Result<Running> {
    let file = File::options().create(true).append(true).open(log)?;
    let child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    Ok(Running { child })
}

/// A guest that runs. It is ended when this goes.
pub(super) struct Running {
    child: std::process::Child,
}

impl Running {
    /// True when the guest ended by itself before `limit`.
    pub(super) fn ends_within(&mut self, limit: Duration) -> Result<bool> {
        let begin = Instant::now();
        while begin.elapsed() < limit {
            if self.child.try_wait()?.is_some() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // systemd-nspawn, killed, leaves its container running; process 1 of that takes all with it.
        let mut kill = Command::new("kill");
        kill.arg("-KILL").stderr(Stdio::null());
        for below in descendants(self.child.id()) {
            kill.arg(below.to_string());
        }
        // SIGKILL: for a QEMU the power is cut.
        let _ = self.child.kill();
        let _ = kill.status();
        let _ = self.child.wait();
    }
}

/// The processes that a process has started, and those that they have.
fn descendants(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    let mut all = Vec::new();
    for child in children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
    {
        all.push(child);
        all.extend(descendants(child));
    }
    all
}

/// Runs a guest to its end and judges what it printed.
pub(super) fn run(command: &mut Command, log: &Path, limit: Duration) -> Result<()> {
    let before = fs::metadata(log).map_or(0, |log| log.len());
    let ended = start(command, log)?.ends_within(limit)?;
    let console = console(log, before)?;
    let verdict = verdict(&console);
    if !ended && verdict.is_ok() {
        bail!("still running after {} s", limit.as_secs());
    }
    verdict
}

/// What was added to a console since it had this many bytes.
pub(super) fn console(log: &Path, since: u64) -> Result<String> {
    let bytes = fs::read(log)?;
    let since = usize::try_from(since)?;
    Ok(String::from_utf8_lossy(bytes.get(since..).unwrap_or_default()).into_owned())
}

/// Guests print `ok WHAT` or `NOT ok WHAT` for each check and `END` last (tests/vm/lib.sh). One that
/// stops half-way, or checks nothing, has not passed.
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
