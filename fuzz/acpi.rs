//! A fuzzer seldom guesses a checksum: this makes the header of a table right, so that the rest is read.

/// The same bytes with the signature, the length and the checksum of an ACPI table.
pub fn let_in(data: &[u8], signature: [u8; 4]) -> Vec<u8> {
    let mut table = data.to_vec();
    let length = u32::try_from(table.len()).unwrap_or(u32::MAX);
    if let Some(start) = table.first_chunk_mut::<10>() {
        start[..4].copy_from_slice(&signature);
        start[4..8].copy_from_slice(&length.to_le_bytes());
        start[9] = 0;
        let sum = table.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
        table[9] = sum.wrapping_neg();
    }
    table
}
