//! How far a long reading is, on standard error and only where that is a terminal.

use std::io::{self, IsTerminal as _, Read};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar, or nothing.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For so many bytes; without a number, for as many as come.
    pub(super) fn bytes(length: Option<u64>) -> Self {
        let template = match length {
            Some(_) => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{spinner} {bytes} {bytes_per_sec}",
        };
        Self::new(length, template)
    }

    /// For paths, whose number is not known.
    pub(super) fn paths() -> Self {
        Self::new(None, "{spinner} {pos} files  {wide_msg}")
    }

    fn new(length: Option<u64>, template: &str) -> Self {
        if !io::stderr().is_terminal() {
            return Self {
                bar: ProgressBar::hidden(),
            };
        }
        let bar = match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::new_spinner(),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// One more path.
    pub(super) fn path(&self, shown: String) {
        self.bar.inc(1);
        self.bar.set_message(shown);
    }

    /// The same bytes, counted.
    pub(super) fn of<'a>(&'a self, source: impl Read + 'a) -> impl Read + 'a {
        self.bar.wrap_read(source)
    }

    /// Takes the bar away.
    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}
