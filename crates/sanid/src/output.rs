//! Text for eyes and JSON for programs.

use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

/// What a piece of text means; the colour follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Heading,
    Faint,
    Good,
    Warning,
    Danger,
}

/// A page of text in the making: plain, or coloured for a terminal that wants it.
pub(crate) struct Page {
    text: String,
    colour: bool,
}

impl Page {
    /// A page for standard output.
    pub(crate) fn new() -> Self {
        Self {
            text: String::new(),
            colour: colour_wanted(io::stdout().is_terminal()),
        }
    }

    /// Text in a tone.
    pub(crate) fn tone(&self, tone: Tone, text: impl Display) -> String {
        paint(self.colour, tone, text)
    }

    /// A line.
    pub(crate) fn line(&mut self, line: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// A line below another one that it belongs to.
    pub(crate) fn detail(&mut self, line: impl Display) {
        let _ = writeln!(self.text, "  {line}");
    }

    /// A blank line, unless the page is at its top.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Rows whose columns stand below each other. A cell has its tone beside it, so that the width is
    /// that of the text alone.
    pub(crate) fn rows<const N: usize>(&mut self, indent: usize, rows: &[[(Tone, String); N]]) {
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|(_, text)| text.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..N).map(width).collect();
        for row in rows {
            let mut line = " ".repeat(indent);
            let last = row
                .iter()
                .rposition(|(_, text)| !text.is_empty())
                .unwrap_or_default();
            for (column, ((tone, text), width)) in
                row.iter().zip(&widths).enumerate().take(last + 1)
            {
                line.push_str(&paint(self.colour, *tone, text));
                if column < last {
                    let gap = width + 2 - text.chars().count();
                    line.push_str(&" ".repeat(gap));
                }
            }
            self.line(line);
        }
    }

    /// Another page's lines, further in.
    pub(crate) fn include(&mut self, indent: usize, page: &Self) {
        for line in page.text.lines() {
            let _ = writeln!(self.text, "{:indent$}{line}", "");
        }
    }

    /// The page as text, without the last line end.
    pub(crate) fn into_text(self) -> String {
        self.text.trim_end().to_owned()
    }

    /// Prints the page.
    pub(crate) fn print(self) -> io::Result<()> {
        ignore_closed_pipe(io::stdout().write_all(self.text.as_bytes()))
    }
}

/// Prints a document.
pub(crate) fn json(document: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    ignore_closed_pipe(io::stdout().write_all(text.as_bytes()))
}

/// Says something on standard error.
pub(crate) fn complain(message: &str) {
    let colour = colour_wanted(io::stderr().is_terminal());
    let label = paint(colour, Tone::Danger, "sanid:");
    // With nobody to read it there is nobody to tell; the exit code remains.
    let _ = writeln!(io::stderr(), "{label} {message}");
}

/// A reader that has seen enough, such as `head`, is not an error.
pub(crate) fn ignore_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Only on a terminal, and never against the user's wish (no-color.org).
fn colour_wanted(terminal: bool) -> bool {
    let unset = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    terminal && unset && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

fn paint(colour: bool, tone: Tone, text: impl Display) -> String {
    let code = match tone {
        Tone::Plain => "",
        Tone::Heading => "1",
        Tone::Faint => "2",
        Tone::Good => "32",
        Tone::Warning => "33",
        Tone::Danger => "1;31",
    };
    if colour && !code.is_empty() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_string()
    }
}
