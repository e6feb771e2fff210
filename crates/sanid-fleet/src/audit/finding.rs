//! What an audit found, before the hosts are given their names.

use std::cmp::Reverse;

use sanid_host::findings::Severity;

use super::cause::Cause;
use super::code::Code;

/// One finding.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    /// What else is true of exactly the same hosts.
    pub(crate) also: Vec<Code>,
    pub(crate) cause: Option<Cause>,
    /// What it is about: the values that hosts share, the code of their own finding.
    pub(crate) about: Vec<String>,
    /// What was seen.
    pub(crate) seen: String,
    /// Why it matters.
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) fix: Vec<String>,
    /// One line for each thing that needs its own.
    pub(crate) details: Vec<String>,
    /// How many hosts, or documents.
    pub(crate) hosts: u64,
    /// The places of the first of them.
    pub(crate) named: Vec<u64>,
    /// The same for the same hosts; 0 where it does not matter.
    pub(crate) set: u128,
}

impl Finding {
    pub(crate) fn new(code: Code, seen: String, why: &'static str) -> Self {
        Self {
            code,
            severity: code.severity(),
            also: Vec::new(),
            cause: None,
            about: Vec::new(),
            seen,
            why,
            fix: Vec::new(),
            details: Vec::new(),
            hosts: 0,
            named: Vec::new(),
            set: 0,
        }
    }
}

/// How large, and where the first one stands: of the same size the earlier one comes first, so that what
/// the same hosts share is kept together.
type Size = (u64, Reverse<u64>);

/// The largest of many, and how many there were.
#[derive(Debug)]
pub(crate) struct Largest<T> {
    kept: Vec<(Size, T)>,
    limit: usize,
    /// What is not larger need not be kept.
    floor: Option<Size>,
    count: u64,
}

impl<T> Largest<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            kept: Vec::new(),
            limit,
            floor: None,
            count: 0,
        }
    }

    /// Adds one, which is made only where there is room for it.
    pub(crate) fn add(&mut self, size: u64, first: u64, value: impl FnOnce() -> T) {
        self.count += 1;
        let size = (size, Reverse(first));
        if self.kept.len() >= self.limit.saturating_mul(2).max(1) {
            self.cut();
        }
        if self.floor.is_none_or(|floor| size > floor) {
            self.kept.push((size, value()));
        }
    }

    fn cut(&mut self) {
        self.kept.sort_by_key(|(size, _)| Reverse(*size));
        self.kept.truncate(self.limit);
        if self.kept.len() == self.limit {
            self.floor = self.kept.last().map(|smallest| smallest.0);
        }
    }

    /// How many were added.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The largest, largest first.
    pub(crate) fn done(mut self) -> Vec<T> {
        self.cut();
        self.kept.into_iter().map(|(_, value)| value).collect()
    }
}

/// `1 host`, `2 hosts`.
pub(crate) fn hosts(count: u64) -> String {
    match count {
        1 => "1 host".to_owned(),
        _ => format!("{count} hosts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_kept_and_all_are_counted() {
        let sizes: Vec<u64> = (0..1000).map(|index| index * 7919 % 1000).collect();
        let mut sorted = sizes.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        for limit in [1, 10, 999, 5000] {
            let mut largest = Largest::new(limit);
            for size in &sizes {
                largest.add(*size, 0, || *size);
            }
            assert_eq!(largest.count(), 1000);
            assert_eq!(largest.done(), sorted[..limit.min(1000)], "{limit}");
        }
    }
}
