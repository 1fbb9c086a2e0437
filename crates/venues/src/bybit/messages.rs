//! The shapes of the venue's JSON messages, for the general parser. Keys that we do not use are not listed.

use crate::json::{Int, RawValue, Str};
use serde::Deserialize;

/// Anything that a public socket sends.
#[derive(Deserialize, Debug)]
pub(super) struct PublicMessage<'a> {
    #[serde(borrow, default)]
    pub topic: Str<'a>,
    #[serde(borrow, default, rename = "type")]
    pub kind: Str<'a>,
    /// When the gateway sent it, ms.
    #[serde(default)]
    pub ts: Int,
    /// When the matching engine made it, ms; not in every topic.
    #[serde(default)]
    pub cts: Option<Int>,
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub op: Str<'a>,
    #[serde(default)]
    pub success: Option<bool>,
}

#[derive(Deserialize, Debug)]
pub(super) struct BookData<'a> {
    #[serde(borrow)]
    pub s: Str<'a>,
    #[serde(borrow)]
    pub b: Vec<[Str<'a>; 2]>,
    #[serde(borrow)]
    pub a: Vec<[Str<'a>; 2]>,
    pub u: u64,
    #[serde(default, rename = "seq")]
    pub _seq: u64,
}

#[derive(Deserialize, Debug)]
pub(super) struct TradeData<'a> {
    #[serde(rename = "T")]
    pub time_ms: Int,
    #[serde(borrow)]
    pub s: Str<'a>,
    #[serde(borrow, rename = "S")]
    pub side: Str<'a>,
    #[serde(borrow)]
    pub v: Str<'a>,
    #[serde(borrow)]
    pub p: Str<'a>,
    #[serde(borrow)]
    pub i: Str<'a>,
}

/// Anything that the private socket sends.
#[derive(Deserialize, Debug)]
pub(super) struct PrivateMessage<'a> {
    #[serde(borrow, default)]
    pub topic: Str<'a>,
    #[serde(default, rename = "creationTime")]
    pub created_ms: Int,
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub op: Str<'a>,
    #[serde(default)]
    pub success: Option<bool>,
}

/// Anything that the trade socket sends.
#[derive(Deserialize, Debug)]
pub(super) struct TradeReply<'a> {
    #[serde(borrow, default, rename = "reqId")]
    pub request_id: Str<'a>,
    #[serde(default, rename = "retCode")]
    pub code: Option<i64>,
    #[serde(borrow, default)]
    pub op: Str<'a>,
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
}

#[derive(Deserialize, Debug, Default)]
pub(super) struct OrderIds<'a> {
    #[serde(borrow, default, rename = "orderId")]
    pub order_id: Str<'a>,
}

/// An order, as the stream and the REST queries show it.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderData<'a> {
    #[serde(borrow, default)]
    pub category: Str<'a>,
    #[serde(borrow)]
    pub symbol: Str<'a>,
    #[serde(borrow)]
    pub order_id: Str<'a>,
    #[serde(borrow, default)]
    pub order_link_id: Str<'a>,
    #[serde(borrow)]
    pub side: Str<'a>,
    #[serde(borrow, default)]
    pub order_type: Str<'a>,
    #[serde(borrow, default)]
    pub time_in_force: Str<'a>,
    #[serde(borrow, default)]
    pub price: Str<'a>,
    #[serde(borrow)]
    pub qty: Str<'a>,
    #[serde(borrow)]
    pub order_status: Str<'a>,
    #[serde(borrow, default)]
    pub leaves_qty: Str<'a>,
    #[serde(borrow)]
    pub cum_exec_qty: Str<'a>,
    #[serde(borrow, default)]
    pub reject_reason: Str<'a>,
    #[serde(default)]
    pub updated_time: Int,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionData<'a> {
    #[serde(borrow, default)]
    pub category: Str<'a>,
    #[serde(borrow)]
    pub symbol: Str<'a>,
    #[serde(borrow)]
    pub order_id: Str<'a>,
    #[serde(borrow, default)]
    pub order_link_id: Str<'a>,
    #[serde(borrow)]
    pub exec_id: Str<'a>,
    #[serde(borrow)]
    pub exec_type: Str<'a>,
    #[serde(borrow)]
    pub side: Str<'a>,
    #[serde(borrow)]
    pub exec_price: Str<'a>,
    #[serde(borrow)]
    pub exec_qty: Str<'a>,
    #[serde(borrow)]
    pub exec_fee: Str<'a>,
    #[serde(default)]
    pub is_maker: bool,
    pub exec_time: Int,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct PositionData<'a> {
    #[serde(borrow, default)]
    pub category: Str<'a>,
    #[serde(borrow)]
    pub symbol: Str<'a>,
    /// Empty or `None` when flat.
    #[serde(borrow, default)]
    pub side: Str<'a>,
    #[serde(borrow)]
    pub size: Str<'a>,
    /// 0 in one-way mode; 1 and 2 are the two sides of hedge mode.
    #[serde(default)]
    pub position_idx: u8,
    /// Empty if there has never been one.
    #[serde(borrow, default)]
    pub updated_time: Str<'a>,
}

#[derive(Deserialize, Debug)]
pub(super) struct WalletData<'a> {
    #[serde(borrow)]
    pub coin: Vec<CoinData<'a>>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct CoinData<'a> {
    #[serde(borrow)]
    pub coin: Str<'a>,
    #[serde(borrow)]
    pub wallet_balance: Str<'a>,
}

/// The envelope of a REST answer.
#[derive(Deserialize, Debug)]
pub(super) struct RestReply<'a> {
    #[serde(rename = "retCode")]
    pub code: i64,
    #[serde(borrow, default)]
    pub result: Option<&'a RawValue>,
}

#[derive(Deserialize, Debug)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Page<'a, T> {
    pub list: Vec<T>,
    #[serde(borrow, default, rename = "nextPageCursor")]
    pub next: Str<'a>,
}
