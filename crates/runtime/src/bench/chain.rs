//! The whole chain as the live driver runs it: message bytes → venue client (decode, sequence) → engine (journal, book,
//! signals, strategy, risk, orders) → venue client → the order's masked frame. Only the sockets are missing.
//!
//! Stage stamps, histograms and a journal on disk are part of it, since they are part of a session.

use super::feed::Stored;
use super::figure::{measure, Figure};
use super::parts::wide_limits;
use crate::clock::{self, Clock};
use crate::live::JournalObserver;
use crate::ws::{FrameWriter, Opcode, Role};
use nanotick_engine::{prepare, Desk, DeskConfig, Engine, Host, SignalSpec, Signals, Stage};
use nanotick_journal::{Options, Writer};
use nanotick_model::{
    Body, Cash, ClientId, Command, Connection, Event, Instrument, InstrumentId, LinkState, OrderStatus,
    OrderUpdate, Px, Qty, Reject, Socket, Text,
};
use nanotick_venues::bybit::{BybitClient, Config};
use nanotick_venues::client::{Encoded, Io, Sink, VenueClient};
use nanotick_venues::sign::Secret;
use nanotick_venues::{padded, Padded, PADDING};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Answers to requests that the client remembers; they are given before it would forget.
const ANSWERS: usize = 512;
/// So much of a request's frame is kept: its id stands at the front.
const FRAME_HEAD: usize = 96;

/// What a chain is made of, but for its strategy.
pub struct ChainConfig {
    pub instrument: Instrument,
    pub signals: Vec<SignalSpec>,
    /// Where the journal goes; it is removed with the chain.
    pub dir: PathBuf,
}

impl ChainConfig {
    /// The error is a sentence.
    pub fn prepare(&self) -> Result<(Desk, Vec<Signals>), String> {
        let (limits, session_limits) = wide_limits();
        prepare(DeskConfig {
            instruments: vec![self.instrument.clone()],
            limits: vec![limits],
            session_limits,
            signals: self.signals.clone(),
            epoch: 1,
            start_cash: Cash::parse("1000000").expect("a decimal"),
        })
        .map_err(|e| e.to_string())
    }
}

pub struct Chain<H: Host> {
    client: BybitClient,
    engine: Engine<H>,
    observer: JournalObserver,
    clock: Clock,
    io: Io,
    answers: Answers,
    /// Orders that are to be ended before the next message.
    placed: Vec<(ClientId, Px, Qty)>,
    dir: PathBuf,
}

struct Intake<'a, H: Host> {
    engine: &'a mut Engine<H>,
    observer: &'a mut JournalObserver,
}

impl<H: Host> Sink for Intake<'_, H> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        self.engine.process(event, self.observer);
    }
}

impl<H: Host> Chain<H> {
    /// `desk` and `signals` as [`ChainConfig::prepare`] made them. The chain is connected and reconciled, and has no
    /// book yet.
    pub fn new(config: &ChainConfig, desk: Desk, signals: Vec<Signals>, host: H) -> Result<Chain<H>, String> {
        let clock = Clock::new();
        let writer = Writer::create(&config.dir, Options::default()).map_err(|e| e.to_string())?;
        let mut chain = Chain {
            client: ready_client(&config.instrument),
            engine: Engine::new(desk, signals, host),
            observer: JournalObserver::new(writer, &clock),
            clock,
            io: Io::default(),
            answers: Answers::new(),
            placed: Vec::with_capacity(16),
            dir: config.dir.clone(),
        };
        for (socket, state) in [
            (Socket::Public, LinkState::Up),
            (Socket::Private, LinkState::Up),
            (Socket::Trade, LinkState::Up),
            (Socket::Rest, LinkState::Reconciled),
        ] {
            chain.event(Body::Connection(Connection { socket, state }));
        }
        Ok(chain)
    }

    fn event(&mut self, body: Body<'_>) {
        let recv_ns = self.clock.now_wall_ns();
        let event = Event { venue_ns: 0, recv_ns, instrument: InstrumentId(0), body };
        self.engine.process(&event, &mut self.observer);
    }

    /// One message, received at the stamp `received`, to the frames that answer it. This is what is timed: up to the
    /// stamp that is returned, at which the driver would send. Histograms are filled behind it, as the driver does.
    #[inline]
    pub fn on_message(&mut self, received: u64, message: Padded<'_>, frames: &mut FrameWriter) -> u64 {
        let recv_ns = self.clock.wall_ns(received);
        self.observer.begin_message(received);
        let mut intake = Intake { engine: &mut self.engine, observer: &mut self.observer };
        let _ = self.client.on_message(Socket::Public, message, recv_ns, &mut self.io, &mut intake);
        let now_ns = recv_ns;
        for command in self.engine.commands() {
            if let Encoded::Frame(_, len) = self.client.encode(command, now_ns, frames.begin(), &mut self.io)
            {
                frames.finish(Opcode::Text, len);
            }
        }
        let sent = self.observer.encoded();
        self.observer.end_message(received, sent, sent, &self.clock);
        sent
    }

    /// Takes the last message's commands away and ends its orders as a venue would (immediate-or-cancel, nothing to trade with), so that
    /// each message meets the same few orders. Not timed.
    #[inline]
    pub fn settle(&mut self, frames: &[u8]) {
        self.answers.note(frames);
        for command in self.engine.commands() {
            if let Command::Place(place) = command {
                self.placed.push((place.client, place.px, place.qty));
            }
        }
        self.engine.clear_commands();
        while let Some((client, px, qty)) = self.placed.pop() {
            self.event(Body::OrderUpdate(OrderUpdate {
                client,
                venue_order: Text::EMPTY,
                status: OrderStatus::Cancelled,
                reject: Reject::NoImmediateFill,
                venue_code: 0,
                side: None,
                order_type: None,
                tif: None,
                px,
                qty,
                leaves: Qty(0),
                cum: Qty(0),
            }));
        }
        self.engine.clear_commands();
        if self.answers.are_due() {
            self.tidy();
        }
    }

    /// What a session does off the hot path: answers are read, the next journal segment is made ready.
    pub fn tidy(&mut self) {
        let now_ns = self.clock.now_wall_ns();
        let mut intake = Intake { engine: &mut self.engine, observer: &mut self.observer };
        self.answers.give(&mut self.client, now_ns, &mut intake);
        self.engine.clear_commands();
        // A journal that cannot go on is told of by `failed`.
        let _ = self.observer.writer().prepare_next();
    }

    /// Why the chain does not work, if it does not: a sentence.
    pub fn failed(&self) -> Option<String> {
        let journal = self.observer.failed().map(|e| e.to_string());
        let (bad, last) = self.client.bad_messages();
        let refused = last.filter(|_| bad > 0).map(|b| format!("{bad} messages refused: {}", b.why));
        journal.or_else(|| self.engine.halted().map(str::to_owned)).or(refused)
    }

    pub fn engine(&mut self) -> &mut Engine<H> {
        &mut self.engine
    }

    /// The median time of each stage so far, as the session's own histograms have it.
    pub fn stages(&self, prefix: &str) -> Vec<Figure> {
        let figure = |stage: Stage| {
            let h = self.observer.histogram(stage);
            let (min, p50) = (h.min() as f64, h.quantile(0.5) as f64);
            let name = format!("{prefix}.{}", stage.name());
            Figure { name, value: p50, unit: "ns", min, p50, quiet_p50: p50 }
        };
        Stage::ALL.into_iter().filter(|s| self.observer.histogram(*s).count() > 0).map(figure).collect()
    }

    /// Time per delta. Each batch begins with the snapshot (not timed) and then takes all deltas; a message that
    /// causes no order is an error.
    pub fn measure(
        &mut self,
        name: &str,
        snapshot: &Stored,
        deltas: &[Stored],
        time: Duration,
    ) -> Result<Figure, String> {
        let mut frames = FrameWriter::new(Role::Client);
        let (mut buffer, mut unanswered) = (ReceiveBuffer(vec![0; 4096]), 0);
        let figure = measure(name, time, || {
            self.on_message(clock::stamp(), snapshot.padded(), &mut frames);
            self.settle(frames.frames());
            frames.clear();
            let mut ticks = 0;
            for delta in deltas {
                let message = buffer.receive(delta);
                let received = clock::stamp();
                ticks += self.on_message(received, message, &mut frames) - received;
                unanswered += frames.is_empty() as usize;
                self.settle(frames.frames());
                frames.clear();
            }
            self.tidy();
            (ticks, deltas.len())
        });
        match (self.failed(), unanswered) {
            (Some(why), _) => Err(format!("{name}: {why}")),
            (None, 0) => Ok(figure),
            (None, n) => Err(format!("{name}: {n} messages caused no order")),
        }
    }
}

/// Where a message stands when `recv` returns: always the same memory, just written.
struct ReceiveBuffer(Vec<u8>);

impl ReceiveBuffer {
    fn receive(&mut self, message: &Stored) -> Padded<'_> {
        let bytes = message.padded();
        if self.0.len() < bytes.len() + PADDING {
            self.0.resize(bytes.len() + PADDING, 0);
        }
        self.0[..bytes.len()].copy_from_slice(bytes.bytes());
        Padded::new(&self.0, bytes.len()).expect("it was made long enough")
    }
}

impl<H: Host> Drop for Chain<H> {
    fn drop(&mut self) {
        // What is left in a temporary folder does no harm.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A client of which all sockets are open and authenticated.
pub(super) fn ready_client(instrument: &Instrument) -> BybitClient {
    let mut client = BybitClient::new(Config {
        key: "key".into(),
        secret: Secret::new("secret".into()),
        instruments: vec![instrument.clone()],
        depth: 50,
        recv_window_ms: 5000,
        stale_after_ms: 3000,
        fills_since_ns: 0,
    });
    let mut sink = |_: &Event<'_>| {};
    for socket in [Socket::Public, Socket::Private, Socket::Trade] {
        client.on_open(socket, 0, &mut Io::default());
    }
    let mut buffer = Vec::new();
    let granted = padded(br#"{"retCode":0,"retMsg":"OK","op":"auth","connId":"1"}"#, &mut buffer);
    // An answer in a form that the client does not know would show as orders that are not sent.
    let _ = client.on_message(Socket::Trade, granted, 0, &mut Io::default(), &mut sink);
    client
}

/// The venue's acknowledgements, kept back until nobody is timing.
pub(super) struct Answers {
    /// The frames that are to be answered, one a row.
    frames: Vec<[u8; FRAME_HEAD]>,
    text: String,
    padded: Vec<u8>,
}

impl Answers {
    pub fn new() -> Answers {
        Answers { frames: Vec::with_capacity(ANSWERS), text: String::new(), padded: Vec::new() }
    }

    /// Remembers a frame of ours. It costs a copy and no more, so that it disturbs no cache.
    #[inline]
    pub fn note(&mut self, frame: &[u8]) {
        if let Some(head) = frame.first_chunk() {
            self.frames.push(*head);
        }
    }

    pub fn are_due(&self) -> bool {
        self.frames.len() >= ANSWERS
    }

    /// Lets the client have all of them.
    pub fn give<S: Sink>(&mut self, client: &mut BybitClient, now_ns: i64, sink: &mut S) {
        let mut io = Io::default();
        for frame in self.frames.drain(..) {
            let Some(id) = request_id(frame) else { continue };
            self.text.clear();
            self.text.push_str("{\"reqId\":\"");
            self.text.push_str(&id);
            self.text.push_str("\",\"retCode\":0,\"retMsg\":\"OK\",\"op\":\"order.create\",\"data\":{}}");
            let answer = padded(self.text.as_bytes(), &mut self.padded);
            let _ = client.on_message(Socket::Trade, answer, now_ns, &mut io, sink);
        }
    }
}

/// The `reqId` in the head of a masked frame of 126 to 65535 bytes.
fn request_id(mut frame: [u8; FRAME_HEAD]) -> Option<String> {
    const MARK: &[u8] = b"\"reqId\":\"";
    let key: [u8; 4] = *frame[4..].first_chunk()?;
    frame[8..].iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    let at = frame.windows(MARK.len()).position(|w| w == MARK)? + MARK.len();
    let id = frame[at..].split(|&b| b == b'"').next()?;
    String::from_utf8(id.to_vec()).ok()
}
