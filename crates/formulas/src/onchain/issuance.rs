//! New coins and what they earn the miners: the schedule of supply, and issuance against its past.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Sum, WindowSum};
use crate::persist::state;
use crate::rows;

const BLOCKS_AN_ERA: u64 = 210_000;
const FIRST_SUBSIDY_SAT: u64 = 5_000_000_000;
const BLOCKS_A_YEAR: f64 = 52_560.0;

/// From this era on the subsidy is less than a satoshi: 50e8 < 2^33.
const LAST_ERA: usize = 33;

/// What all blocks before each era have issued.
const ISSUED_BEFORE: [u64; LAST_ERA + 1] = {
    let mut issued = [0; LAST_ERA + 1];
    let mut era = 0;
    while era < LAST_ERA {
        issued[era + 1] = issued[era] + BLOCKS_AN_ERA * (FIRST_SUBSIDY_SAT >> era);
        era += 1;
    }
    issued
};

outputs! { SubsidyPoint { subsidy_sat, supply_sat, inflation } }

state! {
    pub struct BlockSubsidy {}
}

impl Kernel for BlockSubsidy {
    const INFO: &'static FormulaInfo = &rows::BLOCK_SUBSIDY;
    type Input<'a> = f64;
    type Output<'s> = SubsidyPoint;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, height: f64) -> Option<SubsidyPoint> {
        if height < 0.0 || height.fract() != 0.0 {
            return None;
        }
        let height = height as u64;
        let era = (height / BLOCKS_AN_ERA).min(LAST_ERA as u64);
        let subsidy = FIRST_SUBSIDY_SAT >> era;
        let within = if subsidy > 0 { height - BLOCKS_AN_ERA * era + 1 } else { 0 };
        // All below 2^53: exact as floats.
        let (subsidy_sat, supply_sat) =
            (subsidy as f64, (ISSUED_BEFORE[era as usize] + within * subsidy) as f64);
        Some(SubsidyPoint { subsidy_sat, supply_sat, inflation: subsidy_sat * BLOCKS_A_YEAR / supply_sat })
    }
}

outputs! { StockToFlowPoint { s2f, model_price, log_dev } }

state! {
    pub struct StockToFlow {
        issuance: WindowSum,
        years: f64,
        a: f64,
        b: f64,
    }
}

impl Kernel for StockToFlow {
    const INFO: &'static FormulaInfo = &rows::STOCK_TO_FLOW;
    type Input<'a> = [f64; 3];
    type Output<'s> = StockToFlowPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            issuance: WindowSum::new(period),
            years: period as f64 / 365.0,
            a: params.float("a"),
            b: params.float("b"),
        })
    }

    #[inline]
    fn step(&mut self, [supply, issuance, price]: [f64; 3]) -> Option<StockToFlowPoint> {
        if supply <= 0.0 || issuance < 0.0 || price <= 0.0 {
            return None;
        }
        let flow = self.issuance.push(issuance)?;
        if flow <= 0.0 {
            return None;
        }
        let s2f = supply * self.years / flow;
        let ln_model = self.a + self.b * s2f.ln();
        Some(StockToFlowPoint { s2f, model_price: ln_model.exp(), log_dev: price.ln() - ln_model })
    }
}

state! {
    pub struct Puell {
        issuance: WindowSum,
    }
}

impl Kernel for Puell {
    const INFO: &'static FormulaInfo = &rows::PUELL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { issuance: WindowSum::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, issuance: f64) -> Option<f64> {
        if issuance < 0.0 {
            return None;
        }
        let sum = self.issuance.push(issuance)?;
        (sum > 0.0).then(|| issuance * self.issuance.len() as f64 / sum)
    }
}

outputs! { ThermocapPoint { thermocap, multiple } }

state! {
    pub struct Thermocap {
        paid: Sum,
        fees_share: f64,
    }
}

impl Kernel for Thermocap {
    const INFO: &'static FormulaInfo = &rows::THERMOCAP;
    type Input<'a> = [f64; 3];
    type Output<'s> = ThermocapPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { paid: Sum::default(), fees_share: f64::from(params.flag("include_fees")) })
    }

    #[inline]
    fn step(&mut self, [issuance, fees, market_cap]: [f64; 3]) -> Option<ThermocapPoint> {
        if issuance < 0.0 || fees < 0.0 || market_cap < 0.0 {
            return None;
        }
        self.paid.add(issuance + self.fees_share * fees);
        let thermocap = self.paid.value();
        let multiple = if thermocap > 0.0 { market_cap / thermocap } else { f64::NAN };
        Some(ThermocapPoint { thermocap, multiple })
    }
}

const BLOCKS_A_DAY: f64 = 144.0;
const HASHES_A_PETAHASH: f64 = 1e15;

outputs! { HashpricePoint { hashprice_usd, hashprice_btc, fee_share } }

state! {
    pub struct Hashprice {
        subsidies: WindowSum,
        fees: WindowSum,
    }
}

impl Kernel for Hashprice {
    const INFO: &'static FormulaInfo = &rows::HASHPRICE;
    type Input<'a> = [f64; 4];
    type Output<'s> = HashpricePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self { subsidies: WindowSum::new(window), fees: WindowSum::new(window) })
    }

    #[inline]
    fn step(&mut self, [subsidy, fees, hashrate, price]: [f64; 4]) -> Option<HashpricePoint> {
        if subsidy < 0.0 || fees < 0.0 || hashrate <= 0.0 || price < 0.0 {
            return None;
        }
        let (subsidies, fees) = (self.subsidies.push(subsidy), self.fees.push(fees));
        let (subsidies, fees) = (subsidies?, fees?);
        let revenue = subsidies + fees;
        let a_day = BLOCKS_A_DAY * revenue / self.fees.len() as f64;
        let hashprice_btc = a_day * HASHES_A_PETAHASH / hashrate;
        let fee_share = if revenue > 0.0 { fees / revenue } else { f64::NAN };
        Some(HashpricePoint { hashprice_usd: hashprice_btc * price, hashprice_btc, fee_share })
    }
}
