//! The store of claims on a real API server: the rules of every store, the race with its checker, and what is
//! this store's own.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams, PostParams};
use libtest_mimic::Trial;
use sanid_fleet::claims::{
    Action, Applied, Change, Holder, Identity, Node, Request, Seen, Snapshot, Store, StoreError,
    Stored,
};
use sanid_kube::api::Address;
use sanid_kube::claims::{ANNOTATION, Claimant, KubeStore, Standing, UNOWNED, transition};
use sanid_kube::resources::{NodeReference, StorageIdentityClaim, object_name};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::cluster::{Cluster, block};
use crate::need::Need;
use crate::node::Admin;
use crate::race::{self, Dice, Plan};
use crate::support::{self, HandClock, Place, claim, granted, host, identity, mixed, rivals};
use crate::{Pass, Shared, alone, conformance, history, shared, trial};

const NEEDS: &[Need] = &[Need::Set("SANID_KUBE_SERVER")];

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    let mut trials = vec![
        trial(
            shared,
            "what_has_taken_its_place_is_neither_deleted_nor_replaced",
            exactly,
        ),
        trial(shared, "a_conflict_takes_back_what_was_staged", takes_back),
        trial(
            shared,
            "a_renewal_is_one_request_and_writes_nothing",
            renewal,
        ),
        trial(
            shared,
            "what_a_dead_agent_has_staged_is_its_own_nodes_to_finish",
            staged_by_a_node,
        ),
        trial(
            shared,
            "a_commit_that_comes_late_finds_the_way_barred",
            late_commit,
        ),
        trial(
            shared,
            "a_move_that_stopped_half_way_is_finished_or_undone",
            half_moved,
        ),
        trial(
            shared,
            "history_is_bounded_and_in_the_object_of_the_host_id",
            bounded_history,
        ),
    ];
    trials.extend(conformance::trials("kube", NEEDS, place));
    trials.push(alone(
        shared,
        "race::kube_killed_and_partitioned",
        race_with_faults,
    ));
    trials
}

/// A runtime on a thread of its own.
struct Driven {
    handle: Handle,
    _until: oneshot::Sender<()>,
}

impl Driven {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let (until, ended) = oneshot::channel();
        std::thread::spawn(move || runtime.block_on(ended));
        Self {
            handle,
            _until: until,
        }
    }

    fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.handle.enter()
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.handle.block_on(future)
    }
}

/// What a store and its clients live in.
struct Rooms {
    runtime: Driven,
    clock: HandClock,
    /// The revision since when history is read.
    begin: u64,
}

impl Rooms {
    fn new(cluster: &Cluster) -> Self {
        let runtime = Driven::new();
        let begin = runtime.block_on(async { history::now(&cluster.admin().await).await });
        Self {
            runtime,
            clock: HandClock::default(),
            begin,
        }
    }

    /// Begins with nothing.
    fn forget(&mut self, cluster: &Cluster) {
        self.begin = self.runtime.block_on(async {
            forget_all(cluster).await;
            history::now(&cluster.admin().await).await
        });
    }

    fn store(&self, cluster: &Cluster, server: &str) -> KubeStore {
        let asked = self.runtime.block_on(address(cluster, server).connect());
        let _inside = self.runtime.enter();
        let clock = Box::new(self.clock.clone());
        asked.unwrap().store(None).with_clock(clock)
    }
}

fn address(cluster: &Cluster, server: &str) -> Address {
    Address {
        server: Some(server.to_owned()),
        token_file: Some(cluster.path("admin.token")),
        ca_file: Some(cluster.path("ca.crt")),
    }
}

/// Deletes what other rules have claimed: what no node owns, and has names below [`NAMES`].
async fn forget_all(cluster: &Cluster) {
    let admin = Admin::new(cluster.admin().await);
    let all = admin.claims().list(&ListParams::default()).await.unwrap();
    for one in all.items {
        let number = one.spec.identifier.rsplit(['-', ':']).next().unwrap();
        let radix = if one.spec.identifier.contains(":host-") {
            10
        } else {
            16
        };
        let number = u32::from_str_radix(number, radix).unwrap_or(NAMES);
        if one.spec.holder.node.name == UNOWNED && number < NAMES {
            let name = one.name_any();
            let _ = admin.claims().delete(&name, &DeleteParams::default()).await;
        }
    }
}

/// A store that sees the claims of this test alone, beside the agents of others, and reads the whole history
/// where it is told since when.
struct Mine {
    store: KubeStore,
    since: Option<(Arc<Rooms>, Shared)>,
}

impl Store for Mine {
    fn wait_until(&mut self, deadline: Instant) {
        self.store.wait_until(deadline);
    }

    fn read(&mut self, of: &Identity) -> Result<Snapshot, StoreError> {
        self.store.read(of)
    }

    fn apply(&mut self, of: &Identity, change: &Change) -> Result<Applied, StoreError> {
        self.store.apply(of, change)
    }

    fn list(&mut self, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError> {
        self.store.list(&mut |seen| {
            if is_mine(&seen.record.identity, &seen.record.holder) {
                each(seen);
            }
        })
    }

    fn history(
        &mut self,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Stored>, StoreError> {
        let Some((rooms, shared)) = &self.since else {
            let (until, mut seen) = (Instant::now() + wait, after);
            loop {
                let left = until.saturating_duration_since(Instant::now());
                let mut events = self.store.history(seen, usize::MAX, left)?;
                seen = events.last().map_or(seen, |stored| stored.sequence);
                events.retain(|stored| is_mine(&stored.event.identity, &stored.event.holder));
                events.truncate(limit);
                if !events.is_empty() || Instant::now() >= until {
                    return Ok(events);
                }
            }
        };
        let cluster = shared.get().unwrap();
        let changes = rooms.runtime.block_on(async {
            let client = cluster.admin().await;
            history::of(
                &client,
                "apis/sanid.dev/v1alpha1/storageidentityclaims",
                rooms.begin,
            )
            .await
        });
        let mut events: Vec<Stored> = changes
            .iter()
            .filter(|change| change.what != "DELETED")
            .filter_map(|change| {
                let object: StorageIdentityClaim =
                    serde_json::from_value(change.object.clone()).unwrap();
                transition(&object)
            })
            .filter(|stored| is_mine(&stored.event.identity, &stored.event.holder))
            .filter(|stored| stored.sequence > after)
            .collect();
        events.sort_by_key(|stored| stored.sequence);
        events.truncate(limit);
        Ok(events)
    }
}

/// Whether a claim is of the rules or of the race, and not of an agent or of the tests below.
fn is_mine(identity: &Identity, holder: &Holder) -> bool {
    let number = identity.host_id().rsplit('-').next().unwrap();
    holder.node.is_none() && u32::from_str_radix(number, 16).is_ok_and(|number| number < NAMES)
}

/// An empty place on the cluster that all share. One at a time: the rules use the same names.
fn place() -> Place {
    let shared = shared();
    let pass = (Pass::shared(), ONE_AT_A_TIME.enter());
    let cluster = shared.get_or_init(Cluster::start);
    let mut rooms = Rooms::new(cluster);
    rooms.forget(cluster);
    let rooms = Arc::new(rooms);
    let (opened, time) = (Arc::clone(&rooms), rooms.clock.0.clone());
    let at = Arc::clone(&shared);
    Place {
        open: Box::new(move || {
            let cluster = at.get().unwrap();
            Box::new(Mine {
                store: opened.store(cluster, &cluster.url()),
                since: None,
            })
        }),
        pass: Box::new(move |by| {
            time.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        }),
        _keep: Box::new((rooms, pass)),
    }
}

/// The conformance rules' turn.
static ONE_AT_A_TIME: crate::Gate = crate::Gate::new();

/// A way to the API server that can be cut: what is sent then arrives when it is whole again.
pub(crate) struct Way {
    port: u16,
    cut: Arc<AtomicBool>,
}

impl Way {
    pub(crate) fn to(cluster: &Cluster) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicBool::new(false));
        let (is_cut, server) = (Arc::clone(&cut), cluster.port());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for (from, to) in [(client, server), back] {
                    let is_cut = Arc::clone(&is_cut);
                    std::thread::spawn(move || carry(from, to, &is_cut));
                }
            }
        });
        Self { port, cut }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    pub(crate) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        while is_cut.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}

/// The clones of the other stores' races, on an API server that is killed and started again; half of the
/// clients have a way that is cut now and then, so that writes arrive late.
fn race_with_faults(cluster: &Cluster) {
    let mut rooms = Rooms::new(cluster);
    rooms.forget(cluster);
    let rooms = Arc::new(rooms);
    let (opened, shared) = (Arc::clone(&rooms), shared());
    let way = Way::to(cluster);
    let (direct, cuttable) = (cluster.url(), way.url());
    let number = AtomicU64::new(0);
    let time = rooms.clock.0.clone();
    let place = Place {
        open: Box::new(move || {
            let odd = number.fetch_add(1, Ordering::SeqCst) % 2 == 1;
            let server = if odd { &cuttable } else { &direct };
            Box::new(Mine {
                store: opened.store(shared.get().unwrap(), server),
                since: Some((Arc::clone(&opened), Arc::clone(&shared))),
            })
        }),
        pass: Box::new(move |by| {
            time.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        }),
        _keep: Box::new(()),
    };
    let plan = Plan {
        patience: Duration::from_secs(20),
        ..Plan::by_hand(OPERATIONS, 12)
    };
    let faults = Mutex::new((0, 0));
    let run = race::run(&place, &plan, &|done: &AtomicBool| {
        let mut dice = Dice::new(1);
        let pause = |millis: u64| std::thread::sleep(Duration::from_millis(millis));
        while !done.load(Ordering::SeqCst) {
            pause(500 + dice.below(1500));
            way.cut(true);
            pause(200 + dice.below(2500));
            way.cut(false);
            let mut faults = faults.lock().unwrap();
            faults.0 += 1;
            if faults.0 % 3 == 2 && faults.1 < 2 {
                drop(cluster.without_server());
                faults.1 += 1;
            }
        }
    });
    let (cuts, kills) = *faults.lock().unwrap();
    println!("cut {cuts} times, killed {kills} times");
    race::judge(&run);
    assert!(cuts >= 2 && kills >= 1, "too few faults to prove anything");
}

const OPERATIONS: usize = 1800;

/// A holder on a node that the cluster vouches for.
fn on(node: &NodeReference) -> Holder {
    Holder {
        node: Some(Node {
            name: node.name.clone(),
            uid: node.uid.clone(),
        }),
        ..host(&node.name)
    }
}

/// A node with the claims of its own, by the rights of the agents.
async fn claimant(
    cluster: &Cluster,
    name: &str,
) -> (NodeReference, Claimant, sanid_kube::api::Cluster) {
    let admin = Admin::new(cluster.admin().await);
    let node = NodeReference {
        name: name.into(),
        uid: admin.register(name).await,
    };
    let address = Address {
        token_file: Some(cluster.token(name).await),
        ..address(cluster, &cluster.url())
    };
    let asked = address.connect().await.unwrap();
    let claimant = Claimant::new(&asked, &node);
    (node, claimant, asked)
}

/// Names far from those of the conformance rules.
fn names(number: u32) -> Identity {
    identity(NAMES + number)
}

const NAMES: u32 = 0x00ab_0000;

fn objects_of(identity: &Identity) -> Vec<String> {
    use sanid_kube::resources::IdentifierType::{HostID, HostNQN, InitiatorName};
    vec![
        object_name(HostID, identity.host_id()),
        object_name(HostNQN, identity.host_nqn()),
        object_name(InitiatorName, identity.iqn()),
    ]
}

fn exactly(cluster: &Cluster) {
    let (claimed, mut store) = block(async {
        let (node, mut claimant, asked) = claimant(cluster, "exactly").await;
        claimant.claim(&names(1), &on(&node)).await.unwrap();
        let admin = Admin::new(cluster.admin().await);
        let found = admin.claim(names(1).host_id()).await.unwrap();
        drop(asked);
        (found, node)
    });
    let rooms = Rooms::new(cluster);
    let mut store = {
        let _inside = rooms.runtime.enter();
        let asked = rooms
            .runtime
            .block_on(address(cluster, &cluster.url()).connect());
        let node = std::mem::take(&mut store);
        asked.unwrap().store(Some(node))
    };
    let with = |uid: Option<&str>, version: Option<&str>| {
        let mut object = claimed.clone();
        if let Some(uid) = uid {
            object.metadata.uid = Some(uid.into());
        }
        if let Some(version) = version {
            object.metadata.resource_version = Some(version.into());
        }
        object
    };
    let other = "99999999-2222-4333-8444-555555555555";
    for (what, object) in [
        ("uid", with(Some(other), None)),
        ("version", with(None, Some("1"))),
    ] {
        assert_eq!(store.delete_exactly(&object), Ok(false), "another {what}");
        assert_eq!(store.replace_exactly(&object), Ok(false), "another {what}");
    }
    let mut touched = claimed.clone();
    touched.labels_mut().insert("a".into(), "b".into());
    assert_eq!(store.replace_exactly(&touched), Ok(true));
    assert_eq!(
        store.delete_exactly(&claimed),
        Ok(false),
        "it was written since"
    );
    let now = rooms.runtime.block_on(async {
        Admin::new(cluster.admin().await)
            .claim(&claimed.name_any())
            .await
    });
    assert_eq!(store.delete_exactly(&now.unwrap()), Ok(true));
    // Another node's is not touched, whatever the server would say.
    let mut theirs = claimed;
    theirs.spec.holder.node.name = "another".into();
    assert!(store.delete_exactly(&theirs).is_err());
}

fn takes_back(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (one, mut first, _) = claimant(cluster, "first-of-two").await;
        let (two, mut second, _) = claimant(cluster, "second-of-two").await;
        let held = first.claim(&names(10), &on(&one)).await.unwrap();
        assert_eq!(held.standing, Standing::Held);
        let base = NAMES;
        // One shares the initiator name, which comes after the host NQN; one the Host ID, which is the last.
        for wanted in [
            mixed(base + 10, base + 11, base + 11),
            mixed(base + 12, base + 12, base + 10),
        ] {
            let claims = second.claim(&wanted, &on(&two)).await.unwrap();
            assert!(
                matches!(claims.standing, Standing::Conflict(_)),
                "{claims:?}"
            );
            for name in objects_of(&wanted) {
                let there = admin.claim(&name).await;
                let node = there.map(|one| one.spec.holder.node.name);
                assert_ne!(node.as_deref(), Some("second-of-two"), "{name} is left");
            }
        }
        let again = first.claim(&names(10), &on(&one)).await.unwrap();
        assert_eq!(again.standing, Standing::Held);
    });
}

fn renewal(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (node, mut claimant, asked) = claimant(cluster, "renewal").await;
        claimant.claim(&names(20), &on(&node)).await.unwrap();
        let versions = || async {
            let mut versions = Vec::new();
            for name in objects_of(&names(20)) {
                versions.push(admin.claim(&name).await.unwrap().resource_version());
            }
            versions
        };
        let requests = || asked.requests().lock().unwrap().clone();
        let (before, counted) = (versions().await, requests());
        assert_eq!(counted, BTreeMap::from([("create", 3)]), "a first claim");
        for _ in 0..6 {
            let claims = claimant.claim(&names(20), &on(&node)).await.unwrap();
            assert_eq!(claims.standing, Standing::Held);
        }
        assert_eq!(versions().await, before);
        assert_eq!(requests(), BTreeMap::from([("create", 3), ("get", 6)]));
        // A boot is a change: one write, of the object of the Host ID.
        let rebooted = support::booted(&on(&node), 2);
        claimant.claim(&names(20), &rebooted).await.unwrap();
        let after = versions().await;
        assert_eq!((before[0] == after[0], &before[1..]), (false, &after[1..]));
        assert_eq!(requests().get("update"), Some(&1));
    });
}

/// The first objects of a claim, as an agent that was killed before the last of them leaves them.
async fn stage(
    cluster: &Cluster,
    node: Option<&NodeReference>,
    number: u32,
) -> Vec<StorageIdentityClaim> {
    let admin = Admin::new(cluster.admin().await);
    let asked = address(cluster, &cluster.url()).connect().await.unwrap();
    let request = Request::new(
        Action::Claim,
        names(number),
        node.map_or_else(|| host("dead"), on),
        None,
    );
    let objects = asked.store(node.cloned()).first_objects(&request);
    for object in &objects[..2] {
        let made = admin.claims().create(&PostParams::default(), object).await;
        made.unwrap();
    }
    objects
}

fn staged_by_a_node(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (dead, mut anew, _) = claimant(cluster, "died-half-way").await;
        let (other, mut waiting, _) = claimant(cluster, "waits-for-it").await;
        for number in [30, 31] {
            stage(cluster, Some(&dead), number).await;
            let error = waiting
                .claim(&names(number), &on(&other))
                .await
                .unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("kubectl delete node died-half-way"),
                "{error}"
            );
        }
        // Started again, the agent of the node finishes what is its own.
        let claims = anew.claim(&names(30), &on(&dead)).await.unwrap();
        assert_eq!(claims.standing, Standing::Held);
        let claims = waiting.claim(&names(30), &on(&other)).await.unwrap();
        assert!(
            matches!(claims.standing, Standing::Conflict(_)),
            "{claims:?}"
        );
        // What it never comes back to goes with its node.
        admin.delete_node("died-half-way").await;
        let begin = Instant::now();
        while waiting
            .claim(&names(31), &on(&other))
            .await
            .map(|one| one.standing)
            != Ok(Standing::Held)
        {
            assert!(begin.elapsed() < Duration::from_secs(60), "it stays");
        }
    });
}

fn late_commit(cluster: &Cluster) {
    let rooms = Rooms::new(cluster);
    let objects = block(stage(cluster, None, 40));
    let mut store = rooms.store(cluster, &cluster.url());
    // Another Host ID, so that nobody claims the one that the late write is of.
    let wanted = mixed(NAMES + 40, NAMES + 40, NAMES + 41);
    granted(&claim(&mut store, &wanted, &host("second")));
    let late = rooms.runtime.block_on(async {
        let admin = Admin::new(cluster.admin().await);
        admin
            .claims()
            .create(&PostParams::default(), &objects[2])
            .await
    });
    match late {
        Err(kube::Error::Api(error)) if error.code == 409 => {}
        other => panic!("two hold the host NQN: {other:?}"),
    }
}

/// A claim that ends by one at another Host ID: stopped before that one was written, nothing has happened;
/// stopped after it, all has.
fn half_moved(cluster: &Cluster) {
    let rooms = Rooms::new(cluster);
    let mut store = rooms.store(cluster, &cluster.url());
    let admin = rooms
        .runtime
        .block_on(async { Admin::new(cluster.admin().await) });
    let pending = |host_id: &str, to: &str, token: &str| {
        rooms.runtime.block_on(async {
            let mut object = admin.claim(host_id).await.unwrap();
            let text = &object.annotations()[ANNOTATION];
            let mut anchor: Value = serde_json::from_str(text).unwrap();
            anchor["generation"] = object
                .resource_version()
                .unwrap()
                .parse::<u64>()
                .unwrap()
                .into();
            anchor["pending"] = serde_json::json!({"anchor": to, "claim": token});
            object
                .annotations_mut()
                .insert(ANNOTATION.into(), anchor.to_string());
            let done = admin
                .claims()
                .replace(host_id, &PostParams::default(), &object)
                .await;
            done.unwrap();
        });
    };
    let base = NAMES;
    granted(&claim(&mut store, &names(50), &host("old")));
    pending(names(50).host_id(), names(51).host_id(), "never written");
    let sharing = mixed(base + 50, base + 51, base + 51);
    assert_eq!(rivals(&claim(&mut store, &sharing, &host("new"))), ["old"]);
    granted(&claim(
        &mut store,
        &names(50),
        &support::booted(&host("old"), 2),
    ));

    // By a store that ended while it moved: what it wrote last decides.
    let fenced = Action::TakeOver { fenced: true };
    granted(&support::ask(&mut store, fenced, &sharing, &host("new")));
    let text = rooms.runtime.block_on(async {
        let object = admin.claim(sharing.host_id()).await.unwrap();
        object.annotations()[ANNOTATION].clone()
    });
    let anchor: Value = serde_json::from_str(&text).unwrap();
    let token = anchor["token"].as_str().unwrap();
    granted(&claim(&mut store, &names(52), &host("ended")));
    pending(names(52).host_id(), sharing.host_id(), token);
    let mut fresh = rooms.store(cluster, &cluster.url());
    assert_eq!(fresh.read(&names(52)), Ok(Snapshot::default()));
    granted(&claim(&mut fresh, &names(52), &host("next")));
    assert_eq!(
        rivals(&claim(&mut fresh, &names(52), &host("ended"))),
        ["next"]
    );
}

fn bounded_history(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (node, mut claimant, _) = claimant(cluster, "boots-often").await;
        for boot in 1..=20 {
            let holder = support::booted(&on(&node), boot);
            claimant.claim(&names(60), &holder).await.unwrap();
        }
        for (index, name) in objects_of(&names(60)).iter().enumerate() {
            let object = admin.claim(name).await.unwrap();
            let state: Value = serde_json::from_str(&object.annotations()[ANNOTATION]).unwrap();
            let history = state["history"].as_array();
            if index > 0 {
                assert_eq!(history, None, "{name}");
                continue;
            }
            let history = history.unwrap();
            assert_eq!(history.len(), sanid_kube::claims::HISTORY);
            assert_eq!(history[15]["event"]["what"], "changed");
            assert_eq!(
                history[15]["event"]["holder"]["bootId"],
                "boots-often boot 20"
            );
            let numbers: Vec<u64> = history[..15]
                .iter()
                .map(|one| one["sequence"].as_u64().unwrap())
                .collect();
            assert!(
                numbers.windows(2).all(|pair| pair[0] < pair[1]),
                "{numbers:?}"
            );
        }
    });
}
