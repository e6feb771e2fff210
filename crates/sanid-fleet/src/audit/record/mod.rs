//! One host in about 80 bytes: what is kept of its report.

mod compared;
mod form;
mod issues;

use std::borrow::Cow;

use sanid_core::HostUuid;

use super::words::{Known, Word};
use crate::hosts::Host;
use crate::reports::{Pair, Report};
pub(crate) use compared::{comparable, comparable_iqn, iqn_key, nqn_key, seed_key, uuid_key};
pub(crate) use form::{ALIGN, length};

/// A host name has at most 255 bytes (RFC 1035 section 3.1), and no name of storage has more.
const LONGEST: usize = 255;
/// More names of live sessions than this on one host are not compared.
const MOST_LIVE: usize = 16;

/// What two hosts must not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Seed = 1,
    HostId = 2,
    HostNqn = 4,
    Iqn = 8,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Seed, Self::HostId, Self::HostNqn, Self::Iqn];
}

/// One host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// What it is called.
    pub(crate) host: Cow<'a, str>,
    /// By what to look a name up that is longer than what is kept of it.
    pub(crate) long_name: Option<u64>,
    /// The number of the file, and the line.
    pub(crate) file: u32,
    pub(crate) line: u64,
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
    pub(crate) names: Names<'a>,
    /// The names of live sessions that are not those.
    pub(crate) live: Vec<Names<'a>>,
    /// The codes of its own findings.
    pub(crate) findings: Cow<'a, [Word]>,
}

/// What is true of a host.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and one bit of the record"
)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// It is a line of the inventory and no report.
    pub(crate) inventory: bool,
    /// The initiator name on disk is not the desired one.
    pub(crate) iqn_differs: bool,
    /// The pair on disk is not the desired one.
    pub(crate) pair_differs: bool,
    /// The worst of its own findings is danger, or a warning.
    pub(crate) danger: bool,
    pub(crate) warning: bool,
}

/// Names that one host uses together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names<'a> {
    pub(crate) iqn: Option<Cow<'a, str>>,
    pub(crate) host_nqn: Option<Cow<'a, str>>,
    pub(crate) host_id: Option<[u8; 16]>,
}

impl<'a> Record<'a> {
    /// The record of a report.
    pub(crate) fn new(report: &'a Report<'a>, words: &mut Known<'_>) -> Self {
        let disk = names(report.iqn.as_deref(), &report.pair);
        let desired = names(report.desired_iqn.as_deref(), &report.desired_pair);
        let differs = |disk: bool, same: bool| disk && !same;
        let mut flags = Flags {
            iqn_differs: differs(
                disk.iqn.is_some() && desired.iqn.is_some(),
                disk.iqn == desired.iqn,
            ),
            pair_differs: differs(
                (disk.host_nqn.is_some() || disk.host_id.is_some()) && desired.host_id.is_some(),
                disk.host_nqn == desired.host_nqn && disk.host_id == desired.host_id,
            ),
            ..Flags::default()
        };
        for (_, severity) in &report.findings {
            flags.danger |= severity == "danger";
            flags.warning |= severity == "warning";
        }
        // Half a pair on disk is what is in use; the desired one counts where there is none at all.
        let pair = if disk.host_nqn.is_none() && disk.host_id.is_none() {
            &desired
        } else {
            &disk
        };
        let names = Names {
            host_nqn: pair.host_nqn.clone(),
            host_id: pair.host_id,
            iqn: disk.iqn.clone().or_else(|| desired.iqn.clone()),
        };
        let live = live(report, &names);
        let findings = report.findings.iter();
        let findings: Vec<Word> = findings
            .map(|(code, _)| words.number(Some(code)))
            .take(LONGEST)
            .collect();
        Self {
            host: Cow::Borrowed(""),
            long_name: None,
            file: 0,
            line: 0,
            seed: words.number(report.seed.as_deref()),
            seed_state: words.number(report.seed_state.as_deref()),
            fingerprint: report
                .fingerprint
                .as_deref()
                .and_then(HostUuid::parse_simple)
                .map(|uuid| *uuid.as_bytes()),
            scheme: words.number(report.scheme.as_deref()),
            iqn_source: words.number(report.iqn_source.as_deref()),
            nvme_source: words.number(report.nvme_source.as_deref()),
            hardware: words.number(report.hardware.as_deref()),
            flags,
            issues: issues::issues(&names),
            live,
            names,
            findings: Cow::Owned(findings),
        }
    }

    /// The same with this name.
    pub(crate) fn called(self, host: Cow<'a, str>) -> Self {
        let long_name = (host.len() > LONGEST).then(|| compared::name_key(&host));
        Self {
            host,
            long_name,
            ..self
        }
    }

    /// The record of what an inventory expects.
    pub(crate) fn expected(host: &'a Host, line: u64) -> Self {
        let record = Self {
            line,
            flags: Flags {
                inventory: true,
                ..Flags::default()
            },
            names: Names {
                iqn: host.iqn.as_ref().map(|iqn| Cow::Borrowed(iqn.as_str())),
                host_nqn: host
                    .host_nqn
                    .as_ref()
                    .map(|nqn| Cow::Borrowed(nqn.as_str())),
                host_id: host.host_id.map(|id| *id.uuid().as_bytes()),
            },
            ..Self::default()
        };
        record.called(Cow::Borrowed(&host.name))
    }

    /// Every set of names that the host uses, those on disk first.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &Names<'a>> {
        std::iter::once(&self.names).chain(&self.live)
    }
}

fn names<'a>(iqn: Option<&'a str>, pair: &'a Pair<'a>) -> Names<'a> {
    let name = |text: &'a str| (text.len() <= LONGEST).then_some(Cow::Borrowed(text));
    Names {
        iqn: iqn.and_then(name),
        host_nqn: pair.host_nqn.as_deref().and_then(name),
        host_id: pair
            .host_id
            .as_deref()
            .and_then(|id| HostUuid::parse(id).ok())
            .map(|uuid| *uuid.as_bytes()),
    }
}

fn live<'a>(report: &'a Report<'a>, used: &Names<'a>) -> Vec<Names<'a>> {
    let iqns = report.live_iqns.iter();
    let iqns = iqns.map(|iqn| Names {
        iqn: (iqn.len() <= LONGEST).then_some(Cow::Borrowed(iqn)),
        ..Names::default()
    });
    let pairs = report.live_pairs.iter().map(|pair| names(None, pair));
    let mut live: Vec<Names<'a>> = Vec::new();
    for one in iqns.chain(pairs) {
        let same = [
            one.iqn.is_none() || one.iqn == used.iqn,
            one.host_nqn.is_none() || one.host_nqn == used.host_nqn,
            one.host_id.is_none() || one.host_id == used.host_id,
        ];
        let known = same == [true; 3] || live.contains(&one);
        if !known && live.len() < MOST_LIVE {
            live.push(one);
        }
    }
    live
}
