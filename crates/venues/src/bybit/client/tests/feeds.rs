//! Books: in sequence or not at all.

use super::*;
use crate::shared_data;
use nanotick_model::{Cancel, Resync};
use std::collections::BTreeMap;
use std::io::Read;

/// The simplest book there is.
#[derive(Default)]
struct PlainBook {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    update_id: u64,
}

impl PlainBook {
    fn apply(&mut self, is_snapshot: bool, update_id: u64, bids: &[Level], asks: &[Level]) {
        if is_snapshot {
            *self = PlainBook::default();
        }
        self.update_id = update_id;
        for (side, levels) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for level in levels {
                match level.qty.0 {
                    0 => side.remove(&level.px.0),
                    qty => side.insert(level.px.0, qty),
                };
            }
        }
    }

    fn is_crossed(&self) -> bool {
        match (self.bids.last_key_value(), self.asks.first_key_value()) {
            (Some((bid, _)), Some((ask, _))) => bid >= ask,
            _ => false,
        }
    }
}

#[derive(Default)]
struct Books {
    books: BTreeMap<u16, PlainBook>,
    messages: usize,
    trades: usize,
    crossed: usize,
    links: Vec<(u16, LinkState)>,
}

impl Books {
    fn take(&mut self, said: Vec<Happened>) {
        for happened in said {
            match happened {
                Happened::Book { at, is_snapshot, update_id, bids, asks } => {
                    let book = self.books.entry(at).or_default();
                    book.apply(is_snapshot, update_id, &bids, &asks);
                    self.messages += 1;
                    self.crossed += book.is_crossed() as usize;
                }
                Happened::Trade(..) => self.trades += 1,
                Happened::Link(at, Socket::Public, state) => self.links.push((at, state)),
                _ => {}
            }
        }
    }
}

/// 31 seconds of six symbols, recorded by somebody else in August 2026.
#[test]
fn a_recorded_session_has_no_gap_and_no_crossed_book() {
    let Some(path) = shared_data::file("l2/multi_venue/BYBIT.jsonl.zst") else { return };
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    ruzstd::decoding::StreamingDecoder::new(file).unwrap().read_to_string(&mut text).unwrap();
    let linear = vec![
        instrument(0, "BTCUSDT", "0.10", "0.001"),
        instrument(1, "ETHUSDT", "0.01", "0.01"),
        instrument(2, "SOLUSDT", "0.010", "0.1"),
        instrument(3, "DOGEUSDT", "0.00001", "1"),
    ];
    let spot = vec![instrument(0, "BTCUSDT", "0.1", "0.000001"), instrument(1, "ETHUSDT", "0.01", "0.00001")];
    let mut total = 0;
    for (connection, instruments) in [("BYBIT.ws.2", linear), ("BYBIT.ws.3", spot)] {
        let symbols = instruments.len();
        let (mut bench, mut books) = (Bench::new(instruments, 200), Books::default());
        bench.client.on_open(Socket::Public, bench.now_ns, &mut bench.io);
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            if line["t"] == "recv" && line["conn"] == connection {
                let message = line["data"].as_str().unwrap();
                bench.hear(Socket::Public, message).unwrap_or_else(|bad| panic!("{bad:?}: {message:.200}"));
                books.take(bench.said());
            }
        }
        let up = (0, LinkState::Up);
        books.links.retain(|link| *link != up);
        let mut synced = books.links.clone();
        synced.sort_unstable_by_key(|(at, _)| *at);
        assert_eq!(synced, (0..symbols as u16).map(|at| (at, LinkState::Synced)).collect::<Vec<_>>());
        assert_eq!(books.crossed, 0);
        assert!(books.trades > 0 && books.books.values().all(|book| book.bids.len() >= 200));
        total += books.messages;
    }
    assert_eq!(total, 2148);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ byte as u32, |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Checkpoints that an independent replay of the same file has left behind.
#[test]
fn golden_checkpoints() {
    let Some(golden) = shared_data::text("venues/vectors/book_replay_expected.json") else { return };
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let books = golden["books"].as_array().unwrap();
    let of_bybit = books.iter().filter(|book| book["file"].as_str().unwrap().starts_with("bybit/"));
    let mut checked = 0;
    for expected in of_bybit {
        let text = shared_data::text(&format!("venues/{}", expected["file"].as_str().unwrap())).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let xrp = instrument(0, "XRPUSDT", "0.0001", "1");
        let (mut bench, mut books, mut next) = (Bench::new(vec![xrp.clone()], 500), Books::default(), 0);
        for checkpoint in expected["checkpoints"].as_array().unwrap() {
            let line = checkpoint["line"].as_u64().unwrap() as usize;
            for text in &lines[next..=line] {
                bench.hear(Socket::Public, text).unwrap();
            }
            next = line + 1;
            books.take(bench.said());
            let book = &books.books[&0];
            let level = |(px, qty): (&i64, &i64)| format!("{}:{}", xrp.tick.text(*px), xrp.lot.text(*qty));
            let bids: Vec<String> = book.bids.iter().rev().take(10).map(level).collect();
            let asks: Vec<String> = book.asks.iter().take(10).map(level).collect();
            let top = format!("{}#{}", bids.join("|"), asks.join("|"));
            assert_eq!(crc32(top.as_bytes()) as u64, checkpoint["top10_crc32"], "line {line}: {top}");
            assert_eq!(book.update_id, checkpoint["u"]);
            assert_eq!(
                (book.bids.len() as u64, book.asks.len() as u64),
                (checkpoint["nbids"].as_u64().unwrap(), checkpoint["nasks"].as_u64().unwrap(),)
            );
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked} checkpoints");
}

fn book(kind: &str, update_id: u64) -> String {
    format!(
        r#"{{"topic":"orderbook.50.BTCUSDT","type":"{kind}","ts":1700000000000,"data":{{"s":"BTCUSDT","b":[["100.10","{}"]],"a":[["100.20","1"]],"u":{update_id},"seq":{update_id}}},"cts":1700000000000}}"#,
        update_id % 7 + 1
    )
}

/// Which of a gap's signs a list of events shows: books, and what was said of the link.
fn outline(said: &[Happened]) -> Vec<String> {
    said.iter()
        .map(|happened| match happened {
            Happened::Book { is_snapshot, update_id, .. } => {
                format!("{}{update_id}", if *is_snapshot { "=" } else { "+" })
            }
            Happened::Link(_, socket, state) => format!("{socket:?} {state:?}"),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_gap_makes_the_book_invalid_at_once_and_is_healed_by_a_new_subscription() {
    let mut bench = Bench::ready();
    bench.hear(Socket::Public, &book("snapshot", 7).replace("BTC", "ETH")).unwrap();
    bench.wait(1.5);
    bench.forget();
    let hear = |bench: &mut Bench, kind, id| {
        bench.hear(Socket::Public, &book(kind, id)).unwrap();
        outline(&bench.said())
    };
    assert_eq!(hear(&mut bench, "delta", 6), [""; 0], "nothing to change yet");
    assert_eq!(hear(&mut bench, "snapshot", 7), ["=7", "Public Synced"]);
    assert_eq!(hear(&mut bench, "delta", 8), ["+8"]);
    assert_eq!(hear(&mut bench, "delta", 8), [""; 0], "a duplicate");
    assert_eq!(bench.sent(), []);
    assert_eq!(hear(&mut bench, "delta", 10), ["Public Gap"]);
    let topics: Vec<String> = bench.sent().into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        topics,
        [
            r#"{"req_id":"s3","op":"unsubscribe","args":["orderbook.50.BTCUSDT"]}"#,
            r#"{"req_id":"s4","op":"subscribe","args":["orderbook.50.BTCUSDT"]}"#
        ]
    );
    assert_eq!(hear(&mut bench, "delta", 11), [""; 0], "waiting for the snapshot");
    assert_eq!(hear(&mut bench, "snapshot", 20), ["=20", "Public Synced"]);
    // The venue's service has restarted: a message with the id 1 is a snapshot, whatever it says.
    assert_eq!(hear(&mut bench, "delta", 1), ["=1"]);
    assert_eq!(hear(&mut bench, "delta", 2), ["+2"]);
    // A second gap within the second waits its turn.
    assert_eq!(hear(&mut bench, "delta", 9), ["Public Gap"]);
    assert_eq!(bench.sent(), []);
    bench.wait(1.0);
    assert_eq!(bench.sent().len(), 2);
}

#[test]
fn a_lost_socket_invalidates_every_book_and_nothing_is_asked_of_it() {
    let mut bench = Bench::ready();
    bench.hear(Socket::Public, &book("snapshot", 7)).unwrap();
    bench.forget();
    bench.close(Socket::Public);
    let down = [0, 1].map(|at| Happened::Link(at, Socket::Public, LinkState::Down));
    assert_eq!(bench.said(), down);
    bench.hear(Socket::Public, &book("delta", 8)).unwrap();
    assert_eq!(bench.said(), [], "no book to change after a loss");
    bench.wait(5.0);
    assert!(bench.sent().iter().all(|(socket, _)| *socket != Socket::Public));
}

#[test]
fn a_silent_book_is_stale_until_it_speaks_again_whatever_the_pongs_say() {
    let mut bench = Bench::ready();
    bench.hear(Socket::Public, &book("snapshot", 7)).unwrap();
    bench.forget();
    bench.wait(2.9);
    bench.hear(Socket::Public, r#"{"success":true,"ret_msg":"pong","conn_id":"1","op":"ping"}"#).unwrap();
    assert_eq!(bench.said(), []);
    bench.wait(0.3);
    assert_eq!(bench.said(), [Happened::Link(0, Socket::Public, LinkState::Stale)]);
    let asked = |sent: &[(Socket, String)]| {
        sent.iter().any(|(_, text)| text.contains(r#"subscribe","args":["orderbook.50.BTC"#))
    };
    assert!(asked(&bench.sent()));
    bench.hear(Socket::Public, &book("snapshot", 7)).unwrap();
    assert_eq!(outline(&bench.said()), ["=7", "Public Synced"]);
}

#[test]
fn the_engine_can_ask_for_a_new_snapshot() {
    let mut bench = Bench::ready();
    bench.hear(Socket::Public, &book("snapshot", 7)).unwrap();
    bench.wait(1.0);
    bench.sent();
    for _ in 0..5 {
        assert_eq!(bench.order(&Command::Resync(Resync { instrument: InstrumentId(0) })), None);
    }
    assert_eq!(bench.sent().len(), 2, "asked once, however often it is wanted");
    bench.said();
    bench.hear(Socket::Public, &book("delta", 8)).unwrap();
    assert_eq!(bench.said(), []);
    // An instrument that this venue does not have is nobody's concern.
    bench.order(&Command::Resync(Resync { instrument: InstrumentId(9) }));
    assert_eq!(
        bench.order(&Command::Cancel(Cancel { client: ClientId::new(1, 1), instrument: InstrumentId(9) })),
        None
    );
}
