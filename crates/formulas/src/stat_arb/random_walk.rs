//! The variance ratio of Lo and MacKinlay: whether returns add up as those of a random walk do.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Lag, Ring, Sum};
use crate::persist::state;
use crate::rows;

outputs! { VarianceRatioPoint { vr, z, z_robust } }

state! {
    /// What the robust variance needs of returns r and s that are some lag apart, over all of them so far.
    #[derive(Copy, Default)]
    struct Products {
        /// r s
        plain: Sum,
        /// r² s + r s²
        mixed: Sum,
        /// r² s²
        squares: Sum,
    }
}

impl Products {
    #[inline(always)]
    fn add(&mut self, r: f64, s: f64) {
        let product = r * s;
        self.plain.add(product);
        self.mixed.add(product * (r + s));
        self.squares.add(product * product);
    }
}

state! {
    pub struct VarianceRatio {
        min_returns: u64,
        returns: u64,
        first_log: f64,
        last_log: Option<f64>,
        sum_squares: Sum,
        /// The newest q returns, and the first q - 1.
        newest: Ring,
        first: Vec<f64>,
        /// By lag less one.
        products: Box<[Products]>,
        /// Changes over q returns.
        long_sum: Sum,
        long_squares: Sum,
        logs: Lag,
        /// (2(q - j) / q)² by lag j less one.
        weights: Box<[f64]>,
        inverse_root_variance: f64,
    }
}

impl VarianceRatio {
    #[inline(always)]
    fn take(&mut self, log: f64, r: f64) {
        self.returns += 1;
        let lags = self.products.len().min((self.returns - 1) as usize);
        for (before, products) in self.products[..lags].iter_mut().enumerate() {
            products.add(r, self.newest.ago(before));
        }
        self.newest.push(r);
        if self.first.len() < self.products.len() {
            self.first.push(r);
        }
        self.sum_squares.add(r * r);
        if let Some(start) = self.logs.push(log) {
            let change = log - start;
            self.long_sum.add(change);
            self.long_squares.add(change * change);
        }
    }

    /// The sum over the lags of weight times d_j without its factor n / (sum e²)²: the products of e² = (r - mu)²,
    /// multiplied out.
    fn robust_sum(&self, mu: f64, total: f64) -> f64 {
        let (squares, mu2) = (self.sum_squares.value(), mu * mu);
        let mut edges = [0.0; 2];
        let mut sum = 0.0;
        for (index, (products, weight)) in self.products.iter().zip(&self.weights).enumerate() {
            // Each lag leaves out one more return at the start and one more at the end.
            for r in [self.first[index], self.newest.ago(index)] {
                edges[0] += r;
                edges[1] += r * r;
            }
            let terms = (self.returns as usize - 1 - index) as f64;
            let both_squares = 2.0 * squares - edges[1];
            let both = 2.0 * total - edges[0];
            sum += weight
                * (products.squares.value() - 2.0 * mu * products.mixed.value()
                    + mu2 * (both_squares + 4.0 * products.plain.value() - 2.0 * mu * both + mu2 * terms));
        }
        sum
    }
}

impl Kernel for VarianceRatio {
    const INFO: &'static FormulaInfo = &rows::VARIANCE_RATIO;
    type Input<'a> = f64;
    type Output<'s> = VarianceRatioPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (min_obs, q) = (params.int("min_obs"), params.int("q"));
        if q + 1 >= min_obs {
            return Err(params.refuse("q", "below min_obs - 1"));
        }
        let span = q as f64;
        let weight = |lag: usize| (2.0 * (q - lag) as f64 / span).powi(2);
        Ok(Self {
            min_returns: min_obs as u64 - 1,
            returns: 0,
            first_log: 0.0,
            last_log: None,
            sum_squares: Sum::default(),
            newest: Ring::new(q),
            first: Vec::with_capacity(q - 1),
            products: vec![Products::default(); q - 1].into_boxed_slice(),
            long_sum: Sum::default(),
            long_squares: Sum::default(),
            logs: Lag::new(q),
            weights: (1..q).map(weight).collect(),
            inverse_root_variance: (2.0 * (2.0 * span - 1.0) * (span - 1.0) / (3.0 * span)).sqrt().recip(),
        })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<VarianceRatioPoint> {
        if price <= 0.0 {
            return None;
        }
        let log = price.ln();
        let Some(last) = self.last_log.replace(log) else {
            self.first_log = log;
            self.logs.push(log);
            return None;
        };
        self.take(log, log - last);
        if self.returns < self.min_returns {
            return None;
        }
        let (n, q) = (self.returns as f64, self.newest.len() as f64);
        let total = log - self.first_log;
        let mu = total / n;
        let squares = (self.sum_squares.value() - total * mu).max(0.0);
        let terms = n - q + 1.0;
        let long = self.long_squares.value() - q * mu * (2.0 * self.long_sum.value() - terms * q * mu);
        let vr = long / (q * terms * (1.0 - q / n)) / (squares / (n - 1.0));
        let excess = (vr - 1.0) * n.sqrt();
        let theta = self.robust_sum(mu, total) * n / (squares * squares);
        Some(VarianceRatioPoint {
            vr,
            z: excess * self.inverse_root_variance,
            z_robust: excess / theta.sqrt(),
        })
    }
}
