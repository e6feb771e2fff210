//! Where a host can log in from, kept only where an audit asks.

use std::net::IpAddr;

use super::Record;
use crate::reports::Report;

impl Record {
    /// Keeps the addresses that a report has, without those that every host has.
    pub(crate) fn keep_addresses(&mut self, report: &Report<'_>) {
        let all = report.addresses.iter();
        let all = all.filter_map(|text| text.parse().ok().map(|one: IpAddr| one.to_canonical()));
        let all: Box<[IpAddr]> = all.filter(|one| !one.is_loopback()).collect();
        if !all.is_empty() {
            self.more.get_or_insert_default().addresses = all;
        }
    }

    /// The addresses; none where the report does not say.
    pub(crate) fn addresses(&self) -> &[IpAddr] {
        self.more.as_ref().map_or(&[], |more| &more.addresses)
    }
}
