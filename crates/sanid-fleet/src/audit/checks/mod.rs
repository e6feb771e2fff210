//! The checks of an audit: one file each, and one line in [`CHECKS`].
//!
//! A check sees every host once, every value that more than one host has, and every name of a host with
//! what the inventory says of it; it keeps what it needs, which must not grow with the fleet, and ends with
//! its findings.

mod drift;
mod duplicates;
mod inventory;
mod names;
mod pairs;
mod same_name;
mod schemes;

use super::code::Code;
use super::finding::Finding;
use super::group::Shared;
use super::record::Record;
use super::words::Words;

/// What every check may look at.
pub(crate) struct Context<'a> {
    pub(crate) words: &'a Words,
    /// So many findings of a code, and so many hosts of a finding.
    pub(crate) limit: usize,
    /// Whether an inventory says which hosts there are.
    pub(crate) inventory: bool,
}

/// One name of a host, and who has it.
pub(crate) struct Named<'a> {
    /// The hosts of this name that count, by their places and with their records: one for each seed.
    pub(crate) hosts: Vec<(u64, &'a Record<'a>)>,
    /// How many reports do not count, since a later one is of the same host.
    pub(crate) superseded: u64,
    /// What the inventory says.
    pub(crate) expected: Option<(u64, &'a Record<'a>)>,
}

/// One check.
pub(crate) trait Check {
    /// A host.
    fn host(&mut self, _: &Context<'_>, _place: u64, _: &Record<'_>) {}
    /// A value that more than one host has.
    fn shared(&mut self, _: &Context<'_>, _: &Shared) {}
    /// A name of a host.
    fn named(&mut self, _: &Context<'_>, _: &Named<'_>) {}
    /// What it found: the findings, and of each code how many there are, those that are not listed included.
    fn findings(self: Box<Self>, _: &Context<'_>) -> Vec<(Code, u64, Vec<Finding>)>;
}

type New = fn(&Context<'_>) -> Box<dyn Check>;

/// Every check, in the order of its findings among those of one severity.
pub(crate) const CHECKS: &[New] = &[
    |context| Box::new(duplicates::Duplicates::new(context)),
    |context| Box::new(pairs::Pairs::new(context)),
    |context| Box::new(inventory::Inventory::new(context)),
    |_| Box::new(same_name::SameName::default()),
    |_| Box::new(names::Names::default()),
    |_| Box::new(drift::Drift::default()),
    |_| Box::new(schemes::Schemes::default()),
];

/// Hosts, counted, and the places of the first of them.
#[derive(Debug, Default, Clone)]
struct Counted {
    hosts: u64,
    named: Vec<u64>,
}

impl Counted {
    fn add(&mut self, context: &Context<'_>, place: u64) {
        self.hosts += 1;
        if self.named.len() < context.limit {
            self.named.push(place);
        }
    }

    fn finding(self, finding: Finding) -> Vec<(Code, u64, Vec<Finding>)> {
        if self.hosts == 0 {
            return Vec::new();
        }
        let finding = Finding {
            hosts: self.hosts,
            named: self.named,
            ..finding
        };
        vec![(finding.code, 1, vec![finding])]
    }
}
