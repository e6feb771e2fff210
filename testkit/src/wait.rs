//! Tests wait for what is going to happen, and assert no upper bound on a time.

use std::time::{Duration, Instant};

/// The longest that a test waits for something that is going to happen: on a busy machine, too. A test that
/// passes does not depend on it.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Looks again and again until there is what is waited for.
///
/// # Panics
/// Where it is not there in time.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            Instant::now() < until,
            "waited {} s in vain: {what}",
            PATIENCE.as_secs()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
