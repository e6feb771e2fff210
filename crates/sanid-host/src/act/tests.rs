use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::config::OnExisting;
use crate::observe::observe;
use crate::plan::{Consent, plan};
use crate::record::RecordState;
use crate::resolve::resolve;
use crate::testing::{ID, IQN, MACHINE_ID, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN};

struct Host {
    dir: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let host = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        host.put("etc/machine-id", &format!("{MACHINE_ID}\n"));
        host
    }

    fn with_another_identity() -> Self {
        let host = Self::new();
        host.put(
            "etc/iscsi/initiatorname.iscsi",
            &format!("InitiatorName={OTHER_IQN}\n"),
        );
        host.put("etc/nvme/hostnqn", &format!("{OTHER_NQN}\n"));
        host.put("etc/nvme/hostid", &format!("{OTHER_ID}\n"));
        host
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.dir.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn get(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn apply(&self, existing: OnExisting) -> Result<Receipt, ActError> {
        let root = Root::open(self.dir.path()).unwrap();
        let lock = lock(&root)?;
        let facts = observe(&root, &crate::Look::default()).unwrap();
        let resolution = resolve(&facts);
        let plan = plan(
            &facts,
            &resolution,
            Consent {
                existing,
                disrupt: false,
                boot: false,
                via: None,
            },
        )
        .unwrap();
        assert!(plan.refusals.is_empty());
        act(&root, &lock, &facts, &plan)
    }

    fn names(&self) -> [String; 3] {
        [
            self.get("etc/iscsi/initiatorname.iscsi"),
            self.get("etc/nvme/hostnqn"),
            self.get("etc/nvme/hostid"),
        ]
    }

    fn leftovers(&self) -> Vec<String> {
        ["etc/iscsi", "etc/nvme", "var/lib/sanid"]
            .iter()
            .filter_map(|dir| fs::read_dir(self.path(dir)).ok())
            .flat_map(|dir| dir.map(|entry| entry.unwrap().file_name().into_string().unwrap()))
            .filter(|name| name.contains("tmp"))
            .collect()
    }
}

fn desired() -> [String; 3] {
    [
        format!("InitiatorName={IQN}\n"),
        format!("{NQN}\n"),
        format!("{ID}\n"),
    ]
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_bytes_and_modes_are_those_that_every_reader_takes() {
    let host = Host::new();
    host.apply(OnExisting::Refuse).unwrap();
    assert_eq!(host.names(), desired());
    assert_eq!(mode(&host.path("etc/iscsi/initiatorname.iscsi")), 0o600);
    assert_eq!(mode(&host.path("etc/nvme/hostnqn")), 0o644);
    assert_eq!(mode(&host.path("etc/nvme/hostid")), 0o644);
    assert_eq!(mode(&host.path("etc/nvme")), 0o755);
    assert_eq!(mode(&host.path("var/lib/sanid")), 0o700);
    assert_eq!(mode(&host.path("var/lib/sanid/record.json")), 0o600);
    assert!(host.leftovers().is_empty());
}

#[test]
fn the_modes_do_not_depend_on_the_umask_of_the_caller() {
    let old = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let host = Host::new();
    let done = host.apply(OnExisting::Refuse);
    rustix::process::umask(old);
    done.unwrap();
    assert_eq!(mode(&host.path("etc/nvme/hostnqn")), 0o644);
    assert_eq!(mode(&host.path("etc/nvme")), 0o755);
}

#[test]
fn a_replaced_identity_leaves_no_trace_of_the_change() {
    let host = Host::with_another_identity();
    host.apply(OnExisting::Replace).unwrap();
    assert_eq!(host.names(), desired());
    assert!(host.leftovers().is_empty());
    let record = Record::parse(host.get("var/lib/sanid/record.json").as_bytes()).unwrap();
    assert_eq!(record.pending, None);
    assert_eq!(
        record.parts[Part::Iqn].as_ref().unwrap().names.iqn(),
        Some(IQN)
    );
}

#[test]
fn unchanged_content_is_not_touched() {
    let host = Host::new();
    host.apply(OnExisting::Refuse).unwrap();
    let stat = |path: &str| {
        let stat = fs::metadata(host.path(path)).unwrap();
        (stat.ino(), stat.ctime(), stat.ctime_nsec())
    };
    let files = [
        "etc/iscsi/initiatorname.iscsi",
        "etc/nvme/hostnqn",
        "etc/nvme/hostid",
        "etc/nvme",
        "var/lib/sanid/record.json",
    ];
    let before = files.map(stat);
    let receipt = host.apply(OnExisting::Replace).unwrap();
    assert_eq!(receipt, Receipt::default());
    assert_eq!(files.map(stat), before);
}

#[test]
fn a_link_in_place_of_a_file_is_replaced_and_not_followed() {
    let host = Host::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("victim"), "precious").unwrap();
    fs::create_dir_all(host.path("etc/nvme")).unwrap();
    symlink(outside.path().join("victim"), host.path("etc/nvme/hostnqn")).unwrap();
    symlink(
        outside.path().join("victim"),
        host.path("etc/nvme/.hostid.sanid-tmp"),
    )
    .unwrap();
    host.apply(OnExisting::Refuse).unwrap();
    assert_eq!(
        fs::read_to_string(outside.path().join("victim")).unwrap(),
        "precious"
    );
    assert!(
        !fs::symlink_metadata(host.path("etc/nvme/hostnqn"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(host.names(), desired());
}

#[test]
fn a_linked_directory_that_leads_out_of_the_root_is_looked_up_inside_it() {
    let host = Host::new();
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), host.path("etc/nvme")).unwrap();
    let error = host.apply(OnExisting::Refuse).unwrap_err();
    assert!(error.to_string().contains("etc/nvme"), "{error}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(
        !host.path("etc/iscsi/initiatorname.iscsi").exists(),
        "nothing was changed"
    );
}

#[test]
fn a_directory_in_the_way_of_a_temporary_file_leaves_the_old_state_whole() {
    let host = Host::with_another_identity();
    let before = host.names();
    fs::create_dir(host.path("etc/nvme/.hostid.sanid-tmp")).unwrap();
    let error = host.apply(OnExisting::Replace).unwrap_err();
    assert!(error.to_string().contains("etc/nvme/hostid"), "{error}");
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(host.names(), before);
    assert!(
        !host.path("var/lib/sanid/record.json").exists(),
        "the note of what did not happen is gone"
    );
}

#[test]
fn removes_temporary_files_of_a_crash() {
    let host = Host::with_another_identity();
    host.put("etc/nvme/.hostnqn.sanid-tmp", "half");
    host.put("etc/iscsi/.initiatorname.iscsi.sanid-tmp", "half");
    host.put("var/lib/sanid/.record.json.sanid-tmp", "half");
    host.apply(OnExisting::Replace).unwrap();
    assert!(host.leftovers().is_empty());
    assert_eq!(host.names(), desired());
}

#[test]
fn a_pair_is_not_replaced_where_no_note_can_be_left() {
    let host = Host::with_another_identity();
    let before = host.names();
    host.put("var/lib/sanid/record.json/in-the-way", "");
    let error = host.apply(OnExisting::Replace).unwrap_err();
    assert!(error.to_string().contains("record.json"), "{error}");
    assert_eq!(host.names(), before);
}

#[test]
fn a_new_pair_is_written_also_where_no_record_can_be_kept() {
    let host = Host::new();
    host.put("var/lib/sanid/record.json/in-the-way", "");
    let receipt = host.apply(OnExisting::Refuse).unwrap();
    assert!(receipt.no_record.is_some());
    assert_eq!(host.names(), desired());
}

#[test]
fn the_note_is_gone_after_the_change_even_if_the_record_says_the_same() {
    let host = Host::new();
    host.apply(OnExisting::Refuse).unwrap();
    fs::remove_file(host.path("etc/nvme/hostid")).unwrap();
    host.apply(OnExisting::Refuse).unwrap();
    let record = Record::parse(host.get("var/lib/sanid/record.json").as_bytes()).unwrap();
    assert_eq!(record.pending, None);
}

#[test]
fn a_file_that_reads_back_wrong_is_undone() {
    // An undo without an exchange, as on file systems that have none: the old bytes are written again.
    let host = Host::with_another_identity();
    let before = host.names();
    let root = Root::open(host.dir.path()).unwrap();
    let facts = observe(&root, &crate::Look::default()).unwrap();
    let resolution = resolve(&facts);
    let consent = Consent {
        existing: OnExisting::Replace,
        disrupt: false,
        boot: false,
        via: None,
    };
    let mut plan = plan(&facts, &resolution, consent).unwrap();
    // A value with a line end in it is read back as its first line.
    plan.writes[2].value.push_str("\nx");
    let lock = lock(&root).unwrap();
    let error = act(&root, &lock, &facts, &plan).unwrap_err();
    assert!(matches!(error, ActError::ReadBack { .. }), "{error}");
    assert_eq!(host.names(), before);
    assert!(host.leftovers().is_empty());
}

#[test]
fn the_lock_keeps_the_second_one_out_until_the_first_is_done() {
    let host = Host::new();
    let root = Root::open(host.dir.path()).unwrap();
    let first = lock(&root).unwrap();
    let path = host.dir.path().to_owned();
    let done = Arc::new(AtomicBool::new(false));
    let is_done = Arc::clone(&done);
    let (begins, begun) = std::sync::mpsc::channel();
    let second = std::thread::spawn(move || {
        let root = Root::open(&path).unwrap();
        begins.send(()).unwrap();
        let second = lock(&root).unwrap();
        assert!(is_done.load(Ordering::SeqCst), "it got the lock before");
        drop(second);
    });
    begun.recv().unwrap();
    // Time to come in too early, had it a way: a right lock passes without it.
    std::thread::sleep(std::time::Duration::from_millis(100));
    done.store(true, Ordering::SeqCst);
    drop(first);
    second.join().unwrap();
}

#[test]
fn nothing_is_published_where_run_is_not_volatile() {
    // Where /tmp is in memory, every directory in it is volatile; /var/tmp is not (hier(7)).
    let host = Host {
        dir: tempfile::tempdir_in("/var/tmp").unwrap(),
    };
    host.put("etc/machine-id", &format!("{MACHINE_ID}\n"));
    let root = Root::open(host.dir.path()).unwrap();
    fs::create_dir(host.path("run")).unwrap();
    let facts = observe(&root, &crate::Look::default()).unwrap();
    assert!(!facts.root.volatile_run, "an image would keep it");
}

#[test]
fn a_spoilt_record_proves_nothing_and_is_replaced() {
    let host = Host::new();
    host.put(
        "var/lib/sanid/record.json",
        "{\"apiVersion\":\"sanid/v9\",\"kind\":\"Record\"}",
    );
    let facts = observe(
        &Root::open(host.dir.path()).unwrap(),
        &crate::Look::default(),
    )
    .unwrap();
    assert!(matches!(facts.record, RecordState::Invalid(_)));
    host.apply(OnExisting::Refuse).unwrap();
    assert!(Record::parse(host.get("var/lib/sanid/record.json").as_bytes()).is_ok());
}
