//! What a session may do at most. Every field must be given: there is no default for a limit on money.

use nanotick_model::{Cash, ContractKind, Instrument, Qty};
use std::fmt;

/// Limits of one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub max_order_qty: Qty,
    pub max_order_notional: Cash,
    /// Largest position, long or short, that could come about if every order that may be live traded.
    pub max_position: Qty,
    pub max_open_orders: u32,
    /// How far a limit price may lie from the middle of the book, either way.
    pub collar_bps: u32,
    /// How far through the touch a market order is reckoned to trade.
    pub slippage_bps: u32,
    pub max_book_age_ns: i64,
    /// The same side, price and size is not sent again within this time. Zero switches it off.
    pub duplicate_ns: i64,
}

/// Limits of the session as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionLimits {
    pub orders_per_s: u32,
    /// How many requests may go out at once.
    pub burst: u32,
    /// So many of the burst are kept for cancels.
    pub cancel_reserve: u32,
    /// So many refusals, ours or the venue's, within the window halt the session. At most 64.
    pub breaker_refusals: u32,
    pub breaker_window_ns: i64,
}

impl Limits {
    /// Limits for trying things out, in proportion to the smallest order.
    pub fn demo(instrument: &Instrument) -> Limits {
        let lots = |n: i64| Qty(instrument.min_qty.0.max(1).saturating_mul(n).min(MAX_STEPS));
        Limits {
            max_order_qty: lots(200),
            max_order_notional: Cash(20_000 * 10i128.pow(nanotick_model::CASH_DECIMALS)),
            max_position: lots(1000),
            max_open_orders: 20,
            collar_bps: 100,
            slippage_bps: 10,
            max_book_age_ns: 2_000_000_000,
            duplicate_ns: 20_000_000,
        }
    }

    fn validate(&self) -> Result<(), BadLimit> {
        within("max_order_qty", self.max_order_qty.0, 1, MAX_STEPS)?;
        within("max_position", self.max_position.0, 1, MAX_STEPS)?;
        within("max_open_orders", self.max_open_orders.into(), 1, 100_000)?;
        within("collar_bps", self.collar_bps.into(), 1, 10_000)?;
        within("slippage_bps", self.slippage_bps.into(), 0, 10_000)?;
        within("max_book_age_ns", self.max_book_age_ns, 1, i64::MAX)?;
        within("duplicate_ns", self.duplicate_ns, 0, i64::MAX)?;
        within("max_order_notional", (self.max_order_notional.0 > 0) as i64, 1, i64::MAX)
    }
}

impl SessionLimits {
    pub fn demo() -> SessionLimits {
        SessionLimits {
            orders_per_s: 50,
            burst: 40,
            cancel_reserve: 10,
            breaker_refusals: 50,
            breaker_window_ns: 10_000_000_000,
        }
    }

    pub(super) fn validate(&self) -> Result<(), BadLimit> {
        within("orders_per_s", self.orders_per_s.into(), 1, 1_000_000)?;
        within("burst", self.burst.into(), 1, 1_000_000)?;
        within("cancel_reserve", self.cancel_reserve.into(), 0, i64::from(self.burst) - 1)?;
        within("breaker_refusals", self.breaker_refusals.into(), 1, 64)?;
        within("breaker_window_ns", self.breaker_window_ns, 1, i64::MAX)
    }
}

/// A limit that makes no sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadLimit {
    /// The field, or what is wrong with the instrument.
    pub name: &'static str,
    pub value: i64,
    pub min: i64,
    pub max: i64,
}

impl fmt::Display for BadLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, but must be from {} to {}", self.name, self.value, self.min, self.max)
    }
}
impl std::error::Error for BadLimit {}

fn within(name: &'static str, value: i64, min: i64, max: i64) -> Result<(), BadLimit> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(BadLimit { name, value, min, max })
}

const MAX_STEPS: i64 = 1 << 53;

/// The instrument's own limits and the session's, made ready for the check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub min_px: i64,
    pub max_px: i64,
    pub min_qty: i64,
    pub max_qty: i64,
    /// Notional bounds in ticks × lots.
    pub min_value: i64,
    pub max_value: i64,
    /// Value of a tick × lot in units of cash.
    pub unit: i128,
    pub limits: Limits,
}

impl Rules {
    pub fn new(instrument: &Instrument, limits: &Limits) -> Result<Rules, BadLimit> {
        limits.validate()?;
        let unfit = BadLimit { name: "instrument's value per tick and lot", value: 0, min: 1, max: i64::MAX };
        let unit = match instrument.kind {
            ContractKind::Inverse => return Err(unfit),
            ContractKind::Linear | ContractKind::Spot => instrument.notional_unit().ok_or(unfit)?,
        };
        // A venue that sets no upper bound publishes zero.
        let upper = |steps: i64| if steps <= 0 { MAX_STEPS } else { steps.min(MAX_STEPS) };
        let rest = (instrument.min_notional.0.rem_euclid(unit) > 0) as i128;
        // Below the largest `i64`, so that a product that stops there is above every bound.
        let steps = |value: i128| value.clamp(0, i64::MAX as i128 - 1) as i64;
        Ok(Rules {
            min_px: instrument.min_px.0.max(1),
            max_px: upper(instrument.max_px.0),
            min_qty: instrument.min_qty.0.max(1),
            max_qty: upper(instrument.max_qty.0).min(limits.max_order_qty.0),
            min_value: steps(instrument.min_notional.0.div_euclid(unit) + rest),
            max_value: steps(limits.max_order_notional.0.div_euclid(unit)),
            unit,
            limits: *limits,
        })
    }

    /// Ticks × lots as millionths of a coin, for reports.
    pub fn micro_coins(&self, value: i64) -> i64 {
        let micros =
            (value as i128).saturating_mul(self.unit) / 10i128.pow(nanotick_model::CASH_DECIMALS - 6);
        micros.clamp(i64::MIN as i128, i64::MAX as i128) as i64
    }
}
