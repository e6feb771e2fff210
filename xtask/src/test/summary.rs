//! What a run of the steps prints: a line for each as it ends, and at the end the failures, the ignored
//! tests with their reasons, where the time went, and the counts.

use std::collections::BTreeMap;
use std::time::Duration;

use super::schedule::Ended;
use super::step::Outcome;
use crate::say::say;
use crate::tally::Tally;

/// The failures and the counts of a run.
#[derive(Default)]
pub(super) struct Summary {
    tests: Tally,
    times: Vec<(&'static str, Duration)>,
    skipped: Vec<&'static str>,
    failed: Vec<(&'static str, String)>,
    /// How many tests of a step were ignored for a reason.
    ignored: BTreeMap<(&'static str, String), u64>,
}

impl Summary {
    /// Prints the line of a step that has ended, with its output if `show` or if it failed.
    pub(super) fn add(&mut self, ended: Ended, show: bool) {
        let Ended {
            step,
            mut outcome,
            took,
        } = ended;
        let seconds = took.as_secs_f64();
        let mut tally = Tally::default();
        if step.tests {
            tally = Tally::of(outcome.output());
            outcome = outcome.failed_without_tests(&step, tally);
        }
        let (word, more) = match &outcome {
            Outcome::Passed { .. } if step.tests => ("ok", counts(tally)),
            Outcome::Passed { .. } => ("ok", String::new()),
            Outcome::Skipped { reason } => ("skipped", reason.clone()),
            Outcome::Failed { .. } => ("FAILED", String::new()),
        };
        say!("{:<14} {word:<7} {seconds:7.1} s  {more}", step.name);
        let failed = matches!(outcome, Outcome::Failed { .. });
        if failed || (show && matches!(outcome, Outcome::Passed { .. })) {
            for line in outcome.output().lines() {
                say!("  | {line}");
            }
        }
        for reason in outcome.output().lines().filter_map(reason_to_ignore) {
            *self.ignored.entry((step.name, reason)).or_default() += 1;
        }
        self.times.push((step.name, took));
        self.tests += tally;
        match outcome {
            Outcome::Passed { .. } => {}
            Outcome::Skipped { .. } => self.skipped.push(step.name),
            Outcome::Failed { repeat, .. } => {
                say!("  to repeat: {repeat}");
                if tally.failed == 0 {
                    self.tests.failed += 1;
                }
                self.failed.push((step.name, repeat));
            }
        }
    }

    /// Prints the end of a run; true if nothing failed.
    pub(super) fn print(mut self, took: Duration) -> bool {
        say!();
        if !self.ignored.is_empty() {
            say!("ignored tests, by step and reason:");
        }
        for ((step, reason), number) in &self.ignored {
            say!("  {number:4}  {step}: {reason}");
        }
        self.times.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        say!("where the time went (steps run side by side):");
        for (name, took) in self.times.iter().filter(|(_, took)| took.as_secs() > 0) {
            say!("  {:6.0} s  {name}", took.as_secs_f64());
        }
        say!();
        for (name, repeat) in &self.failed {
            say!("FAILED {name}: {repeat}");
        }
        if !self.skipped.is_empty() {
            say!("skipped: {}", self.skipped.join(", "));
        }
        say!(
            "{} steps in {:.0} s: {} failed, {} skipped; {} tests were ignored",
            self.times.len(),
            took.as_secs_f64(),
            self.failed.len(),
            self.skipped.len(),
            self.tests.ignored
        );
        say!("{} passed, {} failed", self.tests.passed, self.tests.failed);
        self.failed.is_empty()
    }
}

fn counts(tally: Tally) -> String {
    match tally.ignored {
        0 => format!("{} passed", tally.passed),
        ignored => format!("{} passed, {ignored} ignored", tally.passed),
    }
}

/// The reason in the line of one ignored test, as libtest and libtest-mimic print it.
fn reason_to_ignore(line: &str) -> Option<String> {
    let (_, reason) = line
        .trim_start()
        .strip_prefix("test ")?
        .split_once("... ignored")?;
    let reason = reason.trim_start_matches([',', ' ']);
    Some(if reason.is_empty() {
        "no reason given".to_owned()
    } else {
        reason.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_libtest_and_libtest_mimic_are_found() {
        let table = [
            ("test a ... ignored, needs root", Some("needs root")),
            (
                "test a::b    ... ignored, needs strace, root",
                Some("needs strace, root"),
            ),
            ("test a ... ignored", Some("no reason given")),
            ("test a ... ok", None),
            ("ignored: 2 (needs root)", None),
        ];
        for (line, reason) in table {
            assert_eq!(reason_to_ignore(line).as_deref(), reason, "{line}");
        }
    }
}
