//! What monitoring reads: the agent's page, by Prometheus' own checker, and what asks for it.

use std::collections::BTreeSet;

use libtest_mimic::Trial;
use sanid_kube::status::UNIQUE;
use serde_json::{Value, json};
use testkit::promtool;

use crate::cluster::{Cluster, block, eventually, free_port};
use crate::node::{Admin, Host, machine_id};
use crate::pods::get;
use crate::{Shared, agents, lacks, render, trial_with};

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![
        trial_with(
            shared,
            "what_an_agent_serves_is_what_the_dashboard_asks_for",
            || lacks(&["promtool"]),
            served,
        ),
        testkit::trial::trial_with(
            "who_scrapes_finds_the_port",
            "go",
            || lacks(&["go"]),
            scraped,
        ),
    ]
}

fn served(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        admin.register("served").await;
        let host = Host::new(&machine_id(30));
        let port = free_port();
        let listen = format!("--listen=127.0.0.1:{port}");
        let _agent = agents::start_with(cluster, "served", &host, &[&listen]).await;
        admin.wait_for("served", UNIQUE, "Claimed").await;
        assert_eq!(get(port, "/healthz").await, "ok\n");
        // What is published is seen before the agent has the answer.
        eventually("the agent is ready", async || {
            let said = get(port, "/readyz").await;
            if said == "ok\n" { Ok(()) } else { Err(said) }
        })
        .await;
        let page = get(port, "/metrics").await;
        promtool(&["check", "metrics"], &page);
        assert!(
            !page.contains(&machine_id(30)),
            "the machine-id is a secret"
        );
        structured(&std::fs::read_to_string(cluster.path("served.log")).unwrap());
        let families: BTreeSet<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        documented(&families);
        let asked = queries();
        assert!(asked.len() >= 8, "{asked:?}");
        for query in &asked {
            // Words with a part of a name of a metric's in them are metrics.
            let words = query.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
            let metrics: Vec<&str> = words
                .filter(|word| word.starts_with("sanid_") || word.starts_with("process_"))
                .collect();
            assert!(!metrics.is_empty(), "{query}");
            for metric in metrics {
                assert!(families.contains(metric), "{query}: nobody serves {metric}");
            }
        }
        // And Prometheus understands each of them.
        let rules: Vec<Value> = asked
            .iter()
            .map(|query| json!({"record": "a:b", "expr": query, "labels": {"query": query}}))
            .collect();
        let file = cluster.path("rules.yaml");
        let groups = json!({"groups": [{"name": "dashboard", "rules": rules}]});
        std::fs::write(&file, groups.to_string()).unwrap();
        promtool(&["check", "rules", file.to_str().unwrap()], "");
    });
}

/// A log that programs read: one JSON object in a line.
fn structured(log: &str) {
    assert!(log.lines().count() > 2, "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        for field in ["timestamp", "level", "message"] {
            assert!(line[field].is_string(), "{line}");
        }
    }
}

/// The page of the docs names every family, and no other.
fn documented(families: &BTreeSet<&str>) {
    let docs = include_str!("../../../../docs/kubernetes.md");
    let section = docs.split("\n## Metrics\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let words: BTreeSet<&str> = section
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.starts_with("sanid_") || word.starts_with("process_"))
        .collect();
    assert_eq!(&words, families);
}

/// Every query of the dashboard.
fn queries() -> Vec<String> {
    fn expressions(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(query)) = map.get("expr") {
                    found.push(query.clone());
                }
                map.values().for_each(|inner| expressions(inner, found));
            }
            Value::Array(list) => list.iter().for_each(|inner| expressions(inner, found)),
            _ => {}
        }
    }
    let files = render::files("v1.32.0", &json!({"dashboard": {"enabled": true}}));
    let map = &files["dashboard.yaml"][0];
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    let dashboard = map["data"]["sanid.json"].as_str().unwrap();
    let mut found = Vec::new();
    expressions(&serde_json::from_str(dashboard).unwrap(), &mut found);
    found
}

/// The monitor, the policy and the probes name the port that the container has, and paths that it serves.
fn scraped() {
    let values =
        json!({"podMonitor": {"enabled": true, "interval": "30s", "labels": {"release": "x"}}});
    let files = render::files("v1.32.0", &values);
    let pod = &files["daemonset.yaml"][0]["spec"]["template"];
    let agent = &pod["spec"]["containers"][0];
    let port = &agent["ports"][0];
    assert_eq!(port["name"], "metrics");
    let listen = format!("--listen=0.0.0.0:{}", port["containerPort"]);
    assert!(agent["args"].as_array().unwrap().contains(&json!(listen)));
    for (probe, path) in [("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")] {
        let asked = &agent[probe]["httpGet"];
        assert_eq!(
            (&asked["path"], &asked["port"]),
            (&json!(path), &json!("metrics"))
        );
    }
    let labels = pod["metadata"]["labels"].as_object().unwrap();
    let selects = |selector: &Value| {
        let wanted = selector["matchLabels"].as_object().unwrap();
        !wanted.is_empty()
            && wanted
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
    };
    let monitor = &files["podmonitor.yaml"][0];
    // Whole, since the type is in no library here (Prometheus operator, monitoring.coreos.com/v1).
    assert_eq!(monitor["apiVersion"], "monitoring.coreos.com/v1");
    assert_eq!(monitor["metadata"]["labels"]["release"], "x");
    assert!(selects(&monitor["spec"]["selector"]));
    assert_eq!(
        monitor["spec"]["podMetricsEndpoints"],
        json!([{
            "port": "metrics", "path": "/metrics", "interval": "30s",
            "relabelings": [{"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}],
        }])
    );
    let policy = &files["networkpolicy.yaml"][0]["spec"];
    assert!(selects(&policy["podSelector"]));
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(
        policy["ingress"],
        json!([{"ports": [{"port": "metrics", "protocol": "TCP"}]}])
    );
    assert_eq!(
        policy["egress"],
        json!([{"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}])
    );
    let daemonset = &pod["spec"];
    assert_eq!(daemonset["priorityClassName"], "system-node-critical");
}
