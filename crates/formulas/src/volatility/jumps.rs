//! Tests for jumps: of a whole window against its bipower variation, and of one return against those before it.

use std::f64::consts::{FRAC_PI_2, PI};

use super::realized::Bipower;
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::{ln_gamma, normal_cdf};
use crate::parts::WindowSum;
use crate::persist::state;
use crate::rows;

state! {
    /// n mu^-3 n/(n-2) times the sum of products of three neighbours' 4/3-th powers, over the n - 2 triples of n
    /// returns; mu is the mean of such a power of a standard normal size.
    struct Tripower {
        last: Option<f64>,
        before: Option<f64>,
        products: WindowSum,
        scale: f64,
    }
}

impl Tripower {
    fn new(period: usize) -> Self {
        let n = period as f64;
        let mu = 2f64.powf(2.0 / 3.0) * (ln_gamma(7.0 / 6.0) - ln_gamma(0.5)).exp();
        let scale = n * mu.powi(-3) * n / (n - 2.0);
        Self { last: None, before: None, products: WindowSum::new(period - 2), scale }
    }

    #[inline(always)]
    fn push(&mut self, r: f64) -> Option<f64> {
        let power = r.abs().cbrt().powi(4);
        let last = self.last.replace(power)?;
        let before = self.before.replace(last)?;
        self.products.push(power * last * before).map(|sum| self.scale * sum)
    }
}

outputs! {
    /// How many deviations the jumps' share is above none, how likely that is without jumps, and the share.
    BnsPoint { z, p_value, jump_share }
}

state! {
    pub struct BnsJumpTest {
        squares: WindowSum,
        bipower: Bipower,
        tripower: Tripower,
        /// Variance of the share's test without the quarticity in it.
        spread: f64,
    }
}

impl Kernel for BnsJumpTest {
    const INFO: &'static FormulaInfo = &rows::BNS_JUMP_TEST;
    type Input<'a> = f64;
    type Output<'s> = BnsPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            squares: WindowSum::new(period),
            bipower: Bipower::new(period),
            tripower: Tripower::new(period),
            spread: (FRAC_PI_2 * FRAC_PI_2 + PI - 5.0) / period as f64,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<BnsPoint> {
        let (rv, bv, tpq) = (self.squares.push(r * r), self.bipower.push(r), self.tripower.push(r));
        let (rv, bv, tpq) = (rv?, bv?, tpq?);
        if rv == 0.0 || bv == 0.0 {
            return Some(BnsPoint { z: f64::NAN, p_value: f64::NAN, jump_share: f64::NAN });
        }
        let share = 1.0 - bv / rv;
        let z = share / (self.spread * (tpq / (bv * bv)).max(1.0)).sqrt();
        // The upper tail from the lower one of -z: 1 - Phi(z) would lose the digits of a small p-value.
        Some(BnsPoint { z, p_value: normal_cdf(-z), jump_share: share.max(0.0) })
    }
}

outputs! {
    /// The return in units of the volatility before it, and whether that is a jump.
    LeeMyklandPoint { stat, is_jump }
}

state! {
    pub struct LeeMykland {
        last: Option<f64>,
        products: WindowSum,
        /// Mean product of the window before the newest return.
        variance: Option<f64>,
        inverse_count: f64,
        /// A larger size of the statistic is a jump.
        threshold: f64,
    }
}

impl Kernel for LeeMykland {
    const INFO: &'static FormulaInfo = &rows::LEE_MYKLAND;
    type Input<'a> = f64;
    type Output<'s> = LeeMyklandPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (count, ln_n) = (params.int("window") - 2, params.float("n_obs").ln());
        let mean_size = (2.0 / PI).sqrt();
        let root = (2.0 * ln_n).sqrt();
        let centre = root / mean_size - (PI.ln() + ln_n.ln()) / (2.0 * mean_size * root);
        let quantile = -(-(-params.float("alpha")).ln_1p()).ln();
        Ok(Self {
            last: None,
            products: WindowSum::new(count),
            variance: None,
            inverse_count: 1.0 / count as f64,
            threshold: centre + quantile / (mean_size * root),
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<LeeMyklandPoint> {
        let size = r.abs();
        let last = self.last.replace(size)?;
        let mean = self.products.push(size * last).map(|sum| sum * self.inverse_count);
        let before = std::mem::replace(&mut self.variance, mean)?;
        let stat = if r == 0.0 { 0.0 } else { r / before.sqrt() };
        Some(LeeMyklandPoint { stat, is_jump: f64::from(u8::from(stat.abs() > self.threshold)) })
    }
}
