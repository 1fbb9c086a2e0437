//! Signs of manipulation that the tape alone shows: matched trades, made-up sizes, pumps.

use std::collections::VecDeque;

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::chi2_tail;
use crate::parts::market::{Clock, Trade};
use crate::parts::{Ring, Sum, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    #[derive(Copy, Default)]
    struct Seen {
        t_s: f64,
        price: f64,
        size: f64,
        side: f64,
        matched: bool,
    }
}

state! {
    pub struct WashTradeMatched {
        horizon_s: f64,
        tol: f64,
        window: usize,
        clock: Clock,
        trades: VecDeque<Seen>,
        /// The newest of them that are within the horizon.
        recent: usize,
        volume: Sum,
        matched: Sum,
        since_refresh: usize,
    }
}

impl WashTradeMatched {
    /// The oldest trade of the horizon that the new one is the other side of.
    fn partner(&self, trade: &Trade) -> Option<usize> {
        let near = |a: f64, b: f64| (a - b).abs() <= self.tol * a.max(b);
        let first = self.trades.len() - self.recent;
        let mut candidates = self.trades.range(first..).enumerate();
        let found = candidates.find(|(_, seen)| {
            !seen.matched
                && seen.side != trade.side
                && near(seen.price, trade.price)
                && near(seen.size, trade.size)
        });
        found.map(|(place, _)| first + place)
    }

    fn make_room(&mut self, t_s: f64) {
        if self.trades.len() == self.window {
            let old = self.trades.pop_front().unwrap_or_default();
            self.volume.add(-old.size);
            if old.matched {
                self.matched.add(-old.size);
            }
            self.recent = self.recent.min(self.trades.len());
        }
        while self.recent > 0 && t_s - self.trades[self.trades.len() - self.recent].t_s > self.horizon_s {
            self.recent -= 1;
        }
    }

    /// Once a window both sums are made anew, so that what they lose never adds up.
    fn refresh(&mut self) {
        self.since_refresh = 0;
        (self.volume, self.matched) = Default::default();
        for seen in &self.trades {
            self.volume.add(seen.size);
            if seen.matched {
                self.matched.add(seen.size);
            }
        }
    }
}

impl Kernel for WashTradeMatched {
    const INFO: &'static FormulaInfo = &rows::WASH_TRADE_MATCHED;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            horizon_s: params.float("horizon_s"),
            tol: params.float("tol"),
            window,
            clock: Clock::default(),
            trades: VecDeque::with_capacity(window),
            recent: 0,
            volume: Sum::default(),
            matched: Sum::default(),
            since_refresh: 0,
        })
    }

    fn step(&mut self, [price, size, side, t_s]: [f64; 4]) -> Option<f64> {
        let trade = Trade::new([price, size, side])?;
        if !self.clock.advance(t_s) {
            return None;
        }
        self.make_room(t_s);
        let partner = self.partner(&trade);
        if let Some(place) = partner {
            self.trades[place].matched = true;
            self.matched.add(self.trades[place].size);
            self.matched.add(size);
        }
        self.trades.push_back(Seen { t_s, price, size, side, matched: partner.is_some() });
        self.recent += 1;
        self.volume.add(size);
        self.since_refresh += 1;
        if self.since_refresh >= self.window {
            self.refresh();
        }
        let share = (self.matched.value() / self.volume.value()).clamp(0.0, 1.0);
        (self.trades.len() == self.window).then_some(share)
    }
}

state! {
    pub struct BenfordChi2 {
        digits: Ring,
        seen: usize,
        counts: [u32; 9],
        expected: [f64; 9],
    }
}

outputs! {
    BenfordPoint { chi2, p_value, mad }
}

/// Decimal sizes are a rounding off: one this near below a power of ten or a multiple of it is there.
const DECIMAL: f64 = 1e-12;

/// 1 to 9.
fn first_digit(size: f64) -> usize {
    let exponent = size.log10().floor() as i32;
    let leading = size * 10f64.powi(-exponent) * (1.0 + DECIMAL);
    // The logarithm may be off by one at a power of ten.
    let leading = if leading >= 10.0 {
        leading / 10.0
    } else if leading < 1.0 {
        leading * 10.0
    } else {
        leading
    };
    (leading as usize).clamp(1, 9)
}

impl BenfordChi2 {
    fn point(&self) -> BenfordPoint {
        let n = self.digits.len() as f64;
        let (mut chi2, mut mad) = (0.0, 0.0);
        for (&count, &share) in self.counts.iter().zip(&self.expected) {
            let off = f64::from(count) / n - share;
            chi2 += n * off * off / share;
            mad += off.abs() / 9.0;
        }
        BenfordPoint { chi2, p_value: chi2_tail(chi2, 8.0), mad }
    }
}

impl Kernel for BenfordChi2 {
    const INFO: &'static FormulaInfo = &rows::BENFORD_CHI2;
    type Input<'a> = f64;
    type Output<'s> = BenfordPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            digits: Ring::new(params.int("window")),
            seen: 0,
            counts: [0; 9],
            expected: std::array::from_fn(|place| {
                (1.0 / (place + 1) as f64).ln_1p() / std::f64::consts::LN_10
            }),
        })
    }

    #[inline]
    fn step(&mut self, size: f64) -> Option<BenfordPoint> {
        // Below the normal numbers a size has no ten digits left, nor a power of ten that scales it.
        if size < f64::MIN_POSITIVE {
            return None;
        }
        let digit = first_digit(size);
        let old = self.digits.push(digit as f64).old as usize;
        self.counts[digit - 1] += 1;
        if self.seen == self.digits.len() {
            self.counts[old - 1] -= 1;
        } else {
            self.seen += 1;
        }
        (self.seen == self.digits.len()).then(|| self.point())
    }
}

state! {
    pub struct PumpDump {
        price_k: f64,
        volume_k: f64,
        closes: WindowSum,
        volumes: WindowSum,
    }
}

outputs! {
    PumpPoint { price_anomaly, volume_anomaly, pump }
}

impl Kernel for PumpDump {
    const INFO: &'static FormulaInfo = &rows::PUMP_DUMP;
    type Input<'a> = [f64; 3];
    type Output<'s> = PumpPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            price_k: params.float("price_k") / window as f64,
            volume_k: params.float("vol_k") / window as f64,
            closes: WindowSum::new(window),
            volumes: WindowSum::new(window),
        })
    }

    #[inline]
    fn step(&mut self, [high, close, volume]: [f64; 3]) -> Option<PumpPoint> {
        if close <= 0.0 || high < close || volume < 0.0 {
            return None;
        }
        let full = self.closes.count() == self.closes.len();
        let price = high > self.price_k * self.closes.value();
        // What cancels in a sum may leave a rounding below zero, which no volume at all would exceed.
        let traded = volume > self.volume_k * self.volumes.value().max(0.0);
        self.closes.push_partial(close);
        self.volumes.push_partial(volume);
        let flag = |set: bool| f64::from(u8::from(set));
        full.then(|| PumpPoint {
            price_anomaly: flag(price),
            volume_anomaly: flag(traded),
            pump: flag(price && traded),
        })
    }
}
