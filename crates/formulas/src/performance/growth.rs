//! Compound growth, alone and against the drawdowns that came with it.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{CompoundedDrawdown, Growth, Sum, WindowFold, WindowSum};
use crate::persist::state;
use crate::rows;

outputs! { GrowthPoint { cagr, total } }
outputs! { MartinPoint { martin, pain_ratio } }

/// A share of the equity so small that all is lost: what a return of -1 or less leaves.
const RUINED: f64 = -1e3;

/// ln(1 + r). A return of -1 or less is a loss that no later return can mend, and yet a finite number, which leaves
/// a window as it came.
#[inline(always)]
fn log_growth(r: f64) -> f64 {
    if r > -1.0 {
        r.ln_1p()
    } else {
        RUINED
    }
}

state! {
    /// Growth of equity that is compounded from all returns so far.
    #[derive(Copy, Default)]
    struct Compounded {
        logs: Sum,
        count: u64,
        ruined: bool,
    }
}

impl Compounded {
    #[inline(always)]
    fn push(&mut self, r: f64) {
        self.logs.add(log_growth(r));
        self.ruined |= r <= -1.0;
        self.count += 1;
    }

    /// Growth over so many returns at the average rate; -1 after ruin.
    #[inline(always)]
    fn over(&self, periods: f64) -> f64 {
        if self.ruined {
            return -1.0;
        }
        (self.logs.value() * (periods / self.count as f64)).exp_m1()
    }
}

state! {
    pub struct Cagr {
        compounded: Compounded,
        ann: f64,
    }
}

impl Kernel for Cagr {
    const INFO: &'static FormulaInfo = &rows::CAGR;
    type Input<'a> = f64;
    type Output<'s> = GrowthPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { compounded: Compounded::default(), ann: params.float("ann") })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<GrowthPoint> {
        self.compounded.push(r);
        let total = self.compounded.over(self.compounded.count as f64);
        Some(GrowthPoint { cagr: self.compounded.over(self.ann), total })
    }
}

state! {
    pub struct Calmar {
        logs: WindowSum,
        /// Returns of -1 or less in the window.
        ruins: WindowSum,
        growth: WindowFold<Growth>,
        ann: f64,
    }
}

impl Kernel for Calmar {
    const INFO: &'static FormulaInfo = &rows::CALMAR;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            logs: WindowSum::new(window),
            ruins: WindowSum::new(window),
            growth: WindowFold::new(window),
            ann: params.float("ann"),
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        let logs = self.logs.push_partial(log_growth(r));
        let ruins = self.ruins.push_partial(if r > -1.0 { 0.0 } else { 1.0 });
        let drawdown = self.growth.push_partial(Growth::of(r)).drawdown();
        let count = self.logs.count();
        let cagr = if ruins > 0.0 { -1.0 } else { (logs * (self.ann / count as f64)).exp_m1() };
        // Without a drawdown infinite, as division has it; NaN if nothing was gained either.
        (count > 1).then(|| cagr / drawdown)
    }
}

state! {
    pub struct MartinRatio {
        compounded: Compounded,
        drawdown: CompoundedDrawdown,
        falls: Sum,
        squares: Sum,
        ann: f64,
        rf: f64,
    }
}

impl Kernel for MartinRatio {
    const INFO: &'static FormulaInfo = &rows::MARTIN_RATIO;
    type Input<'a> = f64;
    type Output<'s> = MartinPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            compounded: Compounded::default(),
            drawdown: CompoundedDrawdown::default(),
            falls: Sum::default(),
            squares: Sum::default(),
            ann: params.float("ann"),
            rf: params.float("rf"),
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<MartinPoint> {
        self.compounded.push(r);
        let fall = self.drawdown.push(r);
        self.falls.add(fall);
        self.squares.add(fall * fall);
        if self.compounded.count < 2 {
            return None;
        }
        let inverse = 1.0 / self.compounded.count as f64;
        let excess = self.compounded.over(self.ann) - self.rf;
        Some(MartinPoint {
            martin: excess / (self.squares.value() * inverse).sqrt(),
            pain_ratio: excess / (self.falls.value() * inverse),
        })
    }
}
