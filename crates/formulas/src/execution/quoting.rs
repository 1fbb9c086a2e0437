//! Where to quote: a market maker's prices by its inventory, the intensity of fills by distance, and the prices of one who
//! may face an informed trader.

use crate::execution::lots::{ceil_to, floor_to};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

outputs! { Quotes { reservation, bid, ask, spread } }

state! {
    pub struct AvellanedaStoikov {
        /// gamma * sigma².
        risk: f64,
        /// Of the spread, what is left without inventory risk.
        base: f64,
        horizon: f64,
        tick: f64,
        post_only: bool,
    }
}

impl Kernel for AvellanedaStoikov {
    const INFO: &'static FormulaInfo = &rows::AVELLANEDA_STOIKOV;
    type Input<'a> = [f64; 4];
    type Output<'s> = Quotes;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (gamma, sigma) = (params.float("gamma"), params.float("sigma"));
        let (tick, post_only) = (params.float("tick"), params.flag("post_only"));
        if post_only && tick == 0.0 {
            return Err(params.refuse("tick", "above 0 where quotes are post-only"));
        }
        Ok(Self {
            risk: gamma * sigma * sigma,
            base: 2.0 / gamma * (gamma / params.float("k")).ln_1p(),
            horizon: params.float("horizon"),
            tick,
            post_only,
        })
    }

    #[inline]
    fn step(&mut self, row: [f64; 4]) -> Option<Quotes> {
        let [market_bid, market_ask, inventory, elapsed] = row;
        if market_ask < market_bid || elapsed < 0.0 {
            return None;
        }
        let risk = self.risk * (self.horizon - elapsed).max(0.0);
        let reservation = 0.5 * (market_bid + market_ask) - inventory * risk;
        let spread = risk + self.base;
        let (mut bid, mut ask) = (reservation - 0.5 * spread, reservation + 0.5 * spread);
        if self.tick > 0.0 {
            (bid, ask) = (floor_to(bid, self.tick), ceil_to(ask, self.tick));
        }
        if self.post_only {
            bid = bid.min(ceil_to(market_ask, self.tick) - self.tick);
            ask = ask.max(floor_to(market_bid, self.tick) + self.tick);
        }
        Some(Quotes { reservation, bid, ask, spread })
    }
}

outputs! { Distances { delta_bid, delta_ask } }

state! {
    pub struct Glft {
        half: f64,
        slope: f64,
        qmax: f64,
    }
}

impl Kernel for Glft {
    const INFO: &'static FormulaInfo = &rows::GLFT;
    type Input<'a> = f64;
    type Output<'s> = Distances;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let [gamma, a, k, sigma] = ["gamma", "a", "k", "sigma"].map(|name| params.float(name));
        let log = (gamma / k).ln_1p();
        let growth = ((1.0 + k / gamma) * log).exp();
        Ok(Self {
            half: log / gamma,
            slope: sigma * (gamma / (2.0 * k * a) * growth).sqrt(),
            qmax: params.float("qmax"),
        })
    }

    #[inline]
    fn step(&mut self, inventory: f64) -> Option<Distances> {
        let quoted = |there: bool, distance: f64| if there { distance } else { f64::NAN };
        Some(Distances {
            delta_bid: quoted(inventory < self.qmax, self.half + (inventory + 0.5) * self.slope),
            delta_ask: quoted(inventory > -self.qmax, self.half - (inventory - 0.5) * self.slope),
        })
    }
}

outputs! { Intensity { a, k, r2 } }

/// The window moves on by this part of itself at a time: what bounds the memory whatever comes in a window.
const PARTS: usize = 64;

state! {
    pub struct FillIntensity {
        bins: usize,
        bin_width: f64,
        part_s: f64,
        mid: Option<f64>,
        start_s: f64,
        last_s: Option<f64>,
        /// The part under way, counted from the start.
        part: u64,
        /// Trades by part and by the farthest distance that they reached, and over all parts together.
        counts: Box<[u64]>,
        totals: Box<[u64]>,
    }
}

impl Kernel for FillIntensity {
    const INFO: &'static FormulaInfo = &rows::FILL_INTENSITY;
    type Input<'a> = (Option<[f64; 2]>, (Option<[f64; 2]>, f64));
    type Output<'s> = Intensity;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let bins = params.int("n_bins");
        Ok(Self {
            bins,
            bin_width: params.float("bin_width"),
            part_s: params.float("window_s") / PARTS as f64,
            mid: None,
            start_s: 0.0,
            last_s: None,
            part: 0,
            counts: vec![0; PARTS * bins].into(),
            totals: vec![0; bins].into(),
        })
    }

    fn step(&mut self, (trade, (quote, t_s)): Self::Input<'_>) -> Option<Intensity> {
        let crossed = quote.is_some_and(|[bid, ask]| ask < bid);
        let no_side = trade.is_some_and(|[_, side]| side.abs() != 1.0);
        let neither = trade.is_none() && quote.is_none();
        if neither || crossed || no_side || self.last_s.is_some_and(|last_s| t_s < last_s) {
            return None;
        }
        let mid = quote.map(|[bid, ask]| 0.5 * (bid + ask)).or(self.mid)?;
        self.mid = Some(mid);
        self.advance(t_s);
        if let Some([price, side]) = trade {
            // Of d_j = j * bin_width, the farthest that the trade reached.
            let reached = (side * (price - mid) / self.bin_width).floor().min(self.bins as f64);
            if reached >= 1.0 {
                let bin = reached as usize - 1;
                self.counts[(self.part % PARTS as u64) as usize * self.bins + bin] += 1;
                self.totals[bin] += 1;
            }
        }
        self.fit(t_s)
    }
}

impl FillIntensity {
    /// Forgets the parts that have left the window.
    fn advance(&mut self, t_s: f64) {
        if self.last_s.replace(t_s).is_none() {
            self.start_s = t_s;
        }
        let part = ((t_s - self.start_s) / self.part_s) as u64;
        if part - self.part >= PARTS as u64 {
            self.part = part;
            self.counts.fill(0);
            self.totals.fill(0);
        }
        while self.part < part {
            self.part += 1;
            let place = (self.part % PARTS as u64) as usize * self.bins;
            for (total, count) in self.totals.iter_mut().zip(&mut self.counts[place..place + self.bins]) {
                *total -= std::mem::take(count);
            }
        }
    }

    fn exposure_s(&self, t_s: f64) -> f64 {
        let oldest = self.part.saturating_sub(PARTS as u64 - 1);
        t_s - self.start_s - oldest as f64 * self.part_s
    }

    /// Least squares of the logarithms of the rates on the distances, weighted by the counts. None for fewer than two
    /// distances that were reached.
    fn fit(&self, t_s: f64) -> Option<Intensity> {
        let exposure_s = self.exposure_s(t_s);
        // Distances that were reached are the nearest ones: what reached one reached all before it.
        let reached = self.totals.iter().rposition(|&count| count > 0)? + 1;
        if reached < 2 || exposure_s <= 0.0 {
            return None;
        }
        // About the farthest distance and its rate, so that equal rates differ by exactly nothing.
        let farthest = self.totals[reached - 1] as f64;
        let (mut weight, mut x, mut y, mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        let mut count = 0;
        for (place, total) in self.totals[..reached].iter().enumerate().rev() {
            count += total;
            let (w, distance) = (count as f64, (reached - 1 - place) as f64);
            let log = (w / farthest).ln();
            weight += w;
            x += w * distance;
            y += w * log;
            xx += w * distance * distance;
            xy += w * distance * log;
            yy += w * log * log;
        }
        let (mean_x, mean_y) = (x / weight, y / weight);
        let (sxx, sxy, syy) = (xx - x * mean_x, xy - x * mean_y, yy - y * mean_y);
        // Distances run backwards here: their rates rise where those of the definition fall.
        let rise = sxy / sxx;
        let log_a = (farthest / exposure_s).ln() + mean_y + rise * (reached as f64 - mean_x);
        let r2 = if y > 0.0 { (sxy * sxy / (sxx * syy)).min(1.0) } else { f64::NAN };
        Some(Intensity { a: log_a.exp(), k: rise / self.bin_width, r2 })
    }
}

outputs! { InformedQuotes { bid, ask, p } }

state! {
    pub struct GlostenMilgrom {
        v_low: f64,
        v_high: f64,
        /// Log-odds of the high value, before any trade; what a trade moves them by; buys less sells.
        prior: f64,
        weight: f64,
        balance: i64,
    }
}

impl Kernel for GlostenMilgrom {
    const INFO: &'static FormulaInfo = &rows::GLOSTEN_MILGROM;
    type Input<'a> = f64;
    type Output<'s> = InformedQuotes;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let [v_high, v_low, mu, p0] = ["v_high", "v_low", "mu", "p0"].map(|name| params.float(name));
        if v_high <= v_low {
            return Err(params.refuse("v_high", format!("above v_low, which is {v_low}")));
        }
        let (prior, weight) = ((p0 / (1.0 - p0)).ln(), 2.0 * mu.atanh());
        Ok(Self { v_low, v_high, prior, weight, balance: 0 })
    }

    #[inline]
    fn step(&mut self, side: f64) -> Option<InformedQuotes> {
        if side.abs() != 1.0 {
            return None;
        }
        self.balance += side as i64;
        let belief = |balance: i64| 1.0 / (1.0 + (-(self.prior + balance as f64 * self.weight)).exp());
        let value = |p: f64| self.v_low + p * (self.v_high - self.v_low);
        Some(InformedQuotes {
            bid: value(belief(self.balance - 1)),
            ask: value(belief(self.balance + 1)),
            p: belief(self.balance),
        })
    }
}
