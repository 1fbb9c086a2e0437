//! What it takes to keep a portfolio as it should be: leverage by volatility, turnover and its cost.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{RollingMoments, Welford};
use crate::persist::state;
use crate::rows;

state! {
    pub struct VolManaged {
        moments: RollingMoments,
        c: f64,
        cap: f64,
        /// 1/RV as it stood before the newest return.
        last: Option<f64>,
        /// Of the returns, and of the same returns times 1/RV before them, from the first that has one.
        plain: Welford,
        managed: Welford,
    }
}

impl Kernel for VolManaged {
    const INFO: &'static FormulaInfo = &rows::VOL_MANAGED;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            moments: RollingMoments::new(params.int("window")),
            c: params.float("c"),
            cap: params.float("cap"),
            last: None,
            plain: Welford::default(),
            managed: Welford::default(),
        })
    }

    #[inline]
    fn step(&mut self, returns: f64) -> Option<f64> {
        let variance = self.moments.push(returns)?.variance;
        let precision = 1.0 / (variance * self.moments.len() as f64);
        let c = if self.c > 0.0 { self.c } else { self.match_deviation(returns, precision)? };
        Some((c * precision).min(self.cap))
    }
}

impl VolManaged {
    /// The c that gives the managed returns the deviation of the plain ones. None before there are two of them.
    /// After a flat window the weight would be infinite: such a return counts on neither side.
    #[inline]
    fn match_deviation(&mut self, returns: f64, precision: f64) -> Option<f64> {
        if let Some(last) = self.last.replace(precision).filter(|last| last.is_finite()) {
            self.plain.push(returns);
            self.managed.push(returns * last);
        }
        (self.plain.count >= 2).then(|| (self.plain.variance(1) / self.managed.variance(1)).sqrt())
    }
}

outputs! { Turnover { turnover, cost } }

state! {
    pub struct TurnoverCost {
        fee: f64,
        weights: Box<[f64]>,
        held: bool,
    }
}

impl Kernel for TurnoverCost {
    const INFO: &'static FormulaInfo = &rows::TURNOVER_COST;
    type Input<'a> = [&'a [f64]; 2];
    type Output<'s> = Turnover;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { fee: params.float("fee"), weights: vec![0.0; params.width()].into(), held: false })
    }

    fn step(&mut self, [returns, weights]: [&[f64]; 2]) -> Option<Turnover> {
        let assets = self.weights.len();
        let growth = 1.0 + self.weights.iter().zip(returns).map(|(w, r)| w * r).sum::<f64>();
        if returns.len() != assets || weights.len() != assets || growth <= 0.0 {
            return None;
        }
        let inverse = 1.0 / growth;
        let drifted = self.weights.iter().zip(returns).map(|(w, r)| w * (1.0 + r) * inverse);
        let turnover: f64 = drifted.zip(weights).map(|(drifted, wanted)| (wanted - drifted).abs()).sum();
        self.weights.copy_from_slice(weights);
        let held = std::mem::replace(&mut self.held, true);
        held.then_some(Turnover { turnover, cost: self.fee * turnover })
    }
}
