//! Linear models learnt by a step a row: FTRL-proximal, passive-aggressive, and logistic regression under Adam.
//!
//! The prediction is made before the row is learnt from; the weights given are those after it.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Clipped where the probability differs from 0 or 1 by less than a rounding.
#[inline(always)]
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x.clamp(-35.0, 35.0)).exp())
}

#[inline(always)]
fn is_class(label: f64) -> bool {
    label == 0.0 || label == 1.0
}

outputs! { Classified<'a> { prob: f64, weights: &'a [f64] } }

state! {
    pub struct FtrlProximal {
        inverse_alpha: f64,
        beta: f64,
        l1: f64,
        l2: f64,
        weights: Box<[f64]>,
        z: Box<[f64]>,
        /// Sums of squared gradients.
        n: Box<[f64]>,
    }
}

impl Kernel for FtrlProximal {
    const INFO: &'static FormulaInfo = &rows::FTRL_PROXIMAL;
    type Input<'a> = (&'a [f64], f64);
    type Output<'s> = Classified<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let zeros = || vec![0.0; params.width()].into_boxed_slice();
        Ok(Self {
            inverse_alpha: 1.0 / params.float("alpha"),
            beta: params.float("beta"),
            l1: params.float("l1"),
            l2: params.float("l2"),
            weights: zeros(),
            z: zeros(),
            n: zeros(),
        })
    }

    #[inline]
    fn step(&mut self, (x, label): (&[f64], f64)) -> Option<Classified<'_>> {
        if !is_class(label) {
            return None;
        }
        let prob = sigmoid(dot(x, &self.weights));
        let error = prob - label;
        for (i, &x) in x.iter().enumerate() {
            let gradient = error * x;
            if gradient == 0.0 {
                continue;
            }
            let n = self.n[i] + gradient * gradient;
            let sigma = (n.sqrt() - self.n[i].sqrt()) * self.inverse_alpha;
            self.z[i] += gradient - sigma * self.weights[i];
            self.n[i] = n;
            let rate = (self.beta + n.sqrt()) * self.inverse_alpha + self.l2;
            let excess = self.z[i].abs() - self.l1;
            self.weights[i] = if excess <= 0.0 { 0.0 } else { -excess.copysign(self.z[i]) / rate };
        }
        Some(Classified { prob, weights: &self.weights })
    }
}

outputs! { Aggressive<'a> { pred: f64, loss: f64, weights: &'a [f64] } }

state! {
    pub struct PassiveAggressive {
        regression: bool,
        c: f64,
        eps: f64,
        weights: Box<[f64]>,
    }
}

impl Kernel for PassiveAggressive {
    const INFO: &'static FormulaInfo = &rows::PASSIVE_AGGRESSIVE;
    type Input<'a> = (&'a [f64], f64);
    type Output<'s> = Aggressive<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            regression: params.choice("task") == "regression",
            c: params.float("c"),
            eps: params.float("eps"),
            weights: vec![0.0; params.width()].into_boxed_slice(),
        })
    }

    #[inline]
    fn step(&mut self, (x, y): (&[f64], f64)) -> Option<Aggressive<'_>> {
        if !self.regression && y.abs() != 1.0 {
            return None;
        }
        let pred = dot(x, &self.weights);
        let (loss, direction) = if self.regression {
            (((y - pred).abs() - self.eps).max(0.0), (y - pred).signum())
        } else {
            ((1.0 - y * pred).max(0.0), y)
        };
        let norm = dot(x, x);
        if loss > 0.0 && norm > 0.0 {
            let step = direction * self.c.min(loss / norm);
            self.weights.iter_mut().zip(x).for_each(|(w, x)| *w += step * x);
        }
        Some(Aggressive { pred, loss, weights: &self.weights })
    }
}

/// Keeps Adam from dividing by zero.
const ADAM_EPSILON: f64 = 1e-8;

state! {
    pub struct SgdLogistic {
        lr: f64,
        b1: f64,
        b2: f64,
        l2: f64,
        /// b1^t and b2^t.
        powers: (f64, f64),
        weights: Box<[f64]>,
        m: Box<[f64]>,
        v: Box<[f64]>,
    }
}

impl Kernel for SgdLogistic {
    const INFO: &'static FormulaInfo = &rows::SGD_LOGISTIC;
    type Input<'a> = (&'a [f64], f64);
    type Output<'s> = Classified<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let zeros = || vec![0.0; params.width()].into_boxed_slice();
        Ok(Self {
            lr: params.float("lr"),
            b1: params.float("b1"),
            b2: params.float("b2"),
            l2: params.float("l2"),
            powers: (1.0, 1.0),
            weights: zeros(),
            m: zeros(),
            v: zeros(),
        })
    }

    #[inline]
    fn step(&mut self, (x, label): (&[f64], f64)) -> Option<Classified<'_>> {
        if !is_class(label) {
            return None;
        }
        let prob = sigmoid(dot(x, &self.weights));
        let error = prob - label;
        self.powers = (self.powers.0 * self.b1, self.powers.1 * self.b2);
        let (first, second) = (1.0 / (1.0 - self.powers.0), 1.0 / (1.0 - self.powers.1));
        for (i, &x) in x.iter().enumerate() {
            let gradient = error * x + self.l2 * self.weights[i];
            self.m[i] = self.b1 * self.m[i] + (1.0 - self.b1) * gradient;
            self.v[i] = self.b2 * self.v[i] + (1.0 - self.b2) * gradient * gradient;
            self.weights[i] -= self.lr * (self.m[i] * first) / ((self.v[i] * second).sqrt() + ADAM_EPSILON);
        }
        Some(Classified { prob, weights: &self.weights })
    }
}
