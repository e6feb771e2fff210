use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{CWD, Mode};

use super::*;

/// A file can be replaced between the check and the open. Nothing writes to the other end of
/// this fifo, so a read that waits never ends.
#[test]
fn reports_a_file_that_became_a_fifo_and_does_not_wait_for_it() {
    let image = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(image.path().join("etc/nvme")).unwrap();
    let fifo = image.path().join("etc/nvme/hostid");
    rustix::fs::mknodat(CWD, fifo, FileType::Fifo, Mode::RUSR, 0).unwrap();
    let top = image.path().to_path_buf();
    let (done, finished) = mpsc::channel();
    std::thread::spawn(move || {
        let root = Root::open(&top).unwrap();
        let mut step = |_: &str| {};
        let mut walk = Walk::new(&root, &mut step);
        walk.read("etc/nvme/hostid");
        done.send(walk.layer.done(None).findings).unwrap();
    });
    let findings = finished.recv_timeout(Duration::from_secs(600));
    let findings = findings.expect("it waits for the other end of the fifo");
    let seen: Vec<_> = findings
        .iter()
        .map(|one| (one.rule.code, one.seen.as_str()))
        .collect();
    assert_eq!(
        seen,
        [("not-a-file", "it is something else than a moment before")]
    );
}

#[test]
fn an_image_with_many_names_is_decoded_once() {
    let image = tempfile::tempdir().unwrap();
    let boot = image.path().join("boot");
    std::fs::create_dir_all(&boot).unwrap();
    let id = b"a3b1c2d4-0000-4000-8000-0123456789ab\n";
    let archive = crate::cpio::archive(&[("etc/nvme/hostid", id)]);
    std::fs::write(boot.join("initrd.img-0"), archive).unwrap();
    for number in 1..9 {
        let name = boot.join(format!("initrd.img-{number}"));
        std::fs::hard_link(boot.join("initrd.img-0"), name).unwrap();
    }
    let mut read = Vec::new();
    let root = Root::open(image.path()).unwrap();
    let linted = directory(&root, &mut |path| read.push(path.to_owned()));
    assert_eq!(read, ["boot/initrd.img-0"]);
    assert_eq!(linted.findings.len(), 9);
}

#[test]
fn names_are_counted_over_all_directories() {
    let image = tempfile::tempdir().unwrap();
    for number in 0..10 {
        let entry = image.path().join(format!("boot/{number}/a"));
        std::fs::create_dir_all(entry).unwrap();
    }
    let root = Root::open(image.path()).unwrap();
    let mut step = |_: &str| {};
    let mut walk = Walk::new(&root, &mut step);
    walk.layer.budget = crate::budget::Budget::new(1000, 15);
    walk.expand("", &["boot", "*", "*", "initrd*"]);
    let linted = walk.layer.done(None);
    assert!(linted.damage.is_some());
    assert!(
        linted
            .findings
            .iter()
            .any(|one| one.rule.code == "too-much")
    );
}
