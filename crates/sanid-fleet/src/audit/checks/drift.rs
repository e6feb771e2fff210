//! What hosts say of themselves: `sanid status` compares each with what it should be.

use std::collections::BTreeMap;

use sanid_host::findings::{Code as OwnCode, Severity};

use super::{Check, Context, Counted};
use crate::audit::code::Code;
use crate::audit::finding::{Finding, hosts};
use crate::audit::record::Record;
use crate::audit::words::Word;

#[derive(Default)]
pub(super) struct Drift(BTreeMap<Word, Counted>);

impl Check for Drift {
    fn host(&mut self, context: &Context<'_>, place: u64, record: &Record<'_>) {
        let mut before: &[Word] = &[];
        for (index, code) in record.findings.iter().enumerate() {
            // A host can say the same of each of its names, and is one host.
            if !before.contains(code) {
                self.0.entry(*code).or_default().add(context, place);
            }
            before = record.findings.get(..=index).unwrap_or_default();
        }
    }

    fn findings(self: Box<Self>, context: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)> {
        let found = self.0.into_iter().filter_map(|(word, counted)| {
            let own = context.words.word(word)?;
            Some(Finding {
                severity: severity(&own),
                about: vec![own.clone()],
                hosts: counted.hosts,
                named: counted.named,
                fix: vec!["sanid status    on the host says what to do".to_owned()],
                ..Finding::new(
                    Code::HostFinding,
                    format!("{own}, reported by {}", hosts(counted.hosts)),
                    "What each code means is in docs/findings.md.",
                )
            })
        });
        let mut found: Vec<Finding> = found.collect();
        found.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.hosts.cmp(&a.hosts)));
        vec![(Code::HostFinding, found.len() as u64, found)]
    }
}

/// As the host itself says it; a code of a later version is a warning.
fn severity(own: &str) -> Severity {
    let known = OwnCode::ALL.iter().find(|code| code.as_str() == own);
    known.map_or(Severity::Warning, |code| code.severity())
}
