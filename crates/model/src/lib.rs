//! The vocabulary of nanotick: instruments, prices and sizes as whole ticks and lots, events, commands, records.
//!
//! Every other room speaks these words. Nothing here does I/O, reads a clock or imports another room.

mod command;
mod event;
mod grid;
mod id;
mod instrument;
mod num;
pub mod record;
mod text;

pub use command::{Amend, Cancel, CancelAll, Command, Place, Resync, SetTimer};
pub use event::{
    Balance, Body, BookUpdate, Connection, Event, Fill, Level, LinkState, Operator, OrderStatus, OrderUpdate,
    Position, Quote, Reject, Socket, Timer, Trade,
};
pub use grid::{Grid, GridError};
pub use id::{ClientId, InstrumentId, CLIENT_ID_MAX_LEN};
pub use instrument::{ContractKind, Instrument, Venue};
pub use num::{Cash, Px, Qty, Rate, CASH_DECIMALS, RATE_DECIMALS};
pub use text::Text;

/// Which way an order or a trade goes. For a trade it is the taker's side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Side {
    Buy = 1,
    Sell = 2,
}

impl Side {
    /// `+1` for a buy, `-1` for a sell: the sign of the position that it makes.
    #[inline(always)]
    pub const fn sign(self) -> i64 {
        match self {
            Side::Buy => 1,
            Side::Sell => -1,
        }
    }
    #[inline(always)]
    pub const fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }
    #[inline(always)]
    pub const fn from_u8(value: u8) -> Option<Side> {
        match value {
            1 => Some(Side::Buy),
            2 => Some(Side::Sell),
            _ => None,
        }
    }
}

/// How an order prices itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum OrderType {
    Limit = 1,
    Market = 2,
}

impl OrderType {
    pub const fn from_u8(value: u8) -> Option<OrderType> {
        match value {
            1 => Some(OrderType::Limit),
            2 => Some(OrderType::Market),
            _ => None,
        }
    }
}

/// How long an order lives, and whether it may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum TimeInForce {
    /// Rests until filled or cancelled.
    Gtc = 1,
    /// Fills what it can at once, the rest is cancelled.
    Ioc = 2,
    /// Fills wholly at once or not at all.
    Fok = 3,
    /// Rests, or is cancelled if it would take.
    PostOnly = 4,
}

impl TimeInForce {
    pub const fn from_u8(value: u8) -> Option<TimeInForce> {
        match value {
            1 => Some(TimeInForce::Gtc),
            2 => Some(TimeInForce::Ioc),
            3 => Some(TimeInForce::Fok),
            4 => Some(TimeInForce::PostOnly),
            _ => None,
        }
    }
}
