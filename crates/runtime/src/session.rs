//! What a session is, as data: instruments, limits, signals and who trades. It comes from Python as JSON, stands in
//! the first record of the journal, and is all that a replay needs beside the events.

use nanotick_engine::{DeskConfig, Limits, SessionLimits, SignalSpec};
use nanotick_formulas::{Recipe, Value};
use nanotick_model::{Cash, ContractKind, Grid, Instrument, InstrumentId, Px, Qty, Rate, Text, Venue};
use serde::{Deserialize, Serialize};
use std::fmt;

const NS_PER_MS: i64 = 1_000_000;
/// Most instruments of one session.
pub const MAX_INSTRUMENTS: usize = 64;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionConfig {
    /// `bybit` or `binance`.
    pub venue: String,
    /// Grows by one at each start: part of every order id.
    pub epoch: u32,
    pub instruments: Vec<InstrumentConfig>,
    pub limits: SessionLimitsConfig,
    #[serde(default)]
    pub signals: Vec<SignalConfig>,
    /// Name and parameters, for people and for the check that a replay runs the same strategy.
    pub strategy: StrategyConfig,
    /// Cash at the start, coins of the settlement currency.
    pub start_cash: String,
}

/// Numbers that must be exact are decimal text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentConfig {
    pub symbol: String,
    /// `linear`, `inverse` or `spot`.
    pub kind: String,
    pub tick: String,
    pub lot: String,
    pub min_px: String,
    pub max_px: String,
    pub min_qty: String,
    pub max_qty: String,
    pub min_notional: String,
    pub maker_fee: String,
    pub taker_fee: String,
    pub limits: LimitsConfig,
}

/// Risk limits of one instrument. Every one is required: a session without limits does not start.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Coins.
    pub max_order_qty: String,
    /// Settlement currency.
    pub max_order_notional: String,
    /// Coins, either way, counting every order that may still fill.
    pub max_position: String,
    pub max_open_orders: u32,
    /// Distance of an order's price from the mid, basis points.
    pub collar_bps: u32,
    /// How far through the touch a market order is reckoned to trade, basis points.
    pub market_slippage_bps: u32,
    /// Age of the book beyond which nothing is sent, milliseconds.
    pub max_book_age_ms: u32,
    /// The same order again within this time is refused, milliseconds; 0 switches it off.
    pub duplicate_window_ms: u32,
}

/// Risk limits of the session as a whole.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionLimitsConfig {
    /// Creates and amends a second; as many may go out at once, a quarter of them kept for cancels.
    pub max_orders_per_s: u32,
    /// So many refusals within the window halt the session.
    pub breaker_rejects: u32,
    pub breaker_window_ms: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalConfig {
    pub name: String,
    pub formula: FormulaConfig,
    /// Where a price comes from: `mid`, `microprice`, `trade`, `close`, ...
    pub feed: String,
    pub bar_s: f64,
    /// Inputs with sources of their own.
    #[serde(default)]
    pub columns: Vec<(String, Vec<String>)>,
}

/// A formula, and the one that feeds it, if one does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormulaConfig {
    pub key: String,
    pub params: Vec<ParamConfig>,
    #[serde(default)]
    pub source: Option<Box<FormulaConfig>>,
    #[serde(default)]
    pub picks: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamConfig {
    Number(f64),
    List(Vec<f64>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyConfig {
    pub name: String,
    /// `python`, `compiled` or `rust`.
    pub host: String,
    pub params: serde_json::Map<String, serde_json::Value>,
}

/// A configuration that cannot be: the path of the key, what is wrong, what is allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigProblem {
    pub path: String,
    pub what: String,
    pub hint: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

fn problem(path: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> ConfigProblem {
    ConfigProblem { path: path.into(), what: what.into(), hint: hint.into() }
}

impl SessionConfig {
    pub fn from_json(json: &[u8]) -> Result<SessionConfig, ConfigProblem> {
        serde_json::from_slice(json)
            .map_err(|e| problem("session", e.to_string(), "the keys are those of SessionConfig"))
    }

    /// Checks everything and makes what the engine needs.
    pub fn build(&self) -> Result<DeskConfig, ConfigProblem> {
        let venue = self.venue()?;
        if self.instruments.is_empty() || self.instruments.len() > MAX_INSTRUMENTS {
            let hint = format!("a session has 1 to {MAX_INSTRUMENTS}");
            return Err(problem("instruments", format!("{} given", self.instruments.len()), hint));
        }
        if self.epoch == 0 || self.epoch > nanotick_model::ClientId::MAX_EPOCH {
            return Err(problem("epoch", format!("{} given", self.epoch), "it starts at 1"));
        }
        let mut instruments = Vec::new();
        let mut limits = Vec::new();
        for (i, config) in self.instruments.iter().enumerate() {
            let path = format!("instruments[{i}] ({})", config.symbol);
            let instrument = config.build(InstrumentId(i as u16), venue, &path)?;
            limits.push(config.limits.build(&instrument, &format!("{path}.limits"))?);
            instruments.push(instrument);
        }
        let signals = self.signals.iter().map(SignalConfig::build).collect::<Result<_, _>>()?;
        let start_cash = cash(&self.start_cash, "start_cash")?;
        let burst = self.limits.max_orders_per_s.max(4);
        let session_limits = SessionLimits {
            orders_per_s: self.limits.max_orders_per_s,
            burst,
            cancel_reserve: burst / 4,
            breaker_refusals: self.limits.breaker_rejects,
            breaker_window_ns: self.limits.breaker_window_ms as i64 * NS_PER_MS,
        };
        Ok(DeskConfig { instruments, limits, session_limits, signals, epoch: self.epoch, start_cash })
    }

    pub fn venue(&self) -> Result<Venue, ConfigProblem> {
        match self.venue.as_str() {
            "bybit" => Ok(Venue::Bybit),
            "binance" => Ok(Venue::Binance),
            other => Err(problem("venue", format!("{other:?} given"), "it is bybit or binance")),
        }
    }
}

fn cash(text: &str, path: &str) -> Result<Cash, ConfigProblem> {
    Cash::parse(text).ok_or_else(|| {
        problem(path, format!("{text:?} is not a plain decimal number"), "for example 100000 or 0.5")
    })
}

fn rate(text: &str, path: String) -> Result<Rate, ConfigProblem> {
    Rate::parse(text).ok_or_else(|| {
        problem(path, format!("{text:?} is not a rate with at most 8 decimals"), "for example 0.0002")
    })
}

fn grid(text: &str, path: String) -> Result<Grid, ConfigProblem> {
    Grid::new(text).map_err(|e| problem(path, format!("{text:?} is {e}"), "for example 0.10"))
}

fn steps(grid: &Grid, text: &str, path: String) -> Result<i64, ConfigProblem> {
    grid.parse(text).map_err(|e| {
        problem(path, format!("{text:?} is {e}"), format!("it must be a multiple of {}", grid.text(1)))
    })
}

impl InstrumentConfig {
    fn build(&self, id: InstrumentId, venue: Venue, path: &str) -> Result<Instrument, ConfigProblem> {
        let symbol = Text::new(&self.symbol)
            .filter(|s| !s.is_empty() && s.as_bytes().iter().all(u8::is_ascii_graphic))
            .ok_or_else(|| {
                problem(path, "the symbol is not 1 to 24 plain characters", "for example BTCUSDT")
            })?;
        let kind = match self.kind.as_str() {
            "linear" => ContractKind::Linear,
            "inverse" => ContractKind::Inverse,
            "spot" => ContractKind::Spot,
            other => {
                let hint = "it is linear, inverse or spot";
                return Err(problem(format!("{path}.kind"), format!("{other:?} given"), hint));
            }
        };
        let tick = grid(&self.tick, format!("{path}.tick"))?;
        let lot = grid(&self.lot, format!("{path}.lot"))?;
        let instrument = Instrument {
            id,
            venue,
            kind,
            symbol,
            min_px: Px(steps(&tick, &self.min_px, format!("{path}.min_px"))?),
            max_px: Px(steps(&tick, &self.max_px, format!("{path}.max_px"))?),
            min_qty: Qty(steps(&lot, &self.min_qty, format!("{path}.min_qty"))?),
            max_qty: Qty(steps(&lot, &self.max_qty, format!("{path}.max_qty"))?),
            min_notional: cash(&self.min_notional, &format!("{path}.min_notional"))?,
            maker_fee: rate(&self.maker_fee, format!("{path}.maker_fee"))?,
            taker_fee: rate(&self.taker_fee, format!("{path}.taker_fee"))?,
            tick,
            lot,
        };
        if instrument.kind == ContractKind::Inverse {
            let hint = "books of inverse contracts can be verified, not traded";
            return Err(problem(format!("{path}.kind"), "inverse contracts cannot be traded yet", hint));
        }
        if instrument.notional_unit().is_none() {
            let hint = "tick and lot together may have 12 decimals";
            return Err(problem(path, "price times size is not a whole number of cash units", hint));
        }
        Ok(instrument)
    }
}

impl LimitsConfig {
    fn build(&self, instrument: &Instrument, path: &str) -> Result<Limits, ConfigProblem> {
        let lots = |text: &str, key: &str| steps(&instrument.lot, text, format!("{path}.{key}")).map(Qty);
        Ok(Limits {
            max_order_qty: lots(&self.max_order_qty, "max_order_qty")?,
            max_order_notional: cash(&self.max_order_notional, &format!("{path}.max_order_notional"))?,
            max_position: lots(&self.max_position, "max_position")?,
            max_open_orders: self.max_open_orders,
            collar_bps: self.collar_bps,
            slippage_bps: self.market_slippage_bps,
            max_book_age_ns: self.max_book_age_ms as i64 * NS_PER_MS,
            duplicate_ns: self.duplicate_window_ms as i64 * NS_PER_MS,
        })
    }
}

impl SignalConfig {
    fn build(&self) -> Result<SignalSpec, ConfigProblem> {
        if !(1e-3..=1e6).contains(&self.bar_s) {
            let what = format!("{} given", self.bar_s);
            return Err(problem(
                format!("signals.{}.bar_s", self.name),
                what,
                "it is from 0.001 to 1e6 seconds",
            ));
        }
        Ok(SignalSpec {
            name: self.name.clone(),
            recipe: self.formula.recipe(),
            feed: self.feed.clone(),
            bar_ns: (self.bar_s * 1e9) as i64,
            columns: self.columns.clone(),
        })
    }
}

impl FormulaConfig {
    pub fn recipe(&self) -> Recipe {
        let value = |param: &ParamConfig| match param {
            ParamConfig::Number(number) => Value::Number(*number),
            ParamConfig::List(list) => Value::List(list.clone()),
        };
        Recipe {
            key: self.key.clone(),
            params: self.params.iter().map(value).collect(),
            source: self.source.as_ref().map(|source| Box::new(source.recipe())),
            picks: self.picks.clone(),
        }
    }
}
