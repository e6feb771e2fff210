//! Every code with facts that show it, alone where it can be alone: one file for each topic.

mod files;
mod initramfs;
mod live;
mod names;
mod others;
mod own_names;
mod record;
mod sources;
mod unseen;

use super::*;
use crate::facts::Facts;
use crate::resolve::resolve;
use crate::testing::{ID, IQN, NQN, facts};

/// What it is, the facts, and the codes of what is found.
type Case = (&'static str, Facts, Vec<&'static str>);

fn codes(facts: &Facts) -> Vec<&'static str> {
    let resolution = resolve(facts);
    findings(facts, &resolution)
        .into_iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

fn clean() -> Facts {
    facts().on_disk(IQN, NQN, ID)
}

fn table() -> Vec<Case> {
    let topics = [
        names::cases(),
        files::cases(),
        sources::cases(),
        record::cases(),
        initramfs::cases(),
        live::cases(),
        others::cases(),
        own_names::cases(),
    ];
    topics.into_iter().flatten().collect()
}

#[test]
fn each_hazard_has_its_finding() {
    for (case, facts, expected) in table() {
        assert_eq!(codes(&facts), expected, "{case}");
    }
}

#[test]
fn every_code_is_shown_by_a_case() {
    let shown: Vec<&str> = table()
        .into_iter()
        .flat_map(|(_, _, codes)| codes)
        .collect();
    for code in Code::ALL {
        assert!(shown.contains(&code.as_str()), "{}", code.as_str());
    }
}

#[test]
fn every_finding_says_what_was_seen_why_it_matters_and_what_to_do() {
    for (case, facts, _) in table() {
        let resolution = resolve(&facts);
        for finding in findings(&facts, &resolution) {
            assert!(
                !finding.seen.is_empty() && !finding.why.is_empty(),
                "{case}"
            );
            assert!(!finding.fix.is_empty(), "{case}");
            assert!(
                !finding.seen.contains(crate::testing::MACHINE_ID) || case == "talos",
                "{case}"
            );
        }
    }
}

#[test]
fn the_documentation_has_every_code_and_no_other() {
    let page = include_str!("../../../../docs/findings.md");
    let documented: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(documented, known);
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), code.severity().as_str());
        assert!(page.contains(&row), "{row}");
    }
}
