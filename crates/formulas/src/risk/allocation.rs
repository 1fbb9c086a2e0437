//! Risk of a whole account: what each position adds to it, and how likely it ends in ruin.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::normal_quantile;
use crate::parts::RollingCovariance;
use crate::persist::state;
use crate::rows;

outputs! {
    Contributions<'a> { sigma_p: f64, mrc: &'a [f64], crc: &'a [f64], pct: &'a [f64], component_var: &'a [f64] }
}
outputs! { RuinPoint { p_gambler, p_brownian } }

state! {
    pub struct ComponentVar {
        covariance: RollingCovariance,
        quantile: f64,
        mrc: Box<[f64]>,
        crc: Box<[f64]>,
        pct: Box<[f64]>,
        component_var: Box<[f64]>,
    }
}

impl Kernel for ComponentVar {
    const INFO: &'static FormulaInfo = &rows::COMPONENT_VAR;
    type Input<'a> = [&'a [f64]; 2];
    type Output<'s> = Contributions<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let zeros = || vec![0.0; params.width()].into_boxed_slice();
        Ok(Self {
            covariance: RollingCovariance::new(params.width(), params.int("window")),
            quantile: normal_quantile(params.float("alpha")),
            mrc: zeros(),
            crc: zeros(),
            pct: zeros(),
            component_var: zeros(),
        })
    }

    fn step(&mut self, [returns, weights]: [&[f64]; 2]) -> Option<Contributions<'_>> {
        if weights.len() != returns.len() {
            return None;
        }
        self.covariance.push(returns);
        if !self.covariance.is_full() {
            return None;
        }
        let mut variance = 0.0;
        for i in 0..weights.len() {
            self.mrc[i] = (0..weights.len()).map(|j| self.covariance.at(i, j, 1) * weights[j]).sum();
            variance += weights[i] * self.mrc[i];
        }
        let sigma_p = variance.max(0.0).sqrt();
        let inverse = if sigma_p > 0.0 { 1.0 / sigma_p } else { 0.0 };
        for (i, weight) in weights.iter().enumerate() {
            self.mrc[i] *= inverse;
            self.crc[i] = weight * self.mrc[i];
            self.pct[i] = self.crc[i] * inverse;
            self.component_var[i] = -self.quantile * self.crc[i];
        }
        let Self { mrc, crc, pct, component_var, .. } = self;
        Some(Contributions { sigma_p, mrc, crc, pct, component_var })
    }
}

state! {
    pub struct RiskOfRuin {
        /// ln((1 - edge) / (1 + edge)), 0 without an edge.
        log_odds: f64,
        p_brownian: f64,
    }
}

impl Kernel for RiskOfRuin {
    const INFO: &'static FormulaInfo = &rows::RISK_OF_RUIN;
    type Input<'a> = f64;
    type Output<'s> = RuinPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let edge = params.float("edge").max(0.0);
        let square = params.float("sigma").powi(2);
        let drift = (params.float("mu") - 0.5 * square).max(0.0);
        let distance = -(-params.float("barrier")).ln_1p();
        Ok(Self {
            log_odds: (-edge).ln_1p() - edge.ln_1p(),
            p_brownian: (-2.0 * drift * distance / square).exp(),
        })
    }

    #[inline]
    fn step(&mut self, capital_units: f64) -> Option<RuinPoint> {
        if capital_units <= 0.0 {
            return None;
        }
        Some(RuinPoint { p_gambler: (self.log_odds * capital_units).exp(), p_brownian: self.p_brownian })
    }
}
