//! Covariance of prices that are observed at different times (Hayashi and Yoshida), without filling any gap.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::WindowSum;
use crate::persist::state;
use crate::rows;

outputs! { HayashiYoshidaPoint { cov, corr } }

state! {
    /// One of the two prices.
    #[derive(Copy, Default)]
    struct Leg {
        log: Option<f64>,
        /// The logarithm of the other price when this one was last seen; the first one, if that came later.
        other_then: f64,
    }
}

impl Leg {
    /// The return since this price was last seen, and its products with all returns of the other one that overlap it
    /// and have ended by now. Those that end later are counted then, when the other price is observed.
    #[inline(always)]
    fn observe(&mut self, log: f64, other: &mut Leg) -> (f64, f64) {
        let Some(last) = self.log.replace(log) else {
            other.other_then = log;
            return (0.0, 0.0);
        };
        let change = log - last;
        (change, other.log.map_or(0.0, |other| change * (other - self.other_then)))
    }
}

state! {
    pub struct HayashiYoshida {
        x: Leg,
        y: Leg,
        covariance: WindowSum,
        squares_x: WindowSum,
        squares_y: WindowSum,
        started: bool,
    }
}

impl Kernel for HayashiYoshida {
    const INFO: &'static FormulaInfo = &rows::HAYASHI_YOSHIDA;
    type Input<'a> = (Option<[f64; 1]>, Option<[f64; 1]>);
    type Output<'s> = HayashiYoshidaPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            x: Leg::default(),
            y: Leg::default(),
            covariance: WindowSum::new(window),
            squares_x: WindowSum::new(window),
            squares_y: WindowSum::new(window),
            started: false,
        })
    }

    #[inline]
    fn step(&mut self, (x, y): Self::Input<'_>) -> Option<HayashiYoshidaPoint> {
        let is_bad = |price: Option<[f64; 1]>| price.is_some_and(|[price]| price <= 0.0);
        if is_bad(x) || is_bad(y) || (x.is_none() && y.is_none()) {
            return None;
        }
        let (mut change_x, mut change_y, mut products) = (0.0, 0.0, 0.0);
        if let Some([price]) = x {
            let (change, product) = self.x.observe(price.ln(), &mut self.y);
            (change_x, products) = (change, product);
        }
        if let Some([price]) = y {
            // After x, whose return of this row is then among those that have ended.
            let (change, product) = self.y.observe(price.ln(), &mut self.x);
            (change_y, products) = (change, products + product);
        }
        if x.is_some() {
            self.x.other_then = self.y.log.unwrap_or(0.0);
        }
        if y.is_some() {
            self.y.other_then = self.x.log.unwrap_or(0.0);
        }
        if !std::mem::replace(&mut self.started, true) {
            return None;
        }
        let cov = self.covariance.push_partial(products);
        let squares_x = self.squares_x.push_partial(change_x * change_x);
        let squares_y = self.squares_y.push_partial(change_y * change_y);
        let spread = (squares_x * squares_y).sqrt();
        Some(HayashiYoshidaPoint { cov, corr: if spread > 0.0 { cov / spread } else { 0.0 } })
    }
}
