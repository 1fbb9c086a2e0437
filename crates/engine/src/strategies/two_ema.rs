//! Two exponential averages of the mid: on each book update an immediate-or-cancel order on the side of the faster
//! one. The yardstick of the latency benchmarks, where each message must cause an order.

use crate::desk::Desk;
use crate::host::{wants, Fault, Host};
use crate::view::Occasion;
use nanotick_model::{OrderType, Side, TimeInForce};

#[derive(Clone, Copy, Debug)]
pub struct TwoEmaParams {
    pub fast_alpha: f64,
    pub slow_alpha: f64,
    pub qty_lots: f64,
}

impl Default for TwoEmaParams {
    fn default() -> Self {
        TwoEmaParams { fast_alpha: 0.1, slow_alpha: 0.02, qty_lots: 1.0 }
    }
}

pub struct TwoEma {
    params: TwoEmaParams,
    fast: Vec<f64>,
    slow: Vec<f64>,
}

impl TwoEma {
    pub fn new(params: TwoEmaParams, instruments: usize) -> TwoEma {
        TwoEma { params, fast: vec![0.0; instruments], slow: vec![0.0; instruments] }
    }
}

impl Host for TwoEma {
    fn wants(&self) -> u32 {
        wants(Occasion::Book)
    }

    #[inline]
    fn call(&mut self, _: Occasion, i: usize, desk: &mut Desk) -> Result<(), Fault> {
        let view = desk.view(i);
        if view.book_valid == 0 || view.bid_px == 0 || view.ask_px == 0 {
            return Ok(());
        }
        self.fast[i] += self.params.fast_alpha * (view.mid - self.fast[i]);
        self.slow[i] += self.params.slow_alpha * (view.mid - self.slow[i]);
        let (side, px) = match self.fast[i] > self.slow[i] {
            true => (Side::Buy, view.ask_px),
            false => (Side::Sell, view.bid_px),
        };
        let qty = self.params.qty_lots as i64;
        let _ = desk.place(i, side, OrderType::Limit, TimeInForce::Ioc, false, px, qty);
        Ok(())
    }
}
