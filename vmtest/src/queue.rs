//! Which case starts next, so that processors are busy to the end and memory suffices.

use std::num::NonZero;
use std::sync::{Condvar, Mutex, PoisonError};
use std::{fs, thread};

use crate::case::{Case, Guest};

/// Cases that wait and what is free.
struct Queue {
    waiting: Vec<&'static Case>,
    /// Containers run one at a time.
    container: bool,
    /// So do pairs of guests: a kernel gives up a connection that is silent for 5 s, however slowly its guest runs.
    pair: bool,
    running: usize,
    /// In MiB.
    memory: u64,
}

/// QEMU itself needs a good part of what its guest has.
fn memory(case: &Case) -> u64 {
    case.memory * 2
}

fn is_container(case: &Case) -> bool {
    matches!(case.guest, Guest::Container { .. })
}

fn is_pair(case: &Case) -> bool {
    matches!(case.guest, Guest::SanBoot { .. })
}

impl Queue {
    /// The longest case that may start now. Cases that follow one another, containers or pairs, count as one.
    fn take(&mut self) -> Option<&'static Case> {
        let chain = |is_of: fn(&Case) -> bool| -> u64 {
            let cases = self.waiting.iter().filter(|case| is_of(case));
            cases.map(|case| case.takes).sum()
        };
        let (containers, pairs) = (chain(is_container), chain(is_pair));
        let (at, case) = self
            .waiting
            .iter()
            .enumerate()
            .filter(|(_, case)| {
                let fits = self.running == 0 || memory(case) <= self.memory;
                let alone = (is_container(case) && self.container) || (is_pair(case) && self.pair);
                fits && !alone
            })
            .max_by_key(|(_, case)| {
                let length = match () {
                    () if is_container(case) => containers,
                    () if is_pair(case) => pairs,
                    () => case.takes,
                };
                (length, case.takes)
            })?;
        let case = *case;
        self.waiting.swap_remove(at);
        self.running += 1;
        self.memory = self.memory.saturating_sub(memory(case));
        self.container |= is_container(case);
        self.pair |= is_pair(case);
        Some(case)
    }

    fn give_back(&mut self, case: &Case) {
        self.running -= 1;
        self.memory += memory(case);
        self.container &= !is_container(case);
        self.pair &= !is_pair(case);
    }
}

/// Runs cases side by side: at most `jobs`, or as many as there are processors. Two guests that talk to each other
/// count as one: they wait for each other and use one processor together.
pub(crate) fn run(
    cases: Vec<&'static Case>,
    jobs: Option<NonZero<usize>>,
    one: impl Fn(&'static Case) + Sync,
) {
    let jobs = jobs
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, NonZero::get);
    let queue = Mutex::new(Queue {
        waiting: cases,
        container: false,
        pair: false,
        running: 0,
        memory: free_memory(),
    });
    let ended = Condvar::new();
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                // Nothing panics while it holds the lock.
                let mut state = queue.lock().unwrap_or_else(PoisonError::into_inner);
                while !state.waiting.is_empty() {
                    let Some(case) = state.take() else {
                        state = ended.wait(state).unwrap_or_else(PoisonError::into_inner);
                        continue;
                    };
                    drop(state);
                    one(case);
                    state = queue.lock().unwrap_or_else(PoisonError::into_inner);
                    state.give_back(case);
                    ended.notify_all();
                }
            });
        }
    });
}

fn free_memory() -> u64 {
    let free = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = free
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0_u64) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    fn queue(names: &[&str], memory: u64) -> Queue {
        let find = |name: &&str| cases::all().find(|case| case.name == *name).unwrap();
        Queue {
            waiting: names.iter().map(find).collect(),
            container: false,
            pair: false,
            running: 0,
            memory,
        }
    }

    #[test]
    fn pairs_of_guests_follow_one_another() {
        let mut queue = queue(
            &["san_boot_iscsi", "san_boot_nvme_tcp", "reinstall"],
            16_384,
        );
        let first = queue.take().unwrap();
        assert!(is_pair(first), "{}", first.name);
        assert_eq!(queue.take().map(|case| case.name), Some("reinstall"));
        assert_eq!(
            queue.take().map(|case| case.name),
            None,
            "a pair is running"
        );
        queue.give_back(first);
        assert!(queue.take().is_some_and(is_pair));
    }

    #[test]
    fn the_longest_starts_first_and_containers_follow_one_another() {
        let mut queue = queue(
            &["reinstall", "power_cut", "upgrade", "live_connect_6_1"],
            16_384,
        );
        let mut next = || queue.take().map(|case| case.name);
        assert_eq!(next(), Some("power_cut"));
        assert_eq!(
            next(),
            Some("upgrade"),
            "two containers are the longest chain"
        );
        assert_eq!(next(), Some("live_connect_6_1"), "a container is running");
        assert_eq!(next(), None);
        queue.give_back(cases::all().find(|case| case.name == "upgrade").unwrap());
        assert_eq!(queue.take().map(|case| case.name), Some("reinstall"));
    }

    #[test]
    fn memory_bounds_what_runs_at_once_and_one_case_always_runs() {
        let mut queue = queue(&["power_cut", "debian_12"], 1);
        let first = queue.take().unwrap();
        assert!(queue.take().is_none());
        queue.give_back(first);
        assert!(queue.take().is_some());
    }
}
