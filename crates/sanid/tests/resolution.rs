//! The page about resolution, held to the code: its order, and every example on it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;

use sanid_host::resolve::{Part, SOURCES, resolve};
use support::host::{Host, MACHINE_ID};

const PAGE: &str = include_str!("../../../docs/resolution.md");
const NBFT: &[u8] =
    include_bytes!("../../sanid-host/tests/data/nbft/NBFT-Dell.PowerEdge.R660-fw1.5.5-single");

/// One section of the page.
struct Section {
    source: &'static str,
    /// Files, by the path above their block.
    files: Vec<(&'static str, &'static str)>,
    /// Commands, each with what it prints.
    commands: Vec<(&'static str, &'static str)>,
}

fn sources() -> Vec<&'static str> {
    SOURCES
        .iter()
        .map(|source| source.kind().as_str())
        .collect()
}

fn sections() -> Vec<Section> {
    let sections = PAGE.split("\n## `").skip(1);
    sections
        .map(|section| {
            let (source, text) = section.split_once('`').unwrap();
            let mut read = Section {
                source,
                files: Vec::new(),
                commands: Vec::new(),
            };
            // Text and blocks take turns.
            let parts: Vec<&str> = text.split("```\n").collect();
            for pair in parts.chunks_exact(2) {
                let before = pair[0].trim_end().lines().last().unwrap_or_default();
                if let Some(command) = pair[1].strip_prefix("$ sanid ") {
                    read.commands.push(command.split_once('\n').unwrap());
                } else {
                    let path = before
                        .strip_prefix('`')
                        .and_then(|path| path.strip_suffix("`:"));
                    read.files.push((path.expect(before), pair[1]));
                }
            }
            read
        })
        .collect()
}

#[test]
fn the_page_has_the_order_of_the_sources() {
    let table: Vec<&str> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(table, sources());
    let sections: Vec<&str> = sections().iter().map(|section| section.source).collect();
    assert_eq!(sections, sources());
}

#[test]
fn every_example_is_what_is_printed() {
    for section in sections() {
        assert_eq!(section.commands.len(), 1, "{}", section.source);
        let host = Host::new(MACHINE_ID);
        let credentials = tempfile::tempdir().unwrap();
        for (path, content) in &section.files {
            match path.strip_prefix("$CREDENTIALS_DIRECTORY/") {
                Some(name) => std::fs::write(credentials.path().join(name), content).unwrap(),
                None => host.write(path.trim_start_matches('/'), content),
            }
        }
        if section.source == "firmware" {
            host.write("sys/firmware/acpi/tables/NBFT", NBFT);
        }
        for (command, expected) in section.commands {
            let shown = if section.source == "credential" {
                shown_with(&host, credentials.path())
            } else {
                let words: Vec<&str> = command.split(' ').collect();
                host.run(&words).expect(0).stdout
            };
            assert_eq!(shown, expected, "{}", section.source);
        }
    }
}

/// What `sanid show` prints where the service has these credentials, which the command takes for the
/// running host alone.
fn shown_with(host: &Host, credentials: &Path) -> String {
    let root = sanid_host::Root::open(host.root()).unwrap();
    let look = sanid_host::Look {
        credentials: Some(credentials),
        ..sanid_host::Look::default()
    };
    let facts = sanid_host::observe(&root, &look).unwrap();
    let resolution = resolve(&facts);
    let names = resolution.names();
    let names = names.iter().map(|(file, name)| (file.holds(), name));
    let places = Part::ALL.into_iter().map(|part| {
        let (_, place) = resolution.origin(part).unwrap();
        (part.origin_label(), place)
    });
    let rows = names.chain(places);
    let lines: Vec<String> = rows
        .map(|(label, value)| format!("{label:<14}  {value}\n"))
        .collect();
    lines.concat()
}
