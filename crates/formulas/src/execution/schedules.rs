//! How a large order is cut up over time: evenly, by a curve of volume, along with the market, or by its risk.

use crate::execution::lots::{floor_to, split};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

outputs! { Twap<'a> { sizes: &'a [f64], times: &'a [f64] } }

state! {
    pub struct TwapSchedule {
        lot: f64,
        sizes: Box<[f64]>,
        times: Box<[f64]>,
    }
}

impl Kernel for TwapSchedule {
    const INFO: &'static FormulaInfo = &rows::TWAP_SCHEDULE;
    type Input<'a> = f64;
    type Output<'s> = Twap<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let slices = params.int("slices");
        let (width, jitter) = (params.float("horizon_s") / slices as f64, params.float("jitter"));
        let mut draws = SplitMix64(params.int("seed") as u64);
        let times = (0..slices).map(|k| width * (k as f64 + 0.5 + jitter * (2.0 * draws.unit() - 1.0)));
        Ok(Self { lot: params.float("lot"), sizes: vec![0.0; slices].into(), times: times.collect() })
    }

    #[inline]
    fn step(&mut self, order_size: f64) -> Option<Twap<'_>> {
        if order_size < 0.0 {
            return None;
        }
        let slices = self.sizes.len();
        split(order_size, self.lot, (1..=slices).map(|k| k as f64 / slices as f64), &mut self.sizes);
        Some(Twap { sizes: &self.sizes, times: &self.times })
    }
}

/// Steele, Lea and Flood's generator (2014): the same schedule for the same seed, wherever it is made.
struct SplitMix64(u64);

impl SplitMix64 {
    /// In [0, 1), of 53 bits.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}

outputs! { VolumeCurve<'a> { sizes: &'a [f64], curve: &'a [f64] } }

state! {
    pub struct VwapSchedule {
        lam: f64,
        lot: f64,
        /// Bins of the order: from the first up to but without the second.
        horizon: (usize, usize),
        /// Volumes of the day under way.
        today: Box<[f64]>,
        bin: usize,
        curve: Box<[f64]>,
        /// The curve is that of days seen, and not the uniform one of the first.
        seen: bool,
        sizes: Box<[f64]>,
    }
}

impl Kernel for VwapSchedule {
    const INFO: &'static FormulaInfo = &rows::VWAP_SCHEDULE;
    type Input<'a> = [f64; 2];
    type Output<'s> = VolumeCurve<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (bins, start, stop) = (params.int("bins"), params.int("start"), params.int("stop"));
        let stop = if stop == 0 { bins } else { stop };
        if stop > bins {
            return Err(params.refuse("stop", format!("at most the number of bins, {bins}")));
        }
        if start >= stop {
            return Err(params.refuse("start", format!("below the last bin of the order, {stop}")));
        }
        Ok(Self {
            lam: params.float("lam"),
            lot: params.float("lot"),
            horizon: (start, stop),
            today: vec![0.0; bins].into(),
            bin: 0,
            curve: vec![1.0 / bins as f64; bins].into(),
            seen: false,
            sizes: vec![0.0; bins].into(),
        })
    }

    fn step(&mut self, [order_size, volume]: [f64; 2]) -> Option<VolumeCurve<'_>> {
        if order_size < 0.0 || volume < 0.0 {
            return None;
        }
        self.today[self.bin] = volume;
        self.bin += 1;
        if self.bin == self.today.len() {
            self.bin = 0;
            self.end_day();
        }
        let (start, stop) = self.horizon;
        let part = &self.curve[start..stop];
        let total: f64 = part.iter().sum();
        let shares = part.iter().scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum / total)
        });
        split(order_size, self.lot, shares, &mut self.sizes[start..stop]);
        Some(VolumeCurve { sizes: &self.sizes, curve: &self.curve })
    }
}

impl VwapSchedule {
    /// A day without any volume has no curve, and leaves that of the others.
    fn end_day(&mut self) {
        let total: f64 = self.today.iter().sum();
        if total <= 0.0 {
            return;
        }
        let weight = if self.seen { 1.0 - self.lam } else { 1.0 };
        self.seen = true;
        for (share, volume) in self.curve.iter_mut().zip(&self.today) {
            *share += weight * (volume / total - *share);
        }
        // Each day's shares add up to 1 but for rounding, which must not add up itself.
        let sum: f64 = self.curve.iter().sum();
        self.curve.iter_mut().for_each(|share| *share /= sum);
    }
}

state! {
    pub struct PovSchedule {
        /// What may be filled for each contract that others trade: as wanted, and at most.
        wanted: f64,
        most: f64,
        lot: f64,
        market: Sum,
        filled: Sum,
    }
}

impl Kernel for PovSchedule {
    const INFO: &'static FormulaInfo = &rows::POV_SCHEDULE;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let odds = |name: &str| params.float(name) / (1.0 - params.float(name));
        Ok(Self {
            wanted: odds("rate"),
            most: odds("cap"),
            lot: params.float("lot"),
            market: Sum::default(),
            filled: Sum::default(),
        })
    }

    #[inline]
    fn step(&mut self, row: [f64; 4]) -> Option<f64> {
        let [order_size, market_size, fill_size, open_size] = row;
        if row.iter().any(|size| *size < 0.0) {
            return None;
        }
        self.market.add(market_size);
        self.filled.add(fill_size);
        let (market, taken) = (self.market.value(), self.filled.value() + open_size);
        let target = market * self.wanted.min(self.most);
        Some(floor_to((target - taken).max(0.0), self.lot).min((order_size - taken).max(0.0)))
    }
}
