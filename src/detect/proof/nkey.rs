//! NATS key seeds: an Ed25519 seed in base32, with its kind before and a CRC-16 behind it.

use super::Outcome;
use super::encoding::base32;
use crate::model::Proof;

/// Characters of a seed: two bytes of prefix, 32 of seed, two of checksum, in base32 without padding.
const SEED_LEN: usize = 58;

/// CRC-16/XMODEM: polynomial 0x1021, most significant bit first, beginning with zero.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    })
}

/// A seed ends in the CRC-16 of all before it, little-endian. Never a reason to reject.
///
/// Source: `strkey.go` and `crc16.go` of nats-io/nkeys.
pub(super) fn check(value: &[u8]) -> Outcome {
    let holds = |value: &[u8]| {
        let bytes = base32(value)?;
        let (body, sum) = bytes.split_last_chunk::<2>()?;
        Some(crc16(body) == u16::from_le_bytes(*sum))
    };
    if value.len() == SEED_LEN && value.starts_with(b"S") && holds(value) == Some(true) {
        Outcome::Proven(Proof::Checksum)
    } else {
        Outcome::Silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base32 of a seed of one repeated byte, of a user.
    fn seed(byte: u8, damage: u16) -> String {
        let mut bytes = vec![0x90 | (0xa0 >> 5), (0xa0 & 31) << 3];
        bytes.extend([byte; 32]);
        let sum = crc16(&bytes) ^ damage;
        bytes.extend(sum.to_le_bytes());
        let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1)).collect();
        let digit =
            |chunk: &[u8]| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[chunk.iter().fold(0, |n, &b| n << 1 | usize::from(b)) << (5 - chunk.len())];
        bits.chunks(5).map(|chunk| char::from(digit(chunk))).collect()
    }

    #[test]
    fn the_checksum_is_that_of_its_standard() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }

    #[test]
    fn a_seed_ends_in_its_checksum_which_only_ever_raises() {
        let good = seed(0x5b, 0);
        assert!(good.len() == SEED_LEN && good.starts_with("SUA"), "{good}");
        assert_eq!(check(good.as_bytes()), Outcome::Proven(Proof::Checksum));
        assert_eq!(check(seed(0x5b, 1).as_bytes()), Outcome::Silent);
        assert_eq!(check(&good.as_bytes()[1..]), Outcome::Silent);
    }
}
