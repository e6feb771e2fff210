//! The store in etcd: the rules, and what can happen to servers, certificates and keys.

mod clocks;
mod compat;
mod member;
mod relay;
mod server;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use sanid_claims::{
    Action, EtcdStore, Identity, Kind, Lease, Outcome, Store, StoreError, StoreOptions, TlsFiles,
};

use self::clocks::{Hand, Moves};
use self::server::{Certificates, Etcd, Security, etcdctl};
use crate::conformance;
use crate::race::{self, Dice, Plan, Progress};
use crate::support::{
    PATIENCE, Place, claim, claim_briefly, eventually, granted, host, identity, listed, name_of,
    patiently, request, rivals, submit,
};
use testkit::trial::{Need, UNSHARE, trial};

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
        (
            "rejects_addresses_that_are_not_a_list_of_one_protocol",
            rejects_addresses_that_are_not_a_list_of_one_protocol,
        ),
        (
            "a_slow_store_is_waited_for_until_the_deadline",
            a_slow_store_is_waited_for_until_the_deadline,
        ),
        (
            "a_claim_is_two_requests_and_a_renewal_three",
            a_claim_is_two_requests_and_a_renewal_three,
        ),
        (
            "a_renewal_is_under_a_lease_of_its_own",
            a_renewal_is_under_a_lease_of_its_own,
        ),
        (
            "a_store_that_closes_its_connections_is_asked_again",
            a_store_that_closes_its_connections_is_asked_again,
        ),
    ] {
        trials.push(trial(&format!("etcd::{name}"), NEEDS, test));
    }
    trials.extend(compat::trials());
    trials.push(trial(
        "etcd::a_test_never_gets_the_server_of_a_different_one",
        &[],
        server::a_socket_belongs_to_its_process,
    ));
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
    let (url, at) = (etcd.url(), etcd.url());
    Place {
        open: Box::new(move || open(&url)),
        pass: Box::new(move |by| pass(&at, by)),
        _keep: Box::new(etcd),
    }
}

/// etcd ends a lease some time after it is over, and it is the server's clock that runs: waits until every lease
/// is gone that is to be.
fn pass(url: &str, by: Duration) {
    let due: Vec<String> = server::leases(url)
        .into_iter()
        .filter(|(_, left)| *left <= by)
        .map(|(lease, _)| lease)
        .collect();
    std::thread::sleep(by);
    eventually("etcd ends the leases that are over", || {
        let left = server::leases(url);
        let is_left = |lease: &String| left.iter().any(|(one, _)| one == lease);
        (!due.iter().any(is_left)).then_some(())
    });
}

fn open(urls: &str) -> Box<dyn Store> {
    Box::new(EtcdStore::open(urls, &StoreOptions::default()).unwrap())
}

fn ask(store: &mut dyn Store, within: Duration) -> Result<Outcome, StoreError> {
    store.wait_until(Instant::now() + within);
    sanid_claims::submit(
        store,
        &request(Action::Claim, &identity(1), &host("node")),
        None,
    )
}

/// A deadline that is waited for.
const SHORT: Duration = Duration::from_millis(1500);

/// The error of a store that cannot be asked. A machine that is too busy to find out why in this time gets more.
fn refusal(mut open: impl FnMut() -> Box<dyn Store>) -> StoreError {
    let mut within = SHORT;
    loop {
        let error = ask(open().as_mut(), within).unwrap_err();
        if within > PATIENCE || allowed(&error).is_none() {
            return error;
        }
        within *= 4;
    }
}

/// For how long the last call was let wait, where an error says that there was no answer.
fn allowed(error: &StoreError) -> Option<Duration> {
    let text = error.to_string();
    let (_, rest) = text.split_once("no answer within ")?;
    let (millis, _) = rest.split_once(" ms")?;
    Some(Duration::from_millis(millis.parse().unwrap()))
}

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
        Box::new(EtcdStore::open(&etcd.url(), &options).unwrap())
    };
    granted(&ask(with("ca", Some("client")).as_mut(), PATIENCE).unwrap());
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
        let error = refusal(|| with(ca, pair));
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
        granted(&ask(store.as_mut(), PATIENCE).unwrap());
    }
}

fn a_member_that_is_silent_costs_no_more_than_the_deadline() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for url in [
        format!("http://{}", silent.local_addr().unwrap()),
        "http://127.0.0.1:1".into(),
    ] {
        let error = ask(open(&url).as_mut(), SHORT).unwrap_err();
        assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
        // One call may take 3 s, and 10 s are waited for by default.
        assert!(
            allowed(&error).is_none_or(|allowed| allowed <= SHORT),
            "{error:?}"
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
            PATIENCE,
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
        store.wait_until(patiently());
        let request = request(Action::Claim, &identity(number), &host("node"));
        if let Err(error) = sanid_claims::submit(store.as_mut(), &request, None) {
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
    let key = |number| {
        format!(
            "/sanid/v1/names/iqn/{}",
            name_of(&identity(number), &Kind::Iqn)
        )
    };
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
    let error = sanid_claims::submit(store.as_mut(), &fenced, None).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");

    etcdctl(&etcd.url(), &format!("put {} garbage", key(2)));
    let error = sanid_claims::submit(
        store.as_mut(),
        &request(Action::Claim, &identity(2), &host("node")),
        None,
    );
    let error = error.unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    assert!(error.to_string().contains(&key(2)), "{error}");
}

fn rejects_addresses_that_are_not_a_list_of_one_protocol() {
    for (urls, word) in [
        ("", "a comma-separated list of addresses"),
        ("127.0.0.1:2379", "a comma-separated list of addresses"),
        ("http://a:1,https://b:1", "all http:// or all https://"),
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
    let error = ask(open(&slow).as_mut(), SHORT).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    assert!(
        allowed(&error).is_some_and(|allowed| allowed <= SHORT),
        "{error:?}"
    );
    let mut store = open(&slow);
    let patient = request(Action::Claim, &identity(1), &host("node"));
    granted(&submit(store.as_mut(), &patient));
    let found = listed(open(&etcd.url()).as_mut());
    assert_eq!(found.len(), 1, "and once");
}

fn a_claim_is_two_requests_and_a_renewal_three() {
    let etcd = Etcd::start(Security::None);
    let counted = (1..=5).find_map(|number| requests(&etcd.url(), &identity(number)));
    // The last one takes the former lease away.
    assert_eq!(counted, Some((2, 3)), "of a claim, and of a renewal");
}

/// Requests, one after the other, of a claim and of its renewal; none where a call was given up, which makes more of them.
fn requests(url: &str, identity: &Identity) -> Option<(usize, usize)> {
    let relay = relay::Counted::new(url);
    let mut store = open(&relay.url());
    store.wait_until(Instant::now() + Duration::from_secs(60));
    let claim = request(Action::Claim, identity, &host("node"));
    // Connected before it is counted.
    store.read(identity).ok()?;
    relay.requests();
    granted(&sanid_claims::submit(store.as_mut(), &claim, None).ok()?);
    let first = relay.requests();
    let all = listed(open(url).as_mut());
    let known = all.iter().find(|one| one.record.identity == *identity);
    let again = request(Action::Claim, identity, &host("node"));
    let outcome = sanid_claims::submit(store.as_mut(), &again, known).ok()?;
    assert!(matches!(outcome, Outcome::Renewed(_)), "{outcome:?}");
    let renewed = relay.requests();
    // A member that does not answer in time is connected to anew.
    (relay.connections() == 1).then_some((first, renewed))
}

/// A leader that was stopped while another was elected says that it keeps a lease alive which the other ends
/// (<https://github.com/etcd-io/etcd/issues/15247>); of a lease that is new it cannot know. The race below meets
/// such leaders now and then.
fn a_renewal_is_under_a_lease_of_its_own() {
    let etcd = Etcd::start(Security::None);
    let mut store = open(&etcd.url());
    let mut leases = Vec::new();
    for _ in 0..3 {
        granted(&claim(store.as_mut(), &identity(1), &host("node")));
        let now = server::leases(&etcd.url());
        assert_eq!(now.len(), 1, "and the former one is gone: {now:?}");
        leases.extend(now.into_iter().map(|(lease, _)| lease));
    }
    leases.sort();
    leases.dedup();
    assert_eq!(leases.len(), 3);
}

fn a_store_that_closes_its_connections_is_asked_again() {
    let etcd = Etcd::start(Security::None);
    let (url, asked) = relay::closing(&etcd.url(), 5);
    let mut store = open(&url);
    let wanted = request(Action::Claim, &identity(1), &host("node"));
    granted(&submit(store.as_mut(), &wanted));
    assert!(asked() > 5);
}

/// What ends a lease is the monotonic clock of the server: as the second round shows, in which that jumps.
fn a_server_whose_time_of_day_jumps_ends_no_lease() {
    for moves in [Moves::TimeOfDay, Moves::AllClocks] {
        let directory = tempfile::tempdir().unwrap();
        let hand = Hand::new(directory.path());
        let etcd = Etcd::start(Security::Clocks(&hand, moves));
        let mut store = open(&etcd.url());
        let store = store.as_mut();
        granted(&claim(store, &identity(1), &host("node")));
        jump(&hand, "+400d", &etcd.url(), 400);
        match moves {
            Moves::TimeOfDay => {
                looked_at_its_leases(store, 2);
                assert_eq!(
                    rivals(&claim(store, &identity(1), &host("clone"))),
                    ["node"]
                );
            }
            Moves::AllClocks => {
                let outcome = eventually("the lease is over by the clock that jumped", || {
                    let outcome = claim(store, &identity(1), &host("clone"));
                    (!matches!(outcome, Outcome::Conflict(_))).then_some(outcome)
                });
                assert!(matches!(outcome, Outcome::TakenOver(..)), "{outcome:?}");
                continue;
            }
        }
        jump(&hand, "-7000d", &etcd.url(), -7000);
        looked_at_its_leases(store, 3);
        assert_eq!(
            rivals(&claim(store, &identity(1), &host("clone"))),
            ["node"]
        );
        let renewed = claim(store, &identity(1), &host("node"));
        assert!(matches!(renewed, Outcome::Renewed(_)), "{renewed:?}");
    }
}

/// Moves the clock of a server, which then has that time.
fn jump(hand: &Hand, to: &str, url: &str, days: i64) {
    hand.set(to);
    eventually("the server has the time that it was given", || {
        (clocks::days_ahead(url) == days).then_some(())
    });
}

/// etcd has looked for leases that are over: one that was made now is.
fn looked_at_its_leases(store: &mut dyn Store, number: u32) {
    granted(&claim_briefly(store, &identity(number), &host("control")));
    eventually("etcd ends a lease that is over", || {
        let mut all = listed(store);
        all.retain(|one| one.record.identity == identity(number));
        (all[0].lease == Lease::Expired).then_some(())
    });
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
    let run = race::run(&place, &plan, &|progress: &Progress| {
        let mut cluster = cluster.lock().unwrap();
        let mut dice = Dice::new(1);
        let pause = |millis: u64| std::thread::sleep(Duration::from_millis(millis));
        let mut faults = 0;
        while !progress.is_done() {
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
            faults += 1;
            // Fewer prove nothing.
            if faults == 6 {
                progress.enough();
            }
        }
        println!("{faults} faults");
    });
    race::judge(&run);
    let mut cluster = cluster.into_inner().unwrap();
    if let Some(hand) = cluster.hand.clone() {
        hand.set("+700d");
        cluster.kill(1);
        cluster.restart(1);
        let url = cluster.url(1);
        eventually("the server that was started again has its own time", || {
            let ready = server::is_healthy(&url) && clocks::days_ahead(&url) == 700;
            ready.then_some(())
        });
    }
    let mut store = place.client();
    assert!(!listed(store.as_mut()).is_empty());
}
