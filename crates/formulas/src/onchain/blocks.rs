//! What the times of blocks tell: hash rate and its trend, the next difficulty, and whether blocks come fast.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::{chi2_quantile, gamma_cdf, gamma_tail, normal_quantile};
use crate::parts::{Lag, RollingMoments, WindowSum};
use crate::persist::state;
use crate::rows;

const HASHES_A_DIFFICULTY: f64 = (1u64 << 32) as f64;

outputs! { HashratePoint { hashrate, lo, hi } }

state! {
    pub struct HashrateEstimate {
        times: Lag,
        difficulties: WindowSum,
        /// Ends of the 95% interval, as shares of the estimate.
        interval: (f64, f64),
    }
}

impl Kernel for HashrateEstimate {
    const INFO: &'static FormulaInfo = &rows::HASHRATE_ESTIMATE;
    type Input<'a> = [f64; 2];
    type Output<'s> = HashratePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        let degrees = 2.0 * window as f64;
        let end = |p: f64| chi2_quantile(p, degrees) / degrees;
        Ok(Self {
            times: Lag::new(window),
            difficulties: WindowSum::new(window),
            interval: (end(0.025), end(0.975)),
        })
    }

    #[inline]
    fn step(&mut self, [block_time, difficulty]: [f64; 2]) -> Option<HashratePoint> {
        if difficulty <= 0.0 {
            return None;
        }
        let (first, work) = (self.times.push(block_time), self.difficulties.push(difficulty));
        let (elapsed, work) = (block_time - first?, work?);
        if elapsed <= 0.0 {
            return None;
        }
        let hashrate = HASHES_A_DIFFICULTY * work / elapsed;
        Some(HashratePoint { hashrate, lo: hashrate * self.interval.0, hi: hashrate * self.interval.1 })
    }
}

/// Days of the averages of the price that confirm a recovery.
const PRICE_FAST: usize = 10;
const PRICE_SLOW: usize = 20;

outputs! { RibbonsPoint { ratio, state, buy } }

state! {
    pub struct HashRibbons {
        /// Means about a reference: the ratio of a hash rate that does not move is exactly 1.
        fast: RollingMoments,
        slow: RollingMoments,
        price_fast: WindowSum,
        price_slow: WindowSum,
        /// Miners have given up, and no buy has come since.
        capitulated: bool,
    }
}

impl Kernel for HashRibbons {
    const INFO: &'static FormulaInfo = &rows::HASH_RIBBONS;
    type Input<'a> = [f64; 2];
    type Output<'s> = RibbonsPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            fast: RollingMoments::new(params.int("fast")),
            slow: RollingMoments::new(params.int("slow")),
            price_fast: WindowSum::new(PRICE_FAST),
            price_slow: WindowSum::new(PRICE_SLOW),
            capitulated: false,
        })
    }

    #[inline]
    fn step(&mut self, [hashrate, price]: [f64; 2]) -> Option<RibbonsPoint> {
        if hashrate <= 0.0 || price <= 0.0 {
            return None;
        }
        let (fast, slow) = (self.fast.push(hashrate), self.slow.push(hashrate));
        let (price_fast, price_slow) = (self.price_fast.push(price), self.price_slow.push(price));
        let ratio = fast?.mean / slow?.mean;
        let recovered = ratio >= 1.0;
        self.capitulated |= !recovered;
        let rising = price_fast? * (PRICE_SLOW as f64) > price_slow? * (PRICE_FAST as f64);
        let buy = self.capitulated && recovered && rising;
        self.capitulated &= !buy;
        Some(RibbonsPoint { ratio, state: if recovered { 1.0 } else { -1.0 }, buy: f64::from(buy) })
    }
}

const BLOCKS_AN_EPOCH: f64 = 2016.0;
const SPACING_S: f64 = 600.0;
/// The rule compares the 2015 intervals of an epoch with the time of 2016.
const EPOCH_INTERVALS: f64 = BLOCKS_AN_EPOCH - 1.0;
const LARGEST_CHANGE: f64 = 4.0;

outputs! { DifficultyPoint { change, eta_s, next_difficulty } }

state! {
    pub struct DifficultyForecast {
        /// Height and time of the epoch's first block.
        start: Option<(f64, f64)>,
    }
}

impl Kernel for DifficultyForecast {
    const INFO: &'static FormulaInfo = &rows::DIFFICULTY_FORECAST;
    type Input<'a> = [f64; 3];
    type Output<'s> = DifficultyPoint;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { start: None })
    }

    #[inline]
    fn step(&mut self, [block_time, height, difficulty]: [f64; 3]) -> Option<DifficultyPoint> {
        if height < 0.0 || height.fract() != 0.0 || difficulty <= 0.0 {
            return None;
        }
        let mined = height % BLOCKS_AN_EPOCH;
        if mined == 0.0 {
            self.start = Some((height, block_time));
            let eta_s = BLOCKS_AN_EPOCH * SPACING_S;
            return Some(DifficultyPoint { change: 0.0, eta_s, next_difficulty: difficulty });
        }
        let (first, first_time) = self.start?;
        if first != height - mined {
            return None;
        }
        let elapsed = block_time - first_time;
        let average = elapsed / mined;
        let full = BLOCKS_AN_EPOCH * SPACING_S / (EPOCH_INTERVALS * average);
        let projected =
            if elapsed > 0.0 { full.clamp(1.0 / LARGEST_CHANGE, LARGEST_CHANGE) } else { LARGEST_CHANGE };
        Some(DifficultyPoint {
            change: projected - 1.0,
            eta_s: if elapsed > 0.0 { (BLOCKS_AN_EPOCH - mined) * average } else { f64::NAN },
            next_difficulty: difficulty * projected,
        })
    }
}

outputs! { BlockIntervalPoint { z, p_fast, p_waiting } }

state! {
    pub struct BlockIntervalTest {
        times: Lag,
        window: f64,
        target_s: f64,
        /// Of the newest block; then z and the probability of its window.
        last_s: f64,
        score: Option<(f64, f64)>,
    }
}

impl Kernel for BlockIntervalTest {
    const INFO: &'static FormulaInfo = &rows::BLOCK_INTERVAL_TEST;
    type Input<'a> = (Option<[f64; 1]>, f64);
    type Output<'s> = BlockIntervalPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            times: Lag::new(window),
            window: window as f64,
            target_s: params.float("target_s"),
            last_s: 0.0,
            score: None,
        })
    }

    #[inline]
    fn step(&mut self, (block, now_s): (Option<[f64; 1]>, f64)) -> Option<BlockIntervalPoint> {
        if let Some([block_time]) = block {
            self.last_s = block_time;
            self.score = self.times.push(block_time).map(|first| self.score(block_time - first));
        }
        let (z, p_fast) = self.score?;
        // Clocks of miners may run ahead of ours.
        let waited_s = (now_s - self.last_s).max(0.0);
        Some(BlockIntervalPoint { z, p_fast, p_waiting: (-waited_s / self.target_s).exp() })
    }
}

impl BlockIntervalTest {
    /// z from the smaller tail, which keeps its digits.
    fn score(&self, elapsed_s: f64) -> (f64, f64) {
        if elapsed_s <= 0.0 {
            return (f64::NAN, f64::NAN);
        }
        let mean = elapsed_s / self.target_s;
        let (p_fast, p_slow) = (gamma_cdf(mean, self.window), gamma_tail(mean, self.window));
        let z = if p_fast < p_slow { -normal_quantile(p_fast) } else { normal_quantile(p_slow) };
        (z, p_fast)
    }
}
