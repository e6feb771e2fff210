//! `claims.db`, `claim.toml`, and the documents of `sanid-fleet claim`.

use std::path::PathBuf;
use std::time::Duration;

use sanid_claims::config::{Config, LeaseTime, Policy, Unreachable};
use sanid_claims::{ClaimsReport, Clock, Lease, Moment, SqliteStore, Store as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Ran;

use crate::fleet;
use crate::kept::assert_kept;
use crate::releases::{Release, releases};

/// A copy of a release's store.
pub(crate) struct Copy {
    directory: TempDir,
}

impl Copy {
    pub(crate) fn of(release: &Release) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(
            directory.path().join("claims.db"),
            release.bytes("claims/claims.db"),
        )
        .unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn claim(&self, words: &[&str]) -> Ran {
        let words = [
            &["claim", "--store", "sqlite:claims.db", "--format", "json"],
            words,
        ];
        fleet(self.directory.path(), &words.concat())
    }

    /// Asks for the claim of this request.
    pub(crate) fn claim_as(&self, request: &Value, words: &[&str]) -> Ran {
        std::fs::write(self.path("request.json"), request.to_string()).unwrap();
        self.claim(&[&["--from", "request.json"], words].concat())
    }
}

/// A clock in the boot in which the store was written.
struct Then(i64);

impl Clock for Then {
    fn now(&self) -> Moment {
        Moment {
            boot: "00000002-1111-4111-8111-111111111111".into(),
            millis: self.0,
        }
    }
}

#[test]
fn lists_claims_and_history() {
    for release in releases() {
        let copy = Copy::of(&release);
        let history = copy.claim(&["list", "--history"]).expect(0).json();
        assert_kept(
            &release.json("claims/sqlite/history.json"),
            &history,
            "history",
        );
        let watch = copy.claim(&["watch", "--limit", "11"]).expect(0).stdout;
        let before = release.text("claims/sqlite/watch.ndjson");
        assert_eq!(watch.lines().count(), before.lines().count());
        for (before, now) in before.lines().zip(watch.lines()) {
            let parse = |line| serde_json::from_str::<Value>(line).unwrap();
            assert_kept(&parse(before), &parse(now), "watch");
        }
        // The store has every kind of transition.
        let mut whats: Vec<&str> = history["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["what"].as_str().unwrap())
            .collect();
        whats.sort_unstable();
        whats.dedup();
        assert_eq!(
            whats,
            [
                "changed",
                "claimed",
                "released",
                "released-fenced",
                "taken-over-expired",
                "taken-over-fenced"
            ]
        );
    }
}

/// Leases continue in the boot in which the store was written, and start again in any other boot.
#[test]
fn leases_run_by_the_clock_of_their_boot() {
    for release in releases() {
        let before = release.json("claims/sqlite/list.json");
        let before = before["items"].as_array().unwrap();
        let list = |clock: Box<dyn Clock>| {
            let copy = Copy::of(&release);
            let mut store = SqliteStore::open(&copy.path("claims.db"), clock, false).unwrap();
            let mut all = Vec::new();
            store.list(&mut |seen| all.push(seen)).unwrap();
            all
        };
        let all = list(Box::new(Then(0)));
        assert_eq!(all.len(), before.len());
        for (seen, before) in all.iter().zip(before) {
            let mut now = serde_json::to_value(ClaimsReport::new(seen)).unwrap();
            now["lease"] = before["lease"].clone();
            assert_kept(before, &now, "claim");
        }
        let expired = |all: &[sanid_claims::Seen]| -> Vec<String> {
            let expired = all.iter().filter(|seen| seen.lease == Lease::Expired);
            expired
                .map(|seen| seen.record.holder.name.clone())
                .collect()
        };
        assert_eq!(expired(&all), [""; 0]);
        let late = list(Box::new(Then(i64::MAX / 2)));
        let with_lease = [
            "db-1.example.com",
            "copy-of-db-4.example.com",
            "db-3.example.com",
        ];
        assert_eq!(
            expired(&late),
            with_lease,
            "a claim without a lease does not expire"
        );
        let other_boot = list(Box::new(sanid_claims::HostClock));
        let lease = other_boot[0].lease;
        assert_eq!(lease, Lease::Live(Some(Duration::from_secs(86_400))));
    }
}

#[test]
fn a_claim_is_renewed_contested_and_released() {
    for release in releases() {
        let copy = Copy::of(&release);
        let mut request = release.json("claims/request.json");
        // The boot that holds the claim.
        request["holder"]["bootId"] = json!("00000002-1111-4111-8111-111111111111");
        let renewed = copy
            .claim_as(&request, &["--lease", "24h"])
            .expect(0)
            .json();
        assert_eq!(renewed["outcome"], "renewed");
        assert_kept(
            &release.json("claims/sqlite/changed.json"),
            &renewed,
            "renewed",
        );

        // The claim has already moved on from the first boot.
        let two = copy.claim_as(&release.json("claims/request.json"), &[]);
        assert_eq!(
            two.expect(1).json()["rivals"][0]["likeness"],
            "two-machines"
        );

        // Different hardware with the same machine-id.
        let mut clone = request.clone();
        clone["holder"]["bootId"] = json!("00000003-1111-4111-8111-111111111111");
        clone["holder"]["evidence"]["firmwareUuid"] = json!("0".repeat(32));
        clone["holder"]["evidence"]["boardSerial"] = json!("0".repeat(32));
        clone["holder"]["evidence"]["macs"] = json!(["0".repeat(32)]);
        let conflict = copy.claim_as(&clone, &[]).expect(1).json();
        let before = release.json("claims/sqlite/conflict.json");
        assert_eq!(conflict["rivals"][0]["likeness"], "clone");
        assert_eq!(conflict["rivals"][0]["claim"], before["rivals"][0]["claim"]);
        assert_eq!(
            conflict["rivals"][0]["hardware"]["verdict"],
            "clone-suspected"
        );

        // The next boot gets a higher generation.
        request["holder"]["bootId"] = json!("00000004-1111-4111-8111-111111111111");
        let changed = copy
            .claim_as(&request, &["--lease", "24h"])
            .expect(0)
            .json();
        let before = release.json("claims/sqlite/history.json");
        let events = before["items"].as_array().unwrap();
        let last = events.last().unwrap()["sequence"].as_u64().unwrap();
        assert!(changed["generation"].as_u64().unwrap() > last);
        let released = copy.claim_as(&request, &["release"]).expect(0).json();
        assert_eq!(released["outcome"], "released");
        assert_eq!(released["ended"][0]["claim"], renewed["claim"]);
        let history = copy.claim(&["list", "--history"]).expect(0).json();
        assert_eq!(history["items"].as_array().unwrap().len(), events.len() + 2);
    }
}

/// Version 0.1 refuses a store of version 2 when it opens it.
#[test]
fn a_store_is_marked_when_it_gets_a_claim_of_other_kinds() {
    for release in releases() {
        let copy = Copy::of(&release);
        let database = rusqlite::Connection::open(copy.path("claims.db")).unwrap();
        let version = || -> i32 {
            let value = database.pragma_query_value(None, "user_version", |row| row.get(0));
            value.unwrap()
        };
        let records = |holder: &str| -> Vec<String> {
            let sql = "SELECT record FROM claims WHERE record LIKE '%\"name\":\"' || ?1 || '\"%'";
            let mut rows = database.prepare(sql).unwrap();
            let rows = rows.query_map([holder], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let other = records("db-2.example.com");
        assert_eq!(other.len(), 1);

        let mut request = release.json("claims/request.json");
        request["holder"]["bootId"] = json!("00000004-1111-4111-8111-111111111111");
        copy.claim_as(&request, &[]).expect(0);
        assert_eq!(version(), 1, "version 0.1 can write this store");

        let before = copy.claim_as(&request, &[]).expect(0).json();
        request["identifiers"] = json!([{"kind": "nfs4", "name": "client-1"}]);
        let wider = copy.claim_as(&request, &[]).expect(0).json();
        assert_eq!(wider["identifiers"], request["identifiers"]);
        assert_eq!(wider["iqn"], request["iqn"]);
        assert_eq!(wider["ended"][0]["claim"], before["claim"]);
        assert_eq!(version(), 2);
        let alone = json!({
            "apiVersion": "sanid/v1", "kind": "ClaimRequest",
            "iqn": "iqn.2004-05.com.example:alone", "holder": {"name": "alone"},
        });
        copy.claim_as(&alone, &[]).expect(0);
        let rival = json!({
            "apiVersion": "sanid/v1", "kind": "ClaimRequest",
            "identifiers": [{"kind": "nfs4", "name": "client-1"}], "holder": {"name": "rival"},
        });
        let conflict = copy.claim_as(&rival, &[]).expect(1).json();
        assert_eq!(conflict["rivals"][0]["shares"], json!(["nfs4"]));

        // What version 0.1 wrote stays as it is, and the mark stays when its reason is gone.
        assert_eq!(records("db-2.example.com"), other);
        copy.claim_as(&request, &["release"]).expect(0);
        copy.claim_as(&alone, &["release"]).expect(0);
        assert_eq!(version(), 2);
        let list = copy.claim(&["list"]).expect(0).json();
        let names: Vec<_> = list["items"].as_array().unwrap().iter().collect();
        assert_eq!(names.len(), 3, "{names:?}");
        copy.claim(&["list", "--history"]).expect(0);
    }
}

#[test]
fn answers_keep_their_fields() {
    for release in releases() {
        for (name, outcome) in [
            ("held", "held"),
            ("renewed", "renewed"),
            ("changed", "renewed"),
            ("conflict", "conflict"),
            ("refused", "refused"),
            ("released", "released"),
            ("released-fenced", "released"),
            ("taken-over-expired", "taken-over-expired"),
            ("taken-over-fenced", "taken-over-fenced"),
        ] {
            for store in ["sqlite", "etcd"] {
                let before = release.json(&format!("claims/{store}/{name}.json"));
                assert_eq!(before["outcome"], outcome, "{store} {name}");
                assert_eq!(before["kind"], "Claim");
            }
        }
        let copy = Copy::of(&release);
        let now = copy.claim_as(&release.json("claims/request.json"), &[]);
        let now = now.expect(1).json();
        let before = release.json("claims/sqlite/conflict.json");
        let keys =
            |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
        for (before, now) in [
            (&before, &now),
            (&before["rivals"][0], &now["rivals"][0]),
            (&before["holder"], &now["holder"]),
        ] {
            for key in keys(before) {
                assert!(keys(now).contains(&key), "{key} is gone");
            }
        }
    }
}

#[test]
fn every_key_of_claim_toml_keeps_its_meaning() {
    for release in releases() {
        let path = release.path("claims/claim.toml");
        let config = Config::read(Some(&path)).unwrap();
        let file = |name: &str| Some(PathBuf::from(name));
        assert_eq!(
            config.store.as_deref(),
            Some("etcd:https://192.0.2.1:2379,https://192.0.2.2:2379")
        );
        let week = Duration::from_secs(7 * 86_400);
        assert_eq!(config.lease, Some(LeaseTime(Some(week))));
        assert_eq!(config.wait, Some(Duration::from_secs(30)));
        assert_eq!(config.policy, Policy::Enforce);
        assert_eq!(config.unreachable, Unreachable::Hold);
        assert_eq!(config.user.as_deref(), Some("sanid"));
        assert_eq!(config.password_file, file("/etc/sanid/claim.password"));
        assert_eq!(config.tls.ca, file("/etc/sanid/tls/ca.pem"));
        assert_eq!(config.tls.cert, file("/etc/sanid/tls/host.pem"));
        assert_eq!(config.tls.key, file("/etc/sanid/tls/host.key"));
        assert_eq!(config.tls.server_name.as_deref(), Some("etcd.example.com"));
        assert_eq!(
            config.metrics.textfile,
            file("/var/lib/prometheus/node-exporter/sanid.prom")
        );
    }
}

/// Users' alerts name these series.
#[test]
fn metrics_keep_their_series() {
    let series = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
            .collect()
    };
    for release in releases() {
        let host = release.copy("host");
        let root = host.path().to_str().unwrap().to_owned();
        let now = fleet(host.path(), &["claim", "metrics", "--root", &root]).expect(0);
        let now = series(&now.stdout);
        let before = series(&release.text("claims/metrics.prom"));
        assert!(before.len() > 20);
        for one in before {
            assert!(now.contains(&one), "{one} is gone");
        }
    }
}
