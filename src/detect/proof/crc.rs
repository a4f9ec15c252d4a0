//! CRC-32 at the end of a token: GitHub, npm, Grafana.

use super::Outcome;
use super::encoding::base62;
use crate::model::Proof;
use flate2::Crc;

/// Length of a classic GitHub token and of an npm token: a prefix of four, thirty random characters, six of checksum.
const TOKEN_LEN: usize = 40;

/// CRC-32 (IEEE 802.3) of the bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The checksum GitHub and npm append to the random part of a token: its CRC-32 in six base62 digits.
pub(in crate::detect) fn base62_crc32(random: &[u8]) -> String {
    base62(crc32(random)).map(char::from).iter().collect()
}

/// Whether a token of 40 characters with one of these prefixes ends in its checksum; `None` for any other form.
fn ends_in_checksum(value: &[u8], prefixes: &[&[u8]]) -> Option<bool> {
    let random_and_sum = prefixes.iter().find_map(|p| value.strip_prefix(*p)).filter(|_| value.len() == TOKEN_LEN)?;
    let (random, sum) = random_and_sum.split_last_chunk::<6>()?;
    Some(base62(crc32(random)) == *sum)
}

/// GitHub's classic tokens of 40 characters. Longer `ghs_` tokens and fine-grained ones use a layout that is not published.
///
/// Source: GitHub's blog, "Behind GitHub's new authentication token formats".
pub(super) fn check_github(value: &[u8]) -> Outcome {
    match ends_in_checksum(value, &[b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"]) {
        Some(true) => Outcome::Proven(Proof::Checksum),
        Some(false) => Outcome::Failed,
        None => Outcome::Silent,
    }
}

/// npm's granular tokens, said to follow GitHub's scheme; never a reason to reject.
pub(super) fn check_npm(value: &[u8]) -> Outcome {
    match ends_in_checksum(value, &[b"npm_"]) {
        Some(true) => Outcome::Proven(Proof::Checksum),
        _ => Outcome::Silent,
    }
}

/// Grafana's service account tokens: `glsa_`, 32 characters, `_`, and the CRC-32 of all before it, little-endian, in hexadecimal.
///
/// Source: `satokengen` of grafana/grafana, with its test vector. Never a reason to reject.
pub(super) fn check_grafana(value: &[u8]) -> Outcome {
    let sum = |token: &[u8]| format!("_{:08x}", crc32(token).swap_bytes());
    match value.split_at_checked(37) {
        Some((token, rest)) if token.starts_with(b"glsa_") && rest == sum(token).as_bytes() => Outcome::Proven(Proof::Checksum),
        _ => Outcome::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token of 40 characters whose checksum was computed elsewhere.
    fn known_token(prefix: &str) -> String {
        format!("{prefix}_{}FAKE00{}", "FAKEfake".repeat(3), "289HgS")
    }

    #[test]
    fn github_tokens_end_in_their_checksum() {
        let token = known_token("ghp");
        assert_eq!(check_github(token.as_bytes()), Outcome::Proven(Proof::Checksum));
        assert_eq!(check_github(token.replace("00289", "01289").as_bytes()), Outcome::Failed);
        assert_eq!(check_github(known_token("ghx").as_bytes()), Outcome::Silent);
        assert_eq!(check_github(format!("{token}0").as_bytes()), Outcome::Silent);
    }

    #[test]
    fn an_npm_checksum_only_ever_raises() {
        let token = known_token("npm");
        assert_eq!(check_npm(token.as_bytes()), Outcome::Proven(Proof::Checksum));
        assert_eq!(check_npm(token.replace("00289", "01289").as_bytes()), Outcome::Silent);
    }

    #[test]
    fn grafana_checksums_match_the_vector_of_its_own_tests() {
        let token = |sum: &str| format!("glsa_{}{}_{sum}", "yscW25imSKJIuav8", "zF37RZmnbiDvB05G");
        assert_eq!(check_grafana(token("fcaaf58a").as_bytes()), Outcome::Proven(Proof::Checksum));
        assert_eq!(check_grafana(token("8af5aafc").as_bytes()), Outcome::Silent);
    }
}
