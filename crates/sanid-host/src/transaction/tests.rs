use std::cell::RefCell;
use std::fs;

use super::*;
use crate::hardware::HardwareRecord;
use crate::observe::Look;
use crate::root::ReadError;
use crate::testing::MACHINE_ID;

/// A change that notes the order in which it is asked.
#[derive(Default)]
struct Noting {
    asked: RefCell<Vec<&'static str>>,
    /// The text of the fragment to write, at each decision.
    fragments: RefCell<Vec<Option<&'static str>>>,
    published: Option<&'static [u8]>,
    /// A source that could not be read.
    unseen: bool,
    /// Why the comparison at the end fails.
    differs: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Why(String);

impl From<ConfigError> for Why {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl From<ActError> for Why {
    fn from(error: ActError) -> Self {
        Self(error.to_string())
    }
}

impl Noting {
    fn writes(fragments: &[Option<&'static str>]) -> Self {
        Self {
            fragments: RefCell::new(fragments.to_vec()),
            ..Self::default()
        }
    }

    fn asked(&self) -> String {
        self.asked.borrow().join(" ")
    }
}

impl Change for Noting {
    type Seen = Facts;
    type Decision = Vec<&'static str>;
    type Error = Why;

    fn observe(&self, root: &Root, moment: Moment) -> Result<Facts, Why> {
        self.asked.borrow_mut().push(match moment {
            Moment::Before => "observe",
            Moment::Locked => "observe-locked",
        });
        let mut facts = crate::observe(root, &Look::default())?;
        if self.unseen {
            facts.credentials.unseen = Some(ReadError::Io {
                path: "/run/credentials/@system".into(),
                errno: rustix::io::Errno::ACCESS,
            });
        }
        Ok(facts)
    }

    fn facts(seen: &Facts) -> &Facts {
        seen
    }

    fn decide(&self, _: Facts) -> Result<Vec<&'static str>, Why> {
        self.asked.borrow_mut().push("decide");
        Ok(self.fragments.borrow_mut().remove(0).into_iter().collect())
    }

    fn steps<'d>(&'d self, decision: &'d Vec<&'static str>) -> Vec<Step<'d>> {
        decision
            .iter()
            .map(|text| Step::Fragment("50-test.toml", text))
            .collect()
    }

    fn publishes(&self, _: &Vec<&'static str>) -> Option<Vec<u8>> {
        self.published.map(<[u8]>::to_vec)
    }

    fn verify(&self, _: &Root, _: &Vec<&'static str>) -> Result<(), Why> {
        self.asked.borrow_mut().push("verify");
        if self.differs {
            Err(Why("differs".into()))
        } else {
            Ok(())
        }
    }
}

struct Host {
    dir: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("etc")).unwrap();
        fs::write(dir.path().join("etc/machine-id"), format!("{MACHINE_ID}\n")).unwrap();
        Self { dir }
    }

    /// Proposes a change and carries it out.
    fn run<C: Change>(&self, mode: Mode, change: &C) -> Result<Done<C::Decision>, C::Error> {
        let root = Root::open(self.dir.path()).unwrap();
        let transaction = Transaction::new(&root, mode);
        let proposal = transaction.propose(change)?;
        transaction.carry_out(change, proposal)
    }

    fn fragment(&self) -> Option<String> {
        fs::read_to_string(self.dir.path().join("etc/sanid/config.d/50-test.toml")).ok()
    }

    /// Everything below the root, beside the machine-id.
    fn has_nothing_new(&self) -> bool {
        fs::read_dir(self.dir.path()).unwrap().count() == 1
            && fs::read_dir(self.dir.path().join("etc")).unwrap().count() == 1
    }
}

#[test]
fn observes_and_decides_again_under_the_lock_then_acts_and_verifies() {
    let host = Host::new();
    let change = Noting::writes(&[Some("# first\n"), Some("# second\n")]);
    let done = host.run(Mode::Write, &change).unwrap();
    assert_eq!(
        change.asked(),
        "observe decide observe-locked decide verify"
    );
    assert_eq!(done.decision, ["# second\n"]);
    assert!(done.receipt.is_some());
    assert_eq!(host.fragment().as_deref(), Some("# second\n"));
}

#[test]
fn writes_nothing_in_a_dry_run_and_takes_no_lock() {
    let host = Host::new();
    let change = Noting::writes(&[Some("# first\n")]);
    let done = host.run(Mode::DryRun, &change).unwrap();
    assert_eq!(change.asked(), "observe decide");
    assert!(done.receipt.is_none());
    assert!(host.has_nothing_new());
}

#[test]
fn takes_no_lock_where_there_is_nothing_to_do() {
    let host = Host::new();
    let change = Noting::writes(&[None]);
    let done = host.run(Mode::Write, &change).unwrap();
    assert_eq!(change.asked(), "observe decide");
    assert!(done.receipt.is_none());
    assert!(host.has_nothing_new());
}

#[test]
fn does_nothing_where_a_second_sanid_was_faster() {
    let host = Host::new();
    let change = Noting::writes(&[Some("# first\n"), None]);
    let done = host.run(Mode::Write, &change).unwrap();
    assert_eq!(change.asked(), "observe decide observe-locked decide");
    assert!(done.receipt.is_none());
    assert_eq!(host.fragment(), None);
}

#[test]
fn refuses_to_write_while_a_source_of_names_cannot_be_read() {
    let host = Host::new();
    let change = Noting {
        unseen: true,
        ..Noting::writes(&[Some("# first\n"), Some("# first\n")])
    };
    let why = host.run(Mode::Write, &change).unwrap_err();
    assert!(why.0.contains("nothing was changed"), "{why:?}");
    assert!(host.has_nothing_new());

    // A dry run shows what would be done, and the command adds the notice.
    assert!(host.run(Mode::DryRun, &change).is_ok());
}

#[test]
fn fails_where_the_host_is_not_as_decided_afterwards() {
    let host = Host::new();
    let change = Noting {
        differs: true,
        ..Noting::writes(&[Some("# first\n"), Some("# first\n")])
    };
    assert_eq!(
        host.run(Mode::Write, &change).unwrap_err(),
        Why("differs".into())
    );
}

#[test]
fn publishes_even_where_no_step_is_left() {
    let host = Host::new();
    let change = Noting {
        published: Some(b"{}\n"),
        ..Noting::writes(&[None, None])
    };
    assert!(host.run(Mode::Write, &change).unwrap().receipt.is_some());
    let published = host.dir.path().join(crate::PUBLISHED);
    assert_eq!(fs::read_to_string(published).unwrap(), "{}\n");
}

#[test]
fn a_failure_to_publish_is_the_result_only_where_nothing_was_written() {
    for (fragment, is_done) in [(Some("# first\n"), true), (None, false)] {
        let host = Host::new();
        // A directory in the place of the file.
        fs::create_dir_all(host.dir.path().join(crate::PUBLISHED)).unwrap();
        let change = Noting {
            published: Some(b"{}\n"),
            ..Noting::writes(&[fragment, fragment])
        };
        let done = host.run(Mode::Write, &change);
        assert_eq!(done.is_ok(), is_done, "{:?}", done.err());
        if let Ok(done) = done {
            assert!(done.receipt.unwrap().not_published.is_some());
        }
    }
}

/// Records hardware that no real host has.
struct Hardware(HardwareRecord);

impl Change for Hardware {
    type Seen = Facts;
    type Decision = ();
    type Error = Why;

    fn observe(&self, root: &Root, _: Moment) -> Result<Facts, Why> {
        Ok(crate::observe(root, &Look::default())?)
    }

    fn facts(seen: &Facts) -> &Facts {
        seen
    }

    fn decide(&self, _: Facts) -> Result<(), Why> {
        Ok(())
    }

    fn steps<'d>(&'d self, (): &'d ()) -> Vec<Step<'d>> {
        vec![Step::Hardware(&self.0)]
    }
}

#[test]
fn carries_out_steps_of_every_kind_of_document() {
    let host = Host::new();
    let root = Root::open(host.dir.path()).unwrap();
    let facts = crate::observe(&root, &Look::default()).unwrap();
    let evidence = crate::hardware::Evidence {
        board_serial: Some("S1".into()),
        ..Default::default()
    };
    let record = HardwareRecord::new(&facts, evidence).unwrap();
    host.run(Mode::Write, &Hardware(record.clone())).unwrap();
    let stored = fs::read(host.dir.path().join("var/lib/sanid/hardware.json")).unwrap();
    assert_eq!(stored, record.bytes());
}
