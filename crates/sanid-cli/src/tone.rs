//! The meaning of a piece of text, and its colour on a terminal.

use std::fmt::Display;

use sanid_host::findings::Severity;

/// The meaning of a piece of text, which sets its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// No emphasis.
    Plain,
    /// A title or a command.
    Heading,
    /// A label, or what is less important.
    Faint,
    /// As it should be.
    Good,
    /// Needs attention.
    Warning,
    /// Endangers data.
    Danger,
}

impl From<Severity> for Tone {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Plain,
            Severity::Warning => Self::Warning,
            Severity::Danger => Self::Danger,
        }
    }
}

/// Only on a terminal, and never against the user's wish (no-color.org).
pub(crate) fn colour_wanted(terminal: bool) -> bool {
    let unset = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    terminal && unset && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

pub(crate) fn paint(colour: bool, tone: Tone, text: impl Display) -> String {
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
