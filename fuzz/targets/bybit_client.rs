#![no_main]
//! The whole Bybit client under arbitrary bytes on every socket, answers, losses and orders, in any order.
//!
//! The input is a list of steps: one byte that says what happens, two for a length, then the bytes themselves.
//! Nothing panics; a delta only ever follows the update before it; every frame that goes out is JSON.

use libfuzzer_sys::fuzz_target;
use nanotick_model::{
    Body, Cancel, ClientId, Command, Event, InstrumentId, LinkState, OrderType, Place, Px, Qty, Side, Socket,
    TimeInForce, Venue,
};
use nanotick_venues::bybit::{BybitClient, Config};
use nanotick_venues::client::{Encoded, HttpResponse, Io, Sink, VenueClient};
use nanotick_venues::padded;
use nanotick_venues::sign::Secret;

const SOCKETS: [Socket; 3] = [Socket::Public, Socket::Private, Socket::Trade];

/// The id that each book's next delta must have; `None` while there is no whole book.
#[derive(Default)]
struct Listener {
    next: [Option<u64>; 2],
}

impl Sink for Listener {
    fn event(&mut self, event: &Event<'_>) {
        let at = event.instrument.index();
        match &event.body {
            Body::Book(book) => {
                assert!(book.is_snapshot || self.next[at] == Some(book.update_id), "a delta out of sequence");
                assert!(book.bids.iter().chain(book.asks).all(|level| level.px.0 >= 0 && level.qty.0 >= 0));
                self.next[at] = Some(book.update_id.wrapping_add(1));
            }
            Body::Fill(fill) => assert!(fill.qty.0 > 0 && fill.px.0 >= 0),
            Body::Connection(link) if matches!(link.state, LinkState::Gap | LinkState::Stale) => {
                self.next[at] = None
            }
            Body::Connection(link) if link.socket == Socket::Public && link.state == LinkState::Down => {
                self.next[at] = None;
            }
            _ => {}
        }
    }
}

fn client() -> BybitClient {
    BybitClient::new(Config {
        key: "key".into(),
        secret: Secret::new("secret".into()),
        instruments: support::instruments(Venue::Bybit),
        depth: 50,
        recv_window_ms: 5000,
        stale_after_ms: 3000,
        fills_since_ns: 0,
    })
}

fn order(client: &mut BybitClient, kind: u8, seq: u64, now_ns: i64, io: &mut Io) {
    let (id, instrument) = (ClientId::new(1, seq), InstrumentId(kind as u16 % 3));
    let command = match kind % 2 {
        0 => Command::Cancel(Cancel { client: id, instrument }),
        _ => Command::Place(Place {
            client: id,
            instrument,
            side: Side::Buy,
            order_type: OrderType::Limit,
            tif: TimeInForce::PostOnly,
            reduce_only: false,
            px: Px(seq as i64 * 7919),
            qty: Qty(seq as i64),
        }),
    };
    let mut out = [0u8; 1024];
    if let Encoded::Frame(_, n) = client.encode(&command, now_ns, &mut out, io) {
        let text = std::str::from_utf8(&out[..n]).expect("text");
        assert!(text.starts_with('{') && text.ends_with("}]}"), "{text}");
    }
}

fuzz_target!(|data: &[u8]| {
    let (mut client, mut io, mut listener) = (client(), Io::default(), Listener::default());
    let (mut rest, mut now_ns, mut seq, mut buffer) = (data, 1_700_000_000_000_000_000i64, 0, Vec::new());
    while let [what, low, high, tail @ ..] = rest {
        let len = (u16::from_le_bytes([*low, *high]) as usize).min(tail.len());
        let (bytes, next) = tail.split_at(len);
        rest = next;
        let socket = SOCKETS[*what as usize % 3];
        now_ns += 1_000_000;
        match what / 3 {
            0..=20 => {
                let _ = client.on_message(socket, padded(bytes, &mut buffer), now_ns, &mut io, &mut listener);
            }
            21..=30 => client.on_open(socket, now_ns, &mut io),
            31..=35 => client.on_close(socket, now_ns, &mut io, &mut listener),
            36..=50 => {
                let tag = io.requests.pop().map_or(u64::from(*what), |request| request.tag);
                let response = HttpResponse { tag, status: 200, body: bytes.to_vec() };
                client.on_response(&response, now_ns, &mut io, &mut listener);
            }
            51..=60 => client.reconcile(now_ns, &mut io),
            61..=70 => {
                seq += 1;
                order(&mut client, *what, seq, now_ns, &mut io);
            }
            _ => {
                now_ns += 1_000_000_000;
                client.on_tick(now_ns, &mut io, &mut listener);
            }
        }
        io.sends.clear();
        io.reconnect.clear();
        io.requests.truncate(64);
    }
});
