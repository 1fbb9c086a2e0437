//! Books and trades: from decoded messages to events, in sequence or not at all.

use super::super::decode::{BookHead, Public};
use super::super::sync::Verdict;
use super::{emit, BybitClient, NS_PER_MS};
use crate::client::{BadMessage, Io, Sink};
use crate::Padded;
use nanotick_model::{Body, BookUpdate, Connection, Event, InstrumentId, LinkState, Socket};

/// Topics per subscribe frame: far below the venue's 21,000 bytes.
const TOPICS_PER_FRAME: usize = 100;

impl BybitClient {
    #[inline]
    pub(super) fn on_public<S: Sink>(
        &mut self,
        message: Padded<'_>,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        match self.decoder.decode(message)? {
            Public::Book(head) => self.on_book(&head, recv_ns, io, sink),
            Public::Trades { instrument, .. } => {
                let instrument = self.config.instruments[instrument].id;
                for at in self.decoder.trades() {
                    let body = Body::Trade(at.trade);
                    sink.event(&Event { venue_ns: at.venue_ns, recv_ns, instrument, body });
                }
            }
            Public::Unused => {}
            Public::Pong => self.public.on_pong(),
            Public::Subscribed => {
                if self.public.become_ready() {
                    self.report(Socket::Public, LinkState::Up, recv_ns, sink);
                }
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn on_book<S: Sink>(&mut self, head: &BookHead, recv_ns: i64, io: &mut Io, sink: &mut S) {
        let feed = &mut self.feeds[head.instrument];
        let instrument = self.config.instruments[head.instrument].id;
        feed.last_ns = recv_ns;
        let verdict = feed.sync.on_book(head.is_snapshot, head.update_id, recv_ns);
        let is_snapshot = match verdict {
            Verdict::Delta => false,
            Verdict::Snapshot { .. } => true,
            Verdict::Duplicate | Verdict::Waiting => return,
            Verdict::Gap => {
                report_book(instrument, LinkState::Gap, recv_ns, sink);
                if self.feeds[head.instrument].sync.is_due(recv_ns) {
                    self.resubscribe(head.instrument, recv_ns, io);
                }
                return;
            }
        };
        let was_stale = std::mem::take(&mut feed.is_stale);
        let update = BookUpdate {
            is_snapshot,
            update_id: head.update_id,
            bids: self.decoder.bids(head),
            asks: self.decoder.asks(head),
        };
        sink.event(&Event { venue_ns: head.venue_ns, recv_ns, instrument, body: Body::Book(update) });
        if was_stale || verdict == (Verdict::Snapshot { resumed: true }) {
            report_book(instrument, LinkState::Synced, recv_ns, sink);
        }
    }

    pub(super) fn topic(&self, at: usize) -> String {
        format!("\"orderbook.{}.{}\"", self.config.depth, self.config.instruments[at].symbol)
    }

    pub(super) fn send_topics(&mut self, socket: Socket, op: &str, topics: &[String], io: &mut Io) {
        for topics in topics.chunks(TOPICS_PER_FRAME) {
            self.frames += 1;
            let args = topics.join(",");
            io.sends.push((
                socket,
                format!("{{\"req_id\":\"s{}\",\"op\":\"{op}\",\"args\":[{args}]}}", self.frames),
            ));
        }
    }

    /// Leaves and joins a book's topic: the first message after that is a snapshot.
    pub(super) fn resubscribe(&mut self, at: usize, now_ns: i64, io: &mut Io) {
        let topic = [self.topic(at)];
        self.send_topics(Socket::Public, "unsubscribe", &topic, io);
        self.send_topics(Socket::Public, "subscribe", &topic, io);
        self.feeds[at].sync.on_subscribe(now_ns);
    }

    pub(super) fn tick_feeds<S: Sink>(&mut self, now_ns: i64, io: &mut Io, sink: &mut S) {
        let stale_ns = self.config.stale_after_ms as i64 * NS_PER_MS;
        for at in 0..self.feeds.len() {
            let feed = &mut self.feeds[at];
            if feed.sync.is_live() && !feed.is_stale && now_ns.saturating_sub(feed.last_ns) > stale_ns {
                // A silent feed and a quiet market look the same; a fresh snapshot tells them apart.
                feed.is_stale = true;
                feed.sync.invalidate(now_ns);
                report_book(self.config.instruments[at].id, LinkState::Stale, now_ns, sink);
            }
            if self.public.is_open() && self.feeds[at].sync.is_due(now_ns) {
                self.resubscribe(at, now_ns, io);
            }
        }
    }
}

pub(super) fn report_book<S: Sink>(instrument: InstrumentId, state: LinkState, now_ns: i64, sink: &mut S) {
    emit(sink, instrument, 0, now_ns, Body::Connection(Connection { socket: Socket::Public, state }));
}
