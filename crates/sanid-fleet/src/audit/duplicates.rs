//! What must be one host's and is more than one's: the seed and the three names.
//!
//! Linux since 6.5 keeps the halves of a pair one to one while a controller lives: "found same hostnqn … but different
//! hostid …" and the reverse, `-EINVAL` (drivers/nvme/host/fabrics.c, `nvmf_host_add`).

use super::cause::cause;
use super::checks::{Found, name};
use super::code::Code;
use super::finding::{Finding, hosts};
use super::record::Fleet;
use super::shared::{Alike, Shared, alike, partners};
use crate::alike::{Digest, Kind};

/// Sets of clones that are listed in a finding about more hosts than those.
const MOST_CLONES: usize = 20;

fn code(kind: Kind) -> Code {
    match kind {
        Kind::Host => Code::HostNameShared,
        Kind::Seed => Code::DuplicateSeed,
        Kind::HostId => Code::DuplicateHostId,
        Kind::HostNqn => Code::DuplicateHostNqn,
        Kind::Iqn => Code::DuplicateIqn,
    }
}

fn why(kind: Kind) -> &'static str {
    match kind {
        Kind::Host | Kind::Seed => {
            "Every name that is derived from it is the same on all of them, and so is the data that arrays give them."
        }
        Kind::HostId => {
            "Reservations are registered by the Host ID: these hosts can corrupt each other's data without an error at login."
        }
        Kind::HostNqn => "A subsystem that admits one of these hosts admits all of them.",
        Kind::Iqn => {
            "A target takes these hosts for one: it gives each the volumes of the others, and a login ends the session of the host before."
        }
    }
}

/// A half of a pair that is used with different other halves.
struct Halves {
    code: Code,
    others: Vec<String>,
}

fn halves(fleet: &Fleet, set: &Alike) -> Vec<Halves> {
    let halves = [
        (Kind::HostNqn, Code::HostNqnWithTwoIds),
        (Kind::HostId, Code::HostIdWithTwoNqns),
    ];
    let of = |(kind, code): (Kind, Code)| {
        let values = set.values.iter().filter(move |value| value.0 == kind);
        values.filter_map(move |value| {
            let (mut others, more) = partners(fleet, kind, (value.1, &set.places));
            if others.len() < 2 {
                return None;
            }
            if more {
                others.push("others".to_owned());
            }
            Some(Halves { code, others })
        })
    };
    halves.into_iter().flat_map(of).collect()
}

/// The findings about hosts that share something: one for each set of hosts, the largest first.
pub(super) fn duplicates(fleet: &Fleet, limit: usize) -> Vec<Found> {
    let codes = [
        Code::DuplicateSeed,
        Code::DuplicateHostId,
        Code::DuplicateHostNqn,
        Code::DuplicateIqn,
        Code::HostNqnWithTwoIds,
        Code::HostIdWithTwoNqns,
    ];
    let mut found: Vec<Found> = codes.into_iter().map(Found::none).collect();
    let mut count = |code: Code, omitted: bool| {
        if let Some(found) = found.iter_mut().find(|found| found.code == code) {
            found.count += 1;
            found.omitted += u64::from(omitted);
        }
    };
    let mut findings = Vec::new();
    for (number, set) in alike(fleet.hosts()).iter().enumerate() {
        let halves = halves(fleet, set);
        for (kind, _) in &set.values {
            count(code(*kind), number >= limit);
        }
        for half in &halves {
            count(half.code, number >= limit);
        }
        if number < limit {
            findings.extend(finding(fleet, set, halves, limit));
        }
    }
    if let Some(first) = found.first_mut() {
        first.findings = findings;
    }
    found
}

fn finding(fleet: &Fleet, set: &Alike, halves: Vec<Halves>, limit: usize) -> Option<Finding> {
    let of = |(kind, digest): (Kind, Digest)| Shared::new(fleet, kind, (digest, &set.places));
    let all: Vec<Shared> = set.values.iter().map(|value| of(*value)).collect();
    let shared = all.first()?;
    let cause = cause(shared);
    let about = all.iter().map(|shared| match shared.kind {
        Kind::Seed => format!("fingerprint {}", shared.value),
        _ => shared.value.clone(),
    });
    let what = match shared.kind {
        Kind::Host => "host name",
        Kind::Seed => shared
            .kinds_of_seed
            .first()
            .map_or("machine-id", |seed| &seed.0),
        Kind::HostId => "Host ID",
        Kind::HostNqn => "host NQN",
        Kind::Iqn => "initiator name",
    };
    let mut also: Vec<Code> = all.iter().skip(1).map(|shared| code(shared.kind)).collect();
    let mut details: Vec<String> = shared
        .givers
        .iter()
        .map(|from| format!("from {from}"))
        .collect();
    for half in halves {
        also.push(half.code);
        let others = half.others.iter().map(|other| match other.as_str() {
            "others" => "and others".to_owned(),
            other => format!("with {other}"),
        });
        details.extend(others);
    }
    also.dedup();
    let mut fix: Vec<String> = cause.fix().iter().map(ToString::to_string).collect();
    if shared.one_machine {
        fix.insert(0, "where they are one machine that was reached by several names: list it once, and audit again".to_owned());
    }
    let names = |places: &Vec<u64>| {
        let shown = places.iter().take(limit).map(|place| name(fleet, *place));
        let text = shown.collect::<Vec<_>>().join(" ");
        match places.len().saturating_sub(limit) {
            0 => text,
            more => format!("{text} and {more} more"),
        }
    };
    // What helps hosts of different seeds leaves copies of one disk as they are.
    if shared.clones.len() + usize::from(shared.seeds > 1 || shared.without_seed > 0) > 1 {
        let clones = shared.clones.iter().take(MOST_CLONES);
        details.extend(clones.map(|places| format!("one machine-id on {}", names(places))));
        fix.insert(
            0,
            "sanid reseed    first, on all but one of the hosts with one machine-id".to_owned(),
        );
    }
    Some(Finding {
        cause: Some(cause),
        also,
        about: about.collect(),
        details,
        fix,
        hosts: shared.hosts,
        named: set.places.iter().copied().take(limit).collect(),
        ..Finding::new(
            code(shared.kind),
            format!("{} have one {what}", hosts(shared.hosts)),
            why(shared.kind),
        )
    })
}
