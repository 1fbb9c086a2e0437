//! Linear and inverse contracts: profit and loss, and where a position is liquidated.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

outputs! { ContractPnl { pnl_linear, pnl_inverse_coin, pnl_inverse_usd } }

state! {
    pub struct InversePnl {
        contract: f64,
        /// Contracts bought less those sold.
        position: Sum,
        /// What they cost: the sums of signed size times price and over price.
        linear_cost: Sum,
        inverse_cost: Sum,
    }
}

impl Kernel for InversePnl {
    const INFO: &'static FormulaInfo = &rows::INVERSE_PNL;
    type Input<'a> = (Option<[f64; 3]>, f64);
    type Output<'s> = ContractPnl;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            contract: params.float("contract"),
            position: Sum::default(),
            linear_cost: Sum::default(),
            inverse_cost: Sum::default(),
        })
    }

    #[inline]
    fn step(&mut self, (fill, price): (Option<[f64; 3]>, f64)) -> Option<ContractPnl> {
        if price <= 0.0 {
            return None;
        }
        if let Some([fill_price, fill_size, fill_side]) = fill {
            if fill_price <= 0.0 || fill_size < 0.0 || fill_side.abs() != 1.0 {
                return None;
            }
            let signed = fill_side * fill_size;
            self.position.add(signed);
            self.linear_cost.add(signed * fill_price);
            self.inverse_cost.add(signed / fill_price);
        }
        let position = self.position.value();
        let pnl_inverse_coin = self.contract * (self.inverse_cost.value() - position / price);
        Some(ContractPnl {
            pnl_linear: self.contract * (position * price - self.linear_cost.value()),
            pnl_inverse_coin,
            pnl_inverse_usd: pnl_inverse_coin * price,
        })
    }
}

outputs! { Liquidation { liq_linear, bankrupt_linear, liq_inverse } }

/// Prices as multiples of the entry.
type Multiples = [f64; 3];

state! {
    pub struct LiquidationPrice {
        long: Multiples,
        short: Multiples,
    }
}

impl Kernel for LiquidationPrice {
    const INFO: &'static FormulaInfo = &rows::LIQUIDATION_PRICE;
    type Input<'a> = [f64; 2];
    type Output<'s> = Liquidation;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let margin = 1.0 / params.float("leverage");
        let maintenance = params.float("mmr") + params.float("fee");
        if maintenance >= 1.0 {
            return Err(params.refuse("mmr", "together with the fee below 1"));
        }
        let multiples = |side: f64| {
            let bankrupt = 1.0 - side * margin;
            let inverse = (1.0 + side * maintenance) / (1.0 + side * margin);
            [bankrupt / (1.0 - side * maintenance), bankrupt, inverse]
        };
        Ok(Self { long: multiples(1.0), short: multiples(-1.0) })
    }

    #[inline]
    fn step(&mut self, [entry_price, side]: [f64; 2]) -> Option<Liquidation> {
        if entry_price <= 0.0 || side.abs() != 1.0 {
            return None;
        }
        let [liq_linear, bankrupt_linear, liq_inverse] = if side > 0.0 { self.long } else { self.short };
        Some(Liquidation {
            liq_linear: entry_price * liq_linear,
            bankrupt_linear: entry_price * bankrupt_linear,
            liq_inverse: entry_price * liq_inverse,
        })
    }
}
