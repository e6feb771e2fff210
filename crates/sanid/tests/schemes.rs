//! The page about schemes, held to the code: its list, its vectors and its list of shared UUIDs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::Write as _;
use std::process::Stdio;

use sanid_core::{DENYLISTED_UUIDS, HostUuid, SCHEMES, Scheme, Takes, scheme};
use support::host::sanid;

const PAGE: &str = include_str!("../../../docs/schemes.md");

fn names() -> Vec<&'static str> {
    SCHEMES.iter().map(|scheme| scheme.name()).collect()
}

/// The sections of schemes: the name, and the text.
fn sections() -> Vec<(&'static str, &'static str)> {
    let sections = PAGE.split("\n## `").skip(1);
    sections.map(|text| text.split_once('`').unwrap()).collect()
}

/// The blocks of a text that begin with this.
fn blocks(text: &'static str, begin: &str) -> Vec<&'static str> {
    let blocks = text.split("```\n").filter(|block| block.starts_with(begin));
    blocks.collect()
}

#[test]
fn the_page_has_every_scheme_and_no_other() {
    let table = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let table: Vec<&str> = table.take(SCHEMES.len()).collect();
    assert_eq!(table, names());
    let sections: Vec<&str> = sections().iter().map(|(name, _)| *name).collect();
    assert_eq!(sections, names());
}

#[test]
fn every_vector_is_what_derive_prints() {
    for (name, text) in sections() {
        let vectors = blocks(text, "seed ");
        let expected = match scheme(name).map(Scheme::takes) {
            Some(Takes::NvmeTool) => 0,
            Some(Takes::Any | Takes::SystemUuidOrMachineId) => 2,
            _ => 1,
        };
        assert_eq!(vectors.len(), expected, "{name}");
        for vector in vectors {
            let values: Vec<&str> = vector
                .lines()
                .map(|line| line.split_once("  ").unwrap().1.trim())
                .collect();
            let mut child = sanid(&["derive", "--scheme", name])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut input = child.stdin.take().unwrap();
            writeln!(input, "{}", values[0]).unwrap();
            drop(input);
            let output = child.wait_with_output().unwrap().stdout;
            let line = format!("{}  {}  {}\n", values[1], values[2], values[3]);
            assert_eq!(String::from_utf8(output).unwrap(), line, "{name}");
        }
    }
}

#[test]
fn each_section_but_the_first_says_what_is_wrong_with_the_original() {
    for (name, text) in sections() {
        let says = text.contains("\nWhat is wrong with it: ");
        assert_eq!(says, !scheme(name).unwrap().notes().is_empty(), "{name}");
    }
}

#[test]
fn the_list_of_shared_uuids_is_that_of_the_code() {
    let [block] = blocks(PAGE, "00000000-")[..] else {
        panic!("one list");
    };
    let listed: Vec<HostUuid> = block.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(listed, DENYLISTED_UUIDS.map(HostUuid::from_bytes));
}
