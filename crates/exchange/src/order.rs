//! Orders, fills and refusals: what a client asks for and what becomes of it.

use nanotick_model::{Cash, InstrumentId, OrderType, Px, Qty, Side, Text, TimeInForce};

/// The exchange's own number for an order: 1 and up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderId(pub u64);

/// A request for an order. `px` is not looked at for a market order.
#[derive(Clone, Copy, Debug)]
pub struct NewOrder {
    pub instrument: InstrumentId,
    /// The client's id; empty if it gave none.
    pub client: Text<40>,
    pub side: Side,
    pub order_type: OrderType,
    pub tif: TimeInForce,
    pub px: Px,
    pub qty: Qty,
    pub reduce_only: bool,
}

/// How a client names an order of its own.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    Id(OrderId),
    Client(Text<40>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    New,
    PartiallyFilled,
    Filled,
    Cancelled,
}

/// Why an order ended before it was filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Requested,
    PostOnlyWouldTake,
    /// Immediate-or-cancel, fill-or-kill and market: nothing (more) to take.
    NoLiquidity,
    /// Nothing (more) to reduce.
    NothingToReduce,
    /// An order of the same account would have taken it.
    SelfMatch,
    /// Amended to no more than what is filled.
    AmendedAway,
}

#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub id: OrderId,
    pub instrument: InstrumentId,
    pub client: Text<40>,
    pub side: Side,
    pub order_type: OrderType,
    pub tif: TimeInForce,
    pub px: Px,
    pub qty: Qty,
    pub reduce_only: bool,
    pub status: Status,
    /// Set when the status is [`Status::Cancelled`].
    pub end: Option<End>,
    pub filled: Qty,
    /// Sum of price × size of its fills.
    pub filled_value: Cash,
    pub fees: Cash,
    pub created_ns: i64,
    pub updated_ns: i64,
}

impl Order {
    /// What is still open; zero once it has ended.
    pub fn leaves(&self) -> Qty {
        if self.is_open() {
            self.qty - self.filled
        } else {
            Qty(0)
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self.status, Status::New | Status::PartiallyFilled)
    }
}

/// By what rule of the simulation a fill came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FillReason {
    /// It took displayed size.
    Taker,
    /// A trade at its price reached its place in the queue.
    QueueReached,
    /// A trade went through its price.
    TradedThrough,
    /// The other side of the book came to its price or past it.
    BookCrossed,
}

#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// 1 and up, over all instruments.
    pub exec: u64,
    pub order: OrderId,
    pub instrument: InstrumentId,
    pub client: Text<40>,
    pub side: Side,
    pub px: Px,
    pub qty: Qty,
    pub value: Cash,
    pub fee: Cash,
    /// What it realised against the position's entry, before fees.
    pub realized: Cash,
    /// How much of it closed a position.
    pub closed: Qty,
    /// Open size of its order after it.
    pub leaves: Qty,
    pub reason: FillReason,
    pub time_ns: i64,
}

impl Fill {
    pub fn is_maker(&self) -> bool {
        self.reason != FillReason::Taker
    }
}

/// Why a request was refused. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    UnknownInstrument,
    /// Never existed here, or has left the ledger.
    UnknownOrder,
    AlreadyFilled,
    AlreadyCancelled,
    DuplicateClientId,
    QtyTooSmall,
    QtyTooLarge,
    PxOutOfRange,
    NotionalTooSmall,
    InsufficientBalance,
    NothingToReduce,
    TooManyOrders,
    PostOnlyWouldTake,
    CannotFillWhole,
    NotModified,
    /// An amend to no more than what is filled.
    BelowFilled,
    /// A market order cannot be amended, and there is nothing to take.
    NoLiquidity,
}
