//! In which order steps run: each lane takes its steps in the order of the list, as soon as what they
//! need has ended.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::ProgressBar;

use super::step::{Context, Lane, Outcome, Step};

/// The steps of these names and all that they need, in the order of the list. Without names, all.
pub(super) fn chosen(all: &[Step], names: &[String], quick: bool) -> Result<Vec<Step>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| all.iter().all(|step| step.name != name.as_str()))
    {
        bail!("unknown step {unknown:?}; cargo xtask test --list lists the steps");
    }
    let mut wanted: BTreeSet<&str> = all
        .iter()
        .filter(|step| {
            (step.quick || !quick) && (names.is_empty() || names.iter().any(|n| n == step.name))
        })
        .map(|step| step.name)
        .collect();
    // What is needed comes before what needs it, so one pass from the end finds everything. A quick
    // run has what Rust and a C linker build; what else a step could use is left out.
    for step in all.iter().rev() {
        if wanted.contains(step.name) {
            let needed = step.needs.iter().copied();
            wanted.extend(needed.filter(|name| !quick || is_quick(all, name)));
        }
    }
    let steps = all.iter().filter(|step| wanted.contains(step.name));
    Ok(steps.copied().collect())
}

fn is_quick(all: &[Step], name: &str) -> bool {
    all.iter().any(|step| step.name == name && step.quick)
}

/// A step that has ended.
pub(super) struct Ended {
    pub(super) step: Step,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

/// Runs the steps; `report` gets each as it ends, one at a time.
pub(super) fn run(context: &Context, steps: &[Step], report: &mut (dyn FnMut(Ended) + Send)) {
    let queue = Queue {
        state: Mutex::new(State {
            waiting: steps.to_vec(),
            ended: BTreeSet::new(),
        }),
        changed: Condvar::new(),
        chosen: steps.iter().map(|step| step.name).collect(),
    };
    let report = Mutex::new(report);
    let (queue, report) = (&queue, &report);
    thread::scope(|scope| {
        for lane in Lane::WORKERS {
            scope.spawn(move || worker(context, lane, queue, report));
        }
    });
}

fn worker(
    context: &Context,
    lane: Lane,
    queue: &Queue,
    report: &Mutex<&mut (dyn FnMut(Ended) + Send)>,
) {
    while let Some(step) = queue.next(lane) {
        // Drawn on a terminal only.
        let bar = context.progress.add(ProgressBar::new_spinner());
        bar.set_message(format!("{}: {}", step.name, step.shows));
        bar.enable_steady_tick(Duration::from_millis(200));
        let begin = Instant::now();
        let outcome = (step.run)(context).unwrap_or_else(|error| Outcome::Failed {
            output: format!("{error:#}\n"),
            repeat: step.repeat(),
        });
        let took = begin.elapsed();
        bar.finish_and_clear();
        context.progress.suspend(|| {
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            report(Ended {
                step,
                outcome,
                took,
            });
        });
        queue.end(step.name);
    }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    chosen: BTreeSet<&'static str>,
}

struct State {
    waiting: Vec<Step>,
    ended: BTreeSet<&'static str>,
}

impl Queue {
    /// The next step of a lane; waits until it may begin. None when the lane has no more.
    fn next(&self, lane: Lane) -> Option<Step> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if !state.waiting.iter().any(|step| step.lane == lane) {
                return None;
            }
            if let Some(at) = state.ready(lane, &self.chosen) {
                return Some(state.waiting.remove(at));
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self, name: &'static str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ended.insert(name);
        self.changed.notify_all();
    }
}

impl State {
    /// The first step of a lane of which everything needed has ended, or does not run.
    fn ready(&self, lane: Lane, chosen: &BTreeSet<&str>) -> Option<usize> {
        self.waiting.iter().position(|step| {
            let blocks = |name: &&str| chosen.contains(name) && !self.ended.contains(name);
            step.lane == lane && !step.needs.iter().any(blocks)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const fn step(name: &'static str, lane: Lane, needs: &'static [&'static str]) -> Step {
        Step {
            name,
            shows: "",
            lane,
            needs,
            quick: !matches!(lane, Lane::Prepare),
            tests: false,
            run: |_| Ok(Outcome::passed("")),
        }
    }

    const ALL: [Step; 4] = [
        step("packages", Lane::Prepare, &[]),
        step("build", Lane::Cargo, &[]),
        step("tests", Lane::Tests, &["build"]),
        step("real", Lane::Tests, &["packages", "build"]),
    ];

    fn names(only: &[&str], quick: bool) -> Vec<&'static str> {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        let steps = chosen(&ALL, &only, quick).unwrap();
        steps.iter().map(|step| step.name).collect()
    }

    #[test]
    fn a_step_brings_what_it_needs_and_nothing_more() {
        assert_eq!(names(&["real"], false), ["packages", "build", "real"]);
        assert_eq!(names(&["tests"], false), ["build", "tests"]);
        assert_eq!(names(&[], false), ["packages", "build", "tests", "real"]);
        assert_eq!(names(&[], true), ["build", "tests", "real"]);
        assert!(chosen(&ALL, &["reel".to_owned()], false).is_err());
    }

    #[test]
    fn a_step_begins_when_what_it_needs_has_ended() {
        let chosen: BTreeSet<&str> = ALL.iter().map(|step| step.name).collect();
        let mut state = State {
            waiting: ALL.to_vec(),
            ended: BTreeSet::new(),
        };
        assert_eq!(state.ready(Lane::Tests, &chosen), None);
        state.ended.insert("build");
        assert_eq!(state.ready(Lane::Tests, &chosen), Some(2));
        state.waiting.remove(2);
        assert_eq!(
            state.ready(Lane::Tests, &chosen),
            None,
            "packages has not ended"
        );
        let without_packages = BTreeSet::from(["build", "real"]);
        assert_eq!(state.ready(Lane::Tests, &without_packages), Some(2));
    }
}
