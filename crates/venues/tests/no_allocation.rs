//! Market data in sequence, orders and their acknowledgements allocate nothing in the Bybit client.

use nanotick_model::{
    Body, Cash, ClientId, Command, ContractKind, Event, Grid, Instrument, InstrumentId, OrderType, Place, Px,
    Qty, Rate, Side, Socket, Text, TimeInForce, Venue,
};
use nanotick_venues::bybit::{BybitClient, Config};
use nanotick_venues::client::{Encoded, Io, VenueClient};
use nanotick_venues::sign::Secret;
use nanotick_venues::{Padded, PADDING};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged; counting allocates nothing itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn buffer(text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    bytes.resize(bytes.len() + PADDING, 0);
    bytes
}

fn client() -> BybitClient {
    let instrument = Instrument {
        id: InstrumentId(0),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").unwrap(),
        tick: Grid::new("0.10").unwrap(),
        lot: Grid::new("0.001").unwrap(),
        min_px: Px(1),
        max_px: Px(1 << 40),
        min_qty: Qty(1),
        max_qty: Qty(1 << 40),
        min_notional: Cash(0),
        maker_fee: Rate(20_000),
        taker_fee: Rate(55_000),
    };
    BybitClient::new(Config {
        key: "key".into(),
        secret: Secret::new("secret".into()),
        instruments: vec![instrument],
        depth: 50,
        recv_window_ms: 5000,
        stale_after_ms: 3000,
        fills_since_ns: 0,
    })
}

fn book(kind: &str, update: u64) -> Vec<u8> {
    let levels = |from: u64| {
        (0..12)
            .map(|i| format!(r#"["{}.{}0","{}.{:03}"]"#, from + i, i % 10, update % 9, i))
            .collect::<Vec<_>>()
            .join(",")
    };
    buffer(format!(
        r#"{{"topic":"orderbook.50.BTCUSDT","type":"{kind}","ts":1687940967466,"data":{{"s":"BTCUSDT","b":[{}],"a":[{}],"u":{update},"seq":{update}}},"cts":1687940967464}}"#,
        levels(96_000),
        levels(97_000)
    ))
}

fn place(seq: u64) -> Command {
    Command::Place(Place {
        client: ClientId::new(1, seq),
        instrument: InstrumentId(0),
        side: Side::Buy,
        order_type: OrderType::Limit,
        tif: TimeInForce::PostOnly,
        reduce_only: false,
        px: Px(970_001),
        qty: Qty(12),
    })
}

#[test]
fn the_steady_state_allocates_nothing() {
    let (mut client, mut io, mut out) = (client(), Io::default(), [0u8; 1024]);
    let mut counts = [0u64; 3];
    let mut sink = |event: &Event<'_>| match event.body {
        Body::Book(_) => counts[0] += 1,
        Body::Trade(_) => counts[1] += 1,
        Body::OrderUpdate(_) => counts[2] += 1,
        _ => {}
    };
    let trade = buffer(
        r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950","BT":false,"RPI":false,"seq":1}]}"#
            .into(),
    );
    let auth = buffer(r#"{"retCode":0,"retMsg":"OK","op":"auth","connId":"1"}"#.into());
    let padded = |bytes: &'static [u8]| Padded::new(bytes, bytes.len() - PADDING).unwrap();
    let leak = |bytes: Vec<u8>| padded(bytes.leak());
    let (trade, auth, snapshot) = (leak(trade), leak(auth), leak(book("snapshot", 1)));
    let deltas: Vec<Padded<'static>> = (2..1002).map(|update| leak(book("delta", update))).collect();
    let acks: Vec<Padded<'static>> = (1..1001)
        .map(|n| {
            let id = ClientId::new(1, n);
            leak(buffer(format!(
                r#"{{"reqId":"{id}.c{n}","retCode":0,"retMsg":"OK","op":"order.create","data":{{"orderId":"a","orderLinkId":"{id}"}},"header":{{"Timenow":"1"}},"connId":"1"}}"#
            )))
        })
        .collect();
    client.on_open(Socket::Trade, 0, &mut io);
    client.on_message(Socket::Trade, auth, 0, &mut io, &mut sink).unwrap();
    client.on_message(Socket::Public, snapshot, 0, &mut io, &mut sink).unwrap();

    let before = ALLOCATIONS.get();
    for (i, (delta, ack)) in deltas.into_iter().zip(acks).enumerate() {
        let now_ns = i as i64 * 1_000_000;
        client.on_message(Socket::Public, delta, now_ns, &mut io, &mut sink).unwrap();
        client.on_message(Socket::Public, trade, now_ns, &mut io, &mut sink).unwrap();
        let encoded = client.encode(&place(i as u64 + 1), now_ns, &mut out, &mut io);
        assert!(matches!(encoded, Encoded::Frame(Socket::Trade, _)));
        client.on_message(Socket::Trade, ack, now_ns, &mut io, &mut sink).unwrap();
        client.on_tick(now_ns, &mut io, &mut sink);
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert_eq!(counts, [1001, 1000, 1000]);
}
