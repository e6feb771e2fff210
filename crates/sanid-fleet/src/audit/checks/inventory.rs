//! The hosts that there should be, and the names that they should have.

use sanid_core::HostUuid;

use super::{Check, Context, Counted, Named};
use crate::audit::code::Code;
use crate::audit::finding::{Finding, Largest};
use crate::audit::record::{Names, Record, comparable_iqn};

pub(super) struct Inventory {
    missing: Counted,
    unexpected: Counted,
    others: Largest<Finding>,
}

impl Inventory {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            missing: Counted::default(),
            unexpected: Counted::default(),
            others: Largest::new(context.limit),
        }
    }
}

impl Check for Inventory {
    fn named(&mut self, context: &Context<'_>, named: &Named<'_>) {
        if !context.inventory {
            return;
        }
        let Some((place, expected)) = &named.expected else {
            for (place, _) in &named.hosts {
                self.unexpected.add(context, *place);
            }
            return;
        };
        if named.hosts.is_empty() {
            self.missing.add(context, *place);
        }
        for (place, host) in &named.hosts {
            let details = differences(&expected.names, &host.names);
            if !details.is_empty() {
                self.others
                    .add(1, *place, || finding(*place, host, details));
            }
        }
    }

    fn findings(self: Box<Self>, _: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)> {
        let missing = Finding {
            fix: vec!["sanid-fleet collect --ssh HOSTS >> REPORTS    asks them again".to_owned()],
            ..Finding::new(
                Code::HostMissing,
                format!(
                    "hosts of the inventory without a report: {}",
                    self.missing.hosts
                ),
                "Nobody knows what names they use.",
            )
        };
        let unexpected = Finding {
            fix: vec!["add them to the inventory, or find out what they are".to_owned()],
            ..Finding::new(
                Code::HostUnexpected,
                format!(
                    "hosts that report and are not in the inventory: {}",
                    self.unexpected.hosts
                ),
                "Arrays that admit what the inventory says do not admit them.",
            )
        };
        let mut found = vec![(
            Code::IdentityUnexpected,
            self.others.count(),
            self.others.done(),
        )];
        found.extend(self.missing.finding(missing));
        found.extend(self.unexpected.finding(unexpected));
        found
    }
}

fn finding(place: u64, host: &Record<'_>, details: Vec<String>) -> Finding {
    let name = crate::shown(&host.host);
    Finding {
        fix: vec![
            format!("sanid apply --replace    on {name}, where the inventory is right"),
            "correct the inventory, and what was made of it, where the host is right".to_owned(),
        ],
        details,
        hosts: 1,
        named: vec![place],
        ..Finding::new(
            Code::IdentityUnexpected,
            format!("{name} uses other names than the inventory says"),
            "Arrays that admit what the inventory says do not admit this host, or admit another in its place.",
        )
    }
}

/// What the inventory says and the host has otherwise. A name that the inventory does not have is not
/// compared.
fn differences(expected: &Names<'_>, found: &Names<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |what: &str, expected: &str, found: Option<&str>| {
        let found = found.map_or("nothing".to_owned(), crate::shown);
        lines.push(format!(
            "{what}: expected {}, found {found}",
            crate::shown(expected)
        ));
    };
    let id = |id: [u8; 16]| HostUuid::from_bytes(id).to_string();
    if let Some(iqn) = expected.iqn.as_deref() {
        let found = found.iqn.as_deref();
        if found.map(comparable_iqn) != Some(comparable_iqn(iqn)) {
            line("initiator name", iqn, found);
        }
    }
    if let Some(nqn) = expected.host_nqn.as_deref() {
        if found.host_nqn.as_deref() != Some(nqn) {
            line("host NQN", nqn, found.host_nqn.as_deref());
        }
    }
    if let Some(expected) = expected.host_id {
        if found.host_id != Some(expected) {
            line("Host ID", &id(expected), found.host_id.map(id).as_deref());
        }
    }
    lines
}
