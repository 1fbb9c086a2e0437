//! Cycles and turns: Fisher's transform, the period of the dominant cycle, and how straight a trend is.

use std::f64::consts::PI;

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{RollingPair, WindowExtreme};
use crate::persist::state;
use crate::rows;

outputs! { FisherPoint { fisher, signal } }

state! {
    pub struct FisherTransform {
        max: WindowExtreme,
        min: WindowExtreme,
        position: f64,
        fisher: f64,
    }
}

impl Kernel for FisherTransform {
    const INFO: &'static FormulaInfo = &rows::FISHER_TRANSFORM;
    type Input<'a> = [f64; 2];
    type Output<'s> = FisherPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            max: WindowExtreme::max(period),
            min: WindowExtreme::min(period),
            position: 0.0,
            fisher: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, [high, low]: [f64; 2]) -> Option<FisherPoint> {
        if high < low {
            return None;
        }
        let middle = 0.5 * (high + low);
        let (max, min) = (self.max.push(middle), self.min.push(middle));
        let (max, min) = (max?, min?);
        let range = if max > min { max - min } else { 0.001 };
        let position = 0.66 * ((middle - min) / range - 0.5) + 0.67 * self.position;
        self.position = if position.abs() > 0.99 { 0.999f64.copysign(position) } else { position };
        let signal = self.fisher;
        self.fisher = 0.5 * ((1.0 + self.position) / (1.0 - self.position)).ln() + 0.5 * signal;
        Some(FisherPoint { fisher: self.fisher, signal })
    }
}

state! {
    /// The last seven values of a stage.
    #[derive(Copy, Default)]
    struct Taps {
        values: [f64; 7],
    }
}

impl Taps {
    #[inline(always)]
    fn push(&mut self, x: f64) {
        self.values.copy_within(0..6, 1);
        self.values[0] = x;
    }

    /// Ehlers' discrete Hilbert transform with x as the newest value.
    #[inline(always)]
    fn hilbert(&mut self, x: f64, gain: f64) -> f64 {
        self.push(x);
        let [z0, _, z2, _, z4, _, z6] = self.values;
        (0.0962 * (z0 - z6) + 0.5769 * (z2 - z4)) * gain
    }
}

/// The smoothed price reaches the transforms from this row on, as in TA-Lib.
const FIRST: u8 = 12;
/// Rows before the period has settled.
const SETTLED: u8 = 32;

state! {
    pub struct HilbertPeriod {
        seen: u8,
        prices: [f64; 4],
        smooth: Taps,
        detrended: Taps,
        quadrature: Taps,
        in_phase: Taps,
        /// I2, Q2, Re and Im of the homodyne discriminator.
        i2: f64,
        q2: f64,
        re: f64,
        im: f64,
        raw: f64,
        period: f64,
    }
}

impl HilbertPeriod {
    #[inline(always)]
    fn cycle(&mut self, smooth: f64) {
        let gain = 0.075 * self.raw + 0.54;
        let detrended = self.smooth.hilbert(smooth, gain);
        let q1 = self.detrended.hilbert(detrended, gain);
        let i1 = self.detrended.values[3];
        let ji = self.in_phase.hilbert(i1, gain);
        let jq = self.quadrature.hilbert(q1, gain);
        let (i2, q2) = (0.2 * (i1 - jq) + 0.8 * self.i2, 0.2 * (q1 + ji) + 0.8 * self.q2);
        self.re = 0.2 * (i2 * self.i2 + q2 * self.q2) + 0.8 * self.re;
        self.im = 0.2 * (i2 * self.q2 - q2 * self.i2) + 0.8 * self.im;
        (self.i2, self.q2) = (i2, q2);
        let last = self.raw;
        let measured =
            if self.re != 0.0 && self.im != 0.0 { 2.0 * PI / (self.im / self.re).atan() } else { last };
        let near = measured.min(1.5 * last).max(0.67 * last).clamp(6.0, 50.0);
        self.raw = 0.2 * near + 0.8 * last;
        self.period = 0.33 * self.raw + 0.67 * self.period;
    }
}

impl Kernel for HilbertPeriod {
    const INFO: &'static FormulaInfo = &rows::HILBERT_PERIOD;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            seen: 0,
            prices: [0.0; 4],
            smooth: Taps::default(),
            detrended: Taps::default(),
            quadrature: Taps::default(),
            in_phase: Taps::default(),
            i2: 0.0,
            q2: 0.0,
            re: 0.0,
            im: 0.0,
            raw: 0.0,
            period: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<f64> {
        let [newest, second, third, _] = self.prices;
        self.prices = [price, newest, second, third];
        if self.seen >= FIRST {
            self.cycle(0.4 * price + 0.3 * newest + 0.2 * second + 0.1 * third);
        }
        if self.seen < SETTLED {
            self.seen += 1;
            return None;
        }
        Some(self.period)
    }
}

state! {
    pub struct CorrelationTrend {
        pair: RollingPair,
        time: u64,
    }
}

impl Kernel for CorrelationTrend {
    const INFO: &'static FormulaInfo = &rows::CORRELATION_TREND;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { pair: RollingPair::new(params.int("period")), time: 0 })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.time += 1;
        let moments = self.pair.push(price, self.time as f64)?;
        Some(if moments.variance_x > 0.0 { moments.correlation() } else { 0.0 })
    }
}
