//! Laws of the order table: the state machine's shape, told stories, and a venue with a bad network whose ledger ours
//! must equal in the end and never fall short of on the way.

mod orders_venue;

use nanotick_engine::orders::{
    next, Due, Execution, Need, Next, Orders, OrdersConfig, Refused, State, Trigger,
};
use nanotick_model::{
    ClientId, Fill, InstrumentId, OrderStatus, OrderType, OrderUpdate, Place, Px, Qty, Reject, Side, Text,
    TimeInForce,
};

const MS: i64 = 1_000_000;
const ID: ClientId = ClientId::new(1, 1);
const INSTRUMENT: InstrumentId = InstrumentId(0);

fn place(client: ClientId, side: Side, px: i64, qty: i64) -> Place {
    Place {
        client,
        instrument: INSTRUMENT,
        side,
        order_type: OrderType::Limit,
        tif: TimeInForce::Gtc,
        reduce_only: false,
        px: Px(px),
        qty: Qty(qty),
    }
}

fn report(status: OrderStatus, px: i64, qty: i64, cum: i64) -> OrderUpdate {
    OrderUpdate {
        client: ID,
        venue_order: Text::EMPTY,
        status,
        reject: Reject::None,
        venue_code: 0,
        side: None,
        order_type: None,
        tif: None,
        px: Px(px),
        qty: Qty(qty),
        leaves: Qty((qty - cum).max(0)),
        cum: Qty(cum),
    }
}

fn fill(exec: &str, qty: i64) -> Fill {
    Fill {
        client: ID,
        venue_order: Text::EMPTY,
        exec_id: Text::new(exec).unwrap(),
        side: Side::Buy,
        px: Px(100),
        qty: Qty(qty),
        fee: 0,
        is_maker: true,
    }
}

/// States that the venue or a person may still be surprised by, but that hold no open size.
fn ended() -> impl Iterator<Item = State> {
    State::ALL.into_iter().filter(|state| !state.is_live())
}

fn goes_to(state: State, trigger: Trigger) -> Option<State> {
    match next(state, trigger).next {
        Next::To(to) => Some(to),
        Next::Stay | Next::Rest | Next::Refused => None,
    }
}

#[test]
fn the_table_keeps_its_laws() {
    use Trigger::*;
    let executions = [FillWithin, FillLast, FillBeyond];
    let reports = [
        Acked,
        Live,
        Amended,
        AmendRefused,
        CancelRefused,
        CancelUnknown,
        ReportedFilled,
        Cancelled,
        Rejected,
        Expired,
    ];
    let ours = [Submit, Deny, NotSent, RequestAmend, RequestCancel];
    let final_words = [ReportedFilled, Cancelled, Rejected, Expired, FillLast, FillBeyond];
    for state in State::ALL {
        for trigger in Trigger::ALL {
            let (step, to) = (next(state, trigger), goes_to(state, trigger));
            let what = format!("{state:?} × {trigger:?} -> {step:?}");
            if executions.contains(&trigger) || reports.contains(&trigger) {
                assert_ne!(step.next, Next::Refused, "a fact is never refused: {what}");
            }
            // An order that never left cannot be answered, and nothing else is a breach.
            let never_left = matches!(state, State::New | State::Denied | State::NotSent);
            let answered = executions.contains(&trigger) || reports.contains(&trigger);
            assert_eq!(step.need == Need::Breach, never_left && answered, "{what}");
            if state.is_live() {
                let ends = to.is_some_and(|to| !to.is_live());
                let allowed = final_words.contains(&trigger)
                    || trigger == ProvenAbsent
                        && matches!(state, State::Submitting | State::Unknown | State::PendingCancel)
                    || trigger == NotSent && matches!(state, State::New | State::Submitting)
                    || trigger == Deny && state == State::New;
                assert!(!ends || allowed, "ended without the venue's word: {what}");
                if final_words.contains(&trigger) && state != State::New {
                    assert!(ends, "the last word must end it: {what}");
                }
                assert_ne!(step.need, Need::CancelZombie, "{what}");
            } else {
                if ours.contains(&trigger) {
                    assert_eq!(step.next, Next::Refused, "{what}");
                }
                // Only a fresh report of a working order brings it back, and then it is to be cancelled.
                let back = step.next == Next::Rest || to.is_some_and(State::is_live);
                assert_eq!(back, step.need == Need::CancelZombie, "{what}");
                assert!(!back || matches!(trigger, Live | Amended | Acked), "{what}");
            }
            if matches!(trigger, Ambiguous | Missing) {
                assert!(to.is_none_or(State::is_live), "silence ends nothing: {what}");
            }
        }
    }
    for state in ended() {
        let over = next(state, FillBeyond).need;
        let want = match state {
            State::Denied | State::NotSent => Need::Breach,
            State::Filled => Need::HaltOverfill,
            _ => Need::AlertLate,
        };
        assert_eq!(over, want, "{state:?}");
    }
}

#[derive(Clone, Debug)]
enum In {
    Sent,
    Amend(i64, i64),
    Cancel,
    Report(OrderStatus, i64, i64, i64),
    /// As a report, refused for this reason.
    Refused(OrderStatus, Reject),
    /// As a report, with the venue's time.
    At(i64, OrderStatus, i64, i64, i64),
    Fill(&'static str, i64),
    Wait(i64),
    Absent,
}

/// One buy of 10 lots at 100, what happens to it, and where that leads: state, filled, exposure, last need.
#[test]
fn stories() {
    use In::*;
    use OrderStatus::*;
    type Story = (&'static str, &'static [In], State, i64, i64, Need);
    let stories: &[Story] = &[
        ("sent", &[Sent], State::Submitting, 0, 10, Need::Nothing),
        ("acknowledged", &[Sent, Report(Acked, 0, 0, 0)], State::Open, 0, 10, Need::Nothing),
        (
            "filled in two",
            &[Sent, Report(New, 100, 10, 0), Fill("a", 4), Fill("b", 6)],
            State::Filled,
            10,
            0,
            Need::Nothing,
        ),
        (
            "the fill comes before the answer",
            &[Sent, Fill("a", 4), Report(Acked, 0, 0, 0)],
            State::Partial,
            4,
            6,
            Need::Nothing,
        ),
        ("a fill twice", &[Sent, Fill("a", 4), Fill("a", 4)], State::Partial, 4, 6, Need::Nothing),
        (
            "filled by report, executions later",
            &[Sent, Report(Filled, 100, 10, 10)],
            State::Filled,
            0,
            10,
            Need::Nothing,
        ),
        (
            "… and they come",
            &[Sent, Report(Filled, 100, 10, 10), Fill("a", 10)],
            State::Filled,
            10,
            0,
            Need::Nothing,
        ),
        (
            "filled by a report that does not say how much",
            &[Sent, Report(Filled, 0, 0, 0)],
            State::Filled,
            0,
            10,
            Need::Nothing,
        ),
        (
            "an immediate order's end overtakes its fill",
            &[Sent, Report(Cancelled, 100, 10, 3)],
            State::Canceled,
            0,
            3,
            Need::Nothing,
        ),
        (
            "… and the fill comes",
            &[Sent, Report(Cancelled, 100, 10, 3), Fill("a", 3)],
            State::Canceled,
            3,
            0,
            Need::Nothing,
        ),
        (
            "… and one more",
            &[Sent, Report(Cancelled, 100, 10, 3), Fill("a", 3), Fill("b", 1)],
            State::FilledLate,
            4,
            0,
            Need::AlertLate,
        ),
        (
            "a late acknowledgement of an ended order",
            &[Sent, Report(Cancelled, 100, 10, 0), Report(Acked, 0, 0, 0)],
            State::Canceled,
            0,
            0,
            Need::Nothing,
        ),
        ("rejected", &[Sent, Refused(Rejected, Reject::Filter)], State::Rejected, 0, 0, Need::Nothing),
        (
            "the id is taken, perhaps by itself",
            &[Sent, Refused(Rejected, Reject::DuplicateId)],
            State::Unknown,
            0,
            10,
            Need::Query,
        ),
        (
            "a rejected order trades",
            &[Sent, Refused(Rejected, Reject::Filter), Fill("a", 2)],
            State::FilledLate,
            2,
            0,
            Need::AlertLate,
        ),
        ("no answer", &[Sent, Wait(1000)], State::Unknown, 0, 10, Need::Query),
        ("no answer for an hour", &[Sent, Wait(1000), Wait(3_600_000)], State::Unknown, 0, 10, Need::Nothing),
        (
            "no answer, then the answer",
            &[Sent, Wait(1000), Report(New, 100, 10, 0)],
            State::Open,
            0,
            10,
            Need::Nothing,
        ),
        (
            "no answer, proven absent",
            &[Sent, Report(Unknown, 0, 0, 0), Absent],
            State::Absent,
            0,
            0,
            Need::Nothing,
        ),
        (
            "proven absent, then it answers",
            &[Sent, Wait(1000), Absent, Report(Acked, 0, 0, 0)],
            State::Open,
            0,
            10,
            Need::CancelZombie,
        ),
        (
            "the venue loses an order it knew",
            &[Sent, Report(New, 100, 10, 0), Absent],
            State::Open,
            0,
            10,
            Need::AlertLost,
        ),
        (
            "amended",
            &[Sent, Report(New, 100, 10, 0), Amend(101, 15), Report(New, 101, 15, 0)],
            State::Open,
            0,
            15,
            Need::Nothing,
        ),
        (
            "both sizes count while amending up",
            &[Sent, Report(New, 100, 10, 0), Amend(101, 15)],
            State::PendingAmend,
            0,
            15,
            Need::Nothing,
        ),
        (
            "both sizes count while amending down",
            &[Sent, Report(New, 100, 10, 0), Amend(100, 5)],
            State::PendingAmend,
            0,
            10,
            Need::Nothing,
        ),
        (
            "a fill while amending",
            &[Sent, Report(New, 100, 10, 0), Amend(100, 15), Fill("a", 4)],
            State::PendingAmend,
            4,
            11,
            Need::Nothing,
        ),
        (
            "amend refused",
            &[Sent, Report(New, 100, 10, 0), Amend(100, 15), Refused(AmendRejected, Reject::Filter)],
            State::Open,
            0,
            10,
            Need::Query,
        ),
        (
            "amend refused as it had filled",
            &[
                Sent,
                Report(New, 100, 10, 0),
                Amend(100, 15),
                Fill("a", 10),
                Refused(AmendRejected, Reject::UnknownOrder),
            ],
            State::Filled,
            10,
            0,
            Need::Query,
        ),
        (
            "amend not answered",
            &[Sent, Report(New, 100, 10, 0), Amend(100, 15), Wait(1000)],
            State::AmendUnknown,
            0,
            15,
            Need::Query,
        ),
        (
            "… the old figures decide nothing yet",
            &[Sent, Report(New, 100, 10, 0), Amend(100, 15), Wait(1000), Report(New, 100, 10, 0)],
            State::AmendUnknown,
            0,
            15,
            Need::Nothing,
        ),
        (
            "… but do when it cannot come any more",
            &[Sent, Report(New, 100, 10, 0), Amend(100, 15), Wait(1000), Wait(6000), Report(New, 100, 10, 0)],
            State::Open,
            0,
            10,
            Need::Query,
        ),
        (
            "cancelled while amending",
            &[Sent, Report(New, 100, 10, 0), Amend(100, 15), Cancel],
            State::PendingCancel,
            0,
            15,
            Need::Nothing,
        ),
        (
            "cancelled",
            &[Sent, Report(New, 100, 10, 0), Cancel, Report(Cancelled, 100, 10, 0)],
            State::Canceled,
            0,
            0,
            Need::Nothing,
        ),
        (
            "cancel and fill cross",
            &[
                Sent,
                Report(New, 100, 10, 0),
                Cancel,
                Fill("a", 10),
                Refused(CancelRejected, Reject::UnknownOrder),
            ],
            State::Filled,
            10,
            0,
            Need::Nothing,
        ),
        (
            "cancel: unknown order",
            &[Sent, Report(New, 100, 10, 0), Cancel, Refused(CancelRejected, Reject::UnknownOrder)],
            State::PendingCancel,
            0,
            10,
            Need::Query,
        ),
        (
            "cancel refused",
            &[Sent, Report(New, 100, 10, 0), Cancel, Refused(CancelRejected, Reject::RateLimited)],
            State::Open,
            0,
            10,
            Need::Query,
        ),
        (
            "cancel refused of an order never heard of",
            &[Sent, Cancel, Refused(CancelRejected, Reject::RateLimited)],
            State::Unknown,
            0,
            10,
            Need::Query,
        ),
        (
            "cancel never answered",
            &[Sent, Report(New, 100, 10, 0), Cancel, Wait(60_000)],
            State::PendingCancel,
            0,
            10,
            Need::Nothing,
        ),
        (
            "trades after the cancel",
            &[Sent, Report(New, 100, 10, 0), Cancel, Report(Cancelled, 100, 10, 0), Fill("a", 3)],
            State::FilledLate,
            3,
            0,
            Need::AlertLate,
        ),
        (
            "more than its size",
            &[Sent, Report(New, 100, 10, 0), Fill("a", 7), Fill("b", 7)],
            State::Filled,
            14,
            0,
            Need::HaltOverfill,
        ),
        (
            "an execution after it was full",
            &[Sent, Fill("a", 10), Fill("b", 1)],
            State::Filled,
            11,
            0,
            Need::HaltOverfill,
        ),
        (
            "an old report of life after the end",
            &[Sent, At(5, Cancelled, 100, 10, 0), At(4, New, 100, 10, 0)],
            State::Canceled,
            0,
            0,
            Need::Nothing,
        ),
        (
            "a new report of life after the end",
            &[Sent, At(5, Cancelled, 100, 10, 0), At(6, New, 100, 10, 0)],
            State::Open,
            0,
            10,
            Need::CancelZombie,
        ),
        (
            "the venue shrinks it",
            &[Sent, At(5, New, 100, 10, 0), At(6, New, 100, 8, 0)],
            State::Open,
            0,
            8,
            Need::Nothing,
        ),
        (
            "an older report does not",
            &[Sent, At(6, New, 100, 10, 0), At(5, New, 100, 8, 0)],
            State::Open,
            0,
            10,
            Need::Nothing,
        ),
        (
            "a report of nonsense size",
            &[Sent, Report(New, 100, i64::MAX, i64::MAX)],
            State::Open,
            0,
            10,
            Need::Nothing,
        ),
        (
            "expired in part",
            &[Sent, Fill("a", 4), Report(Expired, 100, 10, 4)],
            State::Expired,
            4,
            0,
            Need::Nothing,
        ),
    ];
    for (name, inputs, state, filled, exposure, last_need) in stories {
        let mut orders = Orders::new(OrdersConfig::for_instruments(1));
        let (mut now_ns, mut need) = (0, Need::Nothing);
        orders.create(&place(ID, Side::Buy, 100, 10), now_ns).unwrap();
        for input in *inputs {
            now_ns += MS;
            let mut on =
                |report: &OrderUpdate, venue_ns| orders.on_update(report, venue_ns, now_ns).unwrap().need;
            need = match *input {
                Sent => orders.submitted(ID, now_ns).unwrap().need,
                Amend(px, qty) => orders.amending(ID, Px(px), Qty(qty), now_ns).unwrap().need,
                Cancel => orders.cancelling(ID, now_ns).unwrap().need,
                Report(status, px, qty, cum) => on(&report(status, px, qty, cum), 0),
                At(venue_ns, status, px, qty, cum) => on(&report(status, px, qty, cum), venue_ns),
                Refused(status, reject) => on(&OrderUpdate { reject, ..report(status, 0, 0, 0) }, 0),
                Fill(exec, qty) => match orders.on_fill(INSTRUMENT, &fill(exec, qty), now_ns) {
                    Execution::Ours(change) => change.need,
                    Execution::Duplicate => Need::Nothing,
                    other => panic!("{name}: {other:?}"),
                },
                Absent => orders.proven_absent(ID, now_ns).unwrap().need,
                Wait(ms) => {
                    now_ns += ms * MS;
                    let mut need = Need::Nothing;
                    orders.poll(now_ns, |due| {
                        if let Due::Overdue(change) = due {
                            need = change.need;
                        }
                    });
                    need
                }
            };
            assert_eq!(orders.check_invariants(), Ok(()), "{name}");
        }
        let order = orders.get(ID).unwrap();
        let got = (order.state, order.filled.0, order.exposure().0, need);
        assert_eq!(got, (*state, *filled, *exposure, *last_need), "{name}");
        assert_eq!(orders.exposure(INSTRUMENT, Side::Buy).leaves.0, *exposure, "{name}");
        assert_eq!(orders.live_count(), state.is_live() as usize, "{name}");
        assert_eq!(order.overfilled, *filled > 10, "{name}");
    }
}

#[test]
fn undecided_orders_are_asked_for_on_schedule() {
    let mut orders = Orders::new(OrdersConfig::for_instruments(1));
    orders.create(&place(ID, Side::Buy, 100, 10), 0).unwrap();
    orders.submitted(ID, 0).unwrap();
    let mut log = Vec::new();
    for ms in 0..22_000 {
        orders.poll(ms * MS, |due| log.push((ms, due)));
    }
    let times = |want: fn(&Due) -> bool| -> Vec<i64> {
        log.iter().filter(|(_, due)| want(due)).map(|(ms, _)| *ms).collect()
    };
    assert_eq!(times(|due| matches!(due, Due::Overdue(_))), [1000]);
    assert_eq!(times(|due| matches!(due, Due::Query(_))), [1200, 1700, 2700, 4700, 9700, 14700, 19700]);
    assert_eq!(times(|due| matches!(due, Due::Alarm(_))), [14700]);
    log.clear();
    orders.cancelling(ID, 22_000 * MS).unwrap();
    for ms in 22_000..28_000 {
        orders.poll(ms * MS, |due| log.push((ms, due)));
    }
    assert!(log.iter().all(|(_, due)| *due == Due::ResendCancel(ID)));
    assert_eq!(log.iter().map(|(ms, _)| *ms).collect::<Vec<_>>(), [22_500, 23_500, 25_500, 27_500]);
}

#[test]
fn requests_that_make_no_sense_change_nothing() {
    let mut orders = Orders::new(OrdersConfig { live: 2, ended: 1, ..OrdersConfig::for_instruments(1) });
    let id = |seq| ClientId::new(1, seq);
    let order = |seq| place(id(seq), Side::Sell, 100 + seq as i64, 1);
    assert_eq!(orders.cancelling(id(1), 0), Err(Refused::NotFound));
    orders.create(&order(1), 0).unwrap();
    assert_eq!(orders.create(&order(1), 0), Err(Refused::DuplicateId));
    assert_eq!(orders.create(&Place { client: ClientId::NONE, ..order(1) }, 0), Err(Refused::DuplicateId));
    assert_eq!(orders.create(&Place { instrument: InstrumentId(1), ..order(9) }, 0), Err(Refused::NotFound));
    assert_eq!(orders.cancelling(id(1), 0), Err(Refused::State(State::New)));
    orders.create(&order(2), 0).unwrap();
    assert_eq!(orders.create(&order(3), 0), Err(Refused::Full));
    let hash = orders.state_hash();
    assert_eq!(orders.amending(id(2), Px(1), Qty(1), 0), Err(Refused::State(State::New)));
    assert_eq!(orders.state_hash(), hash);
    let best = |orders: &Orders| orders.exposure(INSTRUMENT, Side::Sell).best_px;
    assert_eq!(best(&orders), Some(Px(101)));
    orders.denied(id(1), 0).unwrap();
    assert_eq!(best(&orders), Some(Px(102)));
    // Ended orders give way, oldest first; live ones never do.
    for seq in 3..100 {
        orders.create(&order(seq), 0).unwrap();
        orders.not_sent(id(seq), 0).unwrap();
        assert_eq!(orders.get(id(seq)).map(|o| o.state), Some(State::NotSent));
        assert_eq!(orders.get(id(seq - 1)).is_some(), seq - 1 == 2, "{seq}");
        assert_eq!(orders.get(id(2)).map(|o| o.state), Some(State::New));
    }
}

#[test]
fn an_order_of_an_earlier_run_is_taken_over() {
    let mut orders = Orders::new(OrdersConfig::for_instruments(1));
    let found = OrderUpdate { side: Some(Side::Buy), ..report(OrderStatus::PartiallyFilled, 100, 10, 4) };
    assert_eq!(orders.adopt(INSTRUMENT, &OrderUpdate { side: None, ..found }, 1, 1), Err(Refused::NotFound));
    orders.adopt(INSTRUMENT, &found, 1, 1).unwrap();
    assert_eq!(orders.adopt(INSTRUMENT, &found, 1, 1), Err(Refused::DuplicateId));
    let order = orders.get(ID).unwrap();
    assert_eq!((order.state, order.exposure()), (State::Partial, Qty(6)));
    orders.cancelling(ID, 2).unwrap();
    orders.on_update(&report(OrderStatus::Cancelled, 100, 10, 4), 3, 3).unwrap();
    assert_eq!(orders.exposure(INSTRUMENT, Side::Buy), &Default::default());
    assert_eq!(orders.check_invariants(), Ok(()));
}

#[test]
fn executions_of_others_are_told_apart() {
    let mut orders = Orders::new(OrdersConfig::for_instruments(2));
    assert_eq!(orders.on_fill(INSTRUMENT, &fill("x", 1), 0), Execution::Foreign);
    assert_eq!(orders.on_fill(INSTRUMENT, &fill("x", 1), 0), Execution::Duplicate);
    assert_eq!(orders.on_fill(INSTRUMENT, &fill("y", 0), 0), Execution::Malformed);
    assert_eq!(orders.on_fill(INSTRUMENT, &fill("z", i64::MIN), 0), Execution::Malformed);
    orders.create(&place(ID, Side::Sell, 100, 1), 0).unwrap();
    orders.submitted(ID, 0).unwrap();
    // A buy for an order that sells: the venue and we speak of different things.
    let Execution::Ours(change) = orders.on_fill(INSTRUMENT, &fill("w", 1), 0) else { panic!() };
    assert_eq!(change.need, Need::Breach);
}

#[test]
fn another_venue_id_is_told() {
    let mut orders = Orders::new(OrdersConfig::for_instruments(1));
    orders.create(&place(ID, Side::Buy, 100, 10), 0).unwrap();
    orders.submitted(ID, 0).unwrap();
    let named =
        |id| OrderUpdate { venue_order: Text::new(id).unwrap(), ..report(OrderStatus::New, 100, 10, 0) };
    assert_eq!(orders.on_update(&named("a"), 0, 0).unwrap().need, Need::Nothing);
    assert_eq!(orders.on_update(&named("a"), 0, 0).unwrap().need, Need::Nothing);
    assert_eq!(orders.on_update(&named("b"), 0, 0).unwrap().need, Need::AlertTwoIds);
}
