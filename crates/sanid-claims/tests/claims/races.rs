//! The races of the stores that are files, and of stores that are broken on purpose.

use std::time::Duration;

use libtest_mimic::Trial;

use crate::memory::{self, Broken};
use crate::race::{Dice, Plan, judge, run};
use crate::support::identity;
use crate::{checker, sqlite};
use testkit::trial::{Need, trial};

/// A race is thousands of claims.
const MINUTES: &[Need] = &[Need::Minutes];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("race::memory", MINUTES, || {
            let place = memory::place(Broken::Nothing);
            judge(&run(&place, &Plan::by_hand(8000, 8), &|_| ()));
        }),
        trial("race::sqlite", MINUTES, on_sqlite),
    ];
    for broken in [
        Broken::Atomicity,
        Broken::Guards,
        Broken::AllOrNone,
        Broken::Leases,
        Broken::Durability,
        Broken::Freshness,
    ] {
        let name = format!("race::the_checker_finds_a_store_without_{broken:?}");
        trials.push(trial(&name.to_lowercase(), MINUTES, move || {
            let place = memory::place(broken);
            let found = checker::check(&run(&place, &Plan::by_hand(8000, 8), &|_| ()));
            let why = found.expect_err("a broken store passed");
            println!("found: {}", why.chars().take(200).collect::<String>());
        }));
    }
    trials
}

/// Beside the clients somebody holds the lock now and then, and processes come and go.
fn on_sqlite() {
    let place = sqlite::place();
    let run = run(&place, &Plan::by_hand(6000, 16), &|progress| {
        progress.enough();
        let mut dice = Dice::new(7);
        while !progress.is_done() {
            let mut store = place.client();
            for number in 0..dice.below(5) {
                let _ = store.read(&identity(u32::try_from(number).unwrap()));
            }
            std::thread::sleep(Duration::from_millis(dice.below(20)));
        }
    });
    judge(&run);
}
