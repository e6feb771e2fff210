//! One host in about 90 bytes: what is kept of its report.
//!
//! A name that follows from the Host ID, as in every scheme that gives a host one UUID, is kept as that
//! and not as text.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::quality::FixedState;
use sanid_core::{HostNqn, HostUuid, IscsiName, PortabilityIssue};

use super::words::{Known, Word};
use crate::hosts::Host;
use crate::reports::{Pair, Report};

/// Records begin at multiples of this, so that the place of one fits beside what else is sorted with it.
pub(crate) const ALIGN: usize = 8;
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
    /// A bit for each of [`PortabilityIssue::ALL`] that one of its names has.
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
            issues: issues(&names),
            live,
            names,
            findings: Cow::Owned(findings),
        }
    }

    /// The record of what an inventory expects.
    pub(crate) fn expected(host: &'a Host, line: u64) -> Self {
        Self {
            host: Cow::Borrowed(&host.name),
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
        }
    }

    /// Every set of names that the host uses, those on disk first.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &Names<'a>> {
        std::iter::once(&self.names).chain(&self.live)
    }

    /// What to look this host up by: each with the kinds that it stands for.
    pub(crate) fn keys(&self, mut take: impl FnMut(u64, u8)) {
        let mut keys: [(u64, u8); 4] = [(0, 0); 4];
        let mut used = 0;
        let mut add = |key: u64, kind: Kind, take: &mut dyn FnMut(u64, u8)| {
            let known = keys.iter_mut().take(used).find(|known| known.0 == key);
            match known {
                Some(known) => known.1 |= kind as u8,
                None => match keys.get_mut(used) {
                    Some(free) => {
                        *free = (key, kind as u8);
                        used += 1;
                    }
                    None => take(key, kind as u8),
                },
            }
        };
        if let Some(fingerprint) = &self.fingerprint {
            add(seed_key(fingerprint), Kind::Seed, &mut take);
        }
        for names in self.all_names() {
            if let Some(id) = &names.host_id {
                add(uuid_key(id), Kind::HostId, &mut take);
            }
            if let Some(nqn) = &names.host_nqn {
                add(nqn_key(nqn), Kind::HostNqn, &mut take);
            }
            if let Some(iqn) = &names.iqn {
                add(iqn_key(iqn), Kind::Iqn, &mut take);
            }
        }
        for (key, kinds) in keys.into_iter().take(used) {
            take(key, kinds);
        }
    }

    /// By what to look its own name up; names of hosts know no case (RFC 4343).
    pub(crate) fn name_key(&self) -> u64 {
        hash(b'h', comparable(&self.host).as_bytes())
    }
}

/// A host name as it is compared.
pub(crate) fn comparable(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// An initiator name as targets compare it: LIO and others in lower case, the standard after preparation
/// (RFC 7143 section 4.2.7.2).
pub(crate) fn comparable_iqn(iqn: &str) -> Cow<'_, str> {
    if iqn.is_ascii() {
        if iqn.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(iqn.to_ascii_lowercase());
        }
        return Cow::Borrowed(iqn);
    }
    match IscsiName::parse(iqn) {
        Ok(name) => Cow::Owned(name.normal_form().as_str().to_owned()),
        Err(_) => Cow::Borrowed(iqn),
    }
}

/// Who makes names whose hashes are one gains nothing: values of one key are told apart where they are read.
fn hash(label: u8, bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(u64::from(label)).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

pub(crate) fn seed_key(fingerprint: &[u8; 16]) -> u64 {
    hash(b's', fingerprint)
}

pub(crate) fn uuid_key(uuid: &[u8; 16]) -> u64 {
    hash(b'u', uuid)
}

/// A name made of a UUID is looked up by it, so that the three names of one host are one key.
pub(crate) fn nqn_key(nqn: &str) -> u64 {
    match nqn.strip_prefix(HostNqn::UUID_PREFIX).map(HostUuid::parse) {
        Some(Ok(uuid)) => uuid_key(uuid.as_bytes()),
        _ => hash(b'n', nqn.as_bytes()),
    }
}

pub(crate) fn iqn_key(iqn: &str) -> u64 {
    let iqn = comparable_iqn(iqn);
    match iqn_uuid(&iqn) {
        Some((_, uuid)) => uuid_key(&uuid),
        None => hash(b'i', iqn.as_bytes()),
    }
}

/// An initiator name that ends in a UUID without dashes, in lower case.
fn iqn_uuid(iqn: &str) -> Option<(&str, [u8; 16])> {
    let (prefix, digits) = iqn.rsplit_once(':')?;
    let uuid = HostUuid::parse_simple(digits)?;
    let lower = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    lower.then(|| (prefix, *uuid.as_bytes()))
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

/// What keeps the names from being read the same way everywhere. Those that every scheme of sanid makes
/// have nothing, and need no look.
fn issues(names: &Names<'_>) -> u32 {
    let mut bits = 0;
    let mut add = |issues: &[PortabilityIssue]| {
        for issue in issues {
            let place = PortabilityIssue::ALL.iter().position(|one| one == issue);
            bits |= place.map_or(0, |place| 1 << place);
        }
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
    if let Some(iqn) = names.iqn.as_deref() {
        let usual = iqn.starts_with("iqn.2016-04.com.open-iscsi:") && iqn.len() > 27;
        if !(usual && iqn.bytes().all(plain)) {
            if let Ok(name) = IscsiName::parse(iqn) {
                add(name.portability().issues());
            }
        }
    }
    if let Some(nqn) = names.host_nqn.as_deref() {
        let digits = nqn.strip_prefix(HostNqn::UUID_PREFIX);
        let usual = digits.is_some_and(|digits| digits.len() == 36 && digits.bytes().all(plain));
        if !usual {
            if let Ok(name) = HostNqn::parse(nqn) {
                add(name.portability().issues());
            }
        }
    }
    if let Some(id) = names.host_id {
        if HostUuid::from_bytes(id).is_denylisted() {
            add(&[PortabilityIssue::DenylistedUuid]);
        }
    }
    bits
}

/// How a name is written down.
mod form {
    pub(super) const NONE: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    /// From the Host ID of the same set of names.
    pub(super) const FROM_ID: u8 = 2;
}

impl<'a> Record<'a> {
    /// Writes it down, at a multiple of [`ALIGN`] when `out` begins at one.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let flags = &self.flags;
        let bits = [
            flags.inventory,
            flags.iqn_differs,
            flags.pair_differs,
            flags.danger,
            flags.warning,
            self.fingerprint.is_some(),
        ];
        let bits = bits
            .iter()
            .rev()
            .fold(0, |all, bit| all << 1 | u8::from(*bit));
        // Its length stands first; the bytes follow.
        let begin = out.len();
        out.extend([0; 4]);
        out.push(bits);
        out.extend([
            self.seed,
            self.seed_state,
            self.scheme,
            self.iqn_source,
            self.nvme_source,
            self.hardware,
        ]);
        out.extend(self.file.to_le_bytes());
        out.extend(self.line.to_le_bytes());
        out.extend(self.issues.to_le_bytes());
        out.extend(
            self.fingerprint
                .unwrap_or_default()
                .iter()
                .take(if self.fingerprint.is_some() { 16 } else { 0 }),
        );
        write_text(out, &self.host);
        // Both are cut to what a byte counts.
        out.push(u8::try_from(self.findings.len()).unwrap_or(u8::MAX));
        out.extend(self.findings.iter().take(LONGEST));
        out.push(u8::try_from(self.live.len()).unwrap_or(u8::MAX));
        for names in self.all_names() {
            names.write(out);
        }
        let length = u32::try_from(out.len() - begin).unwrap_or(u32::MAX);
        if let Some(place) = out.get_mut(begin..begin + 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(ALIGN), 0);
    }

    /// Reads it back.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (mut record, mut at) = Self::head(bytes)?;
        let live = at.byte()?;
        record.names = Names::read(&mut at)?;
        for _ in 0..live {
            record.live.push(Names::read(&mut at)?);
        }
        Some(record)
    }

    /// Reads it back, without its names.
    pub(crate) fn read_head(bytes: &'a [u8]) -> Option<Self> {
        Self::head(bytes).map(|(record, _)| record)
    }

    fn head(bytes: &'a [u8]) -> Option<(Self, Reader<'a>)> {
        let mut at = Reader(bytes);
        let _length = at.array::<4>()?;
        let bits = at.byte()?;
        let flag = |bit: u8| bits >> bit & 1 == 1;
        let mut record = Self {
            seed: at.byte()?,
            seed_state: at.byte()?,
            scheme: at.byte()?,
            iqn_source: at.byte()?,
            nvme_source: at.byte()?,
            hardware: at.byte()?,
            file: u32::from_le_bytes(at.array()?),
            line: u64::from_le_bytes(at.array()?),
            issues: u32::from_le_bytes(at.array()?),
            flags: Flags {
                inventory: flag(0),
                iqn_differs: flag(1),
                pair_differs: flag(2),
                danger: flag(3),
                warning: flag(4),
            },
            ..Self::default()
        };
        if flag(5) {
            record.fingerprint = Some(at.array()?);
        }
        record.host = Cow::Borrowed(at.text()?);
        let findings = usize::from(at.byte()?);
        record.findings = Cow::Borrowed(at.bytes(findings)?);
        Some((record, at))
    }
}

/// The length of the record that begins here, with what follows it up to the next one.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(Reader(bytes).array()?);
    Some(usize::try_from(length).ok()?.next_multiple_of(ALIGN))
}

impl<'a> Names<'a> {
    fn write(&self, out: &mut Vec<u8>) {
        match &self.host_id {
            Some(id) => {
                out.push(form::TEXT);
                out.extend(id);
            }
            None => out.push(form::NONE),
        }
        let digits = self.host_id.map(HostUuid::from_bytes);
        match self.host_nqn.as_deref() {
            None => out.push(form::NONE),
            Some(nqn) if digits.is_some_and(|id| is_nqn_of(nqn, &id)) => out.push(form::FROM_ID),
            Some(nqn) => {
                out.push(form::TEXT);
                write_text(out, nqn);
            }
        }
        match self.iqn.as_deref() {
            None => out.push(form::NONE),
            Some(iqn) => match iqn_uuid(iqn) {
                Some((prefix, uuid)) if Some(uuid) == self.host_id => {
                    out.push(form::FROM_ID);
                    write_text(out, prefix);
                }
                _ => {
                    out.push(form::TEXT);
                    write_text(out, iqn);
                }
            },
        }
    }

    fn read(at: &mut Reader<'a>) -> Option<Self> {
        let host_id = match at.byte()? {
            form::NONE => None,
            _ => Some(at.array()?),
        };
        let uuid = host_id.map(HostUuid::from_bytes);
        let host_nqn = match at.byte()? {
            form::NONE => None,
            form::FROM_ID => Some(Cow::Owned(HostNqn::from_uuid(&uuid?).as_str().to_owned())),
            _ => Some(Cow::Borrowed(at.text()?)),
        };
        let iqn = match at.byte()? {
            form::NONE => None,
            form::FROM_ID => {
                let prefix = at.text()?;
                Some(Cow::Owned(format!("{prefix}:{}", uuid?.simple())))
            }
            _ => Some(Cow::Borrowed(at.text()?)),
        };
        Some(Self {
            iqn,
            host_nqn,
            host_id,
        })
    }
}

fn is_nqn_of(nqn: &str, id: &HostUuid) -> bool {
    let digits = nqn.strip_prefix(HostNqn::UUID_PREFIX);
    digits.is_some_and(|digits| digits.as_bytes() == id.hyphenated_digits())
}

/// A text of at most 255 bytes, which is what a name has.
fn write_text(out: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    out.extend(text.as_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.byte()?);
        std::str::from_utf8(self.bytes(length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> impl Strategy<Value = Names<'static>> {
        let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
        let iqn = prop_oneof![
            Just(Some(
                "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b".to_owned()
            )),
            Just(Some(
                "iqn.2016-04.com.open-iscsi:652F5D50a6894520b87bfe2552ef6b8b".to_owned()
            )),
            Just(None),
            ".{0,40}".prop_map(Some),
        ];
        let nqn = prop_oneof![
            Just(Some(format!("nqn.2014-08.org.nvmexpress:uuid:{id}"))),
            Just(Some(format!(
                "nqn.2014-08.org.nvmexpress:uuid:{}",
                id.to_uppercase()
            ))),
            Just(None),
            ".{0,40}".prop_map(Some),
        ];
        let id = prop_oneof![
            Just(Some(*HostUuid::parse(id).unwrap().as_bytes())),
            any::<Option<[u8; 16]>>(),
        ];
        (iqn, nqn, id).prop_map(|(iqn, host_nqn, host_id)| Names {
            iqn: iqn.map(Cow::Owned),
            host_nqn: host_nqn.map(Cow::Owned),
            host_id,
        })
    }

    proptest! {
        #[test]
        fn a_record_is_read_as_it_was_written(
            host in ".{0,60}",
            words in any::<[u8; 6]>(),
            flags in any::<[bool; 5]>(),
            place in any::<(u32, u64, u32)>(),
            fingerprint in any::<Option<[u8; 16]>>(),
            names in names(),
            live in proptest::collection::vec(names(), 0..3),
            findings in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let record = Record {
                host: Cow::Owned(host),
                file: place.0,
                line: place.1,
                issues: place.2,
                seed: words[0], seed_state: words[1], scheme: words[2],
                iqn_source: words[3], nvme_source: words[4], hardware: words[5],
                flags: Flags { inventory: flags[0], iqn_differs: flags[1], pair_differs: flags[2], danger: flags[3], warning: flags[4] },
                fingerprint,
                names,
                live,
                findings: Cow::Owned(findings),
            };
            let mut bytes = Vec::new();
            record.write(&mut bytes);
            prop_assert_eq!(bytes.len() % ALIGN, 0);
            prop_assert_eq!(length(&bytes), Some(bytes.len()));
            prop_assert_eq!(Record::read(&bytes), Some(record));
        }
    }

    #[test]
    fn names_that_targets_take_for_one_have_one_key() {
        let same = [
            (
                "iqn.2016-04.com.open-iscsi:AB",
                "iqn.2016-04.com.open-iscsi:ab",
            ),
            (
                "iqn.2016-04.com.open-iscsi:652F5D50a6894520b87bfe2552ef6b8b",
                "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b",
            ),
            ("iqn.2017-11.dev.TÄLOS:x", "iqn.2017-11.dev.tälos:x"),
        ];
        for (a, b) in same {
            assert_eq!(iqn_key(a), iqn_key(b), "{a}");
            assert_eq!(comparable_iqn(a), comparable_iqn(b), "{a}");
        }
        // NQNs are compared byte for byte.
        assert_ne!(
            nqn_key("nqn.2014-08.com.example:A"),
            nqn_key("nqn.2014-08.com.example:a")
        );
    }

    #[test]
    fn the_three_names_of_one_uuid_are_one_key() {
        let uuid = HostUuid::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b").unwrap();
        let nqn = HostNqn::from_uuid(&uuid);
        let iqn = format!("iqn.2016-04.com.open-iscsi:{}", uuid.simple());
        assert_eq!(nqn_key(nqn.as_str()), uuid_key(uuid.as_bytes()));
        assert_eq!(iqn_key(&iqn), uuid_key(uuid.as_bytes()));
    }
}
