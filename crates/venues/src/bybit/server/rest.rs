//! The REST pages: public market pages, and signed order and account pages.

use super::{book, orders, text, BybitServer};
use crate::server::{parameter, Call, Listing, Now, Outbox, Reply};
use nanotick_exchange::{Fill, Order, Output};
use nanotick_model::{Level, Side};
use serde_json::{json, Value};

type Answer = Result<(Value, Value), orders::Refused>;

const DEFAULT_WINDOW_MS: i64 = 5000;

impl BybitServer {
    /// The answer to a call below `/v5/`.
    pub(super) fn rest(&mut self, call: &Call, now: Now, out: &mut Outbox) -> Reply {
        let page = call.path.strip_prefix("/v5/").unwrap_or("");
        let mut happened = Vec::new();
        let answer = match (call.method.as_str(), page) {
            ("GET", page) if page.starts_with("market/") => match self.market_page(page, call, now) {
                Some(answer) => answer,
                None => return not_found(now),
            },
            ("GET" | "POST", page) if is_private(page) => match self.check_signature(call, now) {
                Ok(()) if call.method == "GET" => self.account_page(page, &call.query, now),
                Ok(()) => self.order_page(page, &call.body, now, &mut happened),
                Err(refused) => Err(refused),
            },
            _ => return not_found(now),
        };
        let (code, words, result, ext) = match answer {
            Ok((result, ext)) => (0, "OK".to_string(), result, ext),
            Err((code, words)) => (code, words, json!({}), json!({})),
        };
        let body = json!({
            "retCode": code, "retMsg": words, "result": result, "retExtInfo": ext, "time": now.wall_ms(),
        });
        let mut reply = Reply::json(200, body);
        if is_private(page) {
            reply.headers = self.limit_headers(now);
        }
        self.publish_private(&happened, now, out);
        reply
    }

    /// What pybit's back-off reads; this server does not limit rates, so nothing is ever used up.
    fn limit_headers(&self, now: Now) -> Vec<(&'static str, String)> {
        vec![
            ("X-Bapi-Limit", "50".to_string()),
            ("X-Bapi-Limit-Status", "49".to_string()),
            ("X-Bapi-Limit-Reset-Timestamp", now.wall_ms().to_string()),
        ]
    }

    fn check_signature(&self, call: &Call, now: Now) -> Result<(), orders::Refused> {
        let header = |name| call.header(name).unwrap_or("");
        let (key, stamp, sign) =
            (header("x-bapi-api-key"), header("x-bapi-timestamp"), header("x-bapi-sign"));
        let window = call.header("x-bapi-recv-window").unwrap_or("5000");
        if key.is_empty() || stamp.is_empty() || sign.is_empty() {
            return Err((10001, "request has no api key, timestamp or sign".into()));
        }
        if key != self.credentials.key {
            return Err((10003, "api key is invalid".into()));
        }
        let signed: &[u8] = if call.method == "GET" { call.query.as_bytes() } else { &call.body };
        let parts = [stamp.as_bytes(), key.as_bytes(), window.as_bytes(), signed];
        if !self.credentials.signer.verify(&parts, sign.as_bytes()) {
            return Err((10004, "error sign, please check your signature generation algorithm".into()));
        }
        check_time(stamp.parse().ok(), window.parse().ok(), now)
    }

    fn market_page(&mut self, page: &str, call: &Call, now: Now) -> Option<Answer> {
        let query = call.query.trim_start_matches(['?', '&']);
        let symbol = parameter(query, "symbol").unwrap_or_default();
        let listing = orders::listing(&self.listings, &symbol);
        let result = match page {
            "market/time" => json!({
                "timeSecond": (now.wall_ns / 1_000_000_000).to_string(), "timeNano": now.wall_ns.to_string(),
            }),
            "market/instruments-info" => {
                let status = parameter(query, "status").unwrap_or_default();
                let wanted = |l: &&Listing| {
                    (symbol.is_empty() || l.symbol() == symbol) && (status.is_empty() || status == "Trading")
                };
                let leverage = self.exchange.rules().leverage;
                let list: Vec<Value> =
                    self.listings.iter().filter(wanted).map(|l| text::instrument(l, leverage)).collect();
                json!({ "category": "linear", "list": list, "nextPageCursor": "" })
            }
            "market/orderbook" | "market/tickers" | "market/recent-trade" if listing.is_none() => {
                if page == "market/tickers" && symbol.is_empty() {
                    let list: Vec<Value> = self.listings.iter().map(|l| self.ticker(l)).collect();
                    return Some(Ok((json!({ "category": "linear", "list": list }), json!({}))));
                }
                return Some(Err((10001, "symbol is not listed".into())));
            }
            "market/orderbook" => {
                let limit = parameter(query, "limit").and_then(|n| n.parse().ok()).unwrap_or(25usize);
                self.book_page(listing?, limit.clamp(1, 1000), now)
            }
            "market/tickers" => json!({ "category": "linear", "list": [self.ticker(listing?)] }),
            "market/recent-trade" => json!({ "category": "linear", "list": [] }),
            _ => return None,
        };
        Some(Ok((result, json!({}))))
    }

    fn book_page(&self, listing: &Listing, limit: usize, now: Now) -> Value {
        let market = self.exchange.market(listing.instrument.id);
        let side = |side: Side| {
            let levels: Vec<Level> = market.side(side).iter().take(limit).collect();
            let mut out = String::new();
            book::write_levels(listing, &levels, &mut out);
            serde_json::from_str::<Value>(&out).unwrap_or(Value::Null)
        };
        let seq = self.seqs[listing.instrument.id.index()];
        json!({
            "s": listing.symbol(), "b": side(Side::Buy), "a": side(Side::Sell), "ts": now.wall_ms(), "u": seq, "seq": seq,
            "cts": now.wall_ms(),
        })
    }

    fn account_page(&mut self, page: &str, query: &str, now: Now) -> Answer {
        let get = |name| parameter(query, name).unwrap_or_default();
        let result = match page {
            "order/realtime" | "order/history" => self.orders_page(page, query)?,
            "execution/list" => self.executions_page(query)?,
            "position/list" => {
                let symbol = get("symbol");
                let shown = |l: &&Listing| {
                    let flat = self.exchange.position(l.instrument.id).qty.0 == 0;
                    if symbol.is_empty() {
                        !flat
                    } else {
                        l.symbol() == symbol
                    }
                };
                let list: Vec<Value> = self
                    .listings
                    .iter()
                    .filter(shown)
                    .map(|l| text::position(l, &self.exchange, l.instrument.id))
                    .collect();
                json!({ "category": "linear", "list": list, "nextPageCursor": "" })
            }
            "account/wallet-balance" => json!({ "list": [text::wallet(self.coin(), &self.exchange)] }),
            "account/info" => json!({
                "marginMode": "REGULAR_MARGIN", "unifiedMarginStatus": 6, "updatedTime": now.wall_ms().to_string(),
                "isMasterTrader": false, "spotHedgingStatus": "OFF",
            }),
            "account/fee-rate" => {
                let rate =
                    |rate: nanotick_model::Rate| nanotick_model::Cash(rate.0 as i128 * 10_000).to_string();
                let list: Vec<Value> = self
                    .listings
                    .iter()
                    .map(|l| {
                        json!({ "symbol": l.symbol(), "takerFeeRate": rate(l.instrument.taker_fee),
                                "makerFeeRate": rate(l.instrument.maker_fee) })
                    })
                    .collect();
                json!({ "category": "linear", "list": list })
            }
            _ => return Err((10404, "path is not supported".into())),
        };
        Ok((result, json!({})))
    }

    /// Open orders (with the latest finished ones if asked for), or finished ones; newest first, in pages.
    fn orders_page(&self, page: &str, query: &str) -> Result<Value, orders::Refused> {
        let get = |name| parameter(query, name).unwrap_or_default();
        let (symbol, id, link) = (get("symbol"), get("orderId"), get("orderLinkId"));
        if page == "order/realtime"
            && [&symbol, &get("baseCoin"), &get("settleCoin"), &id, &link].iter().all(|text| text.is_empty())
        {
            return Err((10001, "symbol, baseCoin or settleCoin is needed".into()));
        }
        let by_id = !id.is_empty() || !link.is_empty();
        let wanted = |order: &&Order| {
            let in_page = match (page, get("openOnly").as_str()) {
                // An order asked for by name is shown however it ended: what a client does after a timeout.
                ("order/realtime", _) if by_id => true,
                ("order/realtime", "1") => !order.is_open(),
                ("order/realtime", _) => order.is_open(),
                _ => !order.is_open(),
            };
            in_page
                && (symbol.is_empty() || self.listing_of(order.instrument).symbol() == symbol)
                && (id.is_empty() || text::order_id(order.id) == id)
                && (link.is_empty() || order.client.as_str() == link)
        };
        let (rows, cursor) = page_of(self.exchange.orders().rev().filter(wanted), query, 50, |o| o.id.0);
        let list: Vec<Value> =
            rows.iter().map(|order| text::order(self.listing_of(order.instrument), order)).collect();
        Ok(json!({ "category": "linear", "list": list, "nextPageCursor": cursor }))
    }

    fn executions_page(&self, query: &str) -> Result<Value, orders::Refused> {
        let get = |name| parameter(query, name).unwrap_or_default();
        let (symbol, id, link) = (get("symbol"), get("orderId"), get("orderLinkId"));
        let from_ns = get("startTime").parse::<i64>().map_or(i64::MIN, |ms| ms.saturating_mul(1_000_000));
        let to_ns = get("endTime").parse::<i64>().map_or(i64::MAX, |ms| ms.saturating_mul(1_000_000));
        let wanted = |fill: &&Fill| {
            (symbol.is_empty() || self.listing_of(fill.instrument).symbol() == symbol)
                && (id.is_empty() || text::order_id(fill.order) == id)
                && (link.is_empty() || fill.client.as_str() == link)
                && (from_ns..=to_ns).contains(&fill.time_ns)
        };
        let (rows, cursor) = page_of(self.exchange.fills().rev().filter(wanted), query, 100, |f| f.exec);
        let list: Vec<Value> = rows
            .iter()
            .map(|fill| {
                let order = self.exchange.order(nanotick_exchange::Which::Id(fill.order));
                text::execution(self.listing_of(fill.instrument), fill, order)
            })
            .collect();
        Ok(json!({ "category": "linear", "list": list, "nextPageCursor": cursor }))
    }

    fn order_page(&mut self, page: &str, body: &[u8], now: Now, happened: &mut Vec<Output>) -> Answer {
        let body: Value =
            serde_json::from_slice(body).map_err(|e| (10001, format!("body is not JSON: {e}")))?;
        let (exchange, listings, ns) = (&mut self.exchange, &self.listings, now.wall_ns);
        let result = match page {
            "order/create" | "order/amend" | "order/cancel" => {
                orders::perform(&page["order/".len()..], exchange, listings, &body, ns, happened)?
            }
            "order/create-batch" | "order/amend-batch" | "order/cancel-batch" => {
                let verb = page["order/".len()..].trim_end_matches("-batch");
                return orders::perform_batch(verb, exchange, listings, &body, ns, happened);
            }
            "order/cancel-all" => orders::cancel_all(exchange, listings, &body, ns, happened)?,
            "position/set-leverage" => {
                let leverage = exchange.rules().leverage.to_string();
                let same = ["buyLeverage", "sellLeverage"].iter().all(|key| body[key] == leverage.as_str());
                let words = if same { "leverage not modified" } else { "leverage cannot be changed here" };
                return Err((if same { 110043 } else { 10001 }, words.into()));
            }
            _ => return Err((10404, "path is not supported".into())),
        };
        Ok((result, json!({})))
    }
}

fn is_private(page: &str) -> bool {
    ["order/", "execution/", "position/", "account/"].iter().any(|root| page.starts_with(root))
}

fn not_found(now: Now) -> Reply {
    Reply::json(404, json!({ "retCode": 10404, "retMsg": "path is not supported", "time": now.wall_ms() }))
}

/// The window of section "authentication": not older than the window, not a second or more ahead.
pub(super) fn check_time(stamp: Option<i64>, window: Option<i64>, now: Now) -> Result<(), orders::Refused> {
    let server = now.wall_ms();
    let window = window.unwrap_or(DEFAULT_WINDOW_MS);
    match stamp {
        Some(stamp) if server.saturating_sub(window) <= stamp && stamp < server + 1000 => Ok(()),
        _ => Err((
            10002,
            format!(
                "invalid request, please check your server timestamp or recv_window param. \
                 req_timestamp[{}],server_timestamp[{server}],recv_window[{window}]",
                stamp.unwrap_or(0)
            ),
        )),
    }
}

/// One page of rows, newest first, and the cursor of the next: the number of the last row shown.
fn page_of<'a, T>(
    rows: impl Iterator<Item = &'a T>,
    query: &str,
    max: usize,
    number: impl Fn(&T) -> u64,
) -> (Vec<&'a T>, String) {
    let limit = parameter(query, "limit").and_then(|n| n.parse().ok()).unwrap_or(max.min(50)).clamp(1, max);
    let before: u64 = parameter(query, "cursor").and_then(|c| c.parse().ok()).unwrap_or(u64::MAX);
    let mut rows: Vec<&T> = rows.filter(|row| number(row) < before).take(limit + 1).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let cursor =
        if more { rows.last().map_or(String::new(), |row| number(row).to_string()) } else { String::new() };
    (rows, cursor)
}
