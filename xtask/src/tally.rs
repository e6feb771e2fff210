//! Counting tests from the summary lines that cargo test prints.

use std::ops::AddAssign;

/// Tests that ran, by outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    /// Sums every `test result:` line of an output.
    pub(crate) fn of(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines() {
            let Some(rest) = line.trim().strip_prefix("test result: ") else {
                continue;
            };
            let count = |what: &str| {
                rest.split([';', '.'])
                    .filter_map(|part| part.trim().strip_suffix(what))
                    .find_map(|number| number.trim().parse().ok())
                    .unwrap_or(0)
            };
            sum += Self {
                passed: count(" passed"),
                failed: count(" failed"),
                ignored: count(" ignored"),
            };
        }
        sum
    }

    /// True when no test was seen at all.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_lines_of_libtest_and_of_libtest_mimic() {
        let output = "\
running 2 tests
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
noise 7 passed; 7 failed
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
";
        let expected = Tally {
            passed: 15,
            failed: 2,
            ignored: 1,
        };
        assert_eq!(Tally::of(output), expected);
        assert!(Tally::of("nothing here").is_empty());
    }
}
