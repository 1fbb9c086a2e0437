//! What trading moves the price by, and the trajectory that trades this off against risk.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

state! {
    pub struct SqrtImpact {
        /// In bps, of a size of 1.
        unit: f64,
    }
}

impl Kernel for SqrtImpact {
    const INFO: &'static FormulaInfo = &rows::SQRT_IMPACT;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { unit: 1e4 * params.float("y") * params.float("sigma") / params.float("adv").sqrt() })
    }

    #[inline]
    fn step(&mut self, order_size: f64) -> Option<f64> {
        (order_size >= 0.0).then(|| self.unit * order_size.sqrt())
    }
}

outputs! { Trajectory<'a> { holdings: &'a [f64], trades: &'a [f64], cost: f64, variance: f64 } }

state! {
    /// Holdings, trades, cost and variance are those of an order of 1, scaled to the order of each row.
    pub struct AlmgrenChriss {
        unit_holdings: Box<[f64]>,
        unit_trades: Box<[f64]>,
        linear_cost: f64,
        square_cost: f64,
        unit_variance: f64,
        holdings: Box<[f64]>,
        trades: Box<[f64]>,
    }
}

impl Kernel for AlmgrenChriss {
    const INFO: &'static FormulaInfo = &rows::ALMGREN_CHRISS;
    type Input<'a> = f64;
    type Output<'s> = Trajectory<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (slices, sigma, gamma) = (params.int("n"), params.float("sigma"), params.float("gamma"));
        let tau = params.float("t") / slices as f64;
        let eta = params.float("eta") - 0.5 * gamma * tau;
        if eta <= 0.0 {
            return Err(params.refuse("eta", format!("above gamma*t/(2n) = {}", 0.5 * gamma * tau)));
        }
        // cosh(x) - 1 = 2 sinh(x/2)², which keeps its digits where the urgency is small.
        let urgency = 2.0 * (0.5 * tau * sigma * (params.float("lam") / eta).sqrt()).asinh();
        let (unit_holdings, unit_trades) = trajectory(urgency, slices);
        let squares = |values: &[f64]| values.iter().map(|x| x * x).sum::<f64>();
        Ok(Self {
            linear_cost: params.float("eps"),
            square_cost: 0.5 * gamma + eta / tau * squares(&unit_trades),
            unit_variance: sigma * sigma * tau * squares(&unit_holdings[1..]),
            holdings: unit_holdings.clone(),
            trades: unit_trades.clone(),
            unit_holdings,
            unit_trades,
        })
    }

    #[inline]
    fn step(&mut self, order_size: f64) -> Option<Trajectory<'_>> {
        if order_size < 0.0 {
            return None;
        }
        let scale = |units: &[f64], out: &mut [f64]| {
            out.iter_mut().zip(units).for_each(|(out, unit)| *out = order_size * unit)
        };
        scale(&self.unit_holdings, &mut self.holdings);
        scale(&self.unit_trades, &mut self.trades);
        Some(Trajectory {
            holdings: &self.holdings,
            trades: &self.trades,
            cost: order_size * (self.linear_cost + self.square_cost * order_size),
            variance: self.unit_variance * order_size * order_size,
        })
    }
}

/// sinh(u (n - j)) / sinh(u n) for j = 0..n, and its steps, by exponentials that cannot overflow. `u` is the urgency
/// per slice; none makes both straight.
fn trajectory(u: f64, slices: usize) -> (Box<[f64]>, Box<[f64]>) {
    let n = slices as f64;
    if u * n < 1e-9 {
        let holdings = (0..=slices).map(|j| (n - j as f64) / n).collect();
        return (holdings, vec![1.0 / n; slices].into());
    }
    let whole = (-2.0 * u * n).exp_m1();
    let holding = |j: usize| (-u * j as f64).exp() * ((-2.0 * u * (n - j as f64)).exp_m1() / whole);
    // A difference of two holdings would lose its digits: this is 2 sinh(u/2) cosh(u (n - j + 1/2)) / sinh(u n).
    let trade = |j: usize| {
        let before = (j - 1) as f64;
        (-u * before).exp() * ((-u).exp_m1() / whole) * (1.0 + (-2.0 * u * (n - before - 0.5)).exp())
    };
    ((0..=slices).map(holding).collect(), (1..=slices).map(trade).collect())
}
