use std::fs;

use clap::Parser as _;

use super::*;
use crate::args::{Arguments, Command};

#[test]
fn fails_where_a_second_file_overrides_the_pin_that_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
    put(
        "etc/iscsi/initiatorname.iscsi",
        "InitiatorName=iqn.1993-08.org.debian:01:5ca1ab1e0042\n",
    );
    let arguments = Arguments::try_parse_from(["sanid", "adopt"]).unwrap();
    let Command::Adopt(options) = arguments.command else {
        panic!("not adopt");
    };
    let change = Adopting {
        options: &options,
        record: None,
    };
    let root = Root::open(dir.path()).unwrap();
    let transaction = Transaction::new(&root, Mode::Write);
    let proposal = transaction.propose(&change).unwrap();
    let done = transaction.carry_out(&change, proposal).unwrap();
    assert!(done.receipt.is_some());
    assert!(change.verify(&root, &done.decision).is_ok());

    put(
        "etc/sanid/config.d/90-later.toml",
        "[pin]\niqn = \"iqn.2024-01.com.example:later\"\n",
    );
    let failure = change.verify(&root, &done.decision).unwrap_err();
    assert!(failure.message.contains("overrides it"), "{failure:?}");
}
