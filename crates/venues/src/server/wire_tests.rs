//! What independent clients really sent: each of their signatures is accepted, and none that was tampered with.

use super::*;
use crate::binance::server::BinanceServer;
use crate::bybit::server::BybitServer;
use crate::shared_data;
use nanotick_model::{Cash, ContractKind, Grid, Rate, Text, Venue};
use serde_json::Value;

fn listing(symbol: &str) -> Listing {
    Listing {
        instrument: Instrument {
            id: InstrumentId(0),
            venue: Venue::Bybit,
            kind: ContractKind::Linear,
            symbol: Text::new(symbol).unwrap(),
            tick: Grid::new("0.0001").unwrap(),
            lot: Grid::new("0.01").unwrap(),
            min_px: Px(1),
            max_px: Px(1 << 40),
            min_qty: Qty(1),
            max_qty: Qty(1 << 40),
            min_notional: Cash(0),
            maker_fee: Rate(0),
            taker_fee: Rate(0),
        },
        base: "XRP".into(),
        quote: "USDT".into(),
        px_decimals: 4,
        qty_decimals: 2,
    }
}

fn credentials() -> Credentials {
    Credentials::new("testkey".into(), &Secret::new("testsecret".into()))
}

fn bybit() -> BybitServer {
    BybitServer::new(vec![listing("XRPUSDT")], credentials(), Cash(10i128.pow(20)))
}

fn binance() -> BinanceServer {
    BinanceServer::new(vec![listing("BTCUSDT")], credentials(), Cash(10i128.pow(20)))
}

/// The moment at which a request was signed: the run of 13 digits in what was signed.
fn signed_at(payload: &str) -> Now {
    let digits = |at: usize| payload.get(at..at + 13).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let ms: i64 = (0..payload.len()).find_map(digits).unwrap().parse().unwrap();
    Now { wall_ns: ms * 1_000_000, market_ns: 0 }
}

fn call_of(capture: &Value, body: &str) -> Call {
    let text = |key: &str| capture[key].as_str().unwrap_or("").to_string();
    let headers = capture["headers"].as_object().unwrap().iter();
    Call {
        method: text("method"),
        path: text("path"),
        query: text("query"),
        headers: headers.map(|(k, v)| (k.to_lowercase(), v.as_str().unwrap_or("").to_string())).collect(),
        body: body.as_bytes().to_vec(),
    }
}

/// Code of the answer to a captured request: 0 if it was let in, whatever came of it.
fn answer_code(capture: &Value, tampered: bool) -> i64 {
    let now = signed_at(capture["sign_payload"].as_str().unwrap());
    let swap = |text: &str| if tampered { text.replacen("USDT", "USDC", 1) } else { text.to_string() };
    let mut out = Outbox::default();
    let path = capture["path"].as_str().unwrap();
    let is_bybit = path.starts_with("/v5/");
    let server: &mut dyn VenueServer = if is_bybit { &mut bybit() } else { &mut binance() };
    let reply: Value = if capture["kind"] == "http" {
        let mut call = call_of(capture, &swap(capture["body"].as_str().unwrap()));
        call.query = swap(&call.query);
        serde_json::from_str(&server.on_call(&call, now, &mut out).unwrap().body).unwrap()
    } else {
        assert!(server.on_open(Conn(1), path, now, &mut out));
        let frame = capture["frame"].as_str().unwrap();
        let frame = if tampered { frame.replacen("testkey", "testkez", 1) } else { frame.to_string() };
        // A session may be a second old when the frame is read.
        server.on_text(Conn(1), &frame, Now { wall_ns: now.wall_ns - 1_000_000, ..now }, &mut out);
        match &out.0[0].1 {
            Push::Text(text) => serde_json::from_str(text).unwrap(),
            Push::Close(..) => panic!("closed"),
        }
    };
    let codes = [&reply["retCode"], &reply["code"], &reply["error"]["code"]];
    let code = codes.into_iter().filter_map(Value::as_i64).find(|code| *code != 0);
    code.unwrap_or(0)
}

#[test]
fn captured_signatures_are_accepted_and_tampered_ones_are_not() {
    const AUTH: [i64; 8] = [10002, 10003, 10004, 10005, -1021, -1022, -2014, -2015];
    let Some(text) = shared_data::text("venues/vectors/client_wire_captures.jsonl") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for line in text.lines() {
        let capture: Value = serde_json::from_str(line).unwrap();
        if !capture["alg"].as_str().is_some_and(|alg| alg.starts_with("HMAC")) {
            continue;
        }
        let code = answer_code(&capture, false);
        assert!(!AUTH.contains(&code), "{code} for {line}");
        accepted += 1;
        if line.contains("USDT") || capture["kind"] == "ws_in" {
            let code = answer_code(&capture, true);
            assert!(AUTH.contains(&code), "{code} for tampered {line}");
            refused += 1;
        }
    }
    assert!(accepted >= 40 && refused >= 30, "{accepted} accepted, {refused} refused");
}
