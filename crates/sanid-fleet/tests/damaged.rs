//! Damaged files: truncated, spliced, with changed bytes. Each is read or rejected without a panic, and no message
//! contains a possible machine-id. The fuzz targets (`fuzz/fleet`) go farther.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sanid_fleet::input::Input;
use sanid_fleet::inventory::{Columns, FORMATS, Fault, Piece, Row, Sink, open};
use sanid_fleet::{hosts, reports, targets};

/// What others and earlier versions wrote.
fn samples() -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directories = [
        "tests/targets/real",
        "tests/duplicates/shapes",
        "tests/duplicates/made",
        "../../tests/compat/0.1/fleet",
        "../../tests/compat/0.1/fleet/inventories",
    ];
    let entries = directories.map(|one| std::fs::read_dir(here.join(one)).unwrap());
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    assert!(paths.len() > 100);
    let read = |path: PathBuf| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes.truncate(4096);
        bytes
    };
    paths.into_iter().map(read).collect()
}

#[derive(Debug, Clone)]
enum Damage {
    Cut,
    Set(u8),
    Remove(usize),
    Again(usize),
}

fn damage() -> impl Strategy<Value = (prop::sample::Index, Damage)> {
    let bytes = prop::sample::select(&b"\0\n\r\t \"',:;=|{}[]<>()#\\xff"[..]);
    let how = prop_oneof![
        Just(Damage::Cut),
        bytes.prop_map(Damage::Set),
        (1..200_usize).prop_map(Damage::Remove),
        (1..200_usize).prop_map(Damage::Again),
    ];
    (any::<prop::sample::Index>(), how)
}

fn damaged(mut bytes: Vec<u8>, all: &[(prop::sample::Index, Damage)]) -> Vec<u8> {
    for (at, how) in all {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        let end = |length: usize| (at + length).min(bytes.len());
        match how {
            Damage::Cut => bytes.truncate(at),
            Damage::Set(byte) => bytes[at] = *byte,
            Damage::Remove(length) => drop(bytes.drain(at..end(*length))),
            Damage::Again(length) => {
                let part = bytes[at..end(*length)].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

struct Seen;

impl Sink for Seen {
    fn row(&mut self, line: u64, _: &Row<'_>) {
        assert!(line > 0);
    }

    fn bad(&mut self, line: u64, fault: Fault) {
        assert!(line > 0);
        quiet(&fault.why);
    }
}

/// No message has 32 digits in a row.
fn quiet(message: &str) {
    let words = message.split(|one: char| !one.is_ascii_hexdigit());
    assert!(words.into_iter().all(|word| word.len() < 32), "{message}");
}

fn inventory(bytes: &[u8], format: Option<&str>) {
    let input = Input::of("inventory", Cursor::new(bytes.to_vec()));
    match open(input, format, &Columns::default()) {
        Err(error) => quiet(&error.why),
        Ok(mut opened) => {
            let mut piece = Piece::default();
            while let Ok(true) = opened.source.next(&mut piece) {
                opened.rows.rows(&piece, &mut Seen);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_files_are_read_or_rejected(
        sample in prop::sample::select(samples()),
        all in prop::collection::vec(damage(), 1..6),
        format in prop::sample::select(FORMATS.iter().map(|one| one.name()).collect::<Vec<_>>()),
    ) {
        let bytes = damaged(sample, &all);
        inventory(&bytes, None);
        inventory(&bytes, Some(format));
        for row in hosts::read(Input::of("list", Cursor::new(bytes.clone()))) {
            match row {
                Ok(host) => prop_assert!(!host.name.is_empty()),
                Err(error) => prop_assert!(error.line > 0),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let _ = reports::parse(&text);
        for format in targets::FORMATS {
            for entry in format.read(&text).map(|present| present.entries).unwrap_or_default() {
                prop_assert!(!entry.name.is_empty(), "{}", format.name);
            }
        }
    }
}
