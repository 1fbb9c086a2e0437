//! The volatility surface: SVI, the skew of a slice of strikes, and the variance that its prices imply.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::normal_cdf;
use crate::parts::pchip;
use crate::persist::state;
use crate::rows;

outputs! { SviPoint { w, g } }

state! {
    pub struct Svi {
        a: f64,
        b: f64,
        rho: f64,
        m: f64,
        sig: f64,
    }
}

impl Kernel for Svi {
    const INFO: &'static FormulaInfo = &rows::SVI;
    type Input<'a> = [f64; 2];
    type Output<'s> = SviPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let [a, b, rho, m, sig] = ["a", "b", "rho", "m", "sig"].map(|name| params.float(name));
        let depth = b * sig * (1.0 - rho * rho).sqrt();
        if a + depth < 0.0 {
            return Err(params.refuse("a", format!("at least {}: the variance must not be negative", -depth)));
        }
        Ok(Self { a, b, rho, m, sig })
    }

    #[inline]
    fn step(&mut self, [strike, forward]: [f64; 2]) -> Option<SviPoint> {
        if strike <= 0.0 || forward <= 0.0 {
            return None;
        }
        let k = (strike / forward).ln();
        let x = k - self.m;
        let root = (x * x + self.sig * self.sig).sqrt();
        let w = self.a + self.b * (self.rho * x + root);
        let first = self.b * (self.rho + x / root);
        let second = self.b * self.sig * self.sig / (root * root * root);
        let level = 1.0 - 0.5 * k * first / w;
        let g = level * level - 0.25 * first * first * (1.0 / w + 0.25) + 0.5 * second;
        Some(SviPoint { w, g: if w > 0.0 { g } else { f64::NAN } })
    }
}

outputs! { Skew { rr, bf, skew_slope } }

state! {
    pub struct RiskReversal {
        delta: f64,
        /// The quoted strikes of the row: ln(K/F), delta of the call, implied volatility. The deltas are negated, so
        /// that they ascend as the strikes do.
        logs: Vec<f64>,
        deltas: Vec<f64>,
        vols: Vec<f64>,
    }
}

impl Kernel for RiskReversal {
    const INFO: &'static FormulaInfo = &rows::RISK_REVERSAL;
    type Input<'a> = ([&'a [f64]; 2], [f64; 2]);
    type Output<'s> = Skew;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let buffer = || Vec::with_capacity(params.width());
        Ok(Self { delta: params.float("delta"), logs: buffer(), deltas: buffer(), vols: buffer() })
    }

    fn step(&mut self, ([strikes, vols], [forward, expiry_years]): Self::Input<'_>) -> Option<Skew> {
        let read = forward > 0.0 && expiry_years > 0.0 && self.read(strikes, vols, forward, expiry_years);
        // Nothing of a row is kept: scratch is no state.
        let skew = if read { self.skew() } else { None };
        [&mut self.logs, &mut self.deltas, &mut self.vols].into_iter().for_each(Vec::clear);
        skew
    }
}

impl RiskReversal {
    /// False for strikes that do not ascend, a negative volatility, and a smile whose deltas do not fall with the
    /// strike, as they do wherever there is no arbitrage.
    fn read(&mut self, strikes: &[f64], vols: &[f64], forward: f64, expiry_years: f64) -> bool {
        let root = expiry_years.sqrt();
        for (&strike, &vol) in strikes.iter().zip(vols) {
            if strike <= 0.0 || vol < 0.0 {
                return false;
            }
            if vol == 0.0 {
                continue;
            }
            let (log, deviation) = ((strike / forward).ln(), vol * root);
            let delta = -normal_cdf(0.5 * deviation - log / deviation);
            let ascends = self.logs.last().is_none_or(|&last| last < log);
            if !ascends || self.deltas.last().is_some_and(|&last| last >= delta) {
                return false;
            }
            self.logs.push(log);
            self.deltas.push(delta);
            self.vols.push(vol);
        }
        self.logs.len() >= 2
    }

    fn skew(&self) -> Option<Skew> {
        let vol =
            |delta: f64| pchip::at(&self.deltas, &self.vols, -delta).map_or(f64::NAN, |point| point.value);
        let (call, put) = (vol(self.delta), vol(1.0 - self.delta));
        let money = pchip::at(&self.logs, &self.vols, 0.0);
        let (at_the_money, skew_slope) =
            money.map_or((f64::NAN, f64::NAN), |point| (point.value, point.slope));
        Some(Skew { rr: call - put, bf: 0.5 * (call + put) - at_the_money, skew_slope })
    }
}

outputs! { ModelFree { var, vol_index } }

state! {
    pub struct ModelFreeVariance {
        /// Strikes and prices out of the money that count, ascending.
        strip: Vec<(f64, f64)>,
    }
}

/// Quotes of a slice: bids and asks of calls and puts by strike.
struct Slice<'a> {
    strikes: &'a [f64],
    call_bids: &'a [f64],
    call_asks: &'a [f64],
    put_bids: &'a [f64],
    put_asks: &'a [f64],
}

impl Slice<'_> {
    fn is_sound(&self) -> bool {
        let sides = [(self.call_bids, self.call_asks), (self.put_bids, self.put_asks)];
        let quoted = |(bids, asks): (&[f64], &[f64])| {
            bids.len() == self.strikes.len()
                && asks.len() == self.strikes.len()
                && bids.iter().zip(asks).all(|(bid, ask)| 0.0 <= *bid && bid <= ask)
        };
        self.strikes.first().is_some_and(|&strike| strike > 0.0)
            && self.strikes.windows(2).all(|pair| pair[0] < pair[1])
            && sides.into_iter().all(quoted)
    }

    fn call(&self, place: usize) -> f64 {
        0.5 * (self.call_bids[place] + self.call_asks[place])
    }

    fn put(&self, place: usize) -> f64 {
        0.5 * (self.put_bids[place] + self.put_asks[place])
    }

    /// By parity at the strike whose call and put are closest, among those with bids for both.
    fn forward(&self, growth: f64) -> Option<f64> {
        let difference = |place: usize| self.call(place) - self.put(place);
        let place = (0..self.strikes.len())
            .filter(|&place| self.call_bids[place] > 0.0 && self.put_bids[place] > 0.0)
            .min_by(|&a, &b| difference(a).abs().total_cmp(&difference(b).abs()))?;
        Some(self.strikes[place] + growth * difference(place))
    }
}

impl Kernel for ModelFreeVariance {
    const INFO: &'static FormulaInfo = &rows::MODEL_FREE_VARIANCE;
    type Input<'a> = ([&'a [f64]; 5], [f64; 2]);
    type Output<'s> = ModelFree;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { strip: Vec::with_capacity(params.width()) })
    }

    fn step(&mut self, (quotes, [expiry_years, rate]): Self::Input<'_>) -> Option<ModelFree> {
        let [strikes, call_bids, call_asks, put_bids, put_asks] = quotes;
        let slice = Slice { strikes, call_bids, call_asks, put_bids, put_asks };
        if expiry_years <= 0.0 || !slice.is_sound() {
            return None;
        }
        let growth = (rate * expiry_years).exp();
        let forward = slice.forward(growth)?;
        let centre = strikes.iter().rposition(|&strike| strike <= forward)?;
        self.collect(&slice, centre);
        let sum = strip_sum(&self.strip);
        // Nothing of a row is kept: scratch is no state.
        self.strip.clear();
        let distance = forward / strikes[centre] - 1.0;
        let var = (2.0 * growth * sum? - distance * distance) / expiry_years;
        Some(ModelFree { var, vol_index: 100.0 * var.sqrt() })
    }
}

impl ModelFreeVariance {
    /// Puts below the central strike and calls above it, each as far as the second zero bid in a row, and the mean of
    /// both at it.
    fn collect(&mut self, slice: &Slice<'_>, centre: usize) {
        let Self { strip } = self;
        let mut zeros = 0;
        for place in (0..centre).rev().take_while(|&place| goes_on(&mut zeros, slice.put_bids[place])) {
            if slice.put_bids[place] > 0.0 {
                strip.push((slice.strikes[place], slice.put(place)));
            }
        }
        strip.reverse();
        strip.push((slice.strikes[centre], 0.5 * (slice.call(centre) + slice.put(centre))));
        zeros = 0;
        for place in
            (centre + 1..slice.strikes.len()).take_while(|&place| goes_on(&mut zeros, slice.call_bids[place]))
        {
            if slice.call_bids[place] > 0.0 {
                strip.push((slice.strikes[place], slice.call(place)));
            }
        }
    }
}

/// Counts zero bids in a row; false at the second.
fn goes_on(zeros: &mut u32, bid: f64) -> bool {
    *zeros = if bid > 0.0 { 0 } else { *zeros + 1 };
    *zeros < 2
}

/// The sum of price * dK / K², dK being half the distance between the neighbours and at the ends the distance to
/// the only one. None for a lone strike.
fn strip_sum(strip: &[(f64, f64)]) -> Option<f64> {
    let last = strip.len() - 1;
    let term = |place: usize| {
        let (below, above) = (place.saturating_sub(1), (place + 1).min(last));
        let width = (strip[above].0 - strip[below].0) / (above - below) as f64;
        let (strike, price) = strip[place];
        price * width / (strike * strike)
    };
    (last > 0).then(|| (0..=last).map(term).sum())
}
