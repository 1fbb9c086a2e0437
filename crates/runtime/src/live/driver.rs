//! The live loop: sockets → venue client → engine → venue client → sockets, on one thread, to completion each time.

use super::links::{Bases, Change, Link};
use super::observer::JournalObserver;
use super::watchdog::Pulse;
use crate::clock::{stamp, ticks_in, Clock};
use crate::http::HttpWorker;
use crate::transport::{NetError, NetErrorKind};
use crate::wait::{waker, PollFd, PollFlags, WaitMode, Waiter, WakeUps, Waker};
use crate::ws::{FrameWriter, Opcode, Received, Role};
use nanotick_engine::{Engine, Host, Observer};
use nanotick_model::record::Kind;
use nanotick_model::{Body, Event, InstrumentId, LinkState, Operator, Socket, Timer};
use nanotick_venues::client::{Encoded, Io, Sink, VenueClient};
use rustls::ClientConfig;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;

/// How often the cold work is done: heartbeats, timers, reconnects.
const TICK: Duration = Duration::from_millis(20);
/// How often the engine's own clock ticks: ack deadlines, stale books, the equity curve.
const ENGINE_TICK_NS: i64 = 100_000_000;
/// How long cancels may take at the end before the session gives up waiting for them.
const STOP_PATIENCE_NS: i64 = 3_000_000_000;
const RECONCILE_PATIENCE_NS: i64 = 5_000_000_000;
/// At least so long between two reconciliations that the engine asks for.
const RECONCILE_PAUSE_NS: i64 = 1_000_000_000;
/// How often the counter's clock is compared with the system's.
const REANCHOR_NS: i64 = 1_000_000_000;
/// Longest sleep in the modes that sleep.
const MAX_SLEEP: Duration = Duration::from_millis(5);

/// How the loop runs, as against what it trades.
pub struct LoopConfig {
    pub bases: Bases,
    pub tls: Arc<ClientConfig>,
    pub mode: WaitMode,
    /// The session stops by itself after so long; 0 = never.
    pub duration_ns: i64,
    /// Give up if trading could not begin within this time.
    pub start_timeout_ns: i64,
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Connecting and reconciling.
    Starting,
    Trading,
    /// Cancels are out.
    Stopping {
        until_ns: i64,
    },
    /// The last look at the venue.
    Reconciling {
        until_ns: i64,
    },
    Done,
}

/// How a session ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Trading began.
    pub started: bool,
    /// The venue answered the last reconciliation.
    pub reconciled: bool,
    /// A sentence if it did not end as it should.
    pub trouble: Option<String>,
    pub messages: u64,
    pub reconnects: u64,
    pub bad_messages: u64,
}

/// A live session.
pub struct Live<'a, C, H: Host> {
    config: &'a LoopConfig,
    client: C,
    engine: &'a mut Engine<H>,
    observer: &'a mut JournalObserver,
    clock: Clock,
    http: HttpWorker,
    pulse: Arc<Pulse>,
    links: [Link; 3],
    io: Io,
    writer: FrameWriter,
    wake_ups: WakeUps,
    waker: Waker,
    phase: Phase,
    started_ns: i64,
    last_engine_tick_ns: i64,
    last_reconcile_ns: i64,
    last_reanchor_ns: i64,
    timers: Vec<(i64, u32)>,
    bad_reported: u64,
    dropped_requests: u64,
    outcome: Outcome,
}

/// Takes events from the venue's client into the engine.
struct Intake<'e, H: Host> {
    engine: &'e mut Engine<H>,
    observer: &'e mut JournalObserver,
    /// The last reconciliation verdict that came by.
    verdict: Option<LinkState>,
}

impl<H: Host> Sink for Intake<'_, H> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        self.engine.process(event, self.observer);
        if let Body::Connection(c) = event.body {
            if c.socket == Socket::Rest {
                self.verdict = Some(c.state);
            }
        }
    }
}

/// Calls the client with a sink into the engine, then does what came of it.
macro_rules! with_client {
    ($live:ident, $now_ns:expr, |$client:ident, $io:ident, $sink:ident| $call:expr) => {{
        let mut intake = Intake { engine: $live.engine, observer: $live.observer, verdict: None };
        {
            let ($client, $io, $sink) = (&mut $live.client, &mut $live.io, &mut intake);
            $call;
        }
        let verdict = intake.verdict;
        $live.send_commands($now_ns, None);
        if let Some(verdict) = verdict {
            $live.on_verdict(verdict, $now_ns);
        }
    }};
}

impl<'a, C: VenueClient, H: Host> Live<'a, C, H> {
    pub fn new(
        config: &'a LoopConfig,
        client: C,
        engine: &'a mut Engine<H>,
        observer: &'a mut JournalObserver,
        pulse: Arc<Pulse>,
        http: impl FnOnce(Waker) -> Result<HttpWorker, NetError>,
    ) -> Result<Self, NetError> {
        let (waker, wake_ups) = waker().map_err(|e| {
            NetError::new(NetErrorKind::Config, format!("a pipe cannot be made: {e}"), "check ulimit -n")
        })?;
        let clock = Clock::new();
        let started_ns = clock.now_wall_ns();
        Ok(Live {
            config,
            client,
            engine,
            observer,
            http: http(waker.clone())?,
            pulse,
            links: [Link::new(Socket::Public), Link::new(Socket::Private), Link::new(Socket::Trade)],
            io: Io::default(),
            writer: FrameWriter::new(Role::Client),
            wake_ups,
            waker,
            phase: Phase::Starting,
            started_ns,
            last_engine_tick_ns: 0,
            last_reconcile_ns: 0,
            last_reanchor_ns: started_ns,
            timers: Vec::with_capacity(64),
            bad_reported: 0,
            dropped_requests: 0,
            outcome: Outcome::default(),
            clock,
        })
    }

    /// Runs until the duration is over, `stop` is set, or the session cannot go on.
    pub fn run(mut self, stop: &AtomicBool) -> Outcome {
        let now_ns = self.clock.now_wall_ns();
        self.client.on_start(now_ns, &mut self.io);
        let mut waiter = Waiter::new(self.config.mode);
        let tick = ticks_in(TICK);
        let mut next_tick = 0;
        while self.phase != Phase::Done {
            self.pulse.beat();
            let mut idle = true;
            for which in 0..self.links.len() {
                idle &= !self.poll_link(which);
            }
            let now = stamp();
            if now >= next_tick {
                next_tick = now + tick;
                self.tick(now, stop);
            }
            if idle {
                self.sleep(&mut waiter);
            } else {
                waiter.busy();
            }
        }
        for link in &mut self.links {
            link.close();
        }
        let (bad, _) = self.client.bad_messages();
        self.outcome.bad_messages = bad;
        self.outcome
    }

    /// Takes every message that has come on a socket. True if there was one.
    #[inline]
    fn poll_link(&mut self, which: usize) -> bool {
        let mut any = false;
        loop {
            let link = &mut self.links[which];
            let socket = link.socket;
            let Some(connection) = link.connection() else { return any };
            let (received, intake) = match connection.poll_recv() {
                Received::Nothing => return any,
                Received::Message(message) => {
                    let received = message.received_at;
                    let recv_ns = self.clock.wall_ns(received);
                    self.observer.begin_message(received);
                    let mut intake = Intake { engine: self.engine, observer: self.observer, verdict: None };
                    // A refused message is counted by the client and told by `tick`.
                    let _ =
                        self.client.on_message(socket, message.payload, recv_ns, &mut self.io, &mut intake);
                    (received, intake.verdict.map(|v| (v, recv_ns)))
                }
                Received::Closed(closed) => {
                    let why = closed.to_string();
                    self.lose(which, why);
                    return any;
                }
            };
            any = true;
            self.outcome.messages += 1;
            self.send_commands(0, Some(received));
            if let Some((verdict, now_ns)) = intake {
                self.on_verdict(verdict, now_ns);
            }
            if !self.io.sends.is_empty() || !self.io.requests.is_empty() || !self.io.reconnect.is_empty() {
                self.drain_io();
            }
        }
    }

    /// Encodes and sends what the engine wants sent. `received`: the stamp of the message that caused it.
    #[inline]
    fn send_commands(&mut self, now_ns: i64, received: Option<u64>) {
        if self.engine.commands().is_empty() {
            return;
        }
        // Nothing leaves that is not journaled; cancels of a failed journal go out by `tick`. Nor does anything after
        // the watchdog has begun to cancel.
        if self.observer.failed().is_some() || self.pulse.given_up() {
            self.engine.clear_commands();
            return;
        }
        // A message's own time is recent enough to stamp its orders with, and costs no look at the clock.
        let now_ns = received.map_or(now_ns, |received| self.clock.wall_ns(received));
        let mut target = Socket::Trade;
        for i in 0..self.engine.commands().len() {
            let command = self.engine.commands()[i];
            if let nanotick_model::Command::SetTimer(set) = command {
                self.timers.retain(|&(_, timer)| timer != set.timer);
                self.timers.push((set.at_ns, set.timer));
                continue;
            }
            match self.client.encode(&command, now_ns, self.writer.begin(), &mut self.io) {
                Encoded::Frame(socket, len) => {
                    if socket != target && !self.writer.is_empty() {
                        self.flush(target, received);
                    }
                    target = socket;
                    self.writer.finish(Opcode::Text, len);
                }
                Encoded::Queued => {}
            }
        }
        self.engine.clear_commands();
        if !self.writer.is_empty() {
            self.flush(target, received);
        }
        if !self.io.sends.is_empty() || !self.io.requests.is_empty() {
            self.drain_io();
        }
    }

    #[inline]
    fn flush(&mut self, socket: Socket, received: Option<u64>) {
        let send_began = self.observer.encoded();
        let link = &mut self.links[index_of(socket)];
        let sent = match link.connection() {
            Some(connection) => connection.send_frames(self.writer.frames()).map_err(|e| e.to_string()),
            None => Err("the socket is not open".to_owned()),
        };
        self.writer.clear();
        if let Some(received) = received {
            self.observer.end_message(received, send_began, stamp(), &self.clock);
        }
        if let Err(why) = sent {
            // The order's outcome is unknown; its deadline in the engine will say so.
            self.lose(index_of(socket), why);
        }
    }

    #[cold]
    fn lose(&mut self, which: usize, why: String) {
        let now = stamp();
        let now_ns = self.clock.now_wall_ns();
        let socket = self.links[which].socket;
        self.links[which].lose(now, why.clone());
        if self.phase != Phase::Done {
            self.outcome.reconnects += 1;
            self.note(now_ns, &format!("the {} socket was lost: {why}", name_of(socket)));
        }
        with_client!(self, now_ns, |client, io, sink| client.on_close(socket, now_ns, io, sink));
    }

    fn note(&mut self, now_ns: i64, text: &str) {
        let json = serde_json::json!({ "note": text }).to_string();
        self.observer.note(Kind::Note, now_ns, &json);
    }

    /// Text frames, requests and reconnects that the client asked for.
    #[cold]
    fn drain_io(&mut self) {
        let io = std::mem::take(&mut self.io);
        for (socket, text) in io.sends {
            let which = index_of(socket);
            let sent = match self.links[which].connection() {
                Some(connection) => connection.send_text(&text),
                None => Ok(()),
            };
            if let Err(error) = sent {
                self.lose(which, error.to_string());
            }
        }
        for request in io.requests {
            // A full queue means that the venue does not answer; the client's own deadlines notice.
            if self.http.submit(request).is_err() {
                self.dropped_requests += 1;
            }
        }
        for socket in io.reconnect {
            self.lose(index_of(socket), "the venue's rules ask for a new connection".to_owned());
        }
    }

    /// The cold work.
    fn tick(&mut self, now: u64, stop: &AtomicBool) {
        let now_ns = self.clock.now_wall_ns();
        if now_ns - self.last_reanchor_ns >= REANCHOR_NS {
            self.last_reanchor_ns = now_ns;
            self.clock.reanchor();
        }
        let endpoints = self.client.endpoints();
        for which in 0..self.links.len() {
            let change =
                self.links[which].tend(now, &self.config.bases, &endpoints, &self.config.tls, &self.waker);
            match change {
                Change::Opened => {
                    let socket = self.links[which].socket;
                    self.client.on_open(socket, now_ns, &mut self.io);
                }
                Change::Lost(why) => {
                    let text =
                        format!("the {} socket did not open: {why}", name_of(self.links[which].socket));
                    self.note(now_ns, &text);
                    self.outcome.trouble = Some(text);
                }
                Change::Nothing => {}
            }
        }
        while let Some(response) = self.http.poll() {
            with_client!(self, now_ns, |client, io, sink| client.on_response(&response, now_ns, io, sink));
        }
        with_client!(self, now_ns, |client, io, sink| client.on_tick(now_ns, io, sink));
        self.fire_timers(now_ns);
        if now_ns - self.last_reconcile_ns >= RECONCILE_PAUSE_NS && self.engine.take_reconcile_wish() {
            self.last_reconcile_ns = now_ns;
            self.client.reconcile(now_ns, &mut self.io);
        }
        self.report_bad_messages(now_ns);
        self.observer.tend();
        self.drain_io();
        self.advance(now_ns, stop);
    }

    fn fire_timers(&mut self, now_ns: i64) {
        if now_ns - self.last_engine_tick_ns >= ENGINE_TICK_NS {
            self.last_engine_tick_ns = now_ns;
            self.engine_event(now_ns, Body::Timer(Timer { timer: 0 }));
        }
        let mut due: Vec<(i64, u32)> = Vec::new();
        self.timers.retain(|&(at_ns, timer)| {
            let is_due = at_ns <= now_ns;
            if is_due {
                due.push((at_ns, timer));
            }
            !is_due
        });
        due.sort_unstable();
        for (_, timer) in due {
            self.engine_event(now_ns, Body::Timer(Timer { timer }));
        }
    }

    fn engine_event(&mut self, now_ns: i64, body: Body<'_>) {
        let event = Event { venue_ns: 0, recv_ns: now_ns, instrument: InstrumentId(0), body };
        self.engine.process(&event, self.observer);
        self.send_commands(now_ns, None);
    }

    /// At most once a second, what was refused and why.
    fn report_bad_messages(&mut self, now_ns: i64) {
        let (count, last) = self.client.bad_messages();
        if let (true, Some(bad)) = (count > self.bad_reported && now_ns % 1_000_000_000 < 20_000_000, last) {
            let fresh = count - self.bad_reported;
            self.bad_reported = count;
            self.note(now_ns, &format!("{fresh} messages refused; the last: {} at byte {}", bad.why, bad.at));
        }
    }

    /// A reconciliation has ended.
    fn on_verdict(&mut self, verdict: LinkState, now_ns: i64) {
        match (self.phase, verdict) {
            (Phase::Starting, LinkState::Reconciled) => {
                self.phase = Phase::Trading;
                self.outcome.started = true;
                self.outcome.trouble = None;
                for link in &mut self.links {
                    link.settled();
                }
            }
            (Phase::Reconciling { .. }, LinkState::Reconciled) => {
                self.outcome.reconciled = true;
                self.phase = Phase::Done;
            }
            (Phase::Starting | Phase::Reconciling { .. }, LinkState::Down) => {
                self.client.reconcile(now_ns, &mut self.io);
            }
            _ => {}
        }
    }

    /// From one phase to the next.
    fn advance(&mut self, now_ns: i64, stop: &AtomicBool) {
        let over = self.config.duration_ns > 0 && now_ns - self.started_ns >= self.config.duration_ns;
        match self.phase {
            Phase::Starting
                if now_ns - self.started_ns > self.config.start_timeout_ns || stop.load(Relaxed) =>
            {
                let waited_s = (now_ns - self.started_ns) / 1_000_000_000;
                self.outcome
                    .trouble
                    .get_or_insert_with(|| format!("the venue was not ready after {waited_s} s"));
                self.phase = Phase::Done;
            }
            Phase::Trading if over || stop.load(Relaxed) => {
                self.engine_event(now_ns, Body::Operator(Operator::Stop));
                self.phase = Phase::Stopping { until_ns: now_ns + STOP_PATIENCE_NS };
            }
            Phase::Trading if self.observer.failed().is_some() => self.abandon(now_ns),
            Phase::Stopping { until_ns } if !self.engine.has_live_orders() || now_ns > until_ns => {
                self.client.reconcile(now_ns, &mut self.io);
                self.phase = Phase::Reconciling { until_ns: now_ns + RECONCILE_PATIENCE_NS };
            }
            Phase::Reconciling { until_ns } if now_ns > until_ns => {
                self.outcome.trouble = Some("the venue did not answer the last reconciliation".to_owned());
                self.phase = Phase::Done;
            }
            _ => {}
        }
    }

    /// The journal cannot be written: nothing but cancels from here on.
    #[cold]
    fn abandon(&mut self, now_ns: i64) {
        let why = self.observer.failed().map_or_else(String::new, ToString::to_string);
        self.outcome.trouble = Some(format!("the journal failed, orders were cancelled: {why}"));
        for i in 0..self.engine.desk().instruments().len() {
            let cancel = nanotick_model::CancelAll { instrument: InstrumentId(i as u16) };
            let command = nanotick_model::Command::CancelAll(cancel);
            if let Encoded::Frame(socket, len) =
                self.client.encode(&command, now_ns, self.writer.begin(), &mut self.io)
            {
                self.writer.finish(Opcode::Text, len);
                self.flush(socket, None);
            }
        }
        self.drain_io();
        self.phase = Phase::Stopping { until_ns: now_ns + STOP_PATIENCE_NS };
    }

    #[inline]
    fn sleep(&mut self, waiter: &mut Waiter) {
        if self.config.mode == WaitMode::Spin {
            return;
        }
        let links = &self.links;
        let mut fds: [PollFd<'_>; 4] = std::array::from_fn(|_| PollFd::new(&self.wake_ups, PollFlags::IN));
        let mut n = 1;
        for fd in links.iter().filter_map(Link::fd) {
            fds[n] = PollFd::from_borrowed_fd(fd, PollFlags::IN);
            n += 1;
        }
        // A failed poll is a poll that returned early: the loop looks at everything anyway.
        let _ = waiter.idle(&mut fds[..n], MAX_SLEEP);
        self.wake_ups.clear();
    }
}

const fn index_of(socket: Socket) -> usize {
    match socket {
        Socket::Public | Socket::Rest => 0,
        Socket::Private => 1,
        Socket::Trade => 2,
    }
}

const fn name_of(socket: Socket) -> &'static str {
    match socket {
        Socket::Public => "market data",
        Socket::Private => "private",
        Socket::Trade => "order entry",
        Socket::Rest => "REST",
    }
}
