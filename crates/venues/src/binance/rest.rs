//! REST requests, and the rounds of queries that reconciliation is made of.
//!
//! A round asks for orders first: trades do not name our order ids, only the venue's, and the orders tell whose those
//! are. Then trades, then positions and balances, so that what explains a position is known before the position is.

use super::account::Account;
use super::messages::{RestBalance, RestOrder, RestPosition, RestTrade};
use crate::client::{BadMessage, HttpRequest, HttpResponse, Io, Sink};
use crate::json;
use crate::sign::{Secret, Signer};

const NS_PER_MS: i64 = 1_000_000;
const SECOND_NS: i64 = 1_000_000_000;
/// Entries that a page of orders or trades may have.
const PAGE: usize = 1000;
/// A list that is longer than this many pages is not read to its end: the round fails.
const MAX_PAGES: u16 = 100;
/// Trades and closed orders are asked for from a little before the last round's start.
const OVERLAP_NS: i64 = 60 * SECOND_NS;
/// A failed round is not repeated at once.
const FIRST_PAUSE_NS: i64 = SECOND_NS / 2;
const LAST_PAUSE_NS: i64 = 16 * SECOND_NS;

/// What a request was for; the top byte of its tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Snapshot = 1,
    ListenKey = 2,
    KeepAlive = 3,
    Reconcile = 4,
    CancelAll = 5,
}

impl Purpose {
    pub fn tag(self, rest: u64) -> u64 {
        (self as u64) << 56 | rest
    }
    pub fn of(tag: u64) -> Option<Purpose> {
        use Purpose::*;
        [Snapshot, ListenKey, KeepAlive, Reconcile, CancelAll].into_iter().find(|&p| p as u64 == tag >> 56)
    }
}

/// Builds requests.
pub(super) struct Rest {
    key: String,
    signer: Signer,
    recv_window_ms: u32,
}

impl Rest {
    pub fn new(key: &str, secret: &Secret, recv_window_ms: u32) -> Rest {
        Rest { key: key.to_owned(), signer: Signer::new(secret), recv_window_ms }
    }

    /// A request that needs no signature. With a key, the key goes along.
    pub fn plain(&self, tag: u64, method: &'static str, path: String, not_before_ns: i64) -> HttpRequest {
        let mut headers = Vec::new();
        if !self.key.is_empty() {
            headers.push(("X-MBX-APIKEY", self.key.clone()));
        }
        HttpRequest { tag, method, path, headers, body: String::new(), not_before_ns }
    }

    /// A signed request with its parameters in the query, signed as of when it is sent.
    pub fn signed(
        &self,
        tag: u64,
        method: &'static str,
        path: &str,
        parameters: &str,
        now_ns: i64,
        not_before_ns: i64,
    ) -> HttpRequest {
        let time_ms = now_ns.max(not_before_ns) / NS_PER_MS;
        let joint = if parameters.is_empty() { "" } else { "&" };
        let query = format!("{parameters}{joint}recvWindow={}&timestamp={time_ms}", self.recv_window_ms);
        let signature = self.signer.sign_text(&[query.as_bytes()]);
        self.plain(tag, method, format!("{path}?{query}&signature={signature}"), not_before_ns)
    }
}

/// What a query asks for. Its number is part of the tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Query {
    OpenOrders = 1,
    AllOrders = 2,
    Trades = 3,
    Positions = 4,
    Balances = 5,
}

const STAGES: [&[Query]; 3] =
    [&[Query::OpenOrders, Query::AllOrders], &[Query::Trades], &[Query::Positions, Query::Balances]];

impl Query {
    fn is_per_symbol(self) -> bool {
        !matches!(self, Query::Positions | Query::Balances)
    }
}

/// The round, the query, the page and the instrument's place.
fn tag_of(round: u32, query: Query, page: u16, at: u16) -> u64 {
    Purpose::Reconcile
        .tag((round as u64 & 0xffff) << 40 | (query as u64) << 32 | (page as u64) << 16 | at as u64)
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
    /// Trades and closed orders before this are not asked for.
    since_ns: i64,
    failures: u32,
}

impl Reconciler {
    pub fn new(since_ns: i64) -> Reconciler {
        Reconciler { round: 0, stage: STAGES.len(), outstanding: 0, started_ns: 0, since_ns, failures: 0 }
    }

    /// Starts a round, not before `pause_until_ns`. One that still runs is abandoned: its answers will be strays.
    pub fn start(
        &mut self,
        rest: &Rest,
        account: &mut Account,
        now_ns: i64,
        pause_until_ns: i64,
        io: &mut Io,
    ) {
        self.round += 1;
        self.stage = 0;
        self.started_ns = now_ns;
        if self.since_ns == 0 {
            self.since_ns = now_ns;
        }
        account.forget_owners();
        let pause_ns = match self.failures {
            0 => 0,
            n => (FIRST_PAUSE_NS << (n - 1).min(8)).min(LAST_PAUSE_NS),
        };
        let not_before_ns = if pause_ns > 0 { now_ns + pause_ns } else { 0 }.max(pause_until_ns);
        self.ask(rest, account, now_ns, not_before_ns, io);
    }

    fn ask(&mut self, rest: &Rest, account: &Account, now_ns: i64, not_before_ns: i64, io: &mut Io) {
        let first = io.requests.len();
        for &query in STAGES[self.stage] {
            let places = if query.is_per_symbol() { account.instruments.len() } else { 1 };
            for at in 0..places as u16 {
                io.requests.push(self.request(rest, account, query, (at, 0), None, (now_ns, not_before_ns)));
            }
        }
        self.outstanding = io.requests.len() - first;
    }

    /// One page of a query: from the last round's time on, or from an id on.
    fn request(
        &self,
        rest: &Rest,
        account: &Account,
        query: Query,
        (at, page): (u16, u16),
        from_id: Option<u64>,
        (now_ns, not_before_ns): (i64, i64),
    ) -> HttpRequest {
        let symbol = account.instruments.get(at as usize).map_or("", |i| i.symbol.as_str());
        let since_ms = self.since_ms();
        let from = |name: &str| match from_id {
            Some(id) => format!("symbol={symbol}&{name}={id}&limit={PAGE}"),
            None => format!("symbol={symbol}&startTime={since_ms}&limit={PAGE}"),
        };
        let (path, parameters) = match query {
            Query::OpenOrders => ("/fapi/v1/openOrders", format!("symbol={symbol}")),
            Query::AllOrders => ("/fapi/v1/allOrders", from("orderId")),
            Query::Trades => ("/fapi/v1/userTrades", from("fromId")),
            Query::Positions => ("/fapi/v3/positionRisk", String::new()),
            Query::Balances => ("/fapi/v3/balance", String::new()),
        };
        rest.signed(tag_of(self.round, query, page, at), "GET", path, &parameters, now_ns, not_before_ns)
    }

    fn since_ms(&self) -> u64 {
        ((self.since_ns - OVERLAP_NS).max(0) / NS_PER_MS) as u64
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
        let is_ours = (tag >> 40) & 0xffff == self.round as u64 & 0xffff && self.stage < STAGES.len();
        let found = STAGES.iter().copied().flatten().find(|&&query| query as u64 == tag >> 32 & 0xff);
        let Some(&query) = found.filter(|query| is_ours && STAGES[self.stage].contains(query)) else {
            return Progress::Stray;
        };
        let next = match self.read(query, response, account, recv_ns, sink) {
            Ok(next) => next,
            Err(bad) => {
                account.refuse(bad);
                return self.fail();
            }
        };
        if next.is_some() {
            if page == MAX_PAGES {
                return self.fail();
            }
            io.requests.push(self.request(rest, account, query, (at, page + 1), next, (recv_ns, 0)));
            return Progress::Running;
        }
        self.outstanding -= 1;
        if self.outstanding > 0 {
            return Progress::Running;
        }
        self.stage += 1;
        if self.stage < STAGES.len() {
            self.ask(rest, account, recv_ns, 0, io);
            return Progress::Running;
        }
        self.since_ns = self.started_ns;
        self.failures = 0;
        Progress::Done
    }

    fn fail(&mut self) -> Progress {
        self.stage = STAGES.len();
        self.failures += 1;
        Progress::Failed
    }

    /// Reads one page; the id that the next one starts at if there is one.
    fn read<S: Sink>(
        &self,
        query: Query,
        response: &HttpResponse,
        account: &mut Account,
        recv_ns: i64,
        sink: &mut S,
    ) -> Result<Option<u64>, BadMessage> {
        let body = body_of(response)?;
        let bad_before = account.bad;
        let since_ms = self.since_ms();
        let full = |n: usize, last: Option<u64>| if n >= PAGE { last.map(|id| id + 1) } else { None };
        let next = match query {
            Query::OpenOrders => {
                account.rest_orders(&json::parse::<Vec<RestOrder>>(body)?, since_ms, recv_ns, sink);
                None
            }
            Query::AllOrders => {
                let orders: Vec<RestOrder> = json::parse(body)?;
                account.rest_orders(&orders, since_ms, recv_ns, sink);
                full(orders.len(), orders.iter().map(|o| o.order_id.0).max())
            }
            Query::Trades => {
                let trades: Vec<RestTrade> = json::parse(body)?;
                account.rest_trades(&trades, recv_ns, sink);
                full(trades.len(), trades.iter().map(|t| t.id.0).max())
            }
            Query::Positions => {
                account.rest_positions(&json::parse::<Vec<RestPosition>>(body)?, recv_ns, sink);
                None
            }
            Query::Balances => {
                account.rest_balances(&json::parse::<Vec<RestBalance>>(body)?, recv_ns, sink);
                None
            }
        };
        // What could not be read might be the very order or position that is missing.
        match account.last_bad {
            Some(bad) if account.bad > bad_before => Err(bad),
            _ => Ok(next),
        }
    }
}

/// The body of an answer that says that all went well.
pub(super) fn body_of(response: &HttpResponse) -> Result<&[u8], BadMessage> {
    match response.status {
        200 => Ok(&response.body),
        0 => Err(BadMessage { why: "a request was not answered", at: 0 }),
        status => Err(BadMessage { why: "the venue refused a request", at: status as usize }),
    }
}
