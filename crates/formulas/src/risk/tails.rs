//! The shape of the last n returns: what lies below a target, skewness and kurtosis, and how heavy the lower tail is.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{OrderStatistics, RollingShape, WindowSum};
use crate::persist::state;
use crate::rows;

outputs! { DownsidePoint { lpm, downside_dev } }
outputs! { SkewKurtosis { skew, kurt } }
outputs! { TailIndex { alpha, se } }

state! {
    pub struct Semideviation {
        powers: WindowSum,
        inverse_length: f64,
        mar: f64,
        order: f64,
    }
}

impl Kernel for Semideviation {
    const INFO: &'static FormulaInfo = &rows::SEMIDEVIATION;
    type Input<'a> = f64;
    type Output<'s> = DownsidePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            powers: WindowSum::new(window),
            inverse_length: 1.0 / window as f64,
            mar: params.float("mar"),
            order: params.float("order"),
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<DownsidePoint> {
        let shortfall = (self.mar - r).max(0.0);
        // The usual order costs no call of powf.
        let usual = self.order == 2.0;
        let power = if usual { shortfall * shortfall } else { shortfall.powf(self.order) };
        let lpm = (self.powers.push(power)? * self.inverse_length).max(0.0);
        Some(DownsidePoint { lpm, downside_dev: if usual { lpm.sqrt() } else { lpm.powf(1.0 / self.order) } })
    }
}

state! {
    pub struct SampleMoments {
        shape: RollingShape,
        /// Corrections for bias, which depend on n alone.
        skew_factor: f64,
        kurt_factor: f64,
        kurt_term: f64,
    }
}

impl Kernel for SampleMoments {
    const INFO: &'static FormulaInfo = &rows::SAMPLE_MOMENTS;
    type Input<'a> = f64;
    type Output<'s> = SkewKurtosis;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        let n = window as f64;
        let scale = (n - 1.0) / ((n - 2.0) * (n - 3.0));
        Ok(Self {
            shape: RollingShape::new(window),
            skew_factor: (n * (n - 1.0)).sqrt() / (n - 2.0),
            kurt_factor: (n + 1.0) * scale,
            kurt_term: 6.0 * scale,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<SkewKurtosis> {
        let shape = self.shape.push(r)?;
        Some(SkewKurtosis {
            skew: shape.skewness() * self.skew_factor,
            kurt: (shape.kurtosis() - 3.0) * self.kurt_factor + self.kurt_term,
        })
    }
}

state! {
    pub struct Hill {
        values: OrderStatistics,
        window: usize,
        k: usize,
        last: f64,
    }
}

impl Hill {
    /// The mean log excess of the k largest losses over the next one: 1 / alpha.
    fn log_excess(&self) -> f64 {
        let threshold = -self.values.kth(self.k);
        if threshold <= 0.0 {
            return f64::NAN;
        }
        let inverse = 1.0 / threshold;
        let excesses = self.values.ascending().take(self.k).map(|r| (-r * inverse).ln());
        excesses.sum::<f64>() / self.k as f64
    }
}

impl Kernel for Hill {
    const INFO: &'static FormulaInfo = &rows::HILL;
    type Input<'a> = f64;
    type Output<'s> = TailIndex;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (window, k) = (params.int("window"), params.int("k"));
        if k >= window {
            return Err(params.refuse("k", format!("below the window of {window}")));
        }
        Ok(Self { values: OrderStatistics::new(window), window, k, last: f64::NAN })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<TailIndex> {
        // Most returns neither enter nor leave the tail, which costs k logarithms to measure.
        let untouched = self.values.is_full() && {
            let threshold = self.values.kth(self.k);
            r > threshold && self.values.ago(self.window - 1) > threshold
        };
        self.values.push(r);
        if !self.values.is_full() {
            return None;
        }
        if !untouched {
            self.last = self.log_excess();
        }
        let alpha = 1.0 / self.last;
        Some(TailIndex { alpha, se: alpha / (self.k as f64).sqrt() })
    }
}
