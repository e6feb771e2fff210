//! The store in etcd: the rules, and what can happen to servers, certificates and keys.

mod clocks;
mod compat;
mod member;
mod relay;
mod server;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use sanid_fleet::claims::{
    self, Action, EtcdStore, Outcome, Store, StoreError, StoreOptions, TlsFiles,
};

use self::clocks::{Hand, Moves};
use self::server::{Certificates, Etcd, Security, etcdctl};
use crate::conformance;
use crate::need::{Need, UNSHARE, trial};
use crate::race::{self, Dice, Plan};
use crate::support::{Place, claim, granted, host, identity, listed, request, rivals};

pub(crate) const NEEDS: &[Need] = &[
    Need::Program("etcd", "etcd-server"),
    Need::Program("etcdctl", "etcd-client"),
    Need::Program("openssl", "openssl"),
];

const NAMESPACES: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Program("etcd", "etcd-server"),
    Need::Program("ip", "iproute2"),
    Need::Program("nsenter", "util-linux"),
];

const NAMESPACES_AND_CLOCKS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Program("ip", "iproute2"),
    Need::Program("nsenter", "util-linux"),
    clocks::NEEDS[0],
    clocks::NEEDS[2],
    clocks::NEEDS[3],
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = conformance::trials("etcd", NEEDS, place);
    for (name, test) in [
        (
            "certificates_decide_who_may_claim",
            certificates_decide_who_may_claim as fn(),
        ),
        ("the_next_member_is_asked", the_next_member_is_asked),
        (
            "a_member_that_is_silent_costs_no_more_than_the_deadline",
            a_member_that_is_silent_costs_no_more_than_the_deadline,
        ),
        ("a_user_and_a_password", a_user_and_a_password),
        ("a_full_store_says_so", a_full_store_says_so),
        (
            "keys_edited_by_hand_are_found",
            keys_edited_by_hand_are_found,
        ),
        ("addresses_that_are_none", addresses_that_are_none),
        (
            "a_slow_store_is_waited_for_until_the_deadline",
            a_slow_store_is_waited_for_until_the_deadline,
        ),
        (
            "a_claim_is_two_round_trips_and_a_renewal_one",
            a_claim_is_two_round_trips_and_a_renewal_one,
        ),
        (
            "attempts_are_further_and_further_apart_and_never_the_same",
            attempts_are_further_and_further_apart_and_never_the_same,
        ),
    ] {
        trials.push(trial(&format!("etcd::{name}"), NEEDS, test));
    }
    trials.extend(compat::trials());
    trials.push(trial(
        "etcd::a_server_whose_time_of_day_jumps_ends_no_lease",
        clocks::NEEDS,
        a_server_whose_time_of_day_jumps_ends_no_lease,
    ));
    trials.push(trial(
        "race::etcd_killed_and_partitioned",
        NAMESPACES,
        || in_namespaces("race-etcd"),
    ));
    trials.push(trial(
        "race::etcd_by_clocks_apart",
        NAMESPACES_AND_CLOCKS,
        || {
            in_namespaces("race-etcd-clocks");
        },
    ));
    trials
}

/// One member with nothing in it.
pub(crate) fn place() -> Place {
    let etcd = Etcd::start(Security::None);
    let url = etcd.url();
    Place {
        open: Box::new(move || open(&url)),
        pass: Box::new(|by| {
            // etcd looks for leases that have ended twice in a second.
            std::thread::sleep(by + Duration::from_secs(3));
        }),
        _keep: Box::new(etcd),
    }
}

fn open(urls: &str) -> Box<dyn Store> {
    Box::new(EtcdStore::open(urls, &StoreOptions::default()).unwrap())
}

fn ask(store: &mut dyn Store, within: Duration) -> Result<Outcome, StoreError> {
    store.wait_until(Instant::now() + within);
    claims::submit(
        store,
        &request(Action::Claim, &identity(1), &host("node")),
        None,
    )
}

const SHORT: Duration = Duration::from_millis(1500);

fn certificates_decide_who_may_claim() {
    let certificates = Certificates::make();
    let etcd = Etcd::start(Security::Tls(&certificates));
    let with = |ca: &str, pair: Option<&str>| {
        let file = |name: String| Some(certificates.file(&name));
        let options = StoreOptions {
            tls: TlsFiles {
                ca: file(format!("{ca}.pem")),
                cert: pair.and_then(|pair| file(format!("{pair}.pem"))),
                key: pair.and_then(|pair| file(format!("{pair}.key"))),
                server_name: None,
            },
            ..StoreOptions::default()
        };
        let mut store = EtcdStore::open(&etcd.url(), &options).unwrap();
        ask(
            &mut store,
            if pair == Some("client") && ca == "ca" {
                SHORT * 20
            } else {
                SHORT
            },
        )
    };
    granted(&with("ca", Some("client")).unwrap());
    for (ca, pair, word) in [
        ("other-ca", Some("client"), "etcd's certificate"),
        ("ca", None, "refused a host without a certificate"),
        ("ca", Some("expired"), "refused this host's certificate"),
        (
            "ca",
            Some("of-another-ca"),
            "refused this host's certificate",
        ),
    ] {
        let error = with(ca, pair).unwrap_err();
        assert!(
            matches!(error, StoreError::Unreachable(_)),
            "{ca} {pair:?}: {error:?}"
        );
        assert!(error.to_string().contains(word), "{ca} {pair:?}: {error}");
    }
    // Plain to a port with TLS.
    let mut plain = open(&etcd.url().replace("https", "http"));
    assert!(matches!(
        ask(plain.as_mut(), SHORT),
        Err(StoreError::Unreachable(_))
    ));
}

fn the_next_member_is_asked() {
    let etcd = Etcd::start(Security::None);
    // Nobody listens at the first, and at the second somebody who never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let urls = format!(
        "http://127.0.0.1:1,http://{},{}",
        silent.local_addr().unwrap(),
        etcd.url()
    );
    for _ in 0..4 {
        let mut store = open(&urls);
        granted(&ask(store.as_mut(), Duration::from_secs(60)).unwrap());
    }
}

fn a_member_that_is_silent_costs_no_more_than_the_deadline() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for url in [
        format!("http://{}", silent.local_addr().unwrap()),
        "http://127.0.0.1:1".into(),
    ] {
        let begin = Instant::now();
        let error = ask(open(&url).as_mut(), SHORT).unwrap_err();
        assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
        // Far below the 3 s that one call may take, and the 10 s that are waited for by default.
        assert!(
            begin.elapsed() < SHORT + Duration::from_secs(1),
            "{:?}",
            begin.elapsed()
        );
    }
}

fn a_user_and_a_password() {
    let etcd = Etcd::start(Security::None);
    for words in [
        "user add root:secret",
        "user grant-role root root",
        "user add sanid:password",
        "role add claims",
        "role grant-permission claims --prefix=true readwrite /sanid/v1/",
        "user grant-role sanid claims",
        "user add other:password",
        "auth enable",
    ] {
        etcdctl(&etcd.url(), words);
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    std::fs::write(&file, "password\n").unwrap();
    let with = |user: Option<&str>| {
        let options = StoreOptions {
            user: user.map(Into::into),
            password_file: user.map(|_| file.clone()),
            ..StoreOptions::default()
        };
        ask(
            &mut EtcdStore::open(&etcd.url(), &options).unwrap(),
            SHORT * 4,
        )
    };
    granted(&with(Some("sanid")).unwrap());
    for user in [None, Some("other"), Some("nobody")] {
        let error = with(user).unwrap_err();
        assert!(
            !matches!(error, StoreError::Damaged(_)),
            "{user:?}: {error:?}"
        );
    }
}

fn a_full_store_says_so() {
    let etcd = Etcd::start(Security::Quota(64 * 1024));
    let mut store = open(&etcd.url());
    let mut failed = None;
    for number in 0..400 {
        store.wait_until(Instant::now() + Duration::from_secs(30));
        let request = request(Action::Claim, &identity(number), &host("node"));
        if let Err(error) = claims::submit(store.as_mut(), &request, None) {
            failed = Some(error);
            break;
        }
    }
    let error = failed.expect("the quota was not enough for all");
    assert!(matches!(error, StoreError::Failed(_)), "{error:?}");
    assert!(error.to_string().contains("defragment"), "{error}");
}

/// One of the three keys is gone, or is something else: nobody gets the claim by that, and the reason is told.
fn keys_edited_by_hand_are_found() {
    let etcd = Etcd::start(Security::None);
    let mut store = open(&etcd.url());
    let key = |number| format!("/sanid/v1/names/iqn/{}", identity(number).iqn());
    granted(&claim(store.as_mut(), &identity(1), &host("node")));
    etcdctl(&etcd.url(), &format!("del {}", key(1)));
    assert_eq!(
        rivals(&claim(store.as_mut(), &identity(1), &host("clone"))),
        ["node"]
    );
    let fenced = request(
        Action::TakeOver { fenced: true },
        &identity(1),
        &host("clone"),
    );
    let error = claims::submit(store.as_mut(), &fenced, None).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");

    etcdctl(&etcd.url(), &format!("put {} garbage", key(2)));
    let error = claims::submit(
        store.as_mut(),
        &request(Action::Claim, &identity(2), &host("node")),
        None,
    );
    let error = error.unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    assert!(error.to_string().contains(&key(2)), "{error}");
}

fn addresses_that_are_none() {
    for (urls, word) in [
        ("", "no list"),
        ("127.0.0.1:2379", "no list"),
        ("http://a:1,https://b:1", "one kind only"),
        ("https://a:1", "--ca"),
    ] {
        let error = EtcdStore::open(urls, &StoreOptions::default())
            .err()
            .unwrap();
        assert!(matches!(error, StoreError::Usage(_)), "{urls}: {error:?}");
        assert!(error.to_string().contains(word), "{urls}: {error}");
    }
}

/// What takes longer to say than a member is given at first is heard all the same, and nothing is waited for
/// beyond the deadline.
fn a_slow_store_is_waited_for_until_the_deadline() {
    let etcd = Etcd::start(Security::None);
    let slow = relay::late(&etcd.url(), Duration::from_millis(3500));
    let begin = Instant::now();
    let error = ask(open(&slow).as_mut(), SHORT).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    assert!(
        begin.elapsed() < SHORT + Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );
    let mut store = open(&slow);
    store.wait_until(Instant::now() + Duration::from_secs(60));
    let mut patient = request(Action::Claim, &identity(1), &host("node"));
    // Longer than what is to be waited for.
    patient.lease = Some(Duration::from_secs(1800));
    granted(&claims::submit(store.as_mut(), &patient, None).unwrap());
    let found = listed(open(&etcd.url()).as_mut());
    assert_eq!(found.len(), 1, "and once");
}

/// Seen by the time that they take where each answer is late.
fn a_claim_is_two_round_trips_and_a_renewal_one() {
    const LATE: Duration = Duration::from_secs(2);
    let etcd = Etcd::start(Security::None);
    let mut store = open(&relay::late(&etcd.url(), LATE));
    let mut ask = request(Action::Claim, &identity(1), &host("node"));
    ask.lease = Some(Duration::from_secs(1800));
    store.wait_until(Instant::now() + Duration::from_secs(120));
    // Connected before the time begins.
    store.read(&identity(2)).unwrap();
    let begin = Instant::now();
    granted(&claims::submit(store.as_mut(), &ask, None).unwrap());
    let first = begin.elapsed();
    assert!(LATE * 2 <= first && first < LATE * 3, "{first:?}");
    let known = listed(open(&etcd.url()).as_mut());
    let mut again = request(Action::Claim, &identity(1), &host("node"));
    again.lease = ask.lease;
    let begin = Instant::now();
    let outcome = claims::submit(store.as_mut(), &again, known.first()).unwrap();
    let renewed = begin.elapsed();
    assert!(matches!(outcome, Outcome::Renewed(_)), "{outcome:?}");
    assert!(LATE <= renewed && renewed < LATE * 2, "{renewed:?}");
}

/// Hosts that lose their store at the same time do not come back to it at the same time.
fn attempts_are_further_and_further_apart_and_never_the_same() {
    const WITHIN: Duration = Duration::from_secs(4);
    // Twice as long each time, up to a second.
    let expected = |pause: usize| Duration::from_millis((20 << pause.min(6)).min(1000));
    let runs = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8).map(|_| scope.spawn(|| attempts(WITHIN))).collect();
        let runs = workers.into_iter().map(|worker| worker.join().unwrap());
        runs.collect::<Vec<Vec<Duration>>>()
    });
    let mut shorter = 0;
    for times in &runs {
        println!("{times:?}");
        let last = *times.last().unwrap();
        assert!(last < WITHIN + Duration::from_millis(500), "{times:?}");
        assert!((4..=20).contains(&times.len()), "{times:?}");
        for (pause, two) in times.windows(2).enumerate() {
            let gap = two[1].saturating_sub(two[0]);
            assert!(gap >= expected(pause) / 2, "pause {pause}: {times:?}");
            // A busy machine makes them longer; only chance makes them shorter.
            shorter += usize::from(gap < expected(pause) * 9 / 10);
        }
    }
    assert!(shorter > 0, "no jitter: {runs:?}");
}

/// When a store was asked that takes each connection and closes it: an answer that another attempt may change.
fn attempts(within: Duration) -> Vec<Duration> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (seen, times) = std::sync::mpsc::channel();
    let begin = Instant::now();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let _ = seen.send(begin.elapsed());
            drop(connection);
        }
    });
    let error = ask(open(&url).as_mut(), within).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    std::thread::sleep(Duration::from_secs(2));
    times.try_iter().collect()
}

/// What ends a lease is the monotonic clock of the server: as the second round shows, in which that jumps.
fn a_server_whose_time_of_day_jumps_ends_no_lease() {
    let lasting = |store: &mut dyn Store, name: &str| {
        store.wait_until(Instant::now() + Duration::from_secs(60));
        let mut ask = request(Action::Claim, &identity(1), &host(name));
        ask.lease = Some(Duration::from_secs(1800));
        claims::submit(store, &ask, None).unwrap()
    };
    for moves in [Moves::TimeOfDay, Moves::AllClocks] {
        let directory = tempfile::tempdir().unwrap();
        let hand = Hand::new(directory.path());
        let etcd = Etcd::start(Security::Clocks(&hand, moves));
        let mut store = open(&etcd.url());
        granted(&lasting(store.as_mut(), "node"));
        hand.set("+400d");
        // etcd looks for leases that have ended twice in a second.
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(clocks::days_ahead(&etcd.url()), 400);
        let outcome = lasting(store.as_mut(), "clone");
        match moves {
            Moves::TimeOfDay => assert_eq!(rivals(&outcome), ["node"]),
            Moves::AllClocks => {
                assert!(matches!(outcome, Outcome::TakenOver(..)), "{outcome:?}");
                continue;
            }
        }
        hand.set("-7000d");
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(clocks::days_ahead(&etcd.url()), -7000);
        assert_eq!(rivals(&lasting(store.as_mut(), "clone")), ["node"]);
        let renewed = lasting(store.as_mut(), "node");
        assert!(matches!(renewed, Outcome::Renewed(_)), "{renewed:?}");
    }
}

/// The race below, in namespaces of its own: whatever comes of it, nothing is left running.
fn in_namespaces(race: &str) {
    let output = Command::new("unshare")
        .args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ])
        .arg(std::env::current_exe().unwrap())
        .env(crate::WORKER, race)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Three members. One is killed and started again, the leader is stopped for longer than an election takes,
/// and the third, in a network of its own, is cut off and comes back.
///
/// With clocks apart: the monotonic clocks of the first and the third are months apart and others after each
/// start, and the time of day of the second is years off and jumps.
pub(crate) fn race_with_faults(clocks_apart: bool) {
    let cluster = server::Cluster::start(Path::new("/dev/shm"), clocks_apart);
    let urls = cluster.urls();
    let place = Place {
        open: Box::new(move || open(&urls)),
        pass: Box::new(std::thread::sleep),
        _keep: Box::new(()),
    };
    let cluster = std::sync::Mutex::new(cluster);
    let plan = Plan {
        operations: if clocks_apart { 4000 } else { 9000 },
        threads: 12,
        by_hand: false,
        patience: Duration::from_secs(12),
        churn: 2,
        regulars: 100,
    };
    let faults = std::sync::atomic::AtomicUsize::new(0);
    let run = race::run(&place, &plan, &|done: &AtomicBool| {
        let mut cluster = cluster.lock().unwrap();
        let mut dice = Dice::new(1);
        let pause = |millis: u64| std::thread::sleep(Duration::from_millis(millis));
        while !done.load(Ordering::SeqCst) {
            if let Some(hand) = &cluster.hand {
                let sign = ["+", "-"][usize::try_from(dice.below(2)).unwrap()];
                hand.set(&format!("{sign}{}h", 9000 + dice.below(90_000)));
            }
            pause(300 + dice.below(700));
            let member = usize::try_from(dice.below(3)).unwrap();
            match dice.below(3) {
                0 => {
                    cluster.kill(member);
                    pause(dice.below(2500));
                    cluster.restart(member);
                }
                1 => {
                    cluster.cut_off(true);
                    pause(500 + dice.below(3500));
                    cluster.cut_off(false);
                }
                _ => {
                    cluster.signal(member, "STOP");
                    pause(500 + dice.below(2500));
                    cluster.signal(member, "CONT");
                }
            }
            faults.fetch_add(1, Ordering::SeqCst);
        }
    });
    println!("{} faults", faults.load(Ordering::SeqCst));
    race::judge(&run);
    let mut cluster = cluster.into_inner().unwrap();
    if let Some(hand) = cluster.hand.clone() {
        hand.set("+700d");
        cluster.kill(1);
        cluster.restart(1);
        std::thread::sleep(Duration::from_secs(5));
        assert_eq!(clocks::days_ahead(&cluster.url(1)), 700);
    }
    assert!(
        faults.load(Ordering::SeqCst) >= 3,
        "too few faults to prove anything"
    );
    let mut store = place.client();
    assert!(!listed(store.as_mut()).is_empty());
}
