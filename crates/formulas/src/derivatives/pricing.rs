//! Prices of European options, what a price implies, and put-call parity.

use crate::derivatives::black::{deviation_of, Vanilla};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

state! {
    pub struct BsPrice {}
}

impl Kernel for BsPrice {
    const INFO: &'static FormulaInfo = &rows::BS_PRICE;
    type Input<'a> = [f64; 7];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, option: [f64; 7]) -> Option<f64> {
        Vanilla::new(option).map(|option| option.price())
    }
}

outputs! { Black76Price { price, price_coin } }

state! {
    pub struct Black76 {}
}

impl Kernel for Black76 {
    const INFO: &'static FormulaInfo = &rows::BLACK76;
    type Input<'a> = [f64; 6];
    type Output<'s> = Black76Price;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, row: [f64; 6]) -> Option<Black76Price> {
        let [forward, strike, expiry_years, rate, sigma, cp] = row;
        let undiscounted = Vanilla::new([forward, strike, expiry_years, 0.0, 0.0, sigma, cp])?.price();
        Some(Black76Price {
            price: (-rate * expiry_years).exp() * undiscounted,
            price_coin: undiscounted / forward,
        })
    }
}

state! {
    pub struct ImpliedVol {
        tolerance: f64,
    }
}

impl Kernel for ImpliedVol {
    const INFO: &'static FormulaInfo = &rows::IMPLIED_VOL;
    type Input<'a> = [f64; 7];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { tolerance: params.float("tol") })
    }

    fn step(&mut self, row: [f64; 7]) -> Option<f64> {
        let [spot, strike, expiry_years, rate, dividend, price, cp] = row;
        let option = Vanilla::new([spot, strike, expiry_years, rate, dividend, 0.0, cp])?;
        let beyond = price - option.intrinsic();
        let missing = if cp > 0.0 { option.asset } else { option.cash } - price;
        if expiry_years == 0.0 || beyond < 0.0 || missing <= 0.0 {
            return None;
        }
        if beyond == 0.0 {
            return Some(0.0);
        }
        let unit = option.unit();
        let distance = option.moneyness.abs();
        let deviation = deviation_of(distance, beyond / unit, missing / unit, self.tolerance);
        Some(deviation / option.root_years)
    }
}

outputs! { Parity { residual, forward, arb } }

state! {
    pub struct PutCallParity {
        fees: f64,
    }
}

impl Kernel for PutCallParity {
    const INFO: &'static FormulaInfo = &rows::PUT_CALL_PARITY;
    type Input<'a> = [f64; 10];
    type Output<'s> = Parity;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { fees: params.float("fees") })
    }

    #[inline]
    fn step(&mut self, row: [f64; 10]) -> Option<Parity> {
        let [call_bid, call_ask, put_bid, put_ask, spot_bid, spot_ask, strike, expiry_years, rate, dividend] =
            row;
        let is_quote = |bid: f64, ask: f64| 0.0 <= bid && bid <= ask;
        let quoted =
            is_quote(call_bid, call_ask) && is_quote(put_bid, put_ask) && is_quote(spot_bid, spot_ask);
        if !quoted || strike <= 0.0 || expiry_years < 0.0 {
            return None;
        }
        let (carry, discount) = ((-dividend * expiry_years).exp(), (-rate * expiry_years).exp());
        let cash = strike * discount;
        let synthetic = 0.5 * ((call_bid - put_ask) + (call_ask - put_bid));
        let sold = call_bid - put_ask > spot_ask * carry - cash + self.fees;
        let bought = call_ask - put_bid < spot_bid * carry - cash - self.fees;
        Some(Parity {
            residual: synthetic - (0.5 * (spot_bid + spot_ask) * carry - cash),
            forward: strike + synthetic / discount,
            arb: f64::from(i8::from(sold) - i8::from(bought)),
        })
    }
}
