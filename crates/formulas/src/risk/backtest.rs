//! Does a value at risk hold what it promises? Likelihood ratios of the count of its failures, and of their order.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::chi2_tail;
use crate::persist::state;
use crate::rows;

outputs! { CoveragePoint { lr, p_value, failures } }
outputs! { IndependencePoint { lr_ind, lr_cc, p_cc } }

/// count * ln(count / expected); nothing for a count of 0, whatever was expected.
fn surprise(count: f64, expected: f64) -> f64 {
    if count > 0.0 {
        count * (count / expected).ln()
    } else {
        0.0
    }
}

/// Twice the log-likelihood ratio of the share of failures against `alpha`.
fn coverage_ratio(failures: f64, n: f64, alpha: f64) -> f64 {
    let kept = surprise(n - failures, n * (1.0 - alpha));
    (2.0 * (surprise(failures, n * alpha) + kept)).max(0.0)
}

state! {
    pub struct Kupiec {
        count: u64,
        failures: u64,
        alpha: f64,
        min_obs: u64,
    }
}

impl Kernel for Kupiec {
    const INFO: &'static FormulaInfo = &rows::KUPIEC;
    type Input<'a> = [f64; 2];
    type Output<'s> = CoveragePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (alpha, min_obs) = (params.float("alpha"), params.int("min_obs") as u64);
        Ok(Self { count: 0, failures: 0, alpha, min_obs })
    }

    #[inline]
    fn step(&mut self, [r, var]: [f64; 2]) -> Option<CoveragePoint> {
        self.count += 1;
        self.failures += u64::from(r < -var);
        if self.count < self.min_obs {
            return None;
        }
        let failures = self.failures as f64;
        let lr = coverage_ratio(failures, self.count as f64, self.alpha);
        Some(CoveragePoint { lr, p_value: chi2_tail(lr, 1.0), failures })
    }
}

state! {
    pub struct Christoffersen {
        count: u64,
        failed: bool,
        /// Transitions from kept (0) or failed (1) to kept or failed.
        transitions: [[u64; 2]; 2],
        alpha: f64,
        min_obs: u64,
    }
}

impl Christoffersen {
    /// Twice the log-likelihood ratio of transitions against independence: the counts of a 2 by 2 table against
    /// those that its margins let expect.
    fn independence_ratio(&self) -> f64 {
        let table = self.transitions.map(|row| row.map(|count| count as f64));
        let total = table.as_flattened().iter().sum::<f64>();
        let mut sum = 0.0;
        for row in table {
            for (column, count) in row.iter().enumerate() {
                let expected = (row[0] + row[1]) * (table[0][column] + table[1][column]) / total;
                sum += surprise(*count, expected);
            }
        }
        (2.0 * sum).max(0.0)
    }
}

impl Kernel for Christoffersen {
    const INFO: &'static FormulaInfo = &rows::CHRISTOFFERSEN;
    type Input<'a> = [f64; 2];
    type Output<'s> = IndependencePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (alpha, min_obs) = (params.float("alpha"), params.int("min_obs") as u64);
        Ok(Self { count: 0, failed: false, transitions: [[0; 2]; 2], alpha, min_obs })
    }

    #[inline]
    fn step(&mut self, [r, var]: [f64; 2]) -> Option<IndependencePoint> {
        let before = std::mem::replace(&mut self.failed, r < -var);
        if self.count > 0 {
            self.transitions[usize::from(before)][usize::from(self.failed)] += 1;
        }
        self.count += 1;
        if self.count < self.min_obs {
            return None;
        }
        let lr_ind = self.independence_ratio();
        let failures = (self.transitions[0][1] + self.transitions[1][1]) as f64;
        let lr_cc = coverage_ratio(failures, (self.count - 1) as f64, self.alpha) + lr_ind;
        Some(IndependencePoint { lr_ind, lr_cc, p_cc: chi2_tail(lr_cc, 2.0) })
    }
}
