//! What waits for a block: how much, how fast it grows, and what a place in the next blocks costs.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Decay;
use crate::persist::state;
use crate::rows;

const SPACING_S: f64 = 600.0;
const HOUR_S: f64 = 3_600.0;

outputs! { MempoolPoint { backlog_blocks, pressure, growth } }

state! {
    pub struct MempoolPressure {
        decay: Decay,
        block_vsize: f64,
        /// Blocks per second, of a decayed sum.
        rate: f64,
        inflow: f64,
        confirmed: f64,
    }
}

impl Kernel for MempoolPressure {
    const INFO: &'static FormulaInfo = &rows::MEMPOOL_PRESSURE;
    type Input<'a> = [f64; 4];
    type Output<'s> = MempoolPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (tau_s, block_vsize) = (params.float("tau_s"), params.float("block_vsize"));
        Ok(Self {
            decay: Decay::new(tau_s),
            block_vsize,
            rate: 1.0 / (tau_s * block_vsize),
            inflow: 0.0,
            confirmed: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, [backlog, inflow, confirmed, t_s]: [f64; 4]) -> Option<MempoolPoint> {
        if backlog < 0.0 || confirmed < 0.0 {
            return None;
        }
        let left = self.decay.advance(t_s)?;
        self.inflow = faded(self.inflow, left) + inflow;
        self.confirmed = faded(self.confirmed, left) + confirmed;
        Some(MempoolPoint {
            backlog_blocks: backlog / self.block_vsize,
            pressure: SPACING_S * self.rate * self.inflow,
            growth: HOUR_S * self.rate * (self.inflow - self.confirmed),
        })
    }
}

/// Down to zero and not into subnormal numbers, which would stay and cost a hundred cycles an update.
#[inline(always)]
fn faded(sum: f64, left: f64) -> f64 {
    let sum = sum * left;
    if sum.abs() < 1e-300 {
        0.0
    } else {
        sum
    }
}

state! {
    /// Transactions or bins of a mempool by fee rate.
    struct FeeLadder {
        /// Rates and sizes. Reserved for the width of the columns: it grows only if a later row is longer than that.
        rungs: Vec<(f64, f64)>,
    }
}

impl FeeLadder {
    fn new(params: &Params) -> Self {
        Self { rungs: Vec::with_capacity(params.width()) }
    }

    /// Takes what has a size and pays at least `floor`; the lowest rate comes first. Nothing is kept of the row before.
    /// False if there is something negative, or a rate without a size.
    fn fill(&mut self, rates: &[f64], sizes: &[f64], floor: f64) -> bool {
        if rates.len() != sizes.len() || rates.iter().chain(sizes).any(|&x| x < 0.0) {
            return false;
        }
        self.rungs.clear();
        let pairs = rates.iter().copied().zip(sizes.iter().copied());
        self.rungs.extend(pairs.filter(|&(rate, size)| size > 0.0 && rate >= floor));
        self.rungs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        true
    }
}

state! {
    pub struct FeeRateQuantiles {
        ladder: FeeLadder,
        shares: Box<[f64]>,
        quantiles: Box<[f64]>,
    }
}

impl Kernel for FeeRateQuantiles {
    const INFO: &'static FormulaInfo = &rows::FEE_RATE_QUANTILES;
    type Input<'a> = [&'a [f64]; 2];
    type Output<'s> = &'s [f64];

    fn new(params: &Params) -> Result<Self, ParamError> {
        let shares: Box<[f64]> = params.list("qs").into();
        Ok(Self { ladder: FeeLadder::new(params), quantiles: vec![0.0; shares.len()].into(), shares })
    }

    #[inline]
    fn step(&mut self, [rates, sizes]: [&[f64]; 2]) -> Option<&[f64]> {
        if !self.ladder.fill(rates, sizes, 0.0) {
            return None;
        }
        let rungs = &mut self.ladder.rungs;
        let mut total = 0.0;
        for (_, size) in rungs.iter_mut() {
            total += *size;
            *size = total;
        }
        let &(highest, _) = rungs.last()?;
        for (quantile, share) in self.quantiles.iter_mut().zip(&self.shares) {
            let place = rungs.partition_point(|&(_, up_to)| up_to < share * total);
            *quantile = rungs.get(place).map_or(highest, |rung| rung.0);
        }
        Some(&self.quantiles)
    }
}

outputs! { ProjectedBlocks<'a> { rate_min: &'a [f64], rate_median: &'a [f64], total_fees: &'a [f64] } }

state! {
    pub struct NextBlockFee {
        ladder: FeeLadder,
        block_vsize: f64,
        floor: f64,
        rate_min: Box<[f64]>,
        rate_median: Box<[f64]>,
        total_fees: Box<[f64]>,
    }
}

impl Kernel for NextBlockFee {
    const INFO: &'static FormulaInfo = &rows::NEXT_BLOCK_FEE;
    type Input<'a> = [&'a [f64]; 2];
    type Output<'s> = ProjectedBlocks<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let blocks = || vec![0.0; params.int("blocks")].into_boxed_slice();
        Ok(Self {
            ladder: FeeLadder::new(params),
            block_vsize: params.float("block_vsize"),
            floor: params.float("min_rate"),
            rate_min: blocks(),
            rate_median: blocks(),
            total_fees: blocks(),
        })
    }

    #[inline]
    fn step(&mut self, [rates, sizes]: [&[f64]; 2]) -> Option<ProjectedBlocks<'_>> {
        if !self.ladder.fill(rates, sizes, self.floor) {
            return None;
        }
        let mut waiting: f64 = self.ladder.rungs.iter().map(|rung| rung.1).sum();
        for block in 0..self.rate_min.len() {
            let size = waiting.min(self.block_vsize);
            self.fill_block(block, size);
            waiting -= size;
        }
        Some(ProjectedBlocks {
            rate_min: &self.rate_min,
            rate_median: &self.rate_median,
            total_fees: &self.total_fees,
        })
    }
}

impl NextBlockFee {
    /// Takes `size` from the top of the ladder; a rung that is too large is taken in part.
    fn fill_block(&mut self, block: usize, size: f64) {
        let (mut taken, mut fees, mut lowest, mut median) = (0.0, 0.0, self.floor, self.floor);
        while taken < size {
            let Some((rate, waiting)) = self.ladder.rungs.last_mut() else { break };
            if taken <= 0.5 * size {
                median = *rate;
            }
            lowest = *rate;
            let part = waiting.min(size - taken);
            fees += part * *rate;
            taken += part;
            *waiting -= part;
            if *waiting <= 0.0 {
                self.ladder.rungs.pop();
            }
        }
        self.rate_min[block] = if size < self.block_vsize { self.floor } else { lowest };
        self.rate_median[block] = median;
        self.total_fees[block] = fees;
    }
}

outputs! { ClearingPoint { blocks, seconds, p_next } }

state! {
    pub struct ClearingTime {
        rate: f64,
        block_vsize: f64,
        target_s: f64,
    }
}

impl Kernel for ClearingTime {
    const INFO: &'static FormulaInfo = &rows::CLEARING_TIME;
    type Input<'a> = ([&'a [f64]; 2], f64);
    type Output<'s> = ClearingPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            rate: params.float("rate"),
            block_vsize: params.float("block_vsize"),
            target_s: params.float("target_s"),
        })
    }

    #[inline]
    fn step(&mut self, ([rates, sizes], inflow): ([&[f64]; 2], f64)) -> Option<ClearingPoint> {
        let negative = |column: &[f64]| column.iter().any(|&x| x < 0.0);
        if inflow < 0.0 || rates.len() != sizes.len() || negative(rates) || negative(sizes) {
            return None;
        }
        let ahead: f64 =
            rates.iter().zip(sizes).filter(|(&rate, _)| rate >= self.rate).map(|(_, size)| size).sum();
        let load = inflow * self.target_s / self.block_vsize;
        let blocks = if load < 1.0 { ahead / self.block_vsize / (1.0 - load) } else { f64::INFINITY };
        Some(ClearingPoint {
            blocks,
            seconds: blocks * self.target_s,
            p_next: f64::from(ahead < self.block_vsize),
        })
    }
}
