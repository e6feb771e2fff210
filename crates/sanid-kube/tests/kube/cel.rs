//! The rules that the API server of the tests is too old for, by another implementation of CEL: each lets
//! through what it is to let through, and denies what it is to deny.

use ::cel::{Context, Program, Value as Cel};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::{Shared, render, trial};

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![
        trial(
            shared,
            "every_rule_of_the_claims_allows_and_denies",
            definitions,
        ),
        trial(
            shared,
            "every_rule_of_the_identities_allows_and_denies",
            identities,
        ),
        trial(
            shared,
            "the_policy_binds_each_agent_to_its_own_node",
            policy,
        ),
        trial(
            shared,
            "the_policy_lets_an_agent_change_nothing_of_its_node_but_the_taint",
            nothing_else,
        ),
    ]
}

/// What a rule says of some variables.
fn says(rule: &str, variables: &[(&str, &Value)]) -> bool {
    let program = Program::compile(rule).unwrap_or_else(|error| panic!("{rule}: {error}"));
    let mut context = Context::default();
    for (name, value) in variables {
        context.add_variable(*name, (*value).clone()).unwrap();
    }
    match program.execute(&context) {
        Ok(Cel::Bool(verdict)) => verdict,
        other => panic!("{rule}: {other:?}"),
    }
}

/// Every rule in a schema with the path that it stands at.
fn rules(schema: &Value, at: &str, found: &mut Vec<(String, String)>) {
    for rule in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        found.push((at.to_owned(), rule["rule"].as_str().unwrap().to_owned()));
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        rules(inner, &format!("{at}/{name}"), found);
    }
}

fn rules_of(index: usize) -> Vec<(String, String)> {
    let definition = sanid_kube::resources::definitions().swap_remove(index);
    let definition = serde_json::to_value(definition).unwrap();
    let mut found = Vec::new();
    rules(
        &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"],
        "",
        &mut found,
    );
    found
}

/// Whether an update from one object to the other breaks no rule.
fn update(rules: &[(String, String)], old: &Value, new: &Value) -> bool {
    rules.iter().all(|(at, rule)| {
        let (old, new) = (old.pointer(at).unwrap(), new.pointer(at).unwrap());
        says(rule, &[("self", new), ("oldSelf", old)])
    })
}

const ID: &str = "99999999-2222-4333-8444-555555555555";
const OTHER: &str = "88888888-2222-4333-8444-555555555555";

fn object(kind: &str, name: &str, identifier: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {"type": kind, "identifier": identifier,
                 "holder": {"node": {"name": "a", "uid": ID}, "bootId": ID}},
    })
}

fn definitions(_: &Cluster) {
    let claim = rules_of(1);
    assert_eq!(claim.len(), 8 + 1, "{claim:#?}");
    let hash = "0123456789abcdef0123456789abcdef";
    let good = [
        object("HostID", ID, ID),
        object(
            "HostNQN",
            &format!("nqn-{hash}"),
            "nqn.2014-08.org.example:x",
        ),
        object(
            "InitiatorName",
            &format!("iqn-{hash}"),
            "iqn.2014-08.org.example:x",
        ),
        object(
            "InitiatorName",
            &format!("iqn-{hash}"),
            "eui.02004567A425678D",
        ),
        object(
            "Anchor",
            &format!("anchor-{hash}"),
            &format!("anchor-{hash}"),
        ),
        object("nfs4", &format!("nfs4-{hash}"), "client-1"),
    ];
    for one in &good {
        assert!(update(&claim, one, one), "{one}");
    }
    let rebooted = {
        let mut one = good[0].clone();
        one["spec"]["holder"]["bootId"] = json!(OTHER);
        one
    };
    assert!(
        update(&claim, &good[0], &rebooted),
        "a boot is no change of hands"
    );
    let bad = [
        object("HostID", OTHER, ID),
        object("HostID", "nonsense", "nonsense"),
        object("HostNQN", ID, "nqn.2014-08.org.example:x"),
        object(
            "HostNQN",
            &format!("nqn-{hash}"),
            "iqn.2014-08.org.example:x",
        ),
        object(
            "HostNQN",
            &format!("nqn-{hash}0"),
            "nqn.2014-08.org.example:x",
        ),
        object(
            "InitiatorName",
            &format!("nqn-{hash}"),
            "iqn.2014-08.org.example:x",
        ),
        object(
            "InitiatorName",
            &format!("iqn-{hash}"),
            "nqn.2014-08.org.example:x",
        ),
        object(
            "Anchor",
            &format!("anchor-{hash}"),
            &format!("anchor-0{hash}"),
        ),
        object("Anchor", ID, ID),
        object("nfs4", &format!("iqn-{hash}"), "client-1"),
        object("nfs4", "nfs4-client-1", "client-1"),
    ];
    for one in &bad {
        assert!(!update(&claim, one, one), "{one}");
    }
    for (at, value) in [
        ("/spec/type", json!("HostNQN")),
        ("/spec/identifier", json!(OTHER)),
        ("/spec/holder/node/name", json!("b")),
        ("/spec/holder/node/uid", json!(OTHER)),
    ] {
        let mut new = good[0].clone();
        *new.pointer_mut(at).unwrap() = value;
        assert!(!update(&claim, &good[0], &new), "{at} changes");
    }
    // And each rule by itself denies something: none is there for nothing.
    let mut pairs: Vec<(Value, Value)> = bad.iter().map(|one| (one.clone(), one.clone())).collect();
    for at in ["/spec/type", "/spec/identifier", "/spec/holder/node/name"] {
        let mut new = good[0].clone();
        *new.pointer_mut(at).unwrap() = json!("other");
        pairs.push((good[0].clone(), new));
    }
    for (at, rule) in &claim {
        let one = [(at.clone(), rule.clone())];
        assert!(
            pairs.iter().any(|(old, new)| !update(&one, old, new)),
            "{rule} denies nothing"
        );
    }
}

fn identities(_: &Cluster) {
    let identity = rules_of(0);
    let node = |name: &str, node: &str, uid: &str| json!({"metadata": {"name": name}, "spec": {"node": {"name": node, "uid": uid}}});
    assert_eq!(identity.len(), 2, "{identity:#?}");
    assert!(
        update(&identity, &node("a", "a", ID), &node("a", "a", OTHER)),
        "registered again"
    );
    assert!(!update(&identity, &node("a", "b", ID), &node("a", "b", ID)));
    assert!(!update(&identity, &node("a", "a", ID), &node("a", "b", ID)));
}

/// A request as the policy sees it.
struct Asked {
    user: &'static str,
    node: Option<&'static str>,
    operation: &'static str,
    resource: &'static str,
    name: &'static str,
    object: Value,
    old: Value,
}

const AGENT: &str = "system:serviceaccount:sanid-system:sanid-kube";

impl Asked {
    fn new(
        operation: &'static str,
        resource: &'static str,
        name: &'static str,
        object: Value,
    ) -> Self {
        Self {
            user: AGENT,
            node: Some("a"),
            operation,
            resource,
            name,
            old: object.clone(),
            object,
        }
    }

    fn from(self, node: Option<&'static str>) -> Self {
        Self { node, ..self }
    }

    fn old(self, old: Value) -> Self {
        Self { old, ..self }
    }

    /// The message of the validation that denies it.
    fn verdict(&self, policy: &Value) -> Option<String> {
        let extra = match self.node {
            Some(node) => json!({"authentication.kubernetes.io/node-name": [node]}),
            None => json!({}),
        };
        let request = json!({
            "operation": self.operation, "name": self.name,
            "resource": {"group": "", "version": "v1", "resource": self.resource},
            "userInfo": {"username": self.user, "extra": extra},
        });
        let spec = &policy["spec"];
        let condition = spec["matchConditions"][0]["expression"].as_str().unwrap();
        if !says(condition, &[("request", &request)]) {
            return None;
        }
        let node = spec["variables"][0]["expression"].as_str().unwrap();
        let node = match self.node {
            // The variable itself: its value is the node of the token.
            Some(_) | None
                if says(
                    &format!("({node}) == '{}'", self.node.unwrap_or("")),
                    &[("request", &request)],
                ) =>
            {
                json!({"node": self.node.unwrap_or("")})
            }
            _ => panic!("the variable is not the token's node"),
        };
        let variables = [
            ("request", &request),
            ("variables", &node),
            ("object", &self.object),
            ("oldObject", &self.old),
        ];
        let validations = spec["validations"].as_array().unwrap();
        let denied = validations
            .iter()
            .find(|one| !says(one["expression"].as_str().unwrap(), &variables));
        denied.map(|one| one["message"].as_str().unwrap().to_owned())
    }
}

fn identity(node: &str) -> Value {
    json!({"metadata": {"name": node}, "spec": {"node": {"name": node}}})
}

fn claim(node: &str) -> Value {
    json!({"metadata": {"name": ID}, "spec": {"holder": {"node": {"name": node}}}})
}

fn event(node: &str) -> Value {
    json!({"metadata": {"name": "x"}, "involvedObject": {"name": node}})
}

fn node(label: &str, taints: &Value) -> Value {
    json!({"metadata": {"labels": {"l": label}}, "spec": {"taints": taints}})
}

fn taints() -> [Value; 2] {
    ["t1", "t2"].map(|key| json!({"key": key, "effect": "NoSchedule"}))
}

/// What the policy denies, with words of the reason.
fn denied() -> Vec<(Asked, &'static str)> {
    let [t1, t2] = taints();
    vec![
        (
            Asked::new("CREATE", "nodestorageidentities", "a", identity("a")).from(None),
            "the token says no node",
        ),
        (
            Asked::new("CREATE", "nodestorageidentities", "b", identity("b")),
            "publishes its own",
        ),
        (
            Asked::new("UPDATE", "nodestorageidentities", "b", identity("b")),
            "publishes its own",
        ),
        (
            Asked::new("CREATE", "storageidentityclaims", ID, claim("b")).old(Value::Null),
            "claims for its own",
        ),
        (
            Asked::new("UPDATE", "storageidentityclaims", ID, claim("a")).old(claim("b")),
            "changes and deletes its own",
        ),
        (
            Asked {
                object: Value::Null,
                ..Asked::new("DELETE", "storageidentityclaims", ID, claim("b"))
            },
            "changes and deletes its own",
        ),
        (
            Asked::new("CREATE", "events", "x", event("b")),
            "events of its own",
        ),
        (
            Asked::new("UPDATE", "nodes", "b", node("l", &json!([t1])))
                .old(node("l", &json!([t1, t2]))),
            "from its own node",
        ),
        (
            Asked::new("UPDATE", "nodes", "a", node("l", &json!([t1, t2])))
                .old(node("l", &json!([t1]))),
            "adds no taint",
        ),
        (
            Asked::new("UPDATE", "nodes", "a", node("m", &json!([t1])))
                .old(node("l", &json!([t1]))),
            "changes no label",
        ),
        (
            Asked::new(
                "UPDATE",
                "nodes",
                "a",
                bare(&json!({"unschedulable": true})),
            )
            .old(bare(&json!({}))),
            "neither cordons",
        ),
    ]
}

fn policy(_: &Cluster) {
    let files = render::files("v1.34.0", &json!({}));
    let policy = &files["policy.yaml"][0];
    let [t1, t2] = taints();
    let allowed = [
        Asked::new("CREATE", "nodestorageidentities", "a", identity("a")),
        Asked::new("UPDATE", "nodestorageidentities", "a", identity("a")),
        Asked::new("CREATE", "storageidentityclaims", ID, claim("a")).old(Value::Null),
        Asked::new("UPDATE", "storageidentityclaims", ID, claim("a")),
        Asked {
            object: Value::Null,
            ..Asked::new("DELETE", "storageidentityclaims", ID, claim("a"))
        },
        Asked::new("CREATE", "events", "x", event("a")),
        Asked::new("UPDATE", "nodes", "a", node("l", &json!([t1])))
            .old(node("l", &json!([t1, t2]))),
        // Not an agent: somebody else's rights are somebody else's business.
        Asked {
            user: "system:admin",
            ..Asked::new("UPDATE", "storageidentityclaims", ID, claim("b")).from(None)
        },
    ];
    for asked in &allowed {
        assert_eq!(
            asked.verdict(policy),
            None,
            "{} {}",
            asked.operation,
            asked.resource
        );
    }
    let denied = denied();
    for (asked, words) in &denied {
        let verdict = asked.verdict(policy).unwrap_or_default();
        assert!(
            verdict.contains(words),
            "{} {}: {verdict:?}",
            asked.operation,
            asked.resource
        );
    }
    // Each validation denies one of them: none is there for nothing.
    for one in policy["spec"]["validations"].as_array().unwrap() {
        let message = one["message"].as_str().unwrap();
        let some = denied
            .iter()
            .any(|(asked, _)| asked.verdict(policy).as_deref() == Some(message));
        assert!(some, "nothing is denied by: {message}");
    }
}

/// A node that has nothing but what its specification has.
fn bare(spec: &Value) -> Value {
    json!({"metadata": {}, "spec": spec})
}

fn nothing_else(_: &Cluster) {
    let files = render::files("v1.34.0", &json!({}));
    let policy = &files["policy.yaml"][0];
    let verdict = |new: &Value, old: &Value| {
        let asked = Asked::new("UPDATE", "nodes", "a", new.clone()).old(old.clone());
        asked.verdict(policy).unwrap_or_default()
    };
    // A node without labels: a field that is not there is an error in CEL, and an error denies.
    let [t1, t2] = taints();
    let two = bare(&json!({"taints": [t1, t2]}));
    let one = bare(&json!({"taints": [t1]}));
    let none = bare(&json!({}));
    assert_eq!(
        (verdict(&one, &two), verdict(&none, &one)),
        Default::default()
    );
    let with = |name: &str, value: Value| json!({"metadata": {name: value}, "spec": {}});
    for (other, words) in [
        (bare(&json!({"unschedulable": true})), "neither cordons"),
        (with("annotations", json!({"a": "b"})), "no annotation"),
        (with("labels", json!({"a": "b"})), "no label"),
        (
            with("finalizers", json!(["a.example.org/b"])),
            "when it goes",
        ),
        (
            with("ownerReferences", json!([{"name": "x"}])),
            "when it goes",
        ),
    ] {
        for said in [verdict(&other, &none), verdict(&none, &other)] {
            assert!(said.contains(words), "{other}: {said:?}");
        }
    }
}
