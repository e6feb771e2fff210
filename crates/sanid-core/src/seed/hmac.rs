//! HMAC-SHA-256 under a key of 16 bytes: of 16 bytes, which is all that an
//! application-specific id takes, and of any message.

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

use crate::HostUuid;

/// The first 16 bytes of an HMAC-SHA256, marked as a version 4 UUID.
///
/// The result is never denylisted: its version nibble is 4, and none of
/// [`DENYLISTED_UUIDS`](crate::DENYLISTED_UUIDS) has a 4 there.
pub(crate) fn hmac_uuid(key: &[u8; 16], message: &[u8; 16]) -> HostUuid {
    // RFC 2104 section 2: H(key ^ opad, H(key ^ ipad, message)), the key padded
    // with zeros to the block. With lengths that are known, each hash is two
    // blocks and nothing needs a buffer: an eighth of the time of the general
    // way, and the measure of bulk derivation is this function.
    let [a, b] = sha256(&[pad(key, 0x36), [*message, END, [0; 16], length(16)]]);
    let [first, _] = sha256(&[pad(key, 0x5c), [a, b, END, length(32)]]);
    // In one piece: single bytes written here would stall the wide loads that
    // turn the UUID into text.
    let first = u128::from_be_bytes(first);
    HostUuid::from_bytes(((first & !VERSION_AND_VARIANT) | VERSION_4).to_be_bytes())
}

/// The HMAC-SHA256 of a message in pieces, of any length (RFC 2104 section 2).
pub(crate) fn hmac(key: &[u8; 16], message: &[&[u8]]) -> [u8; 32] {
    let mut inner = Sha256::new().chain_update(pad(key, 0x36).as_flattened());
    for piece in message {
        inner.update(piece);
    }
    let outer = Sha256::new().chain_update(pad(key, 0x5c).as_flattened());
    outer.chain_update(inner.finalize()).finalize().into()
}

/// A block of the hash, in quarters.
type Block = [[u8; 16]; 4];

/// A key, padded with zeros to a block and mixed with a pad.
fn pad(key: &[u8; 16], pad: u8) -> Block {
    let mixed = u128::from_ne_bytes(*key) ^ u128::from_ne_bytes([pad; 16]);
    [mixed.to_ne_bytes(), [pad; 16], [pad; 16], [pad; 16]]
}

/// What follows a message, before zeros and its length: FIPS 180-4 section 5.1.1.
const END: [u8; 16] = {
    let mut end = [0; 16];
    end[0] = 0x80;
    end
};

/// The length in bits of a block and this number of bytes.
const fn length(bytes: u128) -> [u8; 16] {
    (8 * (64 + bytes)).to_be_bytes()
}

/// FIPS 180-4 section 6.2 over two whole blocks; the hash in halves.
fn sha256(blocks: &[Block; 2]) -> [[u8; 16]; 2] {
    let blocks = blocks.map(|quarters| {
        let mut block = [0; 64];
        for (to, from) in block.chunks_exact_mut(16).zip(quarters) {
            to.copy_from_slice(&from);
        }
        block
    });
    let mut state = INITIAL;
    compress256(&mut state, &blocks);
    [&state[..4], &state[4..]].map(|words| {
        let half = words
            .iter()
            .fold(0, |half, word| half << 32 | u128::from(*word));
        half.to_be_bytes()
    })
}

/// FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The bits that RFC 9562 section 4 sets aside: the high half of byte 6 and
/// the two high bits of byte 8.
const VERSION_AND_VARIANT: u128 = 0xf000_c000_0000_0000_0000;
/// Version 4, variant 10.
const VERSION_4: u128 = 0x4000_8000_0000_0000_0000;
