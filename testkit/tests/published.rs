//! The crates that are published have what crates.io and docs.rs show, and what distributions need.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::Ran;

/// What crates.io and docs.rs show of a crate.
#[test]
fn published_crates_are_described() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut metadata = Command::new(cargo);
    metadata.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    metadata.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let metadata = Ran::of(&mut metadata).expect(0).json();
    let packages = metadata["packages"].as_array().expect("packages");
    let published: Vec<&Value> = packages
        .iter()
        .filter(|one| one["publish"].is_null())
        .collect();
    assert!(published.len() >= 8, "{} crates", published.len());
    for package in published {
        let name = &package["name"];
        for field in [
            "description",
            "license",
            "readme",
            "repository",
            "rust_version",
        ] {
            assert!(package[field].is_string(), "{name} has no {field}");
        }
        for list in ["keywords", "categories"] {
            let length = package[list].as_array().map_or(0, Vec::len);
            assert!((1..=5).contains(&length), "{name}: {length} {list}");
        }
        let docs = &package["metadata"]["docs"]["rs"];
        assert_eq!(docs["all-features"], true, "{name} on docs.rs");
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert!(
                manifest.with_file_name(licence).is_file(),
                "{name} without {licence}"
            );
        }
    }
}
