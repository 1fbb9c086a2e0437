//! Values of the network and of its coin by power laws fitted in logs: of addresses (Metcalfe's, Zipf's, and with a
//! fitted exponent), of fees and of time.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::normal_cdf;
use crate::parts::{PairMoments, RollingPair, WelfordPair, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    /// Capitalisation as a multiple of a driver, the multiple being the geometric mean over a window.
    struct Multiple {
        sum: WindowSum,
    }
}

impl Multiple {
    fn new(params: &Params) -> Self {
        Self { sum: WindowSum::new(params.int("window")) }
    }

    /// ln of the multiple, and how far ln cap is above it; None until the window is full.
    #[inline(always)]
    fn push(&mut self, ln_ratio: f64) -> Option<(f64, f64)> {
        let ln_k = self.sum.push(ln_ratio)? / self.sum.len() as f64;
        Some((ln_k, ln_ratio - ln_k))
    }
}

outputs! { MetcalfePoint { k, value, log_dev } }

state! {
    pub struct MetcalfeValue {
        multiple: Multiple,
    }
}

impl Kernel for MetcalfeValue {
    const INFO: &'static FormulaInfo = &rows::METCALFE_VALUE;
    type Input<'a> = [f64; 2];
    type Output<'s> = MetcalfePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { multiple: Multiple::new(params) })
    }

    #[inline]
    fn step(&mut self, [addresses, cap]: [f64; 2]) -> Option<MetcalfePoint> {
        if addresses <= 0.0 || cap <= 0.0 {
            return None;
        }
        let (ln_k, log_dev) = self.multiple.push(cap.ln() - 2.0 * addresses.ln())?;
        let k = ln_k.exp();
        Some(MetcalfePoint { k, value: k * addresses * addresses, log_dev })
    }
}

outputs! { ZipfPoint { value, log_dev } }

state! {
    pub struct ZipfValue {
        multiple: Multiple,
    }
}

impl Kernel for ZipfValue {
    const INFO: &'static FormulaInfo = &rows::ZIPF_VALUE;
    type Input<'a> = [f64; 2];
    type Output<'s> = ZipfPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { multiple: Multiple::new(params) })
    }

    #[inline]
    fn step(&mut self, [addresses, cap]: [f64; 2]) -> Option<ZipfPoint> {
        if addresses <= 1.0 || cap <= 0.0 {
            return None;
        }
        let driver = addresses * addresses.ln();
        let (ln_k, log_dev) = self.multiple.push(cap.ln() - driver.ln())?;
        Some(ZipfPoint { value: ln_k.exp() * driver, log_dev })
    }
}

/// Of the squares, what a fit leaves below this share is rounding: the points lie on the line.
const ON_THE_LINE: f64 = 1e-14;

/// The line of least squares through n points, and where the newest stands.
struct Line {
    alpha: f64,
    beta: f64,
    /// At the newest point.
    fitted: f64,
    residual: f64,
    /// The residual in standard errors over n - 2; 0 if all points lie on the line.
    score: f64,
}

impl Line {
    /// None if the xs have no spread.
    #[inline]
    fn through(moments: &PairMoments, n: f64) -> Option<Self> {
        if moments.variance_x <= 0.0 {
            return None;
        }
        let beta = moments.covariance / moments.variance_x;
        let residual = moments.deviation_y - beta * moments.deviation_x;
        let rest = moments.variance_y - beta * moments.covariance;
        let spread = rest > ON_THE_LINE * moments.variance_y;
        Some(Self {
            alpha: moments.mean_y - beta * moments.mean_x,
            beta,
            fitted: moments.mean_y + beta * moments.deviation_x,
            residual,
            score: if spread { residual / (rest * n / (n - 2.0)).sqrt() } else { 0.0 },
        })
    }
}

outputs! { GeneralizedMetcalfePoint { alpha, beta, value, residual_z } }

state! {
    pub struct GeneralizedMetcalfe {
        pair: RollingPair,
    }
}

impl Kernel for GeneralizedMetcalfe {
    const INFO: &'static FormulaInfo = &rows::GENERALIZED_METCALFE;
    type Input<'a> = [f64; 2];
    type Output<'s> = GeneralizedMetcalfePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { pair: RollingPair::new(params.int("window")) })
    }

    #[inline]
    fn step(&mut self, [addresses, cap]: [f64; 2]) -> Option<GeneralizedMetcalfePoint> {
        if addresses <= 0.0 || cap <= 0.0 {
            return None;
        }
        let moments = self.pair.push(addresses.ln(), cap.ln())?;
        let line = Line::through(&moments, self.pair.len() as f64)?;
        Some(GeneralizedMetcalfePoint {
            alpha: line.alpha,
            beta: line.beta,
            value: line.fitted.exp(),
            residual_z: line.score,
        })
    }
}

outputs! { FeeVelocityPoint { fee_velocity, ratio, value, log_dev } }

state! {
    pub struct FeeVelocity {
        fast: WindowSum,
        slow: WindowSum,
        pair: RollingPair,
    }
}

impl Kernel for FeeVelocity {
    const INFO: &'static FormulaInfo = &rows::FEE_VELOCITY;
    type Input<'a> = [f64; 3];
    type Output<'s> = FeeVelocityPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            fast: WindowSum::new(params.int("fast")),
            slow: WindowSum::new(params.int("slow")),
            pair: RollingPair::new(params.int("window")),
        })
    }

    #[inline]
    fn step(&mut self, [fees, supply, price]: [f64; 3]) -> Option<FeeVelocityPoint> {
        if fees < 0.0 || supply <= 0.0 || price <= 0.0 {
            return None;
        }
        let fast = self.fast.push(fees).map(|sum| sum / self.fast.len() as f64);
        let slow = self.slow.push(fees)? / self.slow.len() as f64;
        // Blocks of 2009 paid no fees: such a time has no logarithm and is no part of the fit.
        if slow <= 0.0 {
            return None;
        }
        let moments = self.pair.push(slow.ln(), price.ln());
        let (fast, line) = (fast?, Line::through(&moments?, self.pair.len() as f64));
        Some(FeeVelocityPoint {
            fee_velocity: 365.0 * fast / supply,
            ratio: fast / slow,
            value: line.as_ref().map_or(f64::NAN, |line| line.fitted.exp()),
            log_dev: line.map_or(f64::NAN, |line| line.residual),
        })
    }
}

/// 2009-01-03, the day of the first block, in seconds since the epoch.
const GENESIS_S: f64 = 1_230_940_800.0;
const DAY_S: f64 = 86_400.0;

outputs! { CorridorPoint { alpha, beta, value, percentile } }

state! {
    pub struct PowerLawCorridor {
        offset_days: f64,
        min_obs: u64,
        last_s: Option<f64>,
        pair: WelfordPair,
    }
}

impl Kernel for PowerLawCorridor {
    const INFO: &'static FormulaInfo = &rows::POWER_LAW_CORRIDOR;
    type Input<'a> = [f64; 2];
    type Output<'s> = CorridorPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            offset_days: params.float("genesis_offset"),
            min_obs: params.int("min_obs") as u64,
            last_s: None,
            pair: WelfordPair::default(),
        })
    }

    #[inline]
    fn step(&mut self, [close, t_s]: [f64; 2]) -> Option<CorridorPoint> {
        let days = (t_s - GENESIS_S) / DAY_S + self.offset_days;
        if close <= 0.0 || days <= 0.0 || self.last_s.is_some_and(|last_s| t_s < last_s) {
            return None;
        }
        self.last_s = Some(t_s);
        let moments = self.pair.push(days.ln(), close.ln());
        if self.pair.count() < self.min_obs {
            return None;
        }
        let line = Line::through(&moments, self.pair.count() as f64)?;
        Some(CorridorPoint {
            alpha: line.alpha,
            beta: line.beta,
            value: line.fitted.exp(),
            percentile: normal_cdf(line.score),
        })
    }
}
