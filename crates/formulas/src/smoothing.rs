//! The one-pole stage under every exponential average: Brown's with 2/(n+1), Wilder's with 1/n.
//! Seeded with the mean of its first n values, as TA-Lib's classic mode does.

/// A value this small is zero: left to decay further it would turn subnormal, and cost a hundred cycles an update.
const VANISHED: f64 = 1e-300;

#[derive(Debug, Clone)]
pub(crate) struct OnePole {
    alpha: f64,
    value: f64,
    period: u32,
    seen: u32,
    /// The seed is complete and the weight is below 1: with a weight of 1, `value + (x - value)` could round
    /// away from x.
    recursive: bool,
}

impl OnePole {
    pub fn ema(period: usize) -> Self {
        Self::new(period, 2.0 / (period as f64 + 1.0))
    }

    pub fn wilder(period: usize) -> Self {
        Self::new(period, 1.0 / period as f64)
    }

    fn new(period: usize, alpha: f64) -> Self {
        Self { alpha, value: 0.0, period: period as u32, seen: 0, recursive: false }
    }

    #[inline(always)]
    pub fn is_ready(&self) -> bool {
        self.seen == self.period
    }

    pub fn period(&self) -> usize {
        self.period as usize
    }

    /// NaN until the seed is complete.
    #[inline(always)]
    pub fn update(&mut self, x: f64) -> f64 {
        if !self.recursive {
            return self.seed(x);
        }
        let next = self.value + self.alpha * (x - self.value);
        self.value = if next.abs() < VANISHED { 0.0 } else { next };
        self.value
    }

    /// A running mean rather than a sum: it never leaves the range of its inputs, not even by rounding.
    #[cold]
    fn seed(&mut self, x: f64) -> f64 {
        if self.period == 1 {
            self.seen = 1;
            return x;
        }
        self.seen += 1;
        self.value += (x - self.value) / f64::from(self.seen);
        self.recursive = self.is_ready();
        if self.recursive {
            self.value
        } else {
            f64::NAN
        }
    }

    pub fn reset(&mut self) {
        self.value = 0.0;
        self.seen = 0;
        self.recursive = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decaying_value_becomes_zero_and_never_subnormal() {
        let mut pole = OnePole::wilder(14);
        pole.update(1.0);
        let smallest = (0..20_000).map(|_| pole.update(0.0)).filter(|v| *v > 0.0).fold(1.0, f64::min);
        assert!(smallest >= VANISHED);
        assert_eq!(pole.update(0.0), 0.0);
    }
}
