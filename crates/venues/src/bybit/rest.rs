//! Signed REST requests, and the rounds of queries that reconciliation is made of.
//!
//! A round asks for executions first, then orders, then positions and balances, so that what explains a position is
//! known before the position is. All queries of one stage go out together.

use super::account::Account;
use super::messages::{ExecutionData, OrderData, Page, PositionData, RestReply, WalletData};
use crate::client::{BadMessage, HttpRequest, HttpResponse, Io, Sink};
use crate::json::{self, RawValue};
use crate::sign::{Secret, Signer};
use nanotick_model::{ClientId, InstrumentId};

const NS_PER_MS: i64 = 1_000_000;
const SECOND_NS: i64 = 1_000_000_000;
/// The venue allows 50 queries a second on each of these paths, and two queries share one of them.
const QUERIES_PER_SECOND: usize = 20;
/// A list that is longer than this many pages is not read to its end: the round fails.
const MAX_PAGES: u16 = 100;
/// After the first round, executions and closed orders are asked for from so long before the last one.
const OVERLAP_NS: i64 = 60 * SECOND_NS;

/// Builds signed requests.
pub(super) struct Rest {
    key: String,
    signer: Signer,
    recv_window_ms: u32,
}

impl Rest {
    pub fn new(key: &str, secret: &Secret, recv_window_ms: u32) -> Rest {
        Rest { key: key.to_owned(), signer: Signer::new(secret), recv_window_ms }
    }

    /// The arguments of `op: auth` on a socket.
    pub fn socket_auth(&self, expires_ms: i64) -> String {
        let signature = self.signer.sign_text(&[b"GET/realtime", expires_ms.to_string().as_bytes()]);
        format!("{{\"op\":\"auth\",\"args\":[\"{}\",{expires_ms},\"{signature}\"]}}", self.key)
    }

    pub fn get(&self, tag: u64, path: &str, query: &str, now_ns: i64) -> HttpRequest {
        let headers = self.headers(query, now_ns);
        HttpRequest {
            tag,
            method: "GET",
            path: format!("{path}?{query}"),
            headers,
            body: String::new(),
            not_before_ns: 0,
        }
    }

    pub fn post(&self, tag: u64, path: &str, body: String, now_ns: i64) -> HttpRequest {
        let mut headers = self.headers(&body, now_ns);
        headers.push(("Content-Type", "application/json".into()));
        HttpRequest { tag, method: "POST", path: path.into(), headers, body, not_before_ns: 0 }
    }

    fn headers(&self, payload: &str, now_ns: i64) -> Vec<(&'static str, String)> {
        let time_ms = (now_ns / NS_PER_MS).to_string();
        let window = self.recv_window_ms.to_string();
        let parts = [time_ms.as_bytes(), self.key.as_bytes(), window.as_bytes(), payload.as_bytes()];
        let signature = self.signer.sign_text(&parts);
        vec![
            ("X-BAPI-API-KEY", self.key.clone()),
            ("X-BAPI-TIMESTAMP", time_ms),
            ("X-BAPI-RECV-WINDOW", window),
            ("X-BAPI-SIGN", signature),
        ]
    }
}

/// What a query asks for. Its number is part of the tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Query {
    Executions = 1,
    OpenOrders = 2,
    ClosedOrders = 3,
    Position = 4,
    Wallet = 5,
}

const STAGES: [&[Query]; 3] =
    [&[Query::Executions], &[Query::OpenOrders, Query::ClosedOrders], &[Query::Position, Query::Wallet]];

/// One page of one query about one instrument.
#[derive(Clone, Copy)]
struct Ask {
    query: Query,
    /// The instrument's place; 0 for the wallet.
    at: u16,
    page: u16,
}

/// A tag: the round, the query, the page and the instrument's place. The first bit is kept free for the client.
fn tag_of(round: u32, ask: Ask) -> u64 {
    (round as u64 & 0x00ff_ffff) << 36 | (ask.query as u64) << 32 | (ask.page as u64) << 16 | ask.at as u64
}

/// How a round stands after an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// The answer belongs to no running round.
    Stray,
    Running,
    Done,
    Failed,
}

/// The rounds of reconciliation; one at a time.
pub(super) struct Reconciler {
    round: u32,
    /// `STAGES.len()` when no round runs.
    stage: usize,
    outstanding: usize,
    started_ns: i64,
    /// Executions and closed orders before this are not asked for.
    since_ns: i64,
}

impl Reconciler {
    pub fn new(since_ns: i64) -> Reconciler {
        Reconciler { round: 0, stage: STAGES.len(), outstanding: 0, started_ns: 0, since_ns }
    }

    /// Starts a round. One that still runs is abandoned: its answers will be strays.
    pub fn start(&mut self, rest: &Rest, account: &Account, now_ns: i64, io: &mut Io) {
        self.round += 1;
        self.stage = 0;
        self.started_ns = now_ns;
        if self.since_ns == 0 {
            self.since_ns = now_ns;
        }
        self.ask(rest, account, now_ns, io);
    }

    fn ask(&mut self, rest: &Rest, account: &Account, now_ns: i64, io: &mut Io) {
        let first = io.requests.len();
        for &query in STAGES[self.stage] {
            // One wallet for all; everything else by symbol.
            let places = if query == Query::Wallet { 1 } else { account.instruments.len() };
            for at in 0..places {
                // The venue looks at the time when it receives the request, so a delayed one is signed as of then.
                let delay_ns = (at / QUERIES_PER_SECOND) as i64 * SECOND_NS;
                let ask = Ask { query, at: at as u16, page: 0 };
                let mut request = self.request(rest, account, ask, "", now_ns + delay_ns);
                if delay_ns > 0 {
                    request.not_before_ns = now_ns + delay_ns;
                }
                io.requests.push(request);
            }
        }
        self.outstanding = io.requests.len() - first;
    }

    fn request(&self, rest: &Rest, account: &Account, ask: Ask, cursor: &str, now_ns: i64) -> HttpRequest {
        let Ask { query, at, .. } = ask;
        let symbol = account.instruments.get(at as usize).map_or("", |i| i.symbol.as_str());
        let since_ms = self.since_ns.max(0) / NS_PER_MS;
        let (path, mut text) = match query {
            Query::Executions => (
                "/v5/execution/list",
                format!("category=linear&symbol={symbol}&startTime={since_ms}&limit=100"),
            ),
            Query::OpenOrders => {
                ("/v5/order/realtime", format!("category=linear&symbol={symbol}&openOnly=0&limit=50"))
            }
            Query::ClosedOrders => {
                ("/v5/order/realtime", format!("category=linear&symbol={symbol}&openOnly=1&limit=50"))
            }
            Query::Position => ("/v5/position/list", format!("category=linear&symbol={symbol}")),
            Query::Wallet => ("/v5/account/wallet-balance", "accountType=UNIFIED".to_owned()),
        };
        if !cursor.is_empty() {
            text.push_str("&cursor=");
            push_escaped(&mut text, cursor);
        }
        rest.get(tag_of(self.round, ask), path, &text, now_ns)
    }

    /// Takes an answer in. Events go out as they are read; the caller reports `Done` and `Failed`.
    pub fn on_response<S: Sink>(
        &mut self,
        response: &HttpResponse,
        rest: &Rest,
        account: &mut Account,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Progress {
        let tag = response.tag;
        let (page, at) = ((tag >> 16) as u16, tag as u16);
        let is_ours = tag >> 36 == self.round as u64 & 0x00ff_ffff && self.stage < STAGES.len();
        let Some(&query) = STAGES.iter().copied().flatten().find(|&&q| q as u64 == tag >> 32 & 0xf) else {
            return Progress::Stray;
        };
        if !is_ours || self.outstanding == 0 || !STAGES[self.stage].contains(&query) {
            return Progress::Stray;
        }
        let bad_before = account.bad;
        let read = self.read(query, response, account, recv_ns, sink);
        if let Err(bad) = read {
            account.refuse(bad);
        }
        // An entry that could not be read might be the very order or position that is missing.
        let (Ok(next), true) = (read, account.bad == bad_before) else {
            self.stage = STAGES.len();
            return Progress::Failed;
        };
        // Closed orders are evidence, not a list that must be whole: their last pages may be missing.
        let next = next.filter(|_| page < MAX_PAGES || query != Query::ClosedOrders);
        if let Some(cursor) = next {
            if page >= MAX_PAGES {
                self.stage = STAGES.len();
                return Progress::Failed;
            }
            let ask = Ask { query, at, page: page + 1 };
            io.requests.push(self.request(rest, account, ask, &cursor, recv_ns));
            return Progress::Running;
        }
        self.outstanding -= 1;
        if self.outstanding > 0 {
            return Progress::Running;
        }
        self.stage += 1;
        if self.stage < STAGES.len() {
            self.ask(rest, account, recv_ns, io);
            return Progress::Running;
        }
        self.since_ns = self.since_ns.max(self.started_ns - OVERLAP_NS);
        Progress::Done
    }

    /// Reads one page; the cursor of the next one if there is one.
    fn read<S: Sink>(
        &self,
        query: Query,
        response: &HttpResponse,
        account: &mut Account,
        recv_ns: i64,
        sink: &mut S,
    ) -> Result<Option<String>, BadMessage> {
        let result = result_of(response)?;
        Ok(match query {
            Query::Executions => {
                let page: Page<ExecutionData> = json::parse_raw(result)?;
                account.executions(&page.list, recv_ns, sink);
                more(&page)
            }
            Query::OpenOrders => {
                let page: Page<OrderData> = json::parse_raw(result)?;
                account.orders(&page.list, recv_ns, sink);
                more(&page)
            }
            Query::ClosedOrders => {
                let mut page: Page<OrderData> = json::parse_raw(result)?;
                let next = more(&page);
                // History of other sessions and of other people is not news.
                let since_ms = (self.since_ns / NS_PER_MS).max(0) as u64;
                page.list.retain(|order| {
                    order.updated_time.0 >= since_ms
                        && ClientId::parse(order.order_link_id.as_bytes()).is_some()
                });
                account.orders(&page.list, recv_ns, sink);
                next
            }
            Query::Position => {
                let page: Page<PositionData> = json::parse_raw(result)?;
                account.positions(&page.list, recv_ns, sink);
                more(&page)
            }
            Query::Wallet => {
                let page: Page<WalletData> = json::parse_raw(result)?;
                account.wallets(&page.list, 0, recv_ns, sink);
                None
            }
        })
    }
}

fn more<T>(page: &Page<T>) -> Option<String> {
    (!page.list.is_empty() && !page.next.is_empty()).then(|| page.next.as_str().to_owned())
}

/// The `result` of an answer that says that all went well.
pub(super) fn result_of(response: &HttpResponse) -> Result<&RawValue, BadMessage> {
    if response.status != 200 {
        return Err(BadMessage { why: "a query was not answered with 200", at: response.status as usize });
    }
    let reply: RestReply = json::parse(&response.body)?;
    if reply.code != 0 {
        return Err(BadMessage { why: "the venue refused a query", at: 0 });
    }
    reply.result.ok_or(BadMessage { why: "an answer without a result", at: 0 })
}

/// The venue hands cursors out percent-encoded; only what would break the query is escaped.
fn push_escaped(text: &mut String, cursor: &str) {
    for byte in cursor.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte) {
            text.push(byte as char);
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// The event that an account-wide message belongs to.
pub(super) const WHOLE_ACCOUNT: InstrumentId = InstrumentId(0);
