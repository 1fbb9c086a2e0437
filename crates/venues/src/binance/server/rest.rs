//! The REST pages, and the methods of the WebSocket API that mirror them.

use super::params::{self, refuse, Params, Refused};
use super::{orders, streams, text, BinanceServer, Topic};
use crate::server::{Call, Conn, Listing, Now, Outbox, Reply};
use nanotick_exchange::{Fill, Order, Output};
use nanotick_model::{Cash, Side};
use serde_json::{json, Value};

type Answer = Result<Value, Refused>;

/// Who may ask.
enum Access {
    Anyone,
    KeyHolder,
    Signed,
}

impl BinanceServer {
    pub(super) fn rest(&mut self, call: &Call, now: Now, out: &mut Outbox) -> Reply {
        let params = Params::of_call(call);
        let page = (call.method.as_str(), call.path.as_str());
        let mut happened = Vec::new();
        let allowed = match access(page) {
            Access::Anyone => Ok(()),
            Access::KeyHolder => params::check_key(call.header("x-mbx-apikey"), &self.credentials),
            Access::Signed => params::check_call(call, &params, &self.credentials, now),
        };
        let answer = allowed.and_then(|()| {
            let found = match page {
                (_, "/fapi/v1/listenKey") => Some(self.listen_key_page(page.0, now, out)),
                ("GET", _) => self.get_page(page.1, &params, now),
                _ => self.order_page(page, &params, now, &mut happened),
            };
            found.unwrap_or_else(|| Err((404, -1000, "There is nothing at this path.".into())))
        });
        let mut reply = match answer {
            Ok(value) => Reply::json(200, value),
            Err(refused) => Reply::json(refused.0, text::error(&refused)),
        };
        self.used.count(page.1 == "/fapi/v1/order", now);
        reply.headers = self.used.headers();
        self.publish_private(&happened, now, out);
        reply
    }

    fn listen_key_page(&mut self, method: &str, now: Now, out: &mut Outbox) -> Answer {
        match method {
            "POST" => Ok(json!({ "listenKey": self.extend_listen_key(now, true)? })),
            "PUT" => Ok(json!({ "listenKey": self.extend_listen_key(now, false)? })),
            "DELETE" => {
                self.expire_listen_key(now, out);
                Ok(json!({}))
            }
            _ => Err((404, -1000, "There is nothing at this path.".into())),
        }
    }

    fn get_page(&mut self, path: &str, params: &Params, now: Now) -> Option<Answer> {
        let path = path.strip_prefix("/fapi/").or_else(|| path.strip_prefix("/api/v3/").map(|_| path))?;
        let listing = || orders::listing(&self.listings, params);
        let answer = match path {
            "v1/ping" | "/api/v3/ping" => Ok(json!({})),
            "v1/time" | "/api/v3/time" => Ok(json!({ "serverTime": now.wall_ms() })),
            "v1/exchangeInfo" => {
                Ok(text::exchange_info(&self.listings, self.exchange.rules().max_open_orders, now))
            }
            "v1/depth" => listing().map(|l| {
                let limit = params.number("limit").unwrap_or(500).clamp(5, 1000);
                self.depth_page(l, limit as usize, now)
            }),
            "v1/ticker/bookTicker" => self.of_symbols(params, |l| self.ticker(l, now)),
            "v1/ticker/price" | "v2/ticker/price" => self.of_symbols(params, |l| {
                json!({ "symbol": l.symbol(), "price": self.mark(l), "time": now.wall_ms() })
            }),
            "v1/premiumIndex" => self.of_symbols(params, |l| {
                json!({ "symbol": l.symbol(), "markPrice": self.mark(l), "indexPrice": self.mark(l),
                        "lastFundingRate": "0", "nextFundingTime": 0, "time": now.wall_ms() })
            }),
            "v1/order" | "v1/openOrder" => orders::query(&self.exchange, &self.listings, params),
            "v1/openOrders" => self.orders_page(params, Order::is_open),
            "v1/allOrders" => self.orders_page(params, |_| true),
            "v1/userTrades" => self.trades_page(params),
            "v2/positionRisk" => self.positions_page(params, true),
            "v3/positionRisk" => self.positions_page(params, false),
            "v2/balance" | "v3/balance" => Ok(json!([text::balance(self.coin(), &self.exchange, now)])),
            "v2/account" | "v3/account" => Ok(text::account(self.coin(), &self.listings, &self.exchange, now)),
            "v1/commissionRate" => listing().map(|l| {
                let rate = |rate: nanotick_model::Rate| Cash(rate.0 as i128 * 10_000).to_string();
                json!({ "symbol": l.symbol(), "makerCommissionRate": rate(l.instrument.maker_fee),
                        "takerCommissionRate": rate(l.instrument.taker_fee) })
            }),
            "v1/leverageBracket" => self.of_symbols_listed(|l| {
                json!({ "symbol": l.symbol(), "brackets": [{
                    "bracket": 1, "initialLeverage": self.exchange.rules().leverage, "notionalCap": 1_000_000_000,
                    "notionalFloor": 0, "maintMarginRatio": 0.0, "cum": 0.0 }] })
            }),
            "v1/positionSide/dual" => Ok(json!({ "dualSidePosition": false })),
            "v1/multiAssetsMargin" => Ok(json!({ "multiAssetsMargin": false })),
            _ => return None,
        };
        Some(answer)
    }

    /// One object for a given symbol, a list without one.
    fn of_symbols(&self, params: &Params, show: impl Fn(&Listing) -> Value) -> Answer {
        match params.get("symbol") {
            Some(_) => orders::listing(&self.listings, params).map(show),
            None => self.of_symbols_listed(show),
        }
    }

    fn of_symbols_listed(&self, show: impl Fn(&Listing) -> Value) -> Answer {
        Ok(Value::Array(self.listings.iter().map(show).collect()))
    }

    /// A snapshot with an id inside the next diff of the stream, so that a client can join the two.
    fn depth_page(&self, listing: &Listing, limit: usize, now: Now) -> Value {
        let market = self.exchange.market(listing.instrument.id);
        let side = |side: Side| {
            let mut out = String::new();
            streams::write_levels(listing, market.side(side).iter().take(limit), &mut out);
            serde_json::from_str::<Value>(&out).unwrap_or(Value::Null)
        };
        let id = self.snapshot_ids[listing.instrument.id.index()];
        json!({
            "lastUpdateId": id, "E": now.wall_ms(), "T": now.wall_ms(), "bids": side(Side::Buy), "asks": side(Side::Sell),
        })
    }

    fn ticker(&self, listing: &Listing, now: Now) -> Value {
        let market = self.exchange.market(listing.instrument.id);
        let best = |side: Side| market.side(side).best().unwrap_or_default();
        let (bid, ask) = (best(Side::Buy), best(Side::Sell));
        json!({
            "lastUpdateId": market.update_id, "symbol": listing.symbol(), "bidPrice": listing.px(bid.px),
            "bidQty": listing.qty(bid.qty), "askPrice": listing.px(ask.px), "askQty": listing.qty(ask.qty),
            "time": now.wall_ms(),
        })
    }

    pub(super) fn mark(&self, listing: &Listing) -> String {
        self.exchange.market(listing.instrument.id).mark().map_or("0".into(), |px| listing.px(px))
    }

    fn orders_page(&self, params: &Params, wanted: impl Fn(&Order) -> bool) -> Answer {
        let only = params.get("symbol").map(|_| orders::listing(&self.listings, params)).transpose()?;
        let only = only.map(|listing| listing.instrument.id);
        let limit = params.number("limit").unwrap_or(1000).clamp(1, 1000) as usize;
        let rows =
            self.exchange.orders().rev().filter(|o| only.is_none_or(|id| o.instrument == id) && wanted(o));
        let mut list: Vec<Value> =
            rows.take(limit).map(|o| text::order(self.listing_of(o.instrument), o)).collect();
        list.reverse();
        Ok(Value::Array(list))
    }

    fn trades_page(&self, params: &Params) -> Answer {
        let listing = orders::listing(&self.listings, params)?;
        let limit = params.number("limit").unwrap_or(500).clamp(1, 1000) as usize;
        let from_id = params.number("fromId").unwrap_or(0);
        let from_ms = params.number("startTime").unwrap_or(0);
        let to_ms = params.number("endTime").unwrap_or(i64::MAX);
        let order = params.number("orderId");
        let wanted = |fill: &&Fill| {
            fill.instrument == listing.instrument.id
                && fill.exec as i64 >= from_id
                && (from_ms..=to_ms).contains(&(fill.time_ns / 1_000_000))
                && order.is_none_or(|id| fill.order.0 as i64 == id)
        };
        let show = |fill: &Fill| text::user_trade(listing, fill);
        // From an id onwards: the oldest first; otherwise the latest.
        let list: Vec<Value> = if from_id > 0 || from_ms > 0 {
            self.exchange.fills().filter(wanted).take(limit).map(show).collect()
        } else {
            let mut list: Vec<Value> =
                self.exchange.fills().rev().filter(wanted).take(limit).map(show).collect();
            list.reverse();
            list
        };
        Ok(Value::Array(list))
    }

    /// The older page shows every symbol, the newer one those with a position or orders.
    fn positions_page(&self, params: &Params, with_flat: bool) -> Answer {
        let only = params.get("symbol").map(|_| orders::listing(&self.listings, params)).transpose()?;
        let only = only.map(|listing| listing.instrument.id);
        let is_used = |l: &&Listing| {
            let id = l.instrument.id;
            let has_orders = self.exchange.orders().any(|o| o.is_open() && o.instrument == id);
            only.is_none_or(|o| o == id) && (with_flat || has_orders || self.exchange.position(id).qty.0 != 0)
        };
        let rows = self.listings.iter().filter(is_used);
        Ok(Value::Array(rows.map(|l| text::position(l, &self.exchange, l.instrument.id)).collect()))
    }

    fn order_page(
        &mut self,
        page: (&str, &str),
        params: &Params,
        now: Now,
        happened: &mut Vec<Output>,
    ) -> Option<Answer> {
        let (exchange, listings, ns) = (&mut self.exchange, &self.listings, now.wall_ns);
        Some(match page {
            ("POST", "/fapi/v1/order") => orders::place(exchange, listings, params, ns, happened),
            ("PUT", "/fapi/v1/order") => orders::modify(exchange, listings, params, ns, happened),
            ("DELETE", "/fapi/v1/order") => orders::cancel(exchange, listings, params, ns, happened),
            ("DELETE", "/fapi/v1/allOpenOrders") => {
                orders::cancel_all(exchange, listings, params, ns, happened)
            }
            ("POST", "/fapi/v1/batchOrders") => orders::place_batch(exchange, listings, params, ns, happened),
            ("POST", "/fapi/v1/countdownCancelAll") => self.countdown_page(params, now),
            ("POST", "/fapi/v1/leverage") => {
                let fixed = exchange.rules().leverage;
                orders::listing(listings, params).and_then(|l| match params.number("leverage") {
                    Some(leverage) if leverage == fixed as i64 => Ok(
                        json!({ "symbol": l.symbol(), "leverage": fixed, "maxNotionalValue": "1000000000" }),
                    ),
                    _ => Err(refuse(-4028, format!("Leverage is fixed at {fixed} here."))),
                })
            }
            ("POST", "/fapi/v1/marginType") => Err(refuse(-4046, "No need to change margin type.")),
            ("POST", "/fapi/v1/positionSide/dual") => Err(refuse(-4059, "No need to change position side.")),
            _ => return None,
        })
    }

    /// A dead man's switch for one symbol's orders; zero puts it off.
    fn countdown_page(&mut self, params: &Params, now: Now) -> Answer {
        let listing = orders::listing(&self.listings, params)?;
        let after_ms =
            params.need("countdownTime")?.parse::<i64>().ok().filter(|ms| (0..86_400_000).contains(ms));
        let after_ms = after_ms.ok_or_else(|| refuse(-1102, "'countdownTime' is not a time in ms."))?;
        let (id, symbol) = (listing.instrument.id, listing.symbol().to_string());
        match after_ms {
            0 => self.countdowns.remove(&id),
            ms => self.countdowns.insert(id, now.wall_ns + ms * 1_000_000),
        };
        Ok(json!({ "symbol": symbol, "countdownTime": after_ms.to_string() }))
    }

    /// One request on the WebSocket API.
    pub(super) fn api_request(&mut self, conn: Conn, request: &Value, now: Now, out: &mut Outbox) {
        let method = request["method"].as_str().unwrap_or("");
        let params = Params::of_json(&request["params"]);
        let mut happened = Vec::new();
        let allowed = match method {
            "ping" | "time" | "depth" | "ticker.book" => Ok(()),
            "userDataStream.start" | "userDataStream.ping" | "userDataStream.stop" => {
                params::check_key(params.get("apiKey"), &self.credentials)
            }
            _ => params::check_frame(&request["params"], &params, &self.credentials, now),
        };
        let answer = allowed.and_then(|()| self.api_method(method, &params, now, &mut happened, out));
        let mut reply = json!({ "id": request.get("id").cloned().unwrap_or(Value::Null) });
        match answer {
            Ok(result) => {
                reply["status"] = json!(200);
                reply["result"] = result;
            }
            Err(refused) => {
                reply["status"] = json!(refused.0);
                reply["error"] = text::error(&refused);
            }
        }
        self.used.count(method.starts_with("order."), now);
        if params.get("returnRateLimits") != Some("false") {
            reply["rateLimits"] = self.used.limits();
        }
        out.text(conn, reply.to_string());
        self.publish_private(&happened, now, out);
    }

    fn api_method(
        &mut self,
        method: &str,
        params: &Params,
        now: Now,
        happened: &mut Vec<Output>,
        out: &mut Outbox,
    ) -> Answer {
        let (exchange, listings, ns) = (&mut self.exchange, &self.listings, now.wall_ns);
        match method {
            "ping" => Ok(json!({})),
            "time" => Ok(json!({ "serverTime": now.wall_ms() })),
            "order.place" => orders::place(exchange, listings, params, ns, happened),
            "order.modify" => orders::modify(exchange, listings, params, ns, happened),
            "order.cancel" => orders::cancel(exchange, listings, params, ns, happened),
            "order.status" => orders::query(exchange, listings, params),
            "account.position" => self.positions_page(params, true),
            "v2/account.position" => self.positions_page(params, false),
            "account.balance" | "v2/account.balance" => {
                Ok(json!([text::balance(self.coin(), &self.exchange, now)]))
            }
            "account.status" | "v2/account.status" => {
                Ok(text::account(self.coin(), &self.listings, &self.exchange, now))
            }
            "depth" => orders::listing(listings, params).map(|l| {
                let limit = params.number("limit").unwrap_or(500).clamp(5, 1000);
                self.depth_page(l, limit as usize, now)
            }),
            "ticker.book" => self.of_symbols(params, |l| self.ticker(l, now)),
            "userDataStream.start" => Ok(json!({ "listenKey": self.extend_listen_key(now, true)? })),
            "userDataStream.ping" => Ok(json!({ "listenKey": self.extend_listen_key(now, false)? })),
            "userDataStream.stop" => {
                self.expire_listen_key(now, out);
                Ok(json!({}))
            }
            _ => Err(refuse(-1000, format!("Method '{method}' is not supported here."))),
        }
    }

    /// Topics that are published by the clock: the top of the book, and the mark price.
    pub(super) fn timed_text(&self, listing: &Listing, topic: Topic, now: Now) -> String {
        let id = listing.instrument.id;
        match topic {
            Topic::Top(n) => {
                let market = self.exchange.market(id);
                let top = |side: Side| market.side(side).iter().take(n);
                streams::depth(listing, self.book_ids[id.index()], top(Side::Buy), top(Side::Sell), now)
            }
            _ => streams::mark_price(listing, &self.mark(listing), now),
        }
    }
}

fn access(page: (&str, &str)) -> Access {
    const OPEN: [&str; 11] = [
        "/fapi/v1/ping",
        "/fapi/v1/time",
        "/fapi/v1/exchangeInfo",
        "/fapi/v1/depth",
        "/fapi/v1/ticker/bookTicker",
        "/fapi/v1/ticker/price",
        "/fapi/v2/ticker/price",
        "/fapi/v1/premiumIndex",
        "/api/v3/ping",
        "/api/v3/time",
        "/api/v3/exchangeInfo",
    ];
    match page {
        (_, "/fapi/v1/listenKey") => Access::KeyHolder,
        ("GET", path) if OPEN.contains(&path) => Access::Anyone,
        _ => Access::Signed,
    }
}
