//! Laws of the simulated exchange, under random books, trades and requests: nothing is created or lost, no fill is
//! larger than what was there, and each order keeps the promise of its time in force.

use nanotick_exchange::{
    End, Fill, FillReason, NewOrder, Order, OrderId, Output, Refusal, Rules, SimExchange, Status, Which,
};
use nanotick_model::{
    BookUpdate, Cash, ContractKind, Grid, Instrument, InstrumentId, Level, OrderType, Px, Qty, Rate, Side,
    Text, TimeInForce, Trade, Venue,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ID: InstrumentId = InstrumentId(0);
const UNIT: i128 = 100_000_000; // one tick (0.1) × one lot (0.001)

fn instrument() -> Instrument {
    Instrument {
        id: ID,
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").unwrap(),
        tick: Grid::new("0.1").unwrap(),
        lot: Grid::new("0.001").unwrap(),
        min_px: Px(1),
        max_px: Px(1_000_000),
        min_qty: Qty(1),
        max_qty: Qty(100),
        min_notional: Cash(0),
        maker_fee: Rate::parse("0.0002").unwrap(),
        taker_fee: Rate::parse("0.00055").unwrap(),
    }
}

fn level(px: i64, qty: i64) -> Level {
    Level { px: Px(px), qty: Qty(qty) }
}

/// Prices around 100, so that everything meets.
#[derive(Clone, Debug)]
enum Step {
    Book { snapshot: bool, bids: Vec<(i64, i64)>, asks: Vec<(i64, i64)> },
    Trade { px: i64, qty: i64, buy: bool },
    Place { buy: bool, market: bool, tif: u8, px: i64, qty: i64, reduce_only: bool },
    Amend { nth: usize, px: Option<i64>, qty: Option<i64> },
    Cancel { nth: usize },
    CancelAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Sometimes the two sides meet: recordings are not always tidy.
    let side = |low, high| proptest::collection::vec((low..high, 0i64..8), 0..5);
    let step = prop_oneof![
        4 => (proptest::bool::weighted(0.1), side(92i64, 101), side(100i64, 109))
            .prop_map(|(snapshot, bids, asks)| Step::Book { snapshot, bids, asks }),
        4 => (95i64..106, 1i64..8, any::<bool>()).prop_map(|(px, qty, buy)| Step::Trade { px, qty, buy }),
        6 => (any::<bool>(), proptest::bool::weighted(0.15), 1u8..=4, 94i64..107, 1i64..12, proptest::bool::weighted(0.2))
            .prop_map(|(buy, market, tif, px, qty, reduce_only)| Step::Place { buy, market, tif, px, qty, reduce_only }),
        2 => (0usize..8, proptest::option::of(94i64..107), proptest::option::of(0i64..12))
            .prop_map(|(nth, px, qty)| Step::Amend { nth, px, qty }),
        1 => (0usize..8).prop_map(|nth| Step::Cancel { nth }),
        1 => Just(Step::CancelAll),
    ];
    proptest::collection::vec(step, 1..120)
}

fn side_of(buy: bool) -> Side {
    if buy {
        Side::Buy
    } else {
        Side::Sell
    }
}

fn levels(pairs: &[(i64, i64)]) -> Vec<Level> {
    pairs.iter().map(|&(px, qty)| level(px, qty)).collect()
}

/// Runs the steps; after each, `check` sees the exchange, the step and what happened.
fn run(rules: Rules, steps: &[Step], mut check: impl FnMut(&SimExchange, &Step, &[Output])) -> SimExchange {
    let mut exchange = SimExchange::new(vec![instrument()], rules);
    let mut out = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        out.clear();
        let now_ns = at as i64;
        let open: Vec<OrderId> = exchange.orders().filter(|o| o.is_open()).map(|o| o.id).collect();
        let pick = |nth: usize| Which::Id(open.get(nth % open.len().max(1)).copied().unwrap_or(OrderId(0)));
        match step {
            Step::Book { snapshot, bids, asks } => {
                let (bids, asks) = (levels(bids), levels(asks));
                let update =
                    BookUpdate { is_snapshot: *snapshot, update_id: at as u64, bids: &bids, asks: &asks };
                exchange.on_book(ID, &update, now_ns, &mut out);
            }
            &Step::Trade { px, qty, buy } => {
                let trade = Trade { px: Px(px), qty: Qty(qty), side: side_of(buy), trade_id: at as u64 };
                exchange.on_trade(ID, &trade, now_ns, &mut out);
            }
            &Step::Place { buy, market, tif, px, qty, reduce_only } => {
                let new = NewOrder {
                    instrument: ID,
                    client: Text::new(&format!("c{at}")).unwrap(),
                    side: side_of(buy),
                    order_type: if market { OrderType::Market } else { OrderType::Limit },
                    tif: if market { TimeInForce::Ioc } else { TimeInForce::from_u8(tif).unwrap() },
                    px: Px(px),
                    qty: Qty(qty),
                    reduce_only,
                };
                let _ = exchange.place(&new, now_ns, &mut out);
            }
            &Step::Amend { nth, px, qty } => {
                let _ = exchange.amend(pick(nth), px.map(Px), qty.map(Qty), now_ns, &mut out);
            }
            &Step::Cancel { nth } => {
                let _ = exchange.cancel(pick(nth), now_ns, &mut out);
            }
            Step::CancelAll => {
                exchange.cancel_all(None, now_ns, &mut out);
                assert!(exchange.orders().all(|o| !o.is_open()));
            }
        }
        check(&exchange, step, &out);
    }
    exchange
}

fn deposit() -> Cash {
    Cash::parse("1000").unwrap()
}

fn rules() -> impl Strategy<Value = Rules> {
    prop_oneof![Just(Rules::bybit(deposit())), Just(Rules::binance(deposit()))]
}

fn fills(out: &[Output]) -> Vec<(Order, Fill)> {
    out.iter()
        .filter_map(|o| if let Output::Filled(order, fill) = o { Some((*order, *fill)) } else { None })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Position, cash and fees are exactly the sums of the fills, kept apart here in plain integers.
    #[test]
    fn nothing_is_created_or_lost(rules in rules(), steps in steps()) {
        let (mut position, mut flow, mut fees) = (0i64, 0i128, 0i128);
        run(rules, &steps, |exchange, _, out| {
            for (_, fill) in fills(out) {
                let sign = if fill.side == Side::Buy { 1 } else { -1 };
                let value = fill.px.0 as i128 * fill.qty.0 as i128 * UNIT;
                // 0.02 % and 0.055 % of whole hundred-millionths are whole units: no rounding takes place.
                fees += value * if fill.is_maker() { 20 } else { 55 } / 100_000;
                position += sign * fill.qty.0;
                flow -= sign as i128 * value;
            }
            let held = exchange.position(ID);
            assert_eq!((held.qty.0, held.flow.0, held.fees.0), (position, flow, fees));
            assert_eq!(exchange.account().cash(), Cash(deposit().0 + flow - fees));
            assert_eq!(exchange.account().wallet(), exchange.account().cash() + held.cost);
            if let (Some(mark), true) = (exchange.market(ID).mark(), position != 0) {
                let worth = Cash(mark.0 as i128 * position as i128 * UNIT);
                assert_eq!(exchange.equity(), exchange.account().cash() + worth);
            }
        });
    }

    /// Each order's fills add up to what it says, never to more than it asked for, and its life has an end.
    #[test]
    fn orders_agree_with_their_fills(rules in rules(), steps in steps()) {
        let exchange = run(rules, &steps, |_, _, _| {});
        let mut sums: BTreeMap<OrderId, (i64, i128)> = BTreeMap::new();
        for fill in exchange.fills() {
            let sum = sums.entry(fill.order).or_default();
            sum.0 += fill.qty.0;
            sum.1 += fill.value.0;
            prop_assert!(fill.qty.0 > 0);
        }
        for order in exchange.orders() {
            let (qty, value) = sums.get(&order.id).copied().unwrap_or_default();
            prop_assert_eq!((order.filled.0, order.filled_value.0), (qty, value));
            prop_assert!(order.filled <= order.qty);
            prop_assert_eq!(order.status == Status::Filled, order.filled == order.qty);
            prop_assert_eq!(order.status == Status::Cancelled, order.end.is_some());
            prop_assert!(order.is_open() || order.leaves() == Qty(0));
        }
    }

    /// What a step fills is bounded by what the step brought: a trade's size, a level's display until its next update.
    #[test]
    fn no_more_is_filled_than_was_there(rules in rules(), steps in steps()) {
        // Displayed less taken, by side of the book and price: an own, plain copy of the rule.
        let mut left: BTreeMap<(bool, i64), i64> = BTreeMap::new();
        run(rules, &steps, |_, step, out| {
            if let Step::Book { snapshot, bids, asks } = step {
                if *snapshot {
                    left.clear();
                }
                for (is_bid, side) in [(true, bids), (false, asks)] {
                    left.extend(side.iter().map(|&(px, qty)| ((is_bid, px), qty)));
                }
            }
            let mut traded = 0;
            for (order, fill) in fills(out) {
                let better = |fill_px: i64, limit: i64| match fill.side {
                    Side::Buy => fill_px <= limit,
                    Side::Sell => fill_px >= limit,
                };
                assert!(order.order_type == OrderType::Market || better(fill.px.0, order.px.0));
                let takes_bids = fill.side == Side::Sell;
                match fill.reason {
                    FillReason::Taker => *left.entry((takes_bids, fill.px.0)).or_default() -= fill.qty.0,
                    FillReason::BookCrossed => {
                        assert_eq!(fill.px, order.px);
                        // At or past its price, best first.
                        let mut rest = fill.qty.0;
                        let mut there: Vec<_> =
                            left.iter_mut().filter(|((is_bid, px), _)| *is_bid == takes_bids && better(*px, fill.px.0)).collect();
                        if takes_bids {
                            there.reverse();
                        }
                        for (_, qty) in there {
                            let part = rest.min(*qty);
                            *qty -= part;
                            rest -= part;
                        }
                        assert_eq!(rest, 0, "more than the display");
                    }
                    FillReason::QueueReached | FillReason::TradedThrough => {
                        assert_eq!(fill.px, order.px);
                        traded += fill.qty.0;
                        let &Step::Trade { px, buy, .. } = step else { panic!("a queue fill without a trade") };
                        assert_eq!(side_of(buy), fill.side.opposite());
                        assert_eq!(fill.reason == FillReason::QueueReached, fill.px.0 == px);
                    }
                }
            }
            assert!(left.values().all(|&qty| qty >= 0), "a level was taken twice");
            if let Step::Trade { qty, .. } = step {
                assert!(traded <= *qty);
            }
        });
    }

    #[test]
    fn each_time_in_force_keeps_its_promise(rules in rules(), steps in steps()) {
        run(rules, &steps, |exchange, step, out| {
            for order in exchange.orders() {
                let rests = order.order_type == OrderType::Limit
                    && matches!(order.tif, TimeInForce::Gtc | TimeInForce::PostOnly);
                assert!(rests || !order.is_open(), "immediate orders do not rest");
                let cut = order.reduce_only && order.end == Some(End::NothingToReduce);
                if order.tif == TimeInForce::Fok && order.order_type == OrderType::Limit && !cut {
                    assert!(order.filled.0 == 0 || order.filled == order.qty, "all or nothing");
                }
            }
            for (order, fill) in fills(out) {
                let takes = fill.reason == FillReason::Taker;
                assert!(!(takes && order.tif == TimeInForce::PostOnly), "post-only never takes");
                assert!(takes == matches!(step, Step::Place { .. } | Step::Amend { .. }), "makers do not act");
            }
        });
    }

    #[test]
    fn reduce_only_never_adds_or_turns(rules in rules(), steps in steps()) {
        let mut before = 0i64;
        run(rules, &steps, |exchange, _, out| {
            for (order, fill) in fills(out) {
                let after = before + fill.side.sign() * fill.qty.0;
                if order.reduce_only {
                    assert!(after.abs() < before.abs() && after.signum() * before.signum() >= 0);
                }
                before = after;
            }
            assert_eq!(before, exchange.position(ID).qty.0);
        });
    }

    /// Of two of our resting orders on one side, the one with the better price, or the earlier, is served first.
    #[test]
    fn price_then_time(steps in steps()) {
        let mut places: BTreeMap<OrderId, usize> = BTreeMap::new();
        let mut at = 0;
        run(Rules::binance(deposit()), &steps, |_, step, out| {
            for output in out {
                at += 1;
                if let Output::Accepted(order) | Output::Amended(order) = output {
                    places.insert(order.id, at);
                }
            }
            if matches!(step, Step::Trade { .. } | Step::Book { .. }) {
                let served = fills(out);
                for pair in served.windows(2) {
                    let ((first, f), (second, s)) = (&pair[0], &pair[1]);
                    if f.side != s.side {
                        continue;
                    }
                    let rank = |order: &Order| (-order.side.sign() * order.px.0, places[&order.id]);
                    assert!(rank(first) < rank(second), "{first:?} before {second:?}");
                }
            }
        });
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(rules in rules(), steps in steps()) {
        let trace = || {
            let mut text = String::new();
            run(rules, &steps, |_, _, out| text += &format!("{out:?}"));
            text
        };
        prop_assert_eq!(trace(), trace());
    }

    #[test]
    fn no_order_is_accepted_that_the_account_cannot_carry(steps in steps(), deposit in 0i128..40) {
        // A few coins: about what a few orders need.
        let rules = Rules { leverage: 1, ..Rules::bybit(Cash(deposit * 10i128.pow(11))) };
        run(rules, &steps, |exchange, step, out| {
            let accepted = out.iter().any(|o| matches!(o, Output::Accepted(o) if !o.reduce_only));
            let adds = matches!(step, Step::Place { .. }) && accepted && exchange.position(ID).cost == Cash(0);
            if adds && fills(out).is_empty() && exchange.orders().filter(|o| o.is_open()).count() == 1 {
                assert!(exchange.margin_used() <= exchange.equity());
            }
        });
    }
}

/// A desk with one bid of ours at 100 behind seven displayed.
fn queued() -> (SimExchange, OrderId) {
    let mut exchange = SimExchange::new(vec![instrument()], Rules::bybit(deposit()));
    let mut out = Vec::new();
    book(&mut exchange, &[(100, 7)], &[(101, 5)], &mut out);
    let id = place(&mut exchange, Side::Buy, TimeInForce::PostOnly, 100, 4, &mut out).unwrap();
    (exchange, id)
}

fn book(exchange: &mut SimExchange, bids: &[(i64, i64)], asks: &[(i64, i64)], out: &mut Vec<Output>) {
    let (bids, asks) = (levels(bids), levels(asks));
    exchange.on_book(ID, &BookUpdate { is_snapshot: false, update_id: 0, bids: &bids, asks: &asks }, 0, out);
}

fn trade(exchange: &mut SimExchange, side: Side, px: i64, qty: i64, out: &mut Vec<Output>) {
    exchange.on_trade(ID, &Trade { px: Px(px), qty: Qty(qty), side, trade_id: 1 }, 0, out);
}

fn place(
    exchange: &mut SimExchange,
    side: Side,
    tif: TimeInForce,
    px: i64,
    qty: i64,
    out: &mut Vec<Output>,
) -> Result<OrderId, Refusal> {
    let new = NewOrder {
        instrument: ID,
        client: Text::EMPTY,
        side,
        order_type: OrderType::Limit,
        tif,
        px: Px(px),
        qty: Qty(qty),
        reduce_only: false,
    };
    exchange.place(&new, 0, out)
}

fn filled(out: &[Output]) -> Vec<(i64, i64, FillReason)> {
    fills(out).iter().map(|(_, fill)| (fill.px.0, fill.qty.0, fill.reason)).collect()
}

#[test]
fn the_queue_is_served_from_the_front() {
    let (mut exchange, _) = queued();
    let mut out = Vec::new();
    trade(&mut exchange, Side::Sell, 100, 5, &mut out); // two left ahead
    assert_eq!(filled(&out), []);
    trade(&mut exchange, Side::Buy, 101, 50, &mut out); // the other side
    trade(&mut exchange, Side::Sell, 101, 50, &mut out); // at a better price than ours
    assert_eq!(filled(&out), []);
    trade(&mut exchange, Side::Sell, 100, 3, &mut out);
    assert_eq!(filled(&out), [(100, 1, FillReason::QueueReached)]);
    trade(&mut exchange, Side::Sell, 99, 2, &mut out);
    assert_eq!(filled(&out)[1..], [(100, 2, FillReason::TradedThrough)]);
    book(&mut exchange, &[(100, 0)], &[(100, 9)], &mut out);
    assert_eq!(filled(&out)[2..], [(100, 1, FillReason::BookCrossed)]);
}

#[test]
fn a_trade_is_not_counted_again_when_the_book_shows_it() {
    let (mut exchange, _) = queued();
    let mut out = Vec::new();
    trade(&mut exchange, Side::Sell, 100, 5, &mut out);
    book(&mut exchange, &[(100, 2)], &[], &mut out); // the five that traded
    trade(&mut exchange, Side::Sell, 100, 2, &mut out);
    assert_eq!(filled(&out), [], "the two ahead are served");
    trade(&mut exchange, Side::Sell, 100, 2, &mut out);
    assert_eq!(filled(&out), [(100, 2, FillReason::QueueReached)]);
}

#[test]
fn displayed_size_is_taken_once_until_it_is_shown_again() {
    let (mut exchange, _) = queued();
    let mut out = Vec::new();
    place(&mut exchange, Side::Buy, TimeInForce::Ioc, 101, 3, &mut out).unwrap();
    place(&mut exchange, Side::Buy, TimeInForce::Ioc, 101, 3, &mut out).unwrap();
    place(&mut exchange, Side::Buy, TimeInForce::Ioc, 101, 3, &mut out).unwrap();
    assert_eq!(filled(&out), [(101, 3, FillReason::Taker), (101, 2, FillReason::Taker)]);
    book(&mut exchange, &[], &[(101, 1)], &mut out);
    place(&mut exchange, Side::Buy, TimeInForce::Ioc, 101, 3, &mut out).unwrap();
    assert_eq!(filled(&out)[2..], [(101, 1, FillReason::Taker)]);
}

#[test]
fn an_account_never_trades_with_itself() {
    let (mut exchange, resting) = queued();
    let mut out = Vec::new();
    place(&mut exchange, Side::Sell, TimeInForce::Gtc, 100, 9, &mut out).unwrap();
    assert_eq!(exchange.order(Which::Id(resting)).unwrap().end, Some(End::SelfMatch));
    assert_eq!(filled(&out), [(100, 7, FillReason::Taker)]);
}

#[test]
fn an_own_order_that_is_not_reached_stays() {
    let (mut exchange, _) = queued();
    let mut out = Vec::new();
    let deep = place(&mut exchange, Side::Buy, TimeInForce::Gtc, 95, 4, &mut out).unwrap();
    place(&mut exchange, Side::Sell, TimeInForce::Ioc, 90, 6, &mut out).unwrap();
    assert!(exchange.order(Which::Id(deep)).unwrap().is_open());
    place(&mut exchange, Side::Sell, TimeInForce::Ioc, 90, 6, &mut out).unwrap();
    assert_eq!(exchange.order(Which::Id(deep)).unwrap().end, Some(End::SelfMatch));
}

#[test]
fn venues_differ_where_they_differ() {
    for (rules, post_only, fok) in [
        (Rules::bybit(deposit()), Ok(End::PostOnlyWouldTake), Ok(End::NoLiquidity)),
        (Rules::binance(deposit()), Err(Refusal::PostOnlyWouldTake), Err(Refusal::CannotFillWhole)),
    ] {
        let mut exchange = SimExchange::new(vec![instrument()], rules);
        let mut out = Vec::new();
        book(&mut exchange, &[(100, 7)], &[(101, 5)], &mut out);
        for (tif, want) in [(TimeInForce::PostOnly, post_only), (TimeInForce::Fok, fok)] {
            let got = place(&mut exchange, Side::Buy, tif, 101, 6, &mut out);
            assert_eq!(got.map(|id| exchange.order(Which::Id(id)).unwrap().end.unwrap()), want);
        }
        assert_eq!(filled(&out), []);
    }
}

#[test]
fn requests_are_refused_for_their_reason() {
    let (mut exchange, resting) = queued();
    let mut out = Vec::new();
    for (px, qty, why) in [
        (100, 0, Refusal::QtyTooSmall),
        (100, -5, Refusal::QtyTooSmall),
        (100, 101, Refusal::QtyTooLarge),
        (0, 1, Refusal::PxOutOfRange),
        (1_000_001, 1, Refusal::PxOutOfRange),
    ] {
        assert_eq!(place(&mut exchange, Side::Buy, TimeInForce::Gtc, px, qty, &mut out), Err(why));
    }
    let which = Which::Id(resting);
    assert_eq!(exchange.amend(which, None, Some(Qty(4)), 0, &mut out), Err(Refusal::NotModified));
    assert_eq!(exchange.cancel(Which::Id(OrderId(99)), 0, &mut out), Err(Refusal::UnknownOrder));
    exchange.cancel(which, 0, &mut out).unwrap();
    assert_eq!(exchange.cancel(which, 0, &mut out), Err(Refusal::AlreadyCancelled));
    let mut twin = NewOrder {
        instrument: ID,
        client: Text::new("same").unwrap(),
        side: Side::Buy,
        order_type: OrderType::Limit,
        tif: TimeInForce::Gtc,
        px: Px(90),
        qty: Qty(1),
        reduce_only: false,
    };
    exchange.place(&twin, 0, &mut out).unwrap();
    assert_eq!(exchange.place(&twin, 0, &mut out), Err(Refusal::DuplicateClientId));
    twin.client = Text::EMPTY;
    twin.reduce_only = true;
    assert_eq!(exchange.place(&twin, 0, &mut out), Err(Refusal::NothingToReduce));
    twin.instrument = InstrumentId(7);
    assert_eq!(exchange.place(&twin, 0, &mut out), Err(Refusal::UnknownInstrument));
}

#[test]
fn the_history_is_bounded_and_the_account_stays_exact() {
    let rules = Rules { max_history: 10, ..Rules::bybit(deposit()) };
    let mut exchange = SimExchange::new(vec![instrument()], rules);
    let mut out = Vec::new();
    for _ in 0..50 {
        book(&mut exchange, &[(100, 7)], &[(101, 5)], &mut out);
        place(&mut exchange, Side::Buy, TimeInForce::Ioc, 101, 1, &mut out).unwrap();
    }
    let ledger = exchange.ledger();
    assert_eq!((ledger.orders.len(), ledger.orders_dropped), (10, 40));
    assert_eq!((ledger.fills.len(), ledger.fills_dropped), (10, 40));
    assert_eq!(exchange.position(ID).qty, Qty(50));
}

/// A smaller size keeps the place in the queue at one venue and loses it at the other; a new price loses it at both.
#[test]
fn an_amend_does_what_it_says() {
    for (rules, px, qty, ahead) in [
        (Rules::bybit(deposit()), None, Some(2), 2),
        (Rules::binance(deposit()), None, Some(2), 7),
        (Rules::bybit(deposit()), None, Some(5), 7),
        (Rules::bybit(deposit()), Some(99), None, 3),
    ] {
        let mut exchange = SimExchange::new(vec![instrument()], rules);
        let mut out = Vec::new();
        book(&mut exchange, &[(100, 7), (99, 3)], &[(101, 5)], &mut out);
        let id = place(&mut exchange, Side::Buy, TimeInForce::Gtc, 100, 4, &mut out).unwrap();
        trade(&mut exchange, Side::Sell, 100, 5, &mut out);
        book(&mut exchange, &[(100, 7)], &[], &mut out); // five more join behind
        exchange.amend(Which::Id(id), px.map(Px), qty.map(Qty), 0, &mut out).unwrap();
        let order = *exchange.order(Which::Id(id)).unwrap();
        assert_eq!((order.px, order.qty), (Px(px.unwrap_or(100)), Qty(qty.unwrap_or(4))));
        assert!(matches!(out.last(), Some(Output::Amended(o)) if o.qty == order.qty && o.px == order.px));
        trade(&mut exchange, Side::Sell, order.px.0, ahead, &mut out);
        assert_eq!(filled(&out), [], "what is ahead is served first");
        trade(&mut exchange, Side::Sell, order.px.0, 99, &mut out);
        assert_eq!(filled(&out), [(order.px.0, order.qty.0, FillReason::QueueReached)]);
    }
}

#[test]
fn an_amend_below_what_is_filled_ends_as_the_venue_has_it() {
    for (rules, want) in [
        (Rules::bybit(deposit()), Err(Refusal::BelowFilled)),
        (Rules::binance(deposit()), Ok(End::AmendedAway)),
    ] {
        let mut exchange = SimExchange::new(vec![instrument()], rules);
        let mut out = Vec::new();
        book(&mut exchange, &[(99, 1)], &[(101, 3)], &mut out);
        let id = place(&mut exchange, Side::Buy, TimeInForce::Gtc, 101, 8, &mut out).unwrap();
        let got = exchange.amend(Which::Id(id), None, Some(Qty(3)), 0, &mut out);
        assert_eq!(got.map(|id| exchange.order(Which::Id(id)).unwrap().end.unwrap()), want);
    }
}
