//! What is pushed unasked: private topics as things happen, tickers and books as they are due.

use super::{text, BybitServer};
use crate::server::{Listing, Now, Outbox};
use nanotick_exchange::Output;
use nanotick_model::{Level, Trade};
use serde_json::{json, Map, Value};

const TICKER_INTERVAL_NS: i64 = 100_000_000;

impl BybitServer {
    /// What happened, on the private topics. A run of fills of one order is one execution and one order message.
    pub(super) fn publish_private(&mut self, happened: &[Output], now: Now, out: &mut Outbox) {
        let mut at = 0;
        while let Some(output) = happened.get(at) {
            at += 1;
            match output {
                Output::Accepted(order) => {
                    // One that is filled or ended at once is first heard of as that.
                    let goes_on = happened[at..].iter().any(|next| {
                        matches!(next, Output::Filled(o, _) | Output::Cancelled(o) if o.id == order.id)
                    });
                    if !goes_on {
                        self.push(
                            "order",
                            vec![text::order(self.listing_of(order.instrument), order)],
                            now,
                            out,
                        );
                    }
                }
                Output::Amended(order) | Output::Cancelled(order) => {
                    self.push("order", vec![text::order(self.listing_of(order.instrument), order)], now, out);
                }
                Output::Filled(order, fill) => {
                    let listing = self.listing_of(order.instrument);
                    let mut last = order;
                    let mut executions = vec![text::execution(listing, fill, Some(order))];
                    while let Some(Output::Filled(next, fill)) = happened.get(at) {
                        if next.id != order.id {
                            break;
                        }
                        executions.push(text::execution(listing, fill, Some(next)));
                        last = next;
                        at += 1;
                    }
                    let order = text::order(listing, last);
                    self.push("execution", executions, now, out);
                    self.push("order", vec![order], now, out);
                }
                Output::Account(id) => {
                    let position = text::position(self.listing_of(*id), &self.exchange, *id);
                    self.push("position", vec![position], now, out);
                    self.push("wallet", vec![text::wallet(self.coin(), &self.exchange)], now, out);
                }
            }
        }
    }

    fn push(&mut self, topic: &str, data: Vec<Value>, now: Now, out: &mut Outbox) {
        let id = text::uuid(0x7075_7368, self.next_message);
        self.next_message += 1;
        let message = |topic: &str| {
            json!({ "id": id, "topic": topic, "creationTime": now.wall_ms(), "data": data }).to_string()
        };
        let categorised = format!("{topic}.linear");
        self.publish(topic, out, || message(topic));
        self.publish(&categorised, out, || message(&categorised));
        if topic == "execution" {
            self.publish("execution.fast", out, || {
                let fast: Vec<Value> = data.iter().map(fast_execution).collect();
                json!({ "topic": "execution.fast", "creationTime": now.wall_ms(), "data": fast }).to_string()
            });
        }
    }

    pub(super) fn ticker(&self, listing: &Listing) -> Value {
        let market = self.exchange.market(listing.instrument.id);
        let mark = market.mark().map_or(String::new(), |px| listing.px(px));
        let last = market.last_trade.map_or(mark.clone(), |trade| listing.px(trade.px));
        let best = |level: Option<Level>| match level {
            Some(level) => (listing.px(level.px), listing.qty(level.qty)),
            None => (String::new(), String::new()),
        };
        let ((bid, bid_size), (ask, ask_size)) = (best(market.bids.best()), best(market.asks.best()));
        json!({
            "symbol": listing.symbol(), "lastPrice": last, "markPrice": mark, "indexPrice": mark,
            "bid1Price": bid, "bid1Size": bid_size, "ask1Price": ask, "ask1Size": ask_size,
            "fundingRate": "0", "nextFundingTime": "0", "openInterest": "0", "openInterestValue": "0",
            "turnover24h": "0", "volume24h": "0", "prevPrice24h": last, "price24hPcnt": "0",
            "highPrice24h": last, "lowPrice24h": last,
        })
    }

    pub(super) fn publish_tickers(&mut self, now: Now, out: &mut Outbox) {
        if now.market_ns < self.ticker_due_ns {
            return;
        }
        self.ticker_due_ns = (now.market_ns.div_euclid(TICKER_INTERVAL_NS) + 1) * TICKER_INTERVAL_NS;
        for (id, mut published) in std::mem::take(&mut self.tickers) {
            let listing = self.listing_of(id);
            let topic = format!("tickers.{}", listing.symbol());
            if self.subscribers(&topic).next().is_none() {
                continue;
            }
            let ticker = self.ticker(listing);
            let changed: Map<String, Value> = ticker
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, value)| *key == "symbol" || published[key.as_str()] != **value)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if changed.len() > 1 {
                let seq = self.seqs[id.index()];
                self.publish(&topic, out, || {
                    ticker_message(&topic, "delta", &Value::Object(changed), seq, now)
                });
                published = ticker;
            }
            self.tickers.insert(id, published);
        }
    }

    pub(super) fn publish_books(&mut self, now: Now, out: &mut Outbox) {
        let mut books = std::mem::take(&mut self.books);
        for (&(id, depth), feed) in books.iter_mut() {
            if !feed.is_due(now.market_ns) {
                continue;
            }
            let listing = self.listing_of(id);
            let topic = format!("orderbook.{depth}.{}", listing.symbol());
            // With nobody there it stands still, and starts again with the next subscription.
            if self.subscribers(&topic).next().is_some() {
                let (market, seq) = (self.exchange.market(id), self.seqs[id.index()]);
                if let Some(text) = feed.publish(market, listing, seq, now.market_ns, now.wall_ms()) {
                    self.publish(&topic, out, || text);
                }
            }
        }
        self.books = books;
    }
}

pub(super) fn ticker_message(topic: &str, kind: &str, ticker: &Value, seq: u64, now: Now) -> String {
    json!({ "topic": topic, "type": kind, "data": ticker, "cs": seq, "ts": now.wall_ms() }).to_string()
}

pub(super) fn trade_message(topic: &str, listing: &Listing, trade: &Trade, seq: u64, now: Now) -> String {
    // Written by hand, for the key order that clients' fast paths expect.
    format!(
        r#"{{"topic":"{topic}","type":"snapshot","ts":{ms},"data":[{{"T":{ms},"s":"{}","S":"{}","v":"{}","p":"{}","L":"ZeroPlusTick","i":"{}","BT":false,"RPI":false,"seq":{seq}}}]}}"#,
        listing.symbol(),
        text::side(trade.side),
        listing.qty(trade.qty),
        listing.px(trade.px),
        text::uuid(0x7472_6164, trade.trade_id),
        ms = now.wall_ms(),
    )
}

fn fast_execution(execution: &Value) -> Value {
    let keys = [
        "category",
        "symbol",
        "orderId",
        "execId",
        "execPrice",
        "execQty",
        "side",
        "isMaker",
        "execTime",
        "seq",
    ];
    let mut fast: Map<String, Value> =
        keys.iter().map(|key| (key.to_string(), execution[*key].clone())).collect();
    // The venue leaves a maker's own id out of this topic.
    let is_maker = execution["isMaker"] == true;
    fast.insert("orderLinkId".into(), if is_maker { json!("") } else { execution["orderLinkId"].clone() });
    Value::Object(fast)
}
