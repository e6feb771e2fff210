//! Hexadecimal text of 128 bits, without formatting: bulk derivation spends its
//! time in the HMAC only when this costs next to nothing. Eight digits are one
//! word here, so that it is fast also where the compiler builds for size and
//! makes no vector loops.

/// The 32 lower-case digits of 16 bytes.
pub(crate) fn encode(bytes: &[u8; 16]) -> [u8; 32] {
    let mut text = [0; 32];
    for (eight, four) in text.chunks_exact_mut(8).zip(bytes.chunks_exact(4)) {
        if let Some(four) = four.first_chunk() {
            eight.copy_from_slice(&digits(u32::from_be_bytes(*four)).to_be_bytes());
        }
    }
    text
}

/// Spreads 32 digits over the canonical 8-4-4-4-12 groups of a UUID.
pub(crate) fn hyphenate(digits: &[u8; 32]) -> [u8; 36] {
    let mut groups = [b'-'; 36];
    groups[0..8].copy_from_slice(&digits[0..8]);
    groups[9..13].copy_from_slice(&digits[8..12]);
    groups[14..18].copy_from_slice(&digits[12..16]);
    groups[19..23].copy_from_slice(&digits[16..20]);
    groups[24..36].copy_from_slice(&digits[20..32]);
    groups
}

/// Digits and hyphens as text. They are ASCII, so the fallback is never taken.
pub(crate) fn text(ascii: &[u8]) -> &str {
    core::str::from_utf8(ascii).unwrap_or_default()
}

/// Reads exactly 32 digits of either case, or tells the offset of the first
/// byte that is not one.
pub(crate) fn decode(text: &[u8; 32]) -> Result<[u8; 16], usize> {
    let mut bytes = [0; 16];
    let mut sound = true;
    for (four, eight) in bytes.chunks_exact_mut(4).zip(text.chunks_exact(8)) {
        if let Some(eight) = eight.first_chunk() {
            let eight = u64::from_be_bytes(*eight);
            let value = values(eight);
            // What is written for a value are digits; only digits are equal to them.
            sound &= digits(value) == lower_case(eight);
            four.copy_from_slice(&value.to_be_bytes());
        }
    }
    if sound {
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

/// One in each byte of a word.
const EACH: u64 = 0x0101_0101_0101_0101;

/// The eight lower-case digits of 32 bits, all in one word.
const fn digits(value: u32) -> u64 {
    let [a, b, c, d] = value.to_be_bytes();
    let bytes = u64::from_be_bytes([0, a, 0, b, 0, c, 0, d]);
    let nibbles = (bytes | (bytes << 4)) & (EACH * 0x0f);
    // Adding 6 carries into bit 4 from 10 on: those are letters.
    let letters = ((nibbles + EACH * 6) >> 4) & EACH;
    nibbles + EACH * b'0' as u64 + letters * (b'a' - b'0' - 10) as u64
}

/// The 32 bits of eight digits, all in one word; anything at all for other
/// bytes.
const fn values(digits: u64) -> u32 {
    // Bit 6 tells letters from decimal digits, and "a" ends in 1.
    let letters = (digits >> 6) & EACH;
    let nibbles = (digits & (EACH * 0x0f)) + letters * 9;
    let bytes = (nibbles | (nibbles >> 4)) & 0x00ff_00ff_00ff_00ff;
    let halves = (bytes | (bytes >> 8)) & 0x0000_ffff_0000_ffff;
    let [_, _, _, _, low @ ..] = (halves | (halves >> 16)).to_be_bytes();
    u32::from_be_bytes(low)
}

/// Letters in lower case; decimal digits as they are.
const fn lower_case(digits: u64) -> u64 {
    digits | ((digits >> 6) & EACH) << 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_round_trip_in_both_cases() {
        for byte in 0..=u8::MAX {
            let bytes = [byte; 16];
            let lower = encode(&bytes);
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
    fn hyphens_stand_where_rfc_9562_puts_them() {
        let canonical = hyphenate(b"652f5d50a6894520b87bfe2552ef6b8b");
        assert_eq!(text(&canonical), "652f5d50-a689-4520-b87b-fe2552ef6b8b");
        assert!(decode_hyphenated(&canonical).is_some());
        assert_eq!(
            decode_hyphenated(b"652f5d50-a689-4520-b87bfe-2552ef6b8b"),
            None
        );
    }
}
