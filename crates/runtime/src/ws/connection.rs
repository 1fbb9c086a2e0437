//! A WebSocket over a [`Transport`]: messages in, frames out, and the protocol's own duties (pong, close, liveness).
//!
//! Nothing here blocks. Opening a connection is in [`super::connect`].

use super::frame::{close_code, CloseFrame, Opcode, Role, Violation};
use super::reader::{FrameReader, Step, Utf8};
use super::send_queue::SendQueue;
use super::writer::FrameWriter;
use crate::clock;
use crate::transport::Transport;
use nanotick_venues::Padded;
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// Limits and habits of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A larger message closes the connection with code 1009.
    pub max_message_bytes: usize,
    pub utf8: Utf8,
    /// Bytes that may wait for a peer that does not read; more closes the connection.
    pub max_queued_bytes: usize,
    /// Ping when nothing has come for so long.
    pub ping_after: Duration,
    /// Give the connection up when nothing has come for so long.
    pub dead_after: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_message_bytes: 16 << 20,
            utf8: Utf8::Check,
            max_queued_bytes: 1 << 20,
            ping_after: Duration::from_secs(10),
            dead_after: Duration::from_secs(30),
        }
    }
}

impl Options {
    /// For sockets whose messages go to a venue's decoder, which refuses anything but ASCII itself.
    pub fn for_decoder() -> Options {
        Options { utf8: Utf8::LeaveToDecoder, ..Options::default() }
    }
}

/// A whole message, where it was received.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub payload: Padded<'a>,
    pub is_text: bool,
    /// The stamp of the system call that brought the message's last byte.
    pub received_at: u64,
}

pub enum Received<'a> {
    Message(Message<'a>),
    /// Nothing more for now.
    Nothing,
    /// It is over; said at every call from then on.
    Closed(&'a Closed),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosedBy {
    Peer,
    Us,
    /// The stream broke or ended without a close frame.
    Network,
}

/// How a connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    pub by: ClosedBy,
    /// The close code; 1005 if the peer gave none, 1006 if there was no close frame.
    pub code: u16,
    pub reason: String,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            ClosedBy::Peer => write!(f, "the other side closed the connection (code {}", self.code)?,
            ClosedBy::Us => write!(f, "the connection was closed from here (code {}", self.code)?,
            ClosedBy::Network => return write!(f, "the connection broke: {}", self.reason),
        }
        if self.reason.is_empty() {
            f.write_str(")")
        } else {
            write!(f, ": {})", self.reason)
        }
    }
}

enum State {
    Open,
    /// Our close frame is on its way; the peer's is awaited, but not for ever.
    Closing {
        code: u16,
        since: u64,
    },
    Closed(Closed),
}

pub struct WsConnection<T> {
    transport: T,
    reader: FrameReader,
    /// Frames of our own making: control frames and [`WsConnection::send_text`].
    writer: FrameWriter,
    queue: SendQueue,
    state: State,
    options: Options,
    ping_after_ticks: u64,
    dead_after_ticks: u64,
    last_received_at: u64,
    /// When the ping was sent that is not answered yet.
    ping_sent_at: Option<u64>,
    round_trip_ticks: Option<u64>,
}

impl<T: Transport> WsConnection<T> {
    /// A connection whose upgrade is done. `early` is what came behind the upgrade's head.
    pub fn new(transport: T, role: Role, early: &[u8], options: Options) -> WsConnection<T> {
        let mut reader = FrameReader::new(role, options.max_message_bytes, options.utf8);
        reader.push(early);
        WsConnection {
            transport,
            reader,
            writer: FrameWriter::new(role),
            queue: SendQueue::new(options.max_queued_bytes),
            state: State::Open,
            options,
            ping_after_ticks: clock::ticks_in(options.ping_after),
            dead_after_ticks: clock::ticks_in(options.dead_after),
            last_received_at: clock::stamp(),
            ping_sent_at: None,
            round_trip_ticks: None,
        }
    }

    /// The next message, if one has come. Call it until it says [`Received::Nothing`] before waiting on the
    /// descriptor: several messages may have come in one piece.
    #[inline]
    pub fn poll_recv(&mut self) -> Received<'_> {
        if self.wants_write() {
            self.flush();
        }
        loop {
            if matches!(self.state, State::Closed(_)) {
                return self.closed();
            }
            match self.reader.step() {
                Ok(Step::Text(span)) => {
                    let (payload, received_at) = (self.reader.payload(span), self.last_received_at);
                    return Received::Message(Message { payload, is_text: true, received_at });
                }
                Ok(Step::Binary(span)) => {
                    let (payload, received_at) = (self.reader.payload(span), self.last_received_at);
                    return Received::Message(Message { payload, is_text: false, received_at });
                }
                Ok(Step::Incomplete) => match self.transport.recv(self.reader.space()) {
                    Ok(n) if n > 0 => {
                        self.reader.filled(n);
                        self.last_received_at = self.transport.received_at();
                    }
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Received::Nothing,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Ok(_) => self.end_of_stream(),
                    Err(e) => self.break_off(e.to_string()),
                },
                Ok(control) => self.control(control),
                Err(violation) => self.refuse(violation),
            }
        }
    }

    #[cold]
    fn closed(&self) -> Received<'_> {
        match &self.state {
            State::Closed(closed) => Received::Closed(closed),
            _ => Received::Nothing,
        }
    }

    #[cold]
    fn control(&mut self, step: Step) {
        match step {
            Step::Ping(span) => {
                self.writer.push(Opcode::Pong, self.reader.payload(span).bytes());
                self.send_own_quietly();
            }
            Step::Pong(span) => {
                let stamp = self.reader.payload(span).bytes().try_into().map(u64::from_le_bytes);
                if let (Ok(stamp), Some(sent)) = (stamp, self.ping_sent_at) {
                    if stamp == sent {
                        self.round_trip_ticks = Some(self.last_received_at.saturating_sub(sent));
                        self.ping_sent_at = None;
                    }
                }
            }
            Step::Close(span) => {
                let (code, reason) = match CloseFrame::parse(self.reader.payload(span).bytes()) {
                    Ok(close) => (close.code, close.reason.to_owned()),
                    Err(violation) => return self.refuse(violation),
                };
                if let State::Closing { code, .. } = self.state {
                    self.state = State::Closed(Closed { by: ClosedBy::Us, code, reason });
                    return;
                }
                match code {
                    close_code::NONE_GIVEN => self.writer.push(Opcode::Close, &[]),
                    code => self.writer.push(Opcode::Close, &code.to_be_bytes()),
                };
                self.send_own_quietly();
                self.state = State::Closed(Closed { by: ClosedBy::Peer, code, reason });
            }
            Step::Text(_) | Step::Binary(_) | Step::Incomplete => {}
        }
    }

    /// The peer broke the protocol: it is told how, and that is the end.
    #[cold]
    fn refuse(&mut self, violation: Violation) {
        if matches!(self.state, State::Open) {
            self.writer.push_close(violation.code, violation.why);
            self.send_own_quietly();
        }
        let reason = violation.why.to_owned();
        self.state = State::Closed(Closed { by: ClosedBy::Us, code: violation.code, reason });
    }

    #[cold]
    fn end_of_stream(&mut self) {
        match self.state {
            State::Closing { code, .. } => {
                self.state = State::Closed(Closed { by: ClosedBy::Us, code, reason: String::new() })
            }
            _ => self.break_off("the stream ended without a close frame".to_owned()),
        }
    }

    #[cold]
    fn break_off(&mut self, reason: String) {
        if !matches!(self.state, State::Closed(_)) {
            self.state = State::Closed(Closed { by: ClosedBy::Network, code: close_code::ABNORMAL, reason });
        }
    }

    /// Sends whole frames, built by a [`FrameWriter`] of the same role. What the system does not take at once is
    /// queued and goes out with later calls. An error means that the connection is closed or closing.
    #[inline]
    pub fn send_frames(&mut self, frames: &[u8]) -> io::Result<()> {
        if !matches!(self.state, State::Open) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let sent = self.queue.send(&mut self.transport, frames);
        if let Err(e) = &sent {
            self.break_off(e.to_string());
        }
        sent
    }

    #[cold]
    fn flush(&mut self) {
        if let Err(e) = self.queue.flush(&mut self.transport) {
            self.break_off(e.to_string());
        }
    }

    /// Sends the frames of our own writer.
    fn send_own(&mut self) -> io::Result<()> {
        let sent = self.queue.send(&mut self.transport, self.writer.frames());
        self.writer.clear();
        if let Err(e) = &sent {
            self.break_off(e.to_string());
        }
        sent
    }

    /// As [`WsConnection::send_own`]; a failure is in the state, where the next poll finds it.
    fn send_own_quietly(&mut self) {
        let _ = self.send_own();
    }

    /// Sends a text message. Orders go faster through a [`FrameWriter`] and [`WsConnection::send_frames`].
    pub fn send_text(&mut self, text: &str) -> io::Result<()> {
        self.send_message(Opcode::Text, text.as_bytes())
    }
    pub fn send_binary(&mut self, payload: &[u8]) -> io::Result<()> {
        self.send_message(Opcode::Binary, payload)
    }

    fn send_message(&mut self, opcode: Opcode, payload: &[u8]) -> io::Result<()> {
        if !matches!(self.state, State::Open) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        self.writer.push(opcode, payload);
        self.send_own()
    }

    /// Begins the closing handshake; go on polling until [`Received::Closed`].
    pub fn close(&mut self, code: u16, reason: &str) {
        if matches!(self.state, State::Open) {
            self.writer.push_close(code, reason);
            self.send_own_quietly();
            if matches!(self.state, State::Open) {
                self.state = State::Closing { code, since: clock::stamp() };
            }
        }
    }

    /// At least once a second: pings a silent peer, and gives up one that stays silent.
    pub fn on_tick(&mut self, now: u64) {
        match self.state {
            State::Closed(_) => {}
            State::Closing { code, since } => {
                if now.saturating_sub(since) > self.dead_after_ticks {
                    let reason = "the other side did not answer our close".to_owned();
                    self.state = State::Closed(Closed { by: ClosedBy::Us, code, reason });
                }
            }
            State::Open => {
                let silent = now.saturating_sub(self.last_received_at);
                if silent > self.dead_after_ticks {
                    let limit = self.options.dead_after.as_secs_f64();
                    self.break_off(format!("nothing was received for {limit} s"));
                } else if silent > self.ping_after_ticks && self.ping_is_due(now) {
                    self.ping_sent_at = Some(now);
                    self.writer.push(Opcode::Ping, &now.to_le_bytes());
                    self.send_own_quietly();
                }
            }
        }
    }

    fn ping_is_due(&self, now: u64) -> bool {
        self.ping_sent_at.is_none_or(|at| now.saturating_sub(at) > self.ping_after_ticks)
    }

    /// From ping to pong, in ticks, when last measured.
    pub fn round_trip_ticks(&self) -> Option<u64> {
        self.round_trip_ticks
    }
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }
    /// Whether bytes wait for the socket to be writable. Polling sends them.
    #[inline(always)]
    pub fn wants_write(&self) -> bool {
        !self.queue.is_empty() || self.transport.wants_write()
    }
    pub fn transport(&self) -> &T {
        &self.transport
    }
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.transport.fd()
    }
}
