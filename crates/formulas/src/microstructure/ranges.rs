//! Spreads estimated without quotes: from changes of the price, and from ranges of bars.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Change, Lag, RollingPair, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    pub struct RollSpread {
        change: Change,
        last: Lag,
        pairs: RollingPair,
    }
}

outputs! {
    /// Zero where prices trend; and with the sign of the bounce, negative where they do.
    RollSpreadPoint { spread, signed }
}

impl Kernel for RollSpread {
    const INFO: &'static FormulaInfo = &rows::ROLL_SPREAD;
    type Input<'a> = f64;
    type Output<'s> = RollSpreadPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let pairs = RollingPair::new(params.int("window") - 1);
        Ok(Self { change: Change::default(), last: Lag::new(1), pairs })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<RollSpreadPoint> {
        let difference = self.change.difference(price)?;
        let before = self.last.push(difference)?;
        let covariance = self.pairs.push(difference, before)?.covariance;
        let size = 2.0 * covariance.abs().sqrt();
        let signed = if covariance < 0.0 { size } else { -size };
        Some(RollSpreadPoint { spread: signed.max(0.0), signed: signed + 0.0 })
    }
}

/// A bar whose logarithms exist and whose close lies between low and high.
#[inline(always)]
fn is_bar(high: f64, low: f64, close: f64) -> bool {
    low > 0.0 && low <= close && close <= high
}

state! {
    pub struct CorwinSchultz {
        last: Option<[f64; 2]>,
        estimates: WindowSum,
    }
}

impl Kernel for CorwinSchultz {
    const INFO: &'static FormulaInfo = &rows::CORWIN_SCHULTZ;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { last: None, estimates: WindowSum::new(params.int("period") - 1) })
    }

    #[inline]
    fn step(&mut self, [high, low]: [f64; 2]) -> Option<f64> {
        if !is_bar(high, low, low) {
            return None;
        }
        let [last_high, last_low] = self.last.replace([high, low])?;
        let k = 3.0 - 2.0 * std::f64::consts::SQRT_2;
        let (one, other) = ((high / low).ln(), (last_high / last_low).ln());
        let beta = one * one + other * other;
        // The root of gamma is the range of both bars.
        let range = (high.max(last_high) / low.min(last_low)).ln();
        let alpha = ((2.0 * beta).sqrt() - beta.sqrt()) / k - range / k.sqrt();
        let estimate = 2.0 * (0.5 * alpha).tanh();
        let sum = self.estimates.push(estimate.max(0.0))?;
        Some(sum.max(0.0) / self.estimates.len() as f64)
    }
}

state! {
    pub struct AbdiRanaldo {
        /// The last close, and its logarithm over the middle of its bar.
        last: Option<[f64; 2]>,
        squares: WindowSum,
    }
}

impl Kernel for AbdiRanaldo {
    const INFO: &'static FormulaInfo = &rows::ABDI_RANALDO;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { last: None, squares: WindowSum::new(params.int("period") - 1) })
    }

    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        // Ratios before logarithms: differences of logarithms of prices would lose five digits of a narrow bar.
        let above_middle = |price: f64| 0.5 * ((price / high).ln() + (price / low).ln());
        let [last_close, last_above] = self.last.replace([close, above_middle(close)])?;
        let square = 4.0 * last_above * above_middle(last_close);
        let sum = self.squares.push(square)?;
        Some((sum.max(0.0) / self.squares.len() as f64).sqrt())
    }
}

state! {
    /// Means over the window of four numbers, of their squares and of their products: enough for mean and variance of
    /// any sum of them with weights that are known only later.
    struct Combination {
        means: [WindowSum; 4],
        products: [WindowSum; 10],
    }
}

impl Combination {
    fn new(length: usize) -> Self {
        let sum = |_| WindowSum::new(length);
        Self { means: std::array::from_fn(sum), products: std::array::from_fn(sum) }
    }

    #[inline]
    fn push(&mut self, values: [f64; 4]) {
        let mut products = self.products.iter_mut();
        for (first, x) in values.into_iter().enumerate() {
            self.means[first].push_partial(x);
            for (y, product) in values[first..].iter().zip(&mut products) {
                product.push_partial(x * y);
            }
        }
    }

    /// Mean and variance of the sum with these weights.
    fn moments(&self, weights: [f64; 4]) -> (f64, f64) {
        let inverse = 1.0 / self.means[0].len() as f64;
        let (mut mean, mut square) = (0.0, 0.0);
        let mut products = self.products.iter();
        for (first, weight) in weights.into_iter().enumerate() {
            mean += weight * self.means[first].value();
            for (place, (other, product)) in weights[first..].iter().zip(&mut products).enumerate() {
                let twice = if place == 0 { 1.0 } else { 2.0 };
                square += twice * weight * other * product.value();
            }
        }
        let mean = mean * inverse;
        (mean, (square * inverse - mean * mean).max(0.0))
    }
}

state! {
    /// What the next bar needs of a bar: its prices, and the logarithm of the close over the middle.
    #[derive(Copy, Default)]
    struct EdgeBar {
        high: f64,
        low: f64,
        close: f64,
        above_middle: f64,
    }
}

state! {
    pub struct EdgeSpread {
        last: Option<EdgeBar>,
        /// Sums of r1, r3 and r5 of the definition.
        returns: [WindowSum; 3],
        moved: WindowSum,
        /// Opens and closes that are not at an end of their bars, from moved bars; each end counts.
        opens_inside: WindowSum,
        closes_inside: WindowSum,
        first: Combination,
        second: Combination,
    }
}

impl Kernel for EdgeSpread {
    const INFO: &'static FormulaInfo = &rows::EDGE_SPREAD;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let length = params.int("period") - 1;
        Ok(Self {
            last: None,
            returns: std::array::from_fn(|_| WindowSum::new(length)),
            moved: WindowSum::new(length),
            opens_inside: WindowSum::new(length),
            closes_inside: WindowSum::new(length),
            first: Combination::new(length),
            second: Combination::new(length),
        })
    }

    fn step(&mut self, [open, high, low, close]: [f64; 4]) -> Option<f64> {
        if !is_bar(high, low, close) || !is_bar(high, low, open) {
            return None;
        }
        // About the open: all differences of logarithms that the definition asks for, none from large logarithms.
        let middle = 0.5 * ((high / open).ln() + (low / open).ln());
        let bar = EdgeBar { high, low, close, above_middle: (close / open).ln() - middle };
        let last = self.last.replace(bar)?;
        let (r1, r4, r5) = (middle, last.above_middle, (open / last.close).ln());
        let (r2, r3) = (r5 + r4, r1 + r5);
        let tau = f64::from(u8::from(high != low || low != last.close));
        let ends = |price: f64, bar: &EdgeBar| {
            f64::from(u8::from(price != bar.high)) + f64::from(u8::from(price != bar.low))
        };
        for (sum, r) in self.returns.iter_mut().zip([r1, r3, r5]) {
            sum.push_partial(r);
        }
        self.opens_inside.push_partial(tau * ends(open, &bar));
        self.closes_inside.push_partial(tau * ends(last.close, &last));
        self.first.push([r1 * r2, tau * r2, r3 * r4, tau * r4]);
        self.second.push([r1 * r5, tau * r5, r5 * r4, tau * r4]);
        self.moved.push(tau).map(|moved| self.spread(moved))
    }
}

impl EdgeSpread {
    fn spread(&self, moved: f64) -> f64 {
        let (opens, closes) = (self.opens_inside.value(), self.closes_inside.value());
        if moved < 2.0 || opens == 0.0 || closes == 0.0 {
            return f64::NAN;
        }
        let length = self.moved.len() as f64;
        let (by_open, by_close) = (-4.0 * length / opens, -4.0 * length / closes);
        let [r1, r3, r5] = [0, 1, 2].map(|place: usize| self.returns[place].value() / moved);
        let (e1, v1) = self.first.moments([by_open, -by_open * r1, by_close, -by_close * r3]);
        let (e2, v2) = self.second.moments([by_open, -by_open * r1, by_close, -by_close * r5]);
        let both = v1 + v2;
        let square = if both > 0.0 { (v2 * e1 + v1 * e2) / both } else { 0.5 * (e1 + e2) };
        square.abs().sqrt()
    }
}
