//! Marvin32, the keyed checksum of Microsoft's identifiable keys.
//!
//! Source: SymCrypt's `marvin32` and .NET's `System.Marvin`; the vectors below are those of .NET's own tests.

/// Marvin32 of the bytes under a seed, its 64 bits folded to 32.
pub(super) fn marvin32(bytes: &[u8], seed: u64) -> u32 {
    let mut state = (seed as u32, (seed >> 32) as u32);
    let (words, tail) = bytes.as_chunks::<4>();
    for word in words {
        state = mix(state.0.wrapping_add(u32::from_le_bytes(*word)), state.1);
    }
    let mut last = [0; 4];
    last[..tail.len()].copy_from_slice(tail);
    last[tail.len()] = 0x80;
    state = mix(state.0.wrapping_add(u32::from_le_bytes(last)), state.1);
    state = mix(state.0, state.1);
    state.0 ^ state.1
}

/// One round over both halves of the state.
fn mix(mut low: u32, mut high: u32) -> (u32, u32) {
    high ^= low;
    low = low.rotate_left(20).wrapping_add(high);
    high = high.rotate_left(9) ^ low;
    low = low.rotate_left(27).wrapping_add(high);
    (low, high.rotate_left(19))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_vectors_of_dotnet() {
        let vectors: [(u64, &[u8], u32); 6] = [
            (0x004f_b61a_001b_dbcc, &[], 0x3020_09bc),
            (0x004f_b61a_001b_dbcc, &[0xaf], 0x3592_e206),
            (0x004f_b61a_001b_dbcc, &[0x37, 0xf4, 0x95], 0x6b3c_8b90),
            (0x004f_b61a_001b_dbcc, &[0x86, 0x42, 0xdc, 0x59], 0x0e94_07be),
            (0x804f_b61a_001b_dbcc, &[0xab, 0x42, 0x7e, 0xa8, 0xd1, 0x0f, 0xc7], 0x5826_b7ce),
            (0x804f_b61a_801b_dbcc, &[0xff, 0x00, 0xff, 0x00, 0xff, 0x00], 0xc1d0_8768),
        ];
        for (seed, bytes, expected) in vectors {
            assert_eq!(marvin32(bytes, seed), expected, "{seed:x} {bytes:x?}");
        }
    }
}
