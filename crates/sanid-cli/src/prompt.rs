//! Consent of a person at a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// Whether an administrator can be asked: standard input and standard error are a terminal.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for the word `yes`.
///
/// # Errors
/// Standard input cannot be read.
pub fn confirm() -> io::Result<bool> {
    // A question that cannot be written gets no answer, and so no consent.
    let _ = write!(io::stderr(), "Type yes to go on: ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
