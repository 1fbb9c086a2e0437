//! Linear regression learnt row by row: least squares that forget, and Bayes' with a normal prior.
//!
//! Both keep the covariance as U D U' (Bierman 1977): it stays symmetric and positive whatever is rounded, which
//! the textbook's difference of matrices does not.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

/// The covariance may grow to this many times its start, where forgetting meets inputs that say nothing.
const LARGEST_GROWTH: f64 = 1e6;

state! {
    /// A normal belief about the coefficients.
    struct Belief {
        coefficients: Box<[f64]>,
        /// Unit upper triangular, row by row.
        u: Box<[f64]>,
        d: Box<[f64]>,
        /// U'x and D U'x of the row at hand, and the gain before it is scaled.
        f: Box<[f64]>,
        v: Box<[f64]>,
        gain: Box<[f64]>,
        largest_trace: f64,
    }
}

impl Belief {
    fn new(width: usize, variance: f64) -> Self {
        let zeros = || vec![0.0; width].into_boxed_slice();
        let mut u = vec![0.0; width * width].into_boxed_slice();
        (0..width).for_each(|i| u[i * width + i] = 1.0);
        Self {
            coefficients: zeros(),
            u,
            d: vec![variance; width].into_boxed_slice(),
            f: zeros(),
            v: zeros(),
            gain: zeros(),
            largest_trace: LARGEST_GROWTH * variance * width as f64,
        }
    }

    /// The mean of x'b and its variance, which [`Belief::learn`] then takes as seen.
    #[inline]
    fn predict(&mut self, x: &[f64]) -> (f64, f64) {
        let n = self.d.len();
        let (mut mean, mut variance) = (0.0, 0.0);
        for j in 0..n {
            let dot: f64 = (0..=j).map(|i| self.u[i * n + j] * x[i]).sum();
            self.f[j] = dot;
            self.v[j] = self.d[j] * dot;
            variance += self.v[j] * dot;
            mean += self.coefficients[j] * x[j];
        }
        (mean, variance)
    }

    /// Takes the error of the row that was predicted last; `noise` is the variance of the target about x'b.
    #[inline]
    fn learn(&mut self, error: f64, noise: f64) {
        let n = self.d.len();
        let mut before = noise;
        for j in 0..n {
            let after = before + self.v[j] * self.f[j];
            self.d[j] *= before / after;
            let pull = -self.f[j] / before;
            self.gain[j] = self.v[j];
            for i in 0..j {
                let old = self.u[i * n + j];
                self.u[i * n + j] = old + self.gain[i] * pull;
                self.gain[i] += old * self.v[j];
            }
            before = after;
        }
        let scaled = error / before;
        self.coefficients.iter_mut().zip(&self.gain).for_each(|(b, gain)| *b += gain * scaled);
    }

    /// Spreads the belief by 1 / lam, as far as the largest trace allows.
    #[inline]
    fn forget(&mut self, lam: f64) {
        let n = self.d.len();
        let trace: f64 = (0..n)
            .map(|j| self.d[j] * (0..=j).map(|i| self.u[i * n + j] * self.u[i * n + j]).sum::<f64>())
            .sum();
        let factor = (1.0 / lam).min(self.largest_trace / trace).max(1.0);
        self.d.iter_mut().for_each(|d| *d *= factor);
    }
}

outputs! { RlsPoint<'a> { beta: &'a [f64], pred: f64, err: f64 } }

state! {
    pub struct Rls {
        lam: f64,
        belief: Belief,
    }
}

impl Kernel for Rls {
    const INFO: &'static FormulaInfo = &rows::RLS;
    type Input<'a> = (&'a [f64], f64);
    type Output<'s> = RlsPoint<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { lam: params.float("lam"), belief: Belief::new(params.width(), params.float("delta")) })
    }

    #[inline]
    fn step(&mut self, (x, y): (&[f64], f64)) -> Option<RlsPoint<'_>> {
        let (pred, _) = self.belief.predict(x);
        let err = y - pred;
        self.belief.learn(err, self.lam);
        if self.lam < 1.0 {
            self.belief.forget(self.lam);
        }
        Some(RlsPoint { beta: &self.belief.coefficients, pred, err })
    }
}

outputs! { BayesLinregPoint { pred_mean, pred_var } }

state! {
    pub struct BayesLinreg {
        noise: f64,
        belief: Belief,
    }
}

impl Kernel for BayesLinreg {
    const INFO: &'static FormulaInfo = &rows::BAYES_LINREG;
    type Input<'a> = (&'a [f64], f64);
    type Output<'s> = BayesLinregPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let belief = Belief::new(params.width(), 1.0 / params.float("alpha"));
        Ok(Self { noise: 1.0 / params.float("beta"), belief })
    }

    #[inline]
    fn step(&mut self, (x, y): (&[f64], f64)) -> Option<BayesLinregPoint> {
        let (pred_mean, variance) = self.belief.predict(x);
        self.belief.learn(y - pred_mean, self.noise);
        Some(BayesLinregPoint { pred_mean, pred_var: self.noise + variance })
    }
}
