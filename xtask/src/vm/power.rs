//! A guest whose power is cut: QEMU is killed at random moments while the guest changes its identity
//! again and again, and the next boot from the same disk looks at what is left.
//!
//! What a killed QEMU loses is the guest's memory: everything that was written but not yet given to the
//! disk, which is what fsync(2) is about. `cache=unsafe` spares this machine the flushes that the guest
//! sends to its disk; it makes no difference here, since what QEMU has taken is in this machine's page
//! cache and outlives the process. (A disk that loses its own write cache is not shown.)

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::case::{Bench, Case, Kernel};
use super::{guest, qemu};
use crate::place::output;

/// One cut comes at any moment of this time after the changes have begun: several changes long.
const WINDOW: u64 = 900;

/// Boots, cuts and boots again; the last boot is left to end.
pub(super) fn run(
    bench: &Bench<'_>,
    case: &Case,
    kernel: Kernel,
    script: &str,
    cuts: u32,
) -> Result<()> {
    let initramfs = qemu::initramfs(bench, case, kernel, script)?;
    let image = disk(&bench.work(case))?;
    let limit = Duration::from_secs(case.limit);
    let boot = |word: &str| -> Result<Command> {
        let mut machine = qemu::machine(bench, kernel, case.memory)?;
        machine.arg("-initrd").arg(&initramfs);
        machine.args(["-append", &qemu::append(word)]);
        let drive = format!("if=virtio,format=raw,cache=unsafe,file={}", image.display());
        machine.args(["-drive", &drive]);
        Ok(machine)
    };
    let mut random = Random(bench.seed);
    for cut in 1..=cuts {
        let word = if cut == 1 { "vm.first" } else { "vm.again" };
        cut_within_changes(bench, case, &mut boot(word)?, random.below(WINDOW), limit)
            .map_err(|error| error.context(format!("after cut {}", cut - 1)))?;
    }
    guest::run(&mut boot("vm.last")?, &bench.log(case), limit)
}

/// Boots, waits for the first change, and cuts the power some milliseconds later.
fn cut_within_changes(
    bench: &Bench<'_>,
    case: &Case,
    machine: &mut Command,
    after: u64,
    limit: Duration,
) -> Result<()> {
    let log = bench.log(case);
    let before = fs::metadata(&log)?.len();
    let begin = Instant::now();
    let mut running = guest::start(machine, &log)?;
    while !guest::console(&log, before)?.contains("[vm] CHANGING") {
        ensure!(
            begin.elapsed() < limit,
            "no change after {} s",
            limit.as_secs()
        );
        ensure!(
            !running.ends_within(Duration::from_millis(10))?,
            "the guest ended by itself"
        );
    }
    thread::sleep(Duration::from_millis(after));
    drop(running);
    if let Some(line) = guest::console(&log, before)?
        .lines()
        .find(|line| line.contains("[vm] NOT ok"))
    {
        bail!("{line}");
    }
    Ok(())
}

/// An ext4 with an /etc and a /var, made without mounting it.
pub(super) fn disk(work: &Path) -> Result<std::path::PathBuf> {
    let content = work.join("content");
    for directory in ["etc", "var/lib"] {
        fs::create_dir_all(content.join(directory))?;
    }
    fs::write(
        content.join("etc/machine-id"),
        "3d1219c7c4c5404aaa1f6d2a48adfda4\n",
    )?;
    let image = work.join("disk.img");
    let mut mkfs = Command::new("mkfs.ext4");
    output(mkfs.arg("-q").arg("-d").arg(content).arg(&image).arg("64M"))?;
    Ok(image)
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
