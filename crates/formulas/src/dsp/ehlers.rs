//! Ehlers' two-pole filters: low-pass, high-pass, both in a row, and band-pass.

use std::f64::consts::{PI, SQRT_2};

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

/// A value this small is zero: decaying further it would turn subnormal, which costs a hundred cycles an update.
const VANISHED: f64 = 1e-300;

state! {
    /// y_t = b0 x_t + b1 x_{t-1} + b2 x_{t-2} + a1 y_{t-1} + a2 y_{t-2}, from the third value on.
    struct TwoPole {
        b: [f64; 3],
        a: [f64; 2],
        /// The first two outputs are the inputs; else zero.
        follows: bool,
        xs: [f64; 2],
        ys: [f64; 2],
        seen: u8,
    }
}

impl TwoPole {
    fn new(b: [f64; 3], a: [f64; 2], follows: bool) -> Self {
        Self { b, a, follows, xs: [0.0; 2], ys: [0.0; 2], seen: 0 }
    }

    /// Gain 1 at rest, 0 at the highest frequency.
    fn low_pass(period: f64) -> Self {
        let angle = SQRT_2 * PI / period;
        let a = (-angle).exp();
        let (c2, c3) = (2.0 * a * angle.cos(), -a * a);
        let half = 0.5 * (1.0 - c2 - c3);
        Self::new([half, half, 0.0], [c2, c3], true)
    }

    fn high_pass(period: f64) -> Self {
        let angle = SQRT_2 * PI / period;
        // (cos + sin - 1) / cos, written so that it is no 0/0 where the cosine is zero.
        let alpha = 1.0 - angle.cos() / (1.0 + angle.sin());
        let (gain, pole) = ((1.0 - 0.5 * alpha) * (1.0 - 0.5 * alpha), 1.0 - alpha);
        Self::new([gain, -2.0 * gain, gain], [2.0 * pole, -pole * pole], false)
    }

    fn band_pass(period: f64, bandwidth: f64) -> Self {
        let beta = (2.0 * PI / period).cos();
        let gamma = 1.0 / (2.0 * PI * bandwidth / period).cos();
        let alpha = gamma - (gamma * gamma - 1.0).sqrt();
        let half = 0.5 * (1.0 - alpha);
        Self::new([half, 0.0, -half], [beta * (1.0 + alpha), -alpha], false)
    }

    #[inline(always)]
    fn push(&mut self, x: f64) -> f64 {
        let y = if self.seen < 2 {
            self.seen += 1;
            if self.follows {
                x
            } else {
                0.0
            }
        } else {
            let [b0, b1, b2] = self.b;
            let inputs = b0 * x + b1 * self.xs[0] + b2 * self.xs[1];
            let y = inputs + self.a[0] * self.ys[0] + self.a[1] * self.ys[1];
            if y.abs() < VANISHED {
                0.0
            } else {
                y
            }
        };
        self.xs = [x, self.xs[0]];
        self.ys = [y, self.ys[0]];
        y
    }
}

/// A kernel of one two-pole stage.
macro_rules! one_stage {
    ($name:ident, $row:ident, $params:ident => $stage:expr) => {
        state! {
            pub struct $name {
                stage: TwoPole,
            }
        }

        impl Kernel for $name {
            const INFO: &'static FormulaInfo = &rows::$row;
            type Input<'a> = f64;
            type Output<'s> = f64;

            fn new($params: &Params) -> Result<Self, ParamError> {
                Ok(Self { stage: $stage })
            }

            #[inline]
            fn step(&mut self, price: f64) -> Option<f64> {
                Some(self.stage.push(price))
            }
        }
    };
}

one_stage!(SuperSmoother, SUPER_SMOOTHER, params => TwoPole::low_pass(params.float("period")));
one_stage!(Highpass2, HIGHPASS2, params => TwoPole::high_pass(params.float("period")));
one_stage!(
    BandpassEhlers,
    BANDPASS_EHLERS,
    params => TwoPole::band_pass(params.float("period"), params.float("bandwidth"))
);

state! {
    pub struct RoofingFilter {
        high: TwoPole,
        low: TwoPole,
    }
}

impl Kernel for RoofingFilter {
    const INFO: &'static FormulaInfo = &rows::ROOFING_FILTER;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (high, low) = (params.float("hp"), params.float("lp"));
        Ok(Self { high: TwoPole::high_pass(high), low: TwoPole::low_pass(low) })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<f64> {
        Some(self.low.push(self.high.push(price)))
    }
}
