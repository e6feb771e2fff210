//! System calls of a run, as strace shows them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::host::Ran;

/// One system call of a trace.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Such as `renameat`.
    pub(crate) name: String,
    /// The how many-th of its name it is in the run, from 1.
    pub(crate) nth: usize,
    /// The line, with the paths of file descriptors.
    pub(crate) text: String,
}

/// Runs a command to its end under strace.
pub(crate) fn traced(command: &Command, log: &Path) -> (Ran, Vec<Call>) {
    traced_with(&[], command, log)
}

/// The same with more of strace's options.
pub(crate) fn traced_with(options: &[&str], command: &Command, log: &Path) -> (Ran, Vec<Call>) {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-s", "4096", "-e", "signal=none"]);
    strace.args(options).arg("-o").arg(log).args(words(command));
    let ran = Ran::of(&mut strace);
    (ran, calls_of(log))
}

/// The calls in the log of a strace.
pub(crate) fn calls_of(log: &Path) -> Vec<Call> {
    calls(&String::from_utf8_lossy(&fs::read(log).unwrap()))
}

/// A command line as words.
pub(crate) fn words(command: &Command) -> Vec<std::ffi::OsString> {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(ToOwned::to_owned)
        .collect()
}

fn calls(trace: &str) -> Vec<Call> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    trace
        .lines()
        .filter_map(|line| {
            let text = line.split_once(' ')?.1.trim_start();
            let (name, _) = text.split_once('(')?;
            let named = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !named || name.is_empty() {
                return None;
            }
            let nth = seen.entry(name.to_owned()).or_default();
            *nth += 1;
            Some(Call {
                name: name.to_owned(),
                nth: *nth,
                text: text.to_owned(),
            })
        })
        .collect()
}
