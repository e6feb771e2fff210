use super::*;
use crate::store::StoreOptions;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn members(urls: &str) -> Members {
    let settings = Settings::new(urls, &StoreOptions::default()).unwrap();
    Members::new(settings).unwrap()
}

#[test]
fn pauses_double_up_to_a_second() {
    let pauses: Vec<Duration> = (0..8).map(pause).collect();
    assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000].map(millis));
    assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
}

/// Hosts that lose their store at the same time do not come back to it at the same time.
#[test]
fn pauses_are_spread_from_half_to_one_and_a_half_and_not_the_same_twice() {
    assert_eq!(jittered(millis(20), 0.0), millis(10));
    assert_eq!(jittered(millis(20), 0.5), millis(20));
    assert_eq!(jittered(millis(20), 1.0), millis(30));
    let spread: std::collections::BTreeSet<Duration> = (0..100)
        .map(|_| jittered(LONGEST_PAUSE, fraction()))
        .collect();
    assert!(spread.len() > 50, "{spread:?}");
    assert!(
        spread
            .iter()
            .all(|one| (millis(500)..millis(1500)).contains(one)),
        "{spread:?}"
    );
}

#[test]
fn a_call_gets_half_of_the_time_that_is_left_and_more_once_all_members_were_slow() {
    let left = Duration::from_secs(3600);
    for (rounds, seconds) in [(0, 3), (1, 6), (2, 12), (3, 24), (10, 1800), (100, 1800)] {
        let time = call_time(left, rounds);
        assert_eq!(time, Duration::from_secs(seconds), "after {rounds} rounds");
    }
    assert_eq!(call_time(millis(1500), 0), millis(750));
    assert_eq!(call_time(millis(150), 0), millis(100));
    assert_eq!(
        call_time(millis(30), 0),
        millis(30),
        "never beyond the deadline"
    );
}

#[test]
fn nothing_is_tried_after_the_deadline() {
    let mut members = members("http://127.0.0.1:1");
    members.wait_until(Instant::now());
    let asked = std::cell::Cell::new(0);
    let done: Result<(), StoreError> = members.repeat(|_| {
        asked.set(asked.get() + 1);
        async { Ok(()) }
    });
    assert_eq!(asked.get(), 0);
    let error = done.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unreachable(why) if why.contains("the time is over")),
        "{error:?}"
    );
}

#[test]
fn a_member_that_was_given_up_is_asked_again_after_the_others() {
    let mut members = members("http://127.0.0.1:1,http://127.0.0.1:2,http://127.0.0.1:3");
    members.at = 1;
    members.wait_until(Instant::now() + Duration::from_secs(3600));
    for next in [2, 0, 1] {
        let refused = members.once(|_| async { Err::<(), _>(CallError::Transient("x".into())) });
        assert!(matches!(refused, Err(CallError::Transient(_))));
        assert_eq!(members.at, next);
    }
    assert_eq!(members.given_up, 3);
}
