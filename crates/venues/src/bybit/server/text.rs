//! Orders, executions, positions and balances as the venue writes them in JSON.

use crate::server::Listing;
use nanotick_exchange::{End, Fill, Order, OrderId, SimExchange, Status};
use nanotick_model::{Cash, Instrument, InstrumentId, OrderType, Px, Qty, Side, TimeInForce, CASH_DECIMALS};
use serde_json::{json, Value};

/// Order ids look like the venue's: 36 characters. The number is in the last group.
pub(super) fn order_id(id: OrderId) -> String {
    uuid(0x6f72_6465, id.0)
}

pub(super) fn exec_id(exec: u64) -> String {
    uuid(0x6578_6563, exec)
}

pub(super) fn uuid(kind: u32, number: u64) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

pub(super) fn parse_order_id(text: &str) -> Option<OrderId> {
    let number = u64::from_str_radix(text.rsplit('-').next()?, 16).ok()?;
    (order_id(OrderId(number)) == text).then_some(OrderId(number))
}

pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "Buy",
        Side::Sell => "Sell",
    }
}

fn order_type(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Limit => "Limit",
        OrderType::Market => "Market",
    }
}

fn time_in_force(tif: TimeInForce) -> &'static str {
    match tif {
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
        TimeInForce::PostOnly => "PostOnly",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::New => "New",
        Status::PartiallyFilled => "PartiallyFilled",
        Status::Filled => "Filled",
        Status::Cancelled => "Cancelled",
    }
}

/// Reject reason and cancel type.
fn ending(end: Option<End>) -> (&'static str, &'static str) {
    match end {
        None => ("EC_NoError", "UNKNOWN"),
        Some(End::Requested) => ("EC_PerCancelRequest", "CancelByUser"),
        Some(End::PostOnlyWouldTake) => ("EC_PostOnlyWillTakeLiquidity", "UNKNOWN"),
        Some(End::NoLiquidity) => ("EC_NoImmediateQtyToFill", "UNKNOWN"),
        Some(End::NothingToReduce) => ("EC_NoError", "CancelByReduceOnly"),
        Some(End::SelfMatch) => ("EC_BySelfMatch", "CancelBySmp"),
        Some(End::AmendedAway) => ("EC_NoError", "CancelByUser"),
    }
}

/// Average price of a value over a size, to eight decimals, for display; empty if the size is zero.
fn average(instrument: &Instrument, value: Cash, qty: Qty) -> String {
    if qty.0 == 0 {
        return String::new();
    }
    let (lot, decimals) = instrument.lot.parts();
    let per_unit = value.0 * 10i128.pow(decimals) / (qty.0 as i128 * lot as i128);
    let shown = 10i128.pow(CASH_DECIMALS - 8);
    Cash(per_unit / shown * shown).to_string()
}

fn value(listing: &Listing, px: Px, qty: Qty) -> String {
    listing.instrument.notional(px, qty).unwrap_or(Cash::ZERO).to_string()
}

fn ms(ns: i64) -> String {
    (ns / 1_000_000).to_string()
}

/// Keys that the venue always sends and that mean nothing here.
fn with_empty(mut value: Value, keys: &[&str]) -> Value {
    keys.iter().for_each(|key| value[*key] = json!(""));
    value
}

pub(super) fn order(listing: &Listing, order: &Order) -> Value {
    let (reject_reason, cancel_type) = ending(order.end);
    let value = json!({
        "category": "linear", "symbol": listing.symbol(), "orderId": order_id(order.id),
        "orderLinkId": order.client.as_str(), "side": side(order.side), "positionIdx": 0,
        "orderStatus": status(order.status), "cancelType": cancel_type, "rejectReason": reject_reason,
        "timeInForce": time_in_force(order.tif), "price": listing.px(order.px), "qty": listing.qty(order.qty),
        "avgPrice": average(&listing.instrument, order.filled_value, order.filled),
        "leavesQty": listing.qty(order.leaves()), "leavesValue": value(listing, order.px, order.leaves()),
        "cumExecQty": listing.qty(order.filled), "cumExecValue": order.filled_value.to_string(),
        "cumExecFee": order.fees.to_string(), "cumFeeDetail": { listing.quote.as_str(): order.fees.to_string() },
        "orderType": order_type(order.order_type), "triggerDirection": 0, "closeOnTrigger": false,
        "reduceOnly": order.reduce_only, "createType": "CreateByUser", "smpType": "CancelMaker", "smpGroup": 0,
        "feeCurrency": listing.quote, "closedPnl": "0",
        "createdTime": ms(order.created_ns), "updatedTime": ms(order.updated_ns),
    });
    with_empty(
        value,
        &[
            "blockTradeId",
            "isLeverage",
            "stopOrderType",
            "orderIv",
            "triggerPrice",
            "takeProfit",
            "stopLoss",
            "triggerBy",
            "tpTriggerBy",
            "slTriggerBy",
            "tpslMode",
            "tpLimitPrice",
            "slLimitPrice",
            "placeType",
            "lastPriceOnCreated",
            "smpOrderId",
        ],
    )
}

pub(super) fn execution(listing: &Listing, fill: &Fill, order: Option<&Order>) -> Value {
    let instrument = &listing.instrument;
    let rate = if fill.is_maker() { instrument.maker_fee } else { instrument.taker_fee };
    let value = json!({
        "category": "linear", "symbol": listing.symbol(), "orderId": order_id(fill.order),
        "orderLinkId": fill.client.as_str(), "side": side(fill.side), "execId": exec_id(fill.exec),
        "execPrice": listing.px(fill.px), "execQty": listing.qty(fill.qty), "execValue": fill.value.to_string(),
        "execFee": fill.fee.to_string(), "feeRate": Cash(rate.0 as i128 * 10_000).to_string(),
        "feeCurrency": listing.quote, "isMaker": fill.is_maker(), "execType": "Trade",
        "orderPrice": order.map_or(String::new(), |o| listing.px(o.px)),
        "orderQty": order.map_or(String::new(), |o| listing.qty(o.qty)),
        "orderType": order.map_or("", |o| order_type(o.order_type)),
        "leavesQty": listing.qty(fill.leaves), "closedSize": listing.qty(fill.closed),
        "execPnl": fill.realized.to_string(), "execTime": ms(fill.time_ns), "seq": fill.exec,
        "stopOrderType": "UNKNOWN", "createType": "CreateByUser", "isLeverage": "0",
    });
    let unused =
        ["blockTradeId", "tradeIv", "markIv", "markPrice", "indexPrice", "underlyingPrice", "extraFees"];
    with_empty(value, &unused)
}

pub(super) fn position(listing: &Listing, exchange: &SimExchange, id: InstrumentId) -> Value {
    let position = exchange.position(id);
    let size = Qty(position.qty.0.abs());
    let held = match position.qty.0.signum() {
        1 => "Buy",
        -1 => "Sell",
        _ => "",
    };
    let mark = exchange.market(id).mark();
    let entry = match average(&listing.instrument, Cash(position.cost.0.abs()), size) {
        text if text.is_empty() => "0".to_string(),
        text => text,
    };
    let margin = exchange.position_margin(id).to_string();
    let value = json!({
        "category": "linear", "symbol": listing.symbol(), "side": held, "size": listing.qty(size), "positionIdx": 0,
        // The stream and the REST page call the entry price by different names.
        "entryPrice": entry, "avgPrice": entry, "positionValue": Cash(position.cost.0.abs()).to_string(),
        "leverage": exchange.rules().leverage.to_string(), "markPrice": mark.map_or(String::new(), |px| listing.px(px)),
        "positionIM": margin, "positionMM": "0", "positionBalance": margin,
        "unrealisedPnl": exchange.unrealized(id).to_string(),
        "curRealisedPnl": (position.realized - position.fees).to_string(),
        "cumRealisedPnl": (position.realized - position.fees).to_string(), "positionStatus": "Normal",
        "tradeMode": 0, "riskId": 1, "riskLimitValue": "2000000", "trailingStop": "0", "tpslMode": "Full",
        "adlRankIndicator": 0, "autoAddMargin": 0, "isReduceOnly": false,
        "createdTime": ms(position.updated_ns), "updatedTime": ms(position.updated_ns),
        "seq": exchange.fills().next_back().map_or(0, |fill| fill.exec),
    });
    let unused = [
        "liqPrice",
        "bustPrice",
        "takeProfit",
        "stopLoss",
        "sessionAvgPrice",
        "mmrSysUpdatedTime",
        "leverageSysUpdatedTime",
    ];
    with_empty(value, &unused)
}

pub(super) fn wallet(coin: &str, exchange: &SimExchange) -> Value {
    let wallet = exchange.account().wallet();
    let equity = exchange.equity();
    let unrealized = (equity - wallet).to_string();
    let positions = exchange.markets().iter();
    let position_margin =
        positions.fold(Cash::ZERO, |sum, m| sum + exchange.position_margin(m.instrument.id));
    let used = exchange.margin_used();
    let order_margin = Cash((used - position_margin).0.max(0));
    let realized = wallet - exchange.account().deposit;
    let (wallet, equity, used_text) = (wallet.to_string(), equity.to_string(), used.to_string());
    json!({
        "accountType": "UNIFIED", "accountIMRate": "0", "accountMMRate": "0", "accountLTV": "",
        "totalEquity": equity, "totalWalletBalance": wallet, "totalMarginBalance": equity,
        "totalAvailableBalance": Cash((exchange.equity() - used).0.max(0)).to_string(), "totalPerpUPL": unrealized,
        "totalInitialMargin": used_text, "totalMaintenanceMargin": "0",
        "coin": [{
            "coin": coin, "equity": equity, "usdValue": equity, "walletBalance": wallet, "locked": "0",
            "free": "", "availableToWithdraw": "", "availableToBorrow": "", "borrowAmount": "0", "spotBorrow": "0",
            "accruedInterest": "0", "bonus": "0", "totalOrderIM": order_margin.to_string(),
            "totalPositionIM": position_margin.to_string(), "totalPositionMM": "0", "unrealisedPnl": unrealized,
            "cumRealisedPnl": realized.to_string(), "marginCollateral": true, "collateralSwitch": true,
        }],
    })
}

pub(super) fn instrument(listing: &Listing, leverage: u32) -> Value {
    let i = &listing.instrument;
    json!({
        "symbol": listing.symbol(), "symbolId": i.id.0 + 1, "contractType": "LinearPerpetual", "status": "Trading",
        "baseCoin": listing.base, "quoteCoin": listing.quote, "settleCoin": listing.quote,
        "launchTime": "1585526400000", "deliveryTime": "0", "deliveryFeeRate": "",
        "priceScale": listing.px_decimals.to_string(),
        "leverageFilter": { "minLeverage": "1", "maxLeverage": leverage.to_string(), "leverageStep": "0.01" },
        "priceFilter": {
            "minPrice": listing.px(i.min_px), "maxPrice": listing.px(i.max_px), "tickSize": listing.px(Px(1)),
        },
        "lotSizeFilter": {
            "minOrderQty": listing.qty(i.min_qty), "maxOrderQty": listing.qty(i.max_qty),
            "maxMktOrderQty": listing.qty(i.max_qty), "postOnlyMaxOrderQty": listing.qty(i.max_qty),
            "qtyStep": listing.qty(Qty(1)), "minNotionalValue": i.min_notional.to_string(),
        },
        "unifiedMarginTrade": true, "fundingInterval": 480, "copyTrading": "none", "isPreListing": false,
        "upperFundingRate": "0.005", "lowerFundingRate": "-0.005", "preListingInfo": null,
        "riskParameters": { "priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ids_survive_their_text_and_foreign_ones_are_unknown() {
        for n in [1, 77, 0xffff_ffff_ffff] {
            assert_eq!(order_id(OrderId(n)).len(), 36);
            assert_eq!(parse_order_id(&order_id(OrderId(n))), Some(OrderId(n)));
        }
        for text in ["", "1", "-", "6f726465-0000-4000-8000-00000000000A", &exec_id(1), &"f".repeat(99)] {
            assert_eq!(parse_order_id(text), None, "{text}");
        }
    }
}
