//! Digits to integers, sixteen bytes at a time: the kernels under [`crate::cursor::Cursor`].
//!
//! Both kernels accept the same texts and give the same numbers; the SIMD one leaves longer texts to the scalar
//! one. They know nothing of grids, messages or where a message ends: that is the cursor's part.

/// A number's digits with the point removed, and how many of them stood behind the point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Digits {
    pub value: u64,
    pub fraction: usize,
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
pub(crate) use simd::{decimal, integer, level};

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
}
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.1")))]
pub(crate) use fallback::{decimal, integer, level};

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
                    let fraction = count - point.unwrap_or(count);
                    let ends_in_digit = count > 0 && (point.is_none() || fraction > 0);
                    return ends_in_digit.then_some((Digits { value, fraction }, at));
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

/// SSE4.1. Each function reads at most [`REACH`](super::REACH) bytes from its pointer, whatever they hold.
#[cfg(all(target_arch = "x86_64", target_feature = "sse4.1"))]
mod simd {
    use super::{Digits, LevelDigits};
    use std::arch::x86_64::*;

    /// Shuffles that move a number's digits to the right end of a register, over its point, by length and by place
    /// of the point (its length if it has none). 0x80 writes a zero.
    #[repr(align(64))]
    struct Shuffles([[[u8; 16]; 17]; 17]);

    static SHUFFLES: Shuffles = Shuffles({
        let mut table = [[[0x80u8; 16]; 17]; 17];
        let mut len = 0;
        while len <= 16 {
            let mut point = 0;
            while point <= len {
                let (mut from, mut to) = (len, 16);
                while from > 0 {
                    from -= 1;
                    if from != point {
                        to -= 1;
                        table[len][point][to] = from as u8;
                    }
                }
                point += 1;
            }
            len += 1;
        }
        table
    });

    const QUOTE: i8 = b'"' as i8;

    /// # Safety
    /// 16 bytes are readable at `p`.
    #[inline(always)]
    unsafe fn load(p: *const u8) -> __m128i {
        // SAFETY: the caller's promise; an unaligned load.
        unsafe { _mm_loadu_si128(p.cast()) }
    }

    /// Bit `i` is set where byte `i` is an ASCII digit.
    #[inline(always)]
    fn digit_bits(bytes: __m128i) -> u64 {
        // SAFETY: SSE2 register arithmetic, no memory.
        unsafe {
            let from_zero = _mm_sub_epi8(bytes, _mm_set1_epi8(b'0' as i8));
            let is_digit = _mm_cmpeq_epi8(_mm_min_epu8(from_zero, _mm_set1_epi8(9)), from_zero);
            _mm_movemask_epi8(is_digit) as u32 as u64
        }
    }

    #[inline(always)]
    fn quote_bits(bytes: __m128i) -> u64 {
        // SAFETY: SSE2 register arithmetic, no memory.
        unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(QUOTE))) as u32 as u64 }
    }

    /// Sixteen right-aligned digits as four groups of four, each in a 32-bit lane.
    #[inline(always)]
    fn groups_of_four(bytes: __m128i, len: usize, point: usize) -> __m128i {
        let shuffle = &SHUFFLES.0[len & 31][point & 31];
        // SAFETY: the shuffle is 16 readable bytes; the rest is register arithmetic within SSE4.1.
        unsafe {
            let digits = _mm_sub_epi8(bytes, _mm_set1_epi8(b'0' as i8));
            let aligned = _mm_shuffle_epi8(digits, _mm_loadu_si128(shuffle.as_ptr().cast()));
            let pairs = _mm_maddubs_epi16(aligned, _mm_set1_epi16(0x010a));
            _mm_madd_epi16(pairs, _mm_set1_epi32(0x0001_0064))
        }
    }

    /// The values of two numbers of sixteen digits.
    #[inline(always)]
    fn values(first: __m128i, second: __m128i) -> (u64, u64) {
        // SAFETY: register arithmetic within SSE4.1.
        unsafe {
            let eights = _mm_madd_epi16(_mm_packus_epi32(first, second), _mm_set1_epi32(0x0001_2710));
            let (a, b) = (_mm_cvtsi128_si64(eights) as u64, _mm_extract_epi64::<1>(eights) as u64);
            let join = |half: u64| (half & 0xffff_ffff) * 100_000_000 + (half >> 32);
            (join(a), join(b))
        }
    }

    /// Checks the text in bits `start..end` and finds its point: `Some(end)` if it has none.
    ///
    /// # Safety
    /// `p` is readable up to `end`, where a quote stands, and no quote stands between `start` and `end`.
    #[inline(always)]
    unsafe fn point_of(p: *const u8, digits: u64, start: usize, end: usize) -> Option<usize> {
        let others = !digits & ((1u64 << end) - (1u64 << start));
        let point = (others | 1 << end).trailing_zeros() as usize;
        // SAFETY: point <= end, which the caller says is readable.
        let byte = unsafe { *p.add(point) };
        let digit_at_both_ends = (digits >> start) & (digits >> (end - 1)) & 1 == 1;
        let at_most_one = others & others.wrapping_sub(1) == 0;
        // At `end` it is the quote; before that nothing but a point will do.
        let is_point = (byte == b'.') | (byte == b'"');
        (digit_at_both_ends & at_most_one & is_point).then_some(point)
    }

    #[inline(always)]
    fn fraction(point: usize, end: usize) -> usize {
        (end - point).saturating_sub(1)
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
        let quotes = quote_bits(low) | quote_bits(high) << 16 | 1 << 32;
        let after_first = quotes & !3;
        let px_end = after_first.trailing_zeros() as usize;
        let after_px = after_first & after_first.wrapping_sub(1);
        let after_second = after_px & after_px.wrapping_sub(1) | 1 << 32;
        let qty_end = after_second.trailing_zeros() as usize;
        if qty_end >= 32 || px_end > 2 + 16 {
            return None;
        }
        let qty_start = px_end + 3;
        // SAFETY: px_end < qty_end < 32, so these reads end before byte 36.
        let (open, middle, close) = unsafe {
            (
                p.cast::<u16>().read_unaligned(),
                p.add(px_end).cast::<u32>().read_unaligned() & 0x00ff_ffff,
                p.add(qty_end).cast::<u16>().read_unaligned(),
            )
        };
        let framed = (open == u16::from_le_bytes(*b"[\""))
            & (middle == u32::from_le_bytes(*b"\",\"\0"))
            & (close == u16::from_le_bytes(*b"\"]"));
        if !framed || qty_end - qty_start > 16 {
            return None;
        }
        let digits = digit_bits(low) | digit_bits(high) << 16;
        // SAFETY: both ends are quotes below byte 32, and the quotes between were counted above.
        let (px_point, qty_point) =
            unsafe { (point_of(p, digits, 2, px_end)?, point_of(p, digits, qty_start, qty_end)?) };
        // SAFETY: qty_start < 32, so the second load ends before byte 48.
        let (px_text, qty_text) = unsafe { (load(p.add(2)), load(p.add(qty_start))) };
        let (px, qty) = values(
            groups_of_four(px_text, px_end - 2, px_point - 2),
            groups_of_four(qty_text, qty_end - qty_start, qty_point - qty_start),
        );
        Some(LevelDigits {
            px: Digits { value: px, fraction: fraction(px_point, px_end) },
            qty: Digits { value: qty, fraction: fraction(qty_point, qty_end) },
            len: qty_end + 2,
        })
    }

    /// A decimal of at most 16 bytes at `p` that ends with `"`, and its length.
    ///
    /// # Safety
    /// 17 bytes are readable at `p`.
    #[inline(always)]
    pub(crate) unsafe fn decimal(p: *const u8) -> Option<(Digits, usize)> {
        // SAFETY: the caller's promise.
        let text = unsafe { load(p) };
        // SAFETY: byte 16 is the last of the 17 that the caller promises.
        let last = unsafe { *p.add(16) };
        let quotes = quote_bits(text) | ((last == b'"') as u64) << 16 | 1 << 17;
        let end = quotes.trailing_zeros() as usize;
        if end > 16 || end == 0 {
            return None;
        }
        // SAFETY: `end` is the first quote, at most 16 bytes on.
        let point = unsafe { point_of(p, digit_bits(text), 0, end)? };
        let four = groups_of_four(text, end, point);
        Some((Digits { value: values(four, four).0, fraction: fraction(point, end) }, end))
    }

    /// An unsigned JSON integer of at most 15 digits at `p`, and its length.
    ///
    /// # Safety
    /// 16 bytes are readable at `p`.
    #[inline(always)]
    pub(crate) unsafe fn integer(p: *const u8) -> Option<(u64, usize)> {
        // SAFETY: the caller's promise.
        let text = unsafe { load(p) };
        let len = (!digit_bits(text)).trailing_zeros() as usize;
        // SAFETY: one byte of the sixteen.
        let leading_zero = len > 1 && unsafe { *p } == b'0';
        if len == 0 || len >= 16 || leading_zero {
            return None;
        }
        let four = groups_of_four(text, len, len);
        Some((values(four, four).0, len))
    }
}

/// Writes `value` in decimal at the front of `out`; returns the length.
///
/// # Panics
/// If `out` is too short; 20 bytes are always enough.
#[inline]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) fn write_u64(mut value: u64, out: &mut [u8]) -> usize {
    let mut buffer = [0u8; 20];
    let mut at = 20;
    loop {
        at -= 1;
        buffer[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    let n = 20 - at;
    out[..n].copy_from_slice(&buffer[at..]);
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The kernels read `REACH` bytes whatever they find, so every test text gets room behind it.
    fn with_room(text: &str, room: u8) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len() + REACH, room);
        bytes
    }

    fn simd_decimal(text: &str, room: u8) -> Option<(Digits, usize)> {
        // SAFETY: REACH bytes of room follow.
        unsafe { decimal(with_room(text, room).as_ptr()) }
    }

    #[test]
    fn decimals_are_read_or_refused() {
        let digits = |value, fraction, len| Some((Digits { value, fraction }, len));
        let cases: &[(&str, Option<(Digits, usize)>)] = &[
            ("97000.10\"", digits(9_700_010, 2, 8)),
            ("0\"", digits(0, 0, 1)),
            ("0.001\"x", digits(1, 3, 5)),
            ("1234567890123456\"", digits(1_234_567_890_123_456, 0, 16)),
            ("1234567.12345678\"", digits(123_456_712_345_678, 8, 16)),
            ("007\"", digits(7, 0, 3)),
            ("\"", None),
            (".5\"", None),
            ("5.\"", None),
            (".\"", None),
            ("1.2.3\"", None),
            ("-5\"", None),
            ("+5\"", None),
            ("1e5\"", None),
            ("NaN\"", None),
            (" 5\"", None),
            ("5,\"", None),
            ("1_0\"", None),
            ("12/4\"", None),
            ("12:4\"", None),
            ("1\u{ff11}\"", None),
        ];
        for (text, want) in cases {
            assert_eq!(scalar::decimal(text.as_bytes()), *want, "scalar {text:?}");
            if cfg!(target_feature = "sse4.1") {
                for room in [0, b'0', b'.', b'"', 0xff] {
                    assert_eq!(simd_decimal(text, room), *want, "simd {text:?} then {room}");
                }
            }
        }
        assert_eq!(scalar::decimal(b"12345678901234567.8\""), digits(123_456_789_012_345_678, 1, 19));
        assert_eq!(scalar::decimal(b"1234567890123456789\""), None, "19 digits");
        assert_eq!(scalar::decimal(b"12345"), None, "no end");
        assert_eq!(scalar::decimal(&[b'9'; 400]), None);
    }

    #[test]
    fn integers_are_json_integers() {
        let cases: &[(&str, Option<(u64, usize)>)] = &[
            ("0,", Some((0, 1))),
            ("1687940967466,", Some((1_687_940_967_466, 13))),
            ("7}", Some((7, 1))),
            ("007,", None),
            (",", None),
            ("-1,", None),
        ];
        for (text, want) in cases {
            assert_eq!(scalar::integer(text.as_bytes()), *want, "scalar {text:?}");
            if cfg!(target_feature = "sse4.1") {
                let room = with_room(text, b'9');
                // SAFETY: REACH bytes of room follow.
                assert_eq!(unsafe { integer(room.as_ptr()) }, *want, "simd {text:?}");
            }
        }
        assert_eq!(scalar::integer(b"18446744073709551615,"), Some((u64::MAX, 20)));
        assert_eq!(scalar::integer(b"18446744073709551616,"), None, "2^64");
    }

    proptest! {
        #[test]
        fn the_simd_decimal_agrees_with_the_scalar_one(text in "[0-9.\"eE+, -]{0,20}|[0-9]{1,9}\\.[0-9]{1,9}\"|[0-9]{1,18}\"", room: u8) {
            if let Some(found) = simd_decimal(&text, room) {
                prop_assert_eq!(Some(found), scalar::decimal(&with_room(&text, room)));
            } else if cfg!(target_feature = "sse4.1") {
                // What it leaves to the scalar kernel is either no number or a long one.
                let scalar = scalar::decimal(&with_room(&text, room));
                prop_assert!(scalar.is_none_or(|(_, len)| len > 16), "{:?}", scalar);
            }
        }

        #[test]
        fn the_simd_level_agrees_with_the_scalar_one(
            text in "\\[\"[0-9]{1,9}(\\.[0-9]{1,9})?\",\"[0-9]{1,9}(\\.[0-9]{1,9})?\"\\]|\\[\"[0-9.]{0,9}\",\"[0-9.e]{0,9}\"\\]|[\\[\"0-9.,\\]]{0,30}",
            room: u8,
        ) {
            let bytes = with_room(&text, room);
            // SAFETY: REACH bytes of room follow.
            let simd = unsafe { level(bytes.as_ptr()) };
            let scalar = scalar::level(&bytes);
            match simd {
                Some(_) => prop_assert_eq!(simd, scalar),
                None if cfg!(target_feature = "sse4.1") => prop_assert!(scalar.is_none_or(|l| l.len > 33 || long_number(&text))),
                None => {}
            }
        }

        #[test]
        fn integers_survive_their_text(value: u64) {
            let mut out = [0; 20];
            let n = write_u64(value, &mut out);
            let want = value.to_string();
            prop_assert_eq!(&out[..n], want.as_bytes());
            let text = with_room(&format!("{value},"), b'0');
            prop_assert_eq!(scalar::integer(&text), Some((value, n)));
            // SAFETY: REACH bytes of room follow.
            if let Some(found) = unsafe { integer(text.as_ptr()) } {
                prop_assert_eq!(found, (value, n));
            }
        }
    }

    fn long_number(level: &str) -> bool {
        level.split('"').any(|part| part.len() > 16)
    }
}
