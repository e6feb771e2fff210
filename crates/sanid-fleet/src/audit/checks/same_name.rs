//! Reports of one name: of one host more than once, or of different hosts.

use super::{Check, Context, Counted, Named};
use crate::audit::code::Code;
use crate::audit::finding::Finding;

#[derive(Default)]
pub(super) struct SameName {
    shared: Counted,
    names: u64,
    twice: Counted,
}

impl Check for SameName {
    fn named(&mut self, context: &Context<'_>, named: &Named<'_>) {
        if named.hosts.len() > 1 {
            self.names += 1;
            for (place, _) in &named.hosts {
                self.shared.add(context, *place);
            }
        }
        if named.superseded > 0 {
            if let Some((place, _)) = named.hosts.first() {
                self.twice.add(context, *place);
            }
        }
    }

    fn findings(self: Box<Self>, _: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)> {
        let shared = Finding {
            fix: vec![
                "sanid-fleet collect --ssh HOSTS    names each host by its address".to_owned(),
                "where one host got a new machine-id between two reports: audit the later one alone".to_owned(),
            ],
            ..Finding::new(
                Code::HostNameShared,
                format!("hosts with different seeds have one name ({} such)", self.names),
                "What is found on one of them cannot be told from what is found on another.",
            )
        };
        let twice = Finding {
            fix: vec![
                "nothing, where they are reports of one host; different machines of one name and one seed are clones: collect them under names of their own".to_owned(),
            ],
            ..Finding::new(
                Code::ReportedTwice,
                "hosts are reported more than once; the last report counts".to_owned(),
                "Reports are taken for those of one host by its name and its seed.",
            )
        };
        let mut found = self.shared.finding(shared);
        found.extend(self.twice.finding(twice));
        found
    }
}
