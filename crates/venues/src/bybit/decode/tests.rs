//! The two ways of reading a message must tell the same story, whatever the message.

use super::*;
use crate::test_instruments::instrument;
use crate::{padded, shared_data};
use proptest::prelude::*;
use serde_json::Value;

/// Everything that a decoded message says.
#[derive(Clone, PartialEq, Debug)]
enum Story {
    Book(BookHead, Vec<Level>, Vec<Level>),
    Trades(usize, Vec<TradeAt>),
    Other(Public),
}

fn story(decoder: &Decoder, public: Public) -> Story {
    match public {
        Public::Book(head) => Story::Book(head, decoder.bids(&head).to_vec(), decoder.asks(&head).to_vec()),
        Public::Trades { instrument, count } => {
            assert_eq!(decoder.trades().len(), count);
            Story::Trades(instrument, decoder.trades().to_vec())
        }
        other => Story::Other(other),
    }
}

fn by_any_way(decoder: &mut Decoder, message: &[u8]) -> Result<Story, BadMessage> {
    let mut buffer = Vec::new();
    let public = decoder.decode(padded(message, &mut buffer))?;
    Ok(story(decoder, public))
}

fn by_the_general_way(decoder: &mut Decoder, message: &[u8]) -> Result<Story, BadMessage> {
    let public = decoder.general(message)?;
    Ok(story(decoder, public))
}

/// Only the fixed shapes, or `None`.
fn by_the_short_way(decoder: &mut Decoder, message: &[u8]) -> Option<Story> {
    let mut buffer = Vec::new();
    let message = padded(message, &mut buffer);
    let public = decoder.book(message).map(Public::Book).or_else(|| decoder.usual_trades(message))?;
    Some(story(decoder, public))
}

fn decoder(depth: u16) -> Decoder {
    let instruments = [
        instrument(0, "BTCUSDT", "0.10", "0.001"),
        instrument(1, "ETHUSDT", "0.01", "0.01"),
        instrument(2, "XRPUSDT", "0.0001", "1"),
    ];
    Decoder::new(&instruments, depth)
}

const BOOK: &str = r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT","b":[["30247.20","30.028"],["30245.40","0"]],"a":[["30248.70","0"]],"u":177400507,"seq":66544703342},"cts":1687940967464}"#;
const TRADE: &str = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false}]}"#;

#[test]
fn the_usual_shapes_take_the_short_way() {
    let level = |px, qty| Level { px: Px(px), qty: Qty(qty) };
    let mut decoder = decoder(50);
    let spot_order =
        BOOK.replace(r#""type":"delta","ts":1687940967466"#, r#""ts":1687940967466,"type":"delta""#);
    let old = BOOK.replace(r#","cts":1687940967464"#, "");
    for (text, time_ms) in
        [(BOOK, 1_687_940_967_464), (&spot_order, 1_687_940_967_464), (&old, 1_687_940_967_466)]
    {
        let Some(Story::Book(head, bids, asks)) = by_the_short_way(&mut decoder, text.as_bytes()) else {
            panic!("not read: {text}");
        };
        assert_eq!((head.instrument, head.is_snapshot, head.update_id), (0, false, 177_400_507));
        assert_eq!(head.venue_ns, time_ms * 1_000_000);
        assert_eq!((bids, asks), (vec![level(302_472, 30_028), level(302_454, 0)], vec![level(302_487, 0)]));
    }
    let Some(Story::Trades(0, trades)) = by_the_short_way(&mut decoder, TRADE.as_bytes()) else {
        panic!("not read")
    };
    let want = Trade { px: Px(165_785), qty: Qty(1), side: Side::Buy, trade_id: 0 };
    assert_eq!(trades, [TradeAt { trade: want, venue_ns: 1_672_304_486_865_000_000 }]);
}

#[test]
fn what_is_not_market_data_is_known_or_refused() {
    let cases = [
        (r#"{"success":true,"ret_msg":"pong","conn_id":"1","req_id":"p1","op":"ping"}"#, Ok(Public::Pong)),
        (r#"{"op":"pong","args":["1"],"conn_id":"1"}"#, Ok(Public::Pong)),
        (r#"{"success":true,"ret_msg":"","conn_id":"1","op":"subscribe"}"#, Ok(Public::Subscribed)),
        (
            r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT"},"cs":1,"ts":1}"#,
            Ok(Public::Unused),
        ),
        (
            r#"{"success":false,"ret_msg":"Invalid topic: x","conn_id":"1","op":"subscribe"}"#,
            Err("a subscription was refused"),
        ),
        (
            r#"{"topic":"orderbook.1.BTCUSDT","data":{}}"#,
            Err("an order book of a depth that is not subscribed"),
        ),
        (r#"{"topic":"mystery","data":{}}"#, Err("an unknown topic")),
        (r#"{"topic":"publicTrade.BTCUSDT"}"#, Err("a topic without data")),
        ("{}", Err("neither a topic nor a known reply")),
        ("7", Err("JSON of another shape than expected")),
        ("", Err("JSON that ends too early")),
    ];
    for (text, want) in cases {
        let got = decoder(50).decode(padded(text.as_bytes(), &mut Vec::new()));
        assert_eq!(got.map_err(|bad| bad.why), want, "{text}");
    }
}

/// Each change makes a valid message a lie or nonsense; none may become a book or a trade.
#[test]
fn hostile_messages_are_refused() {
    let long = format!("\"{}\"", "9".repeat(400));
    let many = (0..=MAX_LEVELS_PER_SIDE).map(|i| format!(r#"["{i}.10","1"],"#)).collect::<String>();
    let changes: &[(&str, &str)] = &[
        (r#""30247.20","30.028""#, r#""-30247.20","30.028""#),
        (r#""30247.20","30.028""#, r#""30247.20","-30.028""#),
        (r#""30247.20""#, r#""NaN""#),
        (r#""30247.20""#, r#""Infinity""#),
        (r#""30247.20""#, r#""3.02472e4""#),
        (r#""30247.20""#, r#""30247.25""#),
        (r#""30247.20""#, r#""""#),
        (r#""30247.20""#, "null"),
        (r#""30247.20""#, "30247.20"),
        (r#""30247.20""#, &long),
        (r#""30.028""#, r#""30.0281""#),
        (r#""30.028""#, r#""99999999999999.999""#),
        (r#"["30247.20","30.028"]"#, r#"["30247.20"]"#),
        (r#"["30247.20","30.028"]"#, r#"["30247.20","30.028","1"]"#),
        (r#"["30247.20","30.028"],"#, &many),
        (r#""u":177400507"#, r#""u":-1"#),
        (r#""u":177400507"#, r#""u":1.5"#),
        (r#""u":177400507"#, r#""u":0177400507"#),
        (r#""u":177400507"#, r#""u":18446744073709551616"#),
        (r#""u":177400507,"#, r#""u":177400507,"u":177400508,"#),
        (r#""u":177400507,"#, ""),
        (r#""b":["#, r#""b":[],"b":["#),
        (r#""s":"BTCUSDT""#, r#""s":"ETHUSDT""#),
        (r#"50.BTCUSDT"#, r#"50.NOTOURS"#),
        (r#""type":"delta""#, r#""type":"update""#),
        (r#""cts":1687940967464"#, r#""cts":9999999999999999"#),
        (r#""cts":1687940967464}"#, r#""cts":1687940967464}}"#),
        (r#""cts":1687940967464}"#, r#""cts":1687940967464"#),
    ];
    for (from, to) in changes {
        assert!(BOOK.contains(from), "{from}");
        let text = BOOK.replacen(from, to, 1);
        assert!(by_any_way(&mut decoder(50), text.as_bytes()).is_err(), "{from} -> {to:.80}");
    }
    for (from, to) in [
        (r#""S":"Buy""#, r#""S":"Bought""#),
        (r#""v":"0.001""#, r#""v":"0.0001""#),
        (r#""p":"16578.50""#, r#""p":"-1""#),
        (r#""s":"BTCUSDT""#, r#""s":"ETHUSDT""#),
        (r#""T":1672304486865"#, r#""T":-1"#),
        (r#""T":1672304486865"#, r#""T":99999999999999999"#),
    ] {
        assert!(TRADE.contains(from), "{from}");
        let text = TRADE.replacen(from, to, 1);
        assert!(by_any_way(&mut decoder(50), text.as_bytes()).is_err(), "{from} -> {to}");
    }
}

fn draw(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

/// The same JSON with its keys in another order and spaces between its tokens.
fn disguise(value: &Value, seed: &mut u64, out: &mut String) {
    out.push_str(["", " ", "\n", "\t  "][draw(seed) & 3]);
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            let turn = draw(seed) % keys.len().max(1);
            keys.rotate_left(turn);
            for (i, key) in keys.iter().enumerate() {
                out.push_str(if i > 0 { " ," } else { "{" });
                out.push_str(&format!(" {key:?} :"));
                disguise(&map[*key], seed, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                disguise(item, seed, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn level_text() -> impl Strategy<Value = String> {
    (1u64..2_000_000, 0u64..2_000_000, any::<bool>()).prop_map(|(px, qty, is_zero)| {
        let size = if is_zero { "0".into() } else { format!("{}.{:03}", qty / 1000, qty % 1000) };
        format!(r#"["{}.{}0","{size}"]"#, px / 10, px % 10)
    })
}

fn book_text() -> impl Strategy<Value = String> {
    let side = || proptest::collection::vec(level_text(), 0..12).prop_map(|levels| levels.join(","));
    (side(), side(), any::<[bool; 3]>(), 1u64..1 << 40).prop_map(
        |(bids, asks, [is_snapshot, is_time_first, has_cts], update)| {
            let kind = if is_snapshot { "snapshot" } else { "delta" };
            let (ts, kind) = (r#""ts":1687940967466"#, format!(r#""type":"{kind}""#));
            let head = if is_time_first { format!("{ts},{kind}") } else { format!("{kind},{ts}") };
            let cts = if has_cts { r#","cts":1687940967464"# } else { "" };
            let tail = format!(r#""u":{update},"seq":{}}}{cts}}}"#, update + 7);
            format!(
                r#"{{"topic":"orderbook.50.BTCUSDT",{head},"data":{{"s":"BTCUSDT","b":[{bids}],"a":[{asks}],{tail}"#
            )
        },
    )
}

fn trades_text() -> impl Strategy<Value = String> {
    let trade = (1u64..2_000_000, 1u64..2_000_000, any::<bool>(), 0usize..3).prop_map(|(px, qty, is_buy, tail)| {
        let side = if is_buy { "Buy" } else { "Sell" };
        let tail = ["", r#","RPI":true"#, r#","RPI":false,"seq":1783284617"#][tail];
        let (size, price) = (format!("{}.{:03}", qty / 1000, qty % 1000), format!("{}.{}0", px / 10, px % 10));
        format!(
            r#"{{"T":1672304486865,"s":"BTCUSDT","S":"{side}","v":"{size}","p":"{price}","L":"PlusTick","i":"20f43950-d8dd","BT":false{tail}}}"#
        )
    });
    proptest::collection::vec(trade, 1..6).prop_map(|trades| {
        let trades = trades.join(",");
        format!(r#"{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{trades}]}}"#)
    })
}

fn any_byte() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), prop::sample::select(b"0123456789.,:\"[]{}-+eE \\".to_vec())]
}

proptest! {
    #[test]
    fn both_ways_agree_on_good_messages(text in prop_oneof![book_text(), trades_text()], seed: u64) {
        let mut decoder = decoder(50);
        let short = by_the_short_way(&mut decoder, text.as_bytes());
        prop_assert!(short.is_some(), "not the usual shape: {}", text);
        let general = by_the_general_way(&mut decoder, text.as_bytes());
        prop_assert_eq!(general.as_ref().ok(), short.as_ref());

        let mut disguised = String::new();
        disguise(&serde_json::from_str(&text).unwrap(), &mut { seed }, &mut disguised);
        prop_assert_eq!(by_any_way(&mut decoder, disguised.as_bytes()).ok(), short, "{}", disguised);
    }

    /// Damage of any kind gives an error, or what the general parser makes of the damaged text: never another book.
    #[test]
    fn damage_never_splits_the_two_ways(
        text in prop_oneof![book_text(), trades_text()],
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any_byte()), 0..4),
    ) {
        let mut bytes = text.into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut decoder = decoder(50);
        if let Some(short) = by_the_short_way(&mut decoder, &bytes) {
            prop_assert_eq!(by_the_general_way(&mut decoder, &bytes).ok(), Some(short));
        }
    }

    /// The rest of the message stays behind its end, as it does in a receive buffer.
    #[test]
    fn a_cut_message_is_refused(text in prop_oneof![book_text(), trades_text()], cut in any::<prop::sample::Index>()) {
        let len = cut.index(text.len());
        let mut buffer = text.into_bytes();
        buffer.resize(buffer.len() + crate::PADDING, b'0');
        let mut decoder = decoder(50);
        prop_assert!(decoder.decode(Padded::new(&buffer, len).unwrap()).is_err());
    }
}

/// Every market data message of the single-message recordings.
#[test]
fn both_ways_agree_on_recordings() {
    let mut checked = 0;
    for (name, depth) in [("XRPUSDT_ob500_20241201.jsonl", 500), ("tardis_linear_inverse_v5.jsonl", 1)] {
        let Some(text) = shared_data::text(&format!("venues/bybit/recorded/{name}")) else { continue };
        let mut decoder = decoder(depth);
        for (i, line) in text.lines().enumerate() {
            let short = by_the_short_way(&mut decoder, line.as_bytes());
            assert!(short.is_some() || depth != 500, "{name} line {} is not of the usual shape", i + 1);
            if short.is_some() {
                assert_eq!(
                    short,
                    by_the_general_way(&mut decoder, line.as_bytes()).ok(),
                    "{name} line {}",
                    i + 1
                );
                checked += 1;
            }
        }
    }
    println!("{checked} recorded messages read both ways");
}
