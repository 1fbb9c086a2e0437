//! Rises against falls: relative strength after Wilder, Cutler and Connors, and Chande's momentum oscillator.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{leave_out, map_rows, BLOCK};
use crate::parts::{positive, ratio_or, Batch, Change, OnePole, Reach, Ring, WindowSum, BEFORE};
use crate::persist::state;
use crate::rows;

state! {
    /// Wilder's index, which other formulas take further.
    pub(super) struct Strength {
        change: Change,
        rise: OnePole,
        fall: OnePole,
    }
}

impl Strength {
    pub(super) fn new(period: usize) -> Self {
        Self { change: Change::default(), rise: OnePole::wilder(period), fall: OnePole::wilder(period) }
    }

    /// None for the first n values.
    #[inline(always)]
    pub(super) fn push(&mut self, x: f64) -> Option<f64> {
        let change = self.change.difference(x)?;
        let (rise, fall) = (self.rise.push(positive(change)), self.fall.push(positive(-change)));
        let (rise, fall) = (rise?, fall?);
        Some(index(rise, fall))
    }

    /// [`Strength::push`] of a block of prices.
    #[inline(always)]
    pub(super) fn push_block(&mut self, prices: &[f64], row: usize, moves: &mut MovesBlock, out: &mut [f64]) {
        let (MovesBlock { rises, falls, fallen }, first) = (moves, row - BEFORE);
        let changes = [&prices[first..], &prices[first - 1..]];
        map_rows(changes, rises, |[price, last]| positive(price - last));
        map_rows(changes, falls, |[price, last]| positive(-(price - last)));
        self.rise.push_block(rises, out);
        self.fall.push_block(falls, fallen);
        for (rise, &fall) in out.iter_mut().zip(&*fallen) {
            *rise = index(*rise, fall);
        }
        self.change.skip(prices[row + BLOCK - 1]);
    }
}

/// The ratio first: with no fall at all it is 1, and the index 100, without rounding.
#[inline(always)]
fn index(rise: f64, fall: f64) -> f64 {
    100.0 * ratio_or(rise, rise + fall, 0.5)
}

/// What [`Strength::push_block`] needs room for.
pub(super) struct MovesBlock {
    rises: Reach,
    falls: Reach,
    fallen: [f64; BLOCK],
}

impl MovesBlock {
    pub(super) fn new() -> Self {
        Self { rises: [0.0; BEFORE + BLOCK], falls: [0.0; BEFORE + BLOCK], fallen: [0.0; BLOCK] }
    }
}

state! {
    pub struct Rsi {
        strength: Strength,
    }
}

impl Kernel for Rsi {
    const INFO: &'static FormulaInfo = &rows::RSI;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { strength: Strength::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.strength.push(price)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut moves) = (Batch::new(self), MovesBlock::new());
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            let out = &mut out[0][row..][..BLOCK];
            batch.kernel.strength.push_block(columns[0], row, &mut moves, out);
        }
        batch.is_sound()
    }
}

state! {
    /// Rises and falls of the last n steps, each summed.
    struct Moves {
        change: Change,
        rises: WindowSum,
        falls: WindowSum,
    }
}

impl Moves {
    fn new(period: usize) -> Self {
        Self { change: Change::default(), rises: WindowSum::new(period), falls: WindowSum::new(period) }
    }

    #[inline(always)]
    fn push(&mut self, x: f64) -> Option<(f64, f64)> {
        let change = self.change.difference(x)?;
        let (rises, falls) = (self.rises.push(positive(change)), self.falls.push(positive(-change)));
        Some((rises?, falls?))
    }
}

state! {
    pub struct RsiCutler {
        moves: Moves,
    }
}

impl Kernel for RsiCutler {
    const INFO: &'static FormulaInfo = &rows::RSI_CUTLER;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { moves: Moves::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let (rises, falls) = self.moves.push(price)?;
        Some(index(rises, falls))
    }
}

state! {
    pub struct Cmo {
        moves: Moves,
    }
}

impl Kernel for Cmo {
    const INFO: &'static FormulaInfo = &rows::CMO;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { moves: Moves::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let (rises, falls) = self.moves.push(price)?;
        Some(100.0 * ratio_or(rises - falls, rises + falls, 0.0))
    }
}

state! {
    /// In percent, how many of the n values before are smaller.
    struct Rank {
        before: Ring,
        seen: usize,
        per_value: f64,
    }
}

impl Rank {
    fn new(length: usize) -> Self {
        Self { before: Ring::new(length), seen: 0, per_value: 100.0 / length as f64 }
    }

    #[inline(always)]
    fn push(&mut self, x: f64) -> Option<f64> {
        if self.seen < self.before.len() {
            self.seen += 1;
            self.before.push(x);
            return None;
        }
        let rank = self.per_value * self.before.count_below(x);
        self.before.push(x);
        Some(rank)
    }

    /// The same for a whole column from a fresh start. Several values are counted for at once: counts are whole
    /// numbers, which come out the same in any order.
    #[inline(always)]
    fn over(&self, xs: &[f64], out: &mut [f64]) {
        const TOGETHER: usize = 32;
        let n = self.before.len();
        leave_out(out, n + 1);
        let (many, few) = out.get_mut(n..).unwrap_or(&mut []).as_chunks_mut::<TOGETHER>();
        for (out, xs) in many.iter_mut().zip(xs.windows(n + TOGETHER).step_by(TOGETHER)) {
            let (before, now) = (&xs[..n + TOGETHER - 1], &xs[n..]);
            let mut counts = [0.0; TOGETHER];
            for before in before.windows(TOGETHER) {
                for ((count, before), now) in counts.iter_mut().zip(before).zip(now) {
                    *count += if before < now { 1.0 } else { 0.0 };
                }
            }
            map_rows([&counts], out, |[count]| self.per_value * count);
        }
        let first = xs.len() - few.len();
        for (row, out) in few.iter_mut().enumerate() {
            let (before, now) = (&xs[first + row - n..][..n], xs[first + row]);
            *out = self.per_value * before.iter().filter(|&&before| before < now).count() as f64;
        }
    }
}

state! {
    pub struct PercentRank {
        rank: Rank,
    }
}

impl Kernel for PercentRank {
    const INFO: &'static FormulaInfo = &rows::PERCENT_RANK;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { rank: Rank::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.rank.push(price)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        self.rank.over(columns[0], out[0]);
        true
    }
}

state! {
    pub struct ConnorsRsi {
        price: Strength,
        streaks: Strength,
        rank: Rank,
        last: Option<f64>,
        /// Closes in a row that rose, or fell if negative.
        streak: f64,
    }
}

impl Kernel for ConnorsRsi {
    const INFO: &'static FormulaInfo = &rows::CONNORS_RSI;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            price: Strength::new(params.int("rsi_n")),
            streaks: Strength::new(params.int("streak_n")),
            rank: Rank::new(params.int("rank_n")),
            last: None,
            streak: 0.0,
        })
    }

    #[inline(always)]
    fn step(&mut self, close: f64) -> Option<f64> {
        if close <= 0.0 {
            return None;
        }
        let last = self.last.replace(close);
        if let Some(last) = last {
            // Factors of 0 and 1: a branch would have to guess the next close.
            let (rose, fell) = (f64::from(u8::from(close > last)), f64::from(u8::from(close < last)));
            self.streak = rose * (positive(self.streak) + 1.0) - fell * (positive(-self.streak) + 1.0);
        }
        let (price, streaks) = (self.price.push(close), self.streaks.push(self.streak));
        let rank = self.rank.push(close / last? - 1.0);
        Some((price? + streaks? + rank?) / 3.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_a_column_are_the_same_as_one_by_one() {
        let xs: Vec<f64> = (0..300).map(|t| (t * 7919 % 31) as f64).collect();
        for length in [1, 2, 30, 100, 400] {
            for rows in [0, 1, 100, 164, 300] {
                let (rank, mut each, mut got) = (Rank::new(length), Rank::new(length), vec![0.0; rows]);
                rank.over(&xs[..rows], &mut got);
                let wanted = xs[..rows].iter().map(|&x| each.push(x).unwrap_or(f64::NAN));
                assert!(got.iter().zip(wanted).all(|(a, b)| a.to_bits() == b.to_bits()), "{length} {rows}");
            }
        }
    }
}
