//! How common runs of four bytes are in source text, as measured: what is searched for should be rare.

/// The most common runs in order: four folded bytes, little-endian, and how often they begin at a byte, in millionths, two bytes.
/// Written by `scripts/count_grams.py`.
static COMMON: &[u8] = include_bytes!("common.bin");
/// Bytes of a row.
const ROW: usize = 6;
/// Of a run that is not among the common ones, about; in millionths.
pub const RARE: f32 = 2.0;

/// How often a folded run begins at a byte of source text, about; in millionths.
pub fn millionths(gram: u32) -> f32 {
    let row = |i: usize| {
        let row = &COMMON[i * ROW..][..ROW];
        (u32::from_le_bytes([row[0], row[1], row[2], row[3]]), u16::from_le_bytes([row[4], row[5]]))
    };
    let (mut low, mut high) = (0, COMMON.len() / ROW);
    while low < high {
        let mid = low.midpoint(high);
        match row(mid) {
            (known, often) if known == gram => return often.into(),
            (known, _) if known < gram => low = mid + 1,
            _ => high = mid,
        }
    }
    RARE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_common_and_prefixes_rare() {
        let often = |text: &[u8; 4]| millionths(u32::from_le_bytes(*text));
        assert!(often(b"tion") > 500.0);
        assert!(often(b"name") > 500.0);
        assert!(often(b"ghp\x7f") < 20.0);
    }
}
