//! Order frames for the WebSocket API, from parts that were written out beforehand.
//!
//! The venue signs parameters in the order of their names, so each frame is written twice at once: as JSON, and as
//! the `name=value` text that the signature is over. Nothing allocates.

use super::codes::tif_word;
use crate::number::write_u64;
use crate::requests::{write_id_tail, Operation};
use crate::sign::{Secret, Signer};
use crate::step_text::StepText;
use nanotick_model::{
    Amend, Cancel, ClientId, Instrument, OrderType, Place, Side, TimeInForce, CLIENT_ID_MAX_LEN,
};

/// Longest key that an order frame has room for; the venue's have 64 characters.
pub(super) const MAX_KEY_LEN: usize = 128;
const SIGNED_ROOM: usize = 640;

/// The same parameters in the frame's JSON and in the signed text.
struct Part {
    json: Box<[u8]>,
    signed: Box<[u8]>,
}

impl Part {
    fn new(json: String, signed: String) -> Part {
        Part { json: json.into_bytes().into(), signed: signed.into_bytes().into() }
    }
}

/// What does not change within one instrument: from behind one value to before the next.
struct Heads {
    /// From behind the size to before the time, by [`terms_index`].
    terms: Box<[Part]>,
    amend: [Part; 2],
    cancel: Part,
    tick: StepText,
    lot: StepText,
}

pub(super) struct Encoder {
    heads: Box<[Heads]>,
    /// `apiKey` and the name of the client id that follows: new, original.
    new_order: Part,
    old_order: Part,
    signer: Signer,
    signed: [u8; SIGNED_ROOM],
}

/// A frame and its signed text, side by side.
struct Twin<'a> {
    json: &'a mut [u8],
    at: usize,
    signed: &'a mut [u8; SIGNED_ROOM],
    signed_at: usize,
}

impl Twin<'_> {
    #[inline(always)]
    fn json(&mut self, text: &[u8]) {
        self.json[self.at..self.at + text.len()].copy_from_slice(text);
        self.at += text.len();
    }
    #[inline(always)]
    fn signed(&mut self, text: &[u8]) {
        self.signed[self.signed_at..self.signed_at + text.len()].copy_from_slice(text);
        self.signed_at += text.len();
    }
    #[inline(always)]
    fn part(&mut self, part: &Part) {
        self.json(&part.json);
        self.signed(&part.signed);
    }
    #[inline(always)]
    fn value(&mut self, text: &[u8]) {
        self.json(text);
        self.signed(text);
    }
    #[inline(always)]
    fn steps(&mut self, steps: i64, grid: &StepText) {
        let mut text = [0u8; 40];
        let n = grid.write(steps, &mut text);
        self.value(&text[..n]);
    }
    #[inline(always)]
    fn time(&mut self, now_ns: i64) {
        let mut text = [0u8; 20];
        let n = write_u64((now_ns / 1_000_000).max(0) as u64, &mut text);
        self.value(&text[..n]);
    }
    #[inline(always)]
    fn finish(mut self, json: &[u8], signed: &[u8], signer: &Signer) -> usize {
        self.signed(signed);
        let signature = signer.sign(&[&self.signed[..self.signed_at]]);
        self.json(json);
        self.json(b",\"signature\":\"");
        self.json(&signature);
        self.json(b"\"}}");
        self.at
    }
}

impl Encoder {
    pub fn new(instruments: &[Instrument], key: &str, secret: &Secret, recv_window_ms: u32) -> Encoder {
        let order = |name: &str| {
            let json = format!("\"params\":{{\"apiKey\":\"{key}\",\"{name}\":\"");
            Part::new(json, format!("apiKey={key}&{name}="))
        };
        Encoder {
            heads: instruments.iter().map(|instrument| Heads::new(instrument, recv_window_ms)).collect(),
            new_order: order("newClientOrderId"),
            old_order: order("origClientOrderId"),
            signer: Signer::new(secret),
            signed: [0; SIGNED_ROOM],
        }
    }

    /// Writes an `order.place` frame's payload; returns its length. `out` needs 1024 bytes.
    #[inline]
    pub fn place(&mut self, at: usize, place: &Place, number: u64, now_ns: i64, out: &mut [u8]) -> usize {
        let heads = &self.heads[at];
        let mut twin = Twin { json: out, at: 0, signed: &mut self.signed, signed_at: 0 };
        begin(&mut twin, place.client, Operation::Create, number, b"order.place", &self.new_order);
        if place.order_type == OrderType::Limit {
            twin.json(b"\",\"price\":\"");
            twin.signed(b"&price=");
            twin.steps(place.px.0, &heads.tick);
        }
        twin.json(b"\",\"quantity\":\"");
        twin.signed(b"&quantity=");
        twin.steps(place.qty.0, &heads.lot);
        twin.part(&heads.terms[terms_index(place.side, place.order_type, place.tif, place.reduce_only)]);
        twin.time(now_ns);
        match place.order_type {
            OrderType::Limit => twin.finish(b",\"type\":\"LIMIT\"", b"&type=LIMIT", &self.signer),
            OrderType::Market => twin.finish(b",\"type\":\"MARKET\"", b"&type=MARKET", &self.signer),
        }
    }

    #[inline]
    pub fn amend(&mut self, at: usize, amend: &Amend, number: u64, now_ns: i64, out: &mut [u8]) -> usize {
        let heads = &self.heads[at];
        let mut twin = Twin { json: out, at: 0, signed: &mut self.signed, signed_at: 0 };
        begin(&mut twin, amend.client, Operation::Amend, number, b"order.modify", &self.old_order);
        twin.json(b"\",\"price\":\"");
        twin.signed(b"&price=");
        twin.steps(amend.px.0, &heads.tick);
        twin.json(b"\",\"quantity\":\"");
        twin.signed(b"&quantity=");
        twin.steps(amend.qty.0, &heads.lot);
        twin.part(&heads.amend[(amend.side == Side::Sell) as usize]);
        twin.time(now_ns);
        twin.finish(b"", b"", &self.signer)
    }

    #[inline]
    pub fn cancel(&mut self, at: usize, cancel: &Cancel, number: u64, now_ns: i64, out: &mut [u8]) -> usize {
        let mut twin = Twin { json: out, at: 0, signed: &mut self.signed, signed_at: 0 };
        begin(&mut twin, cancel.client, Operation::Cancel, number, b"order.cancel", &self.old_order);
        twin.part(&self.heads[at].cancel);
        twin.time(now_ns);
        twin.finish(b"", b"", &self.signer)
    }
}

/// Up to and with the order's id.
#[inline(always)]
fn begin(
    twin: &mut Twin<'_>,
    client: ClientId,
    operation: Operation,
    number: u64,
    method: &[u8],
    key: &Part,
) {
    let mut text = [0u8; CLIENT_ID_MAX_LEN];
    let n = client.write_text(&mut text);
    twin.json(b"{\"id\":\"");
    twin.json(&text[..n]);
    twin.at += write_id_tail(operation, number, &mut twin.json[twin.at..]);
    twin.json(b"\",\"method\":\"");
    twin.json(method);
    twin.json(b"\",");
    twin.part(key);
    twin.value(&text[..n]);
}

impl Heads {
    fn new(instrument: &Instrument, recv_window_ms: u32) -> Heads {
        let symbol = instrument.symbol.as_str();
        let mut terms = Vec::new();
        for_all_terms(|side, order_type, tif, reduce_only| {
            let side = side_word(side);
            let (mut json, mut signed) =
                (format!("\",\"recvWindow\":{recv_window_ms}"), format!("&recvWindow={recv_window_ms}"));
            if reduce_only {
                json.push_str(",\"reduceOnly\":\"true\"");
                signed.push_str("&reduceOnly=true");
            }
            json.push_str(&format!(",\"side\":\"{side}\",\"symbol\":\"{symbol}\""));
            signed.push_str(&format!("&side={side}&symbol={symbol}"));
            if order_type == OrderType::Limit {
                let tif = tif_word(tif);
                json.push_str(&format!(",\"timeInForce\":\"{tif}\""));
                signed.push_str(&format!("&timeInForce={tif}"));
            }
            json.push_str(",\"timestamp\":");
            signed.push_str("&timestamp=");
            terms.push(Part::new(json, signed));
        });
        let amend = [Side::Buy, Side::Sell].map(|side| {
            let side = side_word(side);
            Part::new(
                format!(
                    "\",\"recvWindow\":{recv_window_ms},\"side\":\"{side}\",\"symbol\":\"{symbol}\",\"timestamp\":"
                ),
                format!("&recvWindow={recv_window_ms}&side={side}&symbol={symbol}&timestamp="),
            )
        });
        let cancel = Part::new(
            format!("\",\"recvWindow\":{recv_window_ms},\"symbol\":\"{symbol}\",\"timestamp\":"),
            format!("&recvWindow={recv_window_ms}&symbol={symbol}&timestamp="),
        );
        Heads {
            terms: terms.into(),
            amend,
            cancel,
            tick: StepText::new(&instrument.tick),
            lot: StepText::new(&instrument.lot),
        }
    }
}

const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

fn terms_index(side: Side, order_type: OrderType, tif: TimeInForce, reduce_only: bool) -> usize {
    let side = (side == Side::Sell) as usize;
    let order_type = (order_type == OrderType::Market) as usize;
    ((side * 2 + order_type) * 4 + (tif as usize - 1)) * 2 + reduce_only as usize
}

/// In the order of [`terms_index`].
fn for_all_terms(mut visit: impl FnMut(Side, OrderType, TimeInForce, bool)) {
    for side in [Side::Buy, Side::Sell] {
        for order_type in [OrderType::Limit, OrderType::Market] {
            for tif in [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::PostOnly] {
                for reduce_only in [false, true] {
                    visit(side, order_type, tif, reduce_only);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_instruments::instrument;
    use nanotick_model::{InstrumentId, Px, Qty};
    use serde_json::Value;

    /// The venue's rule, done the slow way: parameters but the signature, sorted by name, joined.
    fn expected_signature(params: &Value, secret: &str) -> String {
        let mut pairs: Vec<(String, String)> = params
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "signature")
            .map(|(name, value)| (name.clone(), value.as_str().map_or(value.to_string(), str::to_string)))
            .collect();
        pairs.sort();
        let text = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&");
        Signer::new(&Secret::from(secret.to_string())).sign_text(&[text.as_bytes()])
    }

    fn encoder(key: &str) -> Encoder {
        let instruments =
            [instrument(0, "BTCUSDT", "0.10", "0.001"), instrument(1, "ETHUSDT", "0.01", "0.001")];
        Encoder::new(&instruments, key, &Secret::from("testsecret".to_string()), 5000)
    }

    fn check(frame: &[u8]) -> Value {
        let frame: Value = serde_json::from_slice(frame).unwrap();
        assert_eq!(
            frame["params"]["signature"],
            expected_signature(&frame["params"], "testsecret"),
            "{frame}"
        );
        frame
    }

    #[test]
    fn every_order_is_well_formed_and_signed_over_its_sorted_parameters() {
        let mut encoder = encoder(&"k".repeat(MAX_KEY_LEN));
        let mut out = [0xee; 1024];
        let client = ClientId::new(ClientId::MAX_EPOCH, ClientId::MAX_SEQ);
        for_all_terms(|side, order_type, tif, reduce_only| {
            let place = Place {
                client,
                instrument: InstrumentId(1),
                side,
                order_type,
                tif,
                reduce_only,
                px: Px(268_381),
                qty: Qty(1_500),
            };
            let n = encoder.place(1, &place, u64::MAX, 1_723_161_256_500_000_000, &mut out);
            let frame = check(&out[..n]);
            let params = &frame["params"];
            assert_eq!((&frame["method"], &params["symbol"]), (&"order.place".into(), &"ETHUSDT".into()));
            assert_eq!(params["newClientOrderId"], client.to_string());
            assert_eq!(params["timestamp"], 1_723_161_256_500u64);
            assert_eq!((&params["side"], &params["quantity"]), (&side_word(side).into(), &"1.500".into()));
            let is_limit = order_type == OrderType::Limit;
            assert_eq!(params["type"], if is_limit { "LIMIT" } else { "MARKET" });
            assert_eq!(params.get("price"), is_limit.then(|| Value::from("2683.81")).as_ref());
            assert_eq!(params.get("timeInForce"), is_limit.then(|| Value::from(tif_word(tif))).as_ref());
            assert_eq!(params.get("reduceOnly"), reduce_only.then(|| Value::from("true")).as_ref());
        });
    }

    #[test]
    fn amends_and_cancels_name_the_order_by_our_id() {
        let (mut encoder, mut out) = (encoder("testkey"), [0; 1024]);
        let (client, instrument) = (ClientId::new(3, 71), InstrumentId(0));
        let amend = Amend { client, instrument, side: Side::Sell, px: Px(618_001), qty: Qty(12) };
        let n = encoder.amend(0, &amend, 17, 5_000_000, &mut out);
        let frame = check(&out[..n]);
        assert_eq!((&frame["id"], &frame["method"]), (&"nt3-1z.a17".into(), &"order.modify".into()));
        assert_eq!(frame["params"]["origClientOrderId"], "nt3-1z");
        assert_eq!(
            (&frame["params"]["price"], &frame["params"]["side"]),
            (&"61800.1".into(), &"SELL".into())
        );
        let n = encoder.cancel(0, &Cancel { client, instrument }, 18, 5_000_000, &mut out);
        let frame = check(&out[..n]);
        assert_eq!((&frame["id"], &frame["method"]), (&"nt3-1z.x18".into(), &"order.cancel".into()));
        assert_eq!(frame["params"]["symbol"], "BTCUSDT");
    }

    /// Frames that real clients sent, with signatures that were verified when they were captured.
    #[test]
    fn the_signing_rule_is_that_of_captured_frames() {
        let Some(captures) = crate::shared_data::text("venues/vectors/client_wire_captures.jsonl") else {
            return;
        };
        let mut seen = 0;
        let mut secret = String::new();
        for line in captures.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if let Some(found) = line.get("secret").or_else(|| line.get("api_secret")).and_then(Value::as_str)
            {
                secret = found.to_string();
            }
            let is_ours =
                line["kind"] == "ws_in" && line["alg"] == "HMAC-SHA256-hex" && line["path"] == "/ws-fapi/v1";
            if !is_ours {
                continue;
            }
            let frame: Value = serde_json::from_str(line["frame"].as_str().unwrap()).unwrap();
            assert_eq!(frame["params"]["signature"], expected_signature(&frame["params"], &secret), "{line}");
            seen += 1;
        }
        assert!(seen >= 3, "{seen} frames");
    }
}
