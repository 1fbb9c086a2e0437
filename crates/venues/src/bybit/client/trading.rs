//! Orders out; acknowledgements and the account's own stream in.

use super::super::account::emit;
use super::super::codes::{answer_of, Answer};
use super::super::encode::Encoder;
use super::super::messages::{
    ExecutionData, OrderData, OrderIds, PositionData, PrivateMessage, TradeReply, WalletData,
};
use super::super::rest::result_of;
use super::BybitClient;
use crate::client::{BadMessage, Encoded, HttpResponse, Io, Sink};
use crate::json;
use crate::requests::{Operation, Request};
use nanotick_model::{
    Body, ClientId, InstrumentId, LinkState, OrderStatus, OrderUpdate, Px, Qty, Reject, Socket, Text,
};

/// Tags of cancel-all requests; the reconciler's tags stay below.
pub(super) const CANCEL_ALL_TAG: u64 = 1 << 63;
/// A cancel-all is safe to repeat: so often, and after so long.
const CANCEL_ALL_RETRIES: u64 = 3;
const CANCEL_ALL_PAUSE_NS: i64 = 500_000_000;

impl BybitClient {
    pub(super) fn on_private<S: Sink>(
        &mut self,
        message: &[u8],
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        let message: PrivateMessage = json::parse(message)?;
        if message.topic.is_empty() {
            return self.on_private_reply(message.op.as_str(), message.success, recv_ns, io, sink);
        }
        let data = message.data.ok_or(BadMessage { why: "a topic without data", at: 0 })?;
        let account = &mut self.account;
        match message.topic.as_str().split('.').next().unwrap_or_default() {
            "order" => account.orders(&json::parse_raw::<Vec<OrderData>>(data)?, recv_ns, sink),
            "execution" => account.executions(&json::parse_raw::<Vec<ExecutionData>>(data)?, recv_ns, sink),
            "position" => account.positions(&json::parse_raw::<Vec<PositionData>>(data)?, recv_ns, sink),
            "wallet" => {
                let wallets: Vec<WalletData> = json::parse_raw(data)?;
                account.wallets(&wallets, message.created_ms.0, recv_ns, sink);
            }
            _ => return Err(BadMessage { why: "an unknown topic", at: 0 }),
        }
        Ok(())
    }

    pub(super) fn on_private_reply<S: Sink>(
        &mut self,
        op: &str,
        success: Option<bool>,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        match (op, success) {
            ("ping" | "pong", _) => self.private.on_pong(),
            ("auth", Some(true)) => {
                let topics = ["order", "execution", "position", "wallet"].map(|topic| format!("\"{topic}\""));
                self.send_topics(Socket::Private, "subscribe", &topics, io);
            }
            ("subscribe", Some(true)) => {
                if self.private.become_ready() {
                    self.report(Socket::Private, LinkState::Up, recv_ns, sink);
                }
            }
            ("auth", _) => return Err(self.on_refused_key(Socket::Private, io)),
            ("subscribe", _) => return Err(BadMessage { why: "a subscription was refused", at: 0 }),
            _ => return Err(BadMessage { why: "neither a topic nor a known reply", at: 0 }),
        }
        Ok(())
    }

    pub(super) fn on_refused_key(&mut self, socket: Socket, io: &mut Io) -> BadMessage {
        io.reconnect.push(socket);
        BadMessage { why: "the venue refused the key, its signature or our clock", at: 0 }
    }

    pub(super) fn on_trade<S: Sink>(
        &mut self,
        message: &[u8],
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        let reply: TradeReply = json::parse(message)?;
        match reply.op.as_str() {
            "ping" | "pong" => {
                self.trade.on_pong();
                return Ok(());
            }
            "auth" if reply.code == Some(0) => {
                if self.trade.become_ready() {
                    self.report(Socket::Trade, LinkState::Up, recv_ns, sink);
                }
                return Ok(());
            }
            "auth" => return Err(self.on_refused_key(Socket::Trade, io)),
            _ => {}
        }
        let Some(request) = self.requests.answer(reply.request_id.as_bytes()) else {
            return Err(BadMessage { why: "an answer to no request of ours", at: 0 });
        };
        if reply.code == Some(10019) {
            // The venue restarts this gateway: a new connection reaches another one.
            io.reconnect.push(Socket::Trade);
        }
        let ids = reply.data.and_then(|data| json::parse_raw::<OrderIds>(data).ok()).unwrap_or_default();
        let venue_order = Text::from_bytes(ids.order_id.as_bytes()).unwrap_or_default();
        let answer = reply.code.map_or(Answer::Unknown, answer_of);
        let (status, reject) = match (answer, request.operation) {
            (Answer::Accepted, Operation::Create) => (OrderStatus::Acked, Reject::None),
            // The order stream tells how it went.
            (Answer::Accepted, _) => return Ok(()),
            (Answer::Refused(reject), operation) => (refused(operation), reject),
            (Answer::Unknown, _) => (OrderStatus::Unknown, Reject::None),
        };
        let code = reply.code.unwrap_or(0).clamp(i32::MIN as i64, i32::MAX as i64) as i32;
        report_request(&request, status, reject, code, venue_order, recv_ns, sink);
        Ok(())
    }

    /// Forms the frame, or notes that it cannot be sent.
    #[inline]
    pub(super) fn send_order(
        &mut self,
        operation: Operation,
        client: ClientId,
        instrument: InstrumentId,
        now_ns: i64,
        write: impl FnOnce(&mut Encoder, usize, u64) -> usize,
    ) -> Encoded {
        let at = match self.config.instruments.get(instrument.index()) {
            Some(known) if known.id == instrument => Some(instrument.index()),
            _ => self.place_of(instrument),
        };
        match at {
            Some(at) if self.trade.is_ready() => {
                let number = self.requests.begin(client, instrument, operation, now_ns);
                Encoded::Frame(Socket::Trade, write(&mut self.encoder, at, number))
            }
            _ => {
                self.unsent.push(Request { number: 0, client, instrument, operation, sent_ns: now_ns });
                Encoded::Queued
            }
        }
    }

    pub(super) fn cancel_all(
        &mut self,
        at: usize,
        attempt: u64,
        not_before_ns: i64,
        now_ns: i64,
        io: &mut Io,
    ) {
        let symbol = &self.config.instruments[at].symbol;
        let body = format!("{{\"category\":\"linear\",\"symbol\":\"{symbol}\"}}");
        let tag = CANCEL_ALL_TAG | attempt << 16 | at as u64;
        let mut request = self.rest.post(tag, "/v5/order/cancel-all", body, now_ns.max(not_before_ns));
        request.not_before_ns = not_before_ns;
        io.requests.push(request);
    }

    pub(super) fn on_cancel_all<S: Sink>(
        &mut self,
        response: &HttpResponse,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) {
        let Err(bad) = result_of(response) else { return };
        self.refuse(bad);
        let (attempt, at) = ((response.tag & !CANCEL_ALL_TAG) >> 16, response.tag as u16 as usize);
        if attempt < CANCEL_ALL_RETRIES && at < self.config.instruments.len() {
            let pause_ns = CANCEL_ALL_PAUSE_NS << attempt;
            self.cancel_all(at, attempt + 1, recv_ns + pause_ns, recv_ns, io);
        } else {
            self.report(Socket::Rest, LinkState::Down, recv_ns, sink);
        }
    }

    pub(super) fn tick_requests<S: Sink>(&mut self, deadline_ns: i64, now_ns: i64, sink: &mut S) {
        while let Some(request) = self.requests.overdue(deadline_ns) {
            report_request(&request, OrderStatus::Unknown, Reject::None, 0, Text::EMPTY, now_ns, sink);
        }
    }
}

/// The status that a refused request leaves: the order is as it was, unless it was never placed.
pub(super) fn refused(operation: Operation) -> OrderStatus {
    match operation {
        Operation::Create => OrderStatus::Rejected,
        Operation::Amend => OrderStatus::AmendRejected,
        Operation::Cancel => OrderStatus::CancelRejected,
    }
}

pub(super) fn report_request<S: Sink>(
    request: &Request,
    status: OrderStatus,
    reject: Reject,
    venue_code: i32,
    venue_order: Text<40>,
    now_ns: i64,
    sink: &mut S,
) {
    let update = OrderUpdate {
        client: request.client,
        venue_order,
        status,
        reject,
        venue_code,
        side: None,
        order_type: None,
        tif: None,
        px: Px(0),
        qty: Qty(0),
        leaves: Qty(0),
        cum: Qty(0),
    };
    emit(sink, request.instrument, 0, now_ns, Body::OrderUpdate(update));
}
