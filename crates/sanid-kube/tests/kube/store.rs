//! The store of claims on a real API server: the rules of every store, the race with its checker, and what is
//! this store's own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams};
use libtest_mimic::Trial;
use sanid_claims::{Applied, Change, Holder, Identity, Seen, Snapshot, Store, StoreError, Stored};
use sanid_kube::api::Address;
use sanid_kube::claims::{KubeStore, UNOWNED, transition};
use sanid_kube::resources::{IdentifierType, StorageIdentityClaim};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::cluster::Cluster;
use crate::node::Admin;
use crate::race::{self, Dice, Plan, Progress};
use crate::support::{HandClock, Place};
use crate::{Pass, Shared, alone, conformance, history, shared};
use testkit::trial::Need;

const NEEDS: &[Need] = &[Need::Set("SANID_KUBE_SERVER", "a Kubernetes API server")];
pub(crate) const NAMES: u32 = 0x00ab_0000;

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    let mut trials = conformance::trials("kube", NEEDS, place);
    trials.push(alone(
        shared,
        "race::kube_killed_and_partitioned",
        race_with_faults,
    ));
    trials
}

/// A runtime on a thread of its own.
pub(crate) struct Driven {
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

    pub(crate) fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.handle.enter()
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.handle.block_on(future)
    }
}

/// What a store and its clients live in.
pub(crate) struct Rooms {
    pub(crate) runtime: Driven,
    clock: HandClock,
    /// The revision since when history is read.
    begin: u64,
}

impl Rooms {
    pub(crate) fn new(cluster: &Cluster) -> Self {
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

    pub(crate) fn store(&self, cluster: &Cluster, server: &str) -> KubeStore {
        let asked = self.runtime.block_on(address(cluster, server).connect());
        let _inside = self.runtime.enter();
        let clock = Box::new(self.clock.clone());
        KubeStore::new(&asked.unwrap(), None).with_clock(clock)
    }
}

pub(crate) fn address(cluster: &Cluster, server: &str) -> Address {
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
        let is_mine =
            one.spec.r#type == IdentifierType::Anchor || number_of(&one.spec.identifier) < NAMES;
        if one.spec.holder.node.name == UNOWNED && is_mine {
            let name = one.name_any();
            let _ = admin.claims().delete(&name, &DeleteParams::default()).await;
        }
    }
}

/// The number at the end of a name that a test made.
fn number_of(name: &str) -> u32 {
    let number = name.rsplit(['-', ':']).next().unwrap();
    let radix = if name.contains(":host-") { 10 } else { 16 };
    u32::from_str_radix(number, radix).unwrap_or(NAMES)
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
    holder.node.is_none() && number_of(&identity.anchor().name) < NAMES
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
    let run = race::run(&place, &plan, &|progress: &Progress| {
        let mut dice = Dice::new(1);
        let pause = |millis: u64| std::thread::sleep(Duration::from_millis(millis));
        let (mut cuts, mut kills) = (0, 0);
        while !progress.is_done() {
            pause(500 + dice.below(1500));
            way.cut(true);
            pause(200 + dice.below(2500));
            way.cut(false);
            cuts += 1;
            if cuts % 3 == 2 && kills < 2 {
                drop(cluster.without_server());
                kills += 1;
            }
            // Fewer prove nothing.
            if cuts == 3 {
                progress.enough();
            }
        }
        println!("cut {cuts} times, killed {kills} times");
    });
    race::judge(&run);
}

const OPERATIONS: usize = 1800;
