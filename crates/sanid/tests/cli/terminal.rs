//! A terminal of its own for a command, with what is typed there (script(1)).

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::host::Host;

/// What `sanid WORDS` showed on its terminal, and its exit code.
pub(crate) fn on_a_terminal(
    host: &Host,
    words: &str,
    typed: &str,
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let root = host.root().display();
    on_a_terminal_typing(&format!("{words} --root {root}"), typed, environment)
}

/// The same on a terminal of so many columns, without colours, as whole lines.
pub(crate) fn in_columns(host: &Host, columns: u16, words: &str) -> String {
    let (program, root) = (env!("CARGO_BIN_EXE_sanid"), host.root().display());
    let command = format!("stty cols {columns}; {program} {words} --root {root}");
    let (_, shown) = typing(&command, "", &[("NO_COLOR", "1")]);
    shown.replace("\r\n", "\n")
}

/// What `sanid WORDS` showed without a root.
pub(crate) fn on_a_terminal_typing(
    words: &str,
    typed: &str,
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_sanid");
    typing(&format!("{program} {words}"), typed, environment)
}

/// Runs a command line on a terminal of its own.
fn typing(command: &str, typed: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut script = Command::new("script");
    script
        .args(["-qec", command, "/dev/null"])
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut running = script.spawn().unwrap();
    let mut keyboard = running.stdin.take().unwrap();
    keyboard.write_all(typed.as_bytes()).unwrap();
    drop(keyboard);
    let ran = running.wait_with_output().unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}
