//! Two prices that move together: hedge ratios by regression, by total least squares and by a Kalman filter, and the
//! distance between normalised prices.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{PairMoments, RollingPair};
use crate::persist::state;
use crate::rows;

/// Of a variance this share is what rounding leaves of nothing: the sums of a window may have lost three digits.
const ROUNDING: f64 = 1e-12;

outputs! { OlsPoint { beta, alpha, spread, spread_z, r2 } }

impl OlsPoint {
    /// No line goes through points above one another.
    const UNDEFINED: Self =
        Self { beta: f64::NAN, alpha: f64::NAN, spread: f64::NAN, spread_z: f64::NAN, r2: f64::NAN };
}

state! {
    pub struct RollingOls {
        pair: RollingPair,
        /// n / (n - 2); 0 for two points, which leave no residuals.
        correction: f64,
    }
}

impl Kernel for RollingOls {
    const INFO: &'static FormulaInfo = &rows::ROLLING_OLS;
    type Input<'a> = [f64; 2];
    type Output<'s> = OlsPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        let correction = if period > 2 { period as f64 / (period - 2) as f64 } else { 0.0 };
        Ok(Self { pair: RollingPair::new(period), correction })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<OlsPoint> {
        let moments = self.pair.push(x, y)?;
        if moments.variance_x <= 0.0 {
            return Some(OlsPoint::UNDEFINED);
        }
        let beta = moments.covariance / moments.variance_x;
        let explained = beta * moments.covariance;
        let residual = moments.variance_y - explained;
        let spread = moments.deviation_y - beta * moments.deviation_x;
        let is_exact = residual <= ROUNDING * moments.variance_y || self.correction == 0.0;
        let r2 = explained / moments.variance_y;
        Some(OlsPoint {
            beta,
            alpha: moments.mean_y - beta * moments.mean_x,
            spread,
            spread_z: if is_exact { 0.0 } else { spread / (residual * self.correction).sqrt() },
            // Not by `min`, which would make 1 of the NaN of a constant y.
            r2: if r2 > 1.0 { 1.0 } else { r2 },
        })
    }
}

outputs! { TlsPoint { beta, alpha } }

state! {
    pub struct TlsHedge {
        pair: RollingPair,
    }
}

impl TlsHedge {
    /// The slope of the first principal axis. Of the two forms of the root, the one that does not cancel.
    #[inline(always)]
    fn slope(moments: &PairMoments) -> f64 {
        let excess = moments.variance_y - moments.variance_x;
        let twice = 2.0 * moments.covariance;
        if twice == 0.0 {
            return if excess <= 0.0 { 0.0 } else { f64::NAN };
        }
        let root = (excess * excess + twice * twice).sqrt();
        if excess > 0.0 {
            (excess + root) / twice
        } else {
            twice / (root - excess)
        }
    }
}

impl Kernel for TlsHedge {
    const INFO: &'static FormulaInfo = &rows::TLS_HEDGE;
    type Input<'a> = [f64; 2];
    type Output<'s> = TlsPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { pair: RollingPair::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<TlsPoint> {
        let moments = self.pair.push(x, y)?;
        let beta = Self::slope(&moments);
        Some(TlsPoint { beta, alpha: moments.mean_y - beta * moments.mean_x })
    }
}

outputs! { KalmanPoint { beta, alpha, e, q, z } }

state! {
    pub struct KalmanHedge {
        drift: f64,
        r: f64,
        beta: f64,
        alpha: f64,
        /// Covariance of (beta, alpha): beta's variance, theirs together, alpha's variance.
        p: [f64; 3],
    }
}

impl Kernel for KalmanHedge {
    const INFO: &'static FormulaInfo = &rows::KALMAN_HEDGE;
    type Input<'a> = [f64; 2];
    type Output<'s> = KalmanPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (delta, p0) = (params.float("delta"), params.float("p0"));
        Ok(Self {
            drift: delta / (1.0 - delta),
            r: params.float("r"),
            beta: 0.0,
            alpha: 0.0,
            p: [p0, 0.0, p0],
        })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<KalmanPoint> {
        let [p_beta, p_both, p_alpha] = self.p;
        let (p_beta, p_alpha) = (p_beta + self.drift, p_alpha + self.drift);
        // P H', with H = (x, 1)
        let (u, v) = (p_beta * x + p_both, p_both * x + p_alpha);
        let e = (y - self.alpha) - self.beta * x;
        let q = x * u + v + self.r;
        let inverse = 1.0 / q;
        let (k_beta, k_alpha) = (u * inverse, v * inverse);
        self.beta += k_beta * e;
        self.alpha += k_alpha * e;
        // Joseph's form (I - KH) P (I - KH)' + K r K', which rounding cannot make indefinite. Rows of (I - KH) P:
        let (a, b) = (p_beta - k_beta * u, p_both - k_beta * v);
        let (c, d) = (p_both - k_alpha * u, p_alpha - k_alpha * v);
        let (h_a, h_c) = (a * x + b, c * x + d);
        self.p = [
            a - h_a * k_beta + k_beta * self.r * k_beta,
            0.5 * ((b - h_a * k_alpha) + (c - h_c * k_beta)) + k_beta * self.r * k_alpha,
            d - h_c * k_alpha + k_alpha * self.r * k_alpha,
        ];
        Some(KalmanPoint { beta: self.beta, alpha: self.alpha, e, q, z: e / q.sqrt() })
    }
}

outputs! { DistancePoint { ssd, spread, z } }

state! {
    pub struct DistancePairs {
        pair: RollingPair,
        /// n / (n - 1)
        correction: f64,
    }
}

impl Kernel for DistancePairs {
    const INFO: &'static FormulaInfo = &rows::DISTANCE_PAIRS;
    type Input<'a> = [f64; 2];
    type Output<'s> = DistancePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let formation = params.int("formation");
        let correction = formation as f64 / (formation - 1) as f64;
        Ok(Self { pair: RollingPair::new(formation), correction })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<DistancePoint> {
        if x <= 0.0 || y <= 0.0 {
            return None;
        }
        let moments = self.pair.push(x, y)?;
        let (xs, ys) = self.pair.rings();
        let (first_x, first_y) = (xs.oldest(), ys.oldest());
        let (a, b) = (1.0 / first_x, 1.0 / first_y);
        let (leg_x, leg_y) = (moments.variance_x * a * a, moments.variance_y * b * b);
        let variance = (leg_x - 2.0 * moments.covariance * a * b + leg_y).max(0.0);
        let mean = (moments.mean_x - first_x) * a - (moments.mean_y - first_y) * b;
        let from_mean = moments.deviation_x * a - moments.deviation_y * b;
        Some(DistancePoint {
            ssd: (variance + mean * mean) * self.pair.len() as f64,
            spread: (x - first_x) * a - (y - first_y) * b,
            z: if variance <= ROUNDING * (leg_x + leg_y) {
                0.0
            } else {
                from_mean / (variance * self.correction).sqrt()
            },
        })
    }
}
