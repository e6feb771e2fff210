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
