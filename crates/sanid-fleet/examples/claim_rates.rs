//! Claims per second beside bare transactions of the same shape: `cargo xtask bench-claims` runs it.
//!
//! `claim_rates ADDRESS FIRST COUNT THREADS ROUNDS` claims for hosts that have no claim yet, from the number
//! FIRST on, and prints for each round the claims and the bare transactions per second. `claim_rates ADDRESS
//! FIRST COUNT fill` fills the store.

#![allow(clippy::print_stdout, reason = "it is what it does")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use sanid_fleet::claims::{StoreError, bare};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, first, count, how, rest @ ..] = words.as_slice() else {
        return Err("ADDRESS FIRST COUNT THREADS ROUNDS, or ADDRESS FIRST COUNT fill".into());
    };
    let (mut first, count): (u64, u64) = (first.parse()?, count.parse()?);
    if how == "fill" {
        for begin in (first..first + count).step_by(10_000) {
            bare(address, begin..(begin + 10_000).min(first + count), true)?;
        }
        return Ok(());
    }
    let threads: u64 = how.parse()?;
    let rounds: u32 = rest.first().ok_or("ROUNDS")?.parse()?;
    for round in 0..rounds {
        let mut rates = [0.0; 2];
        // In turn, and each first as often: a store grows while it is measured.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for what in order {
            let rate = at_once(threads, first, count, |numbers| match what {
                0 => bare::claims(address, numbers),
                _ => bare(address, numbers, false),
            })?;
            if let Some(place) = rates.get_mut(what) {
                *place = rate;
            }
            first += count;
        }
        let [claims, bare] = rates;
        println!("{claims} {bare}");
    }
    Ok(())
}

fn bare(
    address: &str,
    numbers: std::ops::Range<u64>,
    together: bool,
) -> Result<Duration, StoreError> {
    match address.split_once(':') {
        Some(("sqlite", path)) => bare::sqlite(Path::new(path), numbers, together),
        Some((_, url)) => bare::etcd(url, numbers, together),
        None => Err(StoreError::Usage(format!("{address} is no store"))),
    }
}

/// So many clients, each with its part; transactions per second of all.
fn at_once(
    threads: u64,
    first: u64,
    count: u64,
    work: impl Fn(std::ops::Range<u64>) -> Result<Duration, StoreError> + Sync,
) -> Result<f64, Box<dyn Error>> {
    let each = (count / threads).max(1);
    let slowest = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let begin = first + worker * each;
                let work = &work;
                scope.spawn(move || work(begin..begin + each))
            })
            .collect();
        let begin = Instant::now();
        let mut slowest = Duration::ZERO;
        for worker in workers {
            let took = worker.join().map_err(|_| "a client failed")??;
            slowest = slowest.max(took);
        }
        Ok::<_, Box<dyn Error>>(slowest.min(begin.elapsed()))
    })?;
    let done = u32::try_from(each * threads)?;
    Ok(f64::from(done) / slowest.as_secs_f64())
}
