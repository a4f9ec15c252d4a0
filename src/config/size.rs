//! Sizes as people write them.

/// Parses `512MB`, `2 GiB`, `64k` or `1048576` into bytes; `None` for anything else and for what no `u64` holds.
///
/// `kB`, `MB`, `GB`, `TB` are powers of 1000 (SI), `KiB`, `MiB`, `GiB`, `TiB` powers of 1024 (IEC 80000-13); a bare `k`, `M`,
/// `G`, `T` is a power of 1024 as with Unix tools. Case does not matter, except that nothing else is accepted.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start().to_ascii_lowercase();
    let (prefix, base) = match unit.strip_suffix("ib") {
        Some(prefix) => (prefix, 1024u64),
        None => match unit.strip_suffix('b') {
            Some(prefix) => (prefix, 1000),
            None => (unit.as_str(), 1024),
        },
    };
    let power = match prefix {
        "" if unit != "ib" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(base.pow(power))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn units_are_si_or_binary() {
        let cases = [("0", 0), ("7B", 7), ("512MB", 512_000_000), (" 2 GiB ", 2 << 30), ("64k", 65_536), ("1kb", 1000), ("3T", 3 << 40)];
        for (text, bytes) in cases {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "MB", "-1", "1.5GB", "5 apples", "5ib", "5 MBit", "1e9", "99999999999999999999", "99999999T", "0x10", "٣"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
