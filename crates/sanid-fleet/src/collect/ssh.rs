//! Many hosts asked by the system's ssh(1), so many at a time.
//!
//! What ssh is configured to do, it does: keys, agents, jump hosts, and above all the checking of host keys.
//! It is told only never to ask (`BatchMode`), and how long to wait for a connection.

use std::io::{self, BufRead as _, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::input::Input;
use crate::reports::{LONGEST_REPORT, NoReport, parse};

/// More than ssh, sudo and a shell have to say.
const MOST_WORDS: u64 = 4096;
/// How long to wait for the last words of a process that has ended, or that was ended: a program that it
/// left behind may hold its standard error open.
const LAST_WORDS: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(10);

/// How to ask.
#[derive(Debug, Clone)]
pub(crate) struct Ssh {
    /// The program.
    pub(crate) program: PathBuf,
    /// Another configuration than the user's.
    pub(crate) config: Option<PathBuf>,
    /// Options, as `ssh -o` takes them.
    pub(crate) options: Vec<String>,
    /// What to run there, as a shell reads it.
    pub(crate) command: String,
    /// How long a connection may take.
    pub(crate) connect: Duration,
    /// How long a host may take altogether.
    pub(crate) whole: Duration,
}

/// What came of asking one host.
pub(crate) struct Answer {
    /// The destination.
    pub(crate) host: String,
    /// Its report, or why there is none.
    pub(crate) report: Result<String, String>,
}

/// The destinations in a file: one on each line, with comments behind `#`.
///
/// # Errors
/// A line that ssh would take for an option, or for more than one word.
pub(crate) fn destinations(input: Input) -> Result<Vec<String>, String> {
    let name = input.name.clone();
    let text = input.text().map_err(|error| format!("{name}: {error}"))?;
    let mut found: Vec<String> = Vec::new();
    for (number, line) in (1..).zip(text.take(64 << 20).lines()) {
        let failed = |why: &str| format!("{name}, line {number}: {why}");
        let line = line.map_err(|error| failed(&error.to_string()))?;
        let word = line.split('#').next().unwrap_or_default().trim();
        if word.is_empty() {
            continue;
        }
        if word.starts_with('-') {
            return Err(failed(
                "a destination does not begin with a dash: ssh would take it for an option",
            ));
        }
        if word.contains(char::is_whitespace) || word.contains(char::is_control) {
            return Err(failed(
                "one destination stands on a line, as [USER@]HOST or ssh://[USER@]HOST[:PORT]",
            ));
        }
        // A host that is named twice is asked once.
        found.push(word.to_owned());
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|word| seen.insert(word.clone()));
    Ok(found)
}

/// Asks every host, so many at a time, and hands on what comes as it comes. `take` gives an error to stop.
///
/// # Errors
/// What `take` gives.
pub(crate) fn ask_all<E>(
    ssh: &Ssh,
    hosts: &[String],
    jobs: usize,
    mut take: impl FnMut(Answer) -> Result<(), E>,
) -> Result<(), E> {
    let next = Mutex::new(hosts.iter());
    let (done, answers) = channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(hosts.len()) {
            let (next, done) = (&next, done.clone());
            scope.spawn(move || {
                loop {
                    let host = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(host) = host else { break };
                    let report = ssh.ask(host);
                    let host = host.clone();
                    if done.send(Answer { host, report }).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        for answer in answers {
            if let Err(error) = take(answer) {
                // Nobody is asked any more.
                next.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .by_ref()
                    .for_each(drop);
                return Err(error);
            }
        }
        Ok(())
    })
}

impl Ssh {
    fn spawn(&self, host: &str) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg("-T").args(["-o", "BatchMode=yes"]);
        command
            .arg("-o")
            .arg(format!("ConnectTimeout={}", self.connect.as_secs()));
        if let Some(config) = &self.config {
            command.arg("-F").arg(config);
        }
        for option in &self.options {
            command.arg("-o").arg(option);
        }
        command.arg("--").arg(host).arg(&self.command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    fn ask(&self, host: &str) -> Result<String, String> {
        let deadline = Instant::now() + self.whole;
        let mut child = self
            .spawn(host)
            .map_err(|error| format!("cannot run {}: {error}", self.program.display()))?;
        let limit = LONGEST_REPORT as u64 + 1;
        let output = read(child.stdout.take(), limit, Past::Stop);
        let words = read(child.stderr.take(), MOST_WORDS, Past::Drain);
        let text = output.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let ended = match &text {
            Ok(text) if text.len() as u64 == limit => None,
            Ok(_) => ended(&mut child, deadline),
            Err(_) => None,
        };
        if ended.is_none() {
            // It may have ended by itself in between.
            let _ = child.kill();
        }
        let _ = child.wait();
        let words = words.recv_timeout(LAST_WORDS).unwrap_or_default();
        let words = said(&words);
        match text {
            Err(RecvTimeoutError::Timeout) => Err(self.late(&words)),
            Err(RecvTimeoutError::Disconnected) => Err("its answer could not be read".to_owned()),
            Ok(text) if text.len() as u64 == limit => Err(format!(
                "it gave more than {} MiB, which is no report",
                LONGEST_REPORT >> 20
            )),
            Ok(_) if ended.is_none() => Err(self.late(&words)),
            Ok(text) => judge(&text, &words),
        }
    }

    fn late(&self, words: &str) -> String {
        let seconds = self.whole.as_secs();
        let mut why = format!("no answer within {seconds} s");
        if !words.is_empty() {
            why = format!("{why}: {words}");
        }
        why
    }
}

/// What to do with what is more than is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Past {
    Stop,
    Drain,
}

/// Reads to the end, elsewhere, and keeps so many bytes.
fn read(from: Option<impl Read + Send + 'static>, limit: u64, past: Past) -> Receiver<Vec<u8>> {
    let (done, bytes) = channel();
    thread::spawn(move || {
        let Some(mut from) = from else { return };
        let mut kept = Vec::new();
        // What cannot be read ends here, as it does where the other side ends.
        let _ = from.by_ref().take(limit).read_to_end(&mut kept);
        if past == Past::Drain {
            let _ = done.send(kept);
            let _ = io::copy(&mut from, &mut io::sink());
            return;
        }
        let _ = done.send(kept);
    });
    bytes
}

/// Waits for the end, as long as there is time.
fn ended(child: &mut Child, deadline: Instant) -> Option<()> {
    loop {
        match child.try_wait() {
            Ok(Some(_)) => return Some(()),
            Ok(None) if Instant::now() < deadline => thread::sleep(TICK),
            _ => return None,
        }
    }
}

/// The words of ssh, sudo or a shell as one line.
fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    crate::shown(&lines.join("; "))
}

/// The report in what came. What a shell printed before it is left out.
fn judge(text: &[u8], words: &str) -> Result<String, String> {
    let text = String::from_utf8_lossy(text);
    let begin = if text.starts_with('{') {
        Some(0)
    } else {
        text.find("\n{").map(|before| before + 1)
    };
    let document = begin.and_then(|begin| text.get(begin..)).unwrap_or(&text);
    match parse(document.trim()) {
        Ok(_) => Ok(document.trim().to_owned()),
        Err(NoReport::NoAnswer { message, .. }) => Err(message),
        Err(_) if !words.is_empty() => Err(words.to_owned()),
        Err(error) if text.trim().is_empty() => {
            let _ = error;
            Err("it gave nothing".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_destinations_has_comments_and_no_options() {
        let read = |text: &'static str| destinations(Input::of("hosts.txt", text.as_bytes()));
        let hosts = read("\u{feff}# the rack\nn1\n\n root@n2 # new\r\nssh://n3:22\nn1\n").unwrap();
        assert_eq!(hosts, ["n1", "root@n2", "ssh://n3:22"]);
        for (text, line) in [("n1\n-oProxyCommand=x\n", "line 2"), ("n1 n2\n", "line 1")] {
            let error = read(text).unwrap_err();
            assert!(error.contains(line), "{error}");
        }
    }

    #[test]
    fn what_comes_is_judged_by_what_it_is() {
        let report = r#"{"apiVersion":"sanid/v1","kind":"Status"}"#;
        let error = r#"{"apiVersion":"sanid/v1","kind":"Error","message":"in a container"}"#;
        for (text, words, expected) in [
            (report, "", Ok(report)),
            (report, "Warning: banner", Ok(report)),
            (&format!("Welcome!\n{report}\n"), "", Ok(report)),
            (error, "sanid: in a container", Err("in a container")),
            (
                "",
                "sh: 1: sanid: not found",
                Err("sh: 1: sanid: not found"),
            ),
            ("", "", Err("it gave nothing")),
            ("hello", "", Err("it is no JSON object")),
        ] {
            let judged = judge(text.as_bytes(), words);
            assert_eq!(
                judged,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{text}"
            );
        }
    }
}
