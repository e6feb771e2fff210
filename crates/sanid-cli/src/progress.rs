//! Progress of long work, on standard error and only if that is a terminal.

use std::io::{self, IsTerminal as _, Read};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar, or nothing.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For this number of bytes; `None` counts up.
    pub fn bytes(length: Option<u64>) -> Self {
        let template = match length {
            Some(_) => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{spinner} {bytes} {bytes_per_sec}",
        };
        Self::new(length, template)
    }

    /// For this number of items; `None` counts up.
    pub fn items(length: Option<u64>, what: &str) -> Self {
        let template = match length {
            Some(_) => format!("{{bar:30}} {{pos}}/{{len}} {what} {{eta}}  {{wide_msg}}"),
            None => format!("{{spinner}} {{pos}} {what}  {{wide_msg}}"),
        };
        Self::new(length, &template)
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

    /// Counts one more item, and shows its name.
    pub fn item(&self, shown: String) {
        self.bar.inc(1);
        self.bar.set_message(shown);
    }

    /// The same bytes, counted.
    pub fn of<R: Read>(&self, source: R) -> impl Read + use<R> {
        self.bar.wrap_read(source)
    }

    /// Removes the bar.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}
