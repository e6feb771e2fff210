//! Standard output and standard error. A closed pipe is not an error.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::tone::{Tone, colour_wanted, paint};
use crate::wrap::{columns, wrapped};

/// Writes a document to standard output, as it is made: a large one is held nowhere.
///
/// # Errors
/// Those of [`print()`].
pub fn json(document: &impl Serialize) -> io::Result<()> {
    printed(|out| {
        serde_json::to_writer_pretty(&mut *out, document)?;
        out.write_all(b"\n")
    })
}

/// Writes text to standard output. A reader that has seen enough, such as `head`, is not an error.
///
/// # Errors
/// The kernel's error, such as a full disk.
pub fn print(text: &str) -> io::Result<()> {
    printed(|out| out.write_all(text.as_bytes()))
}

/// Writes text for people to standard output. On a terminal its lines fit, and end between words.
///
/// # Errors
/// Those of [`print()`].
pub fn print_wrapped(text: &str) -> io::Result<()> {
    print(&wrapped(text, columns(io::stdout())))
}

/// Writes what `write` makes to standard output, as it is made.
///
/// # Errors
/// Those of [`print()`].
pub fn printed(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        // The reader, such as `head`, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a message to standard error, with the program's name before it.
pub fn complain(program: &str, message: &str) {
    let colour = colour_wanted(io::stderr().is_terminal());
    let label = paint(colour, Tone::Danger, format!("{program}:"));
    let text = wrapped(&format!("{label} {message}\n"), columns(io::stderr()));
    // With a closed standard error only the exit code remains.
    let _ = io::stderr().write_all(text.as_bytes());
}
