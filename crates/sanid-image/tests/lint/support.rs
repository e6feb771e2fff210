//! Trees, tars and the command.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tar::{EntryType, Header};
use tempfile::TempDir;

pub(crate) const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
pub(crate) const IQN: &str = "InitiatorName=iqn.1993-08.org.debian:01:5ca1ab1e0042\n";
pub(crate) const NQN: &str =
    "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab\n";
pub(crate) const ID: &str = "a3b1c2d4-0000-4000-8000-0123456789ab\n";

/// Files of a tree: paths and bytes.
pub(crate) type Files<'a> = &'a [(&'a str, &'a [u8])];

/// A tree with these files. Not below `/var`, which some of the tests make a link in the tree.
pub(crate) fn tree(files: Files<'_>) -> TempDir {
    let tree = tempfile::tempdir_in("/tmp").unwrap();
    for (path, bytes) in files {
        put(tree.path(), path, bytes);
    }
    tree
}

pub(crate) fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(crate) fn sanid_image(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanid-image"))
        .args(words)
        .output()
        .unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The exit code, and code and path of each finding.
pub(crate) type Found = (i32, Vec<(String, String)>);

pub(crate) fn found(output: &Output) -> Found {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(output)));
    let list = report["findings"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = list
        .iter()
        .map(|one| (text(&one["code"]), text(&one["path"])));
    (output.status.code().unwrap(), findings.collect())
}

pub(crate) fn lint(root: &Path) -> Found {
    let root = root.to_str().unwrap();
    found(&sanid_image(&["lint", "--format", "json", "--root", root]))
}

/// Gives a tar on standard input.
pub(crate) fn lint_tar_raw(bytes: &[u8], format: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sanid-image"))
        .args(["lint", "--format", format, "--tar", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || {
        // It may stop reading early.
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

pub(crate) fn lint_tar(bytes: &[u8]) -> Found {
    found(&lint_tar_raw(bytes, "json"))
}

pub(crate) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

/// A tar of regular files.
pub(crate) fn tar(files: Files<'_>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        raw(&mut builder, path, EntryType::Regular, "", bytes);
    }
    builder.into_inner().unwrap()
}

/// An entry without checks: with any name and any type.
pub(crate) fn raw(
    builder: &mut tar::Builder<Vec<u8>>,
    path: &str,
    kind: EntryType,
    link: &str,
    bytes: &[u8],
) {
    let mut header = Header::new_gnu();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    builder.append(&header, bytes).unwrap();
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
