//! How events and commands lie in the journal: fixed little-endian layouts that NumPy can read in place.
//!
//! Every payload but a book update is one `#[repr(C)]` record without padding, described by [`layouts`] for
//! readers in other languages. A book update is a [`BookRec`] followed by its levels, packed to 8 bytes each when
//! they fit (price as an offset from the first, size below 2^32 lots) and 16 bytes otherwise.

use crate::{
    Amend, Balance, Body, BookUpdate, Cancel, CancelAll, ClientId, Command, Connection, Event, Fill,
    InstrumentId, Level, LinkState, Operator, OrderStatus, OrderType, OrderUpdate, Place, Position, Px, Qty,
    Quote, Reject, Resync, SetTimer, Side, Socket, Text, TimeInForce, Timer, Trade,
};
use bytemuck::{Pod, Zeroable};

/// What a journal record is. Inputs are below 100, outputs from 100, facts about the session from 200.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u16)]
pub enum Kind {
    Book = 1,
    Trade = 2,
    Quote = 3,
    OrderUpdate = 4,
    Fill = 5,
    Balance = 6,
    Position = 7,
    Connection = 8,
    Timer = 9,
    Operator = 10,
    Place = 100,
    Amend = 101,
    Cancel = 102,
    CancelAll = 103,
    Resync = 104,
    SetTimer = 105,
    /// JSON: configuration, instruments, build, strategy. The first record of a session.
    SessionStart = 200,
    /// JSON: totals and state hash. The last record of a session that ended in good order.
    SessionEnd = 201,
    Denied = 202,
    /// JSON: what reconciliation found.
    Reconcile = 203,
    /// JSON: the strategy was halted, and why.
    Halt = 204,
    Latency = 205,
    /// JSON: a note for people (bad messages counted, reconnects).
    Note = 206,
    Equity = 207,
}

impl Kind {
    pub const ALL: [Kind; 24] = [
        Kind::Book,
        Kind::Trade,
        Kind::Quote,
        Kind::OrderUpdate,
        Kind::Fill,
        Kind::Balance,
        Kind::Position,
        Kind::Connection,
        Kind::Timer,
        Kind::Operator,
        Kind::Place,
        Kind::Amend,
        Kind::Cancel,
        Kind::CancelAll,
        Kind::Resync,
        Kind::SetTimer,
        Kind::SessionStart,
        Kind::SessionEnd,
        Kind::Denied,
        Kind::Reconcile,
        Kind::Halt,
        Kind::Latency,
        Kind::Note,
        Kind::Equity,
    ];

    pub fn from_u16(value: u16) -> Option<Kind> {
        Self::ALL.into_iter().find(|&k| k as u16 == value)
    }
    pub const fn is_event(self) -> bool {
        (self as u16) < 100
    }
    pub const fn is_command(self) -> bool {
        self as u16 >= 100 && (self as u16) < 200
    }
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Book => "book",
            Kind::Trade => "trade",
            Kind::Quote => "quote",
            Kind::OrderUpdate => "order",
            Kind::Fill => "fill",
            Kind::Balance => "balance",
            Kind::Position => "position",
            Kind::Connection => "connection",
            Kind::Timer => "timer",
            Kind::Operator => "operator",
            Kind::Place => "place",
            Kind::Amend => "amend",
            Kind::Cancel => "cancel",
            Kind::CancelAll => "cancel_all",
            Kind::Resync => "resync",
            Kind::SetTimer => "set_timer",
            Kind::SessionStart => "session_start",
            Kind::SessionEnd => "session_end",
            Kind::Denied => "denied",
            Kind::Reconcile => "reconcile",
            Kind::Halt => "halt",
            Kind::Latency => "latency",
            Kind::Note => "note",
            Kind::Equity => "equity",
        }
    }
}

/// A field of a record: name, NumPy type string, offset in bytes.
pub type Field = (&'static str, &'static str, usize);

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident = $kind:ident { $($field:ident : $ty:ty => $np:literal),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
            #[repr(C)]
            pub struct $name { $(pub $field: $ty),* }
        )*
        /// Each fixed record's kind, size and fields.
        pub fn layouts() -> Vec<(Kind, usize, Vec<Field>)> {
            vec![$((
                Kind::$kind,
                std::mem::size_of::<$name>(),
                vec![$((stringify!($field), $np, std::mem::offset_of!($name, $field))),*],
            )),*]
        }
    };
}

records! {
    /// Head of a book update; its levels follow, bids first.
    BookRec = Book {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", update_id: u64 => "<u8",
        base_px: i64 => "<i8", instrument: u16 => "<u2", is_snapshot: u8 => "u1", packed: u8 => "u1",
        n_bids: u16 => "<u2", n_asks: u16 => "<u2",
    }
    TradeRec = Trade {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", px: i64 => "<i8", qty: i64 => "<i8", trade_id: u64 => "<u8",
        instrument: u16 => "<u2", side: u8 => "u1", _pad: [u8; 5] => "V5",
    }
    QuoteRec = Quote {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", bid_px: i64 => "<i8", bid_qty: i64 => "<i8",
        ask_px: i64 => "<i8", ask_qty: i64 => "<i8", update_id: u64 => "<u8", instrument: u16 => "<u2", _pad: [u8; 6] => "V6",
    }
    OrderUpdateRec = OrderUpdate {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", client: u64 => "<u8", px: i64 => "<i8", qty: i64 => "<i8",
        leaves: i64 => "<i8", cum: i64 => "<i8", venue_order: Text<40> => "S40", venue_code: i32 => "<i4",
        instrument: u16 => "<u2", status: u8 => "u1", reject: u8 => "u1", side: u8 => "u1", order_type: u8 => "u1",
        tif: u8 => "u1", _pad: [u8; 5] => "V5",
    }
    FillRec = Fill {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", client: u64 => "<u8", px: i64 => "<i8", qty: i64 => "<i8",
        fee: i64 => "<i8", venue_order: Text<40> => "S40", exec_id: Text<40> => "S40", instrument: u16 => "<u2",
        side: u8 => "u1", is_maker: u8 => "u1", _pad: [u8; 4] => "V4",
    }
    BalanceRec = Balance {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", wallet_low: u64 => "<u8", wallet_high: i64 => "<i8",
        coin: Text<8> => "S8",
    }
    PositionRec = Position {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", qty: i64 => "<i8", instrument: u16 => "<u2", _pad: [u8; 6] => "V6",
    }
    ConnectionRec = Connection {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", instrument: u16 => "<u2", socket: u8 => "u1", state: u8 => "u1",
        _pad: [u8; 4] => "V4",
    }
    TimerRec = Timer { venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", timer: u32 => "<u4", _pad: [u8; 4] => "V4", }
    OperatorRec = Operator {
        venue_ns: i64 => "<i8", recv_ns: i64 => "<i8", value: f64 => "<f8", index: u16 => "<u2", what: u8 => "u1",
        _pad: [u8; 5] => "V5",
    }
    PlaceRec = Place {
        client: u64 => "<u8", px: i64 => "<i8", qty: i64 => "<i8", instrument: u16 => "<u2", side: u8 => "u1",
        order_type: u8 => "u1", tif: u8 => "u1", reduce_only: u8 => "u1", _pad: [u8; 2] => "V2",
    }
    AmendRec = Amend {
        client: u64 => "<u8", px: i64 => "<i8", qty: i64 => "<i8", instrument: u16 => "<u2", side: u8 => "u1",
        _pad: [u8; 5] => "V5",
    }
    CancelRec = Cancel { client: u64 => "<u8", instrument: u16 => "<u2", _pad: [u8; 6] => "V6", }
    CancelAllRec = CancelAll { instrument: u16 => "<u2", _pad: [u8; 6] => "V6", }
    ResyncRec = Resync { instrument: u16 => "<u2", _pad: [u8; 6] => "V6", }
    SetTimerRec = SetTimer { at_ns: i64 => "<i8", timer: u32 => "<u4", _pad: [u8; 4] => "V4", }
    /// A wish of the strategy that risk refused: the code, the limit and the value that broke it.
    DeniedRec = Denied {
        recv_ns: i64 => "<i8", px: i64 => "<i8", qty: i64 => "<i8", limit: i64 => "<i8", value: i64 => "<i8",
        client: u64 => "<u8", instrument: u16 => "<u2", code: u16 => "<u2", side: u8 => "u1", _pad: [u8; 3] => "V3",
    }
    /// One stage's latency histogram, summed up: times in ns.
    LatencyRec = Latency {
        stage: Text<16> => "S16", count: u64 => "<u8", min_ns: u64 => "<u8", p50_ns: u64 => "<u8", p90_ns: u64 => "<u8",
        p99_ns: u64 => "<u8", p999_ns: u64 => "<u8", max_ns: u64 => "<u8",
    }
    /// One instrument's part of the account after a fill or at a clock tick, in coins: `cash` is realised profit less
    /// fees and funding, `unrealised` that of the open position at the mid.
    EquityRec = Equity {
        recv_ns: i64 => "<i8", cash: f64 => "<f8", unrealised: f64 => "<f8", fees: f64 => "<f8", position: i64 => "<i8",
        mid_px: f64 => "<f8", instrument: u16 => "<u2", _pad: [u8; 6] => "V6",
    }
}

/// A payload that is not what its kind says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed {
    pub kind: Kind,
    pub why: &'static str,
}

/// The most bytes that one event or command takes: a snapshot with 65535 levels a side is cut by the book's own limit first.
pub const MAX_LEVELS_PER_SIDE: usize = 2000;
const HEAD: usize = std::mem::size_of::<BookRec>();
/// Room that [`encode_event`] may need.
pub const MAX_EVENT_LEN: usize = HEAD + 2 * MAX_LEVELS_PER_SIDE * 16;

/// Room for the record of an event, exactly or a little more.
#[inline(always)]
pub fn event_len_bound(event: &Event) -> usize {
    match &event.body {
        Body::Book(book) => HEAD + 16 * (book.bids.len() + book.asks.len()),
        _ => 160,
    }
}

/// Writes an event's payload at the front of `out`; returns its kind and length.
///
/// # Panics
/// If `out` is smaller than [`event_len_bound`], or a side has more than [`MAX_LEVELS_PER_SIDE`] levels.
#[inline]
pub fn encode_event(event: &Event, out: &mut [u8]) -> (Kind, usize) {
    let (venue_ns, recv_ns, instrument) = (event.venue_ns, event.recv_ns, event.instrument.0);
    match &event.body {
        Body::Book(book) => (Kind::Book, encode_book(event, book, out)),
        Body::Trade(t) => put(
            Kind::Trade,
            TradeRec {
                venue_ns,
                recv_ns,
                px: t.px.0,
                qty: t.qty.0,
                trade_id: t.trade_id,
                instrument,
                side: t.side as u8,
                _pad: [0; 5],
            },
            out,
        ),
        Body::Quote(q) => put(
            Kind::Quote,
            QuoteRec {
                venue_ns,
                recv_ns,
                bid_px: q.bid.px.0,
                bid_qty: q.bid.qty.0,
                ask_px: q.ask.px.0,
                ask_qty: q.ask.qty.0,
                update_id: q.update_id,
                instrument,
                _pad: [0; 6],
            },
            out,
        ),
        Body::OrderUpdate(o) => put(
            Kind::OrderUpdate,
            OrderUpdateRec {
                venue_ns,
                recv_ns,
                client: o.client.0,
                px: o.px.0,
                qty: o.qty.0,
                leaves: o.leaves.0,
                cum: o.cum.0,
                venue_order: o.venue_order,
                venue_code: o.venue_code,
                instrument,
                status: o.status as u8,
                reject: o.reject as u8,
                side: o.side.map_or(0, |s| s as u8),
                order_type: o.order_type.map_or(0, |t| t as u8),
                tif: o.tif.map_or(0, |t| t as u8),
                _pad: [0; 5],
            },
            out,
        ),
        Body::Fill(f) => put(
            Kind::Fill,
            FillRec {
                venue_ns,
                recv_ns,
                client: f.client.0,
                px: f.px.0,
                qty: f.qty.0,
                fee: f.fee,
                venue_order: f.venue_order,
                exec_id: f.exec_id,
                instrument,
                side: f.side as u8,
                is_maker: f.is_maker as u8,
                _pad: [0; 4],
            },
            out,
        ),
        Body::Balance(b) => put(
            Kind::Balance,
            BalanceRec {
                venue_ns,
                recv_ns,
                wallet_low: b.wallet as u64,
                wallet_high: (b.wallet >> 64) as i64,
                coin: b.coin,
            },
            out,
        ),
        Body::Position(p) => put(
            Kind::Position,
            PositionRec { venue_ns, recv_ns, qty: p.qty.0, instrument, _pad: [0; 6] },
            out,
        ),
        Body::Connection(c) => put(
            Kind::Connection,
            ConnectionRec {
                venue_ns,
                recv_ns,
                instrument,
                socket: c.socket as u8,
                state: c.state as u8,
                _pad: [0; 4],
            },
            out,
        ),
        Body::Timer(t) => put(Kind::Timer, TimerRec { venue_ns, recv_ns, timer: t.timer, _pad: [0; 4] }, out),
        Body::Operator(o) => {
            let (what, index, value) = match *o {
                Operator::Kill => (1, 0, 0.0),
                Operator::ReduceOnly => (2, 0, 0.0),
                Operator::Resume => (3, 0, 0.0),
                Operator::Stop => (4, 0, 0.0),
                Operator::SetParam { index, value } => (5, index, value),
            };
            put(Kind::Operator, OperatorRec { venue_ns, recv_ns, value, index, what, _pad: [0; 5] }, out)
        }
    }
}

#[inline(always)]
fn put<R: Pod>(kind: Kind, record: R, out: &mut [u8]) -> (Kind, usize) {
    let bytes = bytemuck::bytes_of(&record);
    out[..bytes.len()].copy_from_slice(bytes);
    (kind, bytes.len())
}

#[inline]
fn encode_book(event: &Event, book: &BookUpdate, out: &mut [u8]) -> usize {
    assert!(book.bids.len() <= MAX_LEVELS_PER_SIDE && book.asks.len() <= MAX_LEVELS_PER_SIDE);
    let base_px = book.bids.first().or(book.asks.first()).map_or(0, |l| l.px.0);
    let n = book.bids.len() + book.asks.len();
    let (head, rest) = out.split_at_mut(HEAD);
    let mut unfit = 0u64;
    let (slots, _) = rest[..8 * n].as_chunks_mut::<8>();
    let (bid_slots, ask_slots) = slots.split_at_mut(book.bids.len());
    for (side, slots) in [(book.bids, bid_slots), (book.asks, ask_slots)] {
        for (level, slot) in side.iter().zip(slots) {
            let offset = level.px.0.wrapping_sub(base_px);
            unfit |= (level.qty.0 as u64 >> 32) | (offset.wrapping_sub(offset as i32 as i64)) as u64;
            *slot = ((offset as u32 as u64) | ((level.qty.0 as u64) << 32)).to_le_bytes();
        }
    }
    let packed = unfit == 0;
    let head_rec = BookRec {
        venue_ns: event.venue_ns,
        recv_ns: event.recv_ns,
        update_id: book.update_id,
        base_px,
        instrument: event.instrument.0,
        is_snapshot: book.is_snapshot as u8,
        packed: packed as u8,
        n_bids: book.bids.len() as u16,
        n_asks: book.asks.len() as u16,
    };
    head.copy_from_slice(bytemuck::bytes_of(&head_rec));
    if packed {
        return HEAD + 8 * n;
    }
    let bids = bytemuck::cast_slice::<Level, u8>(book.bids);
    let asks = bytemuck::cast_slice::<Level, u8>(book.asks);
    rest[..bids.len()].copy_from_slice(bids);
    rest[bids.len()..bids.len() + asks.len()].copy_from_slice(asks);
    HEAD + 16 * n
}

/// Reads an event back. Levels go into `levels` (cleared first), which the event then borrows.
pub fn decode_event<'a>(
    kind: Kind,
    payload: &[u8],
    levels: &'a mut Vec<Level>,
) -> Result<Event<'a>, Malformed> {
    let bad = |why| Malformed { kind, why };
    let event = |venue_ns, recv_ns, instrument, body| Event {
        venue_ns,
        recv_ns,
        instrument: InstrumentId(instrument),
        body,
    };
    Ok(match kind {
        Kind::Book => {
            let r: BookRec = head(kind, payload)?;
            let n = r.n_bids as usize + r.n_asks as usize;
            let rest = &payload[HEAD..];
            levels.clear();
            if r.packed == 1 {
                if rest.len() != 8 * n {
                    return Err(bad("length does not fit the level count"));
                }
                levels.extend(rest.chunks_exact(8).map(|c| {
                    let word = u64::from_le_bytes(c.try_into().unwrap_or_default());
                    Level {
                        px: Px(r.base_px.wrapping_add(word as u32 as i32 as i64)),
                        qty: Qty((word >> 32) as i64),
                    }
                }));
            } else {
                if rest.len() != 16 * n {
                    return Err(bad("length does not fit the level count"));
                }
                levels.extend(rest.chunks_exact(16).map(bytemuck::pod_read_unaligned::<Level>));
            }
            let (bids, asks) = levels.split_at(r.n_bids as usize);
            let update = BookUpdate { is_snapshot: r.is_snapshot == 1, update_id: r.update_id, bids, asks };
            event(r.venue_ns, r.recv_ns, r.instrument, Body::Book(update))
        }
        Kind::Trade => {
            let r: TradeRec = fixed(kind, payload)?;
            let side = Side::from_u8(r.side).ok_or(bad("side"))?;
            let body = Body::Trade(Trade { px: Px(r.px), qty: Qty(r.qty), side, trade_id: r.trade_id });
            event(r.venue_ns, r.recv_ns, r.instrument, body)
        }
        Kind::Quote => {
            let r: QuoteRec = fixed(kind, payload)?;
            let body = Body::Quote(Quote {
                bid: Level { px: Px(r.bid_px), qty: Qty(r.bid_qty) },
                ask: Level { px: Px(r.ask_px), qty: Qty(r.ask_qty) },
                update_id: r.update_id,
            });
            event(r.venue_ns, r.recv_ns, r.instrument, body)
        }
        Kind::OrderUpdate => {
            let r: OrderUpdateRec = fixed(kind, payload)?;
            let body = Body::OrderUpdate(OrderUpdate {
                client: ClientId(r.client),
                venue_order: r.venue_order,
                status: OrderStatus::from_u8(r.status).ok_or(bad("status"))?,
                reject: Reject::from_u8(r.reject).ok_or(bad("reject"))?,
                venue_code: r.venue_code,
                side: Side::from_u8(r.side),
                order_type: OrderType::from_u8(r.order_type),
                tif: TimeInForce::from_u8(r.tif),
                px: Px(r.px),
                qty: Qty(r.qty),
                leaves: Qty(r.leaves),
                cum: Qty(r.cum),
            });
            event(r.venue_ns, r.recv_ns, r.instrument, body)
        }
        Kind::Fill => {
            let r: FillRec = fixed(kind, payload)?;
            let body = Body::Fill(Fill {
                client: ClientId(r.client),
                venue_order: r.venue_order,
                exec_id: r.exec_id,
                side: Side::from_u8(r.side).ok_or(bad("side"))?,
                px: Px(r.px),
                qty: Qty(r.qty),
                fee: r.fee,
                is_maker: r.is_maker == 1,
            });
            event(r.venue_ns, r.recv_ns, r.instrument, body)
        }
        Kind::Balance => {
            let r: BalanceRec = fixed(kind, payload)?;
            let wallet = ((r.wallet_high as i128) << 64) | r.wallet_low as i128;
            event(r.venue_ns, r.recv_ns, 0, Body::Balance(Balance { coin: r.coin, wallet }))
        }
        Kind::Position => {
            let r: PositionRec = fixed(kind, payload)?;
            event(r.venue_ns, r.recv_ns, r.instrument, Body::Position(Position { qty: Qty(r.qty) }))
        }
        Kind::Connection => {
            let r: ConnectionRec = fixed(kind, payload)?;
            let body = Body::Connection(Connection {
                socket: Socket::from_u8(r.socket).ok_or(bad("socket"))?,
                state: LinkState::from_u8(r.state).ok_or(bad("state"))?,
            });
            event(r.venue_ns, r.recv_ns, r.instrument, body)
        }
        Kind::Timer => {
            let r: TimerRec = fixed(kind, payload)?;
            event(r.venue_ns, r.recv_ns, 0, Body::Timer(Timer { timer: r.timer }))
        }
        Kind::Operator => {
            let r: OperatorRec = fixed(kind, payload)?;
            let operator = match r.what {
                1 => Operator::Kill,
                2 => Operator::ReduceOnly,
                3 => Operator::Resume,
                4 => Operator::Stop,
                5 => Operator::SetParam { index: r.index, value: r.value },
                _ => return Err(bad("operator")),
            };
            event(r.venue_ns, r.recv_ns, 0, Body::Operator(operator))
        }
        _ => return Err(bad("not an event")),
    })
}

/// Writes a command's payload at the front of `out` (64 bytes are enough); returns its kind and length.
#[inline]
pub fn encode_command(command: &Command, out: &mut [u8]) -> (Kind, usize) {
    match *command {
        Command::Place(p) => put(
            Kind::Place,
            PlaceRec {
                client: p.client.0,
                px: p.px.0,
                qty: p.qty.0,
                instrument: p.instrument.0,
                side: p.side as u8,
                order_type: p.order_type as u8,
                tif: p.tif as u8,
                reduce_only: p.reduce_only as u8,
                _pad: [0; 2],
            },
            out,
        ),
        Command::Amend(a) => put(
            Kind::Amend,
            AmendRec {
                client: a.client.0,
                px: a.px.0,
                qty: a.qty.0,
                instrument: a.instrument.0,
                side: a.side as u8,
                _pad: [0; 5],
            },
            out,
        ),
        Command::Cancel(c) => {
            put(Kind::Cancel, CancelRec { client: c.client.0, instrument: c.instrument.0, _pad: [0; 6] }, out)
        }
        Command::CancelAll(c) => {
            put(Kind::CancelAll, CancelAllRec { instrument: c.instrument.0, _pad: [0; 6] }, out)
        }
        Command::Resync(r) => put(Kind::Resync, ResyncRec { instrument: r.instrument.0, _pad: [0; 6] }, out),
        Command::SetTimer(t) => {
            put(Kind::SetTimer, SetTimerRec { at_ns: t.at_ns, timer: t.timer, _pad: [0; 4] }, out)
        }
    }
}

/// Reads a command back.
pub fn decode_command(kind: Kind, payload: &[u8]) -> Result<Command, Malformed> {
    let bad = |why| Malformed { kind, why };
    Ok(match kind {
        Kind::Place => {
            let r: PlaceRec = fixed(kind, payload)?;
            Command::Place(Place {
                client: ClientId(r.client),
                instrument: InstrumentId(r.instrument),
                side: Side::from_u8(r.side).ok_or(bad("side"))?,
                order_type: OrderType::from_u8(r.order_type).ok_or(bad("order type"))?,
                tif: TimeInForce::from_u8(r.tif).ok_or(bad("time in force"))?,
                reduce_only: r.reduce_only == 1,
                px: Px(r.px),
                qty: Qty(r.qty),
            })
        }
        Kind::Amend => {
            let r: AmendRec = fixed(kind, payload)?;
            Command::Amend(Amend {
                client: ClientId(r.client),
                instrument: InstrumentId(r.instrument),
                side: Side::from_u8(r.side).ok_or(bad("side"))?,
                px: Px(r.px),
                qty: Qty(r.qty),
            })
        }
        Kind::Cancel => {
            let r: CancelRec = fixed(kind, payload)?;
            Command::Cancel(Cancel { client: ClientId(r.client), instrument: InstrumentId(r.instrument) })
        }
        Kind::CancelAll => {
            let r: CancelAllRec = fixed(kind, payload)?;
            Command::CancelAll(CancelAll { instrument: InstrumentId(r.instrument) })
        }
        Kind::Resync => {
            let r: ResyncRec = fixed(kind, payload)?;
            Command::Resync(Resync { instrument: InstrumentId(r.instrument) })
        }
        Kind::SetTimer => {
            let r: SetTimerRec = fixed(kind, payload)?;
            Command::SetTimer(SetTimer { timer: r.timer, at_ns: r.at_ns })
        }
        _ => return Err(bad("not a command")),
    })
}

fn fixed<R: Pod>(kind: Kind, payload: &[u8]) -> Result<R, Malformed> {
    bytemuck::try_pod_read_unaligned(payload).map_err(|_| Malformed { kind, why: "length" })
}

fn head<R: Pod>(kind: Kind, payload: &[u8]) -> Result<R, Malformed> {
    payload
        .get(..std::mem::size_of::<R>())
        .map(bytemuck::pod_read_unaligned)
        .ok_or(Malformed { kind, why: "length" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level() -> impl Strategy<Value = Level> {
        prop_oneof![
            (0i64..2_000_000, 0i64..1_000_000).prop_map(|(p, q)| Level { px: Px(p), qty: Qty(q) }),
            (0i64..1 << 53, 0i64..1 << 53).prop_map(|(p, q)| Level { px: Px(p), qty: Qty(q) }),
        ]
    }

    proptest! {
        #[test]
        fn a_book_update_survives_the_journal(
            bids in proptest::collection::vec(level(), 0..60), asks in proptest::collection::vec(level(), 0..60),
            is_snapshot: bool, update_id: u64, venue_ns: i64, recv_ns: i64,
        ) {
            let body = Body::Book(BookUpdate { is_snapshot, update_id, bids: &bids, asks: &asks });
            let event = Event { venue_ns, recv_ns, instrument: InstrumentId(3), body };
            let mut out = vec![0xAA; event_len_bound(&event)];
            let (kind, n) = encode_event(&event, &mut out);
            let mut levels = Vec::new();
            let back = decode_event(kind, &out[..n], &mut levels).unwrap();
            prop_assert_eq!(format!("{:?}", back), format!("{:?}", event));
            prop_assert!(decode_event(kind, &out[..n - 1], &mut Vec::new()).is_err());
        }

        #[test]
        fn any_payload_is_answered(kind in 0usize..24, payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_event(Kind::ALL[kind], &payload, &mut Vec::new());
            let _ = decode_command(Kind::ALL[kind], &payload);
        }
    }

    #[test]
    fn small_levels_take_eight_bytes() {
        let levels = [Level { px: Px(970_001), qty: Qty(12) }; 24];
        let body = Body::Book(BookUpdate {
            is_snapshot: false,
            update_id: 1,
            bids: &levels[..12],
            asks: &levels[12..],
        });
        let event = Event { venue_ns: 1, recv_ns: 2, instrument: InstrumentId(0), body };
        let mut out = [0; 1024];
        assert_eq!(encode_event(&event, &mut out), (Kind::Book, HEAD + 24 * 8));
    }

    #[test]
    fn fixed_events_and_commands_survive_the_journal() {
        let at = |body| Event { venue_ns: -5, recv_ns: 7, instrument: InstrumentId(0), body };
        let text = Text::new("2f1c-77").unwrap();
        let events = [
            at(Body::Trade(Trade { px: Px(1), qty: Qty(2), side: Side::Sell, trade_id: 9 })),
            at(Body::Fill(Fill {
                client: ClientId::new(3, 4),
                venue_order: text,
                exec_id: text,
                side: Side::Buy,
                px: Px(5),
                qty: Qty(6),
                fee: -7,
                is_maker: true,
            })),
            at(Body::Balance(Balance { coin: Text::new("USDT").unwrap(), wallet: -(1i128 << 80) })),
            at(Body::Position(Position { qty: Qty(-4) })),
            at(Body::Connection(Connection { socket: Socket::Private, state: LinkState::Reconciled })),
            at(Body::Timer(Timer { timer: 8 })),
            at(Body::Operator(Operator::SetParam { index: 2, value: 0.5 })),
            at(Body::OrderUpdate(OrderUpdate {
                client: ClientId::new(1, 1),
                venue_order: text,
                status: OrderStatus::Rejected,
                reject: Reject::Filter,
                venue_code: -4014,
                side: Some(Side::Buy),
                order_type: None,
                tif: Some(TimeInForce::Fok),
                px: Px(1),
                qty: Qty(2),
                leaves: Qty(3),
                cum: Qty(4),
            })),
        ];
        let mut out = [0; 256];
        for event in events {
            let (kind, n) = encode_event(&event, &mut out);
            let mut levels = Vec::new();
            assert_eq!(
                format!("{:?}", decode_event(kind, &out[..n], &mut levels).unwrap()),
                format!("{event:?}")
            );
        }
        let (client, instrument) = (ClientId::new(1, 2), InstrumentId(1));
        for command in [
            Command::Place(Place {
                client,
                instrument,
                side: Side::Buy,
                order_type: OrderType::Market,
                tif: TimeInForce::Ioc,
                reduce_only: true,
                px: Px(3),
                qty: Qty(4),
            }),
            Command::Amend(Amend { client, instrument, side: Side::Sell, px: Px(3), qty: Qty(4) }),
            Command::Cancel(Cancel { client, instrument }),
            Command::CancelAll(CancelAll { instrument }),
            Command::Resync(Resync { instrument }),
            Command::SetTimer(SetTimer { timer: 3, at_ns: 4 }),
        ] {
            let (kind, n) = encode_command(&command, &mut out);
            assert_eq!(decode_command(kind, &out[..n]), Ok(command));
        }
    }

    #[test]
    fn layouts_have_no_padding() {
        for (kind, size, fields) in layouts() {
            let mut end = 0;
            for (name, np, offset) in fields {
                assert_eq!(offset, end, "{kind:?}.{name}");
                end += np.trim_start_matches(['<', 'i', 'u', 'f', 'S', 'V']).parse::<usize>().unwrap();
            }
            assert_eq!(end, size, "{kind:?}");
        }
    }
}
