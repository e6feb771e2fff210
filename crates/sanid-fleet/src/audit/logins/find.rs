//! Which host a login is of, by its name, its address and its Host ID.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use super::OfFile;
use super::seen::{Doubt, OfName, Unplaced};
use super::words;
use crate::audit::finding::Finding;
use crate::audit::holders::Holders;
use crate::audit::record::{Fleet, Record};
use crate::duplicates;
use crate::sessions::{self, Judged, Login, Verdict};

/// A report is taken for what the host has now for a day; addresses of an older one may be others' by now.
const FRESH: u64 = 24 * 60 * 60;

/// The hosts of a fleet, as far as these logins concern them.
struct Known<'f> {
    fleet: &'f Fleet,
    holders: Holders,
    owners: HashMap<IpAddr, Vec<u64>>,
    /// Addresses that no host has, from which hosts log in that are different by their names.
    translated: HashSet<IpAddr>,
}

/// What a login is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Placed {
    /// From an address of a host with this name.
    Own,
    /// Nothing tells from where: no address, or a report without.
    Untold,
    /// From an address of a host that does not have this name.
    Other(u64),
    /// From an address, or with a Host ID, that no host with this name reports.
    Elsewhere,
}

/// The findings about every name.
pub(super) fn findings(fleet: &Fleet, files: &[OfFile]) -> Vec<Finding> {
    let all = || files.iter().flat_map(|file| &file.logins);
    let names = all().map(|login| (login.kind, login.name.as_str()));
    let known = Known::new(fleet, Holders::new(fleet, names), all());
    let mut names: BTreeMap<(duplicates::Kind, String), OfName<'_>> = BTreeMap::new();
    for (number, file) in files.iter().enumerate() {
        for login in &file.logins {
            let key = (login.kind, duplicates::key(login.kind, &login.name));
            let name = names.entry(key).or_insert(OfName { logins: Vec::new() });
            name.logins.push((number, file.time, login));
        }
    }
    let mut found = Found::default();
    for name in names.into_values() {
        known.name(&name, &mut found);
    }
    let mut findings = found.findings;
    // Each file has its own snapshots.
    for file in files {
        findings.extend(known.shared(file));
    }
    findings.extend(words::unknown(&found.strangers));
    findings.extend(words::untold(fleet, &found.without_address, true));
    findings.extend(words::untold(fleet, &found.without_report, false));
    findings
}

/// What was found; there may be as many of the latter as there are hosts, so they become one finding each.
#[derive(Default)]
struct Found<'l> {
    findings: Vec<Finding>,
    /// Names that no host reports.
    strangers: Vec<&'l Login>,
    /// The target shows no address.
    without_address: Vec<Unplaced<'l>>,
    /// The report of the host has no addresses.
    without_report: Vec<Unplaced<'l>>,
}

impl<'f> Known<'f> {
    fn new<'l>(
        fleet: &'f Fleet,
        holders: Holders,
        logins: impl Iterator<Item = &'l Login>,
    ) -> Self {
        let mut owners: HashMap<IpAddr, Vec<u64>> = HashMap::new();
        let mut users: HashMap<IpAddr, HashSet<&[u64]>> = HashMap::new();
        for login in logins {
            let Some(address) = login.address else {
                continue;
            };
            owners.entry(address).or_default();
            let of = holders.of(login.kind, &login.name);
            if !of.is_empty() {
                users.entry(address).or_default().insert(of);
            }
        }
        for (place, record) in fleet.hosts() {
            for address in record.addresses() {
                if let Some(places) = owners.get_mut(address) {
                    places.push(place);
                }
            }
        }
        let unknown = |address: &IpAddr| owners.get(address).is_none_or(Vec::is_empty);
        let translated = users
            .iter()
            .filter(|(address, users)| unknown(address) && users.len() > 1)
            .map(|(address, _)| *address)
            .collect();
        Self {
            fleet,
            holders,
            owners,
            translated,
        }
    }

    /// What is proof without the fleet.
    fn shared(&self, file: &OfFile) -> Vec<Finding> {
        let judged = sessions::judge(&file.logins).into_iter();
        let shared = judged.filter(|one| one.verdict == Verdict::Shared);
        let finding = |one: Judged<'_>| {
            let first = one.logins.first()?;
            let holders = self.holders.of(first.kind, &first.name);
            let one_host = self.one_host(&one.logins, holders);
            let one_host = one_host.filter(|place| self.is_fresh(&[*place], file.time));
            Some(words::shared(self.fleet, &one, holders, one_host))
        };
        shared.filter_map(finding).collect()
    }

    /// The host that has this name and every address from which it is logged in.
    fn one_host(&self, logins: &[&Login], holders: &[u64]) -> Option<u64> {
        let has = |place: u64, login: &Login| {
            let owners = login.address.and_then(|address| self.owners.get(&address));
            owners.is_some_and(|owners| owners.contains(&place))
        };
        let mut holders = holders.iter().copied();
        holders.find(|place| logins.iter().all(|login| has(*place, login)))
    }

    fn records(&self, places: &[u64]) -> Vec<&'f Record> {
        places
            .iter()
            .filter_map(|place| self.fleet.get(*place))
            .collect()
    }

    fn place(&self, login: &Login) -> Placed {
        let holders = self.holders.of(login.kind, &login.name);
        let records = self.records(holders);
        let mut ids = records.iter().flat_map(|record| record.all_names());
        if let Some(id) = &login.host_id {
            let id = sanid_core::HostUuid::parse(id).ok();
            let known: HashSet<[u8; 16]> = ids.by_ref().filter_map(|one| one.host_id).collect();
            if id.is_some_and(|id| !known.is_empty() && !known.contains(id.as_bytes())) {
                return Placed::Elsewhere;
            }
        }
        let Some(address) = login.address else {
            return Placed::Untold;
        };
        let owners = self.owners.get(&address).map_or(&[][..], Vec::as_slice);
        if owners.iter().any(|owner| holders.contains(owner)) {
            return Placed::Own;
        }
        match owners {
            [owner] => Placed::Other(*owner),
            _ if holders.is_empty() => Placed::Untold,
            _ if records.iter().any(|record| record.addresses().is_empty()) => Placed::Untold,
            _ => Placed::Elsewhere,
        }
    }

    /// What the logins of one name are.
    fn name<'l>(&self, name: &OfName<'l>, found: &mut Found<'l>) {
        let Some((_, _, first)) = name.logins.first() else {
            return;
        };
        let holders = self.holders.of(first.kind, &first.name);
        let mut placed: BTreeMap<Placed, OfName<'l>> = BTreeMap::new();
        for (file, time, login) in &name.logins {
            let logins = placed
                .entry(self.place(login))
                .or_insert(OfName { logins: Vec::new() });
            logins.logins.push((*file, *time, login));
        }
        for (what, of_it) in &placed {
            match what {
                Placed::Own => {}
                Placed::Untold => {
                    let Some((_, _, login)) = of_it.logins.first() else {
                        continue;
                    };
                    let has_address = of_it.logins.iter().any(|one| one.2.address.is_some());
                    match (holders, has_address) {
                        ([], _) => found.strangers.push(login),
                        (_, true) => found.without_report.push((login, holders.to_vec())),
                        (_, false) => found.without_address.push((login, holders.to_vec())),
                    }
                }
                Placed::Other(owner) => {
                    let is_certain = self.is_fresh(&[*owner], of_it.time());
                    found.findings.push(words::differs(
                        self.fleet, of_it, *owner, holders, is_certain,
                    ));
                }
                Placed::Elsewhere => {
                    let own = placed.get(&Placed::Own);
                    let doubt = self.doubt(of_it, own, holders);
                    found
                        .findings
                        .push(words::elsewhere(self.fleet, of_it, holders, doubt));
                }
            }
        }
    }

    /// Why an address that no report has may still be the host's own.
    fn doubt(&self, elsewhere: &OfName<'_>, own: Option<&OfName<'_>>, holders: &[u64]) -> Doubt {
        let mut addresses = elsewhere.logins.iter().map(|(_, _, login)| login.address);
        let by_id = elsewhere
            .logins
            .iter()
            .any(|(_, _, login)| login.host_id.is_some());
        let own: HashSet<(usize, usize)> = own
            .into_iter()
            .flat_map(|own| &own.logins)
            .map(|(file, _, login)| (*file, login.snapshot))
            .collect();
        let at_one_time =
            |(file, _, login): &(usize, u64, &Login)| own.contains(&(*file, login.snapshot));
        if addresses.all(|one| one.is_some_and(|one| self.translated.contains(&one))) {
            Doubt::Translated
        } else if by_id
            || elsewhere.logins.iter().any(at_one_time)
            || self.is_fresh(holders, elsewhere.time())
        {
            Doubt::Little
        } else {
            Doubt::OldReport
        }
    }

    /// Whether a report of these hosts is at most a day older than what was seen at this time.
    fn is_fresh(&self, places: &[u64], seen: u64) -> bool {
        let records = self.records(places);
        let all = records.iter().map(|record| u64::from(record.time));
        all.max()
            .is_some_and(|made| made.saturating_add(FRESH) >= seen)
    }
}
