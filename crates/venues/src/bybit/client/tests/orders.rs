//! Orders out, acknowledgements and the account's stream in.

use super::*;
use crate::shared_data;
use nanotick_model::{Amend, Cancel, CancelAll, OrderType, Place, Side, TimeInForce};
use serde_json::{json, Value};

const CLIENT: ClientId = ClientId::new(3, 71);

pub(super) fn place() -> Place {
    Place {
        client: CLIENT,
        instrument: InstrumentId(0),
        side: Side::Buy,
        order_type: OrderType::Limit,
        tif: TimeInForce::PostOnly,
        reduce_only: false,
        px: Px(970_001),
        qty: Qty(12),
    }
}

fn frame(bench: &mut Bench, command: Command) -> Value {
    let text = bench.order(&command).expect("a frame");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The one order update among what was said.
fn update(bench: &mut Bench) -> (u16, OrderUpdate) {
    match bench.said().as_slice() {
        [Happened::Order(at, update)] => (*at, *update),
        other => panic!("{other:?}"),
    }
}

#[test]
fn frames_are_what_the_venue_documents() {
    let mut bench = Bench::ready();
    let header = json!({"X-BAPI-TIMESTAMP": "1700000000000", "X-BAPI-RECV-WINDOW": "5000"});
    let create = |body: Value| {
        let mut all = json!({"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "timeInForce": "PostOnly",
            "reduceOnly": false, "qty": "0.012", "price": "97000.1", "orderLinkId": "nt3-1z"});
        for (key, value) in body.as_object().unwrap() {
            match value {
                Value::Null => all.as_object_mut().unwrap().remove(key),
                value => all.as_object_mut().unwrap().insert(key.clone(), value.clone()),
            };
        }
        all
    };
    let amend =
        Amend { client: CLIENT, instrument: InstrumentId(1), side: Side::Buy, px: Px(1), qty: Qty(100) };
    let cases = [
        (Command::Place(place()), "order.create", create(json!({}))),
        (
            Command::Place(Place { side: Side::Sell, tif: TimeInForce::Gtc, reduce_only: true, ..place() }),
            "order.create",
            create(json!({"side": "Sell", "timeInForce": "GTC", "reduceOnly": true})),
        ),
        (
            Command::Place(Place {
                order_type: OrderType::Market,
                tif: TimeInForce::Gtc,
                qty: Qty(1_000_000),
                ..place()
            }),
            "order.create",
            create(json!({"orderType": "Market", "timeInForce": "IOC", "qty": "1000.000", "price": null})),
        ),
        (
            Command::Place(Place {
                instrument: InstrumentId(1),
                tif: TimeInForce::Fok,
                px: Px(5),
                qty: Qty(7),
                ..place()
            }),
            "order.create",
            create(json!({"symbol": "ETHUSDT", "timeInForce": "FOK", "qty": "0.07", "price": "0.05"})),
        ),
        (
            Command::Amend(amend),
            "order.amend",
            json!({"category": "linear", "symbol": "ETHUSDT", "qty": "1.00", "price": "0.01", "orderLinkId": "nt3-1z"}),
        ),
        (
            Command::Cancel(Cancel { client: CLIENT, instrument: InstrumentId(0) }),
            "order.cancel",
            json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "nt3-1z"}),
        ),
    ];
    let mut ids = Vec::new();
    for (command, op, body) in cases {
        let mut frame = frame(&mut bench, command);
        ids.push(frame["reqId"].take());
        assert_eq!(frame, json!({"reqId": null, "header": header, "op": op, "args": [body]}));
    }
    assert_eq!(
        json!(ids),
        json!(["nt3-1z.c1", "nt3-1z.c2", "nt3-1z.c3", "nt3-1z.c4", "nt3-1z.a5", "nt3-1z.x6"])
    );
}

/// The clock and the run change between orders; what is kept from one to the next must not show.
#[test]
fn nothing_is_kept_that_has_changed() {
    let mut bench = Bench::ready();
    for (epoch, seq, now_ms) in
        [(1, 1, 0u64), (1, 36, 999), (2, 0, 1000), (2, ClientId::MAX_SEQ, 59_999), (1, 35, 60_007)]
    {
        bench.now_ns = START_NS + now_ms as i64 * 1_000_000;
        let client = ClientId::new(epoch, seq);
        let frame = frame(&mut bench, Command::Place(Place { client, ..place() }));
        assert_eq!(frame["args"][0]["orderLinkId"], client.to_string());
        assert_eq!(frame["header"]["X-BAPI-TIMESTAMP"], (1_700_000_000_000 + now_ms).to_string());
    }
}

#[test]
fn acknowledgements_mean_what_they_say_and_no_more() {
    use OrderStatus::*;
    let create = Command::Place(place());
    let cancel = Command::Cancel(Cancel { client: CLIENT, instrument: InstrumentId(1) });
    let amend = Command::Amend(Amend {
        client: CLIENT,
        instrument: InstrumentId(0),
        side: Side::Buy,
        px: Px(10),
        qty: Qty(1),
    });
    let cases = [
        (create, 0, Some((Acked, Reject::None))),
        (cancel, 0, None),
        (amend, 0, None),
        (create, 110007, Some((Rejected, Reject::InsufficientBalance))),
        (create, 10001, Some((Rejected, Reject::BadParameter))),
        (create, 10002, Some((Rejected, Reject::Timestamp))),
        (create, 10006, Some((Rejected, Reject::RateLimited))),
        (create, 110072, Some((Rejected, Reject::DuplicateId))),
        (create, 999_999, Some((Rejected, Reject::Venue))),
        (create, 10016, Some((Unknown, Reject::None))),
        (create, 10019, Some((Unknown, Reject::None))),
        // The order may have been filled, or may not have arrived yet: this is never "cancelled".
        (cancel, 110001, Some((CancelRejected, Reject::UnknownOrder))),
        (cancel, 10016, Some((Unknown, Reject::None))),
        (amend, 110001, Some((AmendRejected, Reject::UnknownOrder))),
        (amend, 110043, Some((AmendRejected, Reject::BadParameter))),
    ];
    for (command, code, want) in cases {
        let mut bench = Bench::ready();
        bench.said();
        let frame = frame(&mut bench, command);
        let reply = json!({"reqId": frame["reqId"], "retCode": code, "retMsg": "?", "op": frame["op"],
            "data": {"orderId": "a4c1", "orderLinkId": "nt3-1z"}, "retExtInfo": {}, "header": {}, "connId": "1"});
        bench.hear(Socket::Trade, &reply.to_string()).unwrap();
        let Some((status, reject)) = want else {
            assert_eq!(bench.said(), [], "{command:?} {code}");
            continue;
        };
        let (at, update) = update(&mut bench);
        assert_eq!((update.status, update.reject), (status, reject), "{command:?} {code}");
        assert_eq!((update.client, update.venue_code, update.venue_order.as_str()), (CLIENT, code, "a4c1"));
        assert_eq!(at, if command == cancel { 1 } else { 0 });
        // The same answer again is an answer to nothing.
        assert!(bench.hear(Socket::Trade, &reply.to_string()).is_err());
        assert_eq!(bench.said(), []);
        assert_eq!(bench.io.reconnect.len(), (code == 10019) as usize);
    }
}

#[test]
fn what_is_not_answered_becomes_unknown_and_a_late_answer_still_counts() {
    let mut bench = Bench::ready();
    bench.said();
    let id = frame(&mut bench, Command::Place(place()))["reqId"].clone();
    bench.wait(0.9);
    assert_eq!(bench.said(), []);
    bench.wait(0.3);
    assert_eq!(update(&mut bench).1.status, OrderStatus::Unknown);
    bench.wait(5.0);
    assert!(!bench.said().iter().any(|h| matches!(h, Happened::Order(..))), "reported once");
    let reply = json!({"reqId": id, "retCode": 0, "op": "order.create", "data": {"orderId": "a"}});
    bench.hear(Socket::Trade, &reply.to_string()).unwrap();
    assert_eq!(update(&mut bench).1.status, OrderStatus::Acked);
}

#[test]
fn an_answer_that_cannot_be_read_leaves_the_outcome_unknown() {
    let mut bench = Bench::ready();
    bench.said();
    let id = frame(&mut bench, Command::Place(place()))["reqId"].clone();
    assert!(bench.hear(Socket::Trade, r#"{"reqId":"nt3-1z.c1","retCode":0,"op":"#).is_err());
    assert!(bench.hear(Socket::Trade, r#"{"reqId":"nt3-1z.c9","retCode":0,"op":"order.create"}"#).is_err());
    assert_eq!(bench.said(), []);
    bench.hear(Socket::Trade, &json!({"reqId": id, "op": "order.create"}).to_string()).unwrap();
    assert_eq!(update(&mut bench).1.status, OrderStatus::Unknown, "no return code");
}

#[test]
fn a_lost_trade_socket_leaves_open_requests_unknown_and_refuses_new_ones() {
    let mut bench = Bench::ready();
    bench.said();
    frame(&mut bench, Command::Place(place()));
    bench.close(Socket::Trade);
    let said = bench.said();
    assert_eq!(said[0], Happened::Link(0, Socket::Trade, LinkState::Down));
    assert!(
        matches!(said[1..], [Happened::Order(0, OrderUpdate { status: OrderStatus::Unknown, .. })]),
        "{said:?}"
    );

    assert_eq!(bench.order(&Command::Place(place())), None);
    let cancel = Command::Cancel(Cancel { client: CLIENT, instrument: InstrumentId(0) });
    assert_eq!(bench.order(&cancel), None);
    bench.wait(0.1);
    let statuses: Vec<OrderStatus> = bench
        .said()
        .iter()
        .map(|happened| match happened {
            Happened::Order(_, update) => update.status,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(statuses, [OrderStatus::Rejected, OrderStatus::CancelRejected]);
}

fn order_message(changes: Value) -> String {
    let mut order = json!({"category": "linear", "symbol": "BTCUSDT", "orderId": "9b8d", "side": "Sell", "orderType": "Limit",
        "cancelType": "UNKNOWN", "price": "30000.10", "qty": "0.010", "timeInForce": "PostOnly", "orderStatus": "New",
        "orderLinkId": "nt3-1z", "leavesQty": "0.010", "cumExecQty": "0", "rejectReason": "EC_NoError", "avgPrice": "",
        "updatedTime": "1700000005000"});
    for (key, value) in changes.as_object().unwrap() {
        order[key] = value.clone();
    }
    json!({"id": "1", "topic": "order", "creationTime": 1_700_000_007_000u64, "data": [order]}).to_string()
}

#[test]
fn the_order_stream_becomes_updates() {
    use OrderStatus::*;
    let cases = [
        (json!({}), New, Reject::None),
        (
            json!({"orderStatus": "PartiallyFilled", "leavesQty": "0.004", "cumExecQty": "0.006"}),
            PartiallyFilled,
            Reject::None,
        ),
        (json!({"orderStatus": "Filled", "leavesQty": "0", "cumExecQty": "0.010"}), Filled, Reject::None),
        (
            json!({"orderStatus": "Cancelled", "leavesQty": "0", "rejectReason": "EC_PostOnlyWillTakeLiquidity"}),
            Cancelled,
            Reject::PostOnlyWouldTake,
        ),
        (
            json!({"orderStatus": "Cancelled", "leavesQty": "0", "rejectReason": "EC_NoImmediateQtyToFill"}),
            Cancelled,
            Reject::NoImmediateFill,
        ),
        (json!({"orderStatus": "Cancelled", "rejectReason": "EC_PerCancelRequest"}), Cancelled, Reject::None),
        (json!({"orderStatus": "Rejected", "rejectReason": "EC_SomethingNew"}), Rejected, Reject::Venue),
        (json!({"orderStatus": "Deactivated", "rejectReason": null}), Cancelled, Reject::None),
    ];
    for (changes, status, reject) in cases {
        let mut bench = Bench::ready();
        bench.said();
        bench.hear(Socket::Private, &order_message(changes.clone())).unwrap();
        let (at, update) = update(&mut bench);
        assert_eq!(
            (at, update.status, update.reject, update.client),
            (0, status, reject, CLIENT),
            "{changes}"
        );
        assert_eq!((update.side, update.px, update.qty), (Some(Side::Sell), Px(300_001), Qty(10)));
        assert_eq!((update.order_type, update.tif), (Some(OrderType::Limit), Some(TimeInForce::PostOnly)));
        if status == PartiallyFilled {
            assert_eq!((update.leaves, update.cum), (Qty(4), Qty(6)));
        }
    }
}

#[test]
fn entries_of_no_concern_are_counted_and_bad_ones_hide_nothing() {
    let mut bench = Bench::ready();
    bench.said();
    for changes in [json!({"symbol": "SOLUSDT"}), json!({"category": "spot"}), json!({"category": "inverse"})]
    {
        bench.hear(Socket::Private, &order_message(changes)).unwrap();
    }
    assert_eq!((bench.said(), bench.client.foreign_entries(), bench.client.bad_messages().0), (vec![], 3, 0));
    // Somebody else's order in our symbol is news: it counts in the exposure.
    bench.hear(Socket::Private, &order_message(json!({"orderLinkId": "theirs"}))).unwrap();
    assert_eq!(update(&mut bench).1.client, ClientId::NONE);

    for changes in [
        json!({"price": "30000.15"}),
        json!({"price": "-1"}),
        json!({"qty": "NaN"}),
        json!({"qty": "1e3"}),
        json!({"cumExecQty": ""}),
        json!({"orderStatus": "Pondering"}),
        json!({"side": ""}),
        json!({"orderId": "x".repeat(41)}),
    ] {
        let before = bench.client.bad_messages().0;
        let bad: Value = serde_json::from_str(&order_message(changes.clone())).unwrap();
        let good: Value = serde_json::from_str(&order_message(json!({}))).unwrap();
        let both = json!({"topic": "order", "creationTime": 1, "data": [bad["data"][0], good["data"][0]]});
        bench.hear(Socket::Private, &both.to_string()).unwrap();
        assert_eq!(bench.client.bad_messages().0, before + 1, "{changes}");
        assert_eq!(update(&mut bench).1.status, OrderStatus::New, "the good one of the two");
    }
    for text in [
        r#"{"topic":"order","data":[{}]}"#,
        r#"{"topic":"order"}"#,
        r#"{"topic":"greeks","data":[]}"#,
        "[1]",
        "",
    ] {
        assert!(bench.hear(Socket::Private, text).is_err(), "{text}");
    }
}

#[test]
fn executions_are_fills_to_the_last_decimal() {
    let mut bench = Bench::ready();
    bench.said();
    let execution = |changes: Value| {
        let mut execution = json!({"category": "linear", "symbol": "BTCUSDT", "execFee": "26.3725275", "execId": "0ab1bdf7", "execPrice": "95900.1",
            "execQty": "0.5", "execType": "Trade", "orderId": "9aac161b", "orderLinkId": "nt3-1z", "side": "Sell", "execTime": "1746270400353",
            "isMaker": false, "seq": 1});
        for (key, value) in changes.as_object().unwrap() {
            execution[key] = value.clone();
        }
        execution
    };
    let message = |list: Vec<Value>| {
        json!({"topic": "execution", "id": "1", "creationTime": 1, "data": list}).to_string()
    };
    let both = [
        execution(json!({})),
        execution(json!({"execId": "2", "execFee": "-0.0002", "isMaker": true, "side": "Buy"})),
    ];
    bench.hear(Socket::Private, &message(both.to_vec())).unwrap();
    let said = bench.said();
    let [Happened::Fill(0, first), Happened::Fill(0, second)] = said[..] else { panic!("{said:?}") };
    assert_eq!((first.client, first.px, first.qty, first.side), (CLIENT, Px(959_001), Qty(500), Side::Sell));
    assert_eq!((first.exec_id.as_str(), first.fee, first.is_maker), ("0ab1bdf7", 26_372_527_500_000, false));
    assert_eq!((second.fee, second.is_maker), (-200_000_000, true));
    // Deleveraging changes the position; funding does not.
    let adl = execution(json!({"execType": "AdlTrade", "orderLinkId": ""}));
    bench.hear(Socket::Private, &message(vec![adl, execution(json!({"execType": "Funding"}))])).unwrap();
    let said = bench.said();
    let [Happened::Fill(0, fill)] = said[..] else { panic!("{said:?}") };
    assert_eq!((fill.client, bench.client.foreign_entries()), (ClientId::NONE, 1));
    for changes in
        [json!({"execQty": "0"}), json!({"execQty": "-1"}), json!({"execFee": "NaN"}), json!({"execId": ""})]
    {
        bench.hear(Socket::Private, &message(vec![execution(changes.clone())])).unwrap();
        assert_eq!(bench.said(), [], "{changes}");
    }
    assert_eq!(bench.client.bad_messages().0, 4);
}

#[test]
fn positions_and_balances_are_the_accounts() {
    let mut bench = Bench::ready();
    bench.said();
    let position = |side: &str, size: &str, index: u8| {
        json!({"topic": "position", "id": "1", "creationTime": 1, "data": [{"positionIdx": index, "symbol": "ETHUSDT", "side": side, "size": size,
            "category": "linear", "updatedTime": "1762199125472"}]})
        .to_string()
    };
    for (side, size, want) in [("Sell", "0.01", -1), ("Buy", "2", 200), ("", "0", 0), ("None", "0", 0)] {
        bench.hear(Socket::Private, &position(side, size, 0)).unwrap();
        assert_eq!(bench.said(), [Happened::Position(1, Position { qty: Qty(want) })]);
    }
    for (side, size, index) in [("", "1", 0), ("Buy", "-1", 0), ("Buy", "1", 1)] {
        bench.hear(Socket::Private, &position(side, size, index)).unwrap();
        assert_eq!(bench.said(), [], "{side} {size} {index}");
    }
    let wallet = json!({"topic": "wallet", "id": "1", "creationTime": 1, "data": [{"accountType": "UNIFIED", "coin": [
        {"coin": "USDT", "walletBalance": "9647.75537647"}, {"coin": "AVERYLONGCOIN", "walletBalance": "1"}, {"coin": "BTC", "walletBalance": "-1e5"}]}]});
    bench.hear(Socket::Private, &wallet.to_string()).unwrap();
    let want = Balance { coin: Text::new("USDT").unwrap(), wallet: 9_647_755_376_470_000 };
    assert_eq!(bench.said(), [Happened::Balance(want)]);
}

/// Messages that other people captured or transcribed: all are understood.
#[test]
fn foreign_fixtures_are_understood() {
    let mut read = 0;
    for (name, socket) in [
        ("ws_account_order", Socket::Private),
        ("ws_account_order_filled", Socket::Private),
        ("ws_account_execution", Socket::Private),
        ("ws_account_execution_adl", Socket::Private),
        ("ws_account_position", Socket::Private),
        ("ws_account_position_short", Socket::Private),
        ("ws_account_wallet", Socket::Private),
        ("ws_account_wallet_small_order", Socket::Private),
        ("ws_subscription_ack", Socket::Public),
        ("ws_ticker_linear", Socket::Public),
        ("ws_kline", Socket::Public),
    ] {
        let Some(text) = shared_data::text(&format!("venues/bybit/nautilus/{name}.json")) else { continue };
        let mut bench = Bench::ready();
        bench.hear(socket, &text).unwrap_or_else(|bad| panic!("{name}: {bad:?}"));
        assert_eq!(bench.client.bad_messages(), (0, None), "{name}");
        read += 1;
    }
    println!("{read} fixtures read");
}

#[test]
fn a_cancel_all_is_signed_and_repeated_until_the_venue_takes_it() {
    let mut bench = Bench::ready();
    bench.said();
    assert_eq!(bench.order(&Command::CancelAll(CancelAll { instrument: InstrumentId(1) })), None);
    for attempt in 0..4 {
        let request = bench.io.requests.remove(0);
        assert_eq!((request.method, request.path.as_str()), ("POST", "/v5/order/cancel-all"));
        assert_eq!(request.body, r#"{"category":"linear","symbol":"ETHUSDT"}"#);
        let header = |name: &str| request.headers.iter().find(|(n, _)| *n == name).unwrap().1.clone();
        let signed = format!("{}key5000{}", header("X-BAPI-TIMESTAMP"), request.body);
        let signer = crate::sign::Signer::new(&Secret::new("secret".into()));
        assert_eq!(header("X-BAPI-SIGN"), signer.sign_text(&[signed.as_bytes()]));
        assert_eq!(request.not_before_ns > bench.now_ns, attempt > 0);
        bench.answer(request.tag, if attempt == 0 { 0 } else { 503 }, "");
    }
    assert!(bench.io.requests.is_empty());
    assert_eq!(bench.said(), [Happened::Link(0, Socket::Rest, LinkState::Down)]);

    bench.order(&Command::CancelAll(CancelAll { instrument: InstrumentId(0) }));
    let tag = bench.io.requests.remove(0).tag;
    bench.answer(tag, 200, r#"{"retCode":0,"retMsg":"OK","result":{"list":[]}}"#);
    assert_eq!((bench.said(), bench.io.requests.len()), (vec![], 0));
}
