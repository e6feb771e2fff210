//! The lists of codes: complete, stable in form, reached, and documented.

use std::collections::BTreeSet;
use std::fmt::Write;

use sanid_core::{NAME_MAX, PortabilityIssue, Rule};

use crate::invalid::{INVALID, long};
use crate::portability::VALID;
use crate::{As, padded, read};

#[test]
fn every_rule_is_broken_by_some_vector() {
    let mut reached: BTreeSet<&str> = INVALID.iter().map(|row| row.2).collect();
    reached.extend(long().iter().map(|row| row.2));
    let all: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(reached, all);
}

#[test]
fn every_issue_is_had_by_some_vector() {
    let mut reached: BTreeSet<&str> = VALID.iter().flat_map(|row| row.2).copied().collect();
    let longest = read(As::Nqn, &padded("nqn.2014-08.com.example:", NAME_MAX)).unwrap();
    reached.extend(longest.iter().map(|issue| issue.code()));
    let all: BTreeSet<&str> = PortabilityIssue::ALL
        .iter()
        .map(|issue| issue.code())
        .collect();
    assert_eq!(reached, all);
}

#[test]
fn codes_are_unique_and_made_of_lower_case_words() {
    let rules = Rule::ALL.iter().map(|rule| rule.code());
    let issues = PortabilityIssue::ALL.iter().map(|issue| issue.code());
    let code_like = |code: &str| {
        !code.is_empty()
            && code
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
    };
    assert!(rules.clone().chain(issues.clone()).all(code_like));
    assert_eq!(rules.clone().collect::<BTreeSet<_>>().len(), rules.count());
    assert_eq!(
        issues.clone().collect::<BTreeSet<_>>().len(),
        issues.count()
    );
}

#[test]
fn explanations_are_sentences_and_every_rule_has_a_source() {
    let rules = Rule::ALL.iter().map(|rule| rule.explanation());
    let issues = PortabilityIssue::ALL
        .iter()
        .map(|issue| issue.explanation());
    for text in rules.chain(issues) {
        assert!(text.ends_with('.') && !text.contains('\n'), "{text}");
    }
    assert!(Rule::ALL.iter().all(|rule| !rule.cites().is_empty()));
}

/// The tables as `docs/names.md` shows them, between its markers.
fn tables() -> [(&'static str, String); 2] {
    let escape = |text: &str| text.replace('|', "\\|");
    let mut rules = String::from("| code | meaning | source |\n|---|---|---|\n");
    for rule in Rule::ALL {
        let (meaning, source) = (escape(rule.explanation()), escape(rule.cites()));
        writeln!(rules, "| `{}` | {meaning} | {source} |", rule.code()).unwrap();
    }
    let mut issues = String::from("| code | who stumbles, and why |\n|---|---|\n");
    for issue in PortabilityIssue::ALL {
        writeln!(
            issues,
            "| `{}` | {} |",
            issue.code(),
            escape(issue.explanation())
        )
        .unwrap();
    }
    [("rules", rules), ("issues", issues)]
}

/// `SANID_BLESS=1` writes the tables into the page.
#[test]
fn the_documented_tables_are_the_lists_in_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/names.md");
    let Ok(mut page) = std::fs::read_to_string(path) else {
        // A published crate has no page beside it.
        return;
    };
    for (name, table) in tables() {
        let (begin, end) = (
            format!("<!-- begin {name} -->\n"),
            format!("<!-- end {name} -->"),
        );
        let from = page.find(&begin).expect("the page has the table's marker") + begin.len();
        let to = page.find(&end).expect("the page has the table's end");
        if std::env::var_os("SANID_BLESS").is_some() {
            page.replace_range(from..to, &table);
            std::fs::write(path, &page).unwrap();
        } else {
            assert_eq!(&page[from..to], table, "the table of {name}");
        }
    }
}
