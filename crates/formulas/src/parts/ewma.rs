//! RiskMetrics' variance of returns about zero, and decay by elapsed time.

use crate::persist::state;

/// As in `smoothing.rs`: a value this small is zero, before it turns subnormal and slow.
const VANISHED: f64 = 1e-300;

#[inline(always)]
fn unless_vanished(x: f64) -> f64 {
    if x.abs() < VANISHED {
        0.0
    } else {
        x
    }
}

state! {
    pub struct EwmaVariance {
        lambda: f64,
        value: Option<f64>,
    }
}

impl EwmaVariance {
    pub fn new(lambda: f64) -> Self {
        Self { lambda, value: None }
    }

    /// The variance with `r` in it: the first is r², then lambda * last + (1 - lambda) * r².
    #[inline(always)]
    pub fn push(&mut self, r: f64) -> f64 {
        let square = r * r;
        let value = self.value.map_or(square, |last| last + (1.0 - self.lambda) * (square - last));
        let value = unless_vanished(value);
        self.value = Some(value);
        value
    }

    /// Before the newest return: the forecast for it. None before the first.
    #[inline(always)]
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

state! {
    /// How much of something is left after the time from one event to the next: exp(-dt / tau).
    pub struct Decay {
        tau_s: f64,
        last_s: Option<f64>,
    }
}

impl Decay {
    pub fn new(tau_s: f64) -> Self {
        Self { tau_s, last_s: None }
    }

    /// The factor since the last event; 1 for the first. None if time went backwards, and nothing is changed.
    #[inline(always)]
    pub fn advance(&mut self, t_s: f64) -> Option<f64> {
        let Some(last_s) = self.last_s else {
            self.last_s = Some(t_s);
            return Some(1.0);
        };
        if t_s < last_s {
            return None;
        }
        self.last_s = Some(t_s);
        Some((-(t_s - last_s) / self.tau_s).exp())
    }
}

state! {
    /// A total of which a share is left at each event: the share is that of a [`Decay`].
    #[derive(Copy, Default)]
    pub struct FadingTotal {
        value: f64,
    }
}

impl FadingTotal {
    #[inline(always)]
    pub fn push(&mut self, left: f64, x: f64) -> f64 {
        self.value = unless_vanished(self.value * left + x);
        self.value
    }
}
