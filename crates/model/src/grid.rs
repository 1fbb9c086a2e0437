//! A price or size grid: the step that a venue quotes in, and the exact way between decimal text and whole steps.
//!
//! The grid is where text becomes an integer; everything behind it is ticks and lots. A number off the grid is an
//! error, never a rounding.

use crate::num::parse_scaled;
use std::fmt;

/// Fraction digits that any text number may carry (Binance spot writes eight).
const MAX_DECIMALS: usize = 12;
/// Steps are kept below 2^53 so that `f64` views of them are exact.
const MAX_STEPS: i64 = 1 << 53;

/// How a number with `k` fraction digits becomes steps: `digits * mul / div`, the division exact or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    mul: u64,
    div: u64,
    /// ceil(2^64 / div): multiplying by it and keeping the high half divides exactly where the check accepts.
    reciprocal: u64,
}

/// The step between prices (a tick) or sizes (a lot), as an exact decimal.
#[derive(Clone, PartialEq, Eq)]
pub struct Grid {
    mantissa: i64,
    decimals: u32,
    scales: [Scale; MAX_DECIMALS + 1],
}

/// Why a number could not be placed on a grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GridError {
    /// Not a plain decimal number.
    Malformed,
    /// A number, but not a whole number of steps.
    OffGrid,
    /// More steps than 2^53, or more digits than 18.
    OutOfRange,
}

impl fmt::Display for GridError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GridError::Malformed => "not a plain decimal number",
            GridError::OffGrid => "not a whole number of steps",
            GridError::OutOfRange => "out of range",
        })
    }
}

impl Grid {
    /// A grid with the step written in `text`, such as `0.10` or `5`.
    ///
    /// ```
    /// let ticks = nanotick_model::Grid::new("0.10").unwrap();
    /// assert_eq!(ticks.parse("97000.10"), Ok(970001));
    /// ```
    pub fn new(text: &str) -> Result<Grid, GridError> {
        let scaled = parse_scaled(text, MAX_DECIMALS as u32).ok_or(GridError::Malformed)?;
        let mut mantissa = i64::try_from(scaled).map_err(|_| GridError::OutOfRange)?;
        if mantissa <= 0 {
            return Err(GridError::OutOfRange);
        }
        let mut decimals = MAX_DECIMALS as u32;
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        Self::from_parts(mantissa, decimals)
    }

    /// A grid of step `mantissa` × 10^-`decimals`.
    pub fn from_parts(mantissa: i64, decimals: u32) -> Result<Grid, GridError> {
        if mantissa <= 0 || mantissa > 1_000_000 || decimals as usize > MAX_DECIMALS {
            return Err(GridError::OutOfRange);
        }
        let mut scales = [Scale { mul: 1, div: 1, reciprocal: 0 }; MAX_DECIMALS + 1];
        for (k, scale) in scales.iter_mut().enumerate() {
            // digits × 10^-k = steps × mantissa × 10^-decimals
            let (mut mul, mut div) = (1u64, mantissa as u64);
            if (k as u32) < decimals {
                mul = 10u64.pow(decimals - k as u32);
            } else {
                div *= 10u64.pow(k as u32 - decimals);
            }
            let common = gcd(mul, div);
            (mul, div) = (mul / common, div / common);
            let reciprocal = if div == 1 { 0 } else { (u64::MAX / div) + 1 };
            *scale = Scale { mul, div, reciprocal };
        }
        Ok(Grid { mantissa, decimals, scales })
    }

    /// The step as a float, for signals and display.
    pub fn step(&self) -> f64 {
        self.mantissa as f64 / 10f64.powi(self.decimals as i32)
    }
    /// `step = mantissa × 10^-decimals`, in lowest terms of ten.
    pub fn parts(&self) -> (i64, u32) {
        (self.mantissa, self.decimals)
    }

    /// Steps from the digits of a number (point removed) and how many of them were behind the point.
    ///
    /// The decoders' hot path. `digits` must have at most 18 digits, which keeps it below 2^60.
    #[inline(always)]
    pub fn steps_from_digits(&self, digits: u64, fraction: usize) -> Option<i64> {
        let scale = self.scales.get(fraction)?;
        if scale.div == 1 {
            let steps = digits.checked_mul(scale.mul)?;
            return (steps <= MAX_STEPS as u64).then_some(steps as i64);
        }
        let scaled = digits.checked_mul(scale.mul)?;
        let steps = ((scaled as u128 * scale.reciprocal as u128) >> 64) as u64;
        // The high half may be one too large or an approximation: the product decides, so no wrong value passes.
        (steps.wrapping_mul(scale.div) == scaled && steps <= MAX_STEPS as u64).then_some(steps as i64)
    }

    /// Steps from decimal text, exactly. Non-negative, ASCII, no exponent.
    pub fn parse(&self, text: &str) -> Result<i64, GridError> {
        self.parse_bytes(text.as_bytes())
    }

    /// As [`Grid::parse`], over bytes. The general parser's path; see `steps_from_digits` for the fast one.
    pub fn parse_bytes(&self, text: &[u8]) -> Result<i64, GridError> {
        let (mut digits, mut count, mut fraction) = (0u64, 0usize, None::<usize>);
        let mut pending_zeros = 0usize;
        for &byte in text {
            match byte {
                b'0'..=b'9' => {
                    count += 1;
                    if count > 400 {
                        return Err(GridError::OutOfRange);
                    }
                    match fraction.as_mut() {
                        // Zeros at the end of the fraction carry no value: hold them back until a digit follows.
                        Some(_) if byte == b'0' => {
                            pending_zeros += 1;
                            continue;
                        }
                        Some(n) => *n += 1 + pending_zeros,
                        None => {}
                    }
                    for _ in 0..pending_zeros {
                        digits = digits.checked_mul(10).ok_or(GridError::OutOfRange)?;
                    }
                    pending_zeros = 0;
                    digits = digits
                        .checked_mul(10)
                        .and_then(|d| d.checked_add((byte - b'0') as u64))
                        .ok_or(GridError::OutOfRange)?;
                }
                b'.' if fraction.is_none() && count > 0 => fraction = Some(0),
                _ => return Err(GridError::Malformed),
            }
        }
        if count == 0 || text.last() == Some(&b'.') {
            return Err(GridError::Malformed);
        }
        let fraction = fraction.unwrap_or(0);
        if digits >= 10u64.pow(18) || fraction > MAX_DECIMALS {
            return Err(if fraction > MAX_DECIMALS { GridError::OffGrid } else { GridError::OutOfRange });
        }
        self.steps_from_digits(digits, fraction).ok_or_else(|| {
            let scale = self.scales[fraction];
            match digits.checked_mul(scale.mul) {
                Some(scaled) if scaled % scale.div != 0 => GridError::OffGrid,
                _ => GridError::OutOfRange,
            }
        })
    }

    /// The steps nearest to a float, if it lies on the grid to within a millionth of a step. NaN and infinities are not.
    pub fn steps_from_f64(&self, value: f64) -> Result<i64, GridError> {
        let steps = value / self.step();
        if !steps.is_finite() || steps.abs() >= MAX_STEPS as f64 {
            return Err(GridError::OutOfRange);
        }
        let nearest = steps.round();
        let slack = 1e-6f64.max(steps.abs() * 4.0 * f64::EPSILON);
        if (steps - nearest).abs() > slack {
            return Err(GridError::OffGrid);
        }
        Ok(nearest as i64)
    }

    /// The value of so many steps as a float, for signals and display.
    #[inline(always)]
    pub fn to_f64(&self, steps: i64) -> f64 {
        steps as f64 * self.step()
    }

    /// Writes so many steps as decimal text with the grid's own decimals, `0.10` as `0.1`. Returns the length.
    ///
    /// # Panics
    /// If `out` has fewer than 32 bytes.
    #[inline]
    pub fn write_text(&self, steps: i64, out: &mut [u8]) -> usize {
        let value = steps as i128 * self.mantissa as i128;
        let mut at = 0;
        if value < 0 {
            out[0] = b'-';
            at = 1;
        }
        let magnitude = value.unsigned_abs() as u64;
        let unit = POW10[self.decimals as usize];
        let (whole, mut fraction) = (magnitude / unit, magnitude % unit);
        at += write_u64(whole, &mut out[at..]);
        if self.decimals > 0 {
            out[at] = b'.';
            let end = at + self.decimals as usize;
            for slot in out[at + 1..=end].iter_mut().rev() {
                *slot = b'0' + (fraction % 10) as u8;
                fraction /= 10;
            }
            at = end + 1;
        }
        at
    }

    /// As [`Grid::write_text`], into a string.
    pub fn text(&self, steps: i64) -> String {
        let mut buffer = [0u8; 40];
        let n = self.write_text(steps, &mut buffer);
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    }
}

impl fmt::Debug for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grid({})", self.text(1))
    }
}

const POW10: [u64; 20] = {
    let mut table = [1u64; 20];
    let mut i = 1;
    while i < 20 {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

const PAIRS: [u8; 200] = {
    let mut table = [0u8; 200];
    let mut i = 0;
    while i < 100 {
        table[i * 2] = b'0' + (i / 10) as u8;
        table[i * 2 + 1] = b'0' + (i % 10) as u8;
        i += 1;
    }
    table
};

/// Writes `value` in decimal at the front of `out`, two digits at a time; returns the length.
#[inline]
pub fn write_u64(mut value: u64, out: &mut [u8]) -> usize {
    let mut buffer = [0u8; 20];
    let mut at = 20;
    while value >= 100 {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        at -= 2;
        buffer[at] = PAIRS[pair];
        buffer[at + 1] = PAIRS[pair + 1];
    }
    if value >= 10 {
        let pair = value as usize * 2;
        at -= 2;
        buffer[at] = PAIRS[pair];
        buffer[at + 1] = PAIRS[pair + 1];
    } else {
        at -= 1;
        buffer[at] = b'0' + value as u8;
    }
    let n = 20 - at;
    out[..n].copy_from_slice(&buffer[at..]);
    n
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_becomes_steps_exactly_or_is_refused() {
        let cases: &[(&str, &str, Result<i64, GridError>)] = &[
            ("0.10", "97000.10", Ok(970001)),
            ("0.1", "97000.15", Err(GridError::OffGrid)),
            ("0.5", "12.5", Ok(25)),
            ("0.05", "12.35", Ok(247)),
            ("5", "35", Ok(7)),
            ("5", "36.000", Err(GridError::OffGrid)),
            ("0.00001", "0.02000000", Ok(2000)),
            ("0.001", "0", Ok(0)),
            ("0.001", "0.000", Ok(0)),
            ("1", "9007199254740993", Err(GridError::OutOfRange)),
            ("0.1", "", Err(GridError::Malformed)),
            ("0.1", ".5", Err(GridError::Malformed)),
            ("0.1", "5.", Err(GridError::Malformed)),
            ("0.1", "-5", Err(GridError::Malformed)),
            ("0.1", "1e5", Err(GridError::Malformed)),
            ("0.1", "NaN", Err(GridError::Malformed)),
            ("0.1", "0.0000000000001", Err(GridError::OffGrid)),
        ];
        for (step, text, want) in cases {
            assert_eq!(Grid::new(step).unwrap().parse(text), *want, "{text} on {step}");
        }
        assert_eq!(Grid::new("1").unwrap().parse(&"9".repeat(400)), Err(GridError::OutOfRange));
        for bad in ["0", "-0.1", "x", "", "0.0000000000001"] {
            assert!(Grid::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn floats_off_the_grid_are_refused() {
        let grid = Grid::new("0.01").unwrap();
        assert_eq!(grid.steps_from_f64(0.29), Ok(29));
        assert_eq!(grid.steps_from_f64(0.295), Err(GridError::OffGrid));
        for bad in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e308] {
            assert_eq!(grid.steps_from_f64(bad), Err(GridError::OutOfRange));
        }
    }

    proptest! {
        #[test]
        fn steps_survive_the_round_trip(mantissa in 1i64..100_000, decimals in 0u32..=9, steps in 0i64..1_000_000_000) {
            let grid = Grid::from_parts(mantissa, decimals).unwrap();
            let text = grid.text(steps);
            prop_assert_eq!(grid.parse(&text), Ok(steps));
            let padded = if text.contains('.') { format!("{text}00") } else { format!("{text}.00") };
            prop_assert_eq!(grid.parse(&padded), Ok(steps));
        }

        #[test]
        fn division_by_reciprocal_is_exact(mantissa in 1i64..=1_000_000, decimals in 0u32..=12, fraction in 0usize..=12, digits in 0u64..1_000_000_000_000_000_000) {
            let grid = Grid::from_parts(mantissa, decimals).unwrap();
            let scale = grid.scales[fraction];
            let want = digits.checked_mul(scale.mul).filter(|v| v % scale.div == 0).map(|v| v / scale.div)
                .filter(|&s| s <= MAX_STEPS as u64).map(|s| s as i64);
            prop_assert_eq!(grid.steps_from_digits(digits, fraction), want);
            // and a value that is on the grid by construction is accepted
            if let Some(on_grid) = (digits / scale.div).checked_mul(scale.div) {
                if on_grid % scale.mul == 0 && digits / scale.div <= MAX_STEPS as u64 {
                    prop_assert_eq!(grid.steps_from_digits(on_grid / scale.mul, fraction), Some((digits / scale.div) as i64));
                }
            }
        }

        #[test]
        fn any_bytes_are_answered(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Grid::new("0.1").unwrap().parse_bytes(&text);
        }
    }
}
