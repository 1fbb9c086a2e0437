//! Why an order was refused: a stable number and name, the limit, and the value that broke it.

use std::fmt;

/// What `limit` and `value` of a refusal are counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Nothing,
    Ticks,
    Lots,
    /// Millionths of the settlement coin.
    MicroCoins,
    Ns,
    Orders,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal, $unit:ident;)*) => {
        /// The reasons, in the order in which they are checked. Numbers and names never change their meaning.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Code { $($(#[$doc])* $name = $number),* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            pub const fn name(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }
            pub const fn unit(self) -> Unit {
                match self { $(Code::$name => Unit::$unit),* }
            }
        }
    };
}

codes! {
    /// A float was NaN or infinite, or beyond 2^53 steps.
    NotFinite = 1, "NOT_FINITE", Nothing;
    /// A price that is not a whole number of ticks. `value` is the tick below.
    OffTick = 2, "OFF_TICK", Ticks;
    /// A size that is not a whole number of lots. `value` is the lot below.
    OffLot = 3, "OFF_LOT", Lots;
    Halted = 10, "HALTED", Nothing;
    NotReconciled = 11, "NOT_RECONCILED", Nothing;
    UnknownInstrument = 12, "UNKNOWN_INSTRUMENT", Nothing;
    /// An amend of an order that is not in the table.
    UnknownOrder = 13, "UNKNOWN_ORDER", Nothing;
    /// An amend of an order that is not working: a request is under way, its fate is open, or it has ended.
    OrderBusy = 14, "ORDER_BUSY", Nothing;
    /// A client id that is not above the last one.
    ReusedId = 15, "REUSED_ID", Nothing;
    /// A side is empty, or the book has a gap.
    BookInvalid = 20, "BOOK_INVALID", Nothing;
    BookCrossed = 21, "BOOK_CROSSED", Ticks;
    BookStale = 22, "BOOK_STALE", Ns;
    /// A market order that should rest.
    BadOrder = 30, "BAD_ORDER", Nothing;
    /// A price outside the venue's range.
    OutOfRange = 31, "OUT_OF_RANGE", Ticks;
    MinQty = 32, "MIN_QTY", Lots;
    MaxQty = 33, "MAX_QTY", Lots;
    MinNotional = 34, "MIN_NOTIONAL", MicroCoins;
    MaxNotional = 35, "MAX_NOTIONAL", MicroCoins;
    /// Too far from the middle of the book.
    PriceCollar = 40, "PRICE_COLLAR", Ticks;
    /// The same order again within the window.
    Duplicate = 41, "DUPLICATE", Ns;
    /// It would trade with an order of our own.
    SelfCross = 42, "SELF_CROSS", Ticks;
    /// It would add to the position while only reducing is allowed.
    ReduceOnly = 50, "REDUCE_ONLY", Lots;
    MaxPosition = 51, "MAX_POSITION", Lots;
    MaxOpenOrders = 52, "MAX_OPEN_ORDERS", Orders;
    RateLimit = 53, "RATE_LIMIT", Ns;
}

impl Code {
    pub fn from_u16(value: u16) -> Option<Code> {
        Self::ALL.iter().copied().find(|&code| code as u16 == value)
    }

    /// Refused because of how things stand, not because of what the strategy asked for.
    pub const fn is_circumstance(self) -> bool {
        matches!(
            self,
            Code::Halted
                | Code::NotReconciled
                | Code::BookInvalid
                | Code::BookCrossed
                | Code::BookStale
                | Code::ReduceOnly
        )
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denied {
    pub code: Code,
    /// In [`Code::unit`]s.
    pub limit: i64,
    pub value: i64,
}

impl Denied {
    pub(super) const fn new(code: Code, limit: i64, value: i64) -> Denied {
        Denied { code, limit, value }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.code.unit() {
            Unit::Nothing => return f.write_str(self.code.name()),
            Unit::Ticks => "ticks",
            Unit::Lots => "lots",
            Unit::MicroCoins => "millionths of a coin",
            Unit::Ns => "ns",
            Unit::Orders => "orders",
        };
        write!(f, "{}: {} against a limit of {} {unit}", self.code.name(), self.value, self.limit)
    }
}

impl std::error::Error for Denied {}
