//! Order requests: their parameters checked and turned into what the exchange understands, and its refusals as the
//! venue's codes. REST and the WebSocket API share them.

use super::params::{refuse, Params, Refused};
use super::text;
use crate::server::Listing;
use nanotick_exchange::{NewOrder, OrderId, Output, Refusal, SimExchange, Which};
use nanotick_model::{Grid, GridError, OrderType, Px, Qty, Side, Text, TimeInForce};
use serde_json::{json, Value};

/// What the request was for: an order that is not there has another code when it is to be cancelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    Cancel,
    Other,
}

fn refused(refusal: Refusal, aim: Aim) -> Refused {
    let (code, words) = match refusal {
        Refusal::UnknownInstrument => (-1121, "Invalid symbol."),
        Refusal::UnknownOrder | Refusal::AlreadyFilled | Refusal::AlreadyCancelled => match aim {
            Aim::Cancel => (-2011, "Unknown order sent."),
            Aim::Other => (-2013, "Order does not exist."),
        },
        Refusal::DuplicateClientId => (-4116, "ClientOrderId is duplicated."),
        Refusal::QtyTooSmall => (-4003, "Quantity less than minimum quantity."),
        Refusal::QtyTooLarge => (-4005, "Quantity greater than max quantity."),
        Refusal::PxOutOfRange => (-4002, "Price is out of the permitted range."),
        Refusal::NotionalTooSmall => (-4164, "Order's notional is below the minimum (unless reduce only)."),
        Refusal::InsufficientBalance => (-2019, "Margin is insufficient."),
        Refusal::NothingToReduce => (-2022, "ReduceOnly Order is rejected."),
        Refusal::TooManyOrders => (-2025, "Reach max open order limit."),
        Refusal::PostOnlyWouldTake => (-5022, "Post only order would take and is rejected."),
        Refusal::CannotFillWhole => (-5021, "FOK order could not be filled immediately and is rejected."),
        Refusal::NotModified => (-5027, "No need to modify the order."),
        Refusal::BelowFilled => (-4003, "Quantity is not above what is filled."),
        Refusal::NoLiquidity => (-4131, "There is nothing to trade with."),
    };
    refuse(code, words)
}

pub(super) fn listing<'a>(listings: &'a [Listing], params: &Params) -> Result<&'a Listing, Refused> {
    let symbol = params.need("symbol")?;
    let found = listings.iter().find(|listing| listing.symbol().eq_ignore_ascii_case(symbol));
    found.ok_or_else(|| refuse(-1121, "Invalid symbol."))
}

fn steps(grid: &Grid, params: &Params, name: &str) -> Result<i64, Refused> {
    let text = params.need(name)?;
    grid.parse(text).map_err(|error| match (error, name) {
        (GridError::OffGrid, "price") => refuse(-4014, "Price not increased by tick size."),
        (GridError::OffGrid | GridError::OutOfRange, _) => {
            refuse(-1111, "Precision is over the maximum defined for this asset.")
        }
        (GridError::Malformed, _) => refuse(-1102, format!("'{name}' is not a plain decimal number.")),
    })
}

/// Parameters that ask for what this server does not do: such an order is refused, not half done.
fn check_supported(params: &Params) -> Result<(), Refused> {
    if !matches!(params.get("positionSide"), None | Some("BOTH")) {
        return Err(refuse(-4061, "Order's position side does not match user's setting."));
    }
    let name =
        ["stopPrice", "callbackRate", "activationPrice", "closePosition", "priceMatch", "goodTillDate"]
            .into_iter()
            .find(|name| !matches!(params.get(name), None | Some("false" | "NONE" | "0")));
    match name {
        Some(name) => Err(refuse(-1106, format!("Parameter '{name}' is not supported here."))),
        None => Ok(()),
    }
}

fn side(params: &Params) -> Result<Side, Refused> {
    match params.need("side")? {
        "BUY" | "buy" => Ok(Side::Buy),
        "SELL" | "sell" => Ok(Side::Sell),
        _ => Err(refuse(-1117, "Invalid side.")),
    }
}

fn client_id(params: &Params, next: u64) -> Result<Text<40>, Refused> {
    let given = params.get("newClientOrderId").map_or_else(|| format!("auto_{next}"), str::to_string);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".:/_-".contains(&b);
    match Text::new(&given) {
        Some(id) if (1..=36).contains(&given.len()) && given.bytes().all(allowed) => Ok(id),
        _ => Err(refuse(-4015, "Client order id is not valid.")),
    }
}

fn new_order(listings: &[Listing], params: &Params, next: u64) -> Result<NewOrder, Refused> {
    let listing = listing(listings, params)?;
    check_supported(params)?;
    let order_type = match params.need("type")? {
        "LIMIT" => OrderType::Limit,
        "MARKET" => OrderType::Market,
        _ => return Err(refuse(-1116, "Invalid orderType.")),
    };
    let tif = match (order_type, params.get("timeInForce")) {
        (OrderType::Market, _) => TimeInForce::Ioc,
        (_, None) => return Err(params.need("timeInForce").unwrap_err()),
        (_, Some("GTC")) => TimeInForce::Gtc,
        (_, Some("IOC")) => TimeInForce::Ioc,
        (_, Some("FOK")) => TimeInForce::Fok,
        (_, Some("GTX")) => TimeInForce::PostOnly,
        _ => return Err(refuse(-1115, "Invalid timeInForce.")),
    };
    let i = &listing.instrument;
    let px = match order_type {
        OrderType::Limit => steps(&i.tick, params, "price")?,
        OrderType::Market => 0,
    };
    Ok(NewOrder {
        instrument: i.id,
        client: client_id(params, next)?,
        side: side(params)?,
        order_type,
        tif,
        px: Px(px),
        qty: Qty(steps(&i.lot, params, "quantity")?),
        reduce_only: params.get("reduceOnly").is_some_and(|text| text.eq_ignore_ascii_case("true")),
    })
}

/// The order that `orderId` or `origClientOrderId` names.
fn named(exchange: &SimExchange, listing: &Listing, params: &Params, aim: Aim) -> Result<Which, Refused> {
    let which = match (params.get("orderId"), params.get("origClientOrderId")) {
        (Some(id), _) => Which::Id(OrderId(id.parse().unwrap_or(0))),
        (None, Some(client)) => Which::Client(Text::new(client).unwrap_or(Text::EMPTY)),
        (None, None) => {
            return Err(refuse(
                -1102,
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            ))
        }
    };
    match exchange.order(which) {
        Some(order) if order.instrument == listing.instrument.id => Ok(which),
        _ => Err(refused(Refusal::UnknownOrder, aim)),
    }
}

fn shown(exchange: &SimExchange, listing: &Listing, id: OrderId) -> Value {
    exchange.order(Which::Id(id)).map_or(Value::Null, |order| text::order(listing, order))
}

pub(super) fn place(
    exchange: &mut SimExchange,
    listings: &[Listing],
    params: &Params,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<Value, Refused> {
    let next = exchange.orders().next_back().map_or(0, |order| order.id.0) + 1;
    let new = new_order(listings, params, next)?;
    let id = exchange.place(&new, now_ns, out).map_err(|e| refused(e, Aim::Other))?;
    let listing = &listings[new.instrument.index()];
    // An acknowledgement shows the order as it was accepted, a result as it has become.
    match out.first() {
        Some(Output::Accepted(order)) if params.get("newOrderRespType") != Some("RESULT") => {
            Ok(text::order(listing, order))
        }
        _ => Ok(shown(exchange, listing, id)),
    }
}

pub(super) fn modify(
    exchange: &mut SimExchange,
    listings: &[Listing],
    params: &Params,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<Value, Refused> {
    let listing = listing(listings, params)?;
    let px = steps(&listing.instrument.tick, params, "price")?;
    let qty = steps(&listing.instrument.lot, params, "quantity")?;
    let side = side(params)?;
    let which = named(exchange, listing, params, Aim::Other)?;
    if exchange.order(which).is_some_and(|order| order.side != side) {
        return Err(refuse(-1117, "Invalid side: it cannot be changed."));
    }
    let done = exchange.amend(which, Some(Px(px)), Some(Qty(qty)), now_ns, out);
    Ok(shown(exchange, listing, done.map_err(|e| refused(e, Aim::Other))?))
}

pub(super) fn cancel(
    exchange: &mut SimExchange,
    listings: &[Listing],
    params: &Params,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<Value, Refused> {
    let listing = listing(listings, params)?;
    let which = named(exchange, listing, params, Aim::Cancel)?;
    let done = exchange.cancel(which, now_ns, out);
    Ok(shown(exchange, listing, done.map_err(|e| refused(e, Aim::Cancel))?))
}

pub(super) fn query(exchange: &SimExchange, listings: &[Listing], params: &Params) -> Result<Value, Refused> {
    let listing = listing(listings, params)?;
    let which = named(exchange, listing, params, Aim::Other)?;
    exchange
        .order(which)
        .map(|order| text::order(listing, order))
        .ok_or_else(|| refused(Refusal::UnknownOrder, Aim::Other))
}

pub(super) fn cancel_all(
    exchange: &mut SimExchange,
    listings: &[Listing],
    params: &Params,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<Value, Refused> {
    let listing = listing(listings, params)?;
    exchange.cancel_all(Some(listing.instrument.id), now_ns, out);
    Ok(json!({ "code": 200, "msg": "The operation of cancel all open order is done." }))
}

/// Several orders in one request: each succeeds or fails on its own.
pub(super) fn place_batch(
    exchange: &mut SimExchange,
    listings: &[Listing],
    params: &Params,
    now_ns: i64,
    out: &mut Vec<Output>,
) -> Result<Value, Refused> {
    const MAX: usize = 5;
    let items: Vec<Value> = serde_json::from_str(params.need("batchOrders")?)
        .map_err(|_| refuse(-1102, "'batchOrders' is not a JSON list."))?;
    if items.is_empty() || items.len() > MAX {
        return Err(refuse(-4082, "Invalid number of batch place orders."));
    }
    let mut results = Vec::new();
    for item in &items {
        let mut happened = Vec::new();
        let result = place(exchange, listings, &Params::of_json(item), now_ns, &mut happened);
        results.push(result.unwrap_or_else(|refused| text::error(&refused)));
        out.append(&mut happened);
    }
    Ok(Value::Array(results))
}
