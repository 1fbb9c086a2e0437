//! An order book topic: what was last published, and the delta from that to the book as it is.

use crate::server::Listing;
use nanotick_exchange::Market;
use nanotick_model::{Level, Px, Qty, Side};
use std::fmt::Write;

/// Depths that the venue offers, and how often each is published.
const DEPTHS: [(usize, i64); 4] =
    [(1, 10_000_000), (50, 20_000_000), (200, 100_000_000), (1000, 200_000_000)];

/// `orderbook.{depth}.{symbol}`.
#[derive(Debug)]
pub(super) struct BookFeed {
    pub depth: usize,
    interval_ns: i64,
    due_ns: i64,
    bids: Vec<Level>,
    asks: Vec<Level>,
    /// Id of the last message; grows by one with each.
    u: u64,
    seq: u64,
}

impl BookFeed {
    /// `None` if the venue has no such depth.
    pub fn new(depth: usize) -> Option<BookFeed> {
        let (depth, interval_ns) = *DEPTHS.iter().find(|(d, _)| *d == depth)?;
        // An id of one would mean that the venue has restarted.
        Some(BookFeed { depth, interval_ns, due_ns: 0, bids: Vec::new(), asks: Vec::new(), u: 1000, seq: 0 })
    }

    /// Starts again from the book as it is, after nobody listened for a while.
    pub fn refresh(&mut self, market: &Market, seq: u64, market_ns: i64) {
        self.bids = top(market, Side::Buy, self.depth);
        self.asks = top(market, Side::Sell, self.depth);
        self.u += 1;
        self.seq = seq;
        self.schedule(market_ns);
    }

    fn schedule(&mut self, market_ns: i64) {
        self.due_ns = (market_ns.div_euclid(self.interval_ns) + 1) * self.interval_ns;
    }

    pub fn is_due(&self, market_ns: i64) -> bool {
        market_ns >= self.due_ns
    }

    /// What was last published, whole.
    pub fn snapshot(&self, listing: &Listing, wall_ms: i64) -> String {
        self.message(listing, "snapshot", &self.bids, &self.asks, wall_ms)
    }

    /// What has changed since; `None` if nothing has. The one-level book has no deltas: it is sent whole.
    pub fn publish(
        &mut self,
        market: &Market,
        listing: &Listing,
        seq: u64,
        market_ns: i64,
        wall_ms: i64,
    ) -> Option<String> {
        self.schedule(market_ns);
        let bids = top(market, Side::Buy, self.depth);
        let asks = top(market, Side::Sell, self.depth);
        let bid_changes = changes(&self.bids, &bids, Side::Buy);
        let ask_changes = changes(&self.asks, &asks, Side::Sell);
        if bid_changes.is_empty() && ask_changes.is_empty() {
            return None;
        }
        (self.bids, self.asks) = (bids, asks);
        self.u += 1;
        self.seq = seq;
        Some(if self.depth == 1 {
            self.snapshot(listing, wall_ms)
        } else {
            self.message(listing, "delta", &bid_changes, &ask_changes, wall_ms)
        })
    }

    fn message(&self, listing: &Listing, kind: &str, bids: &[Level], asks: &[Level], wall_ms: i64) -> String {
        let mut out = String::with_capacity(160 + 28 * (bids.len() + asks.len()));
        let (depth, symbol) = (self.depth, listing.symbol());
        let _ = write!(out, r#"{{"topic":"orderbook.{depth}.{symbol}","#);
        // The venue's one-level book has the time before the type, the others after it.
        let _ = if depth == 1 {
            write!(out, r#""ts":{wall_ms},"type":"{kind}","data":{{"s":"{symbol}","b":"#)
        } else {
            write!(out, r#""type":"{kind}","ts":{wall_ms},"data":{{"s":"{symbol}","b":"#)
        };
        write_levels(listing, bids, &mut out);
        out.push_str(r#","a":"#);
        write_levels(listing, asks, &mut out);
        let _ = write!(out, r#","u":{},"seq":{}}},"cts":{wall_ms}}}"#, self.u, self.seq);
        out
    }
}

pub(super) fn write_levels(listing: &Listing, levels: &[Level], out: &mut String) {
    out.push('[');
    for (at, level) in levels.iter().enumerate() {
        out.push_str(if at == 0 { "[\"" } else { ",[\"" });
        listing.write_px(level.px, out);
        out.push_str("\",\"");
        if level.qty.0 == 0 {
            out.push('0');
        } else {
            listing.write_qty(level.qty, out);
        }
        out.push_str("\"]");
    }
    out.push(']');
}

fn top(market: &Market, side: Side, depth: usize) -> Vec<Level> {
    market.side(side).iter().take(depth).collect()
}

/// Levels to set to get from `old` to `new`, both best first; size zero for those that left.
fn changes(old: &[Level], new: &[Level], side: Side) -> Vec<Level> {
    let rank = |px: Px| -side.sign() * px.0;
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let mut changes = Vec::new();
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(o), n) if n.is_none_or(|n| rank(o.px) < rank(n.px)) => {
                changes.push(Level { px: o.px, qty: Qty(0) });
                old.next();
            }
            (Some(o), Some(n)) if o.px == n.px => {
                if o.qty != n.qty {
                    changes.push(**n);
                }
                old.next();
                new.next();
            }
            (_, Some(n)) => {
                changes.push(**n);
                new.next();
            }
            (Some(_), None) => unreachable!("the first arm takes what has no counterpart"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn changes_lead_from_the_old_book_to_the_new(
            old in proptest::collection::btree_map(1i64..60, 1i64..4, 0..30),
            new in proptest::collection::btree_map(1i64..60, 1i64..4, 0..30),
            buy: bool,
        ) {
            let side = if buy { Side::Buy } else { Side::Sell };
            let levels = |book: &BTreeMap<i64, i64>| {
                let mut levels: Vec<Level> =
                    book.iter().map(|(&px, &qty)| Level { px: Px(px), qty: Qty(qty) }).collect();
                if buy {
                    levels.reverse();
                }
                levels
            };
            let changes = changes(&levels(&old), &levels(&new), side);
            let mut book = old.clone();
            for change in &changes {
                prop_assert_ne!(book.get(&change.px.0).copied().unwrap_or(0), change.qty.0, "a change changes");
                match change.qty.0 {
                    0 => book.remove(&change.px.0),
                    qty => book.insert(change.px.0, qty),
                };
            }
            prop_assert_eq!(book, new);
        }
    }
}
