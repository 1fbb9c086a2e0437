//! Falls from a peak: from the highest value so far, and the deepest one within a window.

use crate::parts::Monoid;
use crate::persist::state;

state! {
    /// The fall of a positive series below the highest value so far.
    #[derive(Copy, Default)]
    pub struct RunningDrawdown {
        peak: f64,
        /// Updates since the peak was last reached.
        pub age: u64,
    }
}

impl RunningDrawdown {
    /// 1 - x / peak, with `x` in the peak.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> f64 {
        if x >= self.peak {
            self.peak = x;
            self.age = 0;
            return 0.0;
        }
        self.age += 1;
        1.0 - x / self.peak
    }
}

state! {
    /// The same for equity that is compounded from returns and starts at 1. Kept as a share of the peak: it cannot
    /// overflow, and every new peak drops the rounding of the way there.
    #[derive(Copy)]
    pub struct CompoundedDrawdown {
        share: f64,
    }
}

impl Default for CompoundedDrawdown {
    fn default() -> Self {
        Self { share: 1.0 }
    }
}

impl CompoundedDrawdown {
    /// A return of -1 or less loses all, for good.
    #[inline(always)]
    pub fn push(&mut self, r: f64) -> f64 {
        self.share = (self.share * (1.0 + r)).clamp(0.0, 1.0);
        1.0 - self.share
    }
}

state! {
    /// The deepest fall within a stretch of positive values.
    #[derive(Copy, Default)]
    pub struct Fall {
        high: f64,
        low: f64,
        /// The smallest later / earlier.
        ratio: f64,
    }
}

impl Fall {
    pub fn at(x: f64) -> Self {
        Self { high: x, low: x, ratio: 1.0 }
    }

    #[inline(always)]
    pub fn drawdown(&self) -> f64 {
        1.0 - self.ratio
    }
}

impl Monoid for Fall {
    #[inline(always)]
    fn then(&self, later: &Self) -> Self {
        Self {
            high: self.high.max(later.high),
            low: self.low.min(later.low),
            ratio: self.ratio.min(later.ratio).min(later.low / self.high),
        }
    }
}

state! {
    /// The deepest fall of equity that is compounded from a stretch of returns, the value before the first included.
    #[derive(Copy, Default)]
    pub struct Growth {
        end: f64,
        high: f64,
        low: f64,
        ratio: f64,
    }
}

impl Growth {
    /// A return of -1 or less loses all.
    pub fn of(r: f64) -> Self {
        let end = (1.0 + r).max(0.0);
        Self { end, high: end.max(1.0), low: end.min(1.0), ratio: end.min(1.0) }
    }

    #[inline(always)]
    pub fn drawdown(&self) -> f64 {
        1.0 - self.ratio
    }
}

impl Monoid for Growth {
    #[inline(always)]
    fn then(&self, later: &Self) -> Self {
        let low = self.end * later.low;
        Self {
            end: self.end * later.end,
            high: self.high.max(self.end * later.high),
            low: self.low.min(low),
            ratio: self.ratio.min(later.ratio).min(low / self.high),
        }
    }
}
