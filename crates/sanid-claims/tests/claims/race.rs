//! A thousand clones race for ten identities, again and again, with faults, and the checker judges.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sanid_claims::{Action, Holder, Identity, Kind, Outcome, StoreError, Timestamp};

use crate::checker::{self, Operation, Run};
use crate::conformance::events;
use crate::support::{self, LEASE, Place, booted, host, identity, listed, mixed};

/// How much, by how many, and by which clock.
pub(crate) struct Plan {
    pub(crate) operations: usize,
    pub(crate) threads: usize,
    /// The clock of leases passes by hand, and not by itself.
    pub(crate) by_hand: bool,
    /// How long a client waits for its store at most; some wait for a fortieth of it.
    pub(crate) patience: Duration,
    /// Of a hundred wishes so many are to end somebody's claim.
    pub(crate) churn: u64,
    /// So many clones ask again and again, and so renew; the fewer, the fewer leases end.
    pub(crate) regulars: u64,
}

impl Plan {
    pub(crate) fn by_hand(operations: usize, threads: usize) -> Self {
        Self {
            operations,
            threads,
            by_hand: true,
            patience: Duration::from_secs(60),
            churn: 25,
            regulars: 30,
        }
    }
}

const CLONES: u64 = 1000;
const IDENTITIES: u64 = 10;

/// A generator of numbers (splitmix64), so that a run can be repeated by its seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// How far the clients are, and what happens beside them.
#[derive(Default)]
pub(crate) struct Progress {
    done: AtomicBool,
    enough: AtomicBool,
}

impl Progress {
    /// Whether the clients have ended.
    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::SeqCst)
    }

    /// Lets the clients end. Until then they go on, also when all that was planned is done.
    pub(crate) fn enough(&self) {
        self.enough.store(true, Ordering::SeqCst);
    }
}

/// Set when it is dropped, also on a failure, so that no thread waits for one that has panicked.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// All clients at work, and `faults` beside them until they are done.
pub(crate) fn run(place: &Place, plan: &Plan, faults: &(dyn Fn(&Progress) + Sync)) -> Run {
    let start = Instant::now();
    // The store's time lies between the two: one is moved after it, and one before.
    let (low, high) = (AtomicU64::new(0), AtomicU64::new(0));
    let lease_now = |clock: &AtomicU64| {
        if plan.by_hand {
            Duration::from_millis(clock.load(Ordering::SeqCst))
        } else {
            start.elapsed()
        }
    };
    let operations = Mutex::new(Vec::new());
    let (next, progress) = (AtomicUsize::new(0), Progress::default());
    let seed = seed();
    println!("seed {seed}");
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..plan.threads)
            .map(|worker| {
                let (operations, next, lease_now) = (&operations, &next, &lease_now);
                let (low, high, progress) = (&low, &high, &progress);
                scope.spawn(move || {
                    let mut dice = Dice::new(seed ^ ((worker as u64) << 32));
                    let mut store = (place.open)();
                    let mut own = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= plan.operations && progress.enough.load(Ordering::SeqCst) {
                            break;
                        }
                        let request = wish(&mut dice, number as u64, plan);
                        let (began, lease_began) = (start.elapsed(), lease_now(low));
                        // Some have so little that they never hear what came of it.
                        let patience = plan.patience / u32::try_from(1 + dice.below(40)).unwrap();
                        store.wait_until(Instant::now() + patience);
                        let answer = sanid_claims::submit(store.as_mut(), &request, None);
                        own.push(Operation {
                            request,
                            answer,
                            lease_ended: lease_now(high),
                            began,
                            ended: start.elapsed(),
                            lease_began,
                        });
                        if plan.by_hand {
                            let by = dice.below(100);
                            high.fetch_add(by, Ordering::SeqCst);
                            (place.pass)(Duration::from_millis(by));
                            low.fetch_add(by, Ordering::SeqCst);
                        }
                    }
                    operations.lock().unwrap().extend(own);
                })
            })
            .collect();
        let progress = &progress;
        scope.spawn(move || {
            let _enough = Ended(&progress.enough);
            faults(progress);
        });
        let _done = Ended(&progress.done);
        for worker in workers {
            worker.join().unwrap();
        }
    });
    let mut store = place.client();
    Run {
        operations: operations.into_inner().unwrap(),
        at_the_end: listed(store.as_mut()),
        history: events(store.as_mut()),
    }
}

pub(crate) fn seed() -> u64 {
    match std::env::var("SANID_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => Timestamp::now().seconds(),
    }
}

/// First everybody wants an identity at once; then they come and go. Their clocks are years apart.
fn wish(dice: &mut Dice, number: u64, plan: &Plan) -> sanid_claims::Request {
    // Some are there all the time, so that there is something to renew.
    let clone = match dice.below(3) {
        _ if number < CLONES => number,
        0 => dice.below(CLONES),
        _ => dice.below(plan.regulars),
    };
    let holder: Holder = booted(
        &host(&format!("clone {clone}")),
        u32::try_from(1 + dice.below(20) / 19).unwrap(),
    );
    let dice_identity = |dice: &mut Dice| u32::try_from(dice.below(IDENTITIES)).unwrap();
    let wanted: Identity = match dice.below(8) {
        kinds @ (0 | 1) => {
            let names = mixed(
                dice_identity(dice),
                dice_identity(dice),
                dice_identity(dice),
            );
            if kinds == 0 {
                names
            } else {
                other_kinds(dice, &names)
            }
        }
        _ => identity(dice_identity(dice)),
    };
    let action = match (dice.below(100) < plan.churn, dice.below(6)) {
        _ if number < CLONES => Action::Claim,
        (false, 0) => Action::TakeOver { fenced: false },
        (false, _) => Action::Claim,
        (true, 0..3) => Action::TakeOver { fenced: true },
        (true, 3 | 4) => Action::Release { fenced: false },
        (true, _) => Action::Release { fenced: true },
    };
    let mut request = support::request(action, &wanted, &holder);
    request.lease = Some(LEASE);
    request.now = Timestamp::from_seconds(request.now.seconds() + dice.below(1_000_000_000));
    request
}

/// One or two of the names, and now and then one of a kind without rules.
fn other_kinds(dice: &mut Dice, of: &Identity) -> Identity {
    let mut names: Vec<(Kind, String)> = of
        .names()
        .map(|one| (one.kind.clone(), one.name.clone()))
        .collect();
    for _ in 0..=dice.below(2) {
        let one = dice.below(names.len() as u64);
        names.remove(usize::try_from(one).unwrap());
    }
    if dice.below(2) == 0 {
        let client = format!("client-{}", dice.below(IDENTITIES));
        names.push((Kind::parse("nfs4").unwrap(), client));
    }
    Identity::new(
        names
            .iter()
            .map(|(kind, name)| (kind.clone(), name.as_str())),
    )
    .unwrap()
}

#[track_caller]
pub(crate) fn judge(run: &Run) {
    let judged = match checker::check(run) {
        Ok(judged) => judged,
        Err(why) => panic!("{why}"),
    };
    let count = |is: fn(&Outcome) -> bool| {
        run.operations
            .iter()
            .filter(|one| one.answer.as_ref().is_ok_and(is))
            .count()
    };
    let held = count(|one| matches!(one, Outcome::Held(_)));
    let renewed = count(|one| matches!(one, Outcome::Renewed(_)));
    let expired = count(|one| matches!(one, Outcome::TakenOver(_, sanid_claims::Why::Expired)));
    let fenced = count(|one| matches!(one, Outcome::TakenOver(_, sanid_claims::Why::Fenced)));
    let conflicts = count(|one| matches!(one, Outcome::Conflict(_) | Outcome::Refused(_)));
    let released = count(|one| matches!(one, Outcome::Released(_)));
    let unknown = run
        .operations
        .iter()
        .filter(|one| matches!(one.answer, Err(StoreError::Unreachable(_))))
        .count();
    println!(
        "{judged} operations: {held} held, {renewed} renewed, {expired} taken over expired, {fenced} fenced, {released} released, {conflicts} conflicts, {unknown} without an answer; {} events",
        run.history.len()
    );
    // A run in which little happened proves little.
    for (what, number) in [
        ("held", held),
        ("expired", expired),
        ("fenced", fenced),
        ("conflicts", conflicts),
        ("released", released),
    ] {
        assert!(number > 0, "nothing was {what}");
    }
}
