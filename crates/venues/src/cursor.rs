//! A position in a padded message, for decoders that know what should stand there.
//!
//! Every step either consumes what it expected or refuses. The position never passes the message's end, so what
//! stands in the padding is read at most as bytes to be refused, never taken as data.

use crate::lane::Steps;
use crate::number::{self, scalar};
use crate::{Padded, PADDING};
use nanotick_model::{Level, Px, Qty};
use std::marker::PhantomData;

/// Where a decoder stands in a message. Invariant: `start <= at <= end`, and [`PADDING`] bytes are readable at `end`.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    start: *const u8,
    at: *const u8,
    end: *const u8,
    message: PhantomData<&'a [u8]>,
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    pub fn new(message: Padded<'a>) -> Cursor<'a> {
        let start = message.as_ptr();
        // SAFETY: a `Padded` has at least `len` bytes.
        let end = unsafe { start.add(message.len()) };
        Cursor { start, at: start, end, message: PhantomData }
    }

    /// Bytes consumed so far.
    #[inline(always)]
    pub fn offset(&self) -> usize {
        self.at as usize - self.start as usize
    }

    /// What is left of the message.
    #[inline(always)]
    pub fn rest(&self) -> &'a [u8] {
        // SAFETY: `at <= end`, both in the message that `'a` borrows.
        unsafe { std::slice::from_raw_parts(self.at, self.end as usize - self.at as usize) }
    }

    #[inline(always)]
    pub fn is_end(&self) -> bool {
        self.at == self.end
    }

    /// The next byte; some byte of the padding at the end.
    #[inline(always)]
    pub fn peek(&self) -> u8 {
        // SAFETY: `at <= end`, and bytes are readable at `end`.
        unsafe { *self.at }
    }

    /// Moves on by `n` bytes if the message is that long.
    #[inline(always)]
    pub fn advance(&mut self, n: usize) -> Option<()> {
        if n > self.end as usize - self.at as usize {
            return None;
        }
        // SAFETY: just checked to stay in the message.
        self.at = unsafe { self.at.add(n) };
        Some(())
    }

    /// Consumes exactly these bytes. The length is known to the compiler, so that this is a few wide compares.
    #[inline(always)]
    pub fn skip<const N: usize>(&mut self, literal: &[u8; N]) -> Option<()> {
        const { assert!(N <= PADDING) };
        // SAFETY: `at <= end` and PADDING >= N bytes are readable behind `end`.
        let here = unsafe { &*self.at.cast::<[u8; N]>() };
        if here != literal {
            return None;
        }
        self.advance(N)
    }

    /// Consumes exactly these bytes.
    #[inline(always)]
    pub fn skip_bytes(&mut self, literal: &[u8]) -> Option<()> {
        if !self.rest().starts_with(literal) {
            return None;
        }
        self.advance(literal.len())
    }

    /// Consumes a text up to its closing quote, and the quote. Refuses escapes,
    /// control characters and anything that is not ASCII.
    #[inline(always)]
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let len = rest.iter().position(|&b| b == b'"' || b == b'\\' || !(b' '..=b'~').contains(&b))?;
        if rest[len] != b'"' {
            return None;
        }
        self.advance(len + 1)?;
        Some(&rest[..len])
    }

    /// Consumes a text of at most 15 bytes up to its closing quote, and the quote. Its bytes come as one integer (see
    /// [`text_key`](number::text_key)), to be compared with those of names that are known; escapes are not read.
    #[inline(always)]
    pub fn read_key(&mut self) -> Option<u128> {
        // SAFETY: `at <= end`, so PADDING bytes are readable.
        let (key, len) = match unsafe { number::short_text(self.at) } {
            Some(found) => found,
            None => {
                let rest = self.rest();
                let len = rest.iter().take(16).position(|&b| b == b'"')?;
                (number::text_key(&rest[..len])?, len)
            }
        };
        self.advance(len + 1)?;
        Some(key)
    }

    /// Consumes an unsigned integer without leading zeros.
    #[inline(always)]
    pub fn read_u64(&mut self) -> Option<u64> {
        // SAFETY: `at <= end`, so PADDING bytes are readable.
        let (value, len) = match unsafe { number::integer(self.at) } {
            Some(found) => found,
            None => scalar::integer(self.rest())?,
        };
        self.advance(len)?;
        Some(value)
    }

    /// Consumes a decimal up to its closing quote, and the quote, as whole steps of `grid`.
    #[inline(always)]
    pub fn read_fixed(&mut self, grid: &impl Steps) -> Option<i64> {
        // SAFETY: `at <= end`, so PADDING bytes are readable.
        let (digits, len) = match unsafe { number::decimal(self.at) } {
            Some(found) => found,
            None => scalar::decimal(self.rest())?,
        };
        self.advance(len + 1)?;
        grid.steps(digits.value, digits.tail)
    }

    /// Consumes one level, `["<price>","<size>"]`.
    #[inline(always)]
    pub fn read_level(&mut self, tick: &impl Steps, lot: &impl Steps) -> Option<Level> {
        // SAFETY: `at <= end`, so PADDING bytes are readable.
        let found = match unsafe { number::level(self.at) } {
            Some(found) => found,
            None => long_level(self.rest())?,
        };
        // The one check per level that keeps stale padding out: the level must end within the message.
        self.advance(found.len)?;
        Some(Level {
            px: Px(tick.steps(found.px.value, found.px.tail)?),
            qty: Qty(lot.steps(found.qty.value, found.qty.tail)?),
        })
    }

    /// Consumes levels up to and with the `]` that closes their array; the opening `[` is already consumed.
    /// Returns how many there were; `None` too if `out` is too short for them.
    #[inline(always)]
    pub fn read_levels(&mut self, tick: &impl Steps, lot: &impl Steps, out: &mut [Level]) -> Option<usize> {
        if self.peek() == b']' {
            self.advance(1)?;
            return Some(0);
        }
        let mut count = 0;
        loop {
            *out.get_mut(count)? = self.read_level(tick, lot)?;
            count += 1;
            let next = self.peek();
            self.advance(1)?;
            if next != b',' {
                return (next == b']').then_some(count);
            }
        }
    }
}

#[cold]
#[inline(never)]
fn long_level(rest: &[u8]) -> Option<number::LevelDigits> {
    scalar::level(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::padded;
    use nanotick_model::Grid;
    use proptest::prelude::*;

    fn grids() -> (Grid, Grid) {
        (Grid::new("0.10").unwrap(), Grid::new("0.001").unwrap())
    }

    #[test]
    fn levels_end_where_their_array_ends() {
        let (tick, lot) = grids();
        let level = |px, qty| Level { px: Px(px), qty: Qty(qty) };
        let cases: &[(&str, Option<&[Level]>)] = &[
            ("]", Some(&[])),
            (r#"["97000.10","0.012"]]"#, Some(&[level(970_001, 12)])),
            (
                r#"["97000.10","0"],["5","12345678.123"]]"#,
                Some(&[level(970_001, 0), level(50, 12_345_678_123)]),
            ),
            (r#"["97000.10000000000","0.012000000000"]]"#, Some(&[level(970_001, 12)])),
            (r#"["97000.15","1"]]"#, None),
            (r#"["97000.10","0.0125"]]"#, None),
            (r#"["97000.10","-1"]]"#, None),
            (r#"["97000.10","1"],]"#, None),
            (r#"["97000.10","1"] ]"#, None),
            (r#"["97000.10","1","2"]]"#, None),
            (r#"[97000.10,"1"]]"#, None),
            (r#"["97000.10","1"]"#, None),
            ("", None),
        ];
        for (text, want) in cases {
            let mut buffer = Vec::new();
            let mut out = [Level::default(); 4];
            let mut cursor = Cursor::new(padded(text.as_bytes(), &mut buffer));
            let count = cursor.read_levels(&tick, &lot, &mut out);
            assert_eq!(count.map(|n| &out[..n]), *want, "{text}");
            assert!(count.is_none() || cursor.is_end(), "{text}");
        }
        let mut buffer = Vec::new();
        let mut cursor = Cursor::new(padded(br#"["1","1"],["2","2"]]"#, &mut buffer));
        assert_eq!(cursor.read_levels(&tick, &lot, &mut [Level::default()]), None, "no room for the second");
    }

    proptest! {
        /// A message cut anywhere is refused, even if the padding goes on as the message did.
        #[test]
        fn stale_padding_is_never_data(cut in 0usize..40) {
            let (tick, lot) = grids();
            let whole = br#"["97000.10","0.012"],["97000.20","3.001"]]"#;
            let mut buffer = whole.to_vec();
            buffer.resize(whole.len() + PADDING, b'0');
            let message = Padded::new(&buffer, cut).unwrap();
            let mut out = [Level::default(); 4];
            let mut cursor = Cursor::new(message);
            prop_assert_eq!(cursor.read_levels(&tick, &lot, &mut out), None);
            prop_assert!(cursor.offset() <= cut);
        }

        #[test]
        fn no_bytes_lead_past_the_end(bytes in proptest::collection::vec(any::<u8>(), 0..60), steps in proptest::collection::vec(0u8..6, 1..12)) {
            let (tick, lot) = grids();
            let mut buffer = Vec::new();
            let mut cursor = Cursor::new(padded(&bytes, &mut buffer));
            let mut out = [Level::default(); 4];
            for step in steps {
                match step {
                    0 => drop(cursor.read_u64()),
                    1 => drop(cursor.read_fixed(&tick)),
                    2 => drop(cursor.read_levels(&tick, &lot, &mut out)),
                    3 => drop(cursor.text()),
                    4 => drop(cursor.skip(b"\"")),
                    _ => drop(cursor.advance(1)),
                }
                prop_assert!(cursor.offset() + cursor.rest().len() == bytes.len());
            }
        }
    }
}
