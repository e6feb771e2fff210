//! Names that some program refuses or misreads.

use std::collections::BTreeMap;

use sanid_core::PortabilityIssue;

use super::{Check, Context, Counted};
use crate::audit::code::Code;
use crate::audit::finding::{Finding, hosts};
use crate::audit::record::Record;

#[derive(Default)]
pub(super) struct Names(BTreeMap<usize, Counted>);

impl Check for Names {
    fn host(&mut self, context: &Context<'_>, place: u64, record: &Record<'_>) {
        if record.issues == 0 {
            return;
        }
        for number in 0..PortabilityIssue::ALL.len() {
            if record.issues >> number & 1 == 1 {
                self.0.entry(number).or_default().add(context, place);
            }
        }
    }

    fn findings(self: Box<Self>, _: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)> {
        let found = self.0.into_iter().filter_map(|(number, counted)| {
            let issue = PortabilityIssue::ALL.get(number)?;
            Some(Finding {
                about: vec![issue.code().to_owned()],
                hosts: counted.hosts,
                named: counted.named,
                fix: vec!["sanid apply --replace    once the arrays know the new names".to_owned()],
                ..Finding::new(
                    Code::NameNotPortable,
                    format!(
                        "{} with a name that some programs refuse or misread",
                        hosts(counted.hosts)
                    ),
                    issue.explanation(),
                )
            })
        });
        let found: Vec<Finding> = found.collect();
        vec![(Code::NameNotPortable, found.len() as u64, found)]
    }
}
