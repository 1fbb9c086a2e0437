//! The one-pole stage under every exponential average: Brown's with 2/(n+1), Wilder's with 1/n.
//! Seeded with the mean of its first n values, as TA-Lib's classic mode does.

use crate::parts::columns::BLOCK;
use crate::persist::state;

/// A value this small is zero: left to decay further it would turn subnormal, and cost a hundred cycles an update.
const VANISHED: f64 = 1e-300;

/// The value, or zero where it is as good as that. By way of a branch, which the processor foresees: a selection would
/// be one more step from each value to the next.
#[inline(always)]
pub(crate) fn unless_vanished(x: f64) -> f64 {
    if x.abs() < VANISHED {
        std::hint::black_box(0.0)
    } else {
        x
    }
}

/// Rows that are done at once: as many as stay in registers.
const RUN: usize = 32;

/// Steps from one value of a chain to the next.
const AHEAD: usize = 4;

/// Values before a block that its averages reach back to.
pub const BEFORE: usize = AHEAD - 1;

/// A block of values, and those before it.
pub type Reach = [f64; BEFORE + BLOCK];

state! {
    /// `v[n] = k v[n-1] + a x[n]`, with what is kept of the last value and the weight of the newest, would let each value
    /// wait for the one before it. Put into itself twice it is `v[n] = k^4 v[n-4] + a (p[n] + k^2 p[n-2])` with
    /// `p[n] = x[n] + k x[n-1]`: four chains side by side, and sums of inputs that wait for nothing. A column is done
    /// four rows at a time; an update does the same operations, so that both give the same bits.
    ///
    /// After the seed all goes on as if nothing but zeros had come before an input as large as it takes for the seed.
    pub struct OnePole {
        alpha: f64,
        /// k, its square, and its fourth power.
        keep: [f64; 3],
        anchor: f64,
        anchored: bool,
        /// The newest value less the anchor; the mean of those so far while the seed is not complete.
        newest: f64,
        /// p of the last two values; the older one is at `next`, modulo two.
        pairs: [f64; 2],
        /// The last averages, less the anchor; the oldest one is at `next`, modulo their number.
        values: [f64; AHEAD],
        next: usize,
        period: u32,
        seen: u32,
    }
}

impl OnePole {
    pub fn ema(period: usize) -> Self {
        Self::with_weight(period, 2.0 / (period as f64 + 1.0))
    }

    pub fn wilder(period: usize) -> Self {
        Self::with_weight(period, 1.0 / period as f64)
    }

    /// Any weight of the newest value, seeded with the mean of the first `period` values.
    pub fn with_weight(period: usize, alpha: f64) -> Self {
        let keep = 1.0 - alpha;
        let square = keep * keep;
        Self {
            alpha,
            keep: [keep, square, square * square],
            anchor: 0.0,
            anchored: false,
            newest: 0.0,
            pairs: [0.0; 2],
            values: [0.0; AHEAD],
            next: 0,
            period: period as u32,
            seen: 0,
        }
    }

    /// For prices: averages what the values are above the first of them. The average of a flat market is then its
    /// price to the last digit. Not for values that fade to zero, which would end as what rounding left of the first:
    /// a first value ten thousand times too large costs four digits of sixteen.
    pub fn anchored(mut self) -> Self {
        self.anchored = true;
        self
    }

    #[inline(always)]
    pub fn is_ready(&self) -> bool {
        self.seen == self.period
    }

    pub fn period(&self) -> usize {
        self.period as usize
    }

    /// None until the seed is complete.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        if !self.is_ready() {
            self.seed(x);
            return self.is_ready().then_some(self.values[AHEAD - 1] + self.anchor);
        }
        let at = self.next % AHEAD;
        let newest = x - self.anchor;
        let pair = self.pair(newest, self.newest);
        let sum = self.sum(pair, self.pairs[at % 2]);
        let value = unless_vanished(self.average(self.values[at], sum));
        self.newest = newest;
        self.pairs[at % 2] = pair;
        self.values[at] = value;
        self.next = at + 1;
        Some(value + self.anchor)
    }

    #[inline(always)]
    fn pair(&self, newest: f64, one_ago: f64) -> f64 {
        newest + self.keep[0] * one_ago
    }

    #[inline(always)]
    fn sum(&self, pair: f64, two_ago: f64) -> f64 {
        pair + self.keep[1] * two_ago
    }

    #[inline(always)]
    fn average(&self, four_ago: f64, sum: f64) -> f64 {
        self.keep[2] * four_ago + self.alpha * sum
    }

    /// A running mean rather than a sum: it never leaves the range of its inputs, not even by rounding.
    #[cold]
    #[inline(never)]
    fn seed(&mut self, x: f64) {
        if self.anchored && self.seen == 0 {
            self.anchor = x;
        }
        self.seen += 1;
        self.newest += (x - self.anchor - self.newest) / f64::from(self.seen);
        if self.is_ready() {
            self.values[AHEAD - 1] = self.newest;
            self.newest /= self.alpha;
            self.pairs[1] = self.newest;
        }
    }

    /// The last averages, as many as a block reaches back to; not before there are so many since the seed.
    #[inline(always)]
    pub fn recent(&self) -> [f64; BEFORE] {
        [1, 2, 3].map(|age| self.values[(self.next % AHEAD + age) % AHEAD] + self.anchor)
    }

    /// [`OnePole::push`] of a block of values; those before it must have been pushed since the seed.
    #[inline(always)]
    pub fn push_block(&mut self, xs: &Reach, out: &mut [f64]) {
        let mut values = self.begin();
        for (run, out) in out.as_chunks_mut().0.iter_mut().enumerate() {
            values = self.push_run(values, run_of(xs, run), out);
        }
        self.end(values, xs);
    }

    /// The same for stages of which each averages what the one before it gives. `out` gets the averages of each, and
    /// those before them.
    #[inline(always)]
    pub fn push_cascade<const N: usize>(stages: &mut [Self; N], xs: &Reach, out: &mut [Reach; N]) {
        for (stage, pole) in stages.iter_mut().enumerate() {
            let (before, rest) = out.split_at_mut(stage);
            let (early, averages) = rest[0].split_at_mut(BEFORE);
            early.copy_from_slice(&pole.recent());
            pole.push_block(before.last().unwrap_or(xs), averages);
        }
    }

    /// The averages less the anchor that a block begins from, the oldest first.
    #[inline(always)]
    fn begin(&self) -> [f64; AHEAD] {
        let mut values = self.values;
        values.rotate_left(self.next % AHEAD);
        values
    }

    #[inline(always)]
    fn end(&mut self, values: [f64; AHEAD], xs: &Reach) {
        let [a, b, c] = [0, 1, 2].map(|row| xs[BLOCK + row] - self.anchor);
        (self.newest, self.pairs) = (c, [self.pair(b, a), self.pair(c, b)]);
        (self.values, self.next) = (values, 0);
    }

    #[inline(always)]
    fn push_run(&self, before: [f64; AHEAD], xs: &[f64; BEFORE + RUN], out: &mut [f64; RUN]) -> [f64; AHEAD] {
        let (mut averages, mut values) = self.chains(before, xs, |value| value);
        if averages.iter().fold(false, |any, value| any | ((value.abs() < VANISHED) & (*value != 0.0))) {
            (averages, values) = self.chains(before, xs, unless_vanished);
        }
        *out = averages.map(|value| value + self.anchor);
        values
    }

    /// The averages less the anchor, and the last ones of them.
    #[inline(always)]
    fn chains(
        &self,
        mut values: [f64; AHEAD],
        xs: &[f64; BEFORE + RUN],
        ended: impl Fn(f64) -> f64,
    ) -> ([f64; RUN], [f64; AHEAD]) {
        let mut averages = [0.0; RUN];
        for (row, sum) in averages.iter_mut().enumerate() {
            let [three_ago, two_ago, one_ago, newest] =
                [0, 1, 2, 3].map(|place| xs[row + place] - self.anchor);
            *sum = self.sum(self.pair(newest, one_ago), self.pair(two_ago, three_ago));
        }
        for rows in averages.chunks_exact_mut(AHEAD) {
            for (value, row) in values.iter_mut().zip(rows) {
                *value = ended(self.average(*value, *row));
                *row = *value;
            }
        }
        (averages, values)
    }
}

#[inline(always)]
fn run_of(xs: &Reach, run: usize) -> &[f64; BEFORE + RUN] {
    xs[run * RUN..].first_chunk().expect("a run and what is before it")
}

/// Feeds each stage with what the one before it gives. The outputs of all, once the last has one.
#[inline(always)]
pub fn cascade<const N: usize>(stages: &mut [OnePole; N], x: f64) -> Option<[f64; N]> {
    let (mut values, mut value) = ([0.0; N], x);
    for (stage, output) in stages.iter_mut().zip(&mut values) {
        value = stage.push(value)?;
        *output = value;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decaying_value_becomes_zero_and_never_subnormal() {
        let mut pole = OnePole::wilder(14);
        pole.push(1.0);
        let smallest = (0..20_000).filter_map(|_| pole.push(0.0)).filter(|v| *v > 0.0).fold(1.0, f64::min);
        assert!(smallest >= VANISHED);
        assert_eq!(pole.push(0.0), Some(0.0));
    }

    #[test]
    fn a_flat_market_has_its_price_as_average() {
        let mut pole = OnePole::ema(7).anchored();
        assert!((0..1_000).filter_map(|_| pole.push(0.1)).all(|average| average == 0.1));
    }
    #[test]
    fn four_chains_are_the_recurrence_that_they_come_from() {
        for period in [1, 2, 3, 14, 200] {
            let (mut pole, mut plain) = (OnePole::ema(period), 0.0);
            for (row, x) in walk(3_000).into_iter().enumerate() {
                let seed = (row + 1).min(period) as f64;
                let weight = if row < period { 1.0 / seed } else { 2.0 / (period as f64 + 1.0) };
                plain += weight * (x - plain);
                if let Some(average) = pole.push(x) {
                    assert!((average - plain).abs() < 1e-11, "{period} {row}: {average} {plain}");
                }
            }
        }
    }

    #[test]
    fn blocks_are_the_same_as_one_by_one() {
        let mut xs = walk(12 * BLOCK);
        // Long enough for all averages to vanish, and to come back.
        xs[4 * BLOCK..10 * BLOCK].fill(0.0);
        for (pole, first) in
            [(OnePole::wilder(2), 5), (OnePole::ema(20).anchored(), 23), (OnePole::with_weight(1, 0.4), 4)]
        {
            let (mut each, mut blocks, mut row) = (pole.clone(), pole, first);
            xs[..first].iter().for_each(|&x| _ = (each.push(x), blocks.push(x)));
            while row + BLOCK + 1 < xs.len() {
                let mut averages = [0.0; BLOCK];
                blocks.push_block(xs[row - BEFORE..].first_chunk().unwrap(), &mut averages);
                for (&x, average) in xs[row..].iter().zip(averages) {
                    assert_eq!(each.push(x), Some(average));
                }
                assert_eq!(each.recent(), blocks.recent());
                // One more, so that the next block begins at another place of the ring.
                assert_eq!(each.push(xs[row + BLOCK]), blocks.push(xs[row + BLOCK]));
                row += BLOCK + 1;
            }
        }
    }

    fn walk(rows: usize) -> Vec<f64> {
        (0..rows as u64).map(|row| 100.0 + (row * row * 7919 % 1_000) as f64 * 0.01).collect()
    }
}
