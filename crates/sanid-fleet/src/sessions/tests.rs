//! What tests of the command would take too long for.

use std::path::Path;

use super::document::SessionsReport;
use super::{judge, read};

/// Every shape of a target's output, with its name.
fn shapes() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/duplicates/shapes");
    let all = std::fs::read_dir(directory).unwrap();
    let mut found = Vec::new();
    for entry in all {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("live-") || name.starts_with("ontap-iscsi") {
            found.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    assert!(found.len() > 15, "{found:?}");
    found
}

/// An output that was cut off shows fewer logins, and none that is not in the whole.
#[test]
fn outputs_that_are_cut_off_show_no_other_names() {
    for (name, bytes) in shapes() {
        let whole = read(&name, &bytes, 0);
        let names: Vec<&str> = whole.logins.iter().map(|one| one.name.as_str()).collect();
        for end in (0..bytes.len()).step_by(5) {
            let part = read(&name, &bytes[..end], 0);
            judge(&part.logins);
            assert!(part.logins.len() <= whole.logins.len(), "{name} {end}");
            for login in &part.logins {
                // The last name may be cut off itself.
                let is_start = names.iter().any(|one| one.starts_with(&login.name));
                assert!(is_start, "{name} {end}: {login:?}");
            }
            if part.logins.is_empty() {
                assert!(!part.not_read.is_empty(), "{name} {end}");
            }
        }
    }
}

#[test]
fn a_document_has_the_logins_that_it_was_made_of() {
    for (name, bytes) in shapes() {
        let output = read(&name, &bytes, 0);
        let report = SessionsReport::new(vec![output], None);
        let text = serde_json::to_vec(&report).unwrap();
        let again = read("document", &text, 0);
        let of_again = SessionsReport::new(vec![again], None);
        assert_eq!(of_again, report, "{name}");
    }
}

/// Damage in the middle of a text is as good as any other text.
#[test]
fn damaged_outputs_end_with_an_answer() {
    for (name, mut bytes) in shapes() {
        for at in (0..bytes.len()).step_by(11) {
            let byte = std::mem::replace(&mut bytes[at], 0xff);
            judge(&read(&name, &bytes, 0).logins);
            bytes[at] = byte;
        }
    }
}
