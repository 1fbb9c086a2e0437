//! The recordings as they are played: in order, without gaps, and with the top of the book that the venue quoted.

use super::*;
use crate::venue::config::{Protocol, VenueConfig};
use nanotick_exchange::{Rules, SimExchange};
use nanotick_model::Cash;
use std::io::Write;

fn sample(symbol: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../python/nanotick/data/sample");
    PathBuf::from(format!("{folder}/binance_usdm_{symbol}_20240808_90s.gz"))
}

fn listings() -> Vec<Listing> {
    VenueConfig::from_json(br#"{"data":["x"]}"#).unwrap().listings(Protocol::Binance).unwrap()
}

#[test]
fn the_top_of_the_book_is_what_the_venue_quoted() {
    let listings = listings();
    let mut playback = Playback::open(&[sample("btcusdt"), sample("ethusdt")], &listings).unwrap();
    let instruments = listings.iter().map(|l| l.instrument.clone()).collect();
    let mut exchange = SimExchange::new(instruments, Rules::binance(Cash::ZERO));
    let mut quotes: Vec<Option<Quote>> = vec![None; 2];
    let mut tops: [Vec<(u64, [Option<Level>; 2])>; 2] = Default::default();
    let (mut compared, mut last_ns, mut out) = (0, 0, Vec::new());
    while let Some((item, next_first_id)) = playback.next().unwrap() {
        assert!(item.recv_ns >= last_ns);
        last_ns = item.recv_ns;
        let id = item.instrument;
        match item.recorded(next_first_id) {
            // Quotes may come after the book message that holds them: a top is compared once a later quote is seen.
            Recorded::Quote(quote) => {
                let held = tops[id.index()].extract_if(.., |(book_id, ..)| *book_id < quote.update_id);
                for (book_id, top) in held {
                    if let Some(last) = quotes[id.index()].filter(|last| last.update_id <= book_id) {
                        assert_eq!(top, [Some(last.bid), Some(last.ask)], "at {book_id}");
                        compared += 1;
                    }
                }
                quotes[id.index()] = Some(quote);
            }
            Recorded::Book { update, .. } => {
                assert!(update.is_snapshot || next_first_id.is_none_or(|next| next > update.update_id));
                exchange.on_book(id, &update, item.recv_ns, &mut out);
                let market = exchange.market(id);
                tops[id.index()].push((update.update_id, [market.bids.best(), market.asks.best()]));
            }
            Recorded::Trade(_) => {}
        }
    }
    assert!(compared > 3_000, "{compared}");
    let counts = playback.counts();
    assert_eq!((counts.messages, counts.bad, counts.gaps), (21_486 + 19_104, 0, 0));
}

fn written(name: &str, lines: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("nanotick-playback-{}-{name}", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(lines.as_bytes()).unwrap();
    path
}

const TRADE: &str = r#"1000000000000000001 {"stream":"btcusdt@trade","data":{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":1,"p":"100.0","q":"1","X":"MARKET","m":true}}"#;
const SNAPSHOT: &str =
    r#"1000000000000000002 {"lastUpdateId":10,"E":1,"T":1,"bids":[["99.9","1"]],"asks":[["100.1","1"]]}"#;

fn diff(first: u64, last: u64, previous: u64) -> String {
    format!(
        r#"1000000000000000003 {{"stream":"s","data":{{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":{first},"u":{last},"pu":{previous},"b":[],"a":[["100.1","{last}"]]}}}}"#
    )
}

#[test]
fn what_a_snapshot_holds_is_not_played_again_and_gaps_are_counted() {
    let lines = [
        TRADE.to_string(),
        diff(5, 7, 4),
        diff(8, 12, 7),
        SNAPSHOT.to_string(),
        diff(13, 15, 12),
        diff(20, 22, 19),
        "1000000000000000004 {\"stream\":\"x\",\"data\":".to_string(),
        TRADE.replace("100.0", "100.05"),
        TRADE.replace("MARKET", "INSURANCE_FUND"),
        TRADE.replace("BTCUSDT", "DOGEUSDT"),
    ];
    let path = written("gap", &lines.join("\n"));
    let mut playback = Playback::open(std::slice::from_ref(&path), &listings()).unwrap();
    let mut books = Vec::new();
    while let Some((item, next)) = playback.next().unwrap() {
        if let ItemBody::Book { last_id, .. } = item.body {
            books.push((last_id, next));
        }
    }
    std::fs::remove_file(path).unwrap();
    assert_eq!(books, [(10, Some(8)), (12, Some(13)), (15, Some(20)), (22, None)]);
    let counts = playback.counts();
    assert_eq!((counts.gaps, counts.bad, counts.skipped), (1, 2, 2));
}

#[test]
fn a_recording_that_cannot_be_played_is_refused_with_a_reason() {
    let no_snapshot = written("none", TRADE);
    let message = |paths: &[PathBuf]| match Playback::open(paths, &listings()) {
        Ok(_) => panic!("opened"),
        Err(error) => {
            assert!(error.exit_code == 4 && !error.hint.is_empty(), "{error:?}");
            error.message
        }
    };
    assert!(message(std::slice::from_ref(&no_snapshot)).contains("no book snapshot"));
    assert!(message(&[PathBuf::from("/nowhere/at-all.gz")]).contains("at-all.gz"));
    assert!(message(&[sample("btcusdt"), sample("btcusdt")]).contains("same symbol"));
    let other = written("other", &format!("{}\n{}", TRADE.replace("BTCUSDT", "DOGEUSDT"), SNAPSHOT));
    assert!(message(std::slice::from_ref(&other)).contains("none of BTCUSDT, ETHUSDT"));
    for path in [no_snapshot, other] {
        std::fs::remove_file(path).unwrap();
    }
}
