//! The fixed shapes against the general decoder: on recorded messages, on damaged ones, on rearranged ones.

use super::*;
use crate::padded;
use proptest::prelude::*;
use serde_json::Value;

/// One recorded message of each kind and market, and what it says.
#[rustfmt::skip]
const RECORDED: &[(&str, &str)] = &[
    (r#"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[["58710.20","0.014"],["61496.50","0.010"],["61510.90","0.000"]],"a":[["61837.60","1.546"]]}}"#,
     "0 5123107832006..5123107837557 after 5123107831937 at 1723161256298 | 587102x14 614965x10 615109x0 | 618376x1546"),
    (r#"{"stream":"btcusd_perp@depth@0ms","data":{"e":"depthUpdate","E":1723161257440,"T":1723161257432,"s":"BTCUSD_PERP","ps":"BTCUSD","U":1007198631260,"u":1007198631565,"pu":1007198631198,"b":[["61773.6","1001"]],"a":[]}}"#,
     "1 1007198631260..1007198631565 after 1007198631198 at 1723161257432 | 617736x1001 |"),
    (r#"{"stream":"ethusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255308,"s":"ETHUSDT","U":35346513499,"u":35346513505,"b":[["2683.80000000","3.02920000"]],"a":[["2687.00000000","0.00000000"]]}}"#,
     "2 35346513499..35346513505 after 0 at 1723161255308 | 268380x30292 | 268700x0"),
    (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[],"a":[]}"#, "0 1..2 after 0 at 5 | |"),
    (r#"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256314}}"#,
     "0 5123107839020 at 1723161256313 618002x2507 618003x2510"),
    (r#"{"stream":"btcusd_perp@bookTicker","data":{"u":1007198632021,"e":"bookTicker","s":"BTCUSD_PERP","ps":"BTCUSD","b":"61804.7","B":"35","a":"61804.8","A":"1645","T":1723161257465,"E":1723161257476}}"#,
     "1 1007198632021 at 1723161257465 618047x35 618048x1645"),
    (r#"{"stream":"ethusdt@bookTicker","data":{"u":35346513501,"s":"ETHUSDT","b":"2683.80000000","B":"3.02920000","a":"2683.81000000","A":"31.43950000"}}"#,
     "2 35346513501 at 0 268380x30292 268381x314395"),
    (r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256321,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}"#,
     "0 trade 5266583935 at 1723161256321 Buy 618003x6"),
    (r#"{"stream":"ethusdt@trade","data":{"e":"trade","E":1723161255612,"s":"ETHUSDT","t":1520538925,"p":"2683.80000000","q":"0.00200000","T":1723161255611,"m":true,"M":true}}"#,
     "2 trade 1520538925 at 1723161255611 Sell 268380x20"),
    (r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1626992770521,"a":16599329,"s":"BTCUSDT","p":"1.10","q":"10","f":23961397,"l":23961397,"T":1626992770366,"m":false}}"#,
     "0 agg 16599329 at 1626992770366 Buy 11x10000"),
    (r#"{"stream":"ethusdt@aggTrade","data":{"e":"aggTrade","E":1633998534486,"s":"ETHUSDT","a":9213679,"p":"0.01","q":"177.00000000","f":12368013,"l":12368013,"T":1633998534486,"m":false,"M":true}}"#,
     "2 agg 9213679 at 1633998534486 Buy 1x1770000"),
];

fn decoder() -> Decoder {
    let feed = |symbol, tick, lot| Feed::new(symbol, Grid::new(tick).unwrap(), Grid::new(lot).unwrap());
    Decoder::new(vec![
        feed("BTCUSDT", "0.1", "0.001"),
        feed("BTCUSD_PERP", "0.1", "1"),
        feed("ETHUSDT", "0.01", "0.0001"),
    ])
}

fn text(message: &Message<'_>) -> String {
    let level = |l: &Level| format!("{}x{}", l.px.0, l.qty.0);
    let side = |side: &[Level]| side.iter().map(|l| format!(" {}", level(l))).collect::<String>();
    let trade = |t: &Trade| format!("{:?} {}x{}", t.side, t.px.0, t.qty.0);
    let ms = |ns: i64| ns / 1_000_000;
    match message {
        Message::Depth { feed, diff: d } => {
            let ids = format!("{feed} {}..{} after {} at {}", d.first, d.last, d.prev, ms(d.venue_ns));
            format!("{ids} |{} |{}", side(d.bids), side(d.asks))
        }
        Message::Quote { feed, venue_ns, quote: q } => {
            format!("{feed} {} at {} {} {}", q.update_id, ms(*venue_ns), level(&q.bid), level(&q.ask))
        }
        Message::Trade { feed, venue_ns, trade: t } => {
            format!("{feed} trade {} at {} {}", t.trade_id, ms(*venue_ns), trade(t))
        }
        Message::AggTrade { feed, venue_ns, trade: t } => {
            format!("{feed} agg {} at {} {}", t.trade_id, ms(*venue_ns), trade(t))
        }
        Message::Snapshot { feed, snapshot: s } => {
            let at = format!("{feed} snapshot {} at {}", s.last, ms(s.venue_ns));
            format!("{at} |{} |{}", side(s.bids), side(s.asks))
        }
        Message::Other => "other".into(),
    }
}

fn decode(decoder: &mut Decoder, message: &[u8]) -> Result<String, BadMessage> {
    let mut buffer = Vec::new();
    decoder.decode(padded(message, &mut buffer)).map(|m| text(&m))
}

fn decode_generally(decoder: &mut Decoder, message: &[u8]) -> Result<String, BadMessage> {
    let found = general::message(message, &decoder.feeds, &mut decoder.scratch)?;
    Ok(text(&decoder.message(found)))
}

#[test]
fn recorded_shapes_take_the_fixed_path() {
    let mut decoder = decoder();
    for (message, want) in RECORDED {
        assert_eq!(decode(&mut decoder, message.as_bytes()).as_deref(), Ok(*want));
        assert_eq!(decode_generally(&mut decoder, message.as_bytes()).as_deref(), Ok(*want));
        assert_eq!(decoder.general_messages(), 0, "{message}");
    }
}

#[test]
fn other_messages_are_told_apart() {
    #[rustfmt::skip]
    let cases: &[(&str, Result<&str, &str>)] = &[
        (r#"{"result":null,"id":1}"#, Ok("other")),
        (r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","s":"BTCUSDT","k":{}}}"#, Ok("other")),
        (r#"{"stream":"xrpusdt@trade","data":{"e":"trade","E":1,"T":1,"s":"XRPUSDT","t":1,"p":"1","q":"1","X":"MARKET","m":true}}"#, Ok("other")),
        (r#"{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":1,"p":"0","q":"0","X":"NA","m":true}"#, Ok("other")),
        (r#"{"e":"trade","E":1,"T":3,"s":"BTCUSDT","t":9,"p":"1.1","q":"2","m":true}"#, Ok("0 trade 9 at 3 Sell 11x2000")),
        (r#"{"lastUpdateId":9,"E":3,"T":2,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bids":[["1.1","2"]],"asks":[]}"#, Ok("1 snapshot 9 at 2 | 11x2 |")),
        (r#"{"lastUpdateId":9,"bids":[["1.1","2"]],"asks":[]}"#, Ok("other")),
        (r#"{ "data" : { "a":[], "st":1, "b":[[ "1.10", "0.0010000" ]], "pu":4,"u":6,"U":5,"s":"BTCUSDT","T":8,"E":9,"e":"depthUpdate"}, "stream":"btcusdt@depth" }"#, Ok("0 5..6 after 4 at 8 | 11x1 |")),
        ("", Err("JSON that ends too early")),
        ("nonsense", Err("not JSON")),
        (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":3,"u":2,"pu":0,"b":[],"a":[]}"#, Err("a depth update that ends before it begins")),
        (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[]}"#, Err("a market data message without a field that it must have")),
        (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["1.15","1"]],"a":[]}"#, Err("a level that is not on the instrument's grid")),
        (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["1.1","-1"]],"a":[]}"#, Err("a level that is not on the instrument's grid")),
        (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["1.1"]],"a":[]}"#, Err("levels that are not pairs of texts")),
        (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["1.1",2]],"a":[]}"#, Err("levels that are not pairs of texts")),
        (r#"{"e":"depthUpdate","E":7,"T":5,"s":"BTCUSDT","U":-1,"u":2,"pu":0,"b":[],"a":[]}"#, Err("JSON of another shape than expected")),
        (r#"{"e":"trade","E":1,"T":9999999999999999,"s":"BTCUSDT","t":1,"p":"1","q":"1","X":"MARKET","m":true}"#, Err("a time out of range")),
        (r#"{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":1,"p":"NaN","q":"1","X":"MARKET","m":true}"#, Err("a price or size that is not on the instrument's grid")),
        (r#"{"e":"trade","e":"trade","E":1}"#, Err("JSON of another shape than expected")),
    ];
    let mut decoder = decoder();
    for (message, want) in cases {
        let got = decode(&mut decoder, message.as_bytes()).map_err(|bad| bad.why);
        assert_eq!(got.as_deref().map_err(|why| *why), *want, "{message}");
    }
    let long = format!(
        r#"{{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":1,"p":"{}","q":"1","X":"MARKET","m":true}}"#,
        "9".repeat(400)
    );
    assert!(decode(&mut decoder, long.as_bytes()).is_err());
}

#[test]
fn the_number_of_levels_is_bounded() {
    let levels = |n: usize| {
        let levels: Vec<_> = (1..=n).map(|i| format!(r#"["{i}.0","1"]"#)).collect();
        format!("[{}]", levels.join(","))
    };
    let diff =
        |n| format!(r#"{{"e":"depthUpdate","E":7,"s":"BTCUSDT","U":1,"u":2,"b":{0},"a":{0}}}"#, levels(n));
    let body = |n| format!(r#"{{"lastUpdateId":1,"bids":{0},"asks":{0}}}"#, levels(n));
    let (mut decoder, mut buffer) = (decoder(), Vec::new());
    match decoder.decode(padded(diff(2000).as_bytes(), &mut buffer)) {
        Ok(Message::Depth { diff, .. }) => assert_eq!((diff.bids.len(), diff.asks.len()), (2000, 2000)),
        other => panic!("{other:?}"),
    }
    assert_eq!(decoder.general_messages(), 0);
    let error = decoder.decode(padded(diff(2001).as_bytes(), &mut buffer)).unwrap_err();
    assert_eq!(error.why, "more levels than a message may have");
    assert_eq!(decoder.snapshot(0, body(5000).as_bytes()).unwrap().asks.len(), 5000);
    assert!(decoder.snapshot(0, body(5001).as_bytes()).is_err());
}

#[test]
fn a_body_of_the_depth_endpoint_is_a_snapshot() {
    let mut decoder = decoder();
    let body = br#"{"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"]],"asks":[]}"#;
    let snapshot = decoder.snapshot(0, body).unwrap();
    assert_eq!((snapshot.last, snapshot.venue_ns), (5123107852948, 1723161256493000000));
    assert_eq!(snapshot.bids, [Level { px: Px(618002), qty: Qty(2909) }]);
    for body in [&br#"{"code":-1121,"msg":"Invalid symbol."}"#[..], b"<html>", b""] {
        assert!(decoder.snapshot(0, body).is_err());
    }
}

#[test]
fn a_survey_sees_every_number() {
    let mut seen = Vec::new();
    for (message, _) in RECORDED {
        let symbol = general::survey(message.as_bytes(), |n| seen.push((n.is_price, n.text.to_string())));
        assert!(symbol.unwrap().is_some_and(|s| decoder().feed_of(&s).is_some()), "{message}");
    }
    assert_eq!((seen.len(), &seen[0]), (8 + 2 + 4 + 12 + 8, &(true, "58710.20".to_string())));
    assert_eq!(general::survey(br#"{"result":null}"#, |_| ()), Ok(None));
    let snapshot = br#"{"lastUpdateId":9,"bids":[["1.1","2"]],"asks":[]}"#;
    assert_eq!(general::survey(snapshot, |_| ()), Ok(Some(String::new())));
}

/// One edit of a message's bytes.
fn edit(bytes: &mut Vec<u8>, kind: usize, at: usize, byte: u8) {
    if bytes.is_empty() {
        return;
    }
    let at = at % bytes.len();
    match kind {
        0 => bytes[at] = byte,
        1 => drop(bytes.remove(at)),
        2 => bytes.insert(at, byte),
        3 => bytes.truncate(at.max(1)),
        4 => bytes[at] ^= 1 << (byte % 8),
        _ => {
            let copy = bytes[at..].to_vec();
            bytes.extend(copy);
        }
    }
}

/// The same JSON with its keys in another order and spaces in some places.
fn rearranged(value: &Value, turn: usize, spaces: bool, unknown: bool) -> String {
    let gap = if spaces { " " } else { "" };
    match value {
        Value::Object(fields) => {
            let mut parts: Vec<_> = fields
                .iter()
                .map(|(k, v)| format!("\"{k}\"{gap}:{gap}{}", rearranged(v, turn, spaces, unknown)))
                .collect();
            if unknown {
                parts.push(r#""st":{"x":[1,"\"}"]}"#.into());
            }
            let n = parts.len();
            parts.rotate_left(turn % n);
            format!("{{{gap}{}{gap}}}", parts.join(&format!("{gap},{gap}")))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|v| rearranged(v, turn, spaces, unknown)).collect();
            format!("[{}]", items.join(&format!(",{gap}")))
        }
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// Whatever is done to a message: what the fixed path accepts, the general one accepts with the same result.
    #[test]
    fn a_damaged_message_means_the_same_to_both_paths(
        which in 0..RECORDED.len(),
        edits in proptest::collection::vec((0usize..6, any::<usize>(), prop_oneof![any::<u8>(), proptest::sample::select(&b"0123456789.,\"[]{}:\\ -eE"[..])]), 1..4),
    ) {
        let mut bytes = RECORDED[which].0.as_bytes().to_vec();
        for (kind, at, byte) in edits {
            edit(&mut bytes, kind, at, byte);
        }
        let (mut decoder, mut buffer) = (decoder(), Vec::new());
        if let Some(found) = decoder.fixed(padded(&bytes, &mut buffer)) {
            let fixed = text(&decoder.message(found));
            prop_assert_eq!(decode_generally(&mut decoder, &bytes), Ok(fixed), "{}", String::from_utf8_lossy(&bytes));
        } else {
            let _ = decode(&mut decoder, &bytes);
        }
    }

    #[test]
    fn order_and_spacing_do_not_matter(which in 0..RECORDED.len(), turn in 0usize..12, spaces: bool, unknown: bool) {
        let (message, want) = RECORDED[which];
        let message = rearranged(&serde_json::from_str(message).unwrap(), turn, spaces, unknown);
        prop_assert_eq!(decode(&mut decoder(), message.as_bytes()), Ok(want.to_string()), "{}", message);
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&mut decoder(), &bytes);
    }
}
