//! A grid laid out for the decoders: one multiply, one rotation and two compares from digits to whole steps.

use nanotick_model::Grid;

/// A number's digits and its tail to whole steps of a grid. The tail is what stands from the point on, in bytes:
/// 0 without a point, `1 + fraction digits` with one.
pub trait Steps {
    fn steps(&self, digits: u64, tail: usize) -> Option<i64>;
}

impl Steps for Grid {
    #[inline(always)]
    fn steps(&self, digits: u64, tail: usize) -> Option<i64> {
        self.steps_from_digits(digits, tail.saturating_sub(1))
    }
}

/// Steps are kept below 2^53, as in [`Grid`].
const MAX_STEPS: u64 = 1 << 53;
const TAILS: usize = 16;

/// How numbers of one tail become steps.
///
/// To multiply by `m`, `factor` is `m`. To divide exactly by `d = odd × 2^k`, `factor` is the inverse of `odd`
/// modulo 2^64 and the product is rotated right by `k`: the result is the quotient if there is no remainder, and
/// above `(2^64 - 1) / d` if there is one (Granlund and Montgomery 1994, section 9).
#[derive(Clone, Copy, Debug)]
struct Lane {
    factor: u64,
    max_digits: u64,
    max_steps: u64,
    rotate: u32,
}

/// A [`Grid`] and its lanes. Numbers that no lane takes are left to the grid.
#[derive(Clone, Debug)]
pub struct Lanes {
    lanes: [Lane; TAILS],
    grid: Grid,
}

impl Lanes {
    pub fn new(grid: &Grid) -> Lanes {
        let mut lanes = [Lane { factor: 0, max_digits: 0, max_steps: 0, rotate: 0 }; TAILS];
        for (tail, lane) in lanes.iter_mut().enumerate().filter(|(tail, _)| *tail != 1) {
            if let Some(found) = lane_of(grid, tail.saturating_sub(1) as u32) {
                *lane = found;
            }
        }
        Lanes { lanes, grid: grid.clone() }
    }

    #[cold]
    #[inline(never)]
    fn by_grid(&self, digits: u64, tail: usize) -> Option<i64> {
        self.grid.steps(digits, tail)
    }
}

impl Steps for Lanes {
    #[inline(always)]
    fn steps(&self, digits: u64, tail: usize) -> Option<i64> {
        let lane = &self.lanes[tail & (TAILS - 1)];
        let steps = digits.wrapping_mul(lane.factor).rotate_right(lane.rotate);
        if digits > lane.max_digits || steps > lane.max_steps || tail >= TAILS {
            return self.by_grid(digits, tail);
        }
        Some(steps as i64)
    }
}

/// `None` if the way from such numbers to steps is not a whole factor or divisor.
fn lane_of(grid: &Grid, fraction: u32) -> Option<Lane> {
    let (mantissa, decimals) = grid.parts();
    let (mantissa, decimals) = (u64::try_from(mantissa).ok()?, decimals);
    // digits × 10^-fraction = steps × mantissa × 10^-decimals
    let (mul, div) = if fraction <= decimals {
        (10u64.checked_pow(decimals - fraction)?, mantissa)
    } else {
        (1, mantissa.checked_mul(10u64.checked_pow(fraction - decimals)?)?)
    };
    if mul % div == 0 {
        let factor = mul / div;
        return Some(Lane { factor, max_digits: MAX_STEPS / factor, max_steps: MAX_STEPS, rotate: 0 });
    }
    if div % mul != 0 {
        return None;
    }
    let div = div / mul;
    let rotate = div.trailing_zeros();
    let factor = inverse(div >> rotate);
    Some(Lane { factor, max_digits: u64::MAX, max_steps: MAX_STEPS.min(u64::MAX / div), rotate })
}

/// The inverse of an odd number modulo 2^64, by Newton's iteration: each round doubles the right bits.
fn inverse(odd: u64) -> u64 {
    let mut x = odd;
    for _ in 0..5 {
        x = x.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(x)));
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lanes_agree_with_their_grid(
            mantissa in prop_oneof![Just(1i64), Just(5), Just(25), Just(10), Just(100), 1i64..=1_000_000],
            decimals in 0u32..=12,
            tail in 0usize..=13,
            digits in prop_oneof![0u64..2000, 0u64..1_000_000_000_000_000_000],
            steps in 0u64..(1 << 53),
        ) {
            let grid = Grid::from_parts(mantissa, decimals).unwrap();
            let lanes = Lanes::new(&grid);
            prop_assert_eq!(lanes.steps(digits, tail), grid.steps(digits, tail));
            // A number that is on the grid, so that the accepting side is drawn often too.
            let (mantissa, decimals) = grid.parts();
            let fraction = tail.saturating_sub(1) as u32;
            let scaled = (steps as u128 * mantissa as u128).checked_mul(10u128.pow(fraction.saturating_sub(decimals)));
            if let Some(Ok(on_grid)) = scaled.filter(|_| fraction >= decimals && tail != 1).map(u64::try_from) {
                prop_assert_eq!(lanes.steps(on_grid, tail), grid.steps(on_grid, tail));
            }
        }
    }

    /// The grid's own table ends at twelve digits behind the point.
    #[test]
    fn long_tails_are_exact_or_refused() {
        let lanes = Lanes::new(&Grid::new("0.5").unwrap());
        for (digits, tail, want) in [
            (15_000_000_000_000, 14, Some(3)),
            (15_000_000_000_001, 14, None),
            (150_000_000_000_000, 15, Some(3)),
            (0, 15, Some(0)),
            (1, 16, None),
            (1, 400, None),
        ] {
            assert_eq!(lanes.steps(digits, tail), want, "{digits} {tail}");
        }
    }

    #[test]
    fn the_usual_grids_have_lanes() {
        for (step, text) in [
            ("0.10", "97000.10"),
            ("0.001", "0.012"),
            ("0.5", "12.50"),
            ("0.00001", "0.02000000"),
            ("1", "5"),
        ] {
            let grid = Grid::new(step).unwrap();
            let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            assert!(lane_of(&grid, fraction as u32).is_some(), "{text} on {step}");
        }
    }
}
