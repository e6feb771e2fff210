//! How long to wait: the nodes of a cluster must not ask at one moment, and must not hammer an API server
//! that comes back.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// The first wait after a failure.
const FIRST: Duration = Duration::from_secs(1);
/// The longest one, and the longest one of an agent that publishes more often than usual.
const LONGEST: Duration = Duration::from_secs(300);
const LONGEST_OF_QUICK: Duration = Duration::from_secs(5);

/// The pace of one node. Spread by the node's name and not by chance: what a node does can be told.
#[derive(Debug)]
pub(crate) struct Pace {
    state: u64,
    failures: u32,
    longest: Duration,
}

impl Pace {
    /// That of a node that publishes this often.
    pub(crate) fn new(node: &str, every: Duration) -> Self {
        let digest = Sha256::digest(node.as_bytes());
        let state = digest
            .iter()
            .take(8)
            .fold(1, |sum: u64, byte| (sum << 8) | u64::from(*byte));
        Self {
            state,
            failures: 0,
            longest: every.clamp(LONGEST_OF_QUICK, LONGEST),
        }
    }

    /// The next wait after a failure: twice the last one, between half of it and all of it.
    pub(crate) fn backoff(&mut self) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let whole = doubled.min(self.longest);
        whole / 2 + self.part_of(whole / 2)
    }

    /// It went well.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Between all of it and a tenth more: never more often than asked.
    pub(crate) fn spread(&mut self, interval: Duration) -> Duration {
        interval + self.part_of(interval / 10)
    }

    /// Some part of a span: the next of a well spread row (Steele and others, `SplitMix64`).
    fn part_of(&mut self, span: Duration) -> Duration {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        span.mul_f64(f64::from((mixed >> 32) as u32) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_the_longest_and_begin_anew_after_a_success() {
        for (every, longest) in [(1, 5), (60, 60), (600, 300)] {
            let mut pace = Pace::new("node-1", Duration::from_secs(every));
            for attempt in 0..40 {
                let whole = Duration::from_secs((1 << attempt.min(20)).min(longest));
                let wait = pace.backoff();
                assert!(
                    (whole / 2..=whole).contains(&wait),
                    "attempt {attempt} of a node that publishes each {every} s: {wait:?}"
                );
            }
            pace.reset();
            assert!(pace.backoff() <= FIRST);
        }
    }

    #[test]
    fn nodes_do_not_ask_at_one_moment_and_never_more_often_than_told() {
        let every = Duration::from_secs(600);
        let firsts: std::collections::BTreeSet<u64> = (0..100)
            .map(|index| {
                Pace::new(&format!("node-{index}"), every)
                    .spread(every)
                    .as_secs()
            })
            .collect();
        assert!(firsts.len() > 40, "{firsts:?}");
        assert!(
            firsts.iter().all(|wait| (600..=660).contains(wait)),
            "{firsts:?}"
        );
    }
}
