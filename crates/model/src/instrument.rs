//! What an instrument is: its grids, limits and fees, as the venue publishes them.

use crate::{Cash, Grid, InstrumentId, Px, Qty, Rate, Text, CASH_DECIMALS};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Venue {
    Bybit = 1,
    Binance = 2,
}

impl Venue {
    pub const fn name(self) -> &'static str {
        match self {
            Venue::Bybit => "bybit",
            Venue::Binance => "binance",
        }
    }
}

/// How value follows from price and size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum ContractKind {
    /// Settled in the quote coin: value = price × size.
    Linear = 1,
    /// Settled in the base coin: value = size / price. Books only; the engine does not trade it yet.
    Inverse = 2,
    Spot = 3,
}

/// One tradable instrument. Limits are in ticks and lots, rates as the venue charges them.
#[derive(Clone, Debug)]
pub struct Instrument {
    pub id: InstrumentId,
    pub venue: Venue,
    pub kind: ContractKind,
    pub symbol: Text<24>,
    /// The price grid: one tick.
    pub tick: Grid,
    /// The size grid: one lot.
    pub lot: Grid,
    pub min_px: Px,
    pub max_px: Px,
    pub min_qty: Qty,
    pub max_qty: Qty,
    /// Zero if the venue sets none.
    pub min_notional: Cash,
    pub maker_fee: Rate,
    pub taker_fee: Rate,
}

impl Instrument {
    /// Value of one lot at a price of one tick, in units of [`Cash`]. `None` if that is not a whole number of units.
    pub fn notional_unit(&self) -> Option<i128> {
        let (tick, tick_decimals) = self.tick.parts();
        let (lot, lot_decimals) = self.lot.parts();
        let decimals = tick_decimals + lot_decimals;
        if decimals > CASH_DECIMALS {
            return None;
        }
        Some(tick as i128 * lot as i128 * 10i128.pow(CASH_DECIMALS - decimals))
    }

    /// Price × size, exactly. For linear and spot instruments with a [`Instrument::notional_unit`].
    #[inline]
    pub fn notional(&self, px: Px, qty: Qty) -> Option<Cash> {
        Some(Cash(px.0 as i128 * qty.0 as i128 * self.notional_unit()?))
    }
}
