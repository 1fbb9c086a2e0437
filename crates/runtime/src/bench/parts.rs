//! Signals, risk and encoding by themselves.

use super::chain::{ready_client, Answers};
use super::figure::{measure, timed, Figure};
use crate::ws::{FrameWriter, Opcode, Role};
use nanotick_engine::book::{Book, BookConfig};
use nanotick_engine::orders::Exposure;
use nanotick_engine::risk::{Context, OrderIntent, Risk};
use nanotick_engine::{Limits, SessionLimits, SetupError, SignalSpec, Signals, View};
use nanotick_formulas::Recipe;
use nanotick_model::{
    BookUpdate, Cash, ClientId, Command, ContractKind, Grid, Instrument, InstrumentId, Level, OrderType,
    Place, Px, Qty, Rate, Side, Text, TimeInForce, Trade, Venue,
};
use nanotick_venues::client::{Encoded, Io, VenueClient};
use std::hint::black_box;
use std::time::Duration;

const PER_BATCH: usize = 500;
const START_NS: i64 = 1_700_000_000_000_000_000;

/// The instrument of all generated messages.
pub fn bybit_instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").expect("seven characters"),
        tick: Grid::new("0.10").expect("a decimal"),
        lot: Grid::new("0.001").expect("a decimal"),
        min_px: Px(1),
        max_px: Px(19_999_990),
        min_qty: Qty(1),
        max_qty: Qty(1_190_000),
        min_notional: Cash::parse("5").expect("a decimal"),
        maker_fee: Rate(20_000),
        taker_fee: Rate(55_000),
    }
}

/// Limits that every check runs against and no order of a benchmark reaches. The duplicate guard looks back 1 ns,
/// so that it runs and the same order may come again.
pub(super) fn wide_limits() -> (Limits, SessionLimits) {
    let limits = Limits {
        max_order_qty: Qty(1_000_000),
        max_order_notional: Cash::parse("1000000000").expect("a decimal"),
        max_position: Qty(1_000_000_000),
        max_open_orders: 1000,
        collar_bps: 500,
        slippage_bps: 10,
        max_book_age_ns: 1_000_000_000_000,
        duplicate_ns: 1,
    };
    let session = SessionLimits {
        orders_per_s: 1_000_000,
        burst: 1_000_000,
        cancel_reserve: 10,
        breaker_refusals: 64,
        breaker_window_ns: 1,
    };
    (limits, session)
}

/// The ten formulas of the catalogue's first tier, each with its usual parameters.
pub fn ten_signals() -> Vec<SignalSpec> {
    let keys = [
        "sma",
        "ema",
        "rsi",
        "macd",
        "bollinger",
        "atr",
        "vwap_session",
        "microprice_weighted",
        "depth_imbalance",
        "ofi",
    ];
    let spec = |key: &str| SignalSpec::usual(key, Recipe::new(key, &[]));
    keys.into_iter().map(spec).collect()
}

/// All ten brought up to date: eight by a book, two (ATR over bars, session VWAP) by a trade.
pub fn signals_ten(time: Duration) -> Result<Figure, SetupError> {
    let mut signals = Signals::new(&ten_signals(), &[])?;
    let instrument = bybit_instrument();
    let mut view = View::new(0, instrument.tick.step(), instrument.lot.step());
    let mut book = Book::new(BookConfig::for_price(Px(970_000)));
    let side = |from: i64, sign: i64| -> Vec<Level> {
        (0..50).map(|i| Level { px: Px(from + sign * i), qty: Qty(100 + 37 * i) }).collect()
    };
    let (bids, asks) = (side(970_000, -1), side(970_001, 1));
    let _ = book.apply(&BookUpdate { is_snapshot: true, update_id: 1, bids: &bids, asks: &asks });
    for (i, (bid, ask)) in bids.iter().zip(&asks).take(view.bids.len()).enumerate() {
        (view.bids[i], view.asks[i]) = (*bid, *ask);
    }
    let mut at = 0i64;
    Ok(measure("signals.ten", time, || {
        let ticks = timed(|| {
            for _ in 0..PER_BATCH {
                at += 1;
                let step = at * 7 % 5;
                (view.bid_px, view.ask_px) = (970_000 - step, 970_001 + at % 3);
                (view.bid_qty, view.ask_qty) = (100 + step * 11, 90 + at % 17);
                view.mid = (view.bid_px + view.ask_px) as f64 * 0.5 * view.tick;
                signals.on_book(&book, &[], &mut view);
                let trade = Trade { px: Px(view.bid_px), qty: Qty(5), side: Side::Buy, trade_id: at as u64 };
                signals.on_trade(&trade, START_NS + at * 1_000_000, &[], &mut view);
                black_box(&view);
            }
        });
        (ticks, PER_BATCH)
    }))
}

/// One order checked and let through.
pub fn risk_check(time: Duration) -> Figure {
    let (limits, session) = wide_limits();
    let limits = Limits { duplicate_ns: 20_000_000, ..limits };
    let instrument = bybit_instrument();
    let mut risk = Risk::new(&[(instrument, limits)], &session).expect("limits that make sense");
    let none = Exposure::default();
    let mut context = Context {
        now_ns: START_NS,
        reconciled: true,
        book_valid: true,
        book_ns: START_NS,
        bid: Level { px: Px(970_000), qty: Qty(10) },
        ask: Level { px: Px(970_001), qty: Qty(10) },
        position: Qty(3),
        buys: &none,
        sells: &none,
    };
    let mut seq = 0u64;
    measure("risk.check", time, || {
        let ticks = timed(|| {
            for _ in 0..PER_BATCH {
                seq += 1;
                context.now_ns += 1_000_000;
                context.book_ns = context.now_ns;
                let px = Px(970_000 - (seq % 64) as i64);
                let intent = OrderIntent::limit(InstrumentId(0), Side::Buy, px, Qty(1));
                let _ = black_box(risk.place(ClientId::new(1, seq), black_box(&intent), &context));
            }
        });
        (ticks, PER_BATCH)
    })
}

/// A new order as the masked bytes of its frame.
pub fn encode_create(time: Duration) -> Figure {
    let mut client = ready_client(&bybit_instrument());
    let mut writer = FrameWriter::new(Role::Client);
    let (mut io, mut answers) = (Io::default(), Answers::new());
    let (mut seq, mut now_ns) = (0u64, START_NS);
    measure("encode.bybit_create", time, || {
        let mut ticks = 0;
        for _ in 0..PER_BATCH {
            seq += 1;
            now_ns += 1_000_000;
            let command = Command::Place(Place {
                client: ClientId::new(1, 100_000 + seq),
                instrument: InstrumentId(0),
                side: if seq.is_multiple_of(2) { Side::Buy } else { Side::Sell },
                order_type: OrderType::Limit,
                tif: TimeInForce::Ioc,
                reduce_only: false,
                px: Px(970_000 + (seq % 7) as i64),
                qty: Qty(12),
            });
            ticks += timed(|| {
                if let Encoded::Frame(_, len) =
                    client.encode(black_box(&command), now_ns, writer.begin(), &mut io)
                {
                    black_box(writer.finish(Opcode::Text, len));
                }
            });
            answers.note(writer.frames());
            writer.clear();
        }
        answers.give(&mut client, now_ns, &mut |_: &nanotick_model::Event<'_>| {});
        (ticks, PER_BATCH)
    })
}
