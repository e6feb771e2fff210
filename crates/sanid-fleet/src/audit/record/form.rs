//! A record as bytes.
//!
//! A name that follows from the Host ID, as in every scheme that gives a host one UUID, is kept as that
//! and not as text.

use std::borrow::Cow;

use sanid_core::{HostNqn, HostUuid};

use super::compared::{iqn_key, nqn_key, seed_key, uuid_key};
use super::{Flags, LONGEST, Names, Record};

/// Records begin at multiples of this, so that the place of one fits beside what else is sorted with it.
pub(crate) const ALIGN: usize = 8;

/// What the initiator names of most hosts begin with.
pub(super) const USUAL: &str = "iqn.2016-04.com.open-iscsi";

/// How a name is written down.
mod how {
    pub(super) const NONE: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    /// From the Host ID of the same set of names.
    pub(super) const FROM_ID: u8 = 2;
    /// The same, with the usual prefix.
    pub(super) const USUAL: u8 = 3;
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
            self.long_name.is_some(),
        ];
        let bits = bits
            .iter()
            .rev()
            .fold(0, |all, bit| all << 1 | u8::from(*bit));
        // Its length stands first; the bytes follow.
        let begin = out.len();
        out.extend([0; 2]);
        out.push(bits);
        out.extend([
            self.seed,
            self.seed_state,
            self.scheme,
            self.iqn_source,
            self.nvme_source,
            self.hardware,
        ]);
        write_number(out, self.file.into());
        write_number(out, self.line);
        write_number(out, self.issues.into());
        if let Some(fingerprint) = &self.fingerprint {
            out.extend(fingerprint);
        }
        if let Some(key) = self.long_name {
            out.extend(key.to_le_bytes());
        }
        write_text(out, &self.host);
        // Both are cut to what a byte counts.
        out.push(u8::try_from(self.findings.len()).unwrap_or(u8::MAX));
        out.extend(self.findings.iter().take(LONGEST));
        out.push(u8::try_from(self.live.len()).unwrap_or(u8::MAX));
        for names in self.all_names() {
            names.write(out);
        }
        let length = u16::try_from(out.len() - begin).unwrap_or(u16::MAX);
        if let Some(place) = out.get_mut(begin..begin + 2) {
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

    /// [`name_key`](Self::name_key) of a record as it is written.
    pub(crate) fn stored_name_key(bytes: &[u8]) -> Option<u64> {
        Record::head(bytes).map(|(record, _)| record.name_key())
    }

    /// What to look a host up by, of its record as it is written, without making its names; none of the
    /// inventory. A key can come more than once.
    pub(crate) fn stored_keys(bytes: &[u8], take: &mut dyn FnMut(u64)) -> Option<()> {
        let (record, mut at) = Record::head(bytes)?;
        if record.flags.inventory {
            return Some(());
        }
        if let Some(fingerprint) = &record.fingerprint {
            take(seed_key(fingerprint));
        }
        let live = at.byte()?;
        for _ in 0..=live {
            Names::stored_keys(&mut at, take)?;
        }
        Some(())
    }

    fn head(bytes: &'a [u8]) -> Option<(Self, Reader<'a>)> {
        let mut at = Reader(bytes);
        let _length = at.array::<2>()?;
        let bits = at.byte()?;
        let flag = |bit: u8| bits >> bit & 1 == 1;
        let mut record = Self {
            seed: at.byte()?,
            seed_state: at.byte()?,
            scheme: at.byte()?,
            iqn_source: at.byte()?,
            nvme_source: at.byte()?,
            hardware: at.byte()?,
            file: u32::try_from(at.number()?).ok()?,
            line: at.number()?,
            issues: u32::try_from(at.number()?).ok()?,
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
        if flag(6) {
            record.long_name = Some(u64::from_le_bytes(at.array()?));
        }
        record.host = Cow::Borrowed(at.text()?);
        let findings = usize::from(at.byte()?);
        record.findings = Cow::Borrowed(at.bytes(findings)?);
        Some((record, at))
    }
}

/// The length of the record that begins here, with what follows it up to the next one.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let length = u16::from_le_bytes(Reader(bytes).array()?);
    Some(usize::from(length).next_multiple_of(ALIGN))
}

impl<'a> Names<'a> {
    fn write(&self, out: &mut Vec<u8>) {
        match &self.host_id {
            Some(id) => {
                out.push(how::TEXT);
                out.extend(id);
            }
            None => out.push(how::NONE),
        }
        let digits = self.host_id.map(HostUuid::from_bytes);
        match self.host_nqn.as_deref() {
            None => out.push(how::NONE),
            Some(nqn) if digits.is_some_and(|id| is_nqn_of(nqn, &id)) => out.push(how::FROM_ID),
            Some(nqn) => {
                out.push(how::TEXT);
                write_text(out, nqn);
            }
        }
        match self.iqn.as_deref() {
            None => out.push(how::NONE),
            Some(iqn) => match digits.and_then(|id| prefix_of(iqn, &id)) {
                Some(USUAL) => out.push(how::USUAL),
                Some(prefix) => {
                    out.push(how::FROM_ID);
                    write_text(out, prefix);
                }
                None => {
                    out.push(how::TEXT);
                    write_text(out, iqn);
                }
            },
        }
    }

    fn stored_keys(at: &mut Reader<'_>, take: &mut dyn FnMut(u64)) -> Option<()> {
        let of_id = match at.byte()? {
            how::NONE => None,
            _ => Some(uuid_key(&at.array()?)),
        };
        if let Some(key) = of_id {
            take(key);
        }
        // What follows from the Host ID has its key.
        if at.byte()? == how::TEXT {
            take(nqn_key(at.text()?));
        }
        match at.byte()? {
            how::FROM_ID => at.text().map(|_| ()),
            how::TEXT => at.text().map(|iqn| take(iqn_key(iqn))),
            _ => Some(()),
        }
    }

    fn read(at: &mut Reader<'a>) -> Option<Self> {
        let host_id = match at.byte()? {
            how::NONE => None,
            _ => Some(at.array()?),
        };
        let uuid = host_id.map(HostUuid::from_bytes);
        let host_nqn = match at.byte()? {
            how::NONE => None,
            how::FROM_ID => Some(Cow::Owned(HostNqn::from_uuid(&uuid?).as_str().to_owned())),
            _ => Some(Cow::Borrowed(at.text()?)),
        };
        let iqn = match at.byte()? {
            how::NONE => None,
            how::FROM_ID => Some(Cow::Owned(iqn_of(at.text()?, &uuid?))),
            how::USUAL => Some(Cow::Owned(iqn_of(USUAL, &uuid?))),
            _ => Some(Cow::Borrowed(at.text()?)),
        };
        Some(Self {
            iqn,
            host_nqn,
            host_id,
        })
    }
}

fn iqn_of(prefix: &str, uuid: &HostUuid) -> String {
    format!("{prefix}:{}", uuid.simple())
}

/// What stands before this UUID in an initiator name that ends in it.
pub(super) fn prefix_of<'n>(iqn: &'n str, id: &HostUuid) -> Option<&'n str> {
    let (prefix, digits) = iqn.split_at_checked(iqn.len().checked_sub(32)?)?;
    let same = digits.as_bytes() == id.simple_digits();
    prefix.strip_suffix(':').filter(|_| same)
}

/// Whether a host NQN is that of this UUID.
pub(super) fn is_nqn_of(nqn: &str, id: &HostUuid) -> bool {
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

/// Seven bits to a byte, the lowest first; the last byte has none above them.
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        let [low, ..] = number.to_le_bytes();
        out.push(low | 0x80);
        number >>= 7;
    }
    let [low, ..] = number.to_le_bytes();
    out.push(low);
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

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
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
    use std::collections::BTreeSet;

    fn names() -> impl Strategy<Value = Names<'static>> {
        let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
        let iqn = prop_oneof![
            Just(Some(
                "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b".to_owned()
            )),
            Just(Some(
                "iqn.1994-05.com.Example:Rack:652f5d50a6894520b87bfe2552ef6b8b".to_owned()
            )),
            Just(Some(
                "iqn.1994-05.com.redhat:652f5d50a6894520b87bfe2552ef6b8b".to_owned()
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
            place in (any::<u32>(), prop_oneof![0..300_u64, any::<u64>()], any::<u32>()),
            fingerprint in any::<Option<[u8; 16]>>(),
            long_name in any::<Option<u64>>(),
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
                long_name,
                names,
                live,
                findings: Cow::Owned(findings),
            };
            let mut bytes = Vec::new();
            record.write(&mut bytes);
            prop_assert_eq!(bytes.len() % ALIGN, 0);
            prop_assert_eq!(length(&bytes), Some(bytes.len()));
            let read = Record::read(&bytes).unwrap();
            prop_assert_eq!(Record::stored_name_key(&bytes), Some(record.name_key()));
            let (mut keys, mut expected) = (BTreeSet::new(), BTreeSet::new());
            Record::stored_keys(&bytes, &mut |key| keys.extend([key])).unwrap();
            if !record.flags.inventory {
                expected.extend(record.fingerprint.as_ref().map(seed_key));
                for names in record.all_names() {
                    expected.extend(names.host_id.as_ref().map(uuid_key));
                    expected.extend(names.host_nqn.as_deref().map(nqn_key));
                    expected.extend(names.iqn.as_deref().map(iqn_key));
                }
            }
            prop_assert_eq!(keys, expected);
            prop_assert_eq!(read, record);
        }
    }
}
