//! What goes out of the engine. Only the engine's risk check makes an order out of a strategy's wish.

use crate::{ClientId, InstrumentId, OrderType, Px, Qty, Side, TimeInForce};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    Place(Place),
    Amend(Amend),
    Cancel(Cancel),
    CancelAll(CancelAll),
    Resync(Resync),
    SetTimer(SetTimer),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub client: ClientId,
    pub instrument: InstrumentId,
    pub side: Side,
    pub order_type: OrderType,
    pub tif: TimeInForce,
    pub reduce_only: bool,
    /// For a market order the worst price that risk assumed; not sent.
    pub px: Px,
    pub qty: Qty,
}

/// New total size and price of a working order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amend {
    pub client: ClientId,
    pub instrument: InstrumentId,
    /// The order's side: some venues want it repeated.
    pub side: Side,
    pub px: Px,
    pub qty: Qty,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cancel {
    pub client: ClientId,
    pub instrument: InstrumentId,
}

/// Cancel every order of ours in one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CancelAll {
    pub instrument: InstrumentId,
}

/// Ask the venue for the instrument's book anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resync {
    pub instrument: InstrumentId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetTimer {
    /// 1 or more; 0 is the engine's own.
    pub timer: u32,
    /// When it fires, ns since the Unix epoch.
    pub at_ns: i64,
}
