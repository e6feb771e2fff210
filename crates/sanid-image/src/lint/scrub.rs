//! The machine-id out of every text: it is confidential (machine-id(5)).

/// The machine-ids that were seen, never shown.
#[derive(Default, Clone)]
pub(crate) struct Scrub {
    ids: Vec<String>,
}

/// More are not remembered: an image has one, and its copies.
const MOST: usize = 64;

impl Scrub {
    /// Remembers the machine-id in a file, if it is valid.
    pub(crate) fn learn(&mut self, bytes: &[u8]) {
        let digits: String = bytes
            .iter()
            .filter(|byte| !matches!(byte, b'-' | b' ' | b'\n' | b'\r' | b'\t'))
            .take(33)
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect();
        let is_one = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_one && self.ids.len() < MOST && !self.ids.contains(&digits) {
            self.ids.push(digits);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for id in other.ids {
            self.learn(id.as_bytes());
        }
    }

    /// The text without any of them, however its digits are written and divided by dashes.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for id in &self.ids {
            while let Some((from, to)) = find(&text, id) {
                text.replace_range(from..to, "(machine-id)");
            }
        }
        text
    }
}

/// The position of these digits, with or without dashes.
fn find(text: &str, digits: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|from| {
        let mut wanted = digits.bytes();
        let mut next = wanted.next()?;
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            if *byte == b'-' && at > from {
                continue;
            }
            if byte.to_ascii_lowercase() != next {
                return None;
            }
            match wanted.next() {
                Some(digit) => next = digit,
                None => return Some((from, at + 1)),
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_id_is_taken_out_however_it_is_written() {
        let mut scrub = Scrub::default();
        scrub.learn(b"3d1219c7c4c5404aaa1f6d2a48adfda4\n");
        for text in [
            "nqn:3d1219c7c4c5404aaa1f6d2a48adfda4!",
            "nqn:3D1219C7-C4C5-404a-aa1f-6d2a48adfda4!",
        ] {
            assert_eq!(scrub.text(text), "nqn:(machine-id)!");
        }
        assert_eq!(
            scrub.text("3d1219c7c4c5404aaa1f6d2a48adfda"),
            "3d1219c7c4c5404aaa1f6d2a48adfda"
        );
        assert_eq!(Scrub::default().text("x"), "x");
    }
}
