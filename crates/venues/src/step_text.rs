//! Whole steps to decimal text for the order encoders: as [`Grid::write_text`], without division by the grid's unit.

use crate::number::{digits_of, write_u64};
use nanotick_model::Grid;

/// A grid's step, laid out for writing.
#[derive(Clone, Debug)]
pub(crate) struct StepText {
    mantissa: u64,
    decimals: usize,
    grid: Grid,
}

impl StepText {
    pub fn new(grid: &Grid) -> StepText {
        let (mantissa, decimals) = grid.parts();
        StepText { mantissa: mantissa.unsigned_abs(), decimals: decimals as usize, grid: grid.clone() }
    }

    /// Writes so many steps at the front of `out`; returns the length.
    ///
    /// # Panics
    /// If `out` has fewer than 40 bytes.
    #[inline(always)]
    pub fn write(&self, steps: i64, out: &mut [u8]) -> usize {
        let Some(mut value) = u64::try_from(steps).ok().and_then(|steps| steps.checked_mul(self.mantissa))
        else {
            return self.grid.write_text(steps, out);
        };
        if self.decimals == 0 {
            return write_u64(value, out);
        }
        let whole = digits_of(value).saturating_sub(self.decimals).max(1);
        let out = &mut out[..whole + 1 + self.decimals];
        for slot in out[whole + 1..].iter_mut().rev() {
            *slot = b'0' + (value % 10) as u8;
            value /= 10;
        }
        out[whole] = b'.';
        write_u64(value, out);
        out.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_writes_what_the_grid_writes(
            mantissa in prop_oneof![Just(1i64), Just(5), 1i64..=1_000_000],
            decimals in 0u32..=12,
            steps in prop_oneof![-100i64..2000, 0i64..(1 << 53), any::<i64>().prop_map(|v| v >> 12)],
        ) {
            let grid = Grid::from_parts(mantissa, decimals).unwrap();
            let mut out = [0xaa; 40];
            // The grid's own writer has room for no more than this.
            prop_assume!((steps as i128 * mantissa as i128).unsigned_abs() < 1 << 63);
            let n = StepText::new(&grid).write(steps, &mut out);
            prop_assert_eq!(std::str::from_utf8(&out[..n]).unwrap(), grid.text(steps));
        }
    }
}
