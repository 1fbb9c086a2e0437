//! Averages and rules that follow the market's own pace: Kaufman's average, and the crossing of two averages.

use crate::info::FormulaInfo;
use crate::kernel::outputs;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{WindowMean, WindowPath};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Kama {
        path: WindowPath,
        slowest: f64,
        span: f64,
        last: f64,
        value: Option<f64>,
    }
}

impl Kernel for Kama {
    const INFO: &'static FormulaInfo = &rows::KAMA;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let weight = |name: &str| 2.0 / (params.float(name) + 1.0);
        let slowest = weight("slow");
        Ok(Self {
            path: WindowPath::new(params.int("period")),
            slowest,
            span: weight("fast") - slowest,
            last: 0.0,
            value: None,
        })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let last = std::mem::replace(&mut self.last, price);
        let path = self.path.push(price)?;
        let weight = path.efficiency_or(1.0) * self.span + self.slowest;
        // The price before the first full window is the seed.
        let value = self.value.unwrap_or(last);
        self.value = Some(value + weight * weight * (price - value));
        self.value
    }
}

outputs! { Crossing { state, diff } }

state! {
    pub struct MaCrossover {
        fast: WindowMean,
        slow: WindowMean,
        band: f64,
    }
}

impl Kernel for MaCrossover {
    const INFO: &'static FormulaInfo = &rows::MA_CROSSOVER;
    type Input<'a> = f64;
    type Output<'s> = Crossing;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (fast, slow) = (params.int("fast"), params.int("slow"));
        if fast >= slow {
            return Err(params.refuse("fast", format!("less than slow, which is {slow}")));
        }
        Ok(Self { fast: WindowMean::new(fast), slow: WindowMean::new(slow), band: params.float("band") })
    }

    /// Means that are exact in a flat market: without that, their last digits would have the state jump about.
    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<Crossing> {
        if price <= 0.0 {
            return None;
        }
        let (fast, slow) = (self.fast.push(price), self.slow.push(price));
        let (fast, slow) = (fast?, slow?);
        let diff = (fast - slow) / slow;
        let state = f64::from(i8::from(diff > self.band) - i8::from(diff < -self.band));
        Some(Crossing { state, diff })
    }
}
