//! Claims per second beside bare transactions of the same shape: `cargo xtask bench-claims` runs it.
//!
//! `claim_rates ADDRESS FIRST COUNT THREADS ROUNDS` claims for hosts that have no claim yet, from the number
//! FIRST on, and prints for each round the claims and the bare transactions per second. `claim_rates ADDRESS
//! FIRST COUNT fill` fills the store.

#![allow(clippy::print_stdout, reason = "it is what it does")]

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

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
                _ => bare::etcd(place, some, true).map(drop)?,
            }
        }
        return Ok(());
    }
    let threads: u64 = how.parse()?;
    let rounds: u64 = rest.first().ok_or("ROUNDS")?.parse()?;
    for round in 0..rounds {
        let first = first + 2 * count * round;
        let (claims, bare) = match kind {
            "sqlite" => on_sqlite(Path::new(place), first, count)?,
            _ => on_etcd(place, threads, first, count, round % 2 == 0)?,
        };
        println!("{claims} {bare}");
    }
    Ok(())
}

fn rate(count: u64, time: Duration) -> Result<f64, Box<dyn Error>> {
    Ok(f64::from(u32::try_from(count)?) / time.as_secs_f64())
}

fn on_sqlite(path: &Path, first: u64, count: u64) -> Result<(f64, f64), Box<dyn Error>> {
    let (claims, bare) = bare::pairs_sqlite(path, first..first + 2 * count)?;
    Ok((rate(count, claims)?, rate(count, bare)?))
}

/// One kind after the other, each first as often: a store grows while it is measured.
fn on_etcd(
    url: &str,
    threads: u64,
    first: u64,
    count: u64,
    claims_first: bool,
) -> Result<(f64, f64), Box<dyn Error>> {
    let claims = |first| at_once(threads, first, count, |some| bare::claims_etcd(url, some));
    let bare = |first| at_once(threads, first, count, |some| bare::etcd(url, some, false));
    if claims_first {
        Ok((claims(first)?, bare(first + count)?))
    } else {
        let bare = bare(first)?;
        Ok((claims(first + count)?, bare))
    }
}

/// So many clients, each with its part; transactions per second of all.
fn at_once(
    threads: u64,
    first: u64,
    count: u64,
    work: impl Fn(Range<u64>) -> Result<Duration, StoreError> + Sync,
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
    rate(each * threads, slowest)
}
