//! Sensitivities of Black and Scholes' price.

use crate::derivatives::black::Vanilla;
use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::distributions::{normal_cdf, normal_pdf};
use crate::persist::state;
use crate::rows;

/// A kernel without state over the seven terms of an option.
macro_rules! greek {
    ($name:ident, $row:ident, |$option:ident| $value:expr) => {
        state! {
            pub struct $name {}
        }

        impl Kernel for $name {
            const INFO: &'static FormulaInfo = &rows::$row;
            type Input<'a> = [f64; 7];
            type Output<'s> = f64;

            fn new(_params: &Params) -> Result<Self, ParamError> {
                Ok(Self {})
            }

            #[inline]
            fn step(&mut self, option: [f64; 7]) -> Option<f64> {
                let $option = Vanilla::new(option)?;
                Some($value)
            }
        }
    };
}

greek!(BsDelta, BS_DELTA, |option| option.cp * option.carry * normal_cdf(option.cp * option.d1));
greek!(BsGamma, BS_GAMMA, |option| option.carry
    * ratio(normal_pdf(option.d1), option.spot * option.deviation));
greek!(BsVega, BS_VEGA, |option| option.asset * normal_pdf(option.d1) * option.root_years);
greek!(BsTheta, BS_THETA, |option| theta(&option));

/// 0/0 is 0: without deviation, a density off the strike vanishes faster than any power of it.
#[inline]
fn ratio(numerator: f64, denominator: f64) -> f64 {
    if numerator == 0.0 {
        0.0
    } else {
        numerator / denominator
    }
}

#[inline]
fn theta(option: &Vanilla) -> f64 {
    let decay = ratio(option.asset * normal_pdf(option.d1) * option.sigma, 2.0 * option.root_years);
    let cash = option.rate * option.cash * normal_cdf(option.cp * option.d2);
    let asset = option.dividend * option.asset * normal_cdf(option.cp * option.d1);
    option.cp * (asset - cash) - decay
}
