//! How far long work is, on standard error and only where that is a terminal.

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
        match length {
            Some(_) => Self::new(
                length,
                "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            ),
            None => Self::new(None, "{spinner} {bytes} {bytes_per_sec}"),
        }
    }

    /// For so many hosts.
    pub(super) fn hosts(count: u64) -> Self {
        Self::new(Some(count), "{bar:30} {pos}/{len} hosts {eta}  {wide_msg}")
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

    /// One more host.
    pub(super) fn host(&self, shown: String) {
        self.bar.inc(1);
        self.bar.set_message(shown);
    }

    /// The same bytes, counted.
    pub(super) fn of(&self, source: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        Box::new(self.bar.wrap_read(source))
    }

    /// Takes the bar away.
    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}
