//! Digits to integers, sixteen bytes at a time: the kernels under [`crate::cursor::Cursor`].
//!
//! Both kernels accept the same texts and give the same numbers; the SIMD one leaves longer texts to the scalar
//! one. They know nothing of grids, messages or where a message ends: that is the cursor's part.

/// A number's digits with the point removed, and how many bytes stood from the point on (0 without a point).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Digits {
    pub value: u64,
    pub tail: usize,
}

/// A level `["<price>","<size>"]`, and its length in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LevelDigits {
    pub px: Digits,
    pub qty: Digits,
    pub len: usize,
}

/// More digits than this could pass 2^63, and no venue writes them.
const MAX_DIGITS: usize = 18;

/// Bytes that any kernel may read from where it is pointed at; less than [`crate::PADDING`].
#[cfg(test)]
pub(crate) const REACH: usize = 48;

#[cfg(all(target_arch = "x86_64", target_feature = "sse4.1"))]
pub(crate) use simd::{decimal, integer, level, short_text};

/// Without SIMD there is nothing between the cursor and the scalar kernels.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.1")))]
mod fallback {
    use super::{Digits, LevelDigits};

    #[inline(always)]
    pub(crate) unsafe fn level(_: *const u8) -> Option<LevelDigits> {
        None
    }
    #[inline(always)]
    pub(crate) unsafe fn decimal(_: *const u8) -> Option<(Digits, usize)> {
        None
    }
    #[inline(always)]
    pub(crate) unsafe fn integer(_: *const u8) -> Option<(u64, usize)> {
        None
    }
    #[inline(always)]
    pub(crate) unsafe fn short_text(_: *const u8) -> Option<(u128, usize)> {
        None
    }
}
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.1")))]
pub(crate) use fallback::{decimal, integer, level, short_text};

/// Plain loops: any length, any target.
pub(crate) mod scalar {
    use super::{Digits, LevelDigits, MAX_DIGITS};

    /// A decimal at the front of `text` that ends with `"`, and the number of bytes before that quote.
    pub(crate) fn decimal(text: &[u8]) -> Option<(Digits, usize)> {
        let (mut value, mut count, mut point) = (0u64, 0usize, None);
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    count += 1;
                    if count > MAX_DIGITS {
                        return None;
                    }
                    value = value * 10 + (byte - b'0') as u64;
                }
                b'.' if point.is_none() && count > 0 => point = Some(count),
                b'"' => {
                    let tail = point.map_or(0, |before| at - before);
                    return (count > 0 && tail != 1).then_some((Digits { value, tail }, at));
                }
                _ => return None,
            }
        }
        None
    }

    /// An unsigned JSON integer at the front of `text`, and its length. It must be followed by something.
    pub(crate) fn integer(text: &[u8]) -> Option<(u64, usize)> {
        let mut value = 0u64;
        for (at, &byte) in text.iter().enumerate() {
            if !byte.is_ascii_digit() {
                let plain = at == 1 || (at > 1 && text[0] != b'0');
                return plain.then_some((value, at));
            }
            value = value.checked_mul(10)?.checked_add((byte - b'0') as u64)?;
        }
        None
    }

    /// A level at the front of `text`.
    pub(crate) fn level(text: &[u8]) -> Option<LevelDigits> {
        let (px, px_len) = decimal(text.strip_prefix(b"[\"")?)?;
        let rest = text[2 + px_len..].strip_prefix(b"\",\"")?;
        let (qty, qty_len) = decimal(rest)?;
        rest[qty_len..].starts_with(b"\"]").then_some(LevelDigits {
            px,
            qty,
            len: 2 + px_len + 3 + qty_len + 2,
        })
    }
}

/// The text before the quote, at most 15 bytes, as one integer: the first byte is the lowest, zeros fill the rest.
pub(crate) fn text_key(text: &[u8]) -> Option<u128> {
    if text.len() > 15 {
        return None;
    }
    let mut bytes = [0u8; 16];
    bytes[..text.len()].copy_from_slice(text);
    Some(u128::from_le_bytes(bytes))
}

/// SSE4.1. Each function reads at most [`REACH`](super::REACH) bytes from its pointer, whatever they hold.
#[cfg(all(target_arch = "x86_64", target_feature = "sse4.1"))]
mod simd {
    use super::{Digits, LevelDigits};
    use std::arch::x86_64::*;

    /// Shuffles that move a number's digits to the right end of a register, over its point: by the digits before the
    /// point, then by the bytes from the point to the end (0 without a point). 0x80 writes a zero. A number that begins
    /// or ends with its point, or is empty, keeps a byte that is no digit, so that the check for digits refuses it.
    #[repr(align(64))]
    struct Shuffles([[[u8; 16]; 16]; 17]);

    static SHUFFLES: Shuffles = Shuffles({
        let mut table = [[[0x80u8; 16]; 16]; 17];
        let mut before = 0;
        while before <= 16 {
            let mut after = 0;
            while after < 16 && before + after <= 16 {
                let keeps_point = before == 0 || after == 1;
                let (mut from, mut to) = (before + after, 16);
                while from > 0 {
                    from -= 1;
                    if from != before || keeps_point {
                        to -= 1;
                        table[before][after][to] = from as u8;
                    }
                }
                if before + after == 0 {
                    table[before][after][15] = 0;
                }
                after += 1;
            }
            before += 1;
        }
        table
    });

    /// From byte `16 - n` on: a mask that keeps the first `n` bytes.
    static KEEP: [u8; 32] = {
        let mut mask = [0u8; 32];
        let mut i = 0;
        while i < 16 {
            mask[i] = 0xff;
            i += 1;
        }
        mask
    };

    /// # Safety
    /// 16 bytes are readable at `p`.
    #[inline(always)]
    unsafe fn load(p: *const u8) -> __m128i {
        // SAFETY: the caller's promise; an unaligned load.
        unsafe { _mm_loadu_si128(p.cast()) }
    }

    /// Bit `i` is set where byte `i` is `wanted`.
    #[inline(always)]
    fn bits_of(bytes: __m128i, wanted: u8) -> u64 {
        // SAFETY: SSE2 register arithmetic, no memory.
        unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted as i8))) as u32 as u64 }
    }

    /// The digits of a number at the front of `bytes`, right-aligned, each from 0 to 9 if it is one.
    ///
    /// # Safety
    /// `before + after <= 16`.
    #[inline(always)]
    unsafe fn align(bytes: __m128i, before: usize, after: usize) -> __m128i {
        // SAFETY: `before <= 16`; `after` passes 15 only if `before` is 0, and then the index falls on the next row,
        // whose first shuffle keeps the point too. SSSE3 register arithmetic otherwise.
        unsafe {
            let shuffle = SHUFFLES.0.as_ptr().cast::<__m128i>().add(before * 16 + after);
            let digits = _mm_sub_epi8(bytes, _mm_set1_epi8(b'0' as i8));
            _mm_shuffle_epi8(digits, _mm_load_si128(shuffle))
        }
    }

    #[inline(always)]
    fn are_digits(a: __m128i, b: __m128i) -> bool {
        // SAFETY: SSE4.1 register arithmetic, no memory.
        unsafe {
            let above_nine = _mm_subs_epu8(_mm_max_epu8(a, b), _mm_set1_epi8(9));
            _mm_testz_si128(above_nine, above_nine) == 1
        }
    }

    /// The values of two numbers of sixteen aligned digits.
    #[inline(always)]
    fn values(a: __m128i, b: __m128i) -> (u64, u64) {
        // SAFETY: SSE4.1 register arithmetic, no memory.
        unsafe {
            let fours = |digits| {
                let pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a));
                _mm_madd_epi16(pairs, _mm_set1_epi32(0x0001_0064))
            };
            let eights = _mm_madd_epi16(_mm_packus_epi32(fours(a), fours(b)), _mm_set1_epi32(0x0001_2710));
            let join = |half: u64| (half & 0xffff_ffff) * 100_000_000 + (half >> 32);
            (join(_mm_cvtsi128_si64(eights) as u64), join(_mm_extract_epi64::<1>(eights) as u64))
        }
    }

    /// A level of at most 32 bytes at `p`.
    ///
    /// # Safety
    /// [`REACH`](super::REACH) bytes are readable at `p`.
    #[inline(always)]
    pub(crate) unsafe fn level(p: *const u8) -> Option<LevelDigits> {
        // SAFETY: both loads are within 32 bytes of `p`.
        let (low, high) = unsafe { (load(p), load(p.add(16))) };
        // A sentinel behind the last bit keeps every search below from running out.
        const SENTINEL: u64 = 1 << 32;
        let quotes = (bits_of(low, b'"') | bits_of(high, b'"') << 16) & !3;
        let from_qty_start = quotes & quotes.wrapping_sub(1);
        let from_qty_end = from_qty_start & from_qty_start.wrapping_sub(1) | SENTINEL;
        let px_end = (quotes | SENTINEL).trailing_zeros() as usize;
        let qty_end = from_qty_end.trailing_zeros() as usize;
        let qty_start = px_end + 3;
        if qty_end >= 32 || px_end > 2 + 16 || qty_end > qty_start + 16 {
            return None;
        }
        // SAFETY: px_end < qty_end < 32, so these reads end before byte 34.
        let (open, middle, close) = unsafe {
            (
                p.cast::<u16>().read_unaligned(),
                p.add(px_end + 1).cast::<u16>().read_unaligned(),
                *p.add(qty_end + 1),
            )
        };
        if open != u16::from_le_bytes(*b"[\"") || middle != u16::from_le_bytes(*b",\"") || close != b']' {
            return None;
        }
        // The first point of each number, or its closing quote. A second one would not pass for a digit.
        let points = bits_of(low, b'.') | bits_of(high, b'.') << 16;
        let behind_px = (from_qty_start & from_qty_start.wrapping_neg()).wrapping_neg();
        let px_point = (points | quotes).trailing_zeros() as usize;
        let qty_point = (points & behind_px | from_qty_end).trailing_zeros() as usize;
        let (px_after, qty_after) = (px_end - px_point, qty_end - qty_point);
        // SAFETY: qty_start < 32, so the loads end before byte 48; both lengths were checked to be at most 16.
        let (px, qty) = unsafe {
            (
                align(load(p.add(2)), px_point - 2, px_after),
                align(load(p.add(qty_start)), qty_point - qty_start, qty_after),
            )
        };
        if !are_digits(px, qty) {
            return None;
        }
        let (px, qty) = values(px, qty);
        Some(LevelDigits {
            px: Digits { value: px, tail: px_after },
            qty: Digits { value: qty, tail: qty_after },
            len: qty_end + 2,
        })
    }

    /// A decimal of at most 15 bytes at `p` that ends with `"`, and its length.
    ///
    /// # Safety
    /// 16 bytes are readable at `p`.
    #[inline(always)]
    pub(crate) unsafe fn decimal(p: *const u8) -> Option<(Digits, usize)> {
        // SAFETY: the caller's promise.
        let text = unsafe { load(p) };
        let quotes = bits_of(text, b'"');
        let end = (quotes | 1 << 16).trailing_zeros() as usize;
        let point = (bits_of(text, b'.') | quotes | 1 << 16).trailing_zeros() as usize;
        // SAFETY: the sum is `end`, at most 16.
        let digits = unsafe { align(text, point, end - point) };
        if end == 16 || !are_digits(digits, digits) {
            return None;
        }
        Some((Digits { value: values(digits, digits).0, tail: end - point }, end))
    }

    /// A text of at most 15 bytes that ends with `"`, as [`text_key`](super::text_key) gives it, and its length.
    ///
    /// # Safety
    /// 16 bytes are readable at `p`.
    #[inline(always)]
    pub(crate) unsafe fn short_text(p: *const u8) -> Option<(u128, usize)> {
        // SAFETY: the caller's promise.
        let text = unsafe { load(p) };
        let len = (bits_of(text, b'"') | 1 << 16).trailing_zeros() as usize;
        // SAFETY: `16 - len` is from 0 to 16, so the load is within the 32 bytes; the rest is SSE4.1 arithmetic.
        let (low, high) = unsafe {
            let kept = _mm_and_si128(text, load(KEEP.as_ptr().add(16 - len)));
            (_mm_cvtsi128_si64(kept) as u64, _mm_extract_epi64::<1>(kept) as u64)
        };
        (len < 16).then_some(((high as u128) << 64 | low as u128, len))
    }

    /// An unsigned JSON integer of at most 15 digits at `p`, and its length.
    ///
    /// # Safety
    /// 16 bytes are readable at `p`.
    #[inline(always)]
    pub(crate) unsafe fn integer(p: *const u8) -> Option<(u64, usize)> {
        // SAFETY: the caller's promise.
        let text = unsafe { load(p) };
        // SAFETY: SSE2 register arithmetic, no memory.
        let digits = unsafe {
            let from_zero = _mm_sub_epi8(text, _mm_set1_epi8(b'0' as i8));
            _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(from_zero, _mm_set1_epi8(9)), from_zero)) as u32
        };
        let len = (!digits).trailing_zeros() as usize;
        // SAFETY: one byte of the sixteen.
        let leading_zero = len > 1 && unsafe { *p } == b'0';
        if len == 0 || len >= 16 || leading_zero {
            return None;
        }
        // SAFETY: `len` is below 16.
        let aligned = unsafe { align(text, len, 0) };
        Some((values(aligned, aligned).0, len))
    }
}

const PAIRS: [[u8; 2]; 100] = {
    let mut table = [[0u8; 2]; 100];
    let mut i = 0;
    while i < 100 {
        table[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    table
};

/// The most digits that [`write_u64`] writes.
pub(crate) const U64_ROOM: usize = 20;

const POW10: [u64; U64_ROOM] = {
    let mut table = [0u64; U64_ROOM];
    let (mut i, mut power) = (1, 10u64);
    while i < U64_ROOM {
        table[i] = power;
        power = power.wrapping_mul(10);
        i += 1;
    }
    table
};

/// Decimal digits of `value`; 1 for zero.
#[inline(always)]
pub(crate) fn digits_of(value: u64) -> usize {
    // 1233 / 4096 is a little more than log10(2).
    let guess = ((64 - (value | 1).leading_zeros() as usize) * 1233) >> 12;
    guess + (value >= POW10[guess]) as usize
}

/// Writes `value` in decimal at the front of `out`; returns the length.
///
/// The length is found first, so that each digit is stored where it belongs: digits that are formed elsewhere and then
/// copied make the copy wait for the stores.
///
/// # Panics
/// If `out` is too short; [`U64_ROOM`] bytes are always enough.
#[inline]
pub(crate) fn write_u64(mut value: u64, out: &mut [u8]) -> usize {
    let n = digits_of(value);
    let out = &mut out[..n];
    let mut at = n;
    while value >= 100 {
        at -= 2;
        out[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        out[..2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        out[0] = b'0' + value as u8;
    }
    n
}

#[cfg(test)]
mod tests;
