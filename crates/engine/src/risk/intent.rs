//! What a strategy wishes, before risk has looked at it. Floats become ticks and lots here, exactly or not at all.

use super::code::{Code, Denied};
use nanotick_model::{
    ClientId, Grid, GridError, Instrument, InstrumentId, OrderType, Px, Qty, Side, TimeInForce,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderIntent {
    pub instrument: InstrumentId,
    pub side: Side,
    pub order_type: OrderType,
    pub tif: TimeInForce,
    pub reduce_only: bool,
    /// Not looked at for a market order.
    pub px: Px,
    pub qty: Qty,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AmendIntent {
    pub client: ClientId,
    pub px: Px,
    /// New total size.
    pub qty: Qty,
}

impl OrderIntent {
    /// A limit order that rests until it is filled or cancelled.
    pub fn limit(instrument: InstrumentId, side: Side, px: Px, qty: Qty) -> OrderIntent {
        let (order_type, tif) = (OrderType::Limit, TimeInForce::Gtc);
        OrderIntent { instrument, side, order_type, tif, reduce_only: false, px, qty }
    }

    /// A limit order from a price and size in coins.
    pub fn limit_f64(instrument: &Instrument, side: Side, px: f64, qty: f64) -> Result<OrderIntent, Denied> {
        Ok(OrderIntent::limit(
            instrument.id,
            side,
            ticks_from_f64(instrument, px)?,
            lots_from_f64(instrument, qty)?,
        ))
    }

    /// An order that takes what it gets at once.
    pub fn market(instrument: InstrumentId, side: Side, qty: Qty) -> OrderIntent {
        let (order_type, tif) = (OrderType::Market, TimeInForce::Ioc);
        OrderIntent { instrument, side, order_type, tif, reduce_only: false, px: Px(0), qty }
    }

    /// A market order from a size in coins.
    pub fn market_f64(instrument: &Instrument, side: Side, qty: f64) -> Result<OrderIntent, Denied> {
        Ok(OrderIntent::market(instrument.id, side, lots_from_f64(instrument, qty)?))
    }
}

impl AmendIntent {
    /// An amend from a price and a total size in coins.
    pub fn from_f64(
        instrument: &Instrument,
        client: ClientId,
        px: f64,
        qty: f64,
    ) -> Result<AmendIntent, Denied> {
        Ok(AmendIntent { client, px: ticks_from_f64(instrument, px)?, qty: lots_from_f64(instrument, qty)? })
    }
}

pub fn ticks_from_f64(instrument: &Instrument, px: f64) -> Result<Px, Denied> {
    steps_from_f64(&instrument.tick, px, Code::OffTick).map(Px)
}

pub fn lots_from_f64(instrument: &Instrument, qty: f64) -> Result<Qty, Denied> {
    steps_from_f64(&instrument.lot, qty, Code::OffLot).map(Qty)
}

fn steps_from_f64(grid: &Grid, value: f64, off_grid: Code) -> Result<i64, Denied> {
    grid.steps_from_f64(value).map_err(|error| match error {
        // A cast of a float stops at the ends of `i64`.
        GridError::OffGrid => Denied::new(off_grid, 0, (value / grid.step()).floor() as i64),
        GridError::OutOfRange | GridError::Malformed => Denied::new(Code::NotFinite, 0, 0),
    })
}
