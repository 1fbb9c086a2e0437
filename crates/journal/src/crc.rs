//! CRC-32C (Castagnoli) by 8-byte words: the CPU's instruction where the target has it, tables elsewhere.
//!
//! All of a record is a whole number of words but its last half-word, so nothing here handles odd bytes. The feature
//! is chosen when compiling: a check at run time costs more than a short record's checksum.

/// The state before the first byte. The finished checksum is the state's complement.
pub const INIT: u32 = !0;

/// The state after one more little-endian word.
#[inline(always)]
pub fn word(state: u32, word: u64) -> u32 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
    // SAFETY: SSE4.2 is enabled for the whole build.
    return unsafe { std::arch::x86_64::_mm_crc32_u64(state as u64, word) as u32 };
    #[cfg(all(target_arch = "aarch64", target_feature = "crc"))]
    // SAFETY: the CRC extension is enabled for the whole build.
    return unsafe { std::arch::aarch64::__crc32cd(state, word) };
    #[allow(unreachable_code)]
    table_word(state, word)
}

/// The state after one more little-endian half-word.
#[inline(always)]
pub fn half(state: u32, half: u32) -> u32 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
    // SAFETY: SSE4.2 is enabled for the whole build.
    return unsafe { std::arch::x86_64::_mm_crc32_u32(state, half) };
    #[cfg(all(target_arch = "aarch64", target_feature = "crc"))]
    // SAFETY: the CRC extension is enabled for the whole build.
    return unsafe { std::arch::aarch64::__crc32cw(state, half) };
    #[allow(unreachable_code)]
    table_half(state, half)
}

/// The state after all of `bytes`, whose length is a multiple of 8.
#[inline]
pub fn words(mut state: u32, bytes: &[u8]) -> u32 {
    debug_assert_eq!(bytes.len() % 8, 0);
    for chunk in bytes.chunks_exact(8) {
        state = word(state, u64::from_le_bytes(chunk.try_into().unwrap()));
    }
    state
}

/// `TABLES[k][b]` is byte `b` followed by `k` zero bytes.
static TABLES: [[u32; 256]; 8] = {
    let mut tables = [[0u32; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut state = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            state = if state & 1 == 1 { state >> 1 ^ 0x82f6_3b78 } else { state >> 1 };
            bit += 1;
        }
        tables[0][byte] = state;
        byte += 1;
    }
    let mut k = 1;
    while k < 8 {
        let mut byte = 0;
        while byte < 256 {
            let shorter = tables[k - 1][byte];
            tables[k][byte] = shorter >> 8 ^ tables[0][(shorter & 0xff) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
};

fn table_word(state: u32, word: u64) -> u32 {
    let bytes = (word ^ state as u64).to_le_bytes();
    (0..8).fold(0, |sum, i| sum ^ TABLES[7 - i][bytes[i] as usize])
}

fn table_half(state: u32, half: u32) -> u32 {
    let bytes = (half ^ state).to_le_bytes();
    (0..4).fold(0, |sum, i| sum ^ TABLES[3 - i][bytes[i] as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_agree_with_an_independent_crc32c(all: Vec<u64>, last: u32) {
            let bytes: Vec<u8> = all.iter().flat_map(|w| w.to_le_bytes()).chain(last.to_le_bytes()).collect();
            let expected = crc32c::crc32c(&bytes);
            prop_assert_eq!(!half(words(INIT, &bytes[..all.len() * 8]), last), expected);
            prop_assert_eq!(!table_half(all.iter().fold(INIT, |s, &w| table_word(s, w)), last), expected);
        }
    }
}
