//! Claims per second beside bare transactions of the same shape: `cargo xtask bench-claims` runs it.
//!
//! `claim_rates ADDRESS FIRST COUNT THREADS ROUNDS` claims for hosts that have no claim yet, from the number
//! FIRST on, and prints for each round the claims and the bare transactions per second. `claim_rates ADDRESS
//! FIRST COUNT fill` fills the store.

#![allow(clippy::print_stdout, reason = "it is what it does")]

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use sanid_fleet::claims::{StoreError, bare};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, first, count, how, rest @ ..] = words.as_slice() else {
        return Err("ADDRESS FIRST COUNT THREADS ROUNDS, or ADDRESS FIRST COUNT fill".into());
    };
    let (first, count): (u64, u64) = (first.parse()?, count.parse()?);
    let (kind, place) = address.split_once(':').ok_or("KIND:PLACE")?;
    if how == "fill" {
        for begin in (first..first + count).step_by(10_000) {
            let some = begin..(begin + 10_000).min(first + count);
            match kind {
                "sqlite" => bare::fill_sqlite(Path::new(place), some)?,
                _ => bare::fill_etcd(place, some)?,
            }
        }
        return Ok(());
    }
    let threads: u64 = how.parse()?;
    let rounds: u64 = rest.first().ok_or("ROUNDS")?.parse()?;
    for round in 0..rounds {
        let first = first + 2 * count * round;
        let (claims, bare) = at_once(threads, first, count, |some| match kind {
            "sqlite" => bare::pairs_sqlite(Path::new(place), some),
            _ => bare::pairs_etcd(place, some),
        })?;
        println!("{claims} {bare}");
    }
    Ok(())
}

/// So many clients, each with its part: claims and bare transactions per second of all.
fn at_once(
    threads: u64,
    first: u64,
    count: u64,
    work: impl Fn(Range<u64>) -> Result<(Duration, Duration), StoreError> + Sync,
) -> Result<(f64, f64), Box<dyn Error>> {
    let each = (count / threads).max(1);
    let mut times = (Duration::ZERO, Duration::ZERO);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let begin = first + 2 * worker * each;
                let work = &work;
                scope.spawn(move || work(begin..begin + 2 * each))
            })
            .collect();
        for worker in workers {
            let (claims, bare) = worker.join().map_err(|_| "a client failed")??;
            times = (times.0 + claims, times.1 + bare);
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    // Each client did nothing but one of the two at every moment.
    let rate = |time: Duration| -> Result<f64, Box<dyn Error>> {
        let clients = f64::from(u32::try_from(threads)?);
        Ok(f64::from(u32::try_from(each * threads)?) * clients / time.as_secs_f64())
    };
    Ok((rate(times.0)?, rate(times.1)?))
}
