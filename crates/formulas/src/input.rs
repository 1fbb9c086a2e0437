//! What kernels are fed with, and the one rule for what they refuse.

/// Larger magnitudes are rejected like infinities: their squares times a size would overflow, and an
/// overflow would stay in a recursive state for ever. No price or size of a market comes near.
pub const MAX_INPUT: f64 = 1e90;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    pub high: f64,
    pub low: f64,
    pub close: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    pub px: f64,
    pub size: f64,
    /// +1 when the buyer was the aggressor, -1 when the seller was.
    pub side: f64,
    /// Nanoseconds since the Unix epoch, UTC.
    pub t_ns: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    pub bid: f64,
    pub ask: f64,
    pub bid_size: f64,
    pub ask_size: f64,
}

/// Sizes by level, best first. The sides may differ in length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Book<'a> {
    pub bid_sizes: &'a [f64],
    pub ask_sizes: &'a [f64],
}

/// False for NaN too: no comparison with NaN holds.
#[inline(always)]
pub(crate) fn is_number(x: f64) -> bool {
    x.abs() <= MAX_INPUT
}

#[inline(always)]
pub(crate) fn is_size(q: f64) -> bool {
    (0.0..=MAX_INPUT).contains(&q)
}

impl Bar {
    #[inline(always)]
    pub(crate) fn is_valid(&self) -> bool {
        is_number(self.high) && is_number(self.low) && is_number(self.close) && self.high >= self.low
    }
}

impl Trade {
    /// A trade stamped in seconds since the Unix epoch. A time that nanoseconds in 64 bits cannot hold gives
    /// a trade that every kernel rejects.
    pub fn at_seconds(px: f64, size: f64, side: f64, t_s: f64) -> Self {
        const LIMIT_S: f64 = 9.2e9;
        if t_s.abs() <= LIMIT_S {
            Self { px, size, side, t_ns: (t_s * 1e9).round() as i64 }
        } else {
            Self { px: f64::NAN, size, side, t_ns: 0 }
        }
    }

    #[inline(always)]
    pub(crate) fn is_valid(&self) -> bool {
        is_number(self.px) && is_size(self.size)
    }
}

impl Quote {
    #[inline(always)]
    pub(crate) fn is_valid(&self) -> bool {
        is_number(self.bid) && is_number(self.ask) && is_size(self.bid_size) && is_size(self.ask_size)
    }
}
