//! Linear dependence of two series over a window: correlation, correlation by lag, and betas in falling and rising
//! markets.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::columns::leave_out;
use crate::parts::{PairMoments, PairRuns, RollingPair, Sum};
use crate::persist::state;
use crate::rows;

/// Shares below this one are what rounding leaves of nothing: the sums of a window may have lost three digits.
const ROUNDING: f64 = 1e-12;

state! {
    pub struct RollingCorr {
        pair: RollingPair,
    }
}

/// Zero without spread.
#[inline(always)]
fn correlation_or_none(moments: PairMoments) -> f64 {
    let correlation = moments.correlation();
    if correlation.is_nan() {
        0.0
    } else {
        correlation
    }
}

impl Kernel for RollingCorr {
    const INFO: &'static FormulaInfo = &rows::ROLLING_CORR;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { pair: RollingPair::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<f64> {
        self.pair.push(x, y).map(correlation_or_none)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (n, correlations) = (self.pair.len(), &mut *out[0]);
        leave_out(correlations, n);
        let mut runs = PairRuns::new(columns[0], columns[1], n);
        while let Some((rows, moments)) = runs.advance() {
            for (correlation, moments) in correlations[rows].iter_mut().zip(moments) {
                *correlation = correlation_or_none(moments);
            }
        }
        true
    }
}

outputs! { CrossCorrelationPoint { best_lag, ccf_max } }

state! {
    pub struct CrossCorrelation {
        pair: RollingPair,
        max_lag: usize,
        /// Products of deviations from the pair's reference: x before y by 0 to max_lag rows, y before x by as many.
        leading: Box<[Sum]>,
        lagging: Box<[Sum]>,
    }
}

impl CrossCorrelation {
    /// Adds the products of the newest row; takes those of the row that has left.
    fn slide(&mut self, left: (f64, f64)) {
        let (reference_x, reference_y) = self.pair.reference();
        let (xs, ys) = self.pair.rings();
        let n = xs.len();
        let (new_x, new_y) = (xs.ago(0) - reference_x, ys.ago(0) - reference_y);
        let (old_x, old_y) = (left.0 - reference_x, left.1 - reference_y);
        for lag in 0..=self.max_lag {
            // The partner of the row that left: itself, or the row `lag` after it.
            let (after_x, after_y) = if lag == 0 { left } else { (xs.ago(n - lag), ys.ago(n - lag)) };
            self.leading[lag].add((xs.ago(lag) - reference_x) * new_y);
            self.leading[lag].add(-old_x * (after_y - reference_y));
            self.lagging[lag].add(new_x * (ys.ago(lag) - reference_y));
            self.lagging[lag].add(-(after_x - reference_x) * old_y);
        }
    }

    /// With the pair's own sums, which are made anew seldom.
    #[cold]
    fn refresh(&mut self) {
        let (reference_x, reference_y) = self.pair.reference();
        let (xs, ys) = self.pair.rings();
        for lag in 0..=self.max_lag {
            let (mut leading, mut lagging) = (Sum::default(), Sum::default());
            for age in 0..xs.len() - lag {
                leading.add((xs.ago(age + lag) - reference_x) * (ys.ago(age) - reference_y));
                lagging.add((xs.ago(age) - reference_x) * (ys.ago(age + lag) - reference_y));
            }
            (self.leading[lag], self.lagging[lag]) = (leading, lagging);
        }
    }

    /// The lag and the value of the covariance that is largest in size, times n. Deviations from the means, whose
    /// distance from the reference is given: the rows without a partner are left out of their sums. What exceeds
    /// another by no more than `margin` is tied with it.
    fn largest(&self, shift_x: f64, shift_y: f64, margin: f64) -> (f64, f64) {
        let (reference_x, reference_y) = self.pair.reference();
        let (xs, ys) = self.pair.rings();
        let n = xs.len();
        let (all_x, all_y) = (shift_x * n as f64, shift_y * n as f64);
        let (mut early_x, mut early_y, mut late_x, mut late_y) = (all_x, all_y, all_x, all_y);
        let mut best = (0.0, self.leading[0].value() - all_x * shift_y);
        for lag in 1..=self.max_lag {
            early_x -= xs.ago(lag - 1) - reference_x;
            early_y -= ys.ago(lag - 1) - reference_y;
            late_x -= xs.ago(n - lag) - reference_x;
            late_y -= ys.ago(n - lag) - reference_y;
            let both = shift_x * shift_y * (n - lag) as f64;
            let leading = self.leading[lag].value() - shift_x * late_y - shift_y * early_x + both;
            let lagging = self.lagging[lag].value() - shift_x * early_y - shift_y * late_x + both;
            if leading.abs() > f64::abs(best.1) + margin {
                best = (lag as f64, leading);
            }
            if lagging.abs() > f64::abs(best.1) + margin {
                best = (-(lag as f64), lagging);
            }
        }
        best
    }
}

impl Kernel for CrossCorrelation {
    const INFO: &'static FormulaInfo = &rows::CROSS_CORRELATION;
    type Input<'a> = [f64; 2];
    type Output<'s> = CrossCorrelationPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, max_lag) = (params.int("period"), params.int("max_lag"));
        if max_lag >= period {
            return Err(params.refuse("max_lag", "below period"));
        }
        let sums = vec![Sum::default(); max_lag + 1].into_boxed_slice();
        Ok(Self { pair: RollingPair::new(period), max_lag, leading: sums.clone(), lagging: sums })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<CrossCorrelationPoint> {
        let (xs, ys) = self.pair.rings();
        let left = (xs.oldest(), ys.oldest());
        let moments = self.pair.push(x, y)?;
        if self.pair.is_anew() {
            self.refresh();
        } else {
            self.slide(left);
        }
        let spread = (moments.variance_x * moments.variance_y).sqrt();
        if spread <= 0.0 {
            return Some(CrossCorrelationPoint { best_lag: 0.0, ccf_max: 0.0 });
        }
        let (reference_x, reference_y) = self.pair.reference();
        let shift_x = (x - reference_x) - moments.deviation_x;
        let shift_y = (y - reference_y) - moments.deviation_y;
        let whole = spread * self.pair.len() as f64;
        let (best_lag, covariance) = self.largest(shift_x, shift_y, ROUNDING * whole);
        let ccf_max = (covariance / whole).clamp(-1.0, 1.0);
        Some(CrossCorrelationPoint { best_lag, ccf_max })
    }
}

outputs! { BetaPoint { beta, beta_down, beta_up } }

state! {
    pub struct DownsideBeta {
        /// Benchmark and returns.
        pair: RollingPair,
    }
}

/// Rows on one side of the benchmark's mean.
#[derive(Default)]
struct Side {
    count: f64,
    benchmark: f64,
    returns: f64,
    squares: f64,
    products: f64,
}

impl Side {
    /// Deviations from the means of the whole window; a weight of 0 leaves the row out.
    #[inline(always)]
    fn add(&mut self, weight: f64, benchmark: f64, returns: f64) {
        let weighted = weight * benchmark;
        self.count += weight;
        self.benchmark += weighted;
        self.returns += weight * returns;
        self.squares += weighted * benchmark;
        self.products += weighted * returns;
    }

    fn beta(&self) -> f64 {
        let variance = self.squares - self.benchmark * self.benchmark / self.count;
        if self.count < 2.0 || variance <= ROUNDING * self.squares {
            return f64::NAN;
        }
        (self.products - self.benchmark * self.returns / self.count) / variance
    }
}

impl Kernel for DownsideBeta {
    const INFO: &'static FormulaInfo = &rows::DOWNSIDE_BETA;
    type Input<'a> = [f64; 2];
    type Output<'s> = BetaPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { pair: RollingPair::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, [returns, benchmark]: [f64; 2]) -> Option<BetaPoint> {
        let moments = self.pair.push(benchmark, returns)?;
        let (benchmarks, all_returns) = self.pair.rings();
        let (mut down, mut up) = (Side::default(), Side::default());
        for (&m, &r) in benchmarks.values().iter().zip(all_returns.values()) {
            let (m, r) = (m - moments.mean_x, r - moments.mean_y);
            down.add(f64::from(u8::from(m < 0.0)), m, r);
            up.add(f64::from(u8::from(m > 0.0)), m, r);
        }
        let beta = if moments.variance_x > 0.0 { moments.covariance / moments.variance_x } else { f64::NAN };
        Some(BetaPoint { beta, beta_down: down.beta(), beta_up: up.beta() })
    }
}
