//! Book, orders, risk and portfolio take all their memory when they are made: whole recordings and the lives of
//! thousands of orders pass through them without one call of the allocator.

mod support;

use nanotick_engine::book::{Book, BookConfig, Layout};
use nanotick_engine::orders::{Execution, Orders, OrdersConfig};
use nanotick_engine::portfolio::Portfolio;
use nanotick_engine::risk::{Context, Limits, OrderIntent, Risk, SessionLimits};
use nanotick_model::{
    Cash, ClientId, ContractKind, Fill, Grid, Instrument, InstrumentId, Level, OrderStatus, OrderUpdate, Px,
    Qty, Rate, Reject, Side, Text, Venue,
};
use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged; the counter beside it neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        CALLS.with(|calls| calls.set(calls.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`, which is passed on.
        unsafe { System.alloc(memory) }
    }
    unsafe fn dealloc(&self, at: *mut u8, memory: Memory) {
        // SAFETY: the caller keeps the contract of `dealloc`, which is passed on.
        unsafe { System.dealloc(at, memory) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn calls_during(work: impl FnOnce()) -> u64 {
    let before = CALLS.with(Cell::get);
    work();
    CALLS.with(Cell::get) - before
}

#[test]
fn the_counter_counts() {
    assert!(calls_during(|| drop(std::hint::black_box(vec![0u8; 100]))) > 0);
}

#[test]
fn books_take_recordings_without_allocating() {
    for sample in support::SAMPLES {
        let messages = support::depth_messages(sample);
        assert!(messages.iter().map(support::Message::changes).sum::<usize>() > 100_000);
        // A narrow window and a tight bound: it moves and drops levels all the time.
        for (layout, max_levels) in [
            (Layout::Ladder { window_ticks: 4096 }, 600),
            (Layout::Ladder { window_ticks: 16384 }, 8192),
            (Layout::Sparse, 600),
        ] {
            let mut book = Book::new(BookConfig { layout, max_levels });
            let mut top = [Level::default(); 50];
            let calls = calls_during(|| {
                for message in &messages {
                    book.apply(&message.update()).unwrap();
                    book.bids(&mut top);
                    book.asks(&mut top);
                    book.depth_sum(Side::Buy, 1000);
                }
                book.state_hash();
                book.clear();
            });
            assert_eq!(calls, 0, "{layout:?}");
            assert_eq!(book.dropped() > 0, max_levels == 600);
        }
    }
}

fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").unwrap(),
        tick: Grid::new("0.10").unwrap(),
        lot: Grid::new("0.001").unwrap(),
        min_px: Px(1),
        max_px: Px(20_000_000),
        min_qty: Qty(1),
        max_qty: Qty(1_000_000),
        min_notional: Cash::ZERO,
        maker_fee: Rate(0),
        taker_fee: Rate(0),
    }
}

#[test]
fn orders_live_and_end_without_allocating() {
    let id = InstrumentId(0);
    let limits = Limits::demo(&instrument());
    let mut risk = Risk::new(&[(instrument(), limits)], &SessionLimits::demo()).unwrap();
    let mut orders =
        Orders::new(OrdersConfig { ended: 100, exec_ids: 64, ..OrdersConfig::for_instruments(1) });
    let mut portfolio = Portfolio::new(&[instrument()], Cash::ZERO).unwrap();
    let level = |px| Level { px: Px(px), qty: Qty(5) };
    let report = |client, status| OrderUpdate {
        client,
        venue_order: Text::EMPTY,
        status,
        reject: Reject::None,
        venue_code: 0,
        side: None,
        order_type: None,
        tif: None,
        px: Px(0),
        qty: Qty(0),
        leaves: Qty(0),
        cum: Qty(0),
    };
    let (mut denied, mut filled) = (0, 0);
    let calls = calls_during(|| {
        for seq in 1..20_000u64 {
            let (now_ns, client) = (seq as i64 * 40_000_000, ClientId::new(1, seq));
            let (buys, sells) = (*orders.exposure(id, Side::Buy), *orders.exposure(id, Side::Sell));
            let context = Context {
                now_ns,
                reconciled: true,
                book_valid: true,
                book_ns: now_ns,
                bid: level(600_000),
                ask: level(600_001),
                position: portfolio.position(id),
                buys: &buys,
                sells: &sells,
            };
            let side = if seq % 2 == 0 { Side::Buy } else { Side::Sell };
            let intent = OrderIntent::limit(id, side, Px(600_000 - side.sign() * 10), Qty((seq % 8) as i64));
            orders.poll(now_ns, |_| ());
            let Ok(approved) = risk.place(client, &intent, &context) else {
                denied += 1;
                risk.resume();
                continue;
            };
            orders.create(approved.get(), now_ns).unwrap();
            orders.submitted(client, now_ns).unwrap();
            orders.on_update(&report(client, OrderStatus::Acked), 0, now_ns).unwrap();
            if seq % 3 == 0 {
                let mut exec = [b'e'; 8];
                exec.iter_mut().enumerate().for_each(|(i, byte)| *byte += (seq >> (4 * i)) as u8 & 15);
                let fill = Fill {
                    client,
                    venue_order: Text::EMPTY,
                    exec_id: Text::from_bytes(&exec).unwrap(),
                    side,
                    px: intent.px,
                    qty: intent.qty,
                    fee: 5,
                    is_maker: false,
                };
                assert!(matches!(orders.on_fill(id, &fill, now_ns), Execution::Ours(_)));
                portfolio.fill(id, &fill).unwrap();
                filled += 1;
            } else {
                let _ = risk.cancel(nanotick_model::Cancel { client, instrument: id }, now_ns);
                orders.cancelling(client, now_ns).unwrap();
                orders.on_update(&report(client, OrderStatus::Cancelled), 0, now_ns).unwrap();
            }
            portfolio.check_invariants().unwrap();
        }
        orders.state_hash();
        portfolio.state_hash();
    });
    assert_eq!(calls, 0);
    assert!(filled > 5000 && denied > 0, "{filled} filled, {denied} denied");
    assert_eq!(orders.check_invariants(), Ok(()));
}
