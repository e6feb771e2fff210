//! Random archives: what GNU tar, bsdtar or Python unpacks of one, lint finds in it, or says that it did
//! not read it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{said, sanid_image};

const SEED: &str = "1";
const READERS: [&str; 3] = ["gnu", "bsd", "python"];
/// Paths and codes.
type Found = BTreeSet<(String, String)>;

/// The exit code, and what was found.
fn lint(option: &str, path: &Path) -> (i32, Found) {
    let path = path.to_str().unwrap();
    let output = sanid_image(&["lint", "--format", "json", option, path]);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{path}: {error}: {}", said(&output)));
    let list = report["findings"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = list
        .iter()
        .map(|one| (text(&one["path"]), text(&one["code"])))
        .collect();
    (output.status.code().unwrap(), found)
}

/// Whether an archive has what a tree has that came out of it. A hard link to a file that is not a place is
/// reported as such, and names that programs understand differently are reported once.
fn covers(archive: &Found, tree: &Found) -> bool {
    let has = |path: &str, code: &str| archive.contains(&(path.to_owned(), code.to_owned()));
    let is_odd = archive.iter().any(|(_, code)| code == "odd-name");
    let mut tree = tree.iter();
    is_odd || tree.all(|(path, code)| has(path, code) || has(path, "link-not-followed"))
}

#[test]
#[ignore = "needs tar, bsdtar and python3"]
fn finds_what_other_programs_unpack_from_random_archives() {
    let long = std::env::var_os("SANID_TEST_LONG").is_some();
    let count = if long { 10_000 } else { 400 };
    // Thousands of small files, and some of 9 GiB that are holes: a disk would be most of the time.
    let memory = Path::new("/dev/shm");
    let at = if memory.is_dir() {
        memory
    } else {
        Path::new("/tmp")
    };
    let work = tempfile::tempdir_in(at).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/differential.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(work.path())
        .args([SEED, &count.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let (mut read, mut found) = (0, 0);
    for number in 0..count {
        let at = work.path().join(number.to_string());
        let (code, archive) = lint("--tar", &at.join("archive.tar"));
        let written = fs::read_to_string(at.join("kind")).unwrap() == "written";
        if written {
            assert_ne!(
                code, 2,
                "{SEED}/{number}: an archive of one of the programs was not read"
            );
        }
        read += usize::from(code != 2);
        for reader in READERS {
            let (_, tree) = lint("--root", &at.join(reader));
            found += tree.len();
            assert!(
                code == 2 || covers(&archive, &tree),
                "{SEED}/{number}, {reader}: {tree:#?} are not in {archive:#?}"
            );
            let paths = |found: &Found| -> BTreeSet<String> {
                found.iter().map(|(path, _)| path.clone()).collect()
            };
            if written && reader == "gnu" {
                assert_eq!(paths(&tree), paths(&archive), "{SEED}/{number}");
            }
        }
    }
    // The readers have something to find, and lint does not refuse what it could read.
    assert!(read > count / 2, "{read} of {count} were read");
    assert!(found > count, "{found}");
}
