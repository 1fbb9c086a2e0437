//! What stands in a queue: hidden size behind what is displayed, and the place of an order of our own.

use crate::book::levels::{best, present, shown, sound};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::{checked, Clock, Trade};
use crate::persist::state;
use crate::row::Book;
use crate::rows;

/// A refill brings a level back to this share of what it displayed before it was traded.
const REFILLED: f64 = 0.9;

state! {
    /// The best level of a side since it became that.
    #[derive(Copy, Default)]
    struct BestLevel {
        price: f64,
        displayed: f64,
        most_displayed: f64,
        executed: f64,
        refills: f64,
        /// Displayed before the trades that wait for a refill, what they took, and the time of the last.
        before: f64,
        taken: f64,
        traded_s: Option<f64>,
    }
}

impl BestLevel {
    fn show(&mut self, price: f64, size: f64, t_s: f64, refill_s: f64) {
        if price != self.price {
            *self = Self { price, displayed: size, most_displayed: size, ..Self::default() };
            return;
        }
        self.displayed = size;
        self.most_displayed = self.most_displayed.max(size);
        let Some(traded_s) = self.traded_s else { return };
        // Trades that leave more than the limit by themselves need no refill to be above it.
        let limit = REFILLED * self.before;
        if t_s - traded_s > refill_s {
            self.traded_s = None;
        } else if size >= limit && self.before - self.taken < limit {
            self.refills += 1.0;
            self.traded_s = None;
        }
    }

    fn trade(&mut self, trade: &Trade, t_s: f64, refill_s: f64) {
        if trade.price != self.price {
            return;
        }
        self.executed += trade.size;
        let waiting = self.traded_s.is_some_and(|traded_s| t_s - traded_s <= refill_s);
        if !waiting {
            (self.before, self.taken) = (self.displayed, 0.0);
        }
        self.taken += trade.size;
        self.traded_s = Some(t_s);
    }

    fn point(&self, min_refills: f64) -> IcebergPoint {
        let hidden = self.refills >= min_refills && self.executed > self.most_displayed;
        IcebergPoint {
            executed_over_displayed: self.executed / self.most_displayed,
            refills: self.refills,
            flag: f64::from(u8::from(hidden)),
        }
    }
}

state! {
    pub struct IcebergScore {
        refill_s: f64,
        min_refills: f64,
        clock: Clock,
        bid: Option<BestLevel>,
        ask: Option<BestLevel>,
    }
}

outputs! {
    IcebergPoint { executed_over_displayed, refills, flag }
}

impl IcebergPoint {
    fn order(&self) -> [f64; 3] {
        [self.flag, self.executed_over_displayed, self.refills]
    }
}

impl IcebergScore {
    fn show(&mut self, book: &Book<'_>, t_s: f64) {
        let sides = [
            (&mut self.bid, best(book.bid_px, book.bid_sizes)),
            (&mut self.ask, best(book.ask_px, book.ask_sizes)),
        ];
        for (level, best) in sides {
            *level = best.map(|(price, size)| {
                let mut level = level.unwrap_or_default();
                level.show(price, size, t_s, self.refill_s);
                level
            });
        }
    }
}

impl Kernel for IcebergScore {
    const INFO: &'static FormulaInfo = &rows::ICEBERG_SCORE;
    type Input<'a> = ((Option<Book<'a>>, Option<[f64; 3]>), f64);
    type Output<'s> = IcebergPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            refill_s: params.float("refill_s"),
            min_refills: params.float("min_refills"),
            clock: Clock::default(),
            bid: None,
            ask: None,
        })
    }

    #[inline]
    fn step(&mut self, ((book, trade), t_s): Self::Input<'_>) -> Option<IcebergPoint> {
        let (book, trade) = (checked(book, sound)?, checked(trade, Trade::new)?);
        if (book.is_none() && trade.is_none()) || !self.clock.advance(t_s) {
            return None;
        }
        if let Some(book) = book {
            self.show(&book, t_s);
        }
        if let Some(trade) = trade {
            let passive = if trade.side > 0.0 { &mut self.ask } else { &mut self.bid };
            if let Some(level) = passive {
                level.trade(&trade, t_s, self.refill_s);
            }
        }
        let points = [self.bid, self.ask].map(|level| level.map(|level| level.point(self.min_refills)));
        match points {
            [Some(bid), Some(ask)] => Some(if ask.order() > bid.order() { ask } else { bid }),
            [bid, ask] => bid.or(ask),
        }
    }
}

state! {
    /// An order of our own and the level that it is in.
    #[derive(Copy, Default)]
    struct OwnOrder {
        price: f64,
        /// 1 for a bid, -1 for an ask.
        side: f64,
        own: f64,
        ahead: f64,
        level: f64,
    }
}

impl OwnOrder {
    fn behind(&self) -> f64 {
        (self.level - self.own - self.ahead).max(0.0)
    }

    /// The level as a book shows it: less than expected was cancelled, more was added behind.
    fn show(&mut self, size: f64, rule: Rule) {
        let (cancelled, behind) = ((self.level - size).max(0.0), self.behind());
        let gone = match rule {
            Rule::Proportional if self.ahead > 0.0 => cancelled * (self.ahead / (self.ahead + behind)),
            Rule::Proportional => 0.0,
            Rule::Pessimistic => (cancelled - behind).max(0.0),
            Rule::Optimistic => cancelled,
        };
        // No rule leaves more ahead than the level has beside our own, but a rounding may.
        self.ahead = (self.ahead - gone).max(0.0).min((size - self.own).max(0.0));
        self.level = size;
    }

    fn trade(&mut self, trade: &Trade) {
        if trade.side != self.side && trade.price == self.price {
            self.ahead = (self.ahead - trade.size).max(0.0);
            self.level = (self.level - trade.size).max(0.0);
        }
    }
}

/// Which of those around us are thought to have cancelled.
#[derive(Clone, Copy)]
enum Rule {
    Proportional,
    Pessimistic,
    Optimistic,
}

state! {
    pub struct QueuePosition {
        rule: &'static str,
        order: Option<OwnOrder>,
        /// What the last book showed on each side, as far as our order may need it.
        bids: Vec<(f64, f64)>,
        asks: Vec<(f64, f64)>,
        seen: bool,
    }
}

outputs! {
    QueuePositionPoint { ahead, behind }
}

impl QueuePosition {
    fn rule(&self) -> Rule {
        match self.rule {
            "pessimistic" => Rule::Pessimistic,
            "optimistic" => Rule::Optimistic,
            _ => Rule::Proportional,
        }
    }

    /// What the last book had at a price; of an empty side nothing, beyond the last level None.
    fn size_at(&self, price: f64, side: f64) -> Option<f64> {
        let levels = if side > 0.0 { &self.bids } else { &self.asks };
        if levels.is_empty() {
            return self.seen.then_some(0.0);
        }
        shown(levels.iter().copied(), side, price)
    }

    fn remember(&mut self, book: &Book<'_>) {
        let room = self.bids.capacity();
        for (levels, px, sizes) in
            [(&mut self.bids, book.bid_px, book.bid_sizes), (&mut self.asks, book.ask_px, book.ask_sizes)]
        {
            levels.clear();
            levels.extend(present(px, sizes).take(room));
        }
        self.seen = true;
    }

    /// A smaller size at the same price is what a fill left: the place stays. All else is an order anew.
    fn place(&mut self, [price, size, side]: [f64; 3]) {
        self.order = match self.order {
            _ if size == 0.0 => None,
            Some(mut order) if order.price == price && order.side == side && size <= order.own => {
                order.own = size;
                Some(order)
            }
            _ => self.size_at(price, side).map(|ahead| OwnOrder {
                price,
                side,
                own: size,
                ahead,
                level: ahead + size,
            }),
        };
    }
}

/// None unless price and side are those of an order; a size of 0 withdraws it.
fn order([price, size, side]: [f64; 3]) -> Option<[f64; 3]> {
    (price > 0.0 && size >= 0.0 && side.abs() == 1.0).then_some([price, size, side])
}

impl Kernel for QueuePosition {
    const INFO: &'static FormulaInfo = &rows::QUEUE_POSITION;
    type Input<'a> = (Option<Book<'a>>, (Option<[f64; 3]>, Option<[f64; 3]>));
    type Output<'s> = QueuePositionPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let room = params.width();
        Ok(Self {
            rule: params.choice("f"),
            order: None,
            bids: Vec::with_capacity(room),
            asks: Vec::with_capacity(room),
            seen: false,
        })
    }

    fn step(&mut self, (book, (trade, placed)): Self::Input<'_>) -> Option<QueuePositionPoint> {
        let (book, trade) = (checked(book, sound)?, checked(trade, Trade::new)?);
        let placed = checked(placed, order)?;
        let rule = self.rule();
        if let Some(book) = book {
            self.remember(&book);
            let size = self.order.and_then(|order| self.size_at(order.price, order.side));
            if let (Some(order), Some(size)) = (&mut self.order, size) {
                order.show(size, rule);
            }
        }
        if let (Some(order), Some(trade)) = (&mut self.order, trade) {
            order.trade(&trade);
        }
        if let Some(placed) = placed {
            self.place(placed);
        }
        let order = self.order?;
        Some(QueuePositionPoint { ahead: order.ahead, behind: order.behind() })
    }
}
