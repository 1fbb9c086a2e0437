//! Covariance and correlation of many series that come together, row by row.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{eigen, RollingCovariance};
use crate::persist::state;
use crate::rows;

/// Smaller values are zero: subnormal numbers cost a hundred cycles an update.
const VANISHED: f64 = 1e-300;

outputs! { EwmaCovPoint<'a> { cov: &'a [f64], corr: &'a [f64] } }

state! {
    pub struct EwmaCov {
        lam: f64,
        cov: Box<[f64]>,
        corr: Box<[f64]>,
        inverse_deviations: Box<[f64]>,
        started: bool,
    }
}

impl EwmaCov {
    fn correlate(&mut self) {
        let n = self.inverse_deviations.len();
        for (i, inverse) in self.inverse_deviations.iter_mut().enumerate() {
            let variance = self.cov[i * n + i];
            *inverse = if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 };
        }
        let rows = self.corr.chunks_exact_mut(n).zip(self.cov.chunks_exact(n));
        for (i, (corr, cov)) in rows.enumerate() {
            let own = self.inverse_deviations[i];
            for ((corr, cov), inverse) in corr.iter_mut().zip(cov).zip(&self.inverse_deviations) {
                *corr = (cov * (own * inverse)).clamp(-1.0, 1.0);
            }
            corr[i] = 1.0;
        }
    }
}

impl Kernel for EwmaCov {
    const INFO: &'static FormulaInfo = &rows::EWMA_COV;
    type Input<'a> = &'a [f64];
    type Output<'s> = EwmaCovPoint<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let assets = params.width();
        let matrix = vec![0.0; assets * assets].into_boxed_slice();
        Ok(Self {
            lam: params.float("lam"),
            cov: matrix.clone(),
            corr: matrix,
            inverse_deviations: vec![0.0; assets].into_boxed_slice(),
            started: false,
        })
    }

    #[inline]
    fn step(&mut self, returns: &[f64]) -> Option<EwmaCovPoint<'_>> {
        let (kept, fresh) = if self.started { (self.lam, 1.0 - self.lam) } else { (0.0, 1.0) };
        self.started = true;
        // Both triangles: twice the work of one, but in whole rows.
        for (cov, &r) in self.cov.chunks_exact_mut(returns.len()).zip(returns) {
            for (cov, &other) in cov.iter_mut().zip(returns) {
                let next = kept * *cov + fresh * (r * other);
                *cov = if next.abs() < VANISHED { 0.0 } else { next };
            }
        }
        self.correlate();
        Some(EwmaCovPoint { cov: &self.cov, corr: &self.corr })
    }
}

outputs! { AverageCorrelationPoint { avg_corr, enb } }

state! {
    pub struct AverageCorrelation {
        covariance: RollingCovariance,
        matrix: Box<[f64]>,
        eigenvalues: Box<[f64]>,
        beside: Box<[f64]>,
    }
}

impl AverageCorrelation {
    /// Fills the correlation matrix, 0 beside the diagonal for an asset without spread, and gives the mean beside
    /// the diagonal: NaN for one asset.
    fn correlate(&mut self) -> f64 {
        let n = self.eigenvalues.len();
        let mut sum = 0.0;
        for i in 0..n {
            self.matrix[i * n + i] = 1.0;
            for j in 0..i {
                let correlation = self.covariance.correlation(i, j);
                let correlation = if correlation.is_nan() { 0.0 } else { correlation };
                self.matrix[i * n + j] = correlation;
                self.matrix[j * n + i] = correlation;
                sum += correlation;
            }
        }
        sum / (n * (n - 1) / 2) as f64
    }
}

impl Kernel for AverageCorrelation {
    const INFO: &'static FormulaInfo = &rows::AVERAGE_CORRELATION;
    type Input<'a> = &'a [f64];
    type Output<'s> = AverageCorrelationPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let assets = params.width();
        Ok(Self {
            covariance: RollingCovariance::new(assets, params.int("window")),
            matrix: vec![0.0; assets * assets].into_boxed_slice(),
            eigenvalues: vec![0.0; assets].into_boxed_slice(),
            beside: vec![0.0; assets].into_boxed_slice(),
        })
    }

    #[inline]
    fn step(&mut self, returns: &[f64]) -> Option<AverageCorrelationPoint> {
        self.covariance.push(returns);
        if !self.covariance.is_full() {
            return None;
        }
        let avg_corr = self.correlate();
        eigen::symmetric_eigenvalues(&mut self.matrix, &mut self.eigenvalues, &mut self.beside);
        let shares = self.eigenvalues.iter().map(|value| value / self.eigenvalues.len() as f64);
        // Rounding may take an eigenvalue of 0 below it.
        let entropy: f64 = shares.filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
        Some(AverageCorrelationPoint { avg_corr, enb: entropy.exp() })
    }
}
