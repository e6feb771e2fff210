//! `sanid-fleet audit --sessions`: what targets show, compared with the reports of the hosts.

use serde_json::{Value, json};

use crate::support::{Directory, IQN, NQN, shape, tgt};

/// A host that has the name of the shapes, unless the test says otherwise.
fn report(host: &str, iqn: &str, addresses: Option<&[&str]>, time: &str) -> Value {
    let file = |value: &str| json!({"state": "valid", "value": value});
    let mut report = json!({
        "apiVersion": "sanid/v1", "kind": "Status", "host": host, "time": time,
        "onDisk": {"iqn": file(iqn), "hostNqn": file(NQN), "hostId": file("7f3c1b52-9a10-4d2e-8b6f-0c5d1e2f3a41")},
        "findings": [],
    });
    if let Some(addresses) = addresses {
        report["addresses"] = json!(addresses);
    }
    report
}

/// The future is newer than any file of a test.
const NEW: &str = "2100-01-01T00:00:00Z";
const OLD: &str = "2020-01-01T00:00:00Z";
const OTHER: &str = "iqn.1994-05.com.redhat:9d2b77c1e0f3";

const ONE: &[&str] = &["192.0.2.11", "198.51.100.11", "127.0.0.1"];

/// Code and severity of each finding about logins, with its details.
fn found(reports: &[Value], sessions: &[(&str, &str)]) -> Vec<(String, String)> {
    let text: String = reports.iter().map(|one| format!("{one}\n")).collect();
    let directory = Directory::of(&[("reports.ndjson", &text)]);
    let mut words = vec!["audit", "reports.ndjson"];
    for (name, text) in sessions {
        directory.write(name, text);
        words.extend(["--sessions", name]);
    }
    let (report, _) = directory.json(&words);
    let all = report["findings"].as_array().unwrap().iter();
    let about = all.filter(|one| one["code"].as_str().unwrap().starts_with("login-"));
    about
        .map(|one| {
            let heading = format!(
                "{} {}",
                one["severity"].as_str().unwrap(),
                one["code"].as_str().unwrap()
            );
            (
                heading,
                format!("{} {} {}", one["seen"], one["details"], one["named"]),
            )
        })
        .collect()
}

fn codes(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(code, _)| code.as_str()).collect()
}

fn file(name: &str) -> String {
    std::fs::read_to_string(shape(name)).unwrap()
}

/// democratic-csi#375: one host with two cards, or a clone.
#[test]
fn multipath_is_fine_and_a_clone_without_sanid_is_found() {
    let clones = file("live-tgt-clones.txt");
    let multipath = file("live-tgt-multipath.txt");
    let db = |addresses| report("db-01", IQN, Some(addresses), NEW);
    let web = |addresses| {
        report(
            "web-01",
            "iqn.1993-08.org.debian:01:77aa10c2d3e4",
            Some(addresses),
            NEW,
        )
    };
    let of_web = found(&[web(ONE)], &[("s", &multipath)]);
    assert_eq!(codes(&of_web), [""; 0], "{of_web:?}");
    let of_db = found(&[db(ONE)], &[("s", &clones)]);
    assert_eq!(codes(&of_db), ["danger login-from-elsewhere"]);
    for words in [
        "192.0.2.12",
        "db-01 has 192.0.2.11, 198.51.100.11",
        "2100-01-01",
    ] {
        assert!(of_db[0].1.contains(words), "{words}: {of_db:?}");
    }
    assert!(!of_db[0].1.contains("from 192.0.2.11"), "{of_db:?}");
    // As a target with an IPv6 socket shows an IPv4 address.
    let mapped = clones.replace("IP Address: 192", "IP Address: ::ffff:192");
    let of_mapped = found(&[db(ONE)], &[("s", &mapped)]);
    assert_eq!(codes(&of_mapped), ["danger login-from-elsewhere"]);
    assert!(!of_mapped[0].1.contains("ffff"), "{of_mapped:?}");
    // Both addresses are its own.
    let both = found(&[db(&["192.0.2.11", "192.0.2.12"])], &[("s", &clones)]);
    assert_eq!(codes(&both), [""; 0], "{both:?}");
}

/// What else looks like a clone lowers what is said of it.
#[test]
fn what_may_be_the_hosts_own_address_is_a_warning() {
    let alone = tgt(&[(1, "192.0.2.12")]);
    let clones = file("live-tgt-clones.txt");
    let db = |time| report("db-01", IQN, Some(ONE), time);
    let of_old = found(&[db(OLD)], &[("s", &alone)]);
    assert_eq!(codes(&of_old), ["warning login-from-elsewhere"]);
    assert!(of_old[0].1.contains("more than a day older"), "{of_old:?}");
    let untimed = found(&[db("")], &[("s", &alone)]);
    assert_eq!(codes(&untimed), ["warning login-from-elsewhere"]);
    let of_new = found(&[db(NEW)], &[("s", &alone)]);
    assert_eq!(codes(&of_new), ["danger login-from-elsewhere"]);
    // The address of before is in use at the same time.
    let at_one_time = found(&[db(OLD)], &[("s", &clones)]);
    assert_eq!(codes(&at_one_time), ["danger login-from-elsewhere"]);
    // Hosts behind one gateway.
    let natted = format!(
        "[{{\"initiator\": \"{IQN}\", \"initiator_addr\": \"203.0.113.1\"}}, {{\"initiator\": \"{OTHER}\", \"initiator_addr\": \"203.0.113.1\"}}]"
    );
    let web = report("web-01", OTHER, Some(&["192.0.2.21"]), NEW);
    let of_nat = found(&[db(NEW), web], &[("s", &natted)]);
    assert_eq!(codes(&of_nat), ["warning login-from-elsewhere"; 2]);
    assert!(of_nat[0].1.contains("NAT"), "{of_nat:?}");
}

#[test]
fn names_of_nobody_and_hosts_with_the_name_of_another_are_found() {
    let alone = tgt(&[(1, "192.0.2.12")]);
    let web = |addresses: &[&str]| report("web-01", OTHER, Some(addresses), NEW);
    let of_nobody = found(&[web(&["192.0.2.21"])], &[("s", &alone)]);
    assert_eq!(codes(&of_nobody), ["warning login-name-unknown"]);
    assert!(of_nobody[0].1.contains(IQN), "{of_nobody:?}");
    let other_name = found(&[web(&["192.0.2.12"])], &[("s", &alone)]);
    assert_eq!(codes(&other_name), ["danger login-name-differs"]);
    assert!(other_name[0].1.contains("web-01"), "{other_name:?}");
    let name_of_other = found(
        &[web(&["192.0.2.12"]), report("db-01", IQN, Some(ONE), NEW)],
        &[("s", &alone)],
    );
    assert_eq!(codes(&name_of_other), ["danger login-name-differs"]);
    assert!(
        name_of_other[0].1.contains("initiator name of db-01"),
        "{name_of_other:?}"
    );
    // Two hosts with one address, as bridges of containers have: it is nobody's.
    let bridge = found(
        &[
            web(&["192.0.2.12"]),
            report(
                "web-02",
                "iqn.1994-05.com.redhat:2",
                Some(&["192.0.2.12"]),
                NEW,
            ),
        ],
        &[("s", &alone)],
    );
    assert_eq!(codes(&bridge), ["warning login-name-unknown"]);
}

#[test]
fn what_nothing_tells_is_said() {
    let clones = file("live-tgt-clones.txt");
    let without = found(&[report("db-01", IQN, None, NEW)], &[("s", &clones)]);
    assert_eq!(codes(&without), ["warning login-unplaced"]);
    assert!(
        without[0].1.contains("has no addresses in its report"),
        "{without:?}"
    );
    let no_address = format!(
        "[{{\"initiator\": \"{IQN}\", \"initiator_addr\": \"\", \"target\": \"iqn.2024-01.test.local:vault\"}}]"
    );
    let no_address = found(
        &[report("db-01", IQN, Some(ONE), NEW)],
        &[("s", &no_address)],
    );
    assert_eq!(codes(&no_address), ["warning login-unplaced"]);
    assert!(
        no_address[0].1.contains("the target shows no address"),
        "{no_address:?}"
    );
}

#[test]
fn proof_at_the_target_is_a_finding_with_the_host_that_has_the_name() {
    let aliases = file("ontap-iscsi-sessions.txt");
    let of_aliases = found(&[report("db-01", IQN, Some(ONE), NEW)], &[("s", &aliases)]);
    assert_eq!(
        codes(&of_aliases),
        ["danger login-shared", "warning login-unplaced"]
    );
    assert!(
        of_aliases[0].1.contains("\"host\":\"db-01\""),
        "{of_aliases:?}"
    );
    // SPDK shows Host IDs and no address.
    let id =
        |id: &str| format!("[{{\"cntlid\": 1, \"hostnqn\": \"{NQN}\", \"hostid\": \"{id}\"}}]");
    let db = || [report("db-01", IQN, Some(ONE), NEW)];
    let other = found(&db(), &[("s", &id("0d4e9a61-2b3c-4f5a-8e7d-9c0b1a2f3e4d"))]);
    assert_eq!(codes(&other), ["danger login-from-elsewhere"]);
    let own = found(&db(), &[("s", &id("7f3c1b52-9a10-4d2e-8b6f-0c5d1e2f3a41"))]);
    assert_eq!(codes(&own), ["warning login-unplaced"]);
}

/// Files are of different targets: their session numbers have nothing to do with each other.
#[test]
fn files_are_no_snapshots_and_documents_of_sessions_are() {
    let flap: Vec<String> = (1..7)
        .map(|number| file(&format!("live-tgt-flap-{number}.txt")))
        .collect();
    let names: Vec<String> = (1..7).map(|number| format!("{number}.txt")).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .zip(&flap)
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let db = |addresses, time| [report("db-01", IQN, Some(addresses), time)];
    let both: &[&str] = &["192.0.2.11", "192.0.2.12"];
    let apart = found(&db(both, NEW), &files);
    assert_eq!(codes(&apart), [""; 0], "{apart:?}");
    let directory = Directory::of(&files);
    let mut words = vec!["sessions", "--format", "json", "--snapshots"];
    words.extend(names.iter().map(String::as_str));
    let document = directory.run(&words).stdout;
    let together = |db: [Value; 1]| found(&db, &[("sessions.json", &document)]);
    let clone = together(db(&["192.0.2.11"], NEW));
    assert_eq!(
        codes(&clone),
        ["danger login-shared", "danger login-from-elsewhere"]
    );
    // Both are addresses of one host: it is one machine, whose logins do not last.
    let one = together(db(both, NEW));
    assert_eq!(codes(&one), ["warning login-shared"]);
    assert!(one[0].1.contains("every address is its own"), "{one:?}");
    let of_old = together(db(both, OLD));
    assert_eq!(codes(&of_old), ["danger login-shared"]);
}

#[test]
fn people_read_what_was_seen_and_what_to_do() {
    let directory = Directory::of(&[
        (
            "reports.ndjson",
            &report("db-01", IQN, Some(ONE), NEW).to_string(),
        ),
        ("sessions.txt", &file("live-tgt-clones.txt")),
    ]);
    let ran = directory.run(&["audit", "--sessions", "sessions.txt", "reports.ndjson"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    for words in [
        "1 host, 2 logins",
        "danger  login-from-elsewhere",
        "from 192.0.2.12 (sessions.txt:7)",
        "→ sanid-fleet collect --ssh HOSTS",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    // The page has them, too.
    let page = directory.run(&[
        "report",
        "--html",
        "--sessions",
        "sessions.txt",
        "reports.ndjson",
    ]);
    assert!(
        page.stdout.contains("login-from-elsewhere"),
        "{}",
        page.stderr
    );
}

#[test]
fn sessions_that_are_not_read_are_no_all_clear() {
    let db = report("db-01", IQN, Some(ONE), NEW).to_string();
    let directory = Directory::of(&[
        ("reports.ndjson", &db),
        ("spdk.json", &file("live-spdk-iscsi.json")),
        ("empty", ""),
    ]);
    for name in ["spdk.json", "empty"] {
        let (report, exit) = directory.json(&["audit", "--sessions", name, "reports.ndjson"]);
        assert_eq!(exit, 1, "{name}");
        assert_eq!(
            report["findings"][0]["code"], "sessions-incomplete",
            "{report:#}"
        );
        assert_eq!(report["findings"][0]["severity"], "warning");
        assert_eq!(report["summary"]["logins"], 0);
    }
    let ran = directory.run(&["audit", "--sessions", "nowhere", "reports.ndjson"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    let ran = directory.run(&["audit", "--sessions", "-"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.stderr.contains("can be read once"), "{}", ran.stderr);
    // Without the option an audit is as it was.
    let (report, _) = directory.json(&["audit", "reports.ndjson"]);
    assert_eq!(report["summary"]["logins"], Value::Null);
}
