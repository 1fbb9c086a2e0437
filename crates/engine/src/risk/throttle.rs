//! Guards over time, in event time alone: how fast, how often the same, how many refusals.

use super::code::{Code, Denied};
use super::limits::SessionLimits;
use nanotick_model::{InstrumentId, Px, Qty, Side};

/// A token bucket kept as one number: the time at which it would be full again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    full_at_ns: i64,
    per_token_ns: i64,
    orders_ns: i64,
    all_ns: i64,
}

impl Bucket {
    pub fn new(limits: &SessionLimits) -> Bucket {
        let per_token_ns = 1_000_000_000u64.div_ceil(limits.orders_per_s as u64) as i64;
        Bucket {
            full_at_ns: i64::MIN,
            per_token_ns,
            orders_ns: (limits.burst - limits.cancel_reserve) as i64 * per_token_ns,
            all_ns: limits.burst as i64 * per_token_ns,
        }
    }

    /// Takes a token for an order, if one is left beside those kept for cancels.
    #[inline(always)]
    pub fn take(&mut self, now_ns: i64) -> Result<(), Denied> {
        let full_at_ns = self.full_at_ns.max(now_ns).saturating_add(self.per_token_ns);
        let debt_ns = full_at_ns.saturating_sub(now_ns);
        if debt_ns > self.orders_ns {
            return Err(Denied::new(Code::RateLimit, self.orders_ns, debt_ns));
        }
        self.full_at_ns = full_at_ns;
        Ok(())
    }

    pub fn full_at_ns(&self) -> i64 {
        self.full_at_ns
    }

    /// Takes a token for a cancel. A cancel is never held back: the bucket is at worst empty.
    pub fn take_for_cancel(&mut self, now_ns: i64) {
        let full_at_ns = self.full_at_ns.max(now_ns).saturating_add(self.per_token_ns);
        self.full_at_ns = full_at_ns.min(now_ns.saturating_add(self.all_ns));
    }
}

/// What makes two orders the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Print {
    pub instrument: InstrumentId,
    pub side: Side,
    pub px: Px,
    pub qty: Qty,
}

const PRINTS: usize = 64;

/// The latest orders that were let through, newest found first. Of more than 64 within the window the oldest are
/// forgotten.
#[derive(Clone, Debug)]
pub(super) struct Prints {
    ring: [(Print, i64); PRINTS],
    newest: usize,
}

impl Prints {
    pub fn new() -> Prints {
        let none = Print { instrument: InstrumentId(0), side: Side::Buy, px: Px(0), qty: Qty(0) };
        // So long ago that no window reaches it.
        Prints { ring: [(none, i64::MIN); PRINTS], newest: 0 }
    }

    #[inline(always)]
    pub fn check(&self, print: &Print, now_ns: i64, window_ns: i64) -> Result<(), Denied> {
        for back in 0..PRINTS {
            let (seen, at_ns) = self.ring[(self.newest + PRINTS - back) % PRINTS];
            let age_ns = now_ns.saturating_sub(at_ns);
            if age_ns >= window_ns {
                break;
            }
            if (seen.px, seen.qty, seen.side, seen.instrument)
                == (print.px, print.qty, print.side, print.instrument)
            {
                return Err(Denied::new(Code::Duplicate, window_ns, age_ns));
            }
        }
        Ok(())
    }

    #[inline(always)]
    pub fn add(&mut self, print: Print, now_ns: i64) {
        self.newest = (self.newest + 1) % PRINTS;
        self.ring[self.newest] = (print, now_ns);
    }
}

pub(super) const MAX_STRIKES: usize = 64;

/// The latest refusals. Trips when the window holds so many of them.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    at_ns: [i64; MAX_STRIKES],
    next: usize,
    count: usize,
    limit: usize,
    window_ns: i64,
}

impl Breaker {
    pub fn new(limits: &SessionLimits) -> Breaker {
        let limit = limits.breaker_refusals as usize;
        Breaker { at_ns: [0; MAX_STRIKES], next: 0, count: 0, limit, window_ns: limits.breaker_window_ns }
    }

    /// Counts a refusal; `true` if that is one too many.
    pub fn strike(&mut self, now_ns: i64) -> bool {
        self.at_ns[self.next] = now_ns;
        self.next = (self.next + 1) % self.limit;
        self.count = (self.count + 1).min(self.limit);
        // `next` is now the oldest of the last `limit`.
        self.count == self.limit && now_ns.saturating_sub(self.at_ns[self.next]) < self.window_ns
    }

    pub fn reset(&mut self) {
        self.count = 0;
        self.next = 0;
    }
}
