//! Choosing among experts, forecasts and strategies by how each has done.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::beta_quantile;
use crate::parts::{SplitMix, Sum};
use crate::persist::state;
use crate::rows;

#[inline(always)]
fn is_share(x: f64) -> bool {
    (0.0..=1.0).contains(&x)
}

#[inline(always)]
fn weighted(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(w, x)| w * x).sum()
}

fn uniform(width: usize) -> Box<[f64]> {
    vec![1.0 / width as f64; width].into_boxed_slice()
}

outputs! {
    /// The forecast made of the weights before the row, and the weights after it.
    Combined<'a> { weights: &'a [f64], pred: f64 }
}

state! {
    pub struct Hedge {
        eta: f64,
        losses: Box<[Sum]>,
        weights: Box<[f64]>,
    }
}

impl Kernel for Hedge {
    const INFO: &'static FormulaInfo = &rows::HEDGE;
    type Input<'a> = [&'a [f64]; 2];
    type Output<'s> = Combined<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let width = params.width();
        Ok(Self {
            eta: params.float("eta"),
            losses: vec![Sum::default(); width].into_boxed_slice(),
            weights: uniform(width),
        })
    }

    #[inline]
    fn step(&mut self, [forecasts, losses]: [&[f64]; 2]) -> Option<Combined<'_>> {
        if !losses.iter().all(|&loss| is_share(loss)) {
            return None;
        }
        let pred = weighted(&self.weights, forecasts);
        self.losses.iter_mut().zip(losses).for_each(|(sum, &loss)| sum.add(loss));
        let least = self.losses.iter().map(Sum::value).fold(f64::INFINITY, f64::min);
        let mut total = 0.0;
        for (weight, loss) in self.weights.iter_mut().zip(&self.losses) {
            *weight = (self.eta * (least - loss.value())).exp();
            total += *weight;
        }
        self.weights.iter_mut().for_each(|weight| *weight /= total);
        Some(Combined { weights: &self.weights, pred })
    }
}

state! {
    pub struct ForecastCombination {
        lam: f64,
        floor: f64,
        /// Decayed mean squared errors.
        errors: Box<[f64]>,
        weights: Box<[f64]>,
    }
}

impl Kernel for ForecastCombination {
    const INFO: &'static FormulaInfo = &rows::FORECAST_COMBINATION;
    type Input<'a> = (&'a [f64], f64);
    type Output<'s> = Combined<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let width = params.width();
        Ok(Self {
            lam: params.float("lam"),
            floor: params.float("floor"),
            errors: vec![0.0; width].into_boxed_slice(),
            weights: uniform(width),
        })
    }

    #[inline]
    fn step(&mut self, (forecasts, y): (&[f64], f64)) -> Option<Combined<'_>> {
        let pred = weighted(&self.weights, forecasts);
        for (mean, forecast) in self.errors.iter_mut().zip(forecasts) {
            let error = y - forecast;
            *mean = self.lam * *mean + (1.0 - self.lam) * error * error;
        }
        // Shares of the least error: their sum neither overflows nor vanishes.
        let least = self.errors.iter().fold(f64::INFINITY, |least, &e| least.min(e)).max(self.floor);
        let mut total = 0.0;
        for (weight, error) in self.weights.iter_mut().zip(&self.errors) {
            *weight = least / error.max(self.floor);
            total += *weight;
        }
        self.weights.iter_mut().for_each(|weight| *weight /= total);
        Some(Combined { weights: &self.weights, pred })
    }
}

outputs! { Chosen<'a> { arm: f64, p: &'a [f64] } }

state! {
    /// Which arm to play next. What the arms paid is given whole; only the pay of the arm that was named in the row
    /// before is looked at.
    pub struct Bandits {
        method: &'static str,
        gamma: f64,
        draws: SplitMix,
        arm: Option<usize>,
        plays: Box<[u64]>,
        /// Rewards; of Thompson's draws, successes; of EXP3, logarithms of the weights.
        scores: Box<[f64]>,
        p: Box<[f64]>,
    }
}

impl Bandits {
    fn learn(&mut self, arm: usize, reward: f64) {
        self.plays[arm] += 1;
        match self.method {
            "ucb1" => self.scores[arm] += reward,
            "thompson" => self.scores[arm] += f64::from(u8::from(self.draws.unit() < reward)),
            _ => {
                self.scores[arm] += self.gamma * (reward / self.p[arm]) / self.p.len() as f64;
                let largest = self.scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                self.scores.iter_mut().for_each(|score| *score -= largest);
            }
        }
    }

    fn choose(&mut self) -> usize {
        match self.method {
            "ucb1" => self.most_optimistic(),
            "thompson" => self.luckiest(),
            _ => self.drawn(),
        }
    }

    fn most_optimistic(&self) -> usize {
        if let Some(unplayed) = self.plays.iter().position(|&plays| plays == 0) {
            return unplayed;
        }
        let log_total = (self.plays.iter().sum::<u64>() as f64).ln();
        let bound = |arm: usize| {
            let plays = self.plays[arm] as f64;
            self.scores[arm] / plays + (2.0 * log_total / plays).sqrt()
        };
        first_largest(self.plays.len(), bound)
    }

    fn luckiest(&mut self) -> usize {
        let (plays, scores, draws) = (&self.plays, &self.scores, &mut self.draws);
        first_largest(plays.len(), |arm| {
            let failures = plays[arm] as f64 - scores[arm];
            beta_quantile(draws.unit(), 1.0 + scores[arm], 1.0 + failures)
        })
    }

    fn drawn(&mut self) -> usize {
        let arms = self.p.len();
        let total: f64 = self.scores.iter().map(|score| score.exp()).sum();
        for (p, score) in self.p.iter_mut().zip(&self.scores) {
            *p = (1.0 - self.gamma) * score.exp() / total + self.gamma / arms as f64;
        }
        let mut rest = self.draws.unit();
        for (arm, p) in self.p.iter().enumerate() {
            rest -= p;
            if rest < 0.0 {
                return arm;
            }
        }
        arms - 1
    }
}

/// The first of the largest values.
fn first_largest(count: usize, mut value: impl FnMut(usize) -> f64) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for arm in 0..count {
        let value = value(arm);
        if value > best.1 {
            best = (arm, value);
        }
    }
    best.0
}

impl Kernel for Bandits {
    const INFO: &'static FormulaInfo = &rows::BANDITS;
    type Input<'a> = &'a [f64];
    type Output<'s> = Chosen<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let width = params.width();
        Ok(Self {
            method: params.choice("method"),
            gamma: params.float("gamma"),
            draws: SplitMix::new(params.int("seed") as u64),
            arm: None,
            plays: vec![0; width].into_boxed_slice(),
            scores: vec![0.0; width].into_boxed_slice(),
            p: uniform(width),
        })
    }

    #[inline]
    fn step(&mut self, rewards: &[f64]) -> Option<Chosen<'_>> {
        if !rewards.iter().all(|&reward| is_share(reward)) {
            return None;
        }
        if let Some(arm) = self.arm {
            self.learn(arm, rewards[arm]);
        }
        let arm = self.choose();
        self.arm = Some(arm);
        if self.method != "exp3" {
            self.p.fill(0.0);
            self.p[arm] = 1.0;
        }
        Some(Chosen { arm: arm as f64, p: &self.p })
    }
}
