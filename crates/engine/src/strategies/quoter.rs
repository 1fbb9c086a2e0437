//! A market maker: one bid and one ask around the mid, leaning against the position. The same as
//! `nanotick.strategies.quoter` in Python and compiled; the arithmetic is the same operation for operation.

use crate::desk::Desk;
use crate::host::{wants, Fault, Host};
use crate::view::{Occasion, View};
use nanotick_model::{ClientId, OrderType, Side, TimeInForce};

#[derive(Clone, Copy, Debug)]
pub struct QuoterParams {
    /// Distance of each quote from the leaned mid, in basis points.
    pub half_spread_bps: f64,
    /// How far the quotes lean at the full position, in basis points.
    pub skew_bps: f64,
    /// Value of each quote, settlement currency; rounded down to whole lots.
    pub quote_notional: f64,
    /// Value of the position at which the lean is full and the side that adds to it stops quoting.
    pub max_position_notional: f64,
    /// A quote is moved when it is this many ticks from where it should be.
    pub requote_ticks: f64,
    /// At least this long between two moves of one side, ns.
    pub min_interval_ns: f64,
}

impl Default for QuoterParams {
    fn default() -> Self {
        QuoterParams {
            half_spread_bps: 0.5,
            skew_bps: 1.0,
            quote_notional: 600.0,
            max_position_notional: 3000.0,
            requote_ticks: 5.0,
            min_interval_ns: 200e6,
        }
    }
}

pub struct Quoter {
    params: QuoterParams,
    /// When each side last acted, ns, per instrument: bid, ask.
    last_ns: Vec<[i64; 2]>,
}

impl Quoter {
    pub fn new(params: QuoterParams, instruments: usize) -> Quoter {
        Quoter { params, last_ns: vec![[0; 2]; instruments] }
    }

    fn quote_side(&mut self, instrument: usize, side: Side, target_px: i64, desk: &mut Desk) {
        let p = &self.params;
        let view = desk.view(instrument);
        let last = &mut self.last_ns[instrument][(side == Side::Sell) as usize];
        if (view.now_ns - *last) < p.min_interval_ns as i64 {
            return;
        }
        let exposure = view.position as f64 * view.lot * view.mid;
        let adds = exposure * side.sign() as f64 >= p.max_position_notional;
        let working = find_working(view, side);
        match working {
            Some((id, px)) if adds || (px - target_px).abs() >= p.requote_ticks as i64 => {
                *last = view.now_ns;
                let _ = desk.cancel(ClientId(id));
            }
            None if !adds => {
                *last = view.now_ns;
                let qty = (p.quote_notional / (view.mid * view.lot)).floor() as i64;
                let _ = desk.place(
                    instrument,
                    side,
                    OrderType::Limit,
                    TimeInForce::PostOnly,
                    false,
                    target_px,
                    qty,
                );
            }
            Some(_) | None => {}
        }
    }
}

/// The first working order on a side: its id and price.
fn find_working(view: &View, side: Side) -> Option<(u64, i64)> {
    let listed = (view.n_working as usize).min(view.order_ids.len());
    (0..listed).find(|&i| view.order_sides[i] == side.sign()).map(|i| (view.order_ids[i], view.order_pxs[i]))
}

impl Host for Quoter {
    fn wants(&self) -> u32 {
        wants(Occasion::Book)
    }

    fn call(&mut self, _: Occasion, instrument: usize, desk: &mut Desk) -> Result<(), Fault> {
        let view = desk.view(instrument);
        if view.book_valid == 0 || view.bid_px == 0 || view.ask_px == 0 {
            return Ok(());
        }
        let p = &self.params;
        let half = p.half_spread_bps * 1e-4 * view.mid;
        let exposure = view.position as f64 * view.lot * view.mid;
        let lean = exposure / p.max_position_notional * p.skew_bps * 1e-4 * view.mid;
        let bid = ((view.mid - half - lean) / view.tick).floor() as i64;
        let ask = ((view.mid + half - lean) / view.tick).ceil() as i64;
        // Never through the touch: a post-only order that would take is only a wasted message.
        let bid = bid.min(view.ask_px - 1);
        let ask = ask.max(view.bid_px + 1);
        self.quote_side(instrument, Side::Buy, bid, desk);
        self.quote_side(instrument, Side::Sell, ask, desk);
        Ok(())
    }

    fn set_param(&mut self, index: u16, value: f64) -> bool {
        let p = &mut self.params;
        let slot = match index {
            0 => &mut p.half_spread_bps,
            1 => &mut p.skew_bps,
            2 => &mut p.quote_notional,
            3 => &mut p.max_position_notional,
            4 => &mut p.requote_ticks,
            5 => &mut p.min_interval_ns,
            _ => return false,
        };
        *slot = value;
        true
    }
}
