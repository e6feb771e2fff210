//! The way of a new user: the commands of docs/kubernetes.md, word for word, by the real kubectl, from an empty
//! cluster on. There is no kubelet, so the agents of the nodes are started here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::Trial;
use serde_json::Value;

use crate::cluster::{Cluster, block};
use crate::manifests::UNKNOWN;
use crate::node::{Admin, Host, machine_id};
use crate::{Shared, agents, lacks, trial_with};

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![trial_with(
        shared,
        "the_documented_commands_lead_from_an_empty_cluster_to_kubectl_get_nsi",
        || lacks(&["kubectl", "jq"]),
        walk,
    )]
}

const DOCS: &str = include_str!("../../../../docs/kubernetes.md");

const APPLY: &str = "kubectl apply -k dist/kubernetes/base";
/// Before 1.32.
const OLDER: &str = "kubectl apply --validate=false -k dist/kubernetes/base";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A shell whose kubectl is told where the cluster is.
struct Shell<'a>(&'a Cluster);

impl<'a> Shell<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        let directory = cluster.path("bin");
        fs::create_dir_all(&directory).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let real = std::env::split_paths(&path)
            .map(|one| one.join("kubectl"))
            .find(|one| one.is_file())
            .unwrap();
        let script = format!(
            "#!/bin/sh\nexec {} --server={} --certificate-authority={} --token=administrator \"$@\"\n",
            real.display(),
            cluster.url(),
            cluster.path("ca.crt").display()
        );
        let own = directory.join("kubectl");
        fs::write(&own, script).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        Self(cluster)
    }

    fn run(&self, command: &str) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new("sh")
            .args(["-uc", command])
            .current_dir(repository())
            .env("PATH", format!("{}:{path}", self.0.path("bin").display()))
            // No configuration of whoever runs this, and none that is left behind.
            .env("KUBECONFIG", "/dev/null")
            .env("HOME", self.0.path("home"))
            .output()
            .unwrap()
    }

    /// What a command of the docs prints, which must succeed.
    fn documented(&self, command: &str) -> String {
        assert!(DOCS.contains(command), "the docs do not say: {command}");
        self.succeeds(command)
    }

    fn succeeds(&self, command: &str) -> String {
        let done = self.run(command);
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command}: {errors}");
        String::from_utf8(done.stdout).unwrap()
    }
}

fn walk(_: &Cluster) {
    let cluster = Cluster::empty();
    let shell = Shell::new(&cluster);
    // From 1.32 on this is all. This version does not know the field of CEL rules, nor the policy, and says so.
    let done = shell.run(APPLY);
    let errors = String::from_utf8_lossy(&done.stderr);
    let said = errors.matches("unknown field").count();
    assert!(
        said > 0
            && said
                == errors
                    .matches("unknown field \"x-kubernetes-validations\"")
                    .count(),
        "{errors}"
    );
    apply(&shell, "created");
    // And once more, as who comes back with a newer version: it holds what it is told, with nothing to change.
    apply(&shell, "unchanged");
    shell.succeeds("kubectl wait --for=condition=Established crd --all");

    block(async {
        let admin = Admin::new(cluster.admin().await);
        for (name, mac) in [
            ("node-1", "52:54:00:00:00:01"),
            ("node-2", "52:54:00:00:00:02"),
        ] {
            admin.register(name).await;
            let host = Host::new(&machine_id(40));
            host.hardware(mac);
            let done = agents::once(&cluster, name, &host).await;
            let log = String::from_utf8_lossy(&done.stderr);
            assert_eq!(
                done.status.code(),
                Some(i32::from(name == "node-2")),
                "{log}"
            );
        }
    });
    let table = shell.documented("kubectl get nsi");
    let words =
        |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_owned).collect() };
    let lines: Vec<Vec<String>> = table.lines().map(words).collect();
    // The page begins with what this prints: the same columns, a node and its clone.
    let shown: Vec<Vec<String>> = DOCS
        .split("$ kubectl get nsi\n")
        .nth(1)
        .unwrap()
        .lines()
        .take(3)
        .map(words)
        .collect();
    assert_eq!(lines[0], shown[0], "{table}");
    assert_eq!(lines.len(), 3, "{table}");
    for (line, shown) in lines.iter().zip(&shown).skip(1) {
        assert_eq!(
            (&line[0], &line[2..5]),
            (&shown[0], &shown[2..5]),
            "{table}"
        );
    }
    let id = lines[1][1].clone();
    let wide = shell.documented("kubectl get nsi -o wide");
    assert!(
        wide.contains("iqn.2016-04.com.open-iscsi:")
            && wide.contains(&format!("nqn.2014-08.org.nvmexpress:uuid:{id}")),
        "{wide}"
    );
    let claims = shell.documented("kubectl get sic");
    assert!(
        claims.contains(&id) && claims.contains("node-1"),
        "{claims}"
    );
    let both = shell.documented("kubectl get sanid");
    assert!(
        both.contains("nodestorageidentity") && both.contains("storageidentityclaim"),
        "{both}"
    );
    let about = shell.documented("kubectl describe nsi node-2");
    assert!(
        about.contains("held by node node-1") && about.contains("sanid reseed"),
        "{about}"
    );
    // The list for an array: the node that is unique, and not its clone.
    let list = DOCS
        .split("```\n")
        .find(|block| block.starts_with("kubectl get nsi -o json | jq"))
        .unwrap();
    let admitted = shell.succeeds(list);
    assert_eq!(admitted.lines().count(), 1, "{admitted}");
    assert!(admitted.starts_with("\"node-1\",\"iqn."), "{admitted}");
    shell.documented("kubectl cordon node-2");
}

/// Everything of the base is taken but what this version does not know, which kubectl says and goes on.
fn apply(shell: &Shell<'_>, word: &str) {
    let base = repository().join("dist/kubernetes/base");
    let list: Value =
        serde_json::from_str(&fs::read_to_string(base.join("sanid.json")).unwrap()).unwrap();
    let mut kinds: Vec<String> = ["CustomResourceDefinition"; 2].map(str::to_owned).into();
    for item in list["items"].as_array().unwrap() {
        kinds.push(item["kind"].as_str().unwrap().to_owned());
    }
    assert!(DOCS.contains(APPLY) && DOCS.contains(OLDER));
    let done = shell.run(OLDER);
    let (said, errors) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    let known = kinds
        .iter()
        .filter(|kind| !UNKNOWN.contains(&kind.as_str()));
    assert_eq!(said.lines().count(), known.count(), "{said}\n{errors}");
    for line in said.lines() {
        let word = match (line.split('.').next(), word) {
            // There since the attempt without --validate=false.
            (Some(name), _) if name.starts_with("namespace/") => "unchanged",
            // This version has dropped the rules, which kubectl offers again.
            (Some("customresourcedefinition"), "unchanged") => "configured",
            _ => word,
        };
        assert!(line.ends_with(word), "{line}\n{errors}");
    }
    for kind in kinds.iter().filter(|kind| UNKNOWN.contains(&kind.as_str())) {
        assert!(
            errors.contains(&format!("no matches for kind \"{kind}\"")),
            "{errors}"
        );
    }
    let unknown = errors.matches("no matches for kind").count();
    assert_eq!(unknown + said.lines().count(), kinds.len(), "{errors}");
}
