//! The venue's own best bid and ask as the judge of a rebuilt book.
//!
//! Quotes and depth updates carry ids of one sequence. Behind a depth update that ends at id `u` the book's top must
//! equal the last quote with an id up to `u`. Which quote that is, is certain only when a later one has been seen:
//! the two streams run beside each other, and either may be ahead.

use nanotick_model::{Level, Quote};
use std::collections::VecDeque;

/// Best bid and best ask.
pub(super) type Top = (Level, Level);

/// Bound on what waits for the other stream. Beyond it the oldest goes, and is not compared.
const MAX_WAITING: usize = 1 << 16;

#[derive(Default)]
pub(super) struct Oracle {
    quotes: VecDeque<(u64, Top)>,
    tops: VecDeque<(u64, Top)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Verdict {
    pub update_id: u64,
    pub book: Top,
    pub quote: Top,
}

impl Oracle {
    pub(super) fn quote(&mut self, quote: &Quote) {
        if self.quotes.back().is_some_and(|(id, _)| *id >= quote.update_id) {
            return;
        }
        push(&mut self.quotes, (quote.update_id, (quote.bid, quote.ask)));
    }

    pub(super) fn top(&mut self, update_id: u64, top: Top) {
        push(&mut self.tops, (update_id, top));
    }

    /// What was compared with what is no longer in doubt, oldest first.
    pub(super) fn next_verdict(&mut self) -> Option<Verdict> {
        loop {
            let &(update_id, book) = self.tops.front()?;
            while self.quotes.get(1).is_some_and(|(id, _)| *id <= update_id) {
                self.quotes.pop_front();
            }
            let &(quote_id, quote) = self.quotes.front()?;
            if quote_id > update_id {
                // The recording begins with a later quote.
                self.tops.pop_front();
                continue;
            }
            if self.quotes.len() == 1 {
                return None;
            }
            self.tops.pop_front();
            return Some(Verdict { update_id, book, quote });
        }
    }
}

fn push(queue: &mut VecDeque<(u64, Top)>, entry: (u64, Top)) {
    if queue.len() == MAX_WAITING {
        queue.pop_front();
    }
    queue.push_back(entry);
}
