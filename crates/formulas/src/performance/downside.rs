//! Reward against what fell short of a target: Sortino's ratio and omega.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

state! {
    pub struct Sortino {
        excesses: Sum,
        squares: Sum,
        count: u64,
        mar: f64,
        ann: f64,
    }
}

impl Kernel for Sortino {
    const INFO: &'static FormulaInfo = &rows::SORTINO;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            excesses: Sum::default(),
            squares: Sum::default(),
            count: 0,
            mar: params.float("mar"),
            ann: params.float("ann"),
        })
    }

    /// Without a downside the quotient is infinite with the sign of the mean, or NaN: as division has it.
    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        let excess = r - self.mar;
        let shortfall = excess.min(0.0);
        self.excesses.add(excess);
        self.squares.add(shortfall * shortfall);
        self.count += 1;
        // mean / sqrt(squares / n) with one root.
        Some(self.excesses.value() * (self.ann / (self.squares.value() * self.count as f64)).sqrt())
    }
}

state! {
    pub struct Omega {
        gains: Sum,
        losses: Sum,
        threshold: f64,
    }
}

impl Kernel for Omega {
    const INFO: &'static FormulaInfo = &rows::OMEGA;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { gains: Sum::default(), losses: Sum::default(), threshold: params.float("threshold") })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        let excess = r - self.threshold;
        self.gains.add(excess.max(0.0));
        self.losses.add((-excess).max(0.0));
        Some(self.gains.value() / self.losses.value())
    }
}
