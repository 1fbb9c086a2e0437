//! Columns side by side: windows that are kept lap by lap go through several stretches of a column at once, as no lap
//! depends on the one before it but by the window over both.

use std::array::from_fn;
use std::ops::{Index, Range};

use crate::parts::columns::all_rows;

pub(super) const LANES: usize = 4;

/// A row of each lane. Aligned: halves of a register would be loaded one by one from what may cross a cache line.
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
pub(super) struct Side(pub [f64; LANES]);

impl Side {
    #[inline(always)]
    pub fn new(of: impl Fn(usize) -> f64) -> Self {
        Self(from_fn(of))
    }
}

impl Index<usize> for Side {
    type Output = f64;

    #[inline(always)]
    fn index(&self, lane: usize) -> &f64 {
        &self.0[lane]
    }
}

/// Rows that a lane has about, so that a pass over it is worth starting.
const STRETCH: usize = 192;

/// A window that is kept lap by lap.
pub(super) trait LapWindow {
    /// The windows that end with `lap`, then with each row of `next`, the lap after it but for its last row.
    fn windows(&mut self, lap: &[Side], next: &[Side], out: &mut [Side]);
}

/// All windows over `xs` from the first full one on, as far as the lanes can be filled. Returns the row that the first
/// lap begins with whose windows are missing. None if a number is not valid.
#[inline(always)]
pub(super) fn over_lanes(
    xs: &[f64],
    length: usize,
    out: &mut [f64],
    window: &mut impl LapWindow,
) -> Option<usize> {
    let before = length - 1;
    // Laps that a lane may have, all together and at once.
    let (mut laps, most) = (xs.len().saturating_sub(before) / (LANES * length), STRETCH.div_ceil(length));
    let mut lanes = vec![Side::default(); most.min(laps) * length + before];
    let mut windows = vec![Side::default(); most.min(laps) * length];
    let mut start = 0;
    while laps > 0 {
        let stretch = most.min(laps) * length;
        let (own, beyond) = lanes.split_at_mut(stretch);
        let (now, after) = xs[start..].split_at(LANES * stretch);
        // Here, where the next pass finds them near by.
        if !all_rows([now], |_| true) {
            return None;
        }
        side_by_side(now, own);
        // A lane goes on into the first lap of the next one.
        for ((beyond, row), &after) in beyond[..before].iter_mut().zip(own).zip(after) {
            *beyond = Side([row[1], row[2], row[3], after]);
        }
        for at in (0..stretch).step_by(length) {
            let (lap, next) = lanes[at..].split_at(length);
            window.windows(lap, &next[..before], &mut windows[at..][..length]);
        }
        one_after_the_other(&windows[..stretch], &mut out[start + before..][..LANES * stretch]);
        start += LANES * stretch;
        laps -= stretch / length;
    }
    all_rows([&xs[start..]], |_| true).then_some(start)
}

/// The rows of a column that a window needs for its values at `rows`, of which the first is full: from the start of a
/// lap on, and up to where the lanes are filled, if the column goes on that far.
#[inline(always)]
pub fn needed(length: usize, rows: &Range<usize>, total: usize) -> Range<usize> {
    let from = (rows.start + 1 - length) / length * length;
    let (group, before) = (LANES * length, length - 1);
    let windows = (rows.end - from - before).next_multiple_of(group);
    from..total.min(from + before + windows)
}

/// Puts one stretch into each lane.
#[inline(always)]
fn side_by_side(xs: &[f64], lanes: &mut [Side]) {
    let length = lanes.len();
    let (a, xs) = xs.split_at(length);
    let (b, xs) = xs.split_at(length);
    let (c, d) = xs.split_at(length);
    for ((lanes, (a, b)), (c, d)) in lanes.iter_mut().zip(a.iter().zip(b)).zip(c.iter().zip(d)) {
        *lanes = Side([*a, *b, *c, *d]);
    }
}

/// The other way round.
#[inline(always)]
fn one_after_the_other(lanes: &[Side], out: &mut [f64]) {
    let length = lanes.len();
    let (a, out) = out.split_at_mut(length);
    let (b, out) = out.split_at_mut(length);
    let (c, d) = out.split_at_mut(length);
    for ((lanes, (a, b)), (c, d)) in lanes.iter().zip(a.iter_mut().zip(b)).zip(c.iter_mut().zip(d)) {
        [*a, *b, *c, *d] = lanes.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::{WindowMean, WindowRamp};

    /// Pushes all, and asks for the windows at some of the rows.
    fn check(
        length: usize,
        rows: Range<usize>,
        push: &mut dyn FnMut(f64) -> Option<f64>,
        over: &dyn Fn(&[f64], &mut [f64]) -> bool,
    ) {
        let xs: Vec<f64> = (0..2_500).map(|t| 100.0 + (t * 7919 % 101) as f64 * 0.01).collect();
        let wanted: Vec<u64> = xs.iter().map(|&x| push(x).unwrap_or(f64::NAN).to_bits()).collect();
        let given = needed(length, &rows, xs.len());
        let mut out = vec![0.0; given.len()];
        assert!(over(&xs[given.clone()], &mut out));
        let got = out[rows.start - given.start..][..rows.len()].iter().map(|x| x.to_bits());
        assert!(got.eq(wanted[rows.clone()].iter().copied()), "{length} {rows:?}");
    }

    #[test]
    fn excerpts_of_a_column_are_the_same_as_one_by_one() {
        for length in [1, 2, 4, 5, 20, 97, 250, 700] {
            for rows in [0..2_500, 0..1, 13..1_700, 999..1_001, 1_000..2_000, 2_499..2_500] {
                let rows = rows.start.max(length - 1)..rows.end.max(length);
                let (mean, mut each) = (WindowMean::new(length), WindowMean::new(length));
                check(length, rows.clone(), &mut |x| each.push(x), &|xs, out| mean.over(xs, out));
                let (ramp, mut each) = (WindowRamp::new(length), WindowRamp::new(length));
                check(length, rows, &mut |x| each.push(x).map(|sums| sums.weighted_mean()), &|xs, out| {
                    ramp.over(xs, out, |sums| sums.weighted_mean())
                });
            }
        }
    }
}
