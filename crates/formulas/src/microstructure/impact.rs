//! How far volume moves the price.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::{TimeBins, Trade};
use crate::parts::{PairMoments, RollingPair, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Amihud {
        scale: f64,
        ratios: WindowSum,
        traded: WindowSum,
        close: Option<f64>,
    }
}

impl Kernel for Amihud {
    const INFO: &'static FormulaInfo = &rows::AMIHUD;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            scale: params.float("scale"),
            ratios: WindowSum::new(period),
            traded: WindowSum::new(period),
            close: None,
        })
    }

    #[inline]
    fn step(&mut self, [close, volume]: [f64; 2]) -> Option<f64> {
        if close <= 0.0 || volume < 0.0 {
            return None;
        }
        let last = self.close.replace(close)?;
        let has_traded = volume > 0.0;
        let ratio = if has_traded { ((close - last) / last).abs() / (close * volume) } else { 0.0 };
        let ratios = self.ratios.push(ratio);
        let traded = self.traded.push_partial(f64::from(u8::from(has_traded)));
        // What cancels in the sum of a window may leave a rounding below zero.
        ratios.map(|sum| if traded > 0.0 { self.scale * sum.max(0.0) / traded } else { f64::NAN })
    }
}

/// Least squares of a change on a flow: slope, its t-statistic and the share explained.
type Line = [f64; 3];

/// NaN without spread in the flow. An exact fit has an infinite t-statistic, or one as large as rounding leaves it.
fn line(moments: &PairMoments, count: usize) -> Line {
    let PairMoments { variance_x, variance_y, covariance, .. } = *moments;
    if variance_x <= 0.0 {
        return [f64::NAN; 3];
    }
    let slope = covariance / variance_x;
    // No price moved: nothing to explain and nothing unexplained.
    if variance_y <= 0.0 {
        return [slope, f64::NAN, f64::NAN];
    }
    let square = covariance * covariance;
    let unexplained = (variance_x * variance_y - square).max(0.0);
    let t_stat = covariance * ((count - 2) as f64 / unexplained).sqrt();
    let r2 = (square / (variance_x * variance_y)).min(1.0);
    [slope, t_stat, r2]
}

state! {
    /// The change of the last price from bin to bin on the signed flow within each.
    struct BinnedRegression {
        bins: TimeBins,
        pairs: RollingPair,
        /// Last price before the bin under way, and the last one.
        before: Option<f64>,
        price: f64,
        flow: f64,
        line: Option<[f64; 3]>,
    }
}

impl BinnedRegression {
    fn new(params: &Params) -> Self {
        Self {
            bins: TimeBins::new(params.float("bin_s")),
            pairs: RollingPair::new(params.int("window")),
            before: None,
            price: 0.0,
            flow: 0.0,
            line: None,
        }
    }

    /// Takes a trade; `change` says how far the price went from one bin's last to the next's.
    #[inline]
    fn step(&mut self, t_s: f64, price: f64, flow: f64, change: impl Fn(f64, f64) -> f64) -> Option<Line> {
        let completed = self.bins.advance(t_s)?;
        if completed > 0 {
            self.close(completed, change);
        }
        self.price = price;
        self.flow += flow;
        self.line
    }

    /// Ends the bin under way and the empty ones after it. More empty ones than the window holds are as good as that
    /// many.
    fn close(&mut self, completed: u64, change: impl Fn(f64, f64) -> f64) {
        let mut newest = None;
        if let Some(before) = self.before.replace(self.price) {
            newest = self.pairs.push(self.flow, change(before, self.price));
        }
        self.flow = 0.0;
        for _ in 0..(completed - 1).min(self.pairs.len() as u64) {
            newest = self.pairs.push(0.0, 0.0);
        }
        if let Some(moments) = newest {
            self.line = Some(line(&moments, self.pairs.len()));
        }
    }
}

state! {
    pub struct KyleLambda {
        regression: BinnedRegression,
    }
}

outputs! {
    KylePoint { lambda, t_stat, r2 }
}

impl Kernel for KyleLambda {
    const INFO: &'static FormulaInfo = &rows::KYLE_LAMBDA;
    type Input<'a> = [f64; 4];
    type Output<'s> = KylePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { regression: BinnedRegression::new(params) })
    }

    #[inline]
    fn step(&mut self, [price, size, side, t_s]: [f64; 4]) -> Option<KylePoint> {
        let trade = Trade::new([price, size, side])?;
        let flow = trade.side * trade.size;
        let [lambda, t_stat, r2] = self.regression.step(t_s, price, flow, |before, after| after - before)?;
        Some(KylePoint { lambda, t_stat, r2 })
    }
}

state! {
    pub struct HasbrouckLambda {
        regression: BinnedRegression,
    }
}

outputs! {
    HasbrouckPoint { lambda, t_stat }
}

impl Kernel for HasbrouckLambda {
    const INFO: &'static FormulaInfo = &rows::HASBROUCK_LAMBDA;
    type Input<'a> = [f64; 4];
    type Output<'s> = HasbrouckPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { regression: BinnedRegression::new(params) })
    }

    #[inline]
    fn step(&mut self, [price, size, side, t_s]: [f64; 4]) -> Option<HasbrouckPoint> {
        let trade = Trade::new([price, size, side])?;
        let flow = trade.side * (trade.price * trade.size).sqrt();
        let log_return = |before: f64, after: f64| (after / before).ln();
        let [lambda, t_stat, _] = self.regression.step(t_s, price, flow, log_return)?;
        Some(HasbrouckPoint { lambda, t_stat })
    }
}
