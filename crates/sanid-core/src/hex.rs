//! Hexadecimal text of 128 bits, without formatting: bulk derivation spends its
//! time in the HMAC only when this costs next to nothing.

/// The 32 lower-case digits of 128 bits.
#[derive(Clone, Copy)]
pub(crate) struct Digits([u8; 32]);

impl Digits {
    pub(crate) fn of(bytes: &[u8; 16]) -> Self {
        let mut digits = [0; 32];
        // Fails for another length only.
        let _ = const_hex::encode_to_slice(bytes, &mut digits);
        Self(digits)
    }

    /// The digits and nothing between them.
    pub(crate) const fn simple(&self) -> &[u8; 32] {
        &self.0
    }

    /// The canonical 8-4-4-4-12 groups of a UUID.
    pub(crate) fn hyphenated(&self) -> [u8; 36] {
        let digits = &self.0;
        let mut groups = [b'-'; 36];
        groups[0..8].copy_from_slice(&digits[0..8]);
        groups[9..13].copy_from_slice(&digits[8..12]);
        groups[14..18].copy_from_slice(&digits[12..16]);
        groups[19..23].copy_from_slice(&digits[16..20]);
        groups[24..36].copy_from_slice(&digits[20..32]);
        groups
    }
}

/// Digits and hyphens as text. They are ASCII, so the fallback is never taken.
pub(crate) fn text(ascii: &[u8]) -> &str {
    core::str::from_utf8(ascii).unwrap_or_default()
}

/// Reads exactly 32 digits of either case, or tells the offset of the first
/// byte that is not one.
pub(crate) fn decode(text: &[u8; 32]) -> Result<[u8; 16], usize> {
    let mut bytes = [0; 16];
    // A leading "0x", which the library passes over, leaves too few digits.
    if const_hex::decode_to_slice(text, &mut bytes).is_ok() {
        Ok(bytes)
    } else {
        let first = text.iter().position(|byte| !byte.is_ascii_hexdigit());
        Err(first.unwrap_or_default())
    }
}

/// Reads the canonical hyphenated form of a UUID, in either case.
pub(crate) fn decode_hyphenated(text: &[u8]) -> Option<[u8; 16]> {
    let text: &[u8; 36] = text.try_into().ok()?;
    if [text[8], text[13], text[18], text[23]] != [b'-'; 4] {
        return None;
    }
    let mut digits = [0; 32];
    digits[0..8].copy_from_slice(&text[0..8]);
    digits[8..12].copy_from_slice(&text[9..13]);
    digits[12..16].copy_from_slice(&text[14..18]);
    digits[16..20].copy_from_slice(&text[19..23]);
    digits[20..32].copy_from_slice(&text[24..36]);
    decode(&digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_round_trip_in_both_cases() {
        for byte in 0..=u8::MAX {
            let bytes = [byte; 16];
            let lower = *Digits::of(&bytes).simple();
            assert_eq!(decode(&lower), Ok(bytes));
            assert_eq!(decode(&lower.map(|d| d.to_ascii_uppercase())), Ok(bytes));
        }
    }

    #[test]
    fn exactly_the_hexadecimal_digits_are_digits_wherever_they_stand() {
        for byte in 0..=u8::MAX {
            for at in 0..32 {
                let mut text = [b'7'; 32];
                text[at] = byte;
                let expected = if byte.is_ascii_hexdigit() {
                    Ok(())
                } else {
                    Err(at)
                };
                assert_eq!(decode(&text).map(drop), expected, "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn the_first_wrong_digit_is_located() {
        let mut digits = [b'0'; 32];
        digits[7] = b'g';
        digits[9] = b'-';
        assert_eq!(decode(&digits), Err(7));
    }

    #[test]
    fn rejects_a_prefix_among_digits() {
        assert_eq!(decode(b"0x2f5d50a6894520b87bfe2552ef6b8b"), Err(1));
    }

    #[test]
    fn hyphens_stand_where_rfc_9562_puts_them() {
        let bytes = decode(b"652f5d50a6894520b87bfe2552ef6b8b").unwrap();
        let canonical = Digits::of(&bytes).hyphenated();
        assert_eq!(text(&canonical), "652f5d50-a689-4520-b87b-fe2552ef6b8b");
        assert!(decode_hyphenated(&canonical).is_some());
        assert_eq!(
            decode_hyphenated(b"652f5d50-a689-4520-b87bfe-2552ef6b8b"),
            None
        );
    }
}
