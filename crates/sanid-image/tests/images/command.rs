//! `sanid-image initramfs` on images made here.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Trial;
use sanid_image::cpio;
use serde_json::Value;
use tempfile::TempDir;

use testkit::trial::{Need, trial};

pub(crate) const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
const OTHER_ID: &str = "00112233445566778899aabbccddeeff";
pub(crate) const IQN: &str = "InitiatorName=iqn.1993-08.org.debian:01:5ca1ab1e0042\n";
const OLD_IQN: &str = "InitiatorName=iqn.1993-08.org.debian:01:5ad1c7d3f9e2\n";
pub(crate) const NQN: &str =
    "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab\n";
pub(crate) const ID: &str = "a3b1c2d4-0000-4000-8000-0123456789ab\n";

pub(crate) fn trials() -> Vec<Trial> {
    let test = |name, test: fn()| trial(name, &[], test);
    vec![
        test("the_exit_code_says_whether_an_image_differs", exit_codes),
        test(
            "an_image_that_cannot_be_read_is_an_error_and_others_are_shown",
            errors,
        ),
        test("every_document_fits_the_committed_schema", schema),
        test("a_machine_id_is_never_shown", secrecy),
        test("links_in_boot_stay_below_the_root", links),
        trial(
            "does_not_open_a_file_that_is_not_regular",
            &[Need::Program("mkfifo", "coreutils")],
            fifo,
        ),
    ]
}

/// A host with an identity.
pub(crate) fn host() -> TempDir {
    let host = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("etc/machine-id", format!("{MACHINE_ID}\n").as_str()),
        ("etc/iscsi/initiatorname.iscsi", IQN),
        ("etc/nvme/hostnqn", NQN),
        ("etc/nvme/hostid", ID),
        ("boot/vmlinuz-1", "a kernel"),
        ("boot/initrd.img-1.bak", "no image"),
    ] {
        put(&host, path, text.as_bytes());
    }
    host
}

pub(crate) fn put(host: &TempDir, path: &str, bytes: &[u8]) {
    let path = host.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(crate) fn run(host: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-image"));
    command.arg("initramfs").args(words);
    command.arg("--root").arg(host).output().unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Files of an image.
type Files<'a> = &'a [(&'a str, &'a [u8])];

fn exit_codes() {
    let table: [(&str, Files<'_>, i32, &str); 9] = [
        ("nothing", &[("init", b"#!/bin/sh\n")], 0, "no identity"),
        (
            "the host's own",
            &[("etc/iscsi/initiatorname.iscsi", IQN.as_bytes())],
            0,
            "as on disk",
        ),
        (
            "its machine-id",
            &[("etc/machine-id", MACHINE_ID.as_bytes())],
            0,
            "as on disk",
        ),
        ("an empty file", &[("etc/nvme/hostid", b"")], 0, "empty"),
        (
            "the name of before",
            &[("etc/initiatorname.iscsi", OLD_IQN.as_bytes())],
            1,
            "5ad1c7d3f9e2  DIFFERS; on disk: iqn.1993-08.org.debian:01:5ca1ab1e0042",
        ),
        (
            "another machine-id",
            &[("etc/machine-id", OTHER_ID.as_bytes())],
            1,
            "DIFFERS",
        ),
        (
            "a shell's",
            &[("etc/initiatorname.iscsi", b"InitiatorName=$(x)\n")],
            1,
            "UNUSABLE",
        ),
        ("a way out", &[("../x", b"")], 1, "a name with .."),
        (
            "both",
            &[
                ("etc/nvme/hostid", ID.as_bytes()),
                ("usr/etc/nvme/hostid", b"no\n"),
            ],
            1,
            "update-initramfs -u -k 1",
        ),
    ];
    for (case, files, code, expected) in table {
        let host = host();
        put(&host, "boot/initrd.img-1", &cpio::archive(files));
        let output = run(host.path(), &[]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(code), "{case}: {text}");
        assert!(text.contains(expected), "{case}: {text}");
    }
    let host = host();
    fs::remove_file(host.path().join("etc/iscsi/initiatorname.iscsi")).unwrap();
    let image = cpio::archive(&[("etc/iscsi/initiatorname.iscsi", IQN.as_bytes())]);
    put(&host, "boot/initramfs-6.12.img", &image);
    let output = run(host.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("ONLY HERE"), "{}", said(&output));
    assert!(said(&output).contains("dracut --force /boot/initramfs-6.12.img 6.12"));
}

fn errors() {
    let host = host();
    let image = cpio::archive(&[("etc/nvme/hostid", b"another\n")]);
    put(&host, "boot/initrd.img-1", &image[..image.len() - 100]);
    put(&host, "boot/initrd.img-2", &image);
    let output = run(host.path(), &[]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("error: damaged archive"), "{text}");
    assert!(
        text.contains("; the listed files were read before that\n"),
        "{text}"
    );
    assert_eq!(
        text.matches("DIFFERS").count(),
        2,
        "what was before it counts: {text}"
    );
    let output = run(host.path(), &["/nonexistent/image"]);
    let text = said(&output);
    assert!(text.ends_with("(ENOENT)\n"), "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
    let empty = tempfile::tempdir().unwrap();
    let output = run(empty.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = run(Path::new("/nonexistent"), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

fn schema() {
    let text = include_str!("../../../../docs/schema/sanid-image-v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    let host = host();
    let files: [(&str, &[u8]); 4] = [
        ("etc/initiatorname.iscsi", OLD_IQN.as_bytes()),
        ("etc/nvme/hostid", b""),
        ("etc/machine-id", OTHER_ID.as_bytes()),
        ("../x", b""),
    ];
    put(&host, "boot/initrd.img-1", &cpio::archive(&files));
    put(&host, "boot/initrd.img-2", b"nonsense");
    for (root, kind) in [
        (host.path(), "Initramfs"),
        (Path::new("/nonexistent"), "Error"),
    ] {
        let output = run(root, &["--format", "json"]);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["kind"], kind);
        let errors: Vec<_> = schema
            .iter_errors(&document)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut wrong: Value =
        serde_json::from_slice(&run(host.path(), &["--format", "json"]).stdout).unwrap();
    assert_eq!(wrong["images"][0]["files"][0]["verdict"], "differs");
    wrong["images"][0]["files"][0]["verdict"] = "perhaps".into();
    assert!(!schema.is_valid(&wrong));
}

/// dracut's rescue image has it in its name.
fn secrecy() {
    let host = host();
    for id in [MACHINE_ID, OTHER_ID] {
        let image = cpio::archive(&[
            ("etc/machine-id", id.as_bytes()),
            ("etc/nvme/hostid", ID.as_bytes()),
        ]);
        put(&host, &format!("boot/initramfs-0-rescue-{id}.img"), &image);
    }
    for words in [&[][..], &["--format", "json"]] {
        let output = run(host.path(), words);
        assert_eq!(output.status.code(), Some(1));
        let text = said(&output);
        assert!(
            text.contains("initramfs-0-rescue-(32 digits).img"),
            "{text}"
        );
        assert!(
            !text.contains(MACHINE_ID) && !text.contains(OTHER_ID),
            "{text}"
        );
    }
}

fn links() {
    let host = host();
    let elsewhere = tempfile::tempdir().unwrap();
    put(
        &elsewhere,
        "image",
        &cpio::archive(&[("etc/nvme/hostid", b"outside\n")]),
    );
    symlink(
        elsewhere.path().join("image"),
        host.path().join("boot/initrd.img-1"),
    )
    .unwrap();
    let output = run(host.path(), &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(!said(&output).contains("outside"), "{}", said(&output));
}

fn fifo() {
    let host = host();
    let path = host.path().join("boot/initrd.img-1");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    for words in [&[][..], &[path.to_str().unwrap()]] {
        let output = run(host.path(), words);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said(&output).contains("not a regular file"),
            "{}",
            said(&output)
        );
    }
}
