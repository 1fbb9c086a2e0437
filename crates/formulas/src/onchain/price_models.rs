//! The price against averages of its past, and against what on-chain models imply.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::WindowSum;
use crate::persist::state;
use crate::rows;

outputs! { MayerPoint { mayer, pi_gap, ma_mult } }

state! {
    pub struct MayerMultiple {
        mean: WindowSum,
        pi_fast: WindowSum,
        pi_slow: WindowSum,
        two_years: WindowSum,
    }
}

impl Kernel for MayerMultiple {
    const INFO: &'static FormulaInfo = &rows::MAYER_MULTIPLE;
    type Input<'a> = f64;
    type Output<'s> = MayerPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let sum = |name| WindowSum::new(params.int(name));
        Ok(Self { mean: sum("n"), pi_fast: sum("pi_fast"), pi_slow: sum("pi_slow"), two_years: sum("ma2y") })
    }

    #[inline]
    fn step(&mut self, close: f64) -> Option<MayerPoint> {
        if close <= 0.0 {
            return None;
        }
        let push = |window: &mut WindowSum| window.push(close).map(|sum| sum / window.len() as f64);
        let (mean, two_years) = (push(&mut self.mean), push(&mut self.two_years));
        let (pi_fast, pi_slow) = (push(&mut self.pi_fast), push(&mut self.pi_slow));
        Some(MayerPoint {
            mayer: close / mean?,
            pi_gap: pi_fast? / (2.0 * pi_slow?),
            ma_mult: close / two_years?,
        })
    }
}

/// Implied prices that are weighed against each other.
const MODELS: usize = 3;

outputs! { OnchainPricePoint { price, sd, z } }

state! {
    pub struct OnchainPrice {
        squared_errors: [WindowSum; MODELS],
        ridge: f64,
    }
}

impl Kernel for OnchainPrice {
    const INFO: &'static FormulaInfo = &rows::ONCHAIN_PRICE;
    type Input<'a> = [f64; 5];
    type Output<'s> = OnchainPricePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            squared_errors: std::array::from_fn(|_| WindowSum::new(window)),
            ridge: params.float("ridge"),
        })
    }

    #[inline]
    fn step(&mut self, input: [f64; 5]) -> Option<OnchainPricePoint> {
        if input.iter().any(|&x| x <= 0.0) {
            return None;
        }
        let [network_value, nvt_price, fee_value, supply, price] = input;
        let observed = price.ln();
        let implied = [(network_value / supply).ln(), nvt_price.ln(), fee_value.ln()];
        // Weights come from the days before, so that today's price does not choose its own models.
        let point = self.combine(&implied, observed);
        for (errors, implied) in self.squared_errors.iter_mut().zip(implied) {
            let error = implied - observed;
            errors.push(error * error);
        }
        point
    }
}

impl OnchainPrice {
    fn combine(&self, implied: &[f64; MODELS], observed: f64) -> Option<OnchainPricePoint> {
        let window = self.squared_errors[0].len();
        if self.squared_errors[0].count() < window {
            return None;
        }
        let errors = self.squared_errors.each_ref().map(|sum| (sum.value() / window as f64).max(0.0));
        let ridge = self.ridge * errors.iter().sum::<f64>() / MODELS as f64;
        let damped = errors.map(|error| error + ridge);
        // A model without any error would have an infinite weight: it then shares with its equals alone.
        let perfect = damped.contains(&0.0);
        let raw = damped.map(|error| if perfect { f64::from(error == 0.0) } else { 1.0 / error });
        let total: f64 = raw.iter().sum();
        let (mut ln_price, mut variance) = (0.0, 0.0);
        for model in 0..MODELS {
            let weight = raw[model] / total;
            ln_price += weight * implied[model];
            variance += weight * weight * errors[model];
        }
        let sd = variance.sqrt();
        let z = if sd > 0.0 { (observed - ln_price) / sd } else { f64::NAN };
        Some(OnchainPricePoint { price: ln_price.exp(), sd, z })
    }
}
