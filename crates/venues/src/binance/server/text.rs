//! Orders, trades, positions, balances and events as the venue writes them in JSON.

use super::params::Refused;
use crate::server::{Listing, Now};
use nanotick_exchange::{End, Fill, Order, SimExchange, Status};
use nanotick_model::{Cash, InstrumentId, OrderType, Px, Qty, Side, TimeInForce, CASH_DECIMALS};
use serde_json::{json, Value};

pub(super) fn error(refused: &Refused) -> Value {
    json!({ "code": refused.1, "msg": refused.2 })
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

fn order_type(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Limit => "LIMIT",
        OrderType::Market => "MARKET",
    }
}

fn time_in_force(order: &Order) -> &'static str {
    match (order.order_type, order.tif) {
        (OrderType::Market, _) | (_, TimeInForce::Gtc) => "GTC",
        (_, TimeInForce::Ioc) => "IOC",
        (_, TimeInForce::Fok) => "FOK",
        (_, TimeInForce::PostOnly) => "GTX",
    }
}

fn status(order: &Order) -> &'static str {
    match (order.status, order.end) {
        (Status::New, _) => "NEW",
        (Status::PartiallyFilled, _) => "PARTIALLY_FILLED",
        (Status::Filled, _) => "FILLED",
        (Status::Cancelled, Some(End::Requested | End::AmendedAway) | None) => "CANCELED",
        (Status::Cancelled, Some(End::SelfMatch)) => "EXPIRED_IN_MATCH",
        (Status::Cancelled, Some(_)) => "EXPIRED",
    }
}

fn ms(ns: i64) -> i64 {
    ns / 1_000_000
}

/// Average price of a value over a size, to eight decimals, for display.
fn average(listing: &Listing, value: Cash, qty: Qty) -> String {
    if qty.0 == 0 {
        return "0.00".into();
    }
    let (lot, decimals) = listing.instrument.lot.parts();
    let per_unit = value.0 * 10i128.pow(decimals) / (qty.0 as i128 * lot as i128);
    let shown = 10i128.pow(CASH_DECIMALS - 8);
    Cash(per_unit / shown * shown).to_string()
}

fn signed(listing: &Listing, qty: Qty) -> String {
    let sign = if qty.0 < 0 { "-" } else { "" };
    format!("{sign}{}", listing.qty(Qty(qty.0.abs())))
}

pub(super) fn order(listing: &Listing, order: &Order) -> Value {
    let kind = order_type(order.order_type);
    json!({
        "orderId": order.id.0, "symbol": listing.symbol(), "status": status(order),
        "clientOrderId": order.client.as_str(), "price": listing.px(order.px),
        "avgPrice": average(listing, order.filled_value, order.filled), "origQty": listing.qty(order.qty),
        "executedQty": listing.qty(order.filled), "cumQty": listing.qty(order.filled),
        "cumQuote": order.filled_value.to_string(), "timeInForce": time_in_force(order), "type": kind,
        "reduceOnly": order.reduce_only, "closePosition": false, "side": side(order.side), "positionSide": "BOTH",
        "stopPrice": "0.00", "workingType": "CONTRACT_PRICE", "priceProtect": false, "origType": kind,
        "priceMatch": "NONE", "selfTradePreventionMode": "EXPIRE_MAKER", "goodTillDate": 0,
        "time": ms(order.created_ns), "updateTime": ms(order.updated_ns),
    })
}

pub(super) fn user_trade(listing: &Listing, fill: &Fill) -> Value {
    json!({
        "symbol": listing.symbol(), "id": fill.exec, "orderId": fill.order.0, "side": side(fill.side),
        "price": listing.px(fill.px), "qty": listing.qty(fill.qty), "realizedPnl": fill.realized.to_string(),
        "quoteQty": fill.value.to_string(), "commission": fill.fee.to_string(), "commissionAsset": listing.quote,
        "marginAsset": listing.quote, "time": ms(fill.time_ns), "buyer": fill.side == Side::Buy,
        "maker": fill.is_maker(), "positionSide": "BOTH",
    })
}

/// What an execution report says happened.
pub(super) fn order_event(
    listing: &Listing,
    order: &Order,
    happened: &str,
    fill: Option<&Fill>,
    now: Now,
) -> Value {
    let zero = || listing.qty(Qty(0));
    let kind = order_type(order.order_type);
    let mut o = json!({
        "s": listing.symbol(), "c": order.client.as_str(), "S": side(order.side), "o": kind,
        "f": time_in_force(order), "q": listing.qty(order.qty), "p": listing.px(order.px),
        "ap": average(listing, order.filled_value, order.filled), "sp": "0", "x": happened, "X": status(order),
        "i": order.id.0, "l": fill.map_or_else(zero, |f| listing.qty(f.qty)), "z": listing.qty(order.filled),
        "L": fill.map_or("0".into(), |f| listing.px(f.px)),
    });
    if let Some(fill) = fill {
        o["n"] = json!(fill.fee.to_string());
        o["N"] = json!(listing.quote);
    }
    let rest = json!({
        "T": ms(order.updated_ns), "t": fill.map_or(0, |f| f.exec), "b": "0", "a": "0",
        "m": fill.is_some_and(Fill::is_maker), "R": order.reduce_only, "wt": "CONTRACT_PRICE", "ot": kind, "ps": "BOTH",
        "cp": false, "rp": fill.map_or("0".into(), |f| f.realized.to_string()), "pP": false, "si": 0, "ss": 0,
        "V": "EXPIRE_MAKER", "pm": "NONE", "gtd": 0, "er": "0",
    });
    if let (Some(o), Value::Object(rest)) = (o.as_object_mut(), rest) {
        o.extend(rest);
    }
    json!({ "e": "ORDER_TRADE_UPDATE", "T": ms(order.updated_ns), "E": now.wall_ms(), "o": o })
}

/// The kind of report for an order that has ended without being filled.
pub(super) fn ending(order: &Order) -> &'static str {
    if status(order) == "CANCELED" {
        "CANCELED"
    } else {
        "EXPIRED"
    }
}

pub(super) fn account_event(listing: &Listing, exchange: &SimExchange, id: InstrumentId, now: Now) -> Value {
    let position = exchange.position(id);
    let entry = average(listing, Cash(position.cost.0.abs()), Qty(position.qty.0.abs()));
    let wallet = exchange.account().wallet().to_string();
    json!({
        "e": "ACCOUNT_UPDATE", "T": now.wall_ms(), "E": now.wall_ms(), "a": {
            "B": [{ "a": listing.quote, "wb": wallet, "cw": wallet, "bc": "0" }],
            "P": [{
                "s": listing.symbol(), "pa": signed(listing, position.qty), "ep": entry, "cr": position.realized.to_string(),
                "up": exchange.unrealized(id).to_string(), "mt": "cross", "iw": "0", "ps": "BOTH", "ma": listing.quote,
                "bep": entry,
            }],
            "m": "ORDER",
        },
    })
}

pub(super) fn position(listing: &Listing, exchange: &SimExchange, id: InstrumentId) -> Value {
    let position = exchange.position(id);
    let entry = average(listing, Cash(position.cost.0.abs()), Qty(position.qty.0.abs()));
    let mark = exchange.market(id).mark();
    let value = mark.and_then(|px| listing.instrument.notional(px, position.qty)).unwrap_or(Cash::ZERO);
    let margin = exchange.position_margin(id).to_string();
    let unrealized = exchange.unrealized(id).to_string();
    json!({
        "symbol": listing.symbol(), "positionSide": "BOTH", "positionAmt": signed(listing, position.qty),
        "entryPrice": entry, "breakEvenPrice": entry, "markPrice": mark.map_or("0".into(), |px| listing.px(px)),
        "unRealizedProfit": unrealized, "unrealizedProfit": unrealized, "liquidationPrice": "0", "isolatedMargin": "0",
        "notional": value.to_string(), "marginAsset": listing.quote, "isolatedWallet": "0", "initialMargin": margin,
        "maintMargin": "0", "positionInitialMargin": margin, "openOrderInitialMargin": "0", "adl": 0,
        "bidNotional": "0", "askNotional": "0", "leverage": exchange.rules().leverage.to_string(),
        "marginType": "cross", "isAutoAddMargin": "false", "updateTime": ms(position.updated_ns),
    })
}

pub(super) fn balance(coin: &str, exchange: &SimExchange, now: Now) -> Value {
    let wallet = exchange.account().wallet().to_string();
    let available = Cash((exchange.equity() - exchange.margin_used()).0.max(0)).to_string();
    let unrealized = (exchange.equity() - exchange.account().wallet()).to_string();
    json!({
        "accountAlias": "nt", "asset": coin, "balance": wallet, "crossWalletBalance": wallet, "crossUnPnl": unrealized,
        "availableBalance": available, "maxWithdrawAmount": available, "marginAvailable": true,
        "updateTime": now.wall_ms(),
    })
}

pub(super) fn account(coin: &str, listings: &[Listing], exchange: &SimExchange, now: Now) -> Value {
    let (wallet, equity, used) = (exchange.account().wallet(), exchange.equity(), exchange.margin_used());
    let unrealized = (equity - wallet).to_string();
    let available = Cash((equity - used).0.max(0)).to_string();
    let (wallet, equity, used) = (wallet.to_string(), equity.to_string(), used.to_string());
    let positions: Vec<Value> = listings.iter().map(|l| position(l, exchange, l.instrument.id)).collect();
    json!({
        "feeTier": 0, "canTrade": true, "canDeposit": true, "canWithdraw": false, "multiAssetsMargin": false,
        "updateTime": now.wall_ms(), "totalInitialMargin": used, "totalMaintMargin": "0",
        "totalWalletBalance": wallet, "totalUnrealizedProfit": unrealized, "totalMarginBalance": equity,
        "totalPositionInitialMargin": used, "totalOpenOrderInitialMargin": "0", "totalCrossWalletBalance": wallet,
        "totalCrossUnPnl": unrealized, "availableBalance": available, "maxWithdrawAmount": available,
        "assets": [{
            "asset": coin, "walletBalance": wallet, "unrealizedProfit": unrealized, "marginBalance": equity,
            "maintMargin": "0", "initialMargin": used, "positionInitialMargin": used, "openOrderInitialMargin": "0",
            "crossWalletBalance": wallet, "crossUnPnl": unrealized, "availableBalance": available,
            "maxWithdrawAmount": available, "marginAvailable": true, "updateTime": now.wall_ms(),
        }],
        "positions": positions,
    })
}

/// Limits that the venue publishes; this server counts against them but does not enforce them.
pub(super) fn rate_limits() -> Value {
    json!([
        { "rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400 },
        { "rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200 },
        { "rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300 },
    ])
}

pub(super) fn exchange_info(listings: &[Listing], max_orders: usize, now: Now) -> Value {
    let coin = listings.first().map_or("USDT", |l| l.quote.as_str());
    let symbols: Vec<Value> = listings.iter().map(|listing| symbol(listing, max_orders)).collect();
    json!({
        "timezone": "UTC", "serverTime": now.wall_ms(), "futuresType": "U_MARGINED", "rateLimits": rate_limits(),
        "exchangeFilters": [], "assets": [{ "asset": coin, "marginAvailable": true, "autoAssetExchange": "0" }],
        "symbols": symbols,
    })
}

fn symbol(listing: &Listing, max_orders: usize) -> Value {
    let i = &listing.instrument;
    let (min_qty, max_qty, step) = (listing.qty(i.min_qty), listing.qty(i.max_qty), listing.qty(Qty(1)));
    json!({
        "symbol": listing.symbol(), "pair": listing.symbol(), "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000i64, "onboardDate": 1_569_398_400_000i64, "status": "TRADING",
        "maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000", "baseAsset": listing.base,
        "quoteAsset": listing.quote, "marginAsset": listing.quote, "pricePrecision": listing.px_decimals,
        "quantityPrecision": listing.qty_decimals, "baseAssetPrecision": 8, "quotePrecision": 8,
        "underlyingType": "COIN", "underlyingSubType": [], "triggerProtect": "0.0500", "liquidationFee": "0.012500",
        "marketTakeBound": "0.05", "filters": [
            { "filterType": "PRICE_FILTER", "minPrice": listing.px(i.min_px), "maxPrice": listing.px(i.max_px),
              "tickSize": listing.px(Px(1)) },
            { "filterType": "LOT_SIZE", "minQty": min_qty, "maxQty": max_qty, "stepSize": step },
            { "filterType": "MARKET_LOT_SIZE", "minQty": min_qty, "maxQty": max_qty, "stepSize": step },
            { "filterType": "MAX_NUM_ORDERS", "limit": max_orders },
            { "filterType": "MIN_NOTIONAL", "notional": i.min_notional.to_string() },
            { "filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500",
              "multiplierDecimal": "4" },
        ],
        "orderTypes": ["LIMIT", "MARKET"], "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    })
}
