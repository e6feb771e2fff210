//! One host in some two hundred bytes: what is kept of its report.

mod addresses;
mod issues;

use std::borrow::Cow;
use std::time::UNIX_EPOCH;

use sanid_core::{HostNqn, HostUuid};

use super::words::{Known, Word, Words};
use crate::alike::{self, Digest, Finder, Kind, USUAL};
use crate::hosts::Host;
use crate::reports::{Pair, Report};

/// No name of storage has more bytes.
const LONGEST: usize = 255;
/// More names of live sessions than this on one host are not compared.
const MOST_LIVE: usize = 16;

/// One host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// What it is called.
    pub(crate) host: Box<str>,
    /// The number of the file, and the line.
    pub(crate) file: u32,
    pub(crate) line: u32,
    /// When the report was made, in seconds since 1970; 0 where it does not say.
    pub(crate) time: u32,
    pub(crate) boot: Option<[u8; 16]>,
    pub(crate) seed: Word,
    pub(crate) seed_state: Word,
    pub(crate) fingerprint: Option<[u8; 16]>,
    pub(crate) scheme: Word,
    pub(crate) iqn_source: Word,
    pub(crate) nvme_source: Word,
    pub(crate) hardware: Word,
    pub(crate) flags: Flags,
    /// A bit for each of [`PortabilityIssue::ALL`](sanid_core::PortabilityIssue::ALL) that one of its names has.
    pub(crate) issues: u32,
    /// The names in use: those on disk, else those desired.
    pub(crate) names: Names,
    /// What few hosts have.
    more: Option<Box<More>>,
}

#[derive(Debug, Clone, Default)]
struct More {
    /// What it calls itself, where it was reached by a different name.
    own: Option<Box<str>>,
    /// The names of live sessions and of programs that are not those in use.
    live: Vec<Names>,
    /// Names that programs take from records of their own, each with its record.
    given: Vec<(Box<str>, Box<str>)>,
    /// The codes of its own findings.
    findings: Vec<Word>,
    addresses: Box<[std::net::IpAddr]>,
}

/// What is true of a host.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags {
    /// It is a line of the inventory and not a report.
    pub(crate) inventory: bool,
    /// Another report is of the same host, and counts.
    pub(crate) superseded: bool,
    /// The initiator name on disk is not the desired one.
    pub(crate) iqn_differs: bool,
    /// The pair on disk is not the desired one.
    pub(crate) pair_differs: bool,
    /// The worst of its own findings is danger, or a warning.
    pub(crate) danger: bool,
    pub(crate) warning: bool,
}

/// Names that one host uses together. One that follows from the Host ID, as in every scheme that gives a host one UUID,
/// needs no text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    iqn: Option<Box<str>>,
    host_nqn: Option<Box<str>>,
    pub(crate) host_id: Option<[u8; 16]>,
    iqn_from_id: bool,
    nqn_from_id: bool,
}

impl Record {
    /// The record of a report.
    pub(crate) fn new(report: &Report<'_>, words: &mut Known<'_>) -> Self {
        let disk = Used::new(report.iqn.as_deref(), &report.pair);
        let desired = Used::new(report.desired_iqn.as_deref(), &report.desired_pair);
        let has_pair = disk.host_nqn.is_some() || disk.host_id.is_some();
        let mut flags = Flags {
            iqn_differs: disk.iqn.is_some() && desired.iqn.is_some() && disk.iqn != desired.iqn,
            pair_differs: has_pair
                && desired.host_id.is_some()
                && (disk.host_nqn, disk.host_id) != (desired.host_nqn, desired.host_id),
            ..Flags::default()
        };
        for (_, severity) in &report.findings {
            flags.danger |= severity == "danger";
            flags.warning |= severity == "warning";
        }
        // Half a pair on disk is in use; without either half the desired pair counts.
        let pair = if has_pair { &disk } else { &desired };
        let used = Used {
            iqn: disk.iqn.or(desired.iqn),
            ..*pair
        };
        let fingerprint = report
            .fingerprint
            .as_deref()
            .and_then(HostUuid::parse_simple);
        let boot = report
            .boot
            .as_deref()
            .and_then(|boot| HostUuid::parse(boot).ok());
        let time = report
            .time
            .as_deref()
            .and_then(|time| humantime::parse_rfc3339_weak(time).ok());
        let time = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            time: time.map_or(0, |time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX)),
            boot: boot.map(|boot| *boot.as_bytes()),
            seed: words.number(report.seed.as_deref()),
            seed_state: words.number(report.seed_state.as_deref()),
            fingerprint: fingerprint.map(|uuid| *uuid.as_bytes()),
            scheme: words.number(report.scheme.as_deref()),
            iqn_source: words.number(report.iqn_source.as_deref()),
            nvme_source: words.number(report.nvme_source.as_deref()),
            hardware: words.number(report.hardware.as_deref()),
            flags,
            issues: issues::issues(&used),
            names: used.kept(),
            more: More::new(report, &used, words).map(Box::new),
            ..Self::default()
        }
    }

    /// The record of what an inventory expects.
    pub(crate) fn expected(host: &Host, line: u64) -> Self {
        let used = Used {
            iqn: host.iqn.as_ref().map(sanid_core::IscsiName::as_str),
            host_nqn: host.host_nqn.as_ref().map(HostNqn::as_str),
            host_id: host.host_id.map(|id| *id.uuid().as_bytes()),
        };
        Self {
            host: host.name.as_str().into(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            flags: Flags {
                inventory: true,
                ..Flags::default()
            },
            names: used.kept(),
            ..Self::default()
        }
    }

    /// Every set of names that the host uses, those on disk first.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &Names> {
        let live = self.more.iter().flat_map(|more| &more.live);
        std::iter::once(&self.names).chain(live)
    }

    /// What it calls itself, where it was reached by a different name.
    pub(crate) fn own(&self) -> Option<&str> {
        self.more.as_ref()?.own.as_deref()
    }

    /// The codes of its own findings.
    pub(crate) fn findings(&self) -> &[Word] {
        self.more.as_ref().map_or(&[], |more| &more.findings)
    }

    /// The record of a program that gives this name.
    pub(crate) fn giver(&self, name: &str) -> Option<&str> {
        let given = &self.more.as_ref()?.given;
        let given = given
            .iter()
            .find(|(iqn, _)| alike::iqn(iqn) == alike::iqn(name));
        given.map(|(_, from)| &**from)
    }

    /// Every value that no other host may have.
    pub(crate) fn values(&self, mut take: impl FnMut(Kind, Digest, Option<&Names>)) {
        if let Some(fingerprint) = self.fingerprint {
            take(Kind::Seed, Digest::of_bytes(fingerprint), None);
        }
        for names in self.all_names() {
            names.values(|kind, value| take(kind, value, Some(names)));
        }
    }

    /// The same for the search.
    pub(crate) fn values_for(&self, finder: &mut Finder, place: u64) {
        if let Some(fingerprint) = self.fingerprint {
            finder.add(Kind::Seed, Digest::of_bytes(fingerprint), place);
        }
        for names in self.all_names() {
            match names
                .host_id
                .filter(|_| names.iqn_from_id && names.nqn_from_id)
            {
                Some(id) => finder.add_uuid(id, place),
                None => names.values(|kind, value| finder.add(kind, value, place)),
            }
        }
    }
}

impl More {
    fn new(report: &Report<'_>, used: &Used<'_>, words: &mut Known<'_>) -> Option<Self> {
        let reached = report.collected_as.as_deref().map(alike::host);
        let own = report.host.as_deref().map(alike::host);
        let own = own.filter(|own| reached.is_some_and(|reached| reached != *own));
        let findings = report.findings.iter().take(LONGEST);
        let given = report.given.iter().take(MOST_LIVE);
        let more = Self {
            own: own.map(Into::into),
            live: live(report, used),
            given: given
                .map(|(name, from)| (name.as_ref().into(), from.as_ref().into()))
                .collect(),
            findings: findings.map(|(code, _)| words.number(Some(code))).collect(),
            addresses: Box::default(),
        };
        let nothing = more.own.is_none()
            && more.live.is_empty()
            && more.given.is_empty()
            && more.findings.is_empty();
        (!nothing).then_some(more)
    }
}

impl Names {
    fn values(&self, mut take: impl FnMut(Kind, Digest)) {
        let of_id = self.host_id.map(Digest::of_bytes);
        let nqn = self.host_nqn.as_deref().map(Digest::of_nqn);
        let iqn = self.iqn.as_deref().map(Digest::of_iqn);
        for (kind, value) in [
            (Kind::HostId, of_id),
            (Kind::HostNqn, nqn.or(of_id.filter(|_| self.nqn_from_id))),
            (Kind::Iqn, iqn.or(of_id.filter(|_| self.iqn_from_id))),
        ] {
            if let Some(value) = value {
                take(kind, value);
            }
        }
    }

    /// The initiator name.
    pub(crate) fn iqn(&self) -> Option<Cow<'_, str>> {
        let of_id = || {
            let uuid = HostUuid::from_bytes(self.host_id.filter(|_| self.iqn_from_id)?);
            Some(Cow::Owned(format!("{USUAL}:{}", uuid.simple())))
        };
        self.iqn.as_deref().map(Cow::Borrowed).or_else(of_id)
    }

    /// The host NQN.
    pub(crate) fn host_nqn(&self) -> Option<Cow<'_, str>> {
        let of_id = || {
            let uuid = HostUuid::from_bytes(self.host_id.filter(|_| self.nqn_from_id)?);
            Some(Cow::Owned(HostNqn::from_uuid(&uuid).as_str().to_owned()))
        };
        self.host_nqn.as_deref().map(Cow::Borrowed).or_else(of_id)
    }
}

/// Names as the text of a report has them.
#[derive(Debug, Clone, Copy, Default)]
struct Used<'a> {
    iqn: Option<&'a str>,
    host_nqn: Option<&'a str>,
    host_id: Option<[u8; 16]>,
}

impl<'a> Used<'a> {
    fn new(iqn: Option<&'a str>, pair: &'a Pair<'a>) -> Self {
        let id = pair
            .host_id
            .as_deref()
            .and_then(|id| HostUuid::parse(id).ok());
        Self {
            iqn: iqn.filter(|iqn| iqn.len() <= LONGEST),
            host_nqn: pair.host_nqn.as_deref().filter(|nqn| nqn.len() <= LONGEST),
            host_id: id.map(|uuid| *uuid.as_bytes()),
        }
    }

    fn iqn_is_usual(&self) -> bool {
        let digits = self
            .iqn
            .and_then(|iqn| iqn.strip_prefix(USUAL)?.strip_prefix(':'));
        let id = self.host_id.map(HostUuid::from_bytes);
        digits
            .zip(id)
            .is_some_and(|(digits, id)| digits.as_bytes() == id.simple_digits())
    }

    fn nqn_is_usual(&self) -> bool {
        let digits = self
            .host_nqn
            .and_then(|nqn| nqn.strip_prefix(HostNqn::UUID_PREFIX));
        let id = self.host_id.map(HostUuid::from_bytes);
        digits
            .zip(id)
            .is_some_and(|(digits, id)| digits.as_bytes() == id.hyphenated_digits())
    }

    fn kept(&self) -> Names {
        let (iqn_from_id, nqn_from_id) = (self.iqn_is_usual(), self.nqn_is_usual());
        Names {
            iqn: self.iqn.filter(|_| !iqn_from_id).map(Into::into),
            host_nqn: self.host_nqn.filter(|_| !nqn_from_id).map(Into::into),
            host_id: self.host_id,
            iqn_from_id,
            nqn_from_id,
        }
    }
}

fn live(report: &Report<'_>, used: &Used<'_>) -> Vec<Names> {
    let none = Pair::default();
    let iqns = report
        .live_iqns
        .iter()
        .map(|iqn| Used::new(Some(iqn), &none));
    let pairs = report.live_pairs.iter().map(|pair| Used::new(None, pair));
    let mut live: Vec<Names> = Vec::new();
    for one in iqns.chain(pairs) {
        let known = (one.iqn.is_none() || one.iqn == used.iqn)
            && (one.host_nqn.is_none() || one.host_nqn == used.host_nqn)
            && (one.host_id.is_none() || one.host_id == used.host_id);
        if !known && live.len() < MOST_LIVE {
            let names = one.kept();
            if !live.contains(&names) {
                live.push(names);
            }
        }
    }
    live
}

/// Records in the parts in which they were read, with what their words mean.
#[derive(Default)]
pub(crate) struct Fleet {
    parts: Vec<Vec<Record>>,
    /// The place of the first record of each part.
    begins: Vec<u64>,
    count: u64,
    pub(crate) words: Words,
}

impl Fleet {
    /// Adds records, whose places follow those of the others.
    pub(crate) fn push(&mut self, records: Vec<Record>) {
        self.begins.push(self.count);
        self.count += records.len() as u64;
        self.parts.push(records);
    }

    fn at(&self, place: u64) -> Option<(usize, usize)> {
        let part = self
            .begins
            .partition_point(|begin| *begin <= place)
            .checked_sub(1)?;
        let within = place - self.begins.get(part)?;
        Some((part, usize::try_from(within).ok()?))
    }

    pub(crate) fn get(&self, place: u64) -> Option<&Record> {
        let (part, within) = self.at(place)?;
        self.parts.get(part)?.get(within)
    }

    pub(crate) fn get_mut(&mut self, place: u64) -> Option<&mut Record> {
        let (part, within) = self.at(place)?;
        self.parts.get_mut(part)?.get_mut(within)
    }

    /// Every record with its place.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &Record)> {
        (0..).zip(self.parts.iter().flatten())
    }

    /// The rows of the inventory.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &Record)> {
        self.all().filter(|(_, record)| record.flags.inventory)
    }

    /// The reports that count.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = (u64, &Record)> {
        self.all()
            .filter(|(_, record)| !record.flags.inventory && !record.flags.superseded)
    }
}
