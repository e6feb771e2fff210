//! Each program that read an identity file at its start: since when it runs, and since when the file has its content.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, StatxFlags};

use super::process::Processes;
use crate::facts::Started;
use crate::file::IdentityFile;

/// `USER_HZ`, the ticks of a second, on every architecture but alpha (include/asm-generic/param.h).
const TICKS: i64 = 100;

pub(super) fn read(processes: &Processes) -> Vec<Started> {
    let Some(booted) = booted(processes) else {
        return Vec::new();
    };
    let all = processes.all().into_iter();
    all.filter_map(|pid| one(processes, pid, booted)).collect()
}

/// When the kernel started: `btime` (`proc_stat(5)`).
fn booted(processes: &Processes) -> Option<i64> {
    let stat = processes.own("stat")?;
    let text = String::from_utf8_lossy(&stat);
    let line = text.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

fn one(processes: &Processes, pid: u32, booted: i64) -> Option<Started> {
    let program = processes.text(pid, "comm")?;
    let at_start = |file: &IdentityFile| file.kind().at_start.as_ref();
    let mut files = IdentityFile::ALL.into_iter();
    let file = files.find(|file| at_start(file).is_some_and(|one| one.program == program))?;
    if reads_another(&processes.bytes(pid, "cmdline", 4096)?, file) {
        return None;
    }
    let directory = processes.directory(pid, file.directory()).ok()?;
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let stat = rustix::fs::statx(directory, file.name(), flags, StatxFlags::MTIME).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Started {
        file,
        pid,
        started: booted + ticks(&processes.bytes(pid, "stat", 4096)?)?,
        written: stat.stx_mtime.tv_sec,
        now: i64::try_from(now.as_secs()).ok()?,
    })
}

/// Such as `iscsid -i FILE` (iscsid(8)).
fn reads_another(command_line: &[u8], file: IdentityFile) -> bool {
    let mut words = command_line.split(|byte| *byte == 0);
    let options = file
        .kind()
        .at_start
        .as_ref()
        .map_or(&[][..], |one| one.options);
    let option = |word: &[u8]| options.iter().any(|option| option.as_bytes() == word);
    let other = words.by_ref().any(option).then(|| words.next()).flatten();
    other.is_some_and(|path| path.strip_prefix(b"/") != Some(file.path().as_bytes()))
}

/// Seconds from the start of the kernel to that of the process: the 22nd field, in ticks
/// (`proc_pid_stat(5)`). The name before it may hold anything.
fn ticks(stat: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(stat);
    let ticks: i64 = text
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(19)?
        .parse()
        .ok()?;
    Some(ticks / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iscsid_with_another_file_is_known_by_its_arguments() {
        let other = |words: &str| {
            let line = words.replace(' ', "\0");
            reads_another(line.as_bytes(), IdentityFile::InitiatorName)
        };
        assert!(!other("iscsid -f"));
        assert!(!other("iscsid -i /etc/iscsi/initiatorname.iscsi -f"));
        assert!(other("iscsid -f -i /run/other"));
    }

    #[test]
    fn the_start_of_a_process_with_an_odd_name() {
        let fields = "S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1 2";
        let stat = format!("7 (a) b (c)) {fields}\n");
        assert_eq!(ticks(stat.as_bytes()), Some(123));
        assert_eq!(ticks(b"7 (iscsid) S 1"), None);
    }
}
