//! Whole ticks, whole lots and integer cash. Prices and sizes are not interchangeable, and no float is money.

use bytemuck::{Pod, Zeroable};
use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Decimals of [`Cash`]: one unit is 10^-12 of the settlement coin, fine enough that price × size × fee is exact
/// for every instrument listed today, and `i128` has room for 10^26 coins.
pub const CASH_DECIMALS: u32 = 12;
/// Decimals of [`Rate`]: one unit is 10^-8, a ten-thousandth of a basis point.
pub const RATE_DECIMALS: u32 = 8;

/// A price in whole ticks of its instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Pod, Zeroable)]
#[repr(transparent)]
pub struct Px(pub i64);

/// A size in whole lots of its instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Pod, Zeroable)]
#[repr(transparent)]
pub struct Qty(pub i64);

/// An amount of the settlement coin, in units of 10^-12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct Cash(pub i128);

/// A dimensionless rate (fee, funding) in units of 10^-8. Negative for a rebate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct Rate(pub i64);

macro_rules! arithmetic {
    ($($name:ident),*) => {$(
        impl Add for $name { type Output = $name; #[inline(always)] fn add(self, other: $name) -> $name { $name(self.0 + other.0) } }
        impl Sub for $name { type Output = $name; #[inline(always)] fn sub(self, other: $name) -> $name { $name(self.0 - other.0) } }
        impl Neg for $name { type Output = $name; #[inline(always)] fn neg(self) -> $name { $name(-self.0) } }
        impl AddAssign for $name { #[inline(always)] fn add_assign(&mut self, other: $name) { self.0 += other.0 } }
        impl SubAssign for $name { #[inline(always)] fn sub_assign(&mut self, other: $name) { self.0 -= other.0 } }
    )*};
}
arithmetic!(Px, Qty, Cash);

impl Cash {
    pub const ZERO: Cash = Cash(0);

    /// Whole and fractional coins, for statistics and display only.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 10f64.powi(CASH_DECIMALS as i32)
    }

    /// Parses a plain decimal such as `-12.5`. `None` if it is not one, or has more than 12 decimals that matter.
    pub fn parse(text: &str) -> Option<Cash> {
        parse_scaled(text, CASH_DECIMALS).map(Cash)
    }

    /// This amount times a rate, rounded half away from zero to a unit.
    pub fn times(self, rate: Rate) -> Cash {
        let unit = 10i128.pow(RATE_DECIMALS);
        let product = self.0 * rate.0 as i128;
        Cash((product + product.signum() * unit / 2) / unit)
    }
}

impl Rate {
    /// Parses a plain decimal such as `0.00055`.
    pub fn parse(text: &str) -> Option<Rate> {
        parse_scaled(text, RATE_DECIMALS).and_then(|v| i64::try_from(v).ok()).map(Rate)
    }
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 10f64.powi(RATE_DECIMALS as i32)
    }
}

impl fmt::Display for Cash {
    /// The exact decimal, without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10u128.pow(CASH_DECIMALS);
        let magnitude = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", magnitude / unit)?;
        let mut fraction = magnitude % unit;
        if fraction != 0 {
            let mut width = CASH_DECIMALS as usize;
            while fraction.is_multiple_of(10) {
                fraction /= 10;
                width -= 1;
            }
            write!(f, ".{fraction:0width$}")?;
        }
        Ok(())
    }
}

/// `text` × 10^`decimals` as an integer, exactly, or `None`. ASCII digits, one optional sign, one optional point.
pub(crate) fn parse_scaled(text: &str, decimals: u32) -> Option<i128> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        _ => (false, bytes),
    };
    let mut value: i128 = 0;
    let mut seen_digit = false;
    let mut fraction: Option<u32> = None;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                if let Some(n) = fraction.as_mut() {
                    *n += 1;
                    if *n > decimals {
                        if byte != b'0' {
                            return None;
                        }
                        continue;
                    }
                }
                value = value.checked_mul(10)?.checked_add((byte - b'0') as i128)?;
            }
            b'.' if fraction.is_none() && seen_digit => fraction = Some(0),
            _ => return None,
        }
    }
    if !seen_digit {
        return None;
    }
    let missing = decimals - fraction.unwrap_or(0).min(decimals);
    let value = value.checked_mul(10i128.checked_pow(missing)?)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cash_reads_and_prints_exactly() {
        for text in ["0", "1", "-12.5", "0.000000000001", "123456789012.000001"] {
            assert_eq!(Cash::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Cash::parse("1.5000000000000000").unwrap(), Cash::parse("1.5").unwrap());
        for text in ["", "-", ".5", "1.0000000000001", "1e3", "NaN", "１２", "1_0", "--1", "1.2.3", "+1"] {
            assert_eq!(Cash::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_fee_is_rounded_half_away_from_zero() {
        let fee = |notional: i128, rate: i64| Cash(notional).times(Rate(rate)).0;
        assert_eq!(fee(100_000_000, 55_000), 55_000);
        assert_eq!(fee(1, 50_000_000), 1);
        assert_eq!(fee(-1, 50_000_000), -1);
        assert_eq!(fee(1, 49_999_999), 0);
    }
}
