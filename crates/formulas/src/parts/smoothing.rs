//! The one-pole stage under every exponential average: Brown's with 2/(n+1), Wilder's with 1/n.
//! Seeded with the mean of its first n values, as TA-Lib's classic mode does.

use crate::persist::state;

/// A value this small is zero: left to decay further it would turn subnormal, and cost a hundred cycles an update.
const VANISHED: f64 = 1e-300;

/// The value, or zero where it is as good as that. By way of a branch, which the processor foresees: a selection would
/// be one more step from each value to the next.
#[inline(always)]
pub(crate) fn unless_vanished(x: f64) -> f64 {
    if x.abs() < VANISHED {
        std::hint::black_box(0.0)
    } else {
        x
    }
}

state! {
    pub struct OnePole {
        alpha: f64,
        /// 1 - alpha.
        keep: f64,
        /// The average less the anchor.
        value: f64,
        anchor: f64,
        anchored: bool,
        period: u32,
        seen: u32,
    }
}

impl OnePole {
    pub fn ema(period: usize) -> Self {
        Self::with_weight(period, 2.0 / (period as f64 + 1.0))
    }

    pub fn wilder(period: usize) -> Self {
        Self::with_weight(period, 1.0 / period as f64)
    }

    /// Any weight of the newest value, seeded with the mean of the first `period` values.
    pub fn with_weight(period: usize, alpha: f64) -> Self {
        let keep = 1.0 - alpha;
        Self { alpha, keep, value: 0.0, anchor: 0.0, anchored: false, period: period as u32, seen: 0 }
    }

    /// For prices: averages what the values are above the first of them. The average of a flat market is then its
    /// price to the last digit. Not for values that fade to zero, which would end as what rounding left of the first:
    /// a first value ten thousand times too large costs four digits of sixteen.
    pub fn anchored(mut self) -> Self {
        self.anchored = true;
        self
    }

    /// With the same weight, before its first value.
    pub fn anew(&self) -> Self {
        Self { value: 0.0, anchor: 0.0, seen: 0, ..self.clone() }
    }

    #[inline(always)]
    pub fn is_ready(&self) -> bool {
        self.seen == self.period
    }

    pub fn period(&self) -> usize {
        self.period as usize
    }

    /// None until the seed is complete.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        if self.seen != self.period {
            if self.anchored && self.seen == 0 {
                self.anchor = x;
            }
            self.seen += 1;
            self.value = seed(self.value, x - self.anchor, self.seen);
            return self.is_ready().then_some(self.value + self.anchor);
        }
        // From one value to the next there is one multiplication and one addition: what else there is to do, the
        // processor does beside them.
        self.value = unless_vanished(self.keep * self.value + self.alpha * (x - self.anchor));
        Some(self.value + self.anchor)
    }
}

/// A running mean rather than a sum: it never leaves the range of its inputs, not even by rounding.
#[cold]
#[inline(never)]
fn seed(mean: f64, x: f64, count: u32) -> f64 {
    mean + (x - mean) / f64::from(count)
}

/// Feeds each stage with what the one before it gives. The outputs of all, once the last has one.
#[inline(always)]
pub fn cascade<const N: usize>(stages: &mut [OnePole; N], x: f64) -> Option<[f64; N]> {
    let (mut values, mut value) = ([0.0; N], x);
    for (stage, output) in stages.iter_mut().zip(&mut values) {
        value = stage.push(value)?;
        *output = value;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decaying_value_becomes_zero_and_never_subnormal() {
        let mut pole = OnePole::wilder(14);
        pole.push(1.0);
        let smallest = (0..20_000).filter_map(|_| pole.push(0.0)).filter(|v| *v > 0.0).fold(1.0, f64::min);
        assert!(smallest >= VANISHED);
        assert_eq!(pole.push(0.0), Some(0.0));
    }

    #[test]
    fn a_flat_market_has_its_price_as_average() {
        let mut pole = OnePole::ema(7).anchored();
        assert!((0..1_000).filter_map(|_| pole.push(0.1)).all(|average| average == 0.1));
    }
}
