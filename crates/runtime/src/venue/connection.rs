//! One client's connection: bytes of a socket to HTTP requests and WebSocket texts, and back.
//!
//! WebSocket framing is a library's here, not our own: the client's framer is tested against someone else's.

use super::http::{self, Parsed, Request};
use crate::transport::{Stream, Transport};
use nanotick_venues::server::Reply;
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::time::Instant;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// A client that lets more than this wait is too slow, and is cut off.
pub(super) const MAX_QUEUED_BYTES: usize = 16 << 20;
const MAX_CLIENT_MESSAGE_BYTES: usize = 256 << 10;
/// Received bytes that may wait for the rest of a request.
const MAX_INPUT_BYTES: usize = 2 << 20;

/// The library's stream: memory that the socket's bytes go through.
#[derive(Default)]
struct Pipe {
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = into.len().min(self.input.len());
        into[..n].copy_from_slice(&self.input[..n]);
        self.input.drain(..n);
        Ok(n)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Stage {
    Http(Pipe),
    WebSocket(Box<WebSocket<Pipe>>),
}

/// What a client said.
pub(super) enum Heard {
    Request(Request),
    Text(String),
    /// Something that is not HTTP: it has been answered, the connection closes.
    Bad,
}

pub(super) struct Connection {
    stream: Stream,
    stage: Stage,
    /// How much of the output has been sent.
    sent: usize,
    is_closing: bool,
    is_at_end: bool,
    pub last_heard: Instant,
    /// When the socket last took something, or had nothing to take.
    pub last_progress: Instant,
    pub texts_in: u64,
    pub texts_out: u64,
    pub bytes_out: u64,
}

impl Connection {
    pub fn new(stream: Stream, now: Instant) -> Connection {
        Connection {
            stream,
            stage: Stage::Http(Pipe::default()),
            sent: 0,
            is_closing: false,
            is_at_end: false,
            last_heard: now,
            last_progress: now,
            texts_in: 0,
            texts_out: 0,
            bytes_out: 0,
        }
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.stream.fd()
    }

    pub fn is_websocket(&self) -> bool {
        matches!(self.stage, Stage::WebSocket(_))
    }

    fn pipe(&mut self) -> &mut Pipe {
        match &mut self.stage {
            Stage::Http(pipe) => pipe,
            Stage::WebSocket(socket) => socket.get_mut(),
        }
    }

    /// Whether it wants to know when the socket takes more.
    pub fn wants_write(&self) -> bool {
        self.queued_bytes() > 0 || self.stream.wants_write()
    }

    pub fn queued_bytes(&self) -> usize {
        let pipe = match &self.stage {
            Stage::Http(pipe) => pipe,
            Stage::WebSocket(socket) => socket.get_ref(),
        };
        pipe.output.len() - self.sent
    }

    /// Takes in what the socket has. An error or the stream's end ends the connection.
    pub fn receive(&mut self, now: Instant) -> io::Result<()> {
        let mut chunk = [0u8; 16 << 10];
        loop {
            match self.stream.recv(&mut chunk) {
                Ok(0) => {
                    self.is_at_end = true;
                    return Ok(());
                }
                Ok(n) => {
                    self.last_heard = now;
                    let pipe = self.pipe();
                    pipe.input.extend_from_slice(&chunk[..n]);
                    if pipe.input.len() > MAX_INPUT_BYTES {
                        return Err(io::ErrorKind::InvalidData.into());
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// The next whole thing that the client said; `None` if there is none yet.
    pub fn next_heard(&mut self) -> Option<Heard> {
        if self.is_closing {
            return None;
        }
        match &mut self.stage {
            Stage::Http(pipe) => match http::parse(&pipe.input) {
                Parsed::Partial => None,
                Parsed::Whole(request, n) => {
                    pipe.input.drain(..n);
                    Some(Heard::Request(request))
                }
                Parsed::Bad(status, why) => {
                    http::write_reply(
                        &Reply::json(status, format!("{{\"error\":\"{why}\"}}")),
                        &mut pipe.output,
                    );
                    self.is_closing = true;
                    Some(Heard::Bad)
                }
            },
            Stage::WebSocket(socket) => loop {
                match socket.read() {
                    Ok(Message::Text(text)) => {
                        self.texts_in += 1;
                        return Some(Heard::Text(text.as_str().to_string()));
                    }
                    // The library answers pings and closes by itself, with the next flush.
                    Ok(_) => {}
                    Err(tungstenite::Error::Io(e)) if e.kind() == io::ErrorKind::WouldBlock => {
                        let _ = socket.flush();
                        return None;
                    }
                    Err(_) => {
                        let _ = socket.flush();
                        self.is_closing = true;
                        return None;
                    }
                }
            },
        }
    }

    pub fn answer(&mut self, reply: &Reply) {
        http::write_reply(reply, &mut self.pipe().output);
    }

    /// The client's upgrade is accepted: from here on it is a WebSocket.
    pub fn become_websocket(&mut self, key: &str) {
        let Stage::Http(pipe) = &mut self.stage else { return };
        let mut pipe = std::mem::take(pipe);
        http::write_upgrade(key, &mut pipe.output);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_CLIENT_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_CLIENT_MESSAGE_BYTES));
        self.stage = Stage::WebSocket(Box::new(WebSocket::from_raw_socket(pipe, Role::Server, Some(config))));
    }

    fn write(&mut self, message: Message) {
        if let Stage::WebSocket(socket) = &mut self.stage {
            // An error means that the close handshake has begun: nothing more is said.
            if socket.write(message).and_then(|()| socket.flush()).is_err() {
                self.is_closing = true;
            }
        }
    }

    pub fn send_text(&mut self, text: &str) {
        self.texts_out += 1;
        self.write(Message::text(text));
    }

    pub fn ping(&mut self) {
        self.write(Message::Ping(Vec::new().into()));
    }

    /// Ends the connection once everything before this is sent.
    pub fn close(&mut self, code: u16, reason: &'static str) {
        if self.is_websocket() && !self.is_closing {
            let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
            self.write(Message::Close(Some(frame)));
        }
        self.is_closing = true;
    }

    /// Sends what the socket takes.
    pub fn send(&mut self, now: Instant) -> io::Result<()> {
        loop {
            let sent = self.sent;
            let pipe = match &mut self.stage {
                Stage::Http(pipe) => pipe,
                Stage::WebSocket(socket) => socket.get_mut(),
            };
            if sent == pipe.output.len() {
                pipe.output.clear();
                self.sent = 0;
                self.last_progress = now;
                return match self.stream.flush() {
                    Err(e) if e.kind() != io::ErrorKind::WouldBlock => Err(e),
                    _ => Ok(()),
                };
            }
            match self.stream.send(&pipe.output[sent..]) {
                Ok(n) => {
                    self.sent += n;
                    self.bytes_out += n as u64;
                    self.last_progress = now;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    // What is sent is forgotten, so that the buffer holds no more than what waits.
                    pipe.output.drain(..sent);
                    self.sent = 0;
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Whether there is nothing left to do for it.
    pub fn is_done(&self) -> bool {
        self.is_at_end || (self.is_closing && !self.wants_write())
    }
}
