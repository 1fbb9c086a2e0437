//! One order as we know it: what we asked, what the venue said, what has traded, and how much of it may still trade.

use super::machine::State;
use super::timer::Timer;
use crate::hash::StateHash;
use nanotick_model::{ClientId, InstrumentId, OrderType, Place, Px, Qty, Reject, Side, Text, TimeInForce};

/// A price and size asked for and not yet answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingAmend {
    pub px: Px,
    pub qty: Qty,
    pub sent_ns: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    pub client: ClientId,
    pub instrument: InstrumentId,
    pub side: Side,
    pub order_type: OrderType,
    pub tif: TimeInForce,
    pub reduce_only: bool,
    pub state: State,
    pub px: Px,
    /// Total size.
    pub qty: Qty,
    /// Sum of the executions that reached us.
    pub filled: Qty,
    /// The most that the venue ever reported as filled.
    pub cum: Qty,
    /// Sum of price × size of the executions, in ticks × lots.
    pub filled_notional: i128,
    pub amend: Option<PendingAmend>,
    pub venue_order: Text<40>,
    pub reject: Reject,
    pub venue_code: i32,
    /// The venue has spoken of it, so absence cannot be concluded from silence.
    pub seen: bool,
    /// It traded more than its size.
    pub overfilled: bool,
    pub created_ns: i64,
    /// The venue's time of its latest report.
    pub venue_ns: i64,
    pub(super) timer: Timer,
}

impl Order {
    pub(super) fn new(place: &Place, now_ns: i64) -> Order {
        Order {
            client: place.client,
            instrument: place.instrument,
            side: place.side,
            order_type: place.order_type,
            tif: place.tif,
            reduce_only: place.reduce_only,
            state: State::New,
            px: place.px,
            qty: place.qty,
            filled: Qty(0),
            cum: Qty(0),
            filled_notional: 0,
            amend: None,
            venue_order: Text::EMPTY,
            reject: Reject::None,
            venue_code: 0,
            seen: false,
            overfilled: false,
            created_ns: now_ns,
            venue_ns: 0,
            timer: Timer::OFF,
        }
    }

    /// The size that it may have in total: the larger of both while an amend is not answered.
    #[inline]
    pub fn largest_qty(&self) -> Qty {
        self.amend.map_or(self.qty, |amend| amend.qty.max(self.qty))
    }

    /// What may still trade, or has traded at the venue without its executions having reached us.
    #[inline]
    pub fn exposure(&self) -> Qty {
        let open = if self.state.is_live() { self.largest_qty() - self.filled } else { Qty(0) };
        open.max(self.owed())
    }

    /// Executions that the venue's reports announce and that have not reached us.
    #[inline]
    pub fn owed(&self) -> Qty {
        (self.cum - self.filled).max(Qty(0))
    }

    /// The price nearest to trading that it may have.
    #[inline]
    pub fn aggressive_px(&self) -> Px {
        match (self.amend, self.side) {
            (None, _) => self.px,
            (Some(amend), Side::Buy) => amend.px.max(self.px),
            (Some(amend), Side::Sell) => amend.px.min(self.px),
        }
    }

    /// Average price of what traded, in ticks. For display.
    pub fn average_px(&self) -> Option<f64> {
        (self.filled.0 > 0).then(|| self.filled_notional as f64 / self.filled.0 as f64)
    }

    /// Where a working order is, by its amounts and by what is known.
    pub(super) fn resting(&self) -> State {
        if !self.seen {
            State::Unknown
        } else if self.amend.is_some() {
            State::AmendUnknown
        } else if self.filled >= self.qty {
            State::Filled
        } else if self.filled.max(self.cum).0 > 0 {
            State::Partial
        } else {
            State::Open
        }
    }

    /// The amend is off the table. If more traded than the old size, the venue had taken it.
    pub(super) fn drop_amend(&mut self) {
        if let Some(amend) = self.amend.take() {
            if self.filled > self.qty {
                (self.px, self.qty) = (amend.px, amend.qty);
            }
        }
    }

    pub(super) fn hash(&self) -> u64 {
        let amend = self.amend.map_or([0; 3], |a| [1, a.px.0 as u64, a.qty.0 as u64]);
        let words = [
            self.client.0,
            self.instrument.0 as u64,
            self.side as u64,
            self.state as u64,
            self.px.0 as u64,
            self.qty.0 as u64,
            self.filled.0 as u64,
            self.cum.0 as u64,
            self.overfilled as u64,
        ];
        let fold = |hash: StateHash, word: &u64| hash.word(*word);
        let hash = words.iter().chain(&amend).fold(StateHash::new(), fold);
        hash.wide(self.filled_notional).bytes(self.venue_order.as_bytes()).finish()
    }
}
