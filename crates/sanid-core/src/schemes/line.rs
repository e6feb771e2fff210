//! The names of `sanid-v1` as a line of text, for bulk work: all that differs
//! between two lines is one UUID, three times, so no name is built, only digits
//! are put in place.

use core::ops::Range;

use arrayvec::ArrayVec;

use super::sanid_v1_host_uuid;
use crate::{HostNqn, IqnPrefix, NAME_MAX, Seed};

/// What follows the prefix of the initiator name, with holes for the UUID.
const TAIL: &[u8; 142] = b":--------------------------------  \
    nqn.2014-08.org.nvmexpress:uuid:------------------------------------  \
    ------------------------------------\n";
const IQN: Range<usize> = hole(1, 32);
const HOST_NQN: Range<usize> = hole(IQN.end + 2 + HostNqn::UUID_PREFIX.len(), 36);
const HOST_ID: Range<usize> = hole(HOST_NQN.end + 2, 36);

const fn hole(start: usize, length: usize) -> Range<usize> {
    start..start + length
}

/// A line of text with the identity that `sanid-v1` derives, for machine-ids by
/// the million: initiator name, host NQN, Host ID, with two spaces between them
/// and a newline at the end.
///
/// It gives what [`Scheme::derive`](crate::Scheme::derive) gives, at the speed of
/// the hash: a line is made once and copied, and only the digits are put into
/// each copy.
///
/// ```
/// use sanid_core::{IqnPrefix, MachineId, SanidV1Line};
///
/// let line = SanidV1Line::new(&IqnPrefix::default());
/// let mut copy = line.as_bytes().to_vec();
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// line.fill(&mut copy, &seed);
/// assert_eq!(
///     copy,
///     b"iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b  \
///       nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b  \
///       652f5d50-a689-4520-b87b-fe2552ef6b8b\n",
/// );
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SanidV1Line {
    text: ArrayVec<u8, { NAME_MAX + TAIL.len() }>,
}

impl SanidV1Line {
    /// A line with this prefix before the `:` of the initiator name, and
    /// hyphens where the digits belong.
    ///
    /// ```
    /// use sanid_core::{IqnPrefix, SanidV1Line};
    ///
    /// let line = SanidV1Line::new(&IqnPrefix::parse("iqn.2024-01.com.example")?);
    /// assert!(line.as_bytes().starts_with(b"iqn.2024-01.com.example:-"));
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn new(prefix: &IqnPrefix) -> Self {
        // A prefix is shorter than a name, so all of it has room.
        let text = prefix.as_str().bytes().chain(*TAIL).collect();
        Self { text }
    }

    /// The line to copy.
    ///
    /// ```
    /// use sanid_core::{IqnPrefix, SanidV1Line};
    ///
    /// let line = SanidV1Line::new(&IqnPrefix::default());
    /// assert!(line.as_bytes().ends_with(b"-\n"));
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Puts the identity of a seed into a copy of the line; anything else is
    /// left as it is.
    ///
    /// ```
    /// use sanid_core::{IqnPrefix, MachineId, SanidV1Line};
    ///
    /// let line = SanidV1Line::new(&IqnPrefix::default());
    /// let mut short = [0; 8];
    /// line.fill(&mut short, &MachineId::from_bytes([7; 16]));
    /// assert_eq!(short, [0; 8]);
    /// ```
    pub fn fill(&self, copy: &mut [u8], seed: &Seed) {
        let right_length = copy.len() == self.text.len();
        if let Some(tail) = copy
            .last_chunk_mut::<{ TAIL.len() }>()
            .filter(|_| right_length)
        {
            let digits = sanid_v1_host_uuid(seed).digits();
            let hyphenated = digits.hyphenated();
            tail[IQN].copy_from_slice(digits.simple());
            tail[HOST_NQN].copy_from_slice(&hyphenated);
            tail[HOST_ID].copy_from_slice(&hyphenated);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;
    use crate::{DEFAULT_SCHEME, MachineId};

    #[test]
    fn the_line_has_the_names_of_the_scheme() {
        let longest = format!("iqn.2024-01.{0}.{0}.{0}", "a".repeat(56));
        for prefix in [
            "iqn.2016-04.com.open-iscsi",
            "iqn.1996-04.de.suse:01",
            &longest,
        ] {
            let prefix = IqnPrefix::parse(prefix).unwrap();
            let line = SanidV1Line::new(&prefix);
            let mut copy = line.as_bytes().to_vec();
            for number in 1..=100u128 {
                let seed = MachineId::from_bytes((number * 0x0123_4567_89ab_cdef).to_be_bytes());
                let derived = DEFAULT_SCHEME.derive(&seed, &prefix);
                let expected = format!(
                    "{}  {}  {}\n",
                    derived.iqn, derived.nvme.host_nqn, derived.nvme.host_id
                );
                line.fill(&mut copy, &seed);
                assert_eq!(String::from_utf8_lossy(&copy), expected);
            }
        }
    }
}
