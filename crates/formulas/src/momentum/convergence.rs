//! Averages against averages: convergence and divergence, the rate of change of smoothed prices, true strength.

use crate::info::FormulaInfo;
use crate::kernel::outputs;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, blocks_from, cut, leave_out, map_rows, Excerpt, BLOCK};
use crate::parts::{cascade, needed, ratio_or, reach, Batch, Change, OnePole, WindowMean, BEFORE};
use crate::persist::state;
use crate::rows;

outputs! { MacdPoint { macd, signal, hist } }

state! {
    pub struct Macd {
        fast: OnePole,
        slow: OnePole,
        signal: OnePole,
        /// Prices that the fast average leaves out, so that both seeds end with the same price.
        skip: u32,
    }
}

impl Kernel for Macd {
    const INFO: &'static FormulaInfo = &rows::MACD;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = MacdPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (fast, slow) = (params.int("fast"), params.int("slow"));
        if fast >= slow {
            return Err(params.refuse("fast", format!("less than slow, which is {slow}")));
        }
        Ok(Self {
            fast: OnePole::ema(fast).anchored(),
            slow: OnePole::ema(slow).anchored(),
            signal: OnePole::ema(params.int("signal")),
            skip: (slow - fast) as u32,
        })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<MacdPoint> {
        let slow = self.slow.push(price);
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        let fast = self.fast.push(price);
        let macd = fast? - slow?;
        let signal = self.signal.push(macd)?;
        Some(MacdPoint { macd, signal, hist: macd - signal })
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut averages) = (Batch::new(self), [[0.0; BLOCK]; 2]);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            let Self { fast, slow, signal, .. } = &mut batch.kernel;
            let ([fasts, slows], rows) = (&mut averages, row..row + BLOCK);
            let [macd, signals, hist] = out else { unreachable!("three outputs") };
            fast.push_block(reach(columns[0], row), fasts);
            slow.push_block(reach(columns[0], row), slows);
            map_rows([&*fasts, &*slows], &mut macd[rows.clone()], |[fast, slow]| fast - slow);
            signal.push_block(reach(macd, row), &mut signals[rows.clone()]);
            map_rows([&macd[row..], &signals[row..]], &mut hist[rows], |[macd, signal]| macd - signal);
        }
        batch.is_sound()
    }
}

state! {
    pub struct Ppo {
        fast: OnePole,
        slow: OnePole,
    }
}

impl Kernel for Ppo {
    const INFO: &'static FormulaInfo = &rows::PPO;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (fast, slow) = (params.int("fast"), params.int("slow"));
        if fast > slow {
            return Err(params.refuse("fast", format!("at most slow, which is {slow}")));
        }
        Ok(Self { fast: OnePole::ema(fast).anchored(), slow: OnePole::ema(slow).anchored() })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let (fast, slow) = (self.fast.push(price), self.slow.push(price));
        let (fast, slow) = (fast?, slow?);
        Some(percent_of(fast - slow, slow))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut averages) = (Batch::new(self), [[0.0; BLOCK]; 2]);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            let (Self { fast, slow }, [fasts, slows]) = (&mut batch.kernel, &mut averages);
            fast.push_block(reach(columns[0], row), fasts);
            slow.push_block(reach(columns[0], row), slows);
            let out = &mut out[0][row..][..BLOCK];
            map_rows([&*fasts, &*slows], out, |[fast, slow]| percent_of(fast - slow, slow));
        }
        batch.is_sound()
    }
}

/// NaN where the average is zero.
#[inline(always)]
fn percent_of(difference: f64, average: f64) -> f64 {
    100.0 * ratio_or(difference, average, f64::NAN)
}

state! {
    pub struct Trix {
        stages: [OnePole; 3],
        last: Option<f64>,
    }
}

impl Kernel for Trix {
    const INFO: &'static FormulaInfo = &rows::TRIX;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            stages: std::array::from_fn(|_| OnePole::ema(params.int("period")).anchored()),
            last: None,
        })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let [.., smoothed] = cascade(&mut self.stages, price)?;
        let last = self.last.replace(smoothed)?;
        Some(percent_of(smoothed - last, last))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut stages) = (Batch::new(self), [[0.0; BEFORE + BLOCK]; 3]);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            OnePole::push_cascade(&mut batch.kernel.stages, reach(columns[0], row), &mut stages);
            let [.., smoothed] = &stages;
            let out = &mut out[0][row..][..BLOCK];
            map_rows([&smoothed[BEFORE..], &smoothed[BEFORE - 1..]], out, |[now, last]| {
                percent_of(now - last, last)
            });
            batch.kernel.last = smoothed.last().copied();
        }
        batch.is_sound()
    }
}

state! {
    pub struct Tsi {
        change: Change,
        net: [OnePole; 2],
        gross: [OnePole; 2],
    }
}

impl Kernel for Tsi {
    const INFO: &'static FormulaInfo = &rows::TSI;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let stages = || ["long", "short"].map(|name| OnePole::ema(params.int(name)));
        Ok(Self { change: Change::default(), net: stages(), gross: stages() })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let change = self.change.difference(price)?;
        let (net, gross) = (cascade(&mut self.net, change), cascade(&mut self.gross, change.abs()));
        let ([.., net], [.., gross]) = (net?, gross?);
        Some(100.0 * ratio_or(net, gross, 0.0))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (prices, mut batch) = (columns[0], Batch::new(self));
        let (mut changes, mut moves) = ([0.0; BEFORE + BLOCK], [0.0; BEFORE + BLOCK]);
        let (mut nets, mut grosses) = ([[0.0; BEFORE + BLOCK]; 2], [[0.0; BEFORE + BLOCK]; 2]);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            let Self { change, net, gross } = &mut batch.kernel;
            let first = row - BEFORE;
            map_rows([&prices[first..], &prices[first - 1..]], &mut changes, |[price, last]| price - last);
            map_rows([&changes], &mut moves, |[change]| change.abs());
            OnePole::push_cascade(net, &changes, &mut nets);
            OnePole::push_cascade(gross, &moves, &mut grosses);
            let smoothed = [&nets[1][BEFORE..], &grosses[1][BEFORE..]];
            map_rows(smoothed, &mut out[0][row..][..BLOCK], |[net, gross]| 100.0 * ratio_or(net, gross, 0.0));
            change.skip(prices[row + BLOCK - 1]);
        }
        batch.is_sound()
    }
}

state! {
    pub struct Awesome {
        fast: WindowMean,
        slow: WindowMean,
    }
}

impl Kernel for Awesome {
    const INFO: &'static FormulaInfo = &rows::AWESOME;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (fast, slow) = (params.int("fast"), params.int("slow"));
        if fast > slow {
            return Err(params.refuse("fast", format!("at most slow, which is {slow}")));
        }
        Ok(Self { fast: WindowMean::new(fast), slow: WindowMean::new(slow) })
    }

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2]) -> Option<f64> {
        if high < low {
            return None;
        }
        let middle = 0.5 * (high + low);
        let (fast, slow) = (self.fast.push(middle), self.slow.push(middle));
        Some(fast? - slow?)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (out, count, n) = (&mut *out[0], columns[0].len(), self.slow.len());
        let [mut middles, mut fasts, mut slows] = [(); 3].map(|()| Excerpt::default());
        for rows in blocks_from(n - 1, count, 4 * n) {
            let (fast, slow) = (needed(self.fast.len(), &rows, count), needed(n, &rows, count));
            let both = fast.start.min(slow.start)..fast.end.max(slow.end);
            if !all_rows(cut(columns, &both), |[high, low]| high >= low) {
                return false;
            }
            map_rows(cut(columns, &both), middles.of(&both), |[high, low]| 0.5 * (high + low));
            if !self.fast.over(middles.at(&fast), fasts.of(&fast))
                || !self.slow.over(middles.at(&slow), slows.of(&slow))
            {
                return false;
            }
            map_rows([fasts.at(&rows), slows.at(&rows)], &mut out[rows], |[fast, slow]| fast - slow);
        }
        leave_out(out, n);
        true
    }
}
