use std::fs;

use super::*;

#[test]
fn fails_where_the_record_that_was_written_reads_back_differently() {
    let dir = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
    put("sys/class/dmi/id/board_serial", "S1\n");
    let change = Recording { all: true };
    let root = Root::open(dir.path()).unwrap();
    let transaction = Transaction::new(&root, Mode::Write);
    let proposal = transaction.propose(&change).unwrap();
    let done = transaction.carry_out(&change, proposal).unwrap();
    assert!(done.receipt.is_some());
    assert!(change.verify(&root, &done.decision).is_ok());

    fs::remove_file(dir.path().join("var/lib/sanid/hardware.json")).unwrap();
    let failure = change.verify(&root, &done.decision).unwrap_err();
    assert!(failure.message.contains("reads back"), "{failure:?}");
}
