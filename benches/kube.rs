//! Many nodes on one API server, and what they cost: `cargo xtask bench kube`.
//!
//! The nodes are simulated: each is an agent with a host of its own, in this process, over a few connections.
//! One more is a process, for its memory.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use kube::api::PostParams;
use sanid_claims::{Action, Holder, Identity, Request};
use sanid_host::Root;
use sanid_host::hardware::Evidence;
use sanid_kube::agent::{Agent, Options};
use sanid_kube::api::{Address, Cluster as Asked};
use sanid_kube::claims::{Claimant, KubeStore, Standing};
use sanid_kube::resources::NodeReference;
use tokio::task::{JoinSet, LocalSet};

use crate::agents;
use crate::cluster::{Cluster, Process, free_port};
use crate::node::{Admin, Host};
use crate::pods;

/// As many requests at once as a hundred nodes make that start together.
const AT_ONCE: usize = 64;
/// Identities of each round of the comparison.
const ROUND: usize = 100;
const ROUNDS: usize = 6;

/// Runs all, and returns the page.
pub(crate) fn run(nodes: usize, binary: &Path) -> String {
    let cluster = Cluster::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let mut page = String::new();
        let (bare, claims) = compare(&cluster).await;
        let _ = writeln!(page, "| | objects per second |\n|---|---|");
        let _ = writeln!(page, "| bare creates of the same objects | {bare:.0} |");
        let _ = writeln!(page, "| claims (3 objects each) | {claims:.0} |");
        let _ = writeln!(
            page,
            "| claims beside bare creates | {:.0} % |\n",
            100.0 * claims / bare
        );
        many(&cluster, nodes, &mut page).await;
        let _ = writeln!(
            page,
            "| memory of one agent at rest | {:.1} MiB |",
            memory(&cluster, binary).await
        );
        let size = std::fs::metadata(binary).unwrap().len();
        let _ = writeln!(page, "| its static binary | {:.1} MiB |", mib(size));
        page
    })
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

async fn asked(cluster: &Cluster, name: &str) -> Asked {
    let address = Address {
        server: Some(cluster.url()),
        token_file: Some(cluster.token(name).await),
        ca_file: Some(cluster.path("ca.crt")),
    };
    address.connect().await.unwrap()
}

/// A node with an identity that no other has, and hardware of the usual size.
fn claimant(round: usize, number: usize) -> (NodeReference, Request) {
    let id = format!("{round:08x}-0000-4000-8000-{number:012x}");
    let node = NodeReference {
        name: format!("claimant-{number}"),
        uid: id.clone(),
    };
    let identity = Identity::parse(
        &format!("iqn.2016-04.com.open-iscsi:{}", id.replace('-', "")),
        &format!("nqn.2014-08.org.nvmexpress:uuid:{id}"),
        &id,
    );
    let digest = |kind: &str| format!("{kind}{number:031x}");
    let holder = Holder {
        name: node.name.clone(),
        seed: Some(digest("a")),
        evidence: Evidence {
            firmware_uuid: Some(digest("b")),
            board_serial: Some(digest("c")),
            macs: vec![digest("d"), digest("e")],
            root_fs: Some(digest("f")),
        },
        boot_id: Some(id.clone()),
        node: Some(sanid_claims::Node {
            name: node.name.clone(),
            uid: id,
        }),
    };
    let request = Request::new(Action::Claim, identity.unwrap(), holder, None);
    (node, request)
}

/// Objects per second of bare creates and of claims, in turns; the middle of the rounds.
async fn compare(cluster: &Cluster) -> (f64, f64) {
    let asked = Rc::new(asked(cluster, "compare").await);
    let api = Admin::new(cluster.client(&cluster.token("bare").await).await).claims();
    let mut rates = (Vec::new(), Vec::new());
    for round in 0..2 * ROUNDS {
        let begin = Instant::now();
        let mut running = JoinSet::new();
        for number in 0..ROUND {
            let (node, request) = claimant(round + 1, number);
            while running.len() >= AT_ONCE {
                running.join_next_local().await;
            }
            if round % 2 == 0 {
                let objects = KubeStore::new(&asked, Some(node)).first_objects(&request);
                let api = api.clone();
                running.spawn_local(async move {
                    for object in &objects {
                        api.create(&PostParams::default(), object).await.unwrap();
                    }
                });
            } else {
                let mut claimant = Claimant::new(&asked, &node);
                running.spawn_local(async move {
                    let done = claimant.claim(&request.identity, &request.holder).await;
                    assert_eq!(done.unwrap().standing, Standing::Held);
                });
            }
        }
        while running.join_next_local().await {}
        #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
        let rate = (3 * ROUND) as f64 / begin.elapsed().as_secs_f64();
        // The first two warm everything up.
        match round {
            0 | 1 => {}
            even if even % 2 == 0 => rates.0.push(rate),
            _ => rates.1.push(rate),
        }
    }
    (middle(rates.0), middle(rates.1))
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Waits for one of them, which must not have failed.
trait JoinLocal {
    async fn join_next_local(&mut self) -> bool;
}

impl JoinLocal for JoinSet<()> {
    async fn join_next_local(&mut self) -> bool {
        self.join_next().await.is_some_and(|done| {
            done.unwrap();
            true
        })
    }
}

/// An agent, and the host whose files it reads.
type Simulated = (Agent, Host);

/// Every node from nothing to Unique, and then a steady publication of each.
async fn many(cluster: &Cluster, nodes: usize, page: &mut String) {
    register(cluster, nodes).await;
    let before = stored(cluster);
    let asked = asked(cluster, "many").await;
    let requests = asked.requests();
    let counted = || requests.lock().unwrap().values().sum::<u64>();
    let agents: Vec<Simulated> = (0..nodes).map(|number| agent(&asked, number)).collect();
    let (agents, ends) = publish(agents).await;
    for (agent, _) in &agents {
        let status = agent.status().unwrap();
        assert!(sanid_kube::status::holds(
            status,
            sanid_kube::status::UNIQUE
        ));
    }
    let starting = counted();
    let after = stored(cluster);
    publish(agents).await;
    let steady = counted() - starting;
    chart(page, &ends);
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let per_node = |count: u64| count as f64 / nodes as f64;
    let _ = writeln!(page, "| {nodes} nodes | |\n|---|---|");
    let _ = writeln!(
        page,
        "| requests of a node that starts | {:.1} |",
        per_node(starting)
    );
    let _ = writeln!(
        page,
        "| requests of a node in an hour, steady (6 publications) | {:.1} |",
        6.0 * per_node(steady)
    );
    let _ = writeln!(
        page,
        "| stored by etcd for a node | {:.1} KiB |",
        per_node(after.saturating_sub(before)) / 1024.0
    );
}

/// Registers the nodes, as their kubelets do.
async fn register(cluster: &Cluster, nodes: usize) {
    let admin = Rc::new(Admin::new(cluster.admin().await));
    let mut running = JoinSet::new();
    for number in 0..nodes {
        while running.len() >= AT_ONCE {
            running.join_next_local().await;
        }
        let admin = Rc::clone(&admin);
        running.spawn_local(async move {
            admin.register(&format!("many-{number}")).await;
        });
    }
    while running.join_next_local().await {}
}

fn agent(asked: &Asked, number: usize) -> Simulated {
    let host = Host::new(&format!("6b{number:08x}c4c5404aaa1f6d2a484244")[..32]);
    let root = Root::open(host.path()).unwrap();
    let options = Options {
        node: format!("many-{number}"),
        look_every: Duration::from_secs(30),
        publish_every: Duration::from_secs(600),
        startup_taint: None,
    };
    (Agent::new(options, asked.clone(), root), host)
}

/// Every agent publishes once, [`AT_ONCE`] at a time; also the seconds after which each had done so.
async fn publish(agents: Vec<Simulated>) -> (Vec<Simulated>, Vec<f64>) {
    let begin = Instant::now();
    let (mut done, mut ends) = (Vec::new(), Vec::new());
    let mut running = JoinSet::new();
    let mut waiting = agents.into_iter();
    loop {
        for (mut agent, host) in waiting.by_ref().take(AT_ONCE - running.len()) {
            running.spawn_local(async move {
                agent.look();
                agent.publish().await.unwrap();
                (agent, host)
            });
        }
        let Some(one) = running.join_next().await else {
            return (done, ends);
        };
        done.push(one.unwrap());
        ends.push(begin.elapsed().as_secs_f64());
    }
}

/// The seconds after which each tenth of the nodes was Unique.
fn chart(page: &mut String, ends: &[f64]) {
    let (nodes, took) = (ends.len(), ends[ends.len() - 1]);
    let _ = writeln!(
        page,
        "Time until N of {nodes} nodes were Unique, {AT_ONCE} agents at a time:\n\n```"
    );
    for tenth in 1..=10 {
        let seconds = ends[(nodes * tenth).div_ceil(10) - 1];
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a bar"
        )]
        let bar = "#".repeat((40.0 * seconds / took).round() as usize);
        let _ = writeln!(page, "{:>4} %  {bar} {seconds:.0} s", 10 * tenth);
    }
    let _ = writeln!(page, "```\n");
}

/// The size of etcd's file, in bytes.
fn stored(cluster: &Cluster) -> u64 {
    std::fs::metadata(cluster.path("etcd/member/snap/db")).map_or(0, |file| file.len())
}

/// The memory of an agent that is a process, some publications after its start, in MiB.
pub(crate) async fn memory(cluster: &Cluster, binary: &Path) -> f64 {
    let admin = Admin::new(cluster.admin().await);
    admin.register("measured").await;
    let host = Host::new("7c00000000c4c5404aaa1f6d2a484244");
    let token = cluster.token("measured").await;
    let agent = agents::command(cluster, "measured", host.path(), &token);
    let mut command = Command::new(binary);
    command
        .args(agent.get_args())
        .args(["--look-every=1", "--publish-every=1"]);
    let port = free_port();
    command.arg(format!("--listen=127.0.0.1:{port}"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let process = Process::start(&mut command);
    admin
        .wait_for("measured", sanid_kube::status::UNIQUE, "Claimed")
        .await;
    pods::published(port, 15).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    mib(kib * 1024)
}
