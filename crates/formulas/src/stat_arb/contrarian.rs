//! Lo and MacKinlay's contrarian portfolio: short what has beaten the average, long what has lagged it.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::WindowSum;
use crate::persist::state;
use crate::rows;

outputs! { ContrarianPoint<'a> { weights: &'a [f64], profit: f64 } }

state! {
    pub struct ContrarianWeights {
        is_unit_gross: bool,
        cumulative: Box<[WindowSum]>,
        weights: Box<[f64]>,
        is_ready: bool,
    }
}

impl ContrarianWeights {
    /// From the cumulative returns of the last `lag` rows.
    fn weigh(&mut self) {
        let n = self.weights.len() as f64;
        // About one of the assets, so that equal returns are no weights at all, not even by rounding.
        let base = self.cumulative[0].value();
        let mean = self.cumulative.iter().map(|sum| sum.value() - base).sum::<f64>() / n;
        for (weight, sum) in self.weights.iter_mut().zip(&self.cumulative) {
            *weight = (mean - (sum.value() - base)) / n;
        }
        if self.is_unit_gross {
            let gross = 0.5 * self.weights.iter().map(|w| w.abs()).sum::<f64>();
            if gross > 0.0 {
                self.weights.iter_mut().for_each(|w| *w /= gross);
            }
        }
    }
}

impl Kernel for ContrarianWeights {
    const INFO: &'static FormulaInfo = &rows::CONTRARIAN_WEIGHTS;
    type Input<'a> = &'a [f64];
    type Output<'s> = ContrarianPoint<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let assets = params.width();
        Ok(Self {
            is_unit_gross: params.flag("unit_gross"),
            cumulative: vec![WindowSum::new(params.int("lag")); assets].into_boxed_slice(),
            weights: vec![0.0; assets].into_boxed_slice(),
            is_ready: false,
        })
    }

    #[inline]
    fn step(&mut self, returns: &[f64]) -> Option<ContrarianPoint<'_>> {
        let profit = self.weights.iter().zip(returns).map(|(w, r)| w * r).sum();
        let was_ready = self.is_ready;
        for (sum, &r) in self.cumulative.iter_mut().zip(returns) {
            self.is_ready = sum.push(r).is_some();
        }
        if !self.is_ready {
            return None;
        }
        self.weigh();
        was_ready.then_some(ContrarianPoint { weights: &self.weights, profit })
    }
}
