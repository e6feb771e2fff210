//! How an agent lives in its pod: what it may, what it costs, and what it does without.

use kube::api::DeleteParams;
use libtest_mimic::Trial;
use sanid_kube::resources::{IdentifierType, object_name};
use sanid_kube::status::{APPLIED, UNIQUE};

use crate::cluster::{Cluster, block, eventually, free_port};
use crate::node::{Admin, Host, machine_id, message, words};
use crate::{Shared, agents, image, trial, trial_with};

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![
        trial(
            shared,
            "the_startup_taint_goes_when_verified_and_unique",
            taint,
        ),
        trial(
            shared,
            "steady_state_is_two_requests_per_publication",
            steady,
        ),
        trial_with(
            shared,
            "a_reader_that_is_not_root_takes_what_sanid_published",
            crate::not_root,
            not_root,
        ),
        trial(shared, "the_rights_end_where_the_agent_does", rights),
        trial_with(
            shared,
            "an_agent_at_rest_is_within_15_mib",
            || image::not_built("SANID_KUBE_STATIC"),
            memory,
        ),
        trial(
            shared,
            "without_rights_to_claims_the_rest_is_published",
            without_claims,
        ),
        trial_with(
            shared,
            "a_file_replaced_beneath_its_mount_ends_the_agent",
            crate::not_root,
            replaced,
        ),
    ]
}

fn taint(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let option = "sanid.dev/unverified".to_owned();
        let options = [&*format!("--startup-taint={option}")];
        admin
            .register_tainted("tainted", &["example.org/other", "sanid.dev/unverified"])
            .await;
        let host = Host::new(&machine_id(15));
        let _agent = agents::start_with(cluster, "tainted", &host, &options).await;
        admin.wait_for("tainted", UNIQUE, "Claimed").await;
        let left = eventually("the taint goes", async || {
            let left = admin.taints("tainted").await;
            if left.contains(&option) {
                Err(left)
            } else {
                Ok(left)
            }
        })
        .await;
        assert!(left.contains(&"example.org/other".to_owned()), "{left:?}");
        admin
            .register_tainted("tainted-clone", &["sanid.dev/unverified"])
            .await;
        let clone = Host::new(&machine_id(15));
        let port = free_port();
        let listen = format!("--listen=127.0.0.1:{port}");
        let options = [options[0], &listen];
        let _agent = agents::start_with(cluster, "tainted-clone", &clone, &options).await;
        admin
            .wait_for("tainted-clone", UNIQUE, "DuplicateIdentity")
            .await;
        published(port, 2).await;
        let left = admin.taints("tainted-clone").await;
        assert!(left.contains(&option), "a clone is kept out: {left:?}");
    });
}

fn steady(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("steady").await;
        let host = Host::new(&machine_id(16));
        let port = free_port();
        let listen = format!("--listen=127.0.0.1:{port}");
        let agent = agents::start_with(cluster, "steady", &host, &[&listen]).await;
        admin.wait_for("steady", UNIQUE, "Claimed").await;
        // The first one, with all that it needs once, is behind it.
        let before = published(port, 2).await;
        let after = published(port, 5).await;
        let (publications, all) = (after.0 - before.0, after.1 - before.1);
        // A request may be between the two when the page is read.
        assert!(
            all <= 2 * publications + 1,
            "{all} requests in {publications} publications"
        );
        assert_eq!(get(port, "/readyz").await, "ok\n");
        assert_eq!(get(port, "/healthz").await, "ok\n");
        let page = get(port, "/metrics").await;
        assert!(
            page.contains("sanid_condition{type=\"Unique\",status=\"True\"} 1"),
            "{page}"
        );
        assert!(
            !page.contains(&machine_id(16)),
            "the machine-id is a secret"
        );
        let status = std::fs::read_to_string(format!("/proc/{}/status", agent.id())).unwrap();
        let threads = status
            .lines()
            .find(|line| line.starts_with("Threads:"))
            .unwrap();
        assert!(
            threads.ends_with("\t1") || threads.ends_with("\t2"),
            "{threads}"
        );
    });
}

/// The requests of an agent by its own page: those that publish, and all.
async fn requests(port: u16) -> (u64, u64) {
    let page = get(port, "/metrics").await;
    let of = |verb: &str| -> u64 {
        let key = format!("sanid_api_requests_total{{verb=\"{verb}\"}} ");
        page.lines()
            .find_map(|line| line.strip_prefix(&key))
            .map_or(0, |n| n.parse().unwrap())
    };
    let verbs = ["apply", "get", "create", "update", "delete", "patch"];
    (of("apply"), verbs.map(of).iter().sum())
}

/// Waits until an agent has begun to publish so often from now on: what it does on seeing what is there now, it
/// has done when it does so for the second time.
pub(crate) async fn published(port: u16, times: u64) -> (u64, u64) {
    let before = requests(port).await;
    eventually("the agent publishes again", async || {
        let now = requests(port).await;
        if now.0 >= before.0 + times {
            Ok(now)
        } else {
            Err(now)
        }
    })
    .await
}

/// The body of an answer.
pub(crate) async fn get(port: u16, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn not_root(cluster: &Cluster) {
    use std::os::unix::fs::PermissionsExt as _;
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let mode = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let nobody = |node: &'static str, host: Host| async move {
            let token = cluster.token(node).await;
            mode(host.path(), 0o755);
            mode(&host.path().join("etc/iscsi/initiatorname.iscsi"), 0o600);
            mode(cluster.path("").as_path(), 0o755);
            let mut command = std::process::Command::new("setpriv");
            let binary = cluster.path("sanid-kube");
            if !binary.exists() {
                std::fs::copy(crate::node::binary(), &binary).unwrap();
            }
            command.args([
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--no-new-privs",
            ]);
            let agent = agents::command(cluster, node, host.path(), &token);
            command
                .arg(binary)
                .args(agent.get_args())
                .arg("--once")
                .output()
                .unwrap()
        };
        admin.register("nobody").await;
        let done = nobody("nobody", Host::new(&machine_id(17))).await;
        agents::ended(&done, 1);
        let seen = admin.identity("nobody").await.unwrap();
        assert_eq!(words(&seen)[0], ("Unknown".into(), "Unreadable".into()));
        assert!(
            message(&seen, APPLIED).contains("agent.runAsUser"),
            "{seen:#?}"
        );

        admin.register("nobody-told").await;
        let host = Host::new(&machine_id(18));
        let root = sanid_host::Root::open(host.path()).unwrap();
        let facts = sanid_host::observe(&root, &sanid_host::Look::default()).unwrap();
        let names = sanid_host::resolve(&facts).names();
        host.write(
            sanid_host::PUBLISHED,
            &format!("{{\"iqn\":\"{}\"}}\n", names.iqn().unwrap()),
        );
        let done = nobody("nobody-told", host).await;
        agents::ended(&done, 0);
    });
}

fn rights(cluster: &Cluster) {
    block(async {
        let token = cluster.token("curious").await;
        let admin = Admin::new(cluster.client(&token).await);
        let denied = |result: Result<(), kube::Error>, what: &str| match result {
            Err(kube::Error::Api(error)) if error.code == 403 => {}
            other => panic!("{what}: {other:?}"),
        };
        let all = kube::api::ListParams::default();
        denied(admin.claims().list(&all).await.map(drop), "list claims");
        denied(
            admin.identities().list(&all).await.map(drop),
            "list identities",
        );
        let secrets: kube::Api<k8s_openapi::api::core::v1::Secret> =
            kube::Api::namespaced(admin.client(), crate::cluster::NAMESPACE);
        denied(secrets.list(&all).await.map(drop), "list secrets");
        let name = object_name(
            &IdentifierType::HostID,
            "44444444-2222-4333-8444-555555555555",
        );
        assert!(
            admin.claim(&name).await.is_none(),
            "a claim may be looked at by its name"
        );
        let gone = admin
            .identities()
            .delete("published", &DeleteParams::default())
            .await;
        denied(gone.map(drop), "delete an identity");
    });
}

fn replaced(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("mounted").await;
        let (host, seen) = (Host::new(&machine_id(19)), Host::new(&machine_id(19)));
        let token = cluster.token("mounted").await;
        let file = "etc/nvme/hostid";
        let script = "mount --bind \"$1\" \"$2\"; shift 2; exec \"$@\"";
        let mut command = std::process::Command::new("unshare");
        command.args([
            "--mount",
            "--propagation=private",
            "sh",
            "-euc",
            script,
            "sh",
        ]);
        command
            .arg(host.path().join(file))
            .arg(seen.path().join(file));
        let agent = agents::command(cluster, "mounted", seen.path(), &token);
        command.arg(agent.get_program()).args(agent.get_args());
        let port = free_port();
        command.args(["--look-every=1", "--publish-every=1"]);
        command.arg(format!("--listen=127.0.0.1:{port}"));
        let mut agent = crate::cluster::Process::start(&mut command);
        admin.wait_for("mounted", UNIQUE, "Claimed").await;
        published(port, 2).await;
        assert_eq!(agent.has_ended(), None);
        host.write(file, "55555555-2222-4333-8444-555555555555\n");
        let what = "it ends, to be started with a new mount";
        let ended = eventually(what, async || agent.has_ended().ok_or(())).await;
        assert_eq!(ended, 0);
    });
}

fn without_claims(cluster: &Cluster) {
    use crate::cluster::{NAMESPACE, create};
    use serde_json::json;
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let name = "without-claims";
        let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        let documents = [
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}}),
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
                "rules": [
                    rule("", &["nodes"], &["get"]),
                    rule("sanid.dev", &["nodestorageidentities"], &["get", "create", "patch"]),
                    rule("sanid.dev", &["nodestorageidentities/status"], &["patch"]),
                ],
            }),
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                "metadata": {"name": name},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
            }),
        ];
        for document in &documents {
            create(&admin.client(), document).await;
        }
        admin.register(name).await;
        let host = Host::new(&machine_id(20));
        let token = cluster.token_of(name, name).await;
        let mut command = agents::command(cluster, name, host.path(), &token);
        let done = command.arg("--once").output().unwrap();
        assert_eq!(done.status.code(), Some(1), "not known to be unique");
        let seen = admin.identity(name).await.unwrap();
        let words = words(&seen);
        assert_eq!(words[0], ("True".into(), "OnDisk".into()));
        assert_eq!(words[2], ("Unknown".into(), "ClaimsUnavailable".into()));
        assert!(message(&seen, UNIQUE).contains("forbidden"), "{seen:#?}");
    });
}

fn memory(cluster: &Cluster) {
    let binary = std::env::var_os("SANID_KUBE_STATIC").unwrap();
    block(async {
        let mib = crate::bench::memory(cluster, binary.as_ref()).await;
        println!("{mib:.1} MiB");
        assert!((0.5..15.0).contains(&mib), "{mib:.1} MiB");
    });
}
