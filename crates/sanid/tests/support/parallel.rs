//! Many cases of one trial, on all processors.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Mutex;

/// Runs the cases on all processors; fails with all that failed.
pub(crate) fn for_all<T: Send + Sync>(cases: Vec<T>, test: impl Fn(&T) + Sync) {
    let total = cases.len();
    let queue = Mutex::new(VecDeque::from(cases));
    let failures = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().unwrap().get() * 2;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = pop(&queue) {
                    let outcome =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&case)));
                    if let Err(panic) = outcome {
                        failures.lock().unwrap().push(message(&*panic));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let mut shown = String::new();
    for failure in failures.iter().take(10) {
        let _ = write!(shown, "\n{failure}\n");
    }
    assert!(
        failures.is_empty(),
        "{} of {total} cases failed, of which the first:\n{shown}",
        failures.len()
    );
}

fn pop<T>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
    queue.lock().unwrap().pop_front()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}
