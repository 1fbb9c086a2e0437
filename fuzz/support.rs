//! What the fuzz targets share: instruments, a folder in memory, and a venue that says anything to a client.

use nanotick_model::{
    Body, CancelAll, Cash, ClientId, Command, ContractKind, Event, Grid, Instrument, InstrumentId, LinkState,
    OrderType, Place, Px, Qty, Rate, Side, Socket, Text, TimeInForce, Venue,
};
use nanotick_venues::client::{HttpResponse, Io, VenueClient};
use nanotick_venues::padded;
use std::path::PathBuf;

/// The instruments of the bundled recordings.
pub fn instruments(venue: Venue) -> Vec<Instrument> {
    [("BTCUSDT", "0.10", "0.001"), ("ETHUSDT", "0.01", "0.001")]
        .into_iter()
        .enumerate()
        .map(|(id, (symbol, tick, lot))| Instrument {
            id: InstrumentId(id as u16),
            venue,
            kind: ContractKind::Linear,
            symbol: Text::new(symbol).expect("a short symbol"),
            tick: Grid::new(tick).expect("a decimal"),
            lot: Grid::new(lot).expect("a decimal"),
            min_px: Px(1),
            max_px: Px(1 << 40),
            min_qty: Qty(1),
            max_qty: Qty(1 << 40),
            min_notional: Cash(0),
            maker_fee: Rate(20_000),
            taker_fee: Rate(55_000),
        })
        .collect()
}

/// A folder of this process, on a file system in memory where there is one.
pub fn folder(name: &str) -> PathBuf {
    let shm = PathBuf::from("/dev/shm");
    let base = if shm.is_dir() { shm } else { std::env::temp_dir() };
    let folder = base.join(format!("nanotick-fuzz-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder to write to");
    folder
}

/// What the events of a client must hold to, whatever the venue says.
#[derive(Default)]
struct Laws {
    /// Which books have had a snapshot since they were last broken.
    whole: [bool; 2],
}

impl Laws {
    fn check(&mut self, event: &Event<'_>) {
        let i = event.instrument.index();
        match &event.body {
            Body::Book(book) => {
                assert!(i < 2, "a book of no instrument");
                assert!(book.is_snapshot || self.whole[i], "a delta on a book that is not whole");
                self.whole[i] = true;
                let mut levels = book.bids.iter().chain(book.asks);
                assert!(levels.all(|level| level.px.0 >= 0 && level.qty.0 >= 0), "a negative level");
            }
            Body::Connection(change) => match change.state {
                LinkState::Gap if i < 2 => self.whole[i] = false,
                LinkState::Down if change.socket == Socket::Public => self.whole = [false; 2],
                _ => {}
            },
            Body::Fill(fill) => assert!(fill.qty.0 > 0 && fill.px.0 > 0, "a fill of nothing"),
            _ => {}
        }
    }
}

const SOCKETS: [Socket; 3] = [Socket::Public, Socket::Private, Socket::Trade];

/// Lets the data decide what a venue does to a client, line by line: the first byte of a line chooses the socket, an
/// HTTP answer, a lost socket, the time, or an order of ours.
pub fn hostile_venue<C: VenueClient>(mut client: C, data: &[u8]) {
    let (mut io, mut laws, mut buffer, mut out) = (Io::default(), Laws::default(), Vec::new(), vec![0; 2048]);
    let mut now_ns = 1_723_161_256_000_000_000i64;
    let mut tags: Vec<u64> = Vec::new();
    client.on_start(now_ns, &mut io);
    for socket in SOCKETS {
        client.on_open(socket, now_ns, &mut io);
    }
    for (i, line) in data.split(|&byte| byte == b'\n').take(64).enumerate() {
        let Some((&what, rest)) = line.split_first() else { continue };
        now_ns += 1_000_000;
        let mut sink = |event: &Event<'_>| laws.check(event);
        match what {
            b'0'..=b'2' => {
                let socket = SOCKETS[(what - b'0') as usize];
                let _ = client.on_message(socket, padded(rest, &mut buffer), now_ns, &mut io, &mut sink);
            }
            b'3' => {
                let tag = tags.pop().unwrap_or(7);
                let response = HttpResponse { tag, status: 200, body: rest.to_vec() };
                client.on_response(&response, now_ns, &mut io, &mut sink);
            }
            b'4' => {
                let socket = SOCKETS[rest.len() % 3];
                client.on_close(socket, now_ns, &mut io, &mut sink);
                client.on_open(socket, now_ns, &mut io);
            }
            b'5' => {
                now_ns += 1_000_000 * (1 + rest.len() as i64).pow(2);
                client.on_tick(now_ns, &mut io, &mut sink);
            }
            b'6' => client.reconcile(now_ns, &mut io),
            b'7' => {
                let place = Place {
                    client: ClientId::new(1, i as u64 + 1),
                    instrument: InstrumentId(rest.len() as u16 % 2),
                    side: Side::Buy,
                    order_type: OrderType::Limit,
                    tif: TimeInForce::PostOnly,
                    reduce_only: false,
                    px: Px(570_000),
                    qty: Qty(10),
                };
                client.encode(&Command::Place(place), now_ns, &mut out, &mut io);
            }
            _ => {
                let all = CancelAll { instrument: InstrumentId(0) };
                client.encode(&Command::CancelAll(all), now_ns, &mut out, &mut io);
            }
        }
        tags.extend(io.requests.drain(..).map(|request| request.tag));
        io.sends.clear();
        for socket in io.reconnect.drain(..).collect::<Vec<_>>() {
            let mut sink = |event: &Event<'_>| laws.check(event);
            client.on_close(socket, now_ns, &mut io, &mut sink);
            client.on_open(socket, now_ns, &mut io);
        }
        assert!(tags.len() < 100_000, "requests without end");
    }
}
