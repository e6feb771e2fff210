//! A line of text with holes: all that differs between two lines of `sanid-v1` is one UUID, three times.
//!
//! Bulk work then costs little more than the hash: no name is built, only digits are put in place.

use std::ops::Range;

use sanid_core::{HostNqn, HostUuid, IqnPrefix};

const SIMPLE: usize = 32;
const HYPHENATED: usize = 36;

pub(super) struct Template {
    line: Vec<u8>,
    iqn: Range<usize>,
    host_nqn: Range<usize>,
    host_id: Range<usize>,
}

impl Template {
    pub(super) fn new(prefix: &IqnPrefix) -> Self {
        let mut line = Vec::new();
        let mut hole = |before: &str, length: usize| {
            line.extend_from_slice(before.as_bytes());
            let start = line.len();
            line.resize(start + length, b'0');
            start..start + length
        };
        let iqn = hole(&format!("{}:", prefix.as_str()), SIMPLE);
        let host_nqn = hole(&format!("  {}", HostNqn::UUID_PREFIX), HYPHENATED);
        let host_id = hole("  ", HYPHENATED);
        line.push(b'\n');
        Self {
            line,
            iqn,
            host_nqn,
            host_id,
        }
    }

    pub(super) fn fill(&mut self, uuid: &HostUuid) -> &[u8] {
        let hyphenated = uuid.hyphenated_digits();
        for (hole, digits) in [
            (self.iqn.clone(), uuid.simple_digits().as_slice()),
            (self.host_nqn.clone(), hyphenated.as_slice()),
            (self.host_id.clone(), hyphenated.as_slice()),
        ] {
            // Each hole was made for as many digits as are put into it.
            if let Some(hole) = self.line.get_mut(hole) {
                hole.copy_from_slice(digits);
            }
        }
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use sanid_core::{DEFAULT_SCHEME, MachineId, sanid_v1_host_uuid};

    use super::*;

    #[test]
    fn the_line_has_the_names_of_the_scheme() {
        for prefix in ["iqn.2016-04.com.open-iscsi", "iqn.1996-04.de.suse:01"] {
            let prefix = IqnPrefix::parse(prefix).unwrap();
            let mut template = Template::new(&prefix);
            for number in 1..=100u128 {
                let seed = MachineId::from_bytes((number * 0x0123_4567_89ab_cdef).to_be_bytes());
                let derived = DEFAULT_SCHEME.derive(&seed, &prefix);
                let expected = format!(
                    "{}  {}  {}\n",
                    derived.iqn, derived.nvme.host_nqn, derived.nvme.host_id
                );
                let line = template.fill(&sanid_v1_host_uuid(&seed));
                assert_eq!(core::str::from_utf8(line).unwrap(), expected);
            }
        }
    }
}
