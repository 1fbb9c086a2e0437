//! What comes into the engine. An event owns nothing: levels are borrowed from the decoder's scratch memory.

use crate::{ClientId, InstrumentId, OrderType, Px, Qty, Side, Text, TimeInForce};
use bytemuck::{Pod, Zeroable};

/// One event with its times. `seq` is given by the engine when it takes the event in.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// When the venue says it happened, ns since the Unix epoch; 0 if the message carries no time.
    pub venue_ns: i64,
    /// When its first byte had been received, ns since the Unix epoch by our monotonic-anchored clock.
    pub recv_ns: i64,
    pub instrument: InstrumentId,
    pub body: Body<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    Book(BookUpdate<'a>),
    Trade(Trade),
    Quote(Quote),
    OrderUpdate(OrderUpdate),
    Fill(Fill),
    Balance(Balance),
    Position(Position),
    Connection(Connection),
    Timer(Timer),
    Operator(Operator),
}

/// One price level: whole ticks and whole lots. A size of zero in a delta removes the level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Level {
    pub px: Px,
    pub qty: Qty,
}

/// A snapshot (replaces the book) or a delta (absolute sizes of changed levels), already in sequence.
#[derive(Clone, Copy, Debug)]
pub struct BookUpdate<'a> {
    pub is_snapshot: bool,
    /// The venue's id of the book after this update.
    pub update_id: u64,
    pub bids: &'a [Level],
    pub asks: &'a [Level],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trade {
    pub px: Px,
    pub qty: Qty,
    /// The taker's side.
    pub side: Side,
    /// The venue's number for it; 0 if it has none that is a number.
    pub trade_id: u64,
}

/// Best bid and ask as the venue quotes them, beside the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quote {
    pub bid: Level,
    pub ask: Level,
    pub update_id: u64,
}

/// What a venue says of an order's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum OrderStatus {
    /// The venue has taken the request in (Bybit's acknowledgement): not yet that it rests.
    Acked = 1,
    New = 2,
    PartiallyFilled = 3,
    Filled = 4,
    Cancelled = 5,
    Rejected = 6,
    Expired = 7,
    /// A cancel was refused; the order is as it was, or unknown to the venue (see the reason).
    CancelRejected = 8,
    /// An amend was refused; the order is as it was.
    AmendRejected = 9,
    /// The outcome of the request is not known (timeout, 5xx, lost connection).
    Unknown = 10,
}

impl OrderStatus {
    pub const fn from_u8(value: u8) -> Option<OrderStatus> {
        use OrderStatus::*;
        Some(match value {
            1 => Acked,
            2 => New,
            3 => PartiallyFilled,
            4 => Filled,
            5 => Cancelled,
            6 => Rejected,
            7 => Expired,
            8 => CancelRejected,
            9 => AmendRejected,
            10 => Unknown,
            _ => return None,
        })
    }
}

/// Why the venue refused or ended an order, in our words; the venue's own code and text go beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Reject {
    None = 0,
    /// The venue does not know the order (or it is already done): not a proof that it never lived.
    UnknownOrder = 1,
    PostOnlyWouldTake = 2,
    NoImmediateFill = 3,
    InsufficientBalance = 4,
    ReduceOnly = 5,
    RateLimited = 6,
    BadParameter = 7,
    Filter = 8,
    DuplicateId = 9,
    Timestamp = 10,
    Auth = 11,
    Venue = 12,
}

impl Reject {
    pub const fn from_u8(value: u8) -> Option<Reject> {
        use Reject::*;
        Some(match value {
            0 => None,
            1 => UnknownOrder,
            2 => PostOnlyWouldTake,
            3 => NoImmediateFill,
            4 => InsufficientBalance,
            5 => ReduceOnly,
            6 => RateLimited,
            7 => BadParameter,
            8 => Filter,
            9 => DuplicateId,
            10 => Timestamp,
            11 => Auth,
            12 => Venue,
            _ => return Option::None,
        })
    }
}

/// A change in an order's life. Zeros where the message did not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderUpdate {
    /// [`ClientId::NONE`] if the order is not ours; then `venue_order` names it.
    pub client: ClientId,
    pub venue_order: Text<40>,
    pub status: OrderStatus,
    pub reject: Reject,
    /// The venue's own code (retCode, error code), 0 if none.
    pub venue_code: i32,
    pub side: Option<Side>,
    pub order_type: Option<OrderType>,
    pub tif: Option<TimeInForce>,
    pub px: Px,
    /// Total size of the order.
    pub qty: Qty,
    /// What is still open at the venue.
    pub leaves: Qty,
    /// What has been filled so far.
    pub cum: Qty,
}

/// One execution. A fill is a fact: a new `exec_id` always applies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    pub client: ClientId,
    pub venue_order: Text<40>,
    /// Unique within (venue, instrument): the key for dropping duplicates.
    pub exec_id: Text<40>,
    pub side: Side,
    pub px: Px,
    pub qty: Qty,
    /// What was paid (negative: a rebate), in units of 10^-12 of the settlement coin.
    pub fee: i64,
    pub is_maker: bool,
}

/// The account's balance of one coin, as the venue reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Balance {
    pub coin: Text<8>,
    /// Wallet balance in units of 10^-12.
    pub wallet: i128,
}

/// The account's position in the event's instrument, as the venue reports it. Signed lots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub qty: Qty,
}

/// Which of a venue's connections an event speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Socket {
    /// Market data.
    Public = 1,
    /// Orders, fills, balances.
    Private = 2,
    /// Order entry.
    Trade = 3,
    /// Requests off the hot path.
    Rest = 4,
}

impl Socket {
    pub const fn from_u8(value: u8) -> Option<Socket> {
        match value {
            1 => Some(Socket::Public),
            2 => Some(Socket::Private),
            3 => Some(Socket::Trade),
            4 => Some(Socket::Rest),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum LinkState {
    Up = 1,
    Down = 2,
    /// Connected, but the data is older than allowed.
    Stale = 3,
    /// The instrument's book has a gap, is crossed or was reset: invalid until the next snapshot.
    Gap = 4,
    /// The instrument's book is whole again.
    Synced = 5,
    /// Start-up or reconnect reconciliation is done: orders may be sent.
    Reconciled = 6,
}

impl LinkState {
    pub const fn from_u8(value: u8) -> Option<LinkState> {
        match value {
            1 => Some(LinkState::Up),
            2 => Some(LinkState::Down),
            3 => Some(LinkState::Stale),
            4 => Some(LinkState::Gap),
            5 => Some(LinkState::Synced),
            6 => Some(LinkState::Reconciled),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connection {
    pub socket: Socket,
    pub state: LinkState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timer {
    /// The number that `SetTimer` was given; 0 is the engine's own clock tick.
    pub timer: u32,
}

/// What a person (or a watchdog acting for one) asks of a running session.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Operator {
    /// Stop for good: cancel everything, send nothing but cancels.
    Kill,
    /// Nothing that adds to a position.
    ReduceOnly,
    Resume,
    /// The session ends: cancel everything, call `on_stop`.
    Stop,
    SetParam {
        index: u16,
        value: f64,
    },
}
