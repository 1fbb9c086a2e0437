//! Momentum as positions: of one asset against its own past, and of many against each other.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{Lag, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    /// Exponentially weighted mean and variance of returns, about that mean; the weights sum to 1 from the start.
    struct WeightedVariance {
        decay: f64,
        /// The sum of 1, decay, decay², ...
        weight: f64,
        mean: f64,
        variance: f64,
    }
}

impl WeightedVariance {
    fn new(centre_of_mass: f64) -> Self {
        let decay = centre_of_mass / (1.0 + centre_of_mass);
        Self { decay, weight: 0.0, mean: 0.0, variance: 0.0 }
    }

    #[inline(always)]
    fn push(&mut self, r: f64) {
        self.weight = self.decay * self.weight + 1.0;
        let share = 1.0 / self.weight;
        let deviation = r - self.mean;
        self.mean += share * deviation;
        self.variance = (1.0 - share) * (self.variance + share * deviation * deviation);
    }
}

state! {
    pub struct TsMomentum {
        start: Lag,
        last: Option<f64>,
        returns: WeightedVariance,
        /// Returns that the variance is over.
        count: u32,
        target: f64,
        ann: f64,
    }
}

impl Kernel for TsMomentum {
    const INFO: &'static FormulaInfo = &rows::TS_MOMENTUM;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            start: Lag::new(params.int("lookback")),
            last: None,
            returns: WeightedVariance::new(params.float("com")),
            count: 0,
            target: params.float("target"),
            ann: params.float("ann"),
        })
    }

    #[inline(always)]
    fn step(&mut self, close: f64) -> Option<f64> {
        if close <= 0.0 {
            return None;
        }
        let start = self.start.push(close);
        let newest = close / self.last.replace(close)? - 1.0;
        // Volatility up to the bar before: the newest return has no part in the size of its own position.
        let (volatility, known) = ((self.ann * self.returns.variance).sqrt(), self.count > 0);
        self.returns.push(newest);
        self.count = self.count.saturating_add(1);
        let start = start?;
        let direction = f64::from(i8::from(close > start) - i8::from(close < start));
        known.then(|| if volatility > 0.0 { direction * self.target / volatility } else { 0.0 })
    }
}

state! {
    pub struct XsMomentum {
        skipped: Box<[Lag]>,
        sums: Box<[WindowSum]>,
        scores: Box<[f64]>,
        order: Box<[u32]>,
        weights: Box<[f64]>,
        /// Assets on either side.
        side: usize,
    }
}

impl Kernel for XsMomentum {
    const INFO: &'static FormulaInfo = &rows::XS_MOMENTUM;
    type Input<'a> = &'a [f64];
    type Output<'s> = &'s [f64];

    fn new(params: &Params) -> Result<Self, ParamError> {
        let assets = params.width();
        let each = |_| WindowSum::new(params.int("lookback"));
        Ok(Self {
            skipped: (0..assets).map(|_| Lag::new(params.int("skip"))).collect(),
            sums: (0..assets).map(each).collect(),
            scores: vec![0.0; assets].into(),
            order: (0..assets as u32).collect(),
            weights: vec![0.0; assets].into(),
            side: ((params.float("q") * assets as f64) as usize).max(1),
        })
    }

    /// One order for both ends, best first and of equals the lower index first: no asset is on both sides.
    #[inline(always)]
    fn step(&mut self, returns: &[f64]) -> Option<&[f64]> {
        if returns.len() < 2 {
            return None;
        }
        let mut ready = true;
        for (asset, &newest) in returns.iter().enumerate() {
            let sum = self.skipped[asset].push(newest).and_then(|r| self.sums[asset].push(r));
            ready &= sum.is_some();
            self.scores[asset] = sum.unwrap_or(0.0);
        }
        if !ready {
            return None;
        }
        let scores = &self.scores;
        let score = |asset: u32| scores[asset as usize];
        self.order.sort_unstable_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
        self.weights.fill(0.0);
        let weight = 1.0 / self.side as f64;
        for &asset in &self.order[..self.side] {
            self.weights[asset as usize] = weight;
        }
        for &asset in &self.order[self.order.len() - self.side..] {
            self.weights[asset as usize] = -weight;
        }
        Some(&self.weights)
    }
}
