//! The control pages: the ledger that a client's books are held to, and counters. JSON, no secrets.

use super::playback::Counts;
use nanotick_exchange::{End, Fill, FillReason, Order, Status};
use nanotick_model::{OrderType, Qty, Side, TimeInForce};
use nanotick_venues::server::VenueServer;
use serde_json::{json, Map, Value};

/// Traffic since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub accepted: u64,
    pub calls: u64,
    pub bad_requests: u64,
    pub slow_cut_off: u64,
    pub texts_in: u64,
    pub texts_out: u64,
    pub bytes_out: u64,
}

pub(super) fn counters(
    state: &str,
    market_ns: i64,
    open: usize,
    traffic: &Traffic,
    counts: &Counts,
) -> Value {
    json!({
        "schema": 1, "state": state, "playing": state == "playing", "ended": state == "ended", "market_ns": market_ns,
        "connections": open, "accepted": traffic.accepted, "calls": traffic.calls,
        "bad_requests": traffic.bad_requests, "slow_cut_off": traffic.slow_cut_off, "texts_in": traffic.texts_in,
        "texts_out": traffic.texts_out, "bytes_out": traffic.bytes_out,
        "recording": {
            "messages": counts.messages, "books": counts.books, "quotes": counts.quotes, "trades": counts.trades,
            "bad": counts.bad, "skipped": counts.skipped, "gaps": counts.gaps,
        },
    })
}

/// Everything that a venue says happened: amounts as exact decimals, prices and sizes in steps too.
pub(super) fn ledger(server: &dyn VenueServer) -> Value {
    let exchange = server.exchange();
    let ledger = exchange.ledger();
    let mut positions = Map::new();
    for listing in server.listings() {
        let id = listing.instrument.id;
        let p = &ledger.account.positions[id.index()];
        let signed = |qty: Qty| listing.instrument.lot.text(qty.0);
        positions.insert(
            listing.symbol().to_string(),
            json!({
                "qty_lots": p.qty.0, "qty": signed(p.qty), "cost": p.cost.to_string(), "flow": p.flow.to_string(),
                "fees": p.fees.to_string(), "realized": p.realized.to_string(), "bought": signed(p.bought),
                "sold": signed(p.sold), "unrealized": exchange.unrealized(id).to_string(),
                "mark": exchange.market(id).mark().map(|px| listing.px(px)),
            }),
        );
    }
    let account = ledger.account;
    json!({
        "orders": ledger.orders.iter().map(|o| order(server, o)).collect::<Vec<_>>(),
        "fills": ledger.fills.iter().map(|f| fill(server, f)).collect::<Vec<_>>(),
        "positions": positions, "deposit": account.deposit.to_string(), "wallet": account.wallet().to_string(),
        "cash": account.cash().to_string(), "fees": account.fees().to_string(),
        "equity": exchange.equity().to_string(), "orders_dropped": ledger.orders_dropped,
        "fills_dropped": ledger.fills_dropped,
    })
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn order(server: &dyn VenueServer, order: &Order) -> Value {
    let listing = &server.listings()[order.instrument.index()];
    let status = match order.status {
        Status::New => "new",
        Status::PartiallyFilled => "partially_filled",
        Status::Filled => "filled",
        Status::Cancelled => "cancelled",
    };
    let end = order.end.map(|end| match end {
        End::Requested => "requested",
        End::PostOnlyWouldTake => "post_only_would_take",
        End::NoLiquidity => "no_liquidity",
        End::NothingToReduce => "nothing_to_reduce",
        End::SelfMatch => "self_match",
        End::AmendedAway => "amended_away",
    });
    let tif = match order.tif {
        TimeInForce::Gtc => "gtc",
        TimeInForce::Ioc => "ioc",
        TimeInForce::Fok => "fok",
        TimeInForce::PostOnly => "post_only",
    };
    json!({
        "id": order.id.0, "client_id": order.client.as_str(), "symbol": listing.symbol(), "side": side(order.side),
        "type": if order.order_type == OrderType::Market { "market" } else { "limit" }, "tif": tif,
        "reduce_only": order.reduce_only, "px": listing.px(order.px), "px_ticks": order.px.0,
        "qty": listing.qty(order.qty), "qty_lots": order.qty.0, "filled_lots": order.filled.0,
        "leaves_lots": order.leaves().0, "filled_value": order.filled_value.to_string(),
        "fees": order.fees.to_string(), "status": status, "end": end, "created_ns": order.created_ns,
        "updated_ns": order.updated_ns,
    })
}

fn fill(server: &dyn VenueServer, fill: &Fill) -> Value {
    let listing = &server.listings()[fill.instrument.index()];
    let reason = match fill.reason {
        FillReason::Taker => "taker",
        FillReason::QueueReached => "queue_reached",
        FillReason::TradedThrough => "traded_through",
        FillReason::BookCrossed => "book_crossed",
    };
    json!({
        "exec": fill.exec, "order": fill.order.0, "client_id": fill.client.as_str(), "symbol": listing.symbol(),
        "side": side(fill.side), "px": listing.px(fill.px), "px_ticks": fill.px.0, "qty": listing.qty(fill.qty),
        "qty_lots": fill.qty.0, "value": fill.value.to_string(), "fee": fill.fee.to_string(),
        "realized": fill.realized.to_string(), "maker": fill.is_maker(), "reason": reason, "time_ns": fill.time_ns,
    })
}
