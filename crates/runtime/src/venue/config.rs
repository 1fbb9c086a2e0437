//! What a venue server is started with, and the instruments that it lists.

use super::VenueError;
use nanotick_model::{
    Cash, ContractKind, Grid, Instrument, InstrumentId, Px, Qty, Rate, Text, Venue, CASH_DECIMALS,
};
use nanotick_venues::server::Listing;
use nanotick_venues::sign::Secret;
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueConfig {
    /// Recordings to play: raw Binance USD-M messages, one file (or the files of one session in order) a symbol.
    pub data: Vec<PathBuf>,
    /// Only these; all that the recordings hold if empty.
    #[serde(default)]
    pub symbols: Vec<String>,
    #[serde(default = "both")]
    pub protocols: Vec<Protocol>,
    #[serde(default = "loopback")]
    pub listen: String,
    #[serde(default)]
    pub tls: bool,
    #[serde(default)]
    pub speed: Speed,
    #[serde(default = "demo_key")]
    pub api_key: String,
    #[serde(default = "demo_secret")]
    pub api_secret: SecretText,
    /// Deposit in the settlement coin.
    #[serde(default = "deposit")]
    pub balance: String,
    /// Instead of each venue's own.
    #[serde(default)]
    pub fees: Option<Fees>,
    /// How long a request travels before it takes effect.
    #[serde(default)]
    pub latency_ms: u64,
    #[serde(default)]
    pub start: Start,
    /// Ends the server so long after the recording has ended; never if absent.
    #[serde(default)]
    pub exit_after_end_s: Option<u64>,
}

/// Keeps the secret out of `Debug`.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct SecretText(pub Secret);

impl From<String> for SecretText {
    fn from(text: String) -> SecretText {
        SecretText(Secret::new(text))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Bybit,
    Binance,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    pub maker: String,
    pub taker: String,
}

/// When the recording begins to play.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// With the first subscription to a book.
    #[default]
    Subscribe,
    Now,
}

/// How fast the recording plays: 1 is as it was recorded.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub enum Speed {
    Times(f64),
    /// As fast as the slowest listener takes it.
    Max,
}

impl Default for Speed {
    fn default() -> Speed {
        Speed::Times(1.0)
    }
}

impl TryFrom<serde_json::Value> for Speed {
    type Error = String;
    fn try_from(value: serde_json::Value) -> Result<Speed, String> {
        match value.as_f64() {
            Some(times) if times > 0.0 && times <= 1e6 => Ok(Speed::Times(times)),
            _ if value == "max" => Ok(Speed::Max),
            _ => Err(format!("speed {value} is neither a number above 0 and up to 1000000 nor \"max\"")),
        }
    }
}

fn both() -> Vec<Protocol> {
    vec![Protocol::Bybit, Protocol::Binance]
}
fn loopback() -> String {
    "127.0.0.1:0".into()
}
fn demo_key() -> String {
    "demo-key".into()
}
fn demo_secret() -> SecretText {
    SecretText(Secret::new("demo-secret".into()))
}
fn deposit() -> String {
    "100000".into()
}

/// Symbol, base, tick, lot and largest size. Both venues list them; the lots are the recording's.
const CATALOGUE: [(&str, &str, &str, &str, &str); 2] =
    [("BTCUSDT", "BTC", "0.10", "0.001", "1000"), ("ETHUSDT", "ETH", "0.01", "0.001", "10000")];

/// Decimals of prices and sizes in Binance's texts, which are not those of its steps.
const BINANCE_DECIMALS: (usize, usize) = (2, 3);

impl VenueConfig {
    /// From JSON; the error says which key is wrong.
    pub fn from_json(json: &[u8]) -> Result<VenueConfig, VenueError> {
        let config: VenueConfig = serde_json::from_slice(json).map_err(|e| {
            VenueError::config(format!("the venue server's configuration is wrong: {e}"), CONFIG_HINT)
        })?;
        if config.data.is_empty() {
            return Err(VenueError::config("there is nothing to play: `data` is empty", CONFIG_HINT));
        }
        if config.protocols.is_empty() {
            return Err(VenueError::config(
                "there is nothing to serve: `protocols` is empty",
                "name \"bybit\", \"binance\" or both",
            ));
        }
        Ok(config)
    }

    pub(super) fn deposit(&self) -> Result<Cash, VenueError> {
        match Cash::parse(&self.balance) {
            Some(cash) if cash.0 >= 0 => Ok(cash),
            _ => Err(VenueError::config(
                format!("`balance` is {:?}, not a decimal number of 0 or more", self.balance),
                "write it as text, such as \"100000\"",
            )),
        }
    }

    /// The instruments that a venue lists, numbered from zero in the catalogue's order.
    pub(super) fn listings(&self, protocol: Protocol) -> Result<Vec<Listing>, VenueError> {
        let (venue, maker, taker, min_notional) = match protocol {
            Protocol::Bybit => (Venue::Bybit, "0.0002", "0.00055", 5),
            Protocol::Binance => (Venue::Binance, "0.0002", "0.0005", 100),
        };
        let rate = |text: &str| {
            Rate::parse(text).filter(|rate| rate.0.abs() < 10_000_000).ok_or_else(|| {
                VenueError::config(
                    format!("fee {text:?} is not a rate between -0.1 and 0.1"),
                    "write 0.0002 for 0.02 %",
                )
            })
        };
        let (maker, taker) = match &self.fees {
            Some(fees) => (rate(&fees.maker)?, rate(&fees.taker)?),
            None => (rate(maker)?, rate(taker)?),
        };
        let known: Vec<&str> = CATALOGUE.iter().map(|row| row.0).collect();
        if let Some(unknown) = self.symbols.iter().find(|symbol| !known.contains(&symbol.as_str())) {
            return Err(VenueError::config(
                format!("symbol {unknown:?} is not listed"),
                format!("listed are {}", known.join(" and ")),
            ));
        }
        let wanted = CATALOGUE
            .iter()
            .filter(|row| self.symbols.is_empty() || self.symbols.iter().any(|symbol| symbol == row.0));
        let mut listings = Vec::new();
        for (at, &(symbol, base, tick_text, lot_text, max_qty)) in wanted.enumerate() {
            let grid = |text| Grid::new(text).map_err(|e| VenueError::config(e.to_string(), ""));
            let (tick, lot) = (grid(tick_text)?, grid(lot_text)?);
            let decimals = |text: &str| text.len() - 2;
            let own_decimals = (decimals(tick_text), decimals(lot_text));
            let (px_decimals, qty_decimals) = match protocol {
                Protocol::Bybit => own_decimals,
                Protocol::Binance => BINANCE_DECIMALS,
            };
            listings.push(Listing {
                instrument: Instrument {
                    id: InstrumentId(at as u16),
                    venue,
                    kind: ContractKind::Linear,
                    symbol: Text::clipped(symbol),
                    min_px: Px(1),
                    max_px: Px(tick.parse("1999999.8").unwrap_or(i64::MAX)),
                    min_qty: Qty(1),
                    max_qty: Qty(lot.parse(max_qty).unwrap_or(i64::MAX)),
                    min_notional: Cash(min_notional * 10i128.pow(CASH_DECIMALS)),
                    maker_fee: maker,
                    taker_fee: taker,
                    tick,
                    lot,
                },
                base: base.into(),
                quote: "USDT".into(),
                px_decimals,
                qty_decimals,
            });
        }
        Ok(listings)
    }
}

const CONFIG_HINT: &str =
    "known keys are data, symbols, protocols, listen, tls, speed, api_key, api_secret, \
                           balance, fees, latency_ms, start, exit_after_end_s; data is a list of recordings";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_configurations_are_told_with_what_is_allowed() {
        for (json, says) in [
            ("{", "configuration is wrong"),
            ("{}", "missing field `data`"),
            (r#"{"data":[]}"#, "nothing to play"),
            (r#"{"data":["x"],"speeed":1}"#, "unknown field `speeed`"),
            (r#"{"data":["x"],"speed":0}"#, "speed 0 is neither"),
            (r#"{"data":["x"],"speed":"fast"}"#, "nor \"max\""),
            (r#"{"data":["x"],"protocols":["ftx"]}"#, "unknown variant `ftx`"),
            (r#"{"data":["x"],"protocols":[]}"#, "nothing to serve"),
        ] {
            let error = VenueConfig::from_json(json.as_bytes()).unwrap_err();
            assert!(error.message.contains(says) && error.exit_code == 3, "{json}: {error:?}");
            assert!(!error.hint.is_empty());
        }
        let with = |more: &str| {
            let json = format!(r#"{{"data":["x"],{more}}}"#);
            let config = VenueConfig::from_json(json.as_bytes()).unwrap();
            config.deposit().and(config.listings(Protocol::Bybit)).unwrap_err().message
        };
        assert!(with(r#""balance":"-1""#).contains("balance"));
        assert!(with(r#""balance":"1e5""#).contains("balance"));
        assert!(with(r#""symbols":["DOGEUSDT"]"#).contains("DOGEUSDT"));
        assert!(with(r#""fees":{"maker":"2%","taker":"0"}"#).contains("2%"));
    }

    #[test]
    fn secrets_do_not_print() {
        let json = br#"{"data":["x"],"api_secret":"hush"}"#;
        assert!(!format!("{:?}", VenueConfig::from_json(json).unwrap()).contains("hush"));
    }
}
