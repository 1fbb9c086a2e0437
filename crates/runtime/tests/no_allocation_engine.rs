//! The steady state of a session allocates nothing per event: counted by the allocator itself, from message bytes to
//! order bytes, with the journal on disk and every signal evaluated.

use nanotick_engine::strategies::{TwoEma, TwoEmaParams};
use nanotick_engine::Observer;
use nanotick_journal::{Options, Writer};
use nanotick_model::{
    Body, BookUpdate, ClientId, Command, Connection, Event, InstrumentId, LinkState, OrderStatus,
    OrderUpdate, Px, Qty, Reject, Socket, Text,
};
use nanotick_runtime::alloc_guard::{allocations_during, Allocations, CountingAlloc};
use nanotick_runtime::bench::{bybit_instrument, ten_signals, Chain, ChainConfig, Stored};
use nanotick_runtime::clock::{self, Clock};
use nanotick_runtime::live::JournalObserver;
use nanotick_runtime::recording::Recording;
use nanotick_runtime::ws::{FrameWriter, Role};
use nanotick_venues::binance::decode::{Decoder, Feed, Message};
use std::path::{Path, PathBuf};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

const NONE: Allocations = Allocations { count: 0, bytes: 0 };
const WARM_UP: usize = 1_000;

fn config(name: &str) -> ChainConfig {
    let dir = std::env::temp_dir().join(format!("nanotick-{name}-{}", std::process::id()));
    ChainConfig { instrument: bybit_instrument(), signals: ten_signals(), dir }
}

fn strategy() -> TwoEma {
    TwoEma::new(TwoEmaParams::default(), 1)
}

/// The sample's stream messages behind its snapshot, and the snapshot first.
fn recorded() -> Vec<Stored> {
    let sample = "../../python/nanotick/data/sample/binance_usdm_btcusdt_20240808_90s.gz";
    let mut recording = Recording::open(&[Path::new(env!("CARGO_MANIFEST_DIR")).join(sample)]).unwrap();
    let mut messages = vec![];
    while let Some(message) = recording.next_message().unwrap() {
        messages.push(Stored::new(message.json.bytes()));
    }
    messages
}

/// Hands a decoded message to `take` as an event.
fn with_event(decoder: &mut Decoder, message: &Stored, recv_ns: i64, take: impl FnOnce(&Event<'_>)) {
    let update = |is_snapshot, update_id, bids, asks| BookUpdate { is_snapshot, update_id, bids, asks };
    let (venue_ns, body) = match decoder.decode(message.padded()).unwrap() {
        Message::Depth { diff: d, .. } => (d.venue_ns, Body::Book(update(false, d.last, d.bids, d.asks))),
        Message::Snapshot { snapshot: s, .. } => {
            (s.venue_ns, Body::Book(update(true, s.last, s.bids, s.asks)))
        }
        Message::Trade { venue_ns, trade, .. } => (venue_ns, Body::Trade(trade)),
        Message::Quote { venue_ns, quote, .. } => (venue_ns, Body::Quote(quote)),
        _ => return,
    };
    take(&Event { venue_ns, recv_ns, instrument: InstrumentId(0), body });
}

fn ended(client: ClientId, px: Px, qty: Qty) -> Body<'static> {
    Body::OrderUpdate(OrderUpdate {
        client,
        venue_order: Text::EMPTY,
        status: OrderStatus::Cancelled,
        reject: Reject::NoImmediateFill,
        venue_code: 0,
        side: None,
        order_type: None,
        tif: None,
        px,
        qty,
        leaves: Qty(0),
        cum: Qty(0),
    })
}

#[test]
fn recorded_events_cost_no_allocation() {
    let config = config("recorded");
    let (desk, signals) = config.prepare().unwrap();
    let mut engine = nanotick_engine::Engine::new(desk, signals, strategy());
    let writer = Writer::create(&config.dir, Options::default()).unwrap();
    let mut observer = JournalObserver::new(writer, &Clock::new());
    let feed = Feed::new("BTCUSDT", config.instrument.tick.clone(), config.instrument.lot.clone());
    let mut decoder = Decoder::new(vec![feed]);
    let messages = recorded();
    assert!(messages.len() > WARM_UP + 20_000, "{} messages are no steady state", messages.len());

    let (mut now_ns, mut orders) = (1_700_000_000_000_000_000i64, 0);
    let link = Body::Connection(Connection { socket: Socket::Rest, state: LinkState::Reconciled });
    let first = Event { venue_ns: 0, recv_ns: now_ns, instrument: InstrumentId(0), body: link };
    engine.process(&first, &mut observer);
    let mut turn = |message: &Stored| {
        now_ns += 1_000_000;
        with_event(&mut decoder, message, now_ns, |event| engine.process(event, &mut observer));
        while let Some(&Command::Place(place)) = engine.commands().first() {
            orders += 1;
            engine.clear_commands();
            let body = ended(place.client, place.px, place.qty);
            let event = Event { venue_ns: 0, recv_ns: now_ns, instrument: InstrumentId(0), body };
            engine.process(&event, &mut observer);
        }
        engine.clear_commands();
        assert!(observer.failed().is_none());
    };
    let (warm_up, steady) = messages.split_at(WARM_UP);
    warm_up.iter().for_each(&mut turn);
    let ((), seen) = allocations_during(|| steady.iter().for_each(&mut turn));
    assert_eq!(seen, NONE, "in {} events", steady.len());
    assert!(orders > 100, "only {orders} orders");
    observer.mark(nanotick_engine::Stage::Total);
    std::fs::remove_dir_all(&config.dir).unwrap();
}

/// A delta that moves ten levels a side, sizes changing with `n`; bids stay below asks.
fn delta(n: usize) -> Stored {
    let side = |from: i64, sign: i64| {
        let level = |i: i64| {
            let (px, size) = (from + sign * i, (n as i64 * 7 + i) % 9);
            format!("[\"{}.{}0\",\"{size}.125\"]", px / 10, px % 10)
        };
        (0..10).map(level).collect::<Vec<_>>().join(",")
    };
    let (kind, u) = if n == 0 { ("snapshot", 1) } else { ("delta", n + 1) };
    let text = format!(
        "{{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"{kind}\",\"ts\":1687940967466,\"data\":{{\"s\":\"BTCUSDT\",\
         \"b\":[{}],\"a\":[{}],\"u\":{u},\"seq\":{u}}},\"cts\":1687940967464}}",
        side(970_000, -1),
        side(970_001, 1),
    );
    Stored::new(text.as_bytes())
}

#[test]
fn the_chain_from_bytes_to_order_bytes_allocates_nothing() {
    let config = config("chain");
    let (desk, signals) = config.prepare().unwrap();
    let mut chain = Chain::new(&config, desk, signals, strategy()).unwrap();
    let messages: Vec<Stored> = (0..1000).map(delta).collect();
    let mut frames = FrameWriter::new(Role::Client);
    let (mut seen, mut answered) = (NONE, 0);
    for pass in 0..22 {
        for message in &messages {
            let (_, cost) =
                allocations_during(|| chain.on_message(clock::stamp(), message.padded(), &mut frames));
            if pass >= 2 {
                seen.count += cost.count;
                seen.bytes += cost.bytes;
                answered += !frames.is_empty() as usize;
            }
            chain.settle(frames.frames());
            frames.clear();
        }
    }
    assert_eq!(chain.failed(), None);
    assert_eq!((seen, answered), (NONE, 20_000));
}

#[test]
fn a_chain_leaves_no_journal_behind() {
    let config = config("left");
    let (desk, signals) = config.prepare().unwrap();
    let dir: PathBuf = config.dir.clone();
    let chain = Chain::new(&config, desk, signals, strategy()).unwrap();
    assert!(dir.exists());
    drop(chain);
    assert!(!dir.exists());
}
