//! Schemes, of which a fleet should have one.

use std::collections::BTreeMap;

use super::{Check, Context, Counted};
use crate::audit::code::Code;
use crate::audit::finding::{Finding, hosts};
use crate::audit::record::Record;
use crate::audit::words::Word;

#[derive(Default)]
pub(super) struct Schemes(BTreeMap<Word, Counted>);

impl Check for Schemes {
    fn host(&mut self, context: &Context<'_>, place: u64, record: &Record<'_>) {
        if record.scheme != 0 {
            self.0.entry(record.scheme).or_default().add(context, place);
        }
    }

    fn findings(self: Box<Self>, context: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)> {
        let mut schemes: Vec<(Word, Counted)> = self.0.into_iter().collect();
        if schemes.len() < 2 {
            return Vec::new();
        }
        schemes.sort_by_key(|(_, counted)| std::cmp::Reverse(counted.hosts));
        let details = schemes.iter().filter_map(|(word, counted)| {
            Some(format!(
                "{}: {}",
                context.words.word(*word)?,
                hosts(counted.hosts)
            ))
        });
        let seen = format!("hosts derive their names by {} schemes", schemes.len());
        // The hosts of the commonest one are not those to look at.
        let rest = schemes.iter().skip(1);
        let mut others = Counted::default();
        for (_, counted) in rest {
            others.hosts += counted.hosts;
            others.named.extend(&counted.named);
        }
        others.named.truncate(context.limit);
        let finding = Finding {
            details: details.collect(),
            fix: vec![
                "nothing, where it is meant; else scheme = \"sanid-v1\", then sanid apply --replace once the arrays know the new names".to_owned(),
            ],
            ..Finding::new(
                Code::SchemesMixed,
                seen,
                "What is computed for the arrays by one scheme is not what the other hosts use.",
            )
        };
        others.finding(finding)
    }
}
