//! The shapes of the account's JSON messages, for the general parser. Keys that we do not use are not listed.

use crate::json::{Int, RawValue, Str};
use serde::Deserialize;

/// Anything that the private stream sends.
#[derive(Deserialize)]
pub(super) struct PrivateMessage<'a> {
    /// Only on a combined stream: the event is inside.
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub e: Str<'a>,
    #[serde(default, rename = "T")]
    pub time_ms: Int,
    #[serde(borrow, default)]
    pub o: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub a: Option<&'a RawValue>,
}

/// `o` of `ORDER_TRADE_UPDATE`.
#[derive(Deserialize)]
pub(super) struct StreamOrder<'a> {
    #[serde(borrow)]
    pub s: Str<'a>,
    #[serde(borrow)]
    pub c: Str<'a>,
    #[serde(borrow, rename = "S")]
    pub side: Str<'a>,
    #[serde(borrow, default)]
    pub o: Str<'a>,
    #[serde(borrow, default)]
    pub f: Str<'a>,
    #[serde(borrow)]
    pub q: Str<'a>,
    #[serde(borrow, default)]
    pub p: Str<'a>,
    #[serde(borrow)]
    pub x: Str<'a>,
    #[serde(borrow, rename = "X")]
    pub status: Str<'a>,
    pub i: Int,
    #[serde(borrow, default)]
    pub l: Str<'a>,
    #[serde(borrow)]
    pub z: Str<'a>,
    #[serde(borrow, default, rename = "L")]
    pub last_px: Str<'a>,
    #[serde(borrow, default, rename = "N")]
    pub fee_coin: Str<'a>,
    #[serde(borrow, default)]
    pub n: Str<'a>,
    #[serde(default)]
    pub t: Int,
    #[serde(default)]
    pub m: bool,
}

/// `a` of `ACCOUNT_UPDATE`.
#[derive(Deserialize)]
pub(super) struct StreamAccount<'a> {
    #[serde(borrow, default, rename = "B")]
    pub balances: Vec<StreamBalance<'a>>,
    #[serde(borrow, default, rename = "P")]
    pub positions: Vec<StreamPosition<'a>>,
}
#[derive(Deserialize)]
pub(super) struct StreamBalance<'a> {
    #[serde(borrow)]
    pub a: Str<'a>,
    #[serde(borrow)]
    pub wb: Str<'a>,
}
#[derive(Deserialize)]
pub(super) struct StreamPosition<'a> {
    #[serde(borrow)]
    pub s: Str<'a>,
    #[serde(borrow)]
    pub pa: Str<'a>,
    #[serde(borrow, default)]
    pub ps: Str<'a>,
}

/// An answer of the WebSocket API. `id` is whatever the request had.
#[derive(Deserialize)]
pub(super) struct ApiReply<'a> {
    #[serde(borrow, default)]
    pub id: Option<&'a RawValue>,
    #[serde(default)]
    pub status: u16,
    #[serde(borrow, default)]
    pub result: Option<&'a RawValue>,
    #[serde(default)]
    pub error: Option<ApiError>,
}
#[derive(Deserialize, Clone, Copy)]
pub(super) struct ApiError {
    pub code: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlacedOrder {
    pub order_id: Int,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListenKey<'a> {
    #[serde(borrow)]
    pub listen_key: Str<'a>,
}

/// An entry of `openOrders` and `allOrders`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestOrder<'a> {
    #[serde(borrow)]
    pub symbol: Str<'a>,
    #[serde(borrow)]
    pub client_order_id: Str<'a>,
    pub order_id: Int,
    #[serde(borrow)]
    pub side: Str<'a>,
    #[serde(borrow, default, rename = "type")]
    pub kind: Str<'a>,
    #[serde(borrow, default)]
    pub time_in_force: Str<'a>,
    #[serde(borrow)]
    pub status: Str<'a>,
    #[serde(borrow, default)]
    pub price: Str<'a>,
    #[serde(borrow)]
    pub orig_qty: Str<'a>,
    #[serde(borrow)]
    pub executed_qty: Str<'a>,
    #[serde(default)]
    pub update_time: Int,
}

/// An entry of `userTrades`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestTrade<'a> {
    #[serde(borrow)]
    pub symbol: Str<'a>,
    pub id: Int,
    pub order_id: Int,
    #[serde(borrow)]
    pub side: Str<'a>,
    #[serde(borrow)]
    pub price: Str<'a>,
    #[serde(borrow)]
    pub qty: Str<'a>,
    #[serde(borrow, default)]
    pub commission: Str<'a>,
    #[serde(borrow, default)]
    pub commission_asset: Str<'a>,
    #[serde(default)]
    pub time: Int,
    #[serde(default)]
    pub maker: bool,
}

/// An entry of `positionRisk`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestPosition<'a> {
    #[serde(borrow)]
    pub symbol: Str<'a>,
    #[serde(borrow)]
    pub position_amt: Str<'a>,
    #[serde(borrow, default)]
    pub position_side: Str<'a>,
    #[serde(default)]
    pub update_time: Int,
}

/// An entry of `balance`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestBalance<'a> {
    #[serde(borrow)]
    pub asset: Str<'a>,
    #[serde(borrow)]
    pub balance: Str<'a>,
    #[serde(default)]
    pub update_time: Int,
}
