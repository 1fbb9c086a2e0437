//! Predicted probabilities: the bet that one is worth, and how well many of them came true.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::normal_cdf;
use crate::parts::{Ring, Sum, WindowSum};
use crate::persist::state;
use crate::rows;

#[inline(always)]
fn is_probability(p: f64) -> bool {
    (0.0..=1.0).contains(&p)
}

state! {
    pub struct BetSize {
        chance: f64,
        step: f64,
    }
}

impl Kernel for BetSize {
    const INFO: &'static FormulaInfo = &rows::BET_SIZE;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { chance: 1.0 / params.float("classes"), step: params.float("step") })
    }

    #[inline]
    fn step(&mut self, [prob, side]: [f64; 2]) -> Option<f64> {
        if !is_probability(prob) || ![-1.0, 0.0, 1.0].contains(&side) {
            return None;
        }
        // Infinite at 0 and 1, where the distribution function is 0 and 1.
        let z = (prob - self.chance) / (prob * (1.0 - prob)).sqrt();
        let size = side * (2.0 * normal_cdf(z) - 1.0);
        if self.step > 0.0 {
            return Some(((size / self.step).round_ties_even() * self.step).clamp(-1.0, 1.0));
        }
        Some(size)
    }
}

/// Probabilities are kept this far from 0 and 1, where the logarithm of a miss is infinite.
const NEAREST: f64 = 1e-15;

outputs! { CalibrationPoint { brier, logloss, ece } }

state! {
    pub struct Calibration {
        squares: WindowSum,
        losses: WindowSum,
        /// Outcome less probability of the window, and the bin of each.
        misses: Ring,
        places: Ring,
        /// The misses of each bin together.
        bins: Box<[Sum]>,
        share: f64,
    }
}

impl Kernel for Calibration {
    const INFO: &'static FormulaInfo = &rows::CALIBRATION;
    type Input<'a> = [f64; 2];
    type Output<'s> = CalibrationPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            squares: WindowSum::new(window),
            losses: WindowSum::new(window),
            misses: Ring::new(window),
            places: Ring::new(window),
            bins: vec![Sum::default(); params.int("bins")].into(),
            share: 1.0 / window as f64,
        })
    }

    #[inline]
    fn step(&mut self, [prob, outcome]: [f64; 2]) -> Option<CalibrationPoint> {
        if !is_probability(prob) || !(outcome == 0.0 || outcome == 1.0) {
            return None;
        }
        let prob = prob.clamp(NEAREST, 1.0 - NEAREST);
        let miss = outcome - prob;
        let place = ((prob * self.bins.len() as f64) as usize).min(self.bins.len() - 1);
        // Before the window is full what leaves it is 0, in bin 0.
        let left = self.places.push(place as f64).old as usize;
        self.bins[left].add(-self.misses.push(miss).old);
        self.bins[place].add(miss);
        let squares = self.squares.push(miss * miss);
        let losses = self.losses.push(if outcome == 1.0 { -prob.ln() } else { -(-prob).ln_1p() });
        let (squares, losses) = (squares?, losses?);
        let gaps: f64 = self.bins.iter().map(|bin| bin.value().abs()).sum();
        Some(CalibrationPoint {
            brier: squares * self.share,
            logloss: losses * self.share,
            ece: gaps * self.share,
        })
    }
}
