//! How this version treats what a later version stored: an old `sanid-fleet` works beside a new one. A
//! released version cannot be changed, so later formats must work with the behaviour that these tests record.

use rusqlite::Connection;
use serde_json::{Value, json};
use testkit::Ran;

use crate::claims::Copy;
use crate::fleet;
use crate::releases::releases;

const HELD: &str =
    "SELECT id, record FROM claims WHERE record LIKE '%\"name\":\"db-1.example.com\"%'";

fn newer(change: impl Fn(&Connection)) -> Copy {
    let copy = Copy::of(&releases().pop().unwrap());
    let database = Connection::open(copy.path("claims.db")).unwrap();
    change(&database);
    drop(database);
    copy
}

/// Changes the record of the claim of db-1.
fn record(database: &Connection, change: impl Fn(&mut Value)) {
    let (id, text): (String, String) = database
        .query_row(HELD, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    change(&mut record);
    let update = "UPDATE claims SET record = ?1 WHERE id = ?2";
    database.execute(update, (record.to_string(), id)).unwrap();
}

fn request(boot: u32) -> Value {
    let mut request = releases().pop().unwrap().json("claims/request.json");
    request["holder"]["bootId"] = json!(format!("{boot:08}-1111-4111-8111-111111111111"));
    request
}

/// A later version can keep this one out by raising the schema version or adding a table or a column. This
/// version then names the store and writes nothing.
#[test]
fn refuses_a_store_of_a_later_schema_before_writing() {
    for (sql, words) in [
        (
            "PRAGMA user_version = 3",
            "it has version 3, and this sanid-fleet knows versions 1 and 2",
        ),
        (
            "CREATE TABLE parts (kind TEXT)",
            "its tables are not those that sanid-fleet makes",
        ),
        (
            "ALTER TABLE claims ADD COLUMN kinds TEXT",
            "its tables are not those that sanid-fleet makes",
        ),
    ] {
        let copy = newer(|database| database.execute_batch(sql).unwrap());
        let before = std::fs::read(copy.path("claims.db")).unwrap();
        for command in [
            &["list"][..],
            &["list", "--history"],
            &["watch", "--idle", "1s"],
        ] {
            let refused = copy.claim(command).expect(2);
            let text = refused.stdout + &refused.stderr;
            assert!(text.contains("claims.db") && text.contains(words), "{text}");
        }
        for command in [&[][..], &["release"], &["takeover", "--fenced"]] {
            let refused = copy.claim_as(&request(2), command).expect(2);
            let text = refused.stdout + &refused.stderr;
            assert!(text.contains("claims.db") && text.contains(words), "{text}");
        }
        assert_eq!(std::fs::read(copy.path("claims.db")).unwrap(), before);
    }
}

/// The error names the claim. Other claims stay usable, except that no list gets past it.
#[test]
fn refuses_a_claim_of_another_version() {
    let copy = newer(|database| {
        record(database, |record| record["apiVersion"] = json!("sanid/v3"));
    });
    let words = "it is not a claim of sanid/v1 or sanid/v2: its apiVersion or kind is another one";
    for refused in [
        copy.claim_as(&request(2), &[]),
        copy.claim_as(&request(2), &["release", "--fenced"]),
        copy.claim_as(&request(2), &["takeover", "--fenced"]),
        copy.claim(&["list"]),
    ] {
        let refused = refused.expect(2);
        let text = refused.stdout + &refused.stderr;
        assert!(text.contains(words), "{text}");
    }
    // Other names can still be claimed.
    let mut other = request(9);
    other["iqn"] = json!("iqn.2004-05.com.example:other");
    other["hostId"] = json!("11111111-2222-4333-8444-000000000001");
    other["hostNqn"] =
        json!("nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-000000000001");
    copy.claim_as(&other, &[]).expect(0);
}

#[test]
fn an_unknown_field_of_a_claim_is_lost_at_the_next_change() {
    let copy = newer(|database| {
        record(database, |record| record["nfs4ClientId"] = json!("x"));
    });
    let there = || -> bool {
        let database = Connection::open(copy.path("claims.db")).unwrap();
        let text: String = database.query_row(HELD, [], |row| row.get(1)).unwrap();
        text.contains("nfs4ClientId")
    };
    copy.claim_as(&request(2), &[]).expect(0);
    assert!(there(), "a renewal of the same boot writes no record");
    copy.claim_as(&request(4), &[]).expect(0);
    assert!(!there());
}

/// The history cannot be read at all. Claims still can be made.
#[test]
fn an_unknown_transition_makes_the_history_unreadable() {
    let copy = newer(|database| {
        let sql = "UPDATE history SET event = replace(event, '\"changed\"', '\"moved\"')";
        assert!(database.execute(sql, []).unwrap() > 0);
    });
    let failed = copy.claim(&["list", "--history"]).expect(2);
    let text = failed.stdout + &failed.stderr;
    assert!(text.contains("event 2") && text.contains("moved"), "{text}");
    copy.claim_as(&request(2), &[]).expect(0);
}

#[test]
fn an_unknown_key_of_claim_toml_is_an_error_with_its_line() {
    let release = releases().pop().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let text = format!("kinds = [\"nfs4\"]\n{}", release.text("claims/claim.toml"));
    std::fs::write(directory.path().join("claim.toml"), text).unwrap();
    let list = ["claim", "list", "--config", "claim.toml"];
    let failed = fleet(directory.path(), &list).expect(2);
    assert!(failed.stderr.contains("line 1"), "{failed:?}");
}

/// An unknown field or finding code is accepted. A host whose report has another version counts as a host
/// without a report.
#[test]
fn audits_reports_of_newer_hosts() {
    let release = releases().pop().unwrap();
    let audit = |change: &dyn Fn(&mut Value)| {
        let directory = release.copy("fleet/reports");
        let mut report = release.json("fleet/reports/web-1.json");
        change(&mut report);
        std::fs::write(directory.path().join("web-1.json"), report.to_string()).unwrap();
        fleet(directory.path(), &["audit", "--format", "json", "."]).json()
    };
    let same = audit(&|_| ());
    assert_eq!(same["summary"]["reports"], 5);
    let fields = audit(&|report| report["nfs4"] = json!({"clientId": "x"}));
    assert_eq!(fields, same);
    let finding = json!({"code": "from-the-future", "severity": "warning", "part": null, "seen": "x", "why": "x", "fix": []});
    let finding = audit(&|report| report["findings"] = json!([finding]));
    assert!(finding.to_string().contains("from-the-future"));
    let version = audit(&|report| report["apiVersion"] = json!("sanid/v2"));
    assert_eq!(version["summary"]["reports"], 4);
    assert!(version.to_string().contains("sanid/v2"), "{version:#}");
}

/// `escrow check` does not check the version of an escrow record; `claim --from` does.
#[test]
fn an_escrow_record_of_another_version_is_accepted() {
    let release = releases().pop().unwrap();
    let mut record = release.json("escrow/db-1.json");
    record["apiVersion"] = json!("sanid/v2");
    record["nfs4ClientId"] = json!("x");
    let read = sanid_fleet::escrow::EscrowRecord::read(record.to_string().as_bytes()).unwrap();
    assert_eq!(read.host, "db-1");
    let copy = Copy::of(&release);
    let refused = copy.claim_as(&record, &[]).expect(2);
    let text = refused.stdout + &refused.stderr;
    assert!(text.contains("apiVersion"), "{text}");
}

#[test]
fn a_request_of_another_version_is_refused() {
    let copy = Copy::of(&releases().pop().unwrap());
    let mut request = request(2);
    request["parts"] = json!([{"kind": "nfs4", "name": "x"}]);
    copy.claim_as(&request, &[]).expect(0);
    request["apiVersion"] = json!("sanid/v2");
    copy.claim_as(&request, &[]).expect(2);
}

#[test]
fn an_unknown_column_of_an_inventory_is_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let text =
        "host,machine_id,nfs4_client_id\nweb-1.example.com,00000000000040008000000000000101,x\n";
    std::fs::write(directory.path().join("hosts.csv"), text).unwrap();
    let mut derive = crate::command(directory.path());
    let now = Ran::of(derive.args(["derive", "hosts.csv"]))
        .expect(0)
        .stdout;
    let row = now.lines().nth(1).unwrap();
    let before = releases().pop().unwrap().text("fleet/identities.csv");
    assert!(before.lines().any(|line| line == row), "{row}");
}
