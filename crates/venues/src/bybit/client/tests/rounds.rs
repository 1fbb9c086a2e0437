//! Reconciliation: what is asked, in which order, and when it counts as done.

use super::*;
use crate::client::HttpRequest;
use serde_json::{json, Value};

fn ok(result: Value) -> String {
    json!({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}).to_string()
}

/// What an account with one order, one fill and one position answers.
fn venue_says(request: &HttpRequest) -> String {
    let is_btc = request.path.contains("BTCUSDT");
    let (path, query) = request.path.split_once('?').unwrap();
    let list = match path {
        "/v5/execution/list" if is_btc => {
            json!([{"symbol": "BTCUSDT", "orderId": "a", "orderLinkId": "nt3-1z", "side": "Buy",
            "execFee": "0.0150", "execId": "e1", "execPrice": "50000.00", "execQty": "0.100", "execType": "Trade",
            "execTime": "1700000000000", "isMaker": true}])
        }
        "/v5/order/realtime" if is_btc && query.contains("openOnly=0") => {
            json!([{"orderId": "a", "orderLinkId": "nt3-1z",
            "symbol": "BTCUSDT", "price": "50000.00", "qty": "0.200", "side": "Buy", "orderStatus": "PartiallyFilled",
            "leavesQty": "0.100", "cumExecQty": "0.100", "timeInForce": "GTC", "orderType": "Limit", "avgPrice": null,
            "updatedTime": "1700000000000"}])
        }
        "/v5/order/realtime" if is_btc => json!([
            {"orderId": "b", "orderLinkId": "nt3-20", "symbol": "BTCUSDT", "price": "1.00", "qty": "0.200", "side": "Buy",
             "orderStatus": "Cancelled", "leavesQty": "0", "cumExecQty": "0", "updatedTime": "1700000000000"},
            {"orderId": "c", "orderLinkId": "nt2-1", "symbol": "BTCUSDT", "price": "1.00", "qty": "0.200", "side": "Buy",
             "orderStatus": "Cancelled", "leavesQty": "0", "cumExecQty": "0", "updatedTime": "1600000000000"},
            {"orderId": "d", "orderLinkId": "theirs", "symbol": "BTCUSDT", "price": "1.00", "qty": "0.200", "side": "Buy",
             "orderStatus": "Cancelled", "leavesQty": "0", "cumExecQty": "0", "updatedTime": "1700000000000"}]),
        "/v5/position/list" if is_btc => {
            json!([{"positionIdx": 0, "symbol": "BTCUSDT", "side": "Buy", "size": "0.1", "updatedTime": "1"}])
        }
        "/v5/position/list" => {
            json!([{"positionIdx": 0, "symbol": "ETHUSDT", "side": "", "size": "0", "updatedTime": ""}])
        }
        "/v5/account/wallet-balance" => {
            json!([{"accountType": "UNIFIED", "coin": [{"coin": "USDT", "walletBalance": "1000.5"}]}])
        }
        _ => json!([]),
    };
    ok(json!({"category": "linear", "list": list, "nextPageCursor": ""}))
}

fn kinds(said: &[Happened]) -> String {
    said.iter()
        .map(|happened| match happened {
            Happened::Fill(..) => 'f',
            Happened::Order(..) => 'o',
            Happened::Position(..) => 'p',
            Happened::Balance(..) => 'b',
            Happened::Link(0, Socket::Rest, LinkState::Reconciled) => 'R',
            Happened::Link(0, Socket::Rest, LinkState::Down) => 'D',
            _ => '?',
        })
        .collect()
}

fn start() -> Bench {
    let mut bench = Bench::ready();
    bench.said();
    bench.client.reconcile(bench.now_ns, &mut bench.io);
    bench
}

#[test]
fn a_round_tells_fills_then_orders_then_positions() {
    let mut bench = start();
    let mut paths = Vec::new();
    // The last one first: answers come in any order within a stage.
    while let Some(request) = bench.io.requests.pop() {
        paths.push(request.path.split('?').next().unwrap().to_owned());
        bench.answer(request.tag, 200, &venue_says(&request));
    }
    assert_eq!(kinds(&bench.said()), "foobppR");
    paths.dedup();
    assert_eq!(
        paths,
        ["/v5/execution/list", "/v5/order/realtime", "/v5/account/wallet-balance", "/v5/position/list"]
    );
    assert_eq!(bench.client.bad_messages(), (0, None));
}

#[test]
fn queries_are_signed_over_the_bytes_that_are_sent() {
    let mut bench = start();
    let signer = crate::sign::Signer::new(&Secret::new("secret".into()));
    for request in &bench.io.requests {
        let header = |name: &str| request.headers.iter().find(|(n, _)| *n == name).unwrap().1.clone();
        let query = request.path.split_once('?').unwrap().1;
        let signed = format!("{}key5000{query}", header("X-BAPI-TIMESTAMP"));
        assert_eq!(header("X-BAPI-SIGN"), signer.sign_text(&[signed.as_bytes()]));
        assert_eq!((header("X-BAPI-API-KEY"), header("X-BAPI-RECV-WINDOW")), ("key".into(), "5000".into()));
    }
    assert_eq!(bench.io.requests.len(), 2);
    bench.said();
}

#[test]
fn a_failed_query_ends_the_round_and_proves_nothing() {
    let failures = [
        (0, String::new()),
        (503, String::new()),
        (429, String::new()),
        (403, "access too frequent".into()),
        (200, "<html>".into()),
        (200, r#"{"retCode":10002,"retMsg":"time","result":{}}"#.into()),
        (200, r#"{"retCode":0,"retMsg":"OK"}"#.into()),
        (200, ok(json!({}))),
        (200, ok(json!({"list": [{"symbol": "BTCUSDT"}]}))),
        (
            200,
            ok(
                json!({"list": [{"symbol": "BTCUSDT", "orderId": "a", "side": "Buy", "execFee": "x", "execId": "e", "execPrice": "1",
            "execQty": "1", "execType": "Trade", "execTime": "1"}]}),
            ),
        ),
    ];
    for (status, body) in failures {
        let mut bench = start();
        let requests = std::mem::take(&mut bench.io.requests);
        bench.answer(requests[0].tag, status, &body);
        assert_eq!(kinds(&bench.said()), "D", "{status} {body}");
        assert_eq!(bench.client.bad_messages().0, 1);
        // What still comes in of this round is not listened to.
        bench.answer(requests[1].tag, 200, &venue_says(&requests[1]));
        assert_eq!((kinds(&bench.said()), bench.io.requests.len()), (String::new(), 0));
    }
}

#[test]
fn a_new_round_replaces_one_that_runs() {
    let mut bench = start();
    let old = std::mem::take(&mut bench.io.requests);
    bench.client.reconcile(bench.now_ns, &mut bench.io);
    for request in old {
        bench.answer(request.tag, 0, "");
    }
    assert_eq!(kinds(&bench.said()), "");
    while let Some(request) = bench.io.requests.pop() {
        bench.answer(request.tag, 200, &venue_says(&request));
    }
    assert_eq!(kinds(&bench.said()), "foobppR");
}

#[test]
fn lists_are_read_to_their_last_page() {
    let mut bench = start();
    let mut pages = 0;
    while let Some(request) = bench.io.requests.pop() {
        let is_open_orders = request.path.contains("BTCUSDT&openOnly=0");
        let mut reply: Value = serde_json::from_str(&venue_says(&request)).unwrap();
        if is_open_orders && pages < 3 {
            reply["result"]["nextPageCursor"] = json!("132766%3A2,1 ");
        }
        if is_open_orders {
            assert_eq!(request.path.ends_with("&cursor=132766%3A2%2C1%20"), pages > 0, "{}", request.path);
            pages += 1;
        }
        bench.answer(request.tag, 200, &reply.to_string());
    }
    assert_eq!(pages, 4);
    assert_eq!(kinds(&bench.said()), "fooooobppR", "four pages of one open order, and one that is closed");
}

/// Fills of earlier sessions are not asked for; later rounds go back a minute, but never behind the start.
#[test]
fn rounds_ask_from_where_the_session_began() {
    let mut bench = start();
    let since = |bench: &Bench| {
        let path = &bench.io.requests[0].path;
        path.split("startTime=").nth(1).unwrap().split('&').next().unwrap().parse::<i64>().unwrap()
    };
    for (wait_s, want_ms) in
        [(0, 1_700_000_000_000), (30, 1_700_000_000_000), (90, 1_700_000_000_000), (0, 1_700_000_060_000)]
    {
        bench.now_ns += wait_s * SECOND_NS;
        bench.io.requests.clear();
        bench.client.reconcile(bench.now_ns, &mut bench.io);
        assert_eq!(since(&bench), want_ms, "after {wait_s} s");
        while let Some(request) = bench.io.requests.pop() {
            bench.answer(request.tag, 200, &venue_says(&request));
        }
    }
}

#[test]
fn a_list_without_end_fails_the_round() {
    let mut bench = start();
    let mut answered = 0;
    while let Some(request) = bench.io.requests.pop() {
        let mut reply: Value = serde_json::from_str(&venue_says(&request)).unwrap();
        if request.path.contains("BTCUSDT") {
            reply["result"]["nextPageCursor"] = json!("again");
        }
        bench.answer(request.tag, 200, &reply.to_string());
        answered += 1;
        assert!(answered < 1000);
    }
    assert!(kinds(&bench.said()).ends_with('D'));
}

#[test]
fn many_symbols_are_spread_over_the_seconds() {
    let instruments = (0..100).map(|i| instrument(i, &format!("C{i}USDT"), "0.1", "0.1")).collect();
    let mut bench = Bench::new(instruments, 50);
    bench.client.reconcile(bench.now_ns, &mut bench.io);
    for second in 0..5 {
        let at_ns = if second == 0 { 0 } else { START_NS + second * SECOND_NS };
        let due = bench.io.requests.iter().filter(|r| r.not_before_ns == at_ns).count();
        assert_eq!(due, 20);
    }
    let late = bench.io.requests.last().unwrap();
    assert_eq!(late.headers[1].1, "1700000004000", "signed as of when it goes out");
}
