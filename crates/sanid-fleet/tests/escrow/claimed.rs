//! A record of a host whose identity is claimed.

use std::process::Output;

use tempfile::TempDir;

use super::{Host, NEW, OLD, expect, fleet};

/// `sanid` with `sanid-fleet` beside it, as packages install them, a store of claims, and the old host with a
/// claim in it.
pub(crate) struct Site {
    pub(crate) programs: TempDir,
    pub(crate) old: Host,
    pub(crate) new: Host,
    pub(crate) store: String,
}

/// Every path of a configuration is below the root of its host.
pub(crate) const STORE: &str = "store = \"sqlite:/srv/claims/claims.db\"\n";

impl Site {
    pub(crate) fn new(lease: &str) -> Self {
        // Links do not go from one file system to another.
        let programs = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let at = |name: &str| programs.path().join(name);
        std::fs::hard_link(std::env::current_exe().unwrap(), at("sanid")).unwrap();
        std::fs::hard_link(env!("CARGO_BIN_EXE_sanid-fleet"), at("sanid-fleet")).unwrap();
        let mut site = Self {
            store: String::new(),
            old: Host::new(OLD),
            new: Host::new(NEW),
            programs,
        };
        site.new.write("srv/claims/readme", "");
        site.store = format!("sqlite:{}", site.new.at("srv/claims/claims.db").display());
        expect(&site.old.sanid(&["apply"]), 0);
        let root = site.old.0.path().to_str().unwrap();
        let claim = ["--root", root, "--name", "db-1", "--lease", lease];
        assert!(expect(&site.claim(&claim), 0).contains("db-1 holds its identity"));
        let record = expect(&site.old.escrow(&[]), 0);
        site.new.write("record.json", &record);
        site.new.write("etc/sanid/claim.toml", STORE);
        site
    }

    pub(crate) fn record(&self) -> String {
        self.new.at("record.json").to_str().unwrap().to_owned()
    }

    pub(crate) fn claim(&self, words: &[&str]) -> Output {
        let config = self.new.at("no.toml");
        std::fs::write(&config, "").unwrap();
        let config = config.to_str().unwrap();
        let store = [
            "claim",
            "--config",
            config,
            "--wait",
            "300s",
            "--store",
            &self.store,
        ];
        fleet(&[&store[..], words].concat())
    }

    pub(crate) fn check(&self) -> Output {
        let root = self.new.0.path().to_str().unwrap();
        fleet(&["escrow", "check", &self.record(), "--root", root])
    }

    pub(crate) fn adopt(&self, words: &[&str]) -> Output {
        let record = self.record();
        let from = ["adopt", "--from", &record];
        let sanid = self.programs.path().join("sanid");
        self.new.run(&sanid, &[&from[..], words].concat())
    }

    pub(crate) fn pinned(&self) -> bool {
        self.new.at("etc/sanid/config.d/50-adopted.toml").exists()
    }
}

pub(crate) fn claimed() {
    let site = Site::new("1h");
    let held = "db-1 has Host ID, host NQN, initiator name since";
    let said = expect(&site.check(), 1);
    assert!(
        said.contains(held) && said.contains("its lease ends in") && said.contains("--fenced"),
        "{said}"
    );
    // Nobody has said that it is gone, and a probe that hears nothing is not enough.
    assert!(expect(&site.adopt(&[]), 3).contains(&format!("In the claim store {held}")));
    let silent = ["--probe", "exit 1"];
    let said = expect(&site.adopt(&silent), 3);
    assert!(
        said.contains(&format!("its identity is claimed: {held}"))
            && said.contains("--old-host-is-gone"),
        "{said}"
    );
    assert!(!site.pinned());
    // Somebody who says so is warned.
    let gone = expect(&site.adopt(&["--old-host-is-gone", "--dry-run"]), 0);
    assert!(
        gone.contains(&format!("notice: in the claim store {held}")),
        "{gone}"
    );
    // A store that gives no answer is not one without claims.
    let config = site.new.at("etc/sanid/claim.toml");
    let named = std::fs::read_to_string(&config).unwrap();
    for (bad, word) in [
        ("store = 'sqlite:/nonexistent/claims.db'\n", "/nonexistent"),
        ("store = 7\n", "claim.toml"),
        ("", "no store is named"),
    ] {
        std::fs::write(&config, bad).unwrap();
        let said = expect(&site.adopt(&silent), 2);
        assert!(
            said.contains("cannot find out whether") && said.contains(word),
            "{bad}: {said}"
        );
        let said = expect(&site.adopt(&["--old-host-is-gone", "--dry-run"]), 0);
        assert!(
            said.contains("notice: cannot find out whether db-1 still holds"),
            "{said}"
        );
    }
    std::fs::write(&config, named).unwrap();
    assert!(!site.pinned());
    // The record itself gives the claim back, by the command that is said.
    let record = site.record();
    let released = site.claim(&["release", "--fenced", "--for", &record]);
    assert!(expect(&released, 0).contains("ended: the claim of db-1"));
    assert!(expect(&site.check(), 0).contains("nobody holds a claim on the identity of db-1"));
    assert!(!expect(&site.adopt(&silent), 0).contains("claim"));
    assert!(site.pinned());
}

pub(crate) fn no_longer_claimed() {
    let site = Site::new("1s");
    let begin = std::time::Instant::now();
    let said = loop {
        let check = site.check();
        if check.status.code() == Some(0) {
            break expect(&check, 0);
        }
        let waited = begin.elapsed().as_secs();
        assert!(waited < 300, "the lease of 1 s never ends: {check:?}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    assert!(
        said.contains("db-1 has") && said.contains("its lease has expired"),
        "{said}"
    );
    let silent = ["--probe", "exit 1"];
    expect(&site.adopt(&silent), 0);
    expect(&site.new.sanid(&["apply"]), 0);
    let root = site.new.0.path().to_str().unwrap();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    site.new.write("proc/sys/kernel/random/boot_id", &boot);
    let claim = ["--root", root, "--name", "db-2", "--lease", "1h"];
    let said = expect(&site.claim(&claim), 0);
    assert!(said.contains("db-2 has taken its identity over"), "{said}");
    // Its own claim is in nobody's way.
    assert!(expect(&site.check(), 0).contains("this host has Host ID"));
    assert!(expect(&site.adopt(&silent), 0).contains("unchanged"));
}
