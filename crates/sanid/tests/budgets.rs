//! What the static binary may cost. Times are not among it: a test of them
//! fails on a busy machine, so `cargo xtask bench` measures them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;
use support::host::{Host, MACHINE_ID, Ran};
use support::trace::{Call, calls_of, traced, words};
use testkit::trial::{Need, STRACE, UNSHARE, trial};

const BINARY: Need = Need::Set("SANID_STATIC", "the static binary");
const SIZE: u64 = 2 * 1024 * 1024;
const SYSTEM_CALLS: usize = 120;
const PEAK_KIB: u64 = 2560;

const BOOTED: &[Need] = &[BINARY, STRACE, UNSHARE, Need::Root];

fn main() -> ExitCode {
    let trials = vec![
        trial("the binary is at most 2 MiB", &[BINARY], size),
        trial(
            "the binary needs no interpreter and no shared library",
            &[BINARY],
            is_static,
        ),
        trial(
            "apply with nothing to do makes at most 120 system calls",
            &[BINARY, STRACE],
            system_calls,
        ),
        trial(
            "apply with nothing to do needs at most 2.5 MiB",
            &[BINARY, Need::Program("time", "time")],
            peak_memory,
        ),
        trial("show needs no more than apply", &[BINARY, STRACE], || {
            let host = Host::typical(MACHINE_ID);
            assert_calls(&idle(&host, "show"));
        }),
        trial(
            "apply with nothing to do makes at most 120 system calls on a booted host",
            BOOTED,
            || {
                booted("\"$@\"");
            },
        ),
        trial("so it does with mounts over the files", BOOTED, || {
            booted("\"$@\" --via bind");
        }),
        trial(
            "so it does with mounts over the directories of a read-only system",
            BOOTED,
            || {
                booted("rm \"$root\"/etc/*/*i*; mount -o remount,bind,ro \"$root\"; \"$@\"");
            },
        ),
    ];
    testkit::trial::run(&Arguments::from_args(), trials)
}

fn binary() -> String {
    std::env::var("SANID_STATIC").unwrap()
}

/// The static binary, on a host that has its identity.
fn idle(host: &Host, word: &str) -> Command {
    host.apply();
    let mut command = Command::new(binary());
    command.args([word, "--root"]).arg(host.root());
    command
}

fn size() {
    let size = std::fs::metadata(binary()).unwrap().len();
    assert!(size <= SIZE, "{size} bytes");
}

fn system_calls() {
    let host = Host::typical(MACHINE_ID);
    assert_calls(&idle(&host, "apply"));
}

/// With the kernel's own /proc and what it shows of a local disk, and a /run that a boot made: there the
/// lock and the published identity are. Before it is counted, `boot` puts the identity in place.
fn booted(boot: &str) {
    let host = Host::typical(MACHINE_ID);
    std::fs::create_dir(host.at("run")).unwrap();
    let apply = idle(&host, "apply");
    let log = tempfile::NamedTempFile::new().unwrap();
    let script = format!(
        "log=$1; root=$2; shift 2; mount --bind \"$root\" \"$root\"; mount -t tmpfs none \"$root/run\"; \
         mount --rbind /proc \"$root/proc\"; {boot}; exec strace -f -qq -y -o \"$log\" \"$@\""
    );
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-euc", &script, "sh"])
        .arg(log.path())
        .arg(host.root())
        .args(words(&apply));
    let ran = Ran::of(&mut command).expect(0);
    assert!(ran.stdout.contains("unchanged"), "{ran:#?}");
    let calls = calls_of(log.path());
    let published = calls.iter().any(|call| call.text.contains("run/sanid"));
    assert!(published, "it looks below a volatile /run: {calls:#?}");
    within_budget(&calls);
}

fn assert_calls(command: &Command) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let (ran, calls) = traced(command, log.path());
    ran.expect(0);
    within_budget(&calls);
}

fn within_budget(calls: &[Call]) {
    assert!(calls.len() > 10, "{calls:#?}");
    let lines: Vec<&str> = calls.iter().map(|call| call.text.as_str()).collect();
    assert!(
        calls.len() <= SYSTEM_CALLS,
        "{} system calls:\n{}",
        calls.len(),
        lines.join("\n")
    );
}

fn peak_memory() {
    let host = Host::typical(MACHINE_ID);
    let command = idle(&host, "apply");
    // A child begins as a copy of its parent and is charged for it, so the
    // parent is a small one.
    let mut time = Command::new(testkit::trial::program("time").unwrap());
    time.args(["-f", "%M"]).args(words(&command));
    let ran = Ran::of(&mut time).expect(0);
    let peak: u64 = ran.stderr.lines().last().unwrap().trim().parse().unwrap();
    assert!(peak > 100, "{ran:#?}");
    assert!(peak <= PEAK_KIB, "{peak} KiB");
}

/// ELF, as much as is needed: which program headers there are, and whether the
/// dynamic section, which a static position-independent program has, too, asks
/// for a library.
fn is_static() {
    const INTERPRETER: u32 = 3;
    const DYNAMIC: u32 = 2;
    const NEEDED: u64 = 1;
    let elf = std::fs::read(binary()).unwrap();
    assert_eq!(elf[..5], *b"\x7fELF\x02", "a 64-bit ELF file");
    let offset = |at: usize| usize::try_from(word(&elf, at, 8)).unwrap();
    let (headers, size) = (offset(0x20), usize::try_from(word(&elf, 0x36, 2)).unwrap());
    let count = usize::try_from(word(&elf, 0x38, 2)).unwrap();
    assert!(count > 0);
    for header in (0..count).map(|index| headers + index * size) {
        let kind = u32::try_from(word(&elf, header, 4)).unwrap();
        assert_ne!(kind, INTERPRETER, "there is an interpreter");
        if kind == DYNAMIC {
            let (begin, length) = (offset(header + 8), offset(header + 32));
            for entry in (begin..begin + length).step_by(16) {
                assert_ne!(word(&elf, entry, 8), NEEDED, "it asks for a library");
            }
        }
    }
}

/// A number of `bytes` bytes in the machine's own order.
fn word(elf: &[u8], at: usize, bytes: usize) -> u64 {
    let little = elf[5] == 1;
    let part = &elf[at..at + bytes];
    let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if little {
        part.iter().rev().fold(0, push)
    } else {
        part.iter().fold(0, push)
    }
}
