//! What moves on the chain, against what there is: transfer volume, addresses, flows and the sizes of transfers.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{OrderStatistics, RollingMoments, RollingPair, Sum, WindowSum};
use crate::persist::state;
use crate::rows;

outputs! { NvtPoint { nvt, nvts, nvt_price } }

state! {
    pub struct Nvt {
        volume: WindowSum,
        signals: OrderStatistics,
    }
}

impl Kernel for Nvt {
    const INFO: &'static FormulaInfo = &rows::NVT;
    type Input<'a> = [f64; 3];
    type Output<'s> = NvtPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            volume: WindowSum::new(params.int("ma")),
            signals: OrderStatistics::new(params.int("long")),
        })
    }

    #[inline]
    fn step(&mut self, [cap, volume, supply]: [f64; 3]) -> Option<NvtPoint> {
        if cap <= 0.0 || volume < 0.0 || supply <= 0.0 {
            return None;
        }
        let mean = self.volume.push(volume)? / self.volume.len() as f64;
        if mean <= 0.0 {
            return None;
        }
        let nvts = cap / mean;
        self.signals.push(nvts);
        if !self.signals.is_full() {
            return None;
        }
        let nvt = if volume > 0.0 { cap / volume } else { f64::NAN };
        Some(NvtPoint { nvt, nvts, nvt_price: self.signals.median() * mean / supply })
    }
}

state! {
    pub struct Velocity {
        volume: WindowSum,
        periods_a_year: f64,
    }
}

impl Kernel for Velocity {
    const INFO: &'static FormulaInfo = &rows::VELOCITY;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { volume: WindowSum::new(period), periods_a_year: 365.0 / period as f64 })
    }

    #[inline]
    fn step(&mut self, [volume, supply]: [f64; 2]) -> Option<f64> {
        if volume < 0.0 || supply <= 0.0 {
            return None;
        }
        self.volume.push(volume).map(|sum| self.periods_a_year * sum / supply)
    }
}

outputs! { AddressMomentumPoint { ratio, growth } }

state! {
    pub struct AddressMomentum {
        fast: WindowSum,
        slow: WindowSum,
        /// ln n against the day.
        line: RollingPair,
        day: u64,
    }
}

impl Kernel for AddressMomentum {
    const INFO: &'static FormulaInfo = &rows::ADDRESS_MOMENTUM;
    type Input<'a> = f64;
    type Output<'s> = AddressMomentumPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let fast = params.int("fast");
        Ok(Self {
            fast: WindowSum::new(fast),
            slow: WindowSum::new(params.int("slow")),
            line: RollingPair::new(fast),
            day: 0,
        })
    }

    #[inline]
    fn step(&mut self, addresses: f64) -> Option<AddressMomentumPoint> {
        if addresses <= 0.0 {
            return None;
        }
        self.day += 1;
        let fast = self.fast.push(addresses);
        let slow = self.slow.push(addresses);
        let moments = self.line.push(self.day as f64, addresses.ln());
        let (fast, slow, moments) = (fast?, slow?, moments?);
        Some(AddressMomentumPoint {
            ratio: fast * self.slow.len() as f64 / (slow * self.fast.len() as f64),
            growth: 365.0 * moments.covariance / moments.variance_x,
        })
    }
}

outputs! { NetflowPoint { netflow, ratio, z } }

state! {
    pub struct ExchangeNetflow {
        moments: RollingMoments,
    }
}

impl Kernel for ExchangeNetflow {
    const INFO: &'static FormulaInfo = &rows::EXCHANGE_NETFLOW;
    type Input<'a> = [f64; 3];
    type Output<'s> = NetflowPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { moments: RollingMoments::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, [inflow, outflow, balance]: [f64; 3]) -> Option<NetflowPoint> {
        if inflow < 0.0 || outflow < 0.0 || balance < 0.0 {
            return None;
        }
        let netflow = inflow - outflow;
        let moments = self.moments.push(netflow)?;
        let ratio = if balance > 0.0 { netflow / balance } else { f64::NAN };
        let z = if moments.variance > 0.0 {
            moments.deviation / moments.deviation_of(self.moments.len(), 1)
        } else {
            0.0
        };
        Some(NetflowPoint { netflow, ratio, z })
    }
}

outputs! { TxValuePoint { entropy, whale_share, gini } }

state! {
    pub struct TxValueEntropy {
        threshold: f64,
        bins_per_decade: f64,
        /// Ascending. Reserved for the width of the column: it grows only if a later row is longer than that.
        values: Vec<f64>,
    }
}

impl Kernel for TxValueEntropy {
    const INFO: &'static FormulaInfo = &rows::TX_VALUE_ENTROPY;
    type Input<'a> = &'a [f64];
    type Output<'s> = TxValuePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            threshold: params.float("threshold_btc"),
            bins_per_decade: params.float("bins_per_decade"),
            values: Vec::with_capacity(params.width()),
        })
    }

    #[inline]
    fn step(&mut self, values: &[f64]) -> Option<TxValuePoint> {
        if values.iter().any(|&value| value < 0.0) || values.iter().all(|&value| value == 0.0) {
            return None;
        }
        self.values.clear();
        self.values.extend(values.iter().filter(|&&value| value > 0.0));
        self.values.sort_unstable_by(f64::total_cmp);
        let (mut total, mut whales, mut spread) = (Sum::default(), Sum::default(), Sum::default());
        let n = self.values.len() as f64;
        for (place, &value) in self.values.iter().enumerate() {
            total.add(value);
            spread.add((2.0 * (place + 1) as f64 - n - 1.0) * value);
            if value >= self.threshold {
                whales.add(value);
            }
        }
        Some(TxValuePoint {
            entropy: self.entropy(),
            whale_share: whales.value() / total.value(),
            gini: spread.value() / (n * total.value()),
        })
    }
}

impl TxValueEntropy {
    /// Of the counts in bins of equal width in log10: in ascending values a bin is a run.
    fn entropy(&self) -> f64 {
        let bin = |value: f64| (value.log10() * self.bins_per_decade).floor();
        let share = 1.0 / self.values.len() as f64;
        let term = |count: f64| -count * share * (count * share).ln();
        let (mut entropy, mut count, mut last) = (0.0, 0.0, bin(self.values[0]));
        for place in self.values.iter().map(|&value| bin(value)) {
            if place != last {
                entropy += term(count);
                (count, last) = (0.0, place);
            }
            count += 1.0;
        }
        // A single bin has an entropy of 0, not of minus 0 or of rounding.
        (entropy + term(count)).max(0.0)
    }
}
