//! Prometheus' own program reads what is written for it.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs `promtool` with these arguments on a page. Advice is a failure, too.
///
/// # Panics
/// Where it finds something, or does not run.
pub fn promtool(words: &[&str], input: &str) {
    let mut check = Command::new("promtool")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = check.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let done = check.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(done.status.success(), "{words:?}: {said}\n{input}");
}
