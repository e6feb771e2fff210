//! Many agents at once for few identities, with faults.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::Trial;
use sanid_kube::resources::ConditionStatus;
use sanid_kube::status::{UNIQUE, condition};

use crate::cluster::{Cluster, Process, block, eventually};
use crate::node::{Admin, Host, machine_id};
use crate::store::Way;
use crate::{Shared, agents, alone, history};

const NODES: usize = 200;
const IDENTITIES: usize = 20;

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![alone(
        shared,
        "of_200_agents_20_hold_an_identity_and_never_two_the_same",
        race,
    )]
}

fn race(cluster: &Cluster) {
    let host = |index: usize| {
        let host = Host::new(&machine_id(
            1000 + u32::try_from(index % IDENTITIES).unwrap(),
        ));
        host.hardware(&format!(
            "52:54:01:00:{:02x}:{:02x}",
            index / 256,
            index % 256
        ));
        host
    };
    let hosts: Vec<Host> = (0..NODES).map(host).collect();
    let name = |index: usize| format!("racer-{index}");
    // A third of them are cut off for a while, and what they have sent arrives after that.
    let way = Way::to(cluster);
    let (direct, cuttable) = (cluster.url(), way.url());
    let server = |index: usize| match index % 3 {
        1 => cuttable.as_str(),
        _ => direct.as_str(),
    };
    let (begin, mut agents) = block(async {
        let admin = Admin::new(cluster.admin().await);
        let begin = history::now(&admin.client()).await;
        for index in 0..NODES {
            admin.register(&name(index)).await;
        }
        let mut agents: Vec<Process> = Vec::new();
        for (index, host) in hosts.iter().enumerate() {
            way.cut(index % 50 >= 25);
            agents.push(agents::start_slow(cluster, server(index), &name(index), host).await);
            // Every third is killed while it is at it, and started again.
            if index % 3 == 2 {
                let victim = index - (index % 7).min(2);
                agents[victim].kill();
                agents[victim] =
                    agents::start_slow(cluster, server(victim), &name(victim), &hosts[victim])
                        .await;
            }
        }
        (begin, agents)
    });
    // The API server goes, in the middle of it, and comes back.
    let away = cluster.without_server();
    for index in (0..NODES).step_by(5) {
        agents[index].kill();
    }
    // Agents ask in vain meanwhile. How many do proves nothing.
    std::thread::sleep(Duration::from_secs(1));
    drop(away);
    way.cut(false);
    block(async {
        for index in (0..NODES).step_by(5) {
            agents[index] =
                agents::start_slow(cluster, server(index), &name(index), &hosts[index]).await;
        }
        let admin = Admin::new(cluster.admin().await);
        counts(&admin, (IDENTITIES, NODES - IDENTITIES)).await;
        // Every holder goes: somebody else is to have each identity, once the garbage collector has been.
        let holders = holders(&admin).await;
        assert_eq!(holders.len(), IDENTITIES, "each identity has one");
        for holder in holders.values() {
            let index: usize = holder.strip_prefix("racer-").unwrap().parse().unwrap();
            agents[index].kill();
            admin.delete_node(holder).await;
        }
        counts(&admin, (IDENTITIES, NODES - 2 * IDENTITIES)).await;
        let changes = history::since(&admin.client(), begin).await;
        let taken = history::check(&changes, "racer-");
        println!("{} changes of the store, {taken} claims", changes.len());
        assert!(taken >= 2 * 3 * IDENTITIES, "{taken}");
    });
    drop((agents, way));
}

/// Waits until these numbers of racers report that they are unique and that they are not.
async fn counts(admin: &Admin, wanted: (usize, usize)) {
    let what = format!("{wanted:?} are unique and not");
    eventually(&what, async || {
        let counted = count(admin).await;
        // The list of all is long, and 200 agents need the machine, too.
        tokio::time::sleep(Duration::from_millis(400)).await;
        if counted == wanted {
            Ok(())
        } else {
            Err(counted)
        }
    })
    .await;
}

/// How many racers say that they are unique, and how many that they are not.
async fn count(admin: &Admin) -> (usize, usize) {
    let all = admin
        .identities()
        .list(&kube::api::ListParams::default())
        .await
        .unwrap();
    let mut counted = (0, 0);
    for one in all
        .items
        .iter()
        .filter(|one| one.spec.node.name.starts_with("racer-"))
    {
        let unique = one
            .status
            .as_ref()
            .and_then(|status| condition(status, UNIQUE));
        match unique.map(|unique| unique.status) {
            Some(ConditionStatus::True) => counted.0 += 1,
            Some(ConditionStatus::False) => counted.1 += 1,
            _ => {}
        }
    }
    counted
}

/// The racers that hold a Host ID.
async fn holders(admin: &Admin) -> BTreeMap<String, String> {
    let all = admin
        .claims()
        .list(&kube::api::ListParams::default())
        .await
        .unwrap();
    let racers = all
        .items
        .into_iter()
        .filter(|one| one.spec.holder.node.name.starts_with("racer-"));
    racers
        .filter(|one| one.spec.r#type == sanid_kube::resources::IdentifierType::HostID)
        .map(|one| (one.spec.identifier, one.spec.holder.node.name))
        .collect()
}
