//! Bars of a fixed length made of trades. Lengths without a trade give no bar.

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bar {
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub volume: f64,
}

pub struct BarBuilder {
    length_ns: i64,
    /// Number of the open bar since the epoch; `i64::MIN` before the first trade.
    index: i64,
    bar: Bar,
}

impl BarBuilder {
    pub fn new(length_ns: i64) -> BarBuilder {
        let empty = Bar { open: f64::NAN, high: f64::MIN, low: f64::MAX, close: f64::NAN, volume: 0.0 };
        BarBuilder { length_ns: length_ns.max(1), index: i64::MIN, bar: empty }
    }

    pub fn length_ns(&self) -> i64 {
        self.length_ns
    }

    /// The bar that has ended by now, once.
    pub fn on_clock(&mut self, now_ns: i64) -> Option<Bar> {
        let index = now_ns.div_euclid(self.length_ns);
        if self.index == i64::MIN || index <= self.index {
            return None;
        }
        self.index = i64::MIN;
        Some(self.bar)
    }

    pub fn on_trade(&mut self, px: f64, size: f64, now_ns: i64) -> Option<Bar> {
        let done = self.on_clock(now_ns);
        if self.index == i64::MIN {
            self.index = now_ns.div_euclid(self.length_ns);
            self.bar = Bar { open: px, high: px, low: px, close: px, volume: size };
        } else {
            self.bar.high = self.bar.high.max(px);
            self.bar.low = self.bar.low.min(px);
            self.bar.close = px;
            self.bar.volume += size;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_end_at_multiples_of_their_length() {
        let mut builder = BarBuilder::new(1000);
        assert_eq!(builder.on_trade(5.0, 1.0, 1_100), None);
        assert_eq!(builder.on_trade(7.0, 2.0, 1_500), None);
        assert_eq!(builder.on_trade(6.0, 3.0, 1_999), None);
        let first = Bar { open: 5.0, high: 7.0, low: 5.0, close: 6.0, volume: 6.0 };
        assert_eq!(builder.on_trade(1.0, 4.0, 2_000), Some(first));
        assert_eq!(builder.on_clock(2_999), None);
        let second = Bar { open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 4.0 };
        assert_eq!(builder.on_clock(9_000), Some(second));
        assert_eq!(builder.on_clock(10_000), None);
    }
}
