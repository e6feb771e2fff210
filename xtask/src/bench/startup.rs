//! Programs that start, do one small thing and end: wall time, peak memory,
//! system calls.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::{median, text_of};
use crate::place::output;

/// A program to start.
pub(super) struct Subject {
    /// As the table shows it.
    name: &'static str,
    words: Vec<String>,
}

/// What one program cost.
pub(super) struct Start {
    pub(super) name: &'static str,
    /// Median wall time in milliseconds.
    pub(super) wall: f64,
    /// Median over the rounds of its wall time by that of the first subject.
    pub(super) ratio: f64,
    pub(super) peak_kib: u64,
    pub(super) calls: usize,
}

/// What is compared; the first one is the measure of the others.
pub(super) fn subjects(binary: &Path, examples: &Path, root: &Path) -> Vec<Subject> {
    let root = text_of(root);
    let sanid = |words: &[&str]| {
        let mut all = vec![text_of(binary)];
        all.extend(words.iter().map(|word| (*word).to_owned()));
        all.extend(["--root".to_owned(), root.clone()]);
        all
    };
    let subject = |name, words| Subject { name, words };
    vec![
        subject("`iscsi-iname`", vec!["/sbin/iscsi-iname".to_owned()]),
        subject(
            "`nvme show-hostnqn`",
            vec!["/usr/sbin/nvme".to_owned(), "show-hostnqn".to_owned()],
        ),
        subject(
            "reads machine-id only (static)",
            vec![
                text_of(&examples.join("read_machine_id")),
                format!("{root}/etc/machine-id"),
            ],
        ),
        subject("`sanid show`", sanid(&["show"])),
        subject("`sanid apply`, nothing to do", sanid(&["apply"])),
    ]
}

/// Starts each subject `rounds` times, one after the other in every round.
pub(super) fn measure(subjects: &[Subject], rounds: u32) -> Result<Vec<Start>> {
    let mut walls: Vec<Vec<f64>> = vec![Vec::new(); subjects.len()];
    for round in 0..=rounds {
        for (subject, walls) in subjects.iter().zip(&mut walls) {
            let wall = once(&subject.words)?;
            // The first round fills the page cache.
            if round > 0 {
                walls.push(wall);
            }
        }
    }
    let measure = walls.first().cloned().unwrap_or_default();
    subjects
        .iter()
        .zip(&walls)
        .map(|(subject, walls)| {
            let ratios: Vec<f64> = walls.iter().zip(&measure).map(|(a, b)| a / b).collect();
            Ok(Start {
                name: subject.name,
                wall: median(walls)?,
                ratio: median(&ratios)?,
                peak_kib: peak_kib(&subject.words)?,
                calls: calls(&subject.words)?,
            })
        })
        .collect()
}

/// A program without the environment of this one: cargo puts directories into
/// the search path for libraries, which would slow the dynamic programs down.
fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

fn once(words: &[String]) -> Result<f64> {
    let (program, arguments) = words.split_first().context("a program")?;
    let mut command = bare(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot run {program}"))?;
    let wall = begin.elapsed().as_secs_f64() * 1e3;
    ensure!(status.success(), "{} failed: {status}", words.join(" "));
    Ok(wall)
}

/// Peak resident memory, seen by a small parent: a large one would count
/// itself, as a child begins as a copy.
fn peak_kib(words: &[String]) -> Result<u64> {
    let done = bare("time")
        .args(["-q", "-f", "%M"])
        .args(words)
        .stdout(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    text.lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .with_context(|| format!("time says {text:?}"))
}

fn calls(words: &[String]) -> Result<usize> {
    let trace = output(
        bare("strace")
            .args(["-f", "-qq", "-e", "signal=none", "-o", "/dev/stdout"])
            .args(["--"])
            .args(["sh", "-c", "exec \"$@\" >/dev/null", "sh"])
            .args(words),
    )?;
    // The shell's own calls end with the second execve.
    let mut executions = 0;
    Ok(trace
        .lines()
        .filter(|line| !line.contains("resumed>"))
        .filter(|line| {
            executions += usize::from(line.contains(" execve("));
            executions > 1
        })
        .count())
}
