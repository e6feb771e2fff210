//! Claims per second beside bare transactions of the same shape, while the store grows: `cargo xtask bench
//! claims` runs it and writes the table.
//!
//! `claims ADDRESS MOST COUNT CLIENTS ROUNDS` grows the store at ADDRESS from 100 to MOST claims, by powers of
//! ten. At each size it makes COUNT claims and COUNT bare transactions in each round, and prints the size, the
//! claims per second and the bare transactions per second.
//!
//! A bare transaction writes what a new claim writes, prepared beforehand and sent without reading first. It
//! uses SQL and etcd's API directly, so that sanid-claims holds nothing for this comparison.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

mod etcd;
mod sqlite;

use std::error::Error;
use std::ops::Range;
use std::time::{Duration, Instant};

use sanid_claims::{
    Action, Change, Event, Holder, Identity, Outcome, Record, Request, Snapshot, Store,
    StoreOptions, decide,
};
use sanid_host::hardware::Evidence;

type Failure = Box<dyn Error + Send + Sync>;

/// A new claim and all that it writes.
struct New {
    request: Request,
    record: Record,
    event: Event,
}

/// A client of a store that writes without reading.
trait Bare: Sized {
    /// Everything that one claim sends.
    type Ready;
    /// Whether its transactions go into the store of the claims, and so need numbers of their own.
    const SHARES_STORE: bool;

    /// A connection that has been used once.
    fn connect(place: &str) -> Result<Self, Failure>;
    /// Prepares the writes of a claim.
    fn ready(new: &New) -> Self::Ready;
    /// Writes one claim in the transaction that a claim makes.
    fn write(&mut self, one: Self::Ready) -> Result<(), Failure>;
    /// Writes claims in as few transactions as possible.
    fn fill(place: &str, all: Vec<Self::Ready>) -> Result<(), Failure>;
}

fn main() -> Result<(), Failure> {
    // `cargo bench` passes an argument of its own.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let [address, numbers @ ..] = words.as_slice() else {
        println!("claims are measured by cargo xtask bench claims");
        return Ok(());
    };
    let numbers: Vec<u64> = numbers
        .iter()
        .map(|number| number.parse())
        .collect::<Result<_, _>>()?;
    let &[most, count, clients, rounds] = numbers.as_slice() else {
        return Err("expected ADDRESS MOST COUNT CLIENTS ROUNDS".into());
    };
    let plan = Plan {
        address,
        count,
        clients,
        rounds,
    };
    match address.split_once(':') {
        Some(("sqlite", _)) => plan.grow::<sqlite::File>(most),
        Some(("etcd", _)) => plan.grow::<etcd::Member>(most),
        _ => Err(format!("{address}: expected sqlite:FILE or etcd:URL").into()),
    }
}

struct Plan<'a> {
    address: &'a str,
    count: u64,
    clients: u64,
    rounds: u64,
}

impl Plan<'_> {
    fn place(&self) -> &str {
        self.address.split_once(':').map_or("", |(_, place)| place)
    }

    fn open(&self) -> Result<Box<dyn Store>, Failure> {
        Ok(sanid_claims::open(self.address, &StoreOptions::default())?)
    }

    fn grow<B: Bare>(&self, most: u64) -> Result<(), Failure> {
        self.open()?;
        let step = self.count * if B::SHARES_STORE { 2 } else { 1 };
        let (mut next, mut held) = (0, 100);
        while held <= most {
            while next < held {
                let end = held.min(next + 10_000);
                let ready = (next..end).map(|number| Ok(B::ready(&new(number)?)));
                B::fill(self.place(), ready.collect::<Result<_, Failure>>()?)?;
                next = end;
            }
            if held == 100 {
                self.verify()?;
            }
            for _ in 0..self.rounds {
                let (claims, bare) = self.round::<B>(next)?;
                println!("{held} {claims} {bare}");
                next += step;
            }
            held *= 10;
        }
        Ok(())
    }

    /// What bare transactions wrote is what sanid-claims reads as claims.
    fn verify(&self) -> Result<(), Failure> {
        let mut store = self.open()?;
        let expected = new(0)?;
        let found = store.read(&expected.request.identity)?.claims;
        let right = found.iter().any(|claim| {
            claim.record.identity == expected.record.identity
                && claim.record.holder == expected.record.holder
        });
        let mut all = 0;
        store.list(&mut |_| all += 1)?;
        if right && found.len() == 1 && all == 100 {
            return Ok(());
        }
        Err(format!(
            "sanid-claims reads {all} of the 100 claims that bare transactions wrote, and as the first {found:?}"
        )
        .into())
    }

    /// Claims and bare transactions per second of all clients together.
    fn round<B: Bare>(&self, first: u64) -> Result<(f64, f64), Failure> {
        let each = (self.count / self.clients).max(1);
        let mut times = (Duration::ZERO, Duration::ZERO);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.clients)
                .map(|worker| {
                    let begin = first + worker * each;
                    scope.spawn(move || self.pairs::<B>(begin..begin + each))
                })
                .collect();
            for worker in workers {
                let (claims, bare) = worker.join().map_err(|_| "a client panicked")??;
                times = (times.0 + claims, times.1 + bare);
            }
            Ok::<_, Failure>(())
        })?;
        // At every moment each client makes one of the two.
        let clients = f64::from(u32::try_from(self.clients)?);
        let done = f64::from(u32::try_from(each * self.clients)?) * clients;
        Ok((done / times.0.as_secs_f64(), done / times.1.as_secs_f64()))
    }

    /// One client: claims and bare transactions in turn, each first as often, so that a slow machine slows both.
    /// Returns the time of each kind.
    fn pairs<B: Bare>(&self, numbers: Range<u64>) -> Result<(Duration, Duration), Failure> {
        let shift = if B::SHARES_STORE { self.count } else { 0 };
        let mut pairs = Vec::new();
        for number in numbers {
            pairs.push((new(number)?.request, B::ready(&new(number + shift)?)));
        }
        let mut bare = B::connect(self.place())?;
        let mut store = self.open()?;
        if let Some((first, _)) = pairs.first() {
            store.read(&first.identity)?;
        }
        let mut times = (Duration::ZERO, Duration::ZERO);
        for (number, (request, ready)) in pairs.into_iter().enumerate() {
            let mut ready = Some(ready);
            for is_bare in [number % 2 == 0, number % 2 == 1] {
                let begin = Instant::now();
                if let Some(ready) = ready.take_if(|_| is_bare) {
                    bare.write(ready)?;
                    times.1 += begin.elapsed();
                } else {
                    store.wait_until(begin + Duration::from_secs(60));
                    let outcome = sanid_claims::submit(store.as_mut(), &request, None)?;
                    times.0 += begin.elapsed();
                    if !matches!(outcome, Outcome::Held(_)) {
                        return Err(format!("not a new claim: {outcome:?}").into());
                    }
                }
            }
        }
        Ok(times)
    }
}

/// The claim of a host of its own. Like all hosts of this benchmark it has every kind of evidence.
fn new(number: u64) -> Result<New, Failure> {
    let uuid = format!("652f5d50-a689-4520-b87b-{number:012x}");
    let identity = Identity::parse(
        &format!("iqn.2016-04.com.open-iscsi:{uuid}"),
        &format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}"),
        &uuid,
    )?;
    let digest = |kind: &str| format!("{kind}{number:031x}");
    let holder = Holder {
        name: format!("node-{number}"),
        seed: Some(digest("a")),
        evidence: Evidence {
            firmware_uuid: Some(digest("b")),
            board_serial: Some(digest("c")),
            macs: vec![digest("d"), digest("e")],
            root_fs: Some(digest("f")),
        },
        boot_id: Some(uuid),
        node: None,
    };
    let lease = Some(Duration::from_secs(24 * 3600));
    let request = Request::new(Action::Claim, identity, holder, lease);
    match decide(&request, &Snapshot::default()).change {
        Some(Change::Put { record, event, .. }) => Ok(New {
            request,
            record,
            event,
        }),
        other => Err(format!("a claim in an empty store writes {other:?}").into()),
    }
}
