//! The store in one file: the rules, and what can happen to a file.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use libtest_mimic::Trial;
use rusqlite::Connection;
use sanid_claims::{Action, HostClock, Outcome, Seen, SqliteStore, Store, StoreError};

use crate::checker::{self, Run};
use crate::conformance::{self, events};
use crate::support::{
    HandClock, LEASE, Place, ask, booted, claim, claim_briefly, eventually, granted, host,
    identity, listed, rivals,
};
use testkit::trial::{Need, STRACE, UNSHARE, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = conformance::trials("sqlite", &[], place);
    for (name, test) in [
        (
            "a_boot_of_the_machine_ends_no_lease",
            a_boot_of_the_machine_ends_no_lease as fn(),
        ),
        (
            "what_is_no_store_is_refused_and_left_alone",
            what_is_no_store_is_refused_and_left_alone,
        ),
        ("a_hostile_file_runs_nothing", a_hostile_file_runs_nothing),
        (
            "links_and_directories_are_refused",
            links_and_directories_are_refused,
        ),
        (
            "a_lock_is_waited_for_until_the_deadline",
            a_lock_is_waited_for_until_the_deadline,
        ),
        (
            "killed_processes_lose_no_claim",
            killed_processes_lose_no_claim,
        ),
    ] {
        trials.push(trial(&format!("sqlite::{name}"), &[], test));
    }
    trials.push(trial(
        "sqlite::a_process_killed_at_each_write_leaves_all_or_nothing",
        &[STRACE],
        a_process_killed_at_each_write_leaves_all_or_nothing,
    ));
    for (name, test) in [
        ("a_full_disk_says_so", a_full_disk_says_so as fn()),
        ("a_read_only_file_says_so", a_read_only_file_says_so),
    ] {
        trials.push(trial(
            &format!("sqlite::{name}"),
            &[Need::Root, UNSHARE],
            test,
        ));
    }
    trials
}

/// A file of its own, by a clock that the test moves.
pub(crate) fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("claims.db");
    let clock = HandClock::default();
    let time = clock.0.clone();
    Place {
        open: Box::new(move || {
            Box::new(SqliteStore::open(&path, Box::new(clock.clone()), false).unwrap())
        }),
        pass: Box::new(move |by| {
            time.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        }),
        _keep: Box::new(directory),
    }
}

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, Box::new(HostClock), false)
}

/// For how long the machine was off nobody knows, so that every lease begins anew.
fn a_boot_of_the_machine_ends_no_lease() {
    let directory = tempfile::tempdir().unwrap();
    let clock = HandClock::default();
    let open =
        || SqliteStore::open(&directory.path().join("db"), Box::new(clock.clone()), false).unwrap();
    clock.0.store(1_000_000, Ordering::SeqCst);
    granted(&claim_briefly(&mut open(), &identity(1), &host("node")));
    clock.1.fetch_add(1, Ordering::SeqCst);
    let lease = i64::try_from(LEASE.as_millis()).unwrap();
    let end = 5_000_000 + lease;
    for (millis, held) in [(5_000_000, true), (end - 1, true), (end, false)] {
        clock.0.store(millis, Ordering::SeqCst);
        let outcome = claim(&mut open(), &identity(1), &host("clone"));
        let conflict = matches!(outcome, Outcome::Conflict(_));
        assert_eq!(conflict, held, "at {millis}");
        if held {
            assert_eq!(rivals(&outcome), ["node"]);
        }
        // The first that writes after the boot begins the leases.
        if millis == 5_000_000 {
            granted(&claim(&mut open(), &identity(2), &host("other")));
        }
    }
}

fn what_is_no_store_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    let foreign = |sql: &str| {
        let _ = fs::remove_file(&path);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    };
    let check = |what: &str, word: &str| {
        let before = fs::read(&path).unwrap();
        let error = open(&path)
            .err()
            .unwrap_or_else(|| panic!("{what} is taken"));
        assert!(matches!(error, StoreError::Damaged(_)), "{what}: {error:?}");
        assert!(error.to_string().contains(word), "{what}: {error}");
        assert!(before == fs::read(&path).unwrap(), "{what} is changed");
    };
    fs::write(
        &path,
        "not a database, but a text that is long enough to be read as one".repeat(20),
    )
    .unwrap();
    check("a text", "not a store of claims");
    foreign("CREATE TABLE theirs (x)");
    check("a database of another program", "another program");
    foreign("CREATE TABLE theirs (x); PRAGMA application_id = 1398885993; PRAGMA user_version = 1");
    check("other tables", "tables are not those");
    drop(fs::remove_file(&path));
    drop(open(&path).unwrap());
    Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 9")
        .unwrap();
    check("a later version", "version 9");
}

/// Triggers and views are what a file can run by itself.
fn a_hostile_file_runs_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    granted(&claim(
        &mut open(&path).unwrap(),
        &identity(1),
        &host("node"),
    ));
    let good = fs::read(&path).unwrap();
    for sql in [
        "CREATE TRIGGER t AFTER INSERT ON claims BEGIN DELETE FROM claims; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE INDEX i ON claims (version)",
        "DROP INDEX names_of_claim",
    ] {
        fs::write(&path, &good).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let error = open(&path).err().expect(sql);
        assert!(matches!(error, StoreError::Damaged(_)), "{sql}: {error:?}");
    }
    // Its own tables with a content that is not its own.
    for sql in [
        "UPDATE claims SET record = x'00ff'",
        "UPDATE claims SET record = '{}'",
        "UPDATE claims SET record = replace(record, 'sanid/v1', 'sanid/v2')",
        "UPDATE claims SET record = printf('%.*c', 100000, 'x')",
        "UPDATE claims SET version = -1",
        "UPDATE claims SET version = 'x'",
        "UPDATE claims SET id = 'other'; UPDATE names SET claim = 'other'",
    ] {
        fs::write(&path, &good).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let error = open(&path).unwrap().read(&identity(1)).expect_err(sql);
        assert!(matches!(error, StoreError::Damaged(_)), "{sql}: {error:?}");
    }
    // Cut off anywhere, it is damaged or it is empty, and nothing worse.
    for length in (0..good.len()).step_by(997) {
        fs::write(&path, &good[..length]).unwrap();
        let _ = fs::remove_file(directory.path().join("db-wal"));
        let _ = fs::remove_file(directory.path().join("db-shm"));
        if let Ok(mut store) = open(&path) {
            let _ = store.read(&identity(1));
            let _ = store.list(&mut |_| ());
        }
    }
}

fn links_and_directories_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("target");
    drop(open(&target).unwrap());
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    for path in [link.as_path(), directory.path(), Path::new("/dev/null")] {
        let error = open(path).err().unwrap();
        assert!(
            matches!(error, StoreError::Refused(_)),
            "{}: {error:?}",
            path.display()
        );
    }
    let nowhere = open(&directory.path().join("no/where")).err().unwrap();
    assert!(
        nowhere.to_string().contains("cannot find the directory"),
        "{nowhere}"
    );
}

fn a_lock_is_waited_for_until_the_deadline() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    let mut store = open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    store.wait_until(std::time::Instant::now() + std::time::Duration::from_millis(300));
    let request = crate::support::request(Action::Claim, &identity(1), &host("node"));
    let error = sanid_claims::submit(&mut store, &request, None).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    other.execute_batch("COMMIT").unwrap();
    granted(&claim(&mut store, &identity(1), &host("node")));
}

/// SIGKILL before the first call that writes to the disk, before the second, and so on until none is left: in
/// the making of the file, a claim, a renewal after a reboot, a takeover and a release.
fn a_process_killed_at_each_write_leaves_all_or_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    let process = |task: &str, killed_at: Option<u32>| {
        let mut command = Command::new("strace");
        command.args(["-qq", "-f", "-o", "/dev/null", "-e"]);
        command.arg(format!("trace={WRITES}"));
        if let Some(at) = killed_at {
            command.args(["-e", &format!("inject={WRITES}:signal=KILL:when={at}")]);
        }
        command
            .arg(std::env::current_exe().unwrap())
            .env(crate::WORKER, format!("{}\n{task}", path.display()))
            .stdin(Stdio::null());
        command.output().unwrap()
    };
    let mut kills = 0;
    for (task, holder) in [
        ("claim\nnode\n1", Some("node")),
        ("claim\nnode\n2", Some("node")),
        ("takeover\nnew\n1", Some("new")),
        ("release\nnew\n1", None),
        ("claim\nthird\n1", Some("third")),
    ] {
        for at in 1.. {
            let output = process(task, Some(at));
            if output.status.success() {
                break;
            }
            assert_eq!(
                std::os::unix::process::ExitStatusExt::signal(&output.status),
                Some(9),
                "{task} at {at}: {output:?}"
            );
            kills += 1;
            assert!(at < 200, "it never ends");
            whole(&path, &format!("{task} killed at write {at}"));
        }
        // Once more: whatever the killed ones have left, it is in nobody's way.
        assert!(process(task, None).status.success(), "{task}");
        whole(&path, task);
        let held = listed(&mut open(&path).unwrap());
        let names: Vec<_> = held.iter().map(|seen| &seen.record.holder.name).collect();
        assert_eq!(names, holder.iter().collect::<Vec<_>>(), "{task}");
    }
    assert!(kills > 20, "only {kills} writes were found");
}

/// What a process of the test above does: an action, the name of the host, and its boot.
pub(crate) fn one_action(path: &Path, task: &str) {
    let [action, name, boot] = task.splitn(3, '\n').collect::<Vec<_>>()[..] else {
        panic!("{task}")
    };
    let action = match action {
        "takeover" => Action::TakeOver { fenced: true },
        "release" => Action::Release { fenced: false },
        _ => Action::Claim,
    };
    let holder = booted(&host(name), boot.parse().unwrap());
    let outcome = ask(&mut open(path).unwrap(), action, &identity(1), &holder);
    let is_denied = matches!(outcome, Outcome::Conflict(_) | Outcome::Refused(_));
    assert!(!is_denied, "{outcome:?}");
}

/// Calls by which SQLite changes a file.
const WRITES: &str = "pwrite64,fsync,fdatasync,ftruncate,fallocate,unlink";

/// What is there is what the history comes to.
fn whole(path: &Path, what: &str) {
    let mut store = open(path).unwrap_or_else(|error| panic!("{what}: {error}"));
    let run = Run {
        operations: Vec::new(),
        history: events(&mut store),
        at_the_end: listed(&mut store),
    };
    checker::check(&run).unwrap_or_else(|why| panic!("{what}: {why}"));
    let connection = Connection::open(path).unwrap();
    let one = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
            .unwrap()
    };
    assert_eq!(
        one("PRAGMA integrity_check"),
        "ok".to_owned().into(),
        "{what}"
    );
    let names = 3 * run.at_the_end.len();
    assert_eq!(
        one("SELECT count(*) FROM names"),
        i64::try_from(names).unwrap().into(),
        "{what}"
    );
}

/// Processes that claim one identity after the other are killed at any moment: whatever one of them has said
/// that it holds is there, whole, and nothing is half there.
fn killed_processes_lose_no_claim() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    drop(open(&path).unwrap());
    let program = std::env::current_exe().unwrap();
    let (mut said, mut there) = (0, 0);
    for round in 0..12_usize {
        let mut children: Vec<_> = (0..3)
            .map(|worker| {
                let words = format!("{}\n{round}\n{worker}", path.display());
                Command::new(&program)
                    .env(crate::WORKER, words)
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let mut meanwhile = open(&path).unwrap();
        eventually("they claim", || {
            (listed(&mut meanwhile).len() >= there + round).then_some(())
        });
        drop(meanwhile);
        // What they are at then is anything.
        let moment = u64::try_from(37 * round % 40).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(moment));
        let mut held = Vec::new();
        for child in &mut children {
            child.kill().unwrap();
        }
        for child in children {
            let output = child.wait_with_output().unwrap().stdout;
            let text = String::from_utf8(output).unwrap();
            // The last line may have been cut off.
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            held.extend(whole.lines().map(|line| line.parse::<u32>().unwrap()));
        }
        said += held.len();
        let mut store = open(&path).unwrap();
        let claims = listed(&mut store);
        there = claims.len();
        for number in held {
            let identity = identity(number);
            let is_this = |seen: &&Seen| seen.record.identity == identity;
            let found = claims.iter().filter(is_this).count();
            assert_eq!(found, 1, "identity {number}");
        }
        let connection = Connection::open(&path).unwrap();
        let count = |sql: &str| {
            connection
                .query_row(sql, [], |row| row.get::<_, u32>(0))
                .unwrap()
        };
        assert_eq!(
            count("SELECT count(*) FROM names") as usize,
            3 * claims.len()
        );
        assert_eq!(events(&mut store).len(), claims.len());
        let check: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
    }
    // Each of three may have been killed between a claim and its word.
    assert!(said >= (4..12).map(|round| round - 3).sum(), "{said}");
}

/// What a process of the test above does.
pub(crate) fn worker(words: &str) {
    let mut words = words.lines();
    let mut word = || words.next().unwrap().to_owned();
    let (path, round, worker): (String, u32, u32) =
        (word(), word().parse().unwrap(), word().parse().unwrap());
    let mut store = open(Path::new(&path)).unwrap();
    for number in 0.. {
        let number = number * 3 + worker + round * 1_000_000;
        granted(&claim(&mut store, &identity(number), &host("node")));
        println!("{number}");
    }
}

/// In a mount namespace of its own, on a disk with no room.
fn a_full_disk_says_so() {
    let said = in_small_disk("full", "");
    assert!(said.contains("the disk is full"), "{said}");
    assert!(
        said.contains("whole"),
        "what was claimed before is there: {said}"
    );
}

fn a_read_only_file_says_so() {
    let said = in_small_disk("read-only", "");
    assert!(said.contains("read-only"), "{said}");
}

fn in_small_disk(what: &str, more: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args([
            "--mount",
            "sh",
            "-c",
            "mount -t tmpfs -o size=512k none \"$1\" && exec \"$2\"",
            "sh",
        ])
        .arg(directory.path())
        .arg(std::env::current_exe().unwrap())
        .env(
            crate::WORKER,
            format!("{}\n{what}{more}", directory.path().join("db").display()),
        )
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What a process of the two tests above does.
pub(crate) fn small_disk(path: &Path, what: &str) {
    let mut store = open(path).unwrap();
    granted(&claim(&mut store, &identity(0), &host("node")));
    if what == "read-only" {
        drop(store);
        let status = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(path.parent().unwrap())
            .status();
        assert!(status.unwrap().success());
        let error = open(path).and_then(|mut store| {
            let request = crate::support::request(Action::Claim, &identity(1), &host("node"));
            sanid_claims::submit(&mut store, &request, None)
        });
        println!("{}", error.err().unwrap());
        return;
    }
    for number in 1.. {
        let request = crate::support::request(Action::Claim, &identity(number), &host("node"));
        if let Err(error) = sanid_claims::submit(&mut store, &request, None) {
            println!("{error}");
            let held = listed(&mut store).len();
            if held == number as usize {
                println!("whole");
            }
            return;
        }
    }
}
