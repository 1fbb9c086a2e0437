//! Order requests: their JSON bodies, checked and turned into what the exchange understands, and its refusals as the
//! venue's codes. REST and the trade socket share them.

use super::text;
use crate::server::Listing;
use nanotick_exchange::{NewOrder, OrderId, Output, Refusal, SimExchange, Which};
use nanotick_model::{Grid, InstrumentId, OrderType, Px, Qty, Side, Text, TimeInForce};
use serde_json::{json, Value};

/// A refused request: the venue's code and its reason in words.
pub(super) type Refused = (i64, String);

fn bad(why: impl Into<String>) -> Refused {
    (10001, why.into())
}

fn refused(refusal: Refusal) -> Refused {
    let (code, words) = match refusal {
        Refusal::UnknownInstrument => (10001, "symbol is not listed"),
        Refusal::UnknownOrder => (110001, "order does not exist or is too late to change"),
        Refusal::AlreadyFilled => (110001, "order is filled: too late to change"),
        Refusal::AlreadyCancelled => (110001, "order is cancelled: too late to change"),
        Refusal::DuplicateClientId => (110072, "orderLinkId was used before"),
        Refusal::QtyTooSmall => (10001, "qty is below the minimum"),
        Refusal::QtyTooLarge => (10001, "qty is above the maximum"),
        Refusal::PxOutOfRange => (110003, "price is out of the permitted range"),
        Refusal::NotionalTooSmall => (110094, "order value is below the minimum"),
        Refusal::InsufficientBalance => (110007, "available balance is not enough"),
        Refusal::NothingToReduce => (110017, "reduce-only order has nothing to reduce"),
        Refusal::TooManyOrders => (110020, "too many working orders"),
        Refusal::PostOnlyWouldTake => (10001, "post-only order would take"),
        Refusal::CannotFillWhole => (10001, "order cannot be filled whole"),
        Refusal::NotModified => (10001, "order is as requested already"),
        Refusal::BelowFilled => (10001, "qty is not above what is filled"),
        Refusal::NoLiquidity => (10001, "there is nothing to trade with"),
    };
    (code, words.to_string())
}

/// Finds the listed symbol.
pub(super) fn listing<'a>(listings: &'a [Listing], symbol: &str) -> Option<&'a Listing> {
    listings.iter().find(|listing| listing.symbol() == symbol)
}

fn text_of<'a>(body: &'a Value, key: &str) -> &'a str {
    body.get(key).and_then(Value::as_str).unwrap_or("")
}

fn steps(grid: &Grid, body: &Value, key: &str) -> Result<Option<i64>, Refused> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => {
            grid.parse(text).map(Some).map_err(|e| bad(format!("{key} {text:?} is {e}")))
        }
        Some(other) => Err(bad(format!("{key} must be a string, not {other}"))),
    }
}

fn listed<'a>(listings: &'a [Listing], body: &Value) -> Result<&'a Listing, Refused> {
    if text_of(body, "category") != "linear" {
        return Err(bad("category must be linear"));
    }
    listing(listings, text_of(body, "symbol")).ok_or_else(|| bad("symbol is not listed"))
}

fn client_id(body: &Value) -> Result<Text<40>, Refused> {
    let id = text_of(body, "orderLinkId");
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    match Text::new(id) {
        Some(id) if id.as_bytes().len() <= 36 && id.as_bytes().iter().all(|&b| allowed(b)) => Ok(id),
        _ => Err(bad("orderLinkId must be at most 36 letters, digits, - and _")),
    }
}

/// Whether a key asks for something that this server does not do: then the order is refused, not half done.
fn unsupported(body: &Value) -> Option<&'static str> {
    let asks = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != "0",
        Value::Number(number) => number.as_f64() != Some(0.0),
        _ => true,
    };
    let keys = [
        "triggerPrice",
        "takeProfit",
        "stopLoss",
        "closeOnTrigger",
        "positionIdx",
        "bboSideType",
        "bboLevel",
    ];
    keys.into_iter().find(|key| body.get(key).is_some_and(asks))
}

fn new_order(listings: &[Listing], body: &Value) -> Result<NewOrder, Refused> {
    let listing = listed(listings, body)?;
    if let Some(key) = unsupported(body) {
        return Err(bad(format!("{key} is not supported here")));
    }
    let side = match text_of(body, "side") {
        "Buy" => Side::Buy,
        "Sell" => Side::Sell,
        _ => return Err(bad("side must be Buy or Sell")),
    };
    let order_type = match text_of(body, "orderType") {
        "Limit" => OrderType::Limit,
        "Market" => OrderType::Market,
        _ => return Err(bad("orderType must be Limit or Market")),
    };
    let tif = match (order_type, text_of(body, "timeInForce")) {
        (OrderType::Market, _) => TimeInForce::Ioc,
        (_, "" | "GTC") => TimeInForce::Gtc,
        (_, "IOC") => TimeInForce::Ioc,
        (_, "FOK") => TimeInForce::Fok,
        (_, "PostOnly") => TimeInForce::PostOnly,
        _ => return Err(bad("timeInForce must be GTC, IOC, FOK or PostOnly")),
    };
    let instrument = &listing.instrument;
    let qty = steps(&instrument.lot, body, "qty")?.ok_or_else(|| bad("qty is missing"))?;
    let px = match order_type {
        OrderType::Market => 0,
        OrderType::Limit => steps(&instrument.tick, body, "price")?.ok_or_else(|| bad("price is missing"))?,
    };
    Ok(NewOrder {
        instrument: instrument.id,
        client: client_id(body)?,
        side,
        order_type,
        tif,
        px: Px(px),
        qty: Qty(qty),
        reduce_only: body.get("reduceOnly").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// The order that a body names; the venue's id wins over the client's.
pub(super) fn named(order_id: &str, client: &str) -> Result<Which, Refused> {
    if !order_id.is_empty() {
        let id = text::parse_order_id(order_id).unwrap_or(OrderId(0));
        return Ok(Which::Id(id));
    }
    match Text::new(client) {
        Some(client) if !client.is_empty() => Ok(Which::Client(client)),
        _ => Err(bad("orderId or orderLinkId is needed")),
    }
}

fn existing(exchange: &SimExchange, listing: &Listing, body: &Value) -> Result<Which, Refused> {
    let which = named(text_of(body, "orderId"), text_of(body, "orderLinkId"))?;
    match exchange.order(which) {
        Some(order) if order.instrument == listing.instrument.id => Ok(which),
        _ => Err(refused(Refusal::UnknownOrder)),
    }
}

/// `create`, `amend` and `cancel`, by the last word of the operation or path. Answers with the ids.
pub(super) fn perform(
    verb: &str,
    exchange: &mut SimExchange,
    listings: &[Listing],
    body: &Value,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<Value, Refused> {
    let done = match verb {
        "create" => exchange.place(&new_order(listings, body)?, now_ns, out),
        "amend" => {
            let listing = listed(listings, body)?;
            let px = steps(&listing.instrument.tick, body, "price")?.map(Px);
            let qty = steps(&listing.instrument.lot, body, "qty")?.map(Qty);
            exchange.amend(existing(exchange, listing, body)?, px, qty, now_ns, out)
        }
        "cancel" => exchange.cancel(existing(exchange, listed(listings, body)?, body)?, now_ns, out),
        _ => return Err((10404, format!("op is not supported: {verb}"))),
    };
    let id = done.map_err(refused)?;
    let client = exchange.order(Which::Id(id)).map_or(String::new(), |order| order.client.to_string());
    Ok(json!({ "orderId": text::order_id(id), "orderLinkId": client }))
}

/// `create`, `amend` and `cancel` of several: the result, and the parallel list of codes.
pub(super) fn perform_batch(
    verb: &str,
    exchange: &mut SimExchange,
    listings: &[Listing],
    body: &Value,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<(Value, Value), Refused> {
    const MAX: usize = 20;
    let requests = match body.get("request").and_then(Value::as_array) {
        Some(requests) if (1..=MAX).contains(&requests.len()) => requests,
        _ => return Err(bad(format!("request must be a list of 1 to {MAX}"))),
    };
    let (mut list, mut codes) = (Vec::new(), Vec::new());
    for request in requests {
        let mut request = request.clone();
        if let Some(object) = request.as_object_mut() {
            object.insert("category".into(), body.get("category").cloned().unwrap_or(Value::Null));
        }
        let result = perform(verb, exchange, listings, &request, now_ns, out);
        let (code, words) = result.as_ref().err().cloned().unwrap_or((0, "OK".into()));
        let ids = result.unwrap_or_else(|_| json!({ "orderId": "", "orderLinkId": "" }));
        list.push(json!({
            "category": "linear", "symbol": text_of(&request, "symbol"), "createAt": (now_ns / 1_000_000).to_string(),
            "orderId": ids["orderId"], "orderLinkId": ids["orderLinkId"],
        }));
        codes.push(json!({ "code": code, "msg": words }));
    }
    Ok((json!({ "list": list }), json!({ "list": codes })))
}

/// `cancel-all`: of one symbol, or of all that settle in a coin.
pub(super) fn cancel_all(
    exchange: &mut SimExchange,
    listings: &[Listing],
    body: &Value,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<Value, Refused> {
    if text_of(body, "category") != "linear" {
        return Err(bad("category must be linear"));
    }
    let coin = [text_of(body, "settleCoin"), text_of(body, "baseCoin")].concat();
    let scope: Option<InstrumentId> = match text_of(body, "symbol") {
        "" if coin.is_empty() => return Err(bad("symbol, baseCoin or settleCoin is needed")),
        "" if listings.iter().all(|l| l.quote == coin) => None,
        "" => match listings.iter().find(|l| l.base == coin) {
            Some(listing) => Some(listing.instrument.id),
            None => return Ok(json!({ "list": [], "success": "1" })),
        },
        symbol => {
            let listing = listing(listings, symbol).ok_or_else(|| bad("symbol is not listed"))?;
            Some(listing.instrument.id)
        }
    };
    let ids = exchange.cancel_all(scope, now_ns, out);
    let list: Vec<Value> = ids
        .into_iter()
        .map(|id| {
            let client =
                exchange.order(Which::Id(id)).map_or(String::new(), |order| order.client.to_string());
            json!({ "orderId": text::order_id(id), "orderLinkId": client })
        })
        .collect();
    Ok(json!({ "list": list, "success": "1" }))
}
