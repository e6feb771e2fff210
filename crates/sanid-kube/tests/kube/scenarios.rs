//! What happens to nodes, one by one.

use std::time::Duration;

use kube::ResourceExt as _;
use kube::api::DeleteParams;
use libtest_mimic::Trial;
use sanid_kube::status::{APPLIED, UNIQUE, VERIFIED};
use serde_json::{Value, json};

use crate::cluster::{self, Cluster, NAMESPACE, block, eventually, free_port};
use crate::node::{Admin, Host, machine_id, message, words};
use crate::{Shared, agents, history, pods, trial, trial_of_cluster};

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![
        // The longest, so it begins first, beside the others.
        trial_of_cluster(
            "an_api_server_that_is_away_is_waited_for",
            cluster::cannot,
            server_away,
        ),
        trial(shared, "a_node_is_published_with_all_that_it_is", published),
        trial(shared, "live_sessions_are_verified", verified),
        trial(shared, "what_is_not_applied_says_the_command", not_applied),
        trial(shared, "a_clone_finds_the_identity_held", clone),
        trial(
            shared,
            "a_node_deleted_and_registered_again_gets_its_own_back",
            registered_again,
        ),
        trial(
            shared,
            "the_garbage_collector_frees_what_a_deleted_node_had",
            freed,
        ),
        trial(
            shared,
            "a_node_under_another_name_is_told_from_a_clone",
            renamed,
        ),
        trial(
            shared,
            "another_identity_gives_the_old_claims_back",
            changed,
        ),
        trial(
            shared,
            "a_claim_deleted_by_hand_is_made_again",
            deleted_by_hand,
        ),
        trial(
            shared,
            "an_agent_killed_anywhere_goes_on_where_it_was",
            killed,
        ),
        trial(shared, "a_wrong_clock_decides_nothing", clock_skew),
    ]
}

fn well(words: &[(String, String)]) -> bool {
    words.iter().all(|(status, _)| status == "True")
}

fn published(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let uid = admin.register("published").await;
        let host = Host::new(&machine_id(1));
        let done = agents::once(cluster, "published", &host).await;
        agents::ended(&done, 0);
        let seen = admin.identity("published").await.unwrap();
        assert!(well(&words(&seen)), "{seen:#?}");
        assert_eq!(seen.spec.node.uid, uid);
        assert_eq!(seen.owner_references()[0].uid, uid);
        let status = seen.status.as_ref().unwrap();
        assert_eq!(Some(status.observed_generation), seen.metadata.generation);
        assert_eq!(status.scheme.as_deref(), Some("sanid-v1"));
        let identity = status.identity.clone().unwrap();
        let id = identity.host_id.unwrap();
        assert_eq!(
            identity.host_nqn.unwrap(),
            format!("nqn.2014-08.org.nvmexpress:uuid:{id}")
        );
        assert_eq!(
            identity.iqn.unwrap(),
            format!("iqn.2016-04.com.open-iscsi:{}", id.replace('-', ""))
        );
        assert_eq!(
            status
                .provenance
                .as_ref()
                .unwrap()
                .nvme
                .as_ref()
                .unwrap()
                .source,
            "derived"
        );
        for claim in &status.claims {
            let claim = admin.claim(&claim.name).await.unwrap();
            assert_eq!(claim.spec.holder.node.uid, uid);
            assert_eq!(claim.owner_references()[0].uid, uid);
            assert_eq!(claim.spec.holder.evidence.macs.len(), 1);
        }
        let log = String::from_utf8_lossy(&done.stderr);
        assert_eq!(
            admin.events("published").await,
            ["IdentityPublished", "IdentityUnique"],
            "{log}"
        );
        let secret = machine_id(1);
        let all = serde_json::to_string(&seen).unwrap();
        assert!(!all.contains(&secret), "the machine-id is a secret");
        // Nothing new, nothing to say: the second run makes no event.
        agents::once(cluster, "published", &host).await;
        assert_eq!(admin.events("published").await.len(), 2);
    });
}

fn verified(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("verified").await;
        let host = Host::new(&machine_id(2));
        let port = free_port();
        let listen = format!("--listen=127.0.0.1:{port}");
        let _agent = agents::start_with(cluster, "verified", &host, &[&listen]).await;
        let seen = admin.wait_for("verified", UNIQUE, "Claimed").await;
        let id = seen.status.unwrap().identity.unwrap().host_id.unwrap();
        host.controller(
            "nvme1",
            &format!("nqn.2014-08.org.nvmexpress:uuid:{id}"),
            &id,
        );
        let seen = admin.wait_for("verified", VERIFIED, "SessionsMatch").await;
        assert_eq!(seen.status.unwrap().live.nvme.matched, 1);
        let other = "11111111-2222-4333-8444-555555555555";
        host.controller(
            "nvme2",
            &format!("nqn.2014-08.org.nvmexpress:uuid:{other}"),
            other,
        );
        let seen = admin
            .wait_for("verified", VERIFIED, "SessionMismatch")
            .await;
        assert!(message(&seen, VERIFIED).contains("nvme2"), "{seen:#?}");
        let live = seen.status.unwrap().live.nvme;
        assert_eq!((live.matched, live.mismatched), (1, 1));
        pods::published(port, 3).await;
        let events = admin.events("verified").await;
        assert_eq!(
            events,
            ["IdentityPublished", "IdentityUnique", "SessionMismatch"],
            "once per transition"
        );
    });
}

fn not_applied(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("bare").await;
        let host = Host::bare(&machine_id(3));
        let done = agents::once(cluster, "bare", &host).await;
        assert_eq!(done.status.code(), Some(1), "not applied is a finding");
        let seen = admin.identity("bare").await.unwrap();
        assert!(message(&seen, APPLIED).contains("sanid apply"), "{seen:#?}");
        // What it will have is claimed before it uses it.
        assert_eq!(words(&seen)[2], ("True".into(), "Claimed".into()));
    });
}

fn clone(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("original").await;
        admin.register("clone").await;
        let (original, clone) = (Host::new(&machine_id(4)), Host::new(&machine_id(4)));
        clone.hardware("52:54:00:00:00:99");
        agents::once(cluster, "original", &original).await;
        let done = agents::once(cluster, "clone", &clone).await;
        agents::ended(&done, 1);
        let seen = admin.identity("clone").await.unwrap();
        assert_eq!(
            words(&seen)[2],
            ("False".into(), "DuplicateIdentity".into())
        );
        let text = message(&seen, UNIQUE);
        assert!(
            text.contains("held by node original") && text.contains("sanid reseed"),
            "{text}"
        );
        assert_eq!(seen.status.as_ref().unwrap().claims[0].holder, "original");
        assert!(
            admin
                .events("clone")
                .await
                .contains(&"DuplicateIdentity".to_owned())
        );
        let first = admin.identity("original").await.unwrap();
        assert!(
            well(&words(&first)),
            "the first one is not disturbed: {first:#?}"
        );
    });
}

fn registered_again(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let old = admin.register("again").await;
        let host = Host::new(&machine_id(5));
        let agent = agents::start(cluster, "again", &host).await;
        admin.wait_for("again", UNIQUE, "Claimed").await;
        drop(agent);
        admin.delete_node("again").await;
        let new = admin.register("again").await;
        assert_ne!(old, new);
        // The garbage collector may be before or behind it.
        let _agent = agents::start(cluster, "again", &host).await;
        let own = |seen: &sanid_kube::resources::NodeStorageIdentity| {
            seen.spec.node.uid == new && well(&words(seen))
        };
        admin
            .wait("again", "published anew", |seen| {
                seen.status.is_some() && own(seen)
            })
            .await;
        collected(&admin, "again", &old).await;
        let seen = admin
            .wait("again", "there after the garbage collector", |seen| {
                seen.status.is_some() && own(seen)
            })
            .await;
        for claim in seen.status.unwrap().claims {
            assert_eq!(
                admin.claim(&claim.name).await.unwrap().spec.holder.node.uid,
                new
            );
        }
    });
}

/// The garbage collector has been at what a node had that is deleted: what is given to that node now is gone.
async fn collected(admin: &Admin, node: &str, uid: &str) {
    let name = format!("left-by-{node}");
    let left = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": name, "namespace": NAMESPACE,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": node, "uid": uid}],
        },
    });
    cluster::create(&admin.client(), &left).await;
    let maps: kube::Api<k8s_openapi::api::core::v1::ConfigMap> =
        kube::Api::namespaced(admin.client(), NAMESPACE);
    eventually(
        "the garbage collector takes what is left",
        async || match maps.get_opt(&name).await {
            Ok(None) => Ok(()),
            other => Err(other),
        },
    )
    .await;
}

fn freed(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("leaver").await;
        let host = Host::new(&machine_id(6));
        agents::once(cluster, "leaver", &host).await;
        let id = admin
            .identity("leaver")
            .await
            .unwrap()
            .status
            .unwrap()
            .identity
            .unwrap()
            .host_id
            .unwrap();
        admin.register("heir").await;
        let heir = Host::new(&machine_id(6));
        let _agent = agents::start(cluster, "heir", &heir).await;
        admin.wait_for("heir", UNIQUE, "DuplicateIdentity").await;
        admin.delete_node("leaver").await;
        admin.wait_for("heir", UNIQUE, "Claimed").await;
        let holder = admin.claim(&id).await.unwrap().spec.holder.node.name;
        assert_eq!(holder, "heir");
        assert!(admin.identity("leaver").await.is_none());
    });
}

fn renamed(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("old-name").await;
        let host = Host::new(&machine_id(7));
        agents::once(cluster, "old-name", &host).await;
        admin.register("new-name").await;
        agents::once(cluster, "new-name", &host).await;
        let seen = admin.identity("new-name").await.unwrap();
        let text = message(&seen, UNIQUE);
        assert!(text.contains("kubectl delete node old-name"), "{text}");
    });
}

fn changed(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("changed").await;
        let host = Host::new(&machine_id(8));
        let _agent = agents::start(cluster, "changed", &host).await;
        let seen = admin.wait_for("changed", UNIQUE, "Claimed").await;
        let before = seen.status.unwrap().claims;
        let id = "22222222-2222-4333-8444-555555555555";
        host.write(
            "etc/nvme/hostnqn",
            &format!("nqn.2014-08.org.nvmexpress:uuid:{id}\n"),
        );
        host.write("etc/nvme/hostid", &format!("{id}\n"));
        admin
            .wait("changed", "the new pair", |seen| {
                let status = seen.status.clone().unwrap_or_default();
                status.identity.unwrap_or_default().host_id.as_deref() == Some(id)
                    && status.claims.iter().any(|claim| claim.name == id)
            })
            .await;
        // Host ID and host NQN are given back, the initiator name stays.
        for (index, there) in [(0, false), (1, false), (2, true)] {
            let name = &before[index].name;
            assert_eq!(admin.claim(name).await.is_some(), there, "{name}");
        }
    });
}

fn deleted_by_hand(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("by-hand").await;
        let host = Host::new(&machine_id(9));
        let _agent = agents::start(cluster, "by-hand", &host).await;
        let seen = admin.wait_for("by-hand", UNIQUE, "Claimed").await;
        for claim in seen.status.unwrap().claims {
            let old = admin.claim(&claim.name).await.unwrap().uid();
            admin
                .claims()
                .delete(&claim.name, &DeleteParams::default())
                .await
                .unwrap();
            let new = eventually("the claim is made again", async || {
                admin.claim(&claim.name).await.ok_or(&claim.name)
            })
            .await;
            assert_ne!(new.uid(), old);
            assert_eq!(new.spec.holder.node.name, "by-hand");
        }
    });
}

fn killed(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let begin = history::now(&admin.client()).await;
        admin.register("killed").await;
        let host = Host::new(&machine_id(10));
        // Ever a little later: before the first request, between the claims, after the last one.
        for round in 0..25_u64 {
            let mut agent = agents::start(cluster, "killed", &host).await;
            tokio::time::sleep(Duration::from_millis(20 + 12 * round)).await;
            agent.kill();
            if round % 8 == 7 {
                // A boot between two of them.
                host.boot(&format!("{round:08}-1111-4111-8111-111111111111"));
            }
        }
        let mut agent = agents::start(cluster, "killed", &host).await;
        let seen = admin
            .wait("killed", "well", |seen| {
                seen.status.is_some() && well(&words(seen))
            })
            .await;
        let claim = &seen.status.unwrap().claims[0].name;
        let last = Some("00000023-1111-4111-8111-111111111111".to_owned());
        eventually("the claim has the boot of now", async || {
            let holder = admin.claim(claim).await.unwrap().spec.holder;
            if holder.boot_id == last {
                Ok(())
            } else {
                Err(holder)
            }
        })
        .await;
        // Its last run may have been the one that said so.
        eventually("the agent of now is there", async || {
            let log = log(cluster, "killed");
            let registered = log.iter().any(|line| line["message"] == "registered");
            if registered { Ok(()) } else { Err(log) }
        })
        .await;
        assert_eq!(agent.end(), Some(0), "told to end, it ends");
        let events = admin.events("killed").await;
        let unique = events
            .iter()
            .filter(|reason| *reason == "IdentityUnique")
            .count();
        assert!(unique <= 1, "at most once, whatever is killed: {events:?}");
        assert!(history::check(&history::since(&admin.client(), begin).await, "killed") >= 3);
    });
}

/// What an agent has logged in whole lines.
fn log(cluster: &Cluster, node: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(cluster.path(&format!("{node}.log"))).unwrap();
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    whole.lines().map(parse).collect()
}

/// With a cluster of its own: the others need theirs meanwhile. How long it waits is in `pace`.
fn server_away() {
    const TRIES: usize = 3;
    let cluster = &Cluster::without_collector();
    let (host, other) = (Host::new(&machine_id(11)), Host::new(&machine_id(12)));
    let (away, _agents) = block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("patient").await;
        admin.register("newcomer").await;
        let mut agent = agents::start(cluster, "patient", &host).await;
        admin.wait_for("patient", UNIQUE, "Claimed").await;
        let mut newcomer = agents::start(cluster, "newcomer", &other).await;
        let away = cluster.without_server();
        host.controller(
            "nvme1",
            "nqn.2014-08.org.example:other",
            "33333333-2222-4333-8444-555555555555",
        );
        for (node, process) in [("patient", &mut agent), ("newcomer", &mut newcomer)] {
            let log = eventually("the agent tries again and again", async || {
                let log = log(cluster, node);
                assert_eq!(process.has_ended(), None, "it waits: {log:#?}");
                let tries = log.iter().filter(|line| is_try(line)).count();
                if tries >= TRIES { Ok(log) } else { Err(log) }
            })
            .await;
            assert!(
                log.iter()
                    .all(|line| is_try(line) || line["level"] == "INFO" || is_event(line)),
                "each try is told once, with its cause: {log:#?}"
            );
        }
        (away, [agent, newcomer])
    });
    drop(away);
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.wait_for("patient", VERIFIED, "SessionMismatch").await;
        admin
            .wait("newcomer", "well", |seen| {
                seen.status.is_some() && well(&words(seen))
            })
            .await;
    });
}

/// Whether a line says that a publication failed, and for how long nothing is tried: 5 s at most where it is to be
/// published each second.
fn is_try(line: &Value) -> bool {
    let message = line["message"].as_str().unwrap();
    let wait = line["seconds"].as_f64();
    message.ends_with("; tried again later") && wait.is_some_and(|wait| (0.5..=5.0).contains(&wait))
}

/// Whether a line says that the event of a transition could not be made: the server went away right after it.
fn is_event(line: &Value) -> bool {
    line["message"] == "no event could be made"
}

fn clock_skew(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        for (node, number, clock) in [("behind", 13, "-20h"), ("ahead", 14, "+20h")] {
            admin.register(node).await;
            let host = Host::new(&machine_id(number));
            // The certificates are of today: 20 hours are within them on one side only by luck.
            let done = agents::once_at(cluster, node, &host, clock).await;
            let text = String::from_utf8_lossy(&done.stderr).into_owned();
            if clock.starts_with('-') {
                assert_eq!(done.status.code(), Some(2), "{text}");
                assert!(
                    text.to_lowercase().contains("certificate"),
                    "it says why: {text}"
                );
            } else {
                assert_eq!(done.status.code(), Some(0), "{text}");
            }
        }
        // A clone whose clock is far ahead does not outlive the claim of the first.
        admin.register("ahead-clone").await;
        let clone = Host::new(&machine_id(14));
        clone.hardware("52:54:00:00:00:77");
        let done = agents::once_at(cluster, "ahead-clone", &clone, "+30h").await;
        agents::ended(&done, 1);
        let seen = admin.identity("ahead-clone").await.unwrap();
        assert_eq!(words(&seen)[2].1, "DuplicateIdentity");
        let first = admin.identity("ahead").await.unwrap();
        assert!(well(&words(&first)));
    });
}
