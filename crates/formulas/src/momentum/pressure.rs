//! A price against its usual distance from its mean, and closes against the true ranges of their bars.

use std::array::from_fn;

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, blocks, blocks_from, cut, leave_out, map_rows, Excerpt, BLOCK};
use crate::parts::{is_bar, larger, needed, ratio_or, smaller, Lag, Ring, WindowMean, WindowSum, TOGETHER};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Cci {
        mean: WindowMean,
        prices: Ring,
        inverse_period: f64,
    }
}

impl Kernel for Cci {
    const INFO: &'static FormulaInfo = &rows::CCI;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            mean: WindowMean::new(period),
            prices: Ring::new(period),
            inverse_period: 1.0 / period as f64,
        })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        let price = typical([high, low, close]);
        let Some(mean) = self.mean.push(price) else {
            self.prices.push(price);
            return None;
        };
        Some(self.push(price, mean))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (out, count, n) = (&mut *out[0], columns[0].len(), self.prices.len());
        let (mut kernel, [mut prices, mut means]) = (self.clone(), [(); 2].map(|()| Excerpt::default()));
        for rows in blocks_from(n - 1, count, 4 * n) {
            let lap = needed(n, &rows, count);
            if n < TOGETHER || !all_rows(cut(columns, &lap), |[high, low, close]| is_bar(high, low, close)) {
                return false;
            }
            map_rows(cut(columns, &lap), prices.of(&lap), typical);
            if !self.mean.over(prices.at(&lap), means.of(&lap)) {
                return false;
            }
            if rows.start == n - 1 {
                prices.at(&(0..n - 1)).iter().for_each(|&price| _ = kernel.prices.push(price));
            }
            let (prices, few_prices) = prices.at(&rows).as_chunks();
            let (means, few_means) = means.at(&rows).as_chunks();
            let (many, few) = out[rows].as_chunks_mut::<TOGETHER>();
            for ((out, prices), means) in many.iter_mut().zip(prices).zip(means) {
                let [absolute, oldest] = kernel.prices.push_together(prices, means);
                *out = from_fn(|row| kernel.index(prices[row], means[row], absolute[row], oldest[row]));
            }
            for ((out, &price), &mean) in few.iter_mut().zip(few_prices).zip(few_means) {
                *out = kernel.push(price, mean);
            }
        }
        leave_out(out, n);
        true
    }
}

impl Cci {
    #[inline(always)]
    fn push(&mut self, price: f64, mean: f64) -> f64 {
        let index = self.index(price, mean, self.prices.absolute_deviations(mean), self.prices.oldest());
        self.prices.push(price);
        index
    }

    /// From the deviations over the window as it was: the oldest price is taken out and the newest put in here. To read
    /// what has just been written, two numbers at a time, would stall the processor.
    #[inline(always)]
    fn index(&self, price: f64, mean: f64, absolute: f64, oldest: f64) -> f64 {
        let absolute = absolute - (oldest - mean).abs() + (price - mean).abs();
        ratio_or(price - mean, 0.015 * (absolute * self.inverse_period), 0.0)
    }
}

#[inline(always)]
fn typical([high, low, close]: [f64; 3]) -> f64 {
    (high + low + close) / 3.0
}

state! {
    /// What was bought and the true ranges, each summed over one of the three windows. Where a window is twice as long
    /// as the one before it, its sums are those of the shorter one, now and when that began.
    struct Pressure {
        is_double: bool,
        sums: [WindowSum; 2],
        shorter: [Lag; 2],
    }
}

impl Pressure {
    fn new(length: usize, shorter: Option<usize>) -> Self {
        let is_double = shorter.is_some_and(|shorter| 2 * shorter == length);
        let (own, lag) = if is_double { (1, length / 2) } else { (length, 1) };
        Self {
            is_double,
            sums: [(); 2].map(|()| WindowSum::new(own)),
            shorter: [(); 2].map(|()| Lag::new(lag)),
        }
    }

    #[inline(always)]
    fn push(&mut self, terms: [f64; 2], shorter: Option<[f64; 2]>) -> Option<[f64; 2]> {
        if self.is_double {
            let now = shorter?;
            let [bought, range] = &mut self.shorter;
            let (bought, range) = (bought.push(now[0]), range.push(now[1]));
            return Some([bought? + now[0], range? + now[1]]);
        }
        let [bought, range] = &mut self.sums;
        let (bought, range) = (bought.push(terms[0]), range.push(terms[1]));
        Some([bought?, range?])
    }

    /// The same for a block of rows, also while there are fewer than the window holds.
    #[inline(always)]
    fn push_all(&mut self, terms: [&[f64]; 2], shorter: Option<&Sums>, out: &mut Sums) {
        let count = terms[0].len();
        if let Some(shorter) = shorter.filter(|_| self.is_double) {
            let columns = shorter.before().into_iter().zip(shorter.block(count)).zip(out.block_mut(count));
            columns
                .for_each(|((before, now), out)| map_rows([before, now], out, |[before, now]| before + now));
        } else {
            WindowSum::push_both(self.sums.each_mut(), terms, out.block_mut(count));
        }
    }
}

/// Sums of a block of rows, after those of as many rows as a window has.
struct Sums {
    columns: [Vec<f64>; 2],
    length: usize,
}

impl Sums {
    #[inline(always)]
    fn new(length: usize) -> Self {
        Self { columns: [(); 2].map(|()| vec![0.0; length + BLOCK]), length }
    }

    #[inline(always)]
    fn before(&self) -> [&[f64]; 2] {
        self.columns.each_ref().map(|column| &column[..])
    }

    #[inline(always)]
    fn block(&self, rows: usize) -> [&[f64]; 2] {
        self.columns.each_ref().map(|column| &column[self.length..][..rows])
    }

    #[inline(always)]
    fn block_mut(&mut self, rows: usize) -> [&mut [f64]; 2] {
        self.columns.each_mut().map(|column| &mut column[self.length..][..rows])
    }

    /// The block has been taken.
    #[inline(always)]
    fn advance(&mut self, rows: usize) {
        self.columns.iter_mut().for_each(|column| column.copy_within(rows..rows + self.length, 0));
    }
}

#[inline(always)]
fn share([bought, range]: [f64; 2]) -> f64 {
    ratio_or(bought, range, 0.5)
}

/// Of the shares of the three windows, shortest first.
#[inline(always)]
fn weighted([short, middle, long]: [f64; 3]) -> f64 {
    (4.0 * short + 2.0 * middle + long) * (100.0 / 7.0)
}

state! {
    pub struct UltimateOsc {
        last_close: Option<f64>,
        /// Shortest first.
        windows: [Pressure; 3],
        lengths: [usize; 3],
    }
}

impl UltimateOsc {
    fn windows([short, middle, long]: [usize; 3]) -> [Pressure; 3] {
        [Pressure::new(short, None), Pressure::new(middle, Some(short)), Pressure::new(long, Some(middle))]
    }
}

impl Kernel for UltimateOsc {
    const INFO: &'static FormulaInfo = &rows::ULTIMATE_OSC;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let mut lengths = ["p1", "p2", "p3"].map(|name| params.int(name));
        lengths.sort_unstable();
        Ok(Self { last_close: None, windows: Self::windows(lengths), lengths })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        let last = self.last_close.replace(close)?;
        let terms = [bought([low, close, last]), range([high, low, last])];
        let [short, middle, long] = &mut self.windows;
        let short = short.push(terms, None);
        let middle = middle.push(terms, short);
        let long = long.push(terms, middle);
        Some(weighted([short?, middle?, long?].map(share)))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (out, mut windows, mut sums) =
            (&mut *out[0], Self::windows(self.lengths), self.lengths.map(Sums::new));
        let (mut bought_column, mut range_column) = ([0.0; BLOCK], [0.0; BLOCK]);
        let mut shares = [[0.0; BLOCK]; 3];
        for rows in blocks(out.len()) {
            let bars: [&[f64]; 3] = cut(columns, &rows);
            if !all_rows(bars, |[high, low, close]| is_bar(high, low, close)) {
                return false;
            }
            // The first bar has none before it, and no place in the windows.
            let later = rows.start.max(1)..rows.end;
            let ([high, low, close], last) = (cut(columns, &later), &columns[2][later.start - 1..]);
            let terms = [&mut bought_column[..later.len()], &mut range_column[..later.len()]];
            map_rows([low, close, last], terms[0], bought);
            map_rows([high, low, last], terms[1], range);
            for (at, window) in windows.iter_mut().enumerate() {
                let (shorter, sums) = sums.split_at_mut(at);
                window.push_all([&*terms[0], &*terms[1]], shorter.last(), &mut sums[0]);
                map_rows(sums[0].block(later.len()), &mut shares[at][..later.len()], share);
            }
            sums.iter_mut().for_each(|sums| sums.advance(later.len()));
            map_rows(shares.each_ref().map(|shares| &shares[..]), &mut out[later], weighted);
        }
        leave_out(out, self.lengths[2] + 1);
        true
    }
}

#[inline(always)]
fn bought([low, close, last]: [f64; 3]) -> f64 {
    close - smaller(low, last)
}

#[inline(always)]
fn range([high, low, last]: [f64; 3]) -> f64 {
    larger(high, last) - smaller(low, last)
}
