//! A guest whose power is cut: QEMU is killed at random moments while the guest changes its identity again and again,
//! and the next boot from the same disk checks what is left.
//!
//! What a killed QEMU loses is the guest's memory: everything that was written but not yet given to the disk, which is
//! what fsync(2) is about. (A disk that loses its own write cache is not shown.)

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::initramfs::{Image, disk, layer};
use crate::debian::Debian;
use crate::guest::{Running, console};
use crate::qemu::Qemu;
use crate::trial::Trial;

/// One cut comes at any moment of this time after the changes have begun: several changes long.
const WINDOW: u64 = 900;

/// Boots, cuts and boots again; the last boot is left to end.
pub(super) fn run(trial: &Trial<'_>, script: &str, cuts: u32) -> Result<()> {
    let mut image = Image::new(trial, Debian::Twelve)?;
    image.append(&layer(trial, script)?)?;
    let disk = disk(&trial.work())?;
    let machine = |word: &str| -> Result<Qemu<'_>> {
        let qemu = Qemu::new(trial, Debian::Twelve, trial.case.memory)?;
        Ok(qemu.arg("-initrd", &image.file).disk(&disk).word(word))
    };
    if trial.options.shell {
        return machine("vm.first")?.boot("the shell");
    }
    let mut random = Random(trial.seed);
    for cut in 1..=cuts {
        let word = if cut == 1 { "vm.first" } else { "vm.again" };
        cut_within_changes(trial, machine(word)?, random.below(WINDOW))
            .with_context(|| format!("after cut {}", cut - 1))?;
    }
    machine("vm.last")?.boot("after all cuts")
}

/// Boots, waits for the first change, and cuts the power some milliseconds later.
fn cut_within_changes(trial: &Trial<'_>, machine: Qemu<'_>, after: u64) -> Result<()> {
    let log = trial.log();
    let before = fs::metadata(&log)?.len();
    let mut running = Running::start(&mut machine.command(), &log)?;
    let limit = Duration::from_secs(trial.case.limit());
    running.waits_for("CHANGING", (&log, before), limit)?;
    thread::sleep(Duration::from_millis(after));
    drop(running);
    failures(&log, before)
}

fn failures(log: &Path, since: u64) -> Result<()> {
    let console = console(log, since)?;
    match console.lines().find(|line| line.contains("[vm] NOT ok")) {
        Some(line) => bail!("{line}"),
        None => Ok(()),
    }
}

/// Numbers that a seed repeats (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 |= 1;
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_numbers_and_they_spread() {
        let draw = |seed| {
            let mut random = Random(seed);
            (0..100).map(|_| random.below(WINDOW)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert!(draw(7).iter().any(|n| *n < WINDOW / 4));
        assert!(draw(7).iter().any(|n| *n > WINDOW / 4 * 3));
    }
}
