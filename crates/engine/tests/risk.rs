//! Laws of the pre-trade check: each refusal by its code, agreement with a plain statement of the rules on any
//! figures, and the guards over time.

use nanotick_engine::orders::{Exposure, Orders, OrdersConfig};
use nanotick_engine::risk::{
    AmendIntent, Code, Context, Denied, HaltReason, Limits, OrderIntent, Risk, SessionLimits, Trading,
};
use nanotick_model::{
    Cancel, CancelAll, Cash, ClientId, ContractKind, Grid, Instrument, InstrumentId, Level, OrderStatus,
    OrderType, OrderUpdate, Px, Qty, Rate, Reject, Side, Text, TimeInForce, Venue,
};
use proptest::prelude::*;

const MS: i64 = 1_000_000;
const INSTRUMENT: InstrumentId = InstrumentId(0);
const NOW: i64 = 1_700_000_000_000 * MS;

fn instrument() -> Instrument {
    Instrument {
        id: INSTRUMENT,
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").unwrap(),
        tick: Grid::new("0.10").unwrap(),
        lot: Grid::new("0.001").unwrap(),
        min_px: Px(10),
        max_px: Px(2_000_000),
        min_qty: Qty(2),
        max_qty: Qty(100_000),
        min_notional: Cash::parse("150").unwrap(),
        maker_fee: Rate(0),
        taker_fee: Rate(0),
    }
}

fn limits() -> Limits {
    Limits {
        max_order_qty: Qty(50),
        max_order_notional: Cash::parse("2000").unwrap(),
        max_position: Qty(100),
        max_open_orders: 5,
        collar_bps: 100,
        slippage_bps: 10,
        max_book_age_ns: 1000 * MS,
        duplicate_ns: 20 * MS,
    }
}

fn session() -> SessionLimits {
    SessionLimits {
        orders_per_s: 100,
        burst: 20,
        cancel_reserve: 5,
        breaker_refusals: 64,
        breaker_window_ns: 1,
    }
}

fn risk() -> Risk {
    Risk::new(&[(instrument(), limits())], &session()).unwrap()
}

/// What the cases vary. A tick × lot is 10^-4 coins; the touch is 600000 / 600001, about 60 coins a lot.
#[derive(Clone, Debug)]
struct Case {
    trading: Trading,
    reconciled: bool,
    book_valid: bool,
    book_age_ns: i64,
    bid: Level,
    ask: Level,
    position: i64,
    buys: Exposure,
    sells: Exposure,
    intent: OrderIntent,
}

fn level(px: i64, qty: i64) -> Level {
    Level { px: Px(px), qty: Qty(qty) }
}
fn exposure(leaves: i64, orders: u32, best_px: Option<i64>) -> Exposure {
    Exposure { leaves: Qty(leaves), orders, best_px: best_px.map(Px) }
}

fn usual() -> Case {
    Case {
        trading: Trading::Active,
        reconciled: true,
        book_valid: true,
        book_age_ns: 5 * MS,
        bid: level(600_000, 10),
        ask: level(600_001, 10),
        position: 0,
        buys: exposure(0, 0, None),
        sells: exposure(0, 0, None),
        intent: OrderIntent::limit(INSTRUMENT, Side::Buy, Px(599_990), Qty(10)),
    }
}

impl Case {
    fn context(&self, now_ns: i64) -> Context<'_> {
        Context {
            now_ns,
            reconciled: self.reconciled,
            book_valid: self.book_valid,
            book_ns: now_ns.saturating_sub(self.book_age_ns),
            bid: self.bid,
            ask: self.ask,
            position: Qty(self.position),
            buys: &self.buys,
            sells: &self.sells,
        }
    }
    fn run(&self) -> Result<Px, Denied> {
        let mut risk = risk();
        match self.trading {
            Trading::Active => {}
            Trading::ReduceOnly => risk.reduce_only(),
            Trading::Halted(reason) => risk.halt(reason),
        }
        let approved = risk.place(ClientId::new(1, 1), &self.intent, &self.context(NOW))?;
        Ok(approved.into_inner().px)
    }
}

#[test]
fn each_refusal_has_its_code_limit_and_value() {
    type Change = fn(&mut Case);
    type Expected = Result<i64, (Code, i64, i64)>;
    let case = |change: Change| {
        let mut case = usual();
        change(&mut case);
        case.run().map(|px| px.0).map_err(|d| (d.code, d.limit, d.value))
    };
    let cases: &[(Change, Expected)] = &[
        (|_| (), Ok(599_990)),
        (|c| c.trading = Trading::Halted(HaltReason::Operator), Err((Code::Halted, 0, 0))),
        (|c| c.reconciled = false, Err((Code::NotReconciled, 0, 0))),
        (|c| c.intent.instrument = InstrumentId(1), Err((Code::UnknownInstrument, 0, 0))),
        (|c| c.book_valid = false, Err((Code::BookInvalid, 0, 0))),
        (|c| c.ask = Level::default(), Err((Code::BookInvalid, 0, 0))),
        (|c| c.bid = Level::default(), Err((Code::BookInvalid, 0, 0))),
        (|c| c.ask = level(600_000, 1), Err((Code::BookCrossed, 600_000, 600_000))),
        (|c| c.book_age_ns = 1000 * MS, Ok(599_990)),
        (|c| c.book_age_ns = 1000 * MS + 1, Err((Code::BookStale, 1000 * MS, 1000 * MS + 1))),
        (|c| c.intent.px = Px(9), Err((Code::OutOfRange, 10, 9))),
        (|c| c.intent.px = Px(i64::MIN), Err((Code::OutOfRange, 10, i64::MIN))),
        (|c| c.intent.px = Px(i64::MAX), Err((Code::OutOfRange, 2_000_000, i64::MAX))),
        (|c| c.intent.qty = Qty(1), Err((Code::MinQty, 2, 1))),
        (|c| c.intent.qty = Qty(0), Err((Code::MinQty, 2, 0))),
        (|c| c.intent.qty = Qty(i64::MIN), Err((Code::MinQty, 2, i64::MIN))),
        (|c| c.intent.qty = Qty(51), Err((Code::MaxQty, 50, 51))),
        (|c| c.intent.qty = Qty(i64::MAX), Err((Code::MaxQty, 50, i64::MAX))),
        (|c| c.intent.qty = Qty(2), Err((Code::MinNotional, 150_000_000, 119_998_000))),
        (|c| (c.intent.qty, c.intent.reduce_only, c.position) = (Qty(2), true, -5), Ok(599_990)),
        (|c| c.intent.qty = Qty(34), Err((Code::MaxNotional, 2_000_000_000, 2_039_966_000))),
        // Exactly 150 coins.
        (
            |c| {
                (c.bid, c.ask) = (level(500_000, 1), level(500_001, 1));
                (c.intent.px, c.intent.qty) = (Px(500_000), Qty(3));
            },
            Ok(500_000),
        ),
        (|c| c.intent.px = Px(594_001), Ok(594_001)),
        (|c| c.intent.px = Px(594_000), Err((Code::PriceCollar, 6000, 6000))),
        (|c| c.intent.px = Px(606_000), Ok(606_000)),
        (|c| c.intent.px = Px(606_001), Err((Code::PriceCollar, 6000, 6000))),
        (|c| c.sells = exposure(5, 1, Some(599_991)), Ok(599_990)),
        (|c| c.sells = exposure(5, 1, Some(599_990)), Err((Code::SelfCross, 599_990, 599_990))),
        (|c| c.trading = Trading::ReduceOnly, Err((Code::ReduceOnly, 0, 10))),
        (|c| (c.trading, c.position) = (Trading::ReduceOnly, -10), Ok(599_990)),
        (|c| (c.trading, c.position) = (Trading::ReduceOnly, -9), Err((Code::ReduceOnly, 0, 1))),
        (
            |c| (c.trading, c.position, c.buys) = (Trading::ReduceOnly, -15, exposure(6, 1, Some(1))),
            Err((Code::ReduceOnly, 0, 1)),
        ),
        (|c| c.intent.reduce_only = true, Err((Code::ReduceOnly, 0, 0))),
        (|c| (c.intent.reduce_only, c.position) = (true, 1), Err((Code::ReduceOnly, 0, 1))),
        (|c| (c.position, c.buys) = (60, exposure(30, 1, Some(1))), Ok(599_990)),
        (|c| (c.position, c.buys) = (60, exposure(31, 1, Some(1))), Err((Code::MaxPosition, 100, 101))),
        (|c| c.position = i64::MAX, Err((Code::MaxPosition, 100, i64::MAX))),
        // Too long already: selling is still allowed.
        (|c| (c.position, c.intent.side, c.intent.px) = (500, Side::Sell, Px(600_010)), Ok(600_010)),
        (|c| (c.buys, c.sells) = (exposure(0, 2, None), exposure(0, 2, None)), Ok(599_990)),
        (
            |c| (c.buys, c.sells) = (exposure(0, 2, None), exposure(0, 3, None)),
            Err((Code::MaxOpenOrders, 5, 6)),
        ),
        // A market order is reckoned to trade 10 bp through the touch, rounded against us.
        (|c| c.intent = OrderIntent::market(INSTRUMENT, Side::Buy, Qty(10)), Ok(600_602)),
        (|c| c.intent = OrderIntent::market(INSTRUMENT, Side::Sell, Qty(10)), Ok(599_400)),
        (
            |c| {
                c.intent = OrderIntent::market(INSTRUMENT, Side::Buy, Qty(10));
                c.intent.tif = TimeInForce::PostOnly;
            },
            Err((Code::BadOrder, 0, 0)),
        ),
    ];
    for (i, (change, want)) in cases.iter().enumerate() {
        assert_eq!(case(*change), *want, "case {i}");
    }
}

/// The rules said plainly, in wide integers, in the documented order.
fn plain(case: &Case) -> Result<(), Code> {
    let i = &case.intent;
    let wide = |v: i64| v as i128;
    let deny = |when: bool, code| if when { Err(code) } else { Ok(()) };
    let (buy, px, qty) = (i.side == Side::Buy, wide(i.px.0), wide(i.qty.0));
    deny(matches!(case.trading, Trading::Halted(_)), Code::Halted)?;
    deny(!case.reconciled, Code::NotReconciled)?;
    let empty = case.bid.qty.0 <= 0 || case.ask.qty.0 <= 0 || case.bid.px.0 <= 0;
    deny(!case.book_valid || empty, Code::BookInvalid)?;
    deny(case.bid.px >= case.ask.px, Code::BookCrossed)?;
    deny(case.book_age_ns > 1000 * MS, Code::BookStale)?;
    deny(!(10..=2_000_000).contains(&px), Code::OutOfRange)?;
    deny(qty < 2, Code::MinQty)?;
    deny(qty > 50, Code::MaxQty)?;
    // 150 and 2000 coins in units of 10^-4.
    deny(px * qty < 1_500_000 && !i.reduce_only, Code::MinNotional)?;
    deny(px * qty > 20_000_000, Code::MaxNotional)?;
    let mid_x2 = wide(case.bid.px.0) + wide(case.ask.px.0);
    deny((2 * px - mid_x2).abs() * 10_000 > 100 * mid_x2, Code::PriceCollar)?;
    let own = if buy { case.sells.best_px } else { case.buys.best_px };
    deny(own.is_some_and(|own| if buy { i.px >= own } else { i.px <= own }), Code::SelfCross)?;
    let (signed, leaves) =
        if buy { (wide(case.position), case.buys.leaves) } else { (-wide(case.position), case.sells.leaves) };
    let worst = signed + wide(leaves.0) + qty;
    deny(case.trading == Trading::ReduceOnly && worst > 0, Code::ReduceOnly)?;
    deny(i.reduce_only && signed >= 0, Code::ReduceOnly)?;
    deny(worst > 100, Code::MaxPosition)?;
    deny(case.buys.orders as u64 + case.sells.orders as u64 + 1 > 5, Code::MaxOpenOrders)
}

/// A figure near the ones that matter, or anywhere.
fn figure(near: &'static [i64]) -> impl Strategy<Value = i64> {
    prop_oneof![
        12 => (proptest::sample::select(near), -2i64..3).prop_map(|(v, d)| v + d),
        1 => any::<i64>(),
        1 => proptest::sample::select(&[i64::MIN, i64::MAX, 0, -1, 1 << 53][..]),
    ]
}

fn any_exposure() -> impl Strategy<Value = Exposure> {
    let best = proptest::option::of(prop_oneof![590_000i64..610_000, 599_980i64..600_020]);
    (figure(&[0, 10, 60, 90]), prop_oneof![8 => 0u32..4, 1 => any::<u32>()], best)
        .prop_map(|(leaves, orders, best)| exposure(leaves.max(0), orders, best))
}

fn cases() -> impl Strategy<Value = Case> {
    let trading = prop_oneof![
        8 => Just(Trading::Active),
        2 => Just(Trading::ReduceOnly),
        1 => Just(Trading::Halted(HaltReason::Strategy)),
    ];
    let gates = (proptest::bool::weighted(0.95), proptest::bool::weighted(0.95), figure(&[0, 1000 * MS]));
    let touch = (figure(&[600_000]), figure(&[600_003]), proptest::bool::weighted(0.95));
    let px = prop_oneof![3 => figure(&[600_000, 594_000, 606_000]), 1 => figure(&[10, 2_000_000])];
    let order = (any::<bool>(), px, figure(&[2, 10, 26, 33, 50]), proptest::bool::weighted(0.2));
    let ours = (figure(&[-100, -20, 0, 50, 90]), any_exposure(), any_exposure());
    (trading, gates, touch, order, ours).prop_map(|(trading, gates, touch, order, ours)| {
        let side = if order.0 { Side::Buy } else { Side::Sell };
        let mut intent = OrderIntent::limit(INSTRUMENT, side, Px(order.1), Qty(order.2));
        intent.reduce_only = order.3;
        Case {
            trading,
            reconciled: gates.0,
            book_valid: gates.1,
            // The context's book time is computed from it: keep that exact.
            book_age_ns: gates.2.clamp(i64::MIN / 4, i64::MAX / 4),
            bid: level(touch.0, touch.2 as i64),
            ask: level(touch.1, 7),
            position: ours.0,
            buys: ours.1,
            sells: ours.2,
            intent,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn agrees_with_the_rules_said_plainly(case in cases()) {
        prop_assert_eq!(case.run().map(|_| ()).map_err(|d| d.code), plain(&case));
    }

    #[test]
    fn any_figures_are_answered(
        case in cases(), px: i64, qty: i64, bid: (i64, i64), ask: (i64, i64), position: i64, now: i64, market: bool,
    ) {
        let mut case = case;
        (case.bid, case.ask, case.position) = (level(bid.0, bid.1), level(ask.0, ask.1), position);
        (case.intent.px, case.intent.qty) = (Px(px), Qty(qty));
        if market {
            case.intent.order_type = OrderType::Market;
        }
        let mut risk = risk();
        if let Ok(approved) = risk.place(ClientId::new(1, 1), &case.intent, &case.context(now)) {
            let place = approved.into_inner();
            prop_assert!((10..=2_000_000).contains(&place.px.0) && (2..=50).contains(&place.qty.0));
        }
    }
}

proptest! {
    #[test]
    fn no_window_holds_more_orders_than_allowed(gaps in proptest::collection::vec(0i64..12, 50..300), cancels: bool) {
        let (mut risk, mut now_ns, mut sent) = (risk(), NOW, Vec::new());
        let mut case = usual();
        for (seq, gap) in gaps.into_iter().enumerate() {
            now_ns += gap * MS;
            case.intent.px = Px(599_000 + seq as i64);
            if cancels {
                let _ = risk.cancel(Cancel { client: ClientId::NONE, instrument: INSTRUMENT }, now_ns);
            }
            match risk.place(ClientId::new(1, 1 + seq as u64), &case.intent, &case.context(now_ns)) {
                Ok(_) => sent.push(now_ns),
                Err(denied) => {
                    prop_assert_eq!(denied.code, Code::RateLimit);
                    // Denied only while the window before it is full.
                    let window_ns = denied.limit;
                    let recent = sent.iter().filter(|&&at| now_ns - at < window_ns).count();
                    prop_assert!(cancels || recent >= 14, "{recent}");
                }
            }
        }
        // 15 at once (20 less the reserve of 5), and one every 10 ms.
        for (i, from) in sent.iter().enumerate() {
            for (j, to) in sent.iter().enumerate().skip(i) {
                prop_assert!((j - i) as i64 <= 15 + (to - from) / (10 * MS));
            }
        }
    }
}

#[test]
fn cancels_pass_whatever_happens() {
    let mut risk = risk();
    risk.halt(HaltReason::Operator);
    let cancel = Cancel { client: ClientId::new(1, 1), instrument: INSTRUMENT };
    for _ in 0..10_000 {
        assert_eq!(risk.cancel(cancel, NOW).into_inner(), cancel);
    }
    assert_eq!(
        *risk.cancel_all(CancelAll { instrument: INSTRUMENT }, NOW).get(),
        CancelAll { instrument: INSTRUMENT }
    );
    // A flood of them does not lock orders out for longer than the bucket takes to fill.
    risk.resume();
    let case = usual();
    let place = |risk: &mut Risk, seq, at| risk.place(ClientId::new(1, seq), &case.intent, &case.context(at));
    assert_eq!(place(&mut risk, 1, NOW).unwrap_err().code, Code::RateLimit);
    assert!(place(&mut risk, 2, NOW + 60 * MS).is_ok());
}

#[test]
fn the_same_order_twice_is_refused_within_the_window() {
    let (mut risk, case) = (risk(), usual());
    let mut seq = 0;
    let mut place = |case: &Case, at| {
        seq += 1;
        risk.place(ClientId::new(1, seq), &case.intent, &case.context(at)).map(|_| ()).map_err(|d| d.code)
    };
    let mut other = case.clone();
    other.intent.qty = Qty(11);
    assert_eq!(place(&case, NOW), Ok(()));
    assert_eq!(place(&other, NOW + MS), Ok(()));
    assert_eq!(place(&case, NOW + 19 * MS), Err(Code::Duplicate));
    assert_eq!(place(&case, NOW + 20 * MS), Ok(()));
    assert_eq!(place(&other, NOW + 20 * MS), Err(Code::Duplicate));
}

#[test]
fn a_client_id_is_used_once() {
    let (mut risk, case) = (risk(), usual());
    assert!(risk.place(ClientId::new(2, 7), &case.intent, &case.context(NOW)).is_ok());
    for id in [ClientId::new(2, 7), ClientId::new(2, 6), ClientId::new(1, 100), ClientId::NONE] {
        let denied = risk.place(id, &case.intent, &case.context(NOW + 1000 * MS)).unwrap_err();
        assert_eq!(denied.code, Code::ReusedId);
    }
}

#[test]
fn refusals_in_a_burst_halt_the_session() {
    let limits = SessionLimits { breaker_refusals: 3, breaker_window_ns: 100 * MS, ..session() };
    let new = || Risk::new(&[(instrument(), self::limits())], &limits).unwrap();
    let mut bad = usual();
    bad.intent.qty = Qty(1);
    let refuse = |risk: &mut Risk, case: &Case, at_ms: i64| {
        let context = case.context(NOW + at_ms * MS);
        let _ = risk.place(ClientId::new(1, 1), &case.intent, &context).unwrap_err();
    };
    // Three within the window; spread out; and of a kind that does not count.
    let halted = Trading::Halted(HaltReason::Breaker);
    for (times, want) in
        [([0, 50, 99], halted), ([0, 50, 100], Trading::Active), ([0, 99, 198], Trading::Active)]
    {
        let mut risk = new();
        times.into_iter().for_each(|at| refuse(&mut risk, &bad, at));
        assert_eq!(risk.trading(), want, "{times:?}");
        if want == halted {
            refuse(&mut risk, &usual(), 1000);
            risk.reduce_only();
            assert_eq!(risk.trading(), halted, "latched");
            risk.resume();
            refuse(&mut risk, &bad, 99);
            assert_eq!(risk.trading(), Trading::Active, "what was before a person resumed does not count");
            assert!(risk.place(ClientId::new(1, 1), &usual().intent, &usual().context(NOW)).is_ok());
        }
    }
    let mut risk = new();
    let stale = Case { book_valid: false, ..bad.clone() };
    (0..10).for_each(|at| refuse(&mut risk, &stale, at));
    (0..10).for_each(|at| risk.on_venue_reject(Reject::PostOnlyWouldTake, NOW + at));
    assert_eq!(risk.trading(), Trading::Active);
    (0..3).for_each(|at| risk.on_venue_reject(Reject::InsufficientBalance, NOW + at));
    assert_eq!(risk.trading(), halted);
    risk.halt(HaltReason::Operator);
    assert_eq!(risk.trading(), halted, "the first reason stays");
}

#[test]
fn amends_pass_the_same_gate() {
    let mut orders = Orders::new(OrdersConfig::for_instruments(1));
    let (mut risk, mut case) = (risk(), usual());
    let id = ClientId::new(1, 1);
    let amend = |px, qty| AmendIntent { client: id, px: Px(px), qty: Qty(qty) };
    let context = case.context(NOW);
    let code = |risk: &mut Risk, orders: &Orders, case: &Case, px, qty| {
        let mut case = case.clone();
        case.buys = *orders.exposure(INSTRUMENT, Side::Buy);
        let context = case.context(NOW);
        risk.amend(&amend(px, qty), orders.get(id), &context).map(|_| ()).map_err(|d| (d.code, d.value))
    };
    assert_eq!(code(&mut risk, &orders, &case, 599_980, 12), Err((Code::UnknownOrder, 0)));
    let place = risk.place(id, &case.intent, &context).unwrap().into_inner();
    orders.create(&place, NOW).unwrap();
    orders.submitted(id, NOW).unwrap();
    assert_eq!(code(&mut risk, &orders, &case, 599_980, 12).unwrap_err().0, Code::OrderBusy);
    let report = OrderUpdate {
        client: id,
        venue_order: Text::EMPTY,
        status: OrderStatus::New,
        reject: Reject::None,
        venue_code: 0,
        side: None,
        order_type: None,
        tif: None,
        px: Px(599_990),
        qty: Qty(10),
        leaves: Qty(10),
        cum: Qty(0),
    };
    orders.on_update(&report, 1, NOW).unwrap();
    case.position = 80;
    for (px, qty, want) in [
        (599_980, 12, Ok(())),
        (599_990, 10, Err((Code::Duplicate, 0))),
        (599_980, 0, Err((Code::MinQty, 0))),
        (599_980, 2, Err((Code::MinNotional, 119_996_000))),
        (599_980, 51, Err((Code::MaxQty, 51))),
        (500_000, 12, Err((Code::PriceCollar, 100_000))),
        // Its own ten lots are not counted twice: 80 held, 20 asked for in all.
        (599_980, 20, Ok(())),
        (599_980, 21, Err((Code::MaxPosition, 101))),
    ] {
        assert_eq!(code(&mut risk, &orders, &case, px, qty), want, "{px} {qty}");
    }
    let context = case.context(NOW);
    let approved = risk.amend(&amend(599_980, 12), orders.get(id), &context).unwrap();
    assert_eq!((approved.get().side, approved.get().instrument), (Side::Buy, INSTRUMENT));
    risk.reduce_only();
    assert_eq!(code(&mut risk, &orders, &case, 599_980, 12), Err((Code::ReduceOnly, 92)));
    orders.amending(id, Px(599_980), Qty(12), NOW).unwrap();
    assert_eq!(code(&mut risk, &orders, &case, 599_980, 12).unwrap_err().0, Code::OrderBusy);
}

#[test]
fn floats_come_in_exactly_or_not_at_all() {
    let instrument = instrument();
    let ok = OrderIntent::limit_f64(&instrument, Side::Sell, 60_000.1, 0.29).unwrap();
    assert_eq!((ok.px, ok.qty), (Px(600_001), Qty(290)));
    let code =
        |px, qty| OrderIntent::limit_f64(&instrument, Side::Buy, px, qty).map(|_| ()).map_err(|d| d.code);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e308] {
        assert_eq!(code(bad, 0.01), Err(Code::NotFinite), "{bad}");
        assert_eq!(code(60_000.0, bad), Err(Code::NotFinite), "{bad}");
        assert!(OrderIntent::market_f64(&instrument, Side::Buy, bad).is_err());
        assert!(AmendIntent::from_f64(&instrument, ClientId::NONE, bad, 0.01).is_err());
    }
    assert_eq!(code(60_000.15, 0.01), Err(Code::OffTick));
    assert_eq!(code(60_000.1, 0.0015), Err(Code::OffLot));
    // A negative size is on the grid; the check refuses it.
    let mut case = usual();
    case.intent = OrderIntent::limit_f64(&instrument, Side::Buy, 60_000.0, -0.01).unwrap();
    assert_eq!(case.run().unwrap_err().code, Code::MinQty);
}

#[test]
fn limits_that_make_no_sense_are_named() {
    let bad = |change: fn(&mut Limits)| {
        let mut limits = limits();
        change(&mut limits);
        Risk::new(&[(instrument(), limits)], &session()).unwrap_err().name
    };
    assert_eq!(bad(|l| l.max_order_qty = Qty(0)), "max_order_qty");
    assert_eq!(bad(|l| l.max_order_notional = Cash(0)), "max_order_notional");
    assert_eq!(bad(|l| l.max_position = Qty(-1)), "max_position");
    assert_eq!(bad(|l| l.max_open_orders = 0), "max_open_orders");
    assert_eq!(bad(|l| l.collar_bps = 0), "collar_bps");
    assert_eq!(bad(|l| l.slippage_bps = 10_001), "slippage_bps");
    assert_eq!(bad(|l| l.max_book_age_ns = 0), "max_book_age_ns");
    assert_eq!(bad(|l| l.duplicate_ns = -1), "duplicate_ns");
    let session = SessionLimits { cancel_reserve: 20, ..session() };
    let error = Risk::new(&[], &session).unwrap_err();
    assert_eq!(error.to_string(), "cancel_reserve is 20, but must be from 0 to 19");
    assert!(Risk::new(&[(instrument(), Limits::demo(&instrument()))], &SessionLimits::demo()).is_ok());
    let inverse = Instrument { kind: ContractKind::Inverse, ..instrument() };
    assert!(Risk::new(&[(inverse, limits())], &SessionLimits::demo()).is_err());
}

#[test]
fn codes_are_told_apart_and_found_again() {
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert!(Code::ALL.windows(2).all(|pair| (pair[0] as u16) < (pair[1] as u16)));
    assert!(Code::ALL.iter().all(|&code| Code::from_u16(code as u16) == Some(code)));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
    let mut case = usual();
    case.intent.qty = Qty(51);
    assert_eq!(case.run().unwrap_err().to_string(), "MAX_QTY: 51 against a limit of 50 lots");
}
