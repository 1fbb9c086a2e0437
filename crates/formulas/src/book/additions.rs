//! Unusually large additions to a book, and what becomes of them: what the watch for spoofing and layering is made of.

use crate::book::levels::{present, shown};
use crate::book::walls::median;
use crate::parts::market::Trade;
use crate::parts::Decay;
use crate::persist::state;
use crate::row::Book;

/// Additions followed at a time on a side. More are counted but not followed, as if nothing ever became of them.
const FOLLOWED: usize = 1024;

state! {
    /// All that was added at one price while it was followed.
    #[derive(Copy, Default)]
    pub struct Addition {
        pub price: f64,
        pub added: f64,
        /// Of the first addition, and of the latest.
        pub first_s: f64,
        pub t_s: f64,
        /// Taken away without a trade; never more than was added.
        pub cancelled: f64,
        /// Traded at the price.
        pub executed: f64,
        /// For the formula to use.
        pub marked: bool,
        /// What the level showed last.
        shown: f64,
        /// Traded there and not yet seen to be gone.
        unexplained: f64,
    }
}

impl Addition {
    /// What has gone since the last book is explained by trades first; the rest was cancelled.
    fn compare(&mut self, now: f64) {
        let gone = (self.shown - now).max(0.0);
        let explained = gone.min(self.unexplained);
        self.unexplained -= explained;
        self.cancelled = (self.cancelled + (gone - explained)).min(self.added);
        self.shown = now;
    }
}

state! {
    pub struct Side {
        /// 1 for bids, -1 for asks.
        sign: f64,
        levels: usize,
        /// The best levels of the last book.
        last: Vec<(f64, f64)>,
        /// The usual size of a level: the median of each book's best levels, averaged over time.
        usual: Option<f64>,
        pub open: Vec<Addition>,
        scratch: Vec<f64>,
    }
}

impl Side {
    fn new(sign: f64, levels: usize) -> Self {
        Self {
            sign,
            levels,
            last: Vec::with_capacity(levels),
            usual: None,
            open: Vec::with_capacity(FOLLOWED),
            scratch: Vec::with_capacity(levels),
        }
    }

    /// Gives the number of prices at which more than `k` usual sizes were added that were not followed before.
    fn book(&mut self, px: &[f64], sizes: &[f64], k: f64, t_s: f64, kept: f64) -> usize {
        for addition in &mut self.open {
            if let Some(now) = shown(present(px, sizes), self.sign, addition.price) {
                addition.compare(now);
            }
        }
        let fresh = self.usual.map_or(0, |usual| self.find(px, sizes, k * usual, t_s));
        self.last.clear();
        self.last.extend(present(px, sizes).take(self.levels));
        self.scratch.clear();
        self.scratch.extend(self.last.iter().map(|&(_, size)| size));
        if let Some(median) = median(&mut self.scratch) {
            self.usual = Some(self.usual.map_or(median, |usual| median + kept * (usual - median)));
        }
        self.scratch.clear();
        fresh
    }

    /// Follows what was added since the last book, both walked once. Beyond the last level known nothing is.
    fn find(&mut self, px: &[f64], sizes: &[f64], least: f64, t_s: f64) -> usize {
        let (mut fresh, mut old) = (0, 0);
        for (price, size) in present(px, sizes).take(self.levels) {
            while old < self.last.len() && self.sign * (self.last[old].0 - price) > 0.0 {
                old += 1;
            }
            let Some(&(last_price, last_size)) = self.last.get(old) else { break };
            let rise = if last_price == price { size - last_size } else { size };
            if rise > 0.0 && rise > least {
                fresh += usize::from(self.follow(price, size, rise, t_s));
            }
        }
        fresh
    }

    /// True if the price was not followed before.
    fn follow(&mut self, price: f64, size: f64, rise: f64, t_s: f64) -> bool {
        if let Some(known) = self.open.iter_mut().find(|addition| addition.price == price) {
            known.added += rise;
            known.t_s = t_s;
            return false;
        }
        if self.open.len() < FOLLOWED {
            let addition =
                Addition { price, added: rise, first_s: t_s, t_s, shown: size, ..Default::default() };
            self.open.push(addition);
        }
        true
    }

    fn trade(&mut self, trade: &Trade) {
        for addition in self.open.iter_mut().filter(|addition| addition.price == trade.price) {
            addition.executed += trade.size;
            addition.unexplained += trade.size;
        }
    }
}

state! {
    pub struct Additions {
        k: f64,
        decay: Decay,
        /// Bids and asks.
        pub sides: [Side; 2],
    }
}

impl Additions {
    pub fn new(levels: usize, k: f64, tau_s: f64) -> Self {
        Self { k, decay: Decay::new(tau_s), sides: [Side::new(1.0, levels), Side::new(-1.0, levels)] }
    }

    /// Takes the next book; `t_s` is not before the last. Gives the number of new additions on each side.
    pub fn book(&mut self, book: &Book<'_>, t_s: f64) -> [usize; 2] {
        let kept = self.decay.advance(t_s).unwrap_or(1.0);
        let [bids, asks] = &mut self.sides;
        [
            bids.book(book.bid_px, book.bid_sizes, self.k, t_s, kept),
            asks.book(book.ask_px, book.ask_sizes, self.k, t_s, kept),
        ]
    }

    /// A trade is at the expense of the side that did not take.
    pub fn trade(&mut self, trade: &Trade) {
        self.sides[usize::from(trade.side > 0.0)].trade(trade);
    }
}
