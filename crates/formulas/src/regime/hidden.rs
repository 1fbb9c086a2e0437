//! Filters over hidden regimes: a Gaussian hidden Markov model, and the length of the present run.

use std::f64::consts::PI;

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::ln_gamma;
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

/// Replaces logarithms by shares that sum to 1, and gives the logarithm of what their sum was.
#[inline(always)]
fn normalise(logs: &[f64], shares: &mut [f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for (share, log) in shares.iter_mut().zip(logs) {
        *share = (log - largest).exp();
        total += *share;
    }
    let inverse = 1.0 / total;
    shares.iter_mut().for_each(|share| *share *= inverse);
    largest + total.ln()
}

/// Place of the largest; the first of equal ones.
#[inline(always)]
fn place_of_largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = place;
        }
    }
    best
}

outputs! { HmmPoint<'a> { prob: &'a [f64], state: f64, loglik: f64 } }

state! {
    pub struct HmmForward {
        transition: Box<[f64]>,
        mean: Box<[f64]>,
        inverse_sd: Box<[f64]>,
        log_scale: Box<[f64]>,
        /// Of the states, before an observation: the start, then one step of the chain on from `prob`.
        prior: Box<[f64]>,
        logs: Box<[f64]>,
        prob: Box<[f64]>,
        loglik: Sum,
    }
}

const SUM_TOLERANCE: f64 = 1e-9;

fn is_distribution(shares: &[f64]) -> bool {
    (shares.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE
}

impl Kernel for HmmForward {
    const INFO: &'static FormulaInfo = &rows::HMM_FORWARD;
    type Input<'a> = f64;
    type Output<'s> = HmmPoint<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let states = params.int("n_states");
        for name in ["start", "mean", "sd"] {
            if params.list(name).len() != states {
                return Err(params.refuse(name, format!("a list of n_states = {states} numbers")));
            }
        }
        let transition = params.list("transition");
        if transition.len() != states * states {
            return Err(
                params.refuse("transition", format!("a list of n_states^2 = {} numbers", states * states))
            );
        }
        if !transition.chunks(states).all(is_distribution) {
            return Err(params.refuse("transition", "rows that sum to 1"));
        }
        let start = params.list("start");
        if !is_distribution(start) {
            return Err(params.refuse("start", "numbers that sum to 1"));
        }
        let sd = params.list("sd");
        Ok(Self {
            transition: transition.into(),
            mean: params.list("mean").into(),
            inverse_sd: sd.iter().map(|sd| 1.0 / sd).collect(),
            log_scale: sd.iter().map(|sd| -sd.ln() - 0.5 * (2.0 * PI).ln()).collect(),
            prior: start.into(),
            logs: vec![0.0; states].into_boxed_slice(),
            prob: vec![0.0; states].into_boxed_slice(),
            loglik: Sum::default(),
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<HmmPoint<'_>> {
        let states = self.prob.len();
        for state in 0..states {
            let z = (x - self.mean[state]) * self.inverse_sd[state];
            self.logs[state] = self.prior[state].ln() + self.log_scale[state] - 0.5 * z * z;
        }
        self.loglik.add(normalise(&self.logs, &mut self.prob));
        self.prior.fill(0.0);
        for (from, &share) in self.prob.iter().enumerate() {
            let row = &self.transition[from * states..(from + 1) * states];
            self.prior.iter_mut().zip(row).for_each(|(prior, a)| *prior += share * a);
        }
        let state = place_of_largest(&self.prob) as f64;
        Some(HmmPoint { prob: &self.prob, state, loglik: self.loglik.value() })
    }
}

outputs! { RunPoint { p_change, map_run, mean_run } }

state! {
    /// The posterior of the number of observations since the last change.
    pub struct Bocpd {
        log_hazard: f64,
        log_growth: f64,
        prior: (f64, f64),
        recent: usize,
        /// By run length: what the predictive density and the updates need that no observation changes.
        /// ln of Gamma(a + 1/2) / (Gamma(a) sqrt(2 pi)), a + 1/2, k / (k + 1), 1 / (k + 1).
        constants: Box<[[f64; 4]]>,
        /// Longest run length that has any mass.
        longest: usize,
        logs: Box<[f64]>,
        mass: Box<[f64]>,
        mean: Box<[f64]>,
        /// Normal-Gamma's rate of the precision.
        rate: Box<[f64]>,
    }
}

impl Bocpd {
    /// Logarithm of Student's density of x after a run, and x's distance from the run's mean.
    #[inline(always)]
    fn predictive(&self, run: usize, x: f64) -> (f64, f64) {
        let [constant, power, shrink, _] = self.constants[run];
        let distance = x - self.mean[run];
        // With b the rate and s = 2 b (k + 1) / k the density is
        // Gamma(a + 1/2) / (Gamma(a) sqrt(pi s)) * (1 + distance^2 / s)^-(a + 1/2).
        let inverse = 0.5 * shrink / self.rate[run];
        let log =
            constant + 0.5 * (shrink / self.rate[run]).ln() - power * (inverse * distance * distance).ln_1p();
        (log, distance)
    }

    /// Each run grows by x, or ends; the longest one takes in those that would be longer.
    #[inline(always)]
    fn grow(&mut self, x: f64) {
        let last = self.mass.len() - 1;
        let (mut change, mut folded) = (Total::default(), f64::NEG_INFINITY);
        for run in (0..=self.longest).rev() {
            let (density, distance) = self.predictive(run, x);
            let log = self.logs[run] + density;
            change.add(log);
            if run == last {
                folded = log + self.log_growth;
                continue;
            }
            let [_, _, shrink, share] = self.constants[run];
            self.logs[run + 1] = log + self.log_growth;
            self.mean[run + 1] = self.mean[run] + share * distance;
            self.rate[run + 1] = self.rate[run] + 0.5 * shrink * distance * distance;
        }
        if self.longest == last {
            let mut both = Total::default();
            both.add(folded);
            both.add(self.logs[last]);
            self.logs[last] = both.log();
        } else {
            self.longest += 1;
        }
        self.logs[0] = change.log() + self.log_hazard;
        (self.mean[0], self.rate[0]) = self.prior;
    }
}

/// The logarithm of a sum of numbers that are given by their logarithms.
struct Total {
    largest: f64,
    sum: f64,
}

impl Default for Total {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, sum: 0.0 }
    }
}

impl Total {
    #[inline(always)]
    fn add(&mut self, log: f64) {
        if log > self.largest {
            self.sum = self.sum * (self.largest - log).exp() + 1.0;
            self.largest = log;
        } else if log > f64::NEG_INFINITY {
            self.sum += (log - self.largest).exp();
        }
    }

    fn log(&self) -> f64 {
        self.largest + self.sum.ln()
    }
}

impl Kernel for Bocpd {
    const INFO: &'static FormulaInfo = &rows::BOCPD;
    type Input<'a> = f64;
    type Output<'s> = RunPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (hazard, runs) = (params.float("hazard"), params.int("max_run") + 1);
        let (kappa, alpha) = (params.float("kappa0"), params.float("alpha0"));
        let constants = (0..runs).map(|run| {
            let (k, a) = (kappa + run as f64, alpha + 0.5 * run as f64);
            [ln_gamma(a + 0.5) - ln_gamma(a) - 0.5 * (2.0 * PI).ln(), a + 0.5, k / (k + 1.0), 1.0 / (k + 1.0)]
        });
        let mut kernel = Self {
            log_hazard: hazard.ln(),
            log_growth: (-hazard).ln_1p(),
            prior: (params.float("mu0"), params.float("beta0")),
            recent: params.int("recent"),
            constants: constants.collect(),
            longest: 0,
            logs: vec![f64::NEG_INFINITY; runs].into_boxed_slice(),
            mass: vec![0.0; runs].into_boxed_slice(),
            mean: vec![0.0; runs].into_boxed_slice(),
            rate: vec![0.0; runs].into_boxed_slice(),
        };
        kernel.logs[0] = 0.0;
        (kernel.mean[0], kernel.rate[0]) = kernel.prior;
        Ok(kernel)
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<RunPoint> {
        self.grow(x);
        let runs = self.longest + 1;
        let total = normalise(&self.logs[..runs], &mut self.mass[..runs]);
        self.logs[..runs].iter_mut().for_each(|log| *log -= total);
        let mass = &self.mass[..runs];
        Some(RunPoint {
            p_change: mass[..self.recent.min(runs)].iter().sum(),
            map_run: place_of_largest(mass) as f64,
            mean_run: mass.iter().enumerate().map(|(run, share)| run as f64 * share).sum(),
        })
    }
}
