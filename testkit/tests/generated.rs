//! The version and the address of the project. The workspace's `Cargo.toml` sets both once; files in other formats
//! repeat them, and `cargo xtask generate` writes them there.
//! `SNAPSHOTS=overwrite cargo test -p testkit --test generated` rewrites them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use testkit::generated::Files;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const ADDRESS: &str = env!("CARGO_PKG_REPOSITORY");

/// The directory of the units, which name pages of the documentation.
const UNITS: &str = "dist/usr/lib/systemd/system";

/// Where a file has one of the two values: the text before it, and the text after it.
struct Slot(&'static str, &'static str, &'static str);

/// The files with a value, and where they have it.
const SLOTS: [(&str, &[Slot]); 10] = [
    (
        ".github/ISSUE_TEMPLATE/config.yml",
        &[Slot("url: ", ADDRESS, "/security/advisories/new")],
    ),
    (
        "SECURITY.md",
        &[Slot("](", ADDRESS, "/security/advisories/new")],
    ),
    (
        "dist/kubernetes/Containerfile",
        &[
            Slot("image.version=\"", VERSION, "\""),
            Slot("image.source=\"", ADDRESS, "\""),
        ],
    ),
    (
        "dist/kubernetes/base/kustomization.yaml",
        &[Slot("newTag: ", VERSION, "\n")],
    ),
    (
        "dist/kubernetes/base/sanid.json",
        &[
            Slot("\"app.kubernetes.io/version\": \"", VERSION, "\""),
            Slot("\"image\": \"sanid-kube:", VERSION, "\""),
        ],
    ),
    (
        "dist/kubernetes/chart/sanid/Chart.yaml",
        &[
            Slot("\nversion: ", VERSION, "\n"),
            Slot("\nappVersion: ", VERSION, "\n"),
            Slot("\nhome: ", ADDRESS, "\n"),
            Slot("\nsources:\n  - ", ADDRESS, "\n"),
        ],
    ),
    (
        "docs/kubernetes.md",
        &[
            Slot("example.com/sanid-kube:", VERSION, " -f"),
            Slot("example.com/sanid-kube:", VERSION, "\n"),
        ],
    ),
    (
        "packaging/debian/control",
        &[Slot("\nHomepage: ", ADDRESS, "\n")],
    ),
    (
        "packaging/debian/copyright",
        &[Slot("\nSource: ", ADDRESS, "\n")],
    ),
    (
        "packaging/rpm/sanid.spec",
        &[Slot("\nURL:            ", ADDRESS, "\n")],
    ),
];

/// Files that may have the address without a slot: the one that sets it, and what released versions wrote.
const MAY_HAVE_IT: [&str; 2] = ["Cargo.toml", "tests/compat"];

/// What is not part of the repository.
const NOT_OURS: [&str; 6] = [
    ".git",
    "target",
    "vendor",
    "fuzz/artifacts",
    "fuzz/corpus",
    "fuzz/target",
];

#[test]
fn version_and_address_are_those_of_the_workspace() -> io::Result<()> {
    let root = root();
    let mut files = Files::of("testkit");
    for (path, slots) in SLOTS {
        let text = fs::read_to_string(root.join(path))?;
        files.add(
            path,
            slots.iter().fold(text, |text, slot| slot.fill(&text, path)),
        );
    }
    for path in units(&root)? {
        let text = fs::read_to_string(root.join(&path))?;
        let slot = Slot("(8) ", ADDRESS, "/blob/main/docs/");
        let text = slot.fill(&text, &path.display().to_string());
        files.add(path, text);
    }
    files.assert_committed()
}

#[test]
fn no_other_file_has_the_address() -> io::Result<()> {
    let root = root();
    let mut known: Vec<PathBuf> = SLOTS.iter().map(|(path, _)| path.into()).collect();
    known.extend(units(&root)?);
    known.extend(MAY_HAVE_IT.map(PathBuf::from));
    let mut found = Vec::new();
    for path in files(&root)? {
        if has(&fs::read(root.join(&path))?, ADDRESS.as_bytes()) {
            found.push(path);
        }
    }
    // The walk came to the files that have it.
    assert!(found.contains(&PathBuf::from("Cargo.toml")), "{found:?}");
    found.retain(|path| !known.iter().any(|one| path.starts_with(one)));
    assert!(found.is_empty(), "add to SLOTS in {}: {found:?}", file!());
    Ok(())
}

/// `rpmbuild -ta` refuses a tarball with two specs.
#[test]
fn the_repository_has_one_spec() -> io::Result<()> {
    let mut found = files(&root())?;
    found.retain(|path| path.extension().is_some_and(|one| one == "spec"));
    assert_eq!(found, [PathBuf::from("packaging/rpm/sanid.spec")]);
    Ok(())
}

impl Slot {
    /// The text with the value in every such place.
    fn fill(&self, text: &str, path: &str) -> String {
        let Self(before, value, after) = self;
        let mut filled = String::new();
        let mut rest = text;
        let mut count = 0;
        while let Some((head, tail)) = rest.split_once(before) {
            filled.extend([head, before]);
            rest = tail;
            let old = tail.split_once(after).map(|(old, _)| old);
            if let Some(old) = old.filter(|old| !old.contains(char::is_whitespace)) {
                filled += value;
                rest = tail.strip_prefix(old).unwrap();
                count += 1;
            }
        }
        assert!(
            count > 0,
            "{path} has nothing between {before:?} and {after:?}"
        );
        filled + rest
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The units that name a page, relative to the root.
fn units(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join(UNITS))? {
        let path = Path::new(UNITS).join(entry?.file_name());
        if root.join(&path).is_file() && fs::read_to_string(root.join(&path))?.contains("/blob/") {
            found.push(path);
        }
    }
    assert!(!found.is_empty(), "no unit names a page");
    Ok(found)
}

/// Every file of the repository, relative to the root.
fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(root, Path::new(""), &mut found)?;
    Ok(found)
}

fn collect(root: &Path, directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(directory))? {
        let entry = entry?;
        let path = directory.join(entry.file_name());
        if NOT_OURS.iter().any(|one| path == Path::new(one)) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(root, &path, found)?;
        } else if entry.file_type()?.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
