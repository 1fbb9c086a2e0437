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
