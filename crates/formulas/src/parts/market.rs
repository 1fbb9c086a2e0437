//! What a trade and a quote must be to make sense, and time that goes forward only.

use crate::persist::state;

/// A trade that can have happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    pub price: f64,
    pub size: f64,
    /// 1 if the buyer took, -1 if the seller did.
    pub side: f64,
}

impl Trade {
    /// None unless price and size are positive and the side is 1 or -1.
    #[inline(always)]
    pub fn new([price, size, side]: [f64; 3]) -> Option<Self> {
        (price > 0.0 && size > 0.0 && side.abs() == 1.0).then_some(Self { price, size, side })
    }
}

/// The mean of bid and ask; None unless it is positive. A crossed quote has a mid too.
#[inline(always)]
pub fn mid([bid, ask]: [f64; 2]) -> Option<f64> {
    let mid = 0.5 * (bid + ask);
    (mid > 0.0).then_some(mid)
}

/// Checks an event that need not be in the row. None only if it is there and makes no sense.
#[inline(always)]
pub fn checked<T, U>(event: Option<T>, check: impl FnOnce(T) -> Option<U>) -> Option<Option<U>> {
    match event {
        None => Some(None),
        Some(event) => check(event).map(Some),
    }
}

state! {
    #[derive(Copy, Default)]
    pub struct Clock {
        last_s: Option<f64>,
    }
}

impl Clock {
    /// False if the time is before the last one, which then stands.
    #[inline(always)]
    pub fn advance(&mut self, t_s: f64) -> bool {
        let forward = self.last_s.is_none_or(|last_s| t_s >= last_s);
        if forward {
            self.last_s = Some(t_s);
        }
        forward
    }
}

state! {
    /// Bins of equal length on a grid that starts at the epoch.
    pub struct TimeBins {
        width_s: f64,
        clock: Clock,
        current: Option<f64>,
    }
}

impl TimeBins {
    pub fn new(width_s: f64) -> Self {
        Self { width_s, clock: Clock::default(), current: None }
    }

    /// How many bins are over since the last event: 0 in the same bin. None if time went backwards, and nothing is
    /// changed.
    #[inline(always)]
    pub fn advance(&mut self, t_s: f64) -> Option<u64> {
        if !self.clock.advance(t_s) {
            return None;
        }
        let bin = (t_s / self.width_s).floor();
        Some(self.current.replace(bin).map_or(0, |last| (bin - last) as u64))
    }
}
