//! The sockets of a live session: opening, watching, closing, and opening again with back-off.

use crate::clock;
use crate::transport::{Stream, Transport};
use crate::wait::Waker;
use crate::ws::{connect_in_background, Connecting, Options, Received, WsConnection, WsUrl};
use nanotick_model::Socket;
use nanotick_venues::client::Endpoint;
use rustls::ClientConfig;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

/// First pause before opening a socket again, and the longest.
const BACKOFF_MIN: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a venue's sockets are: scheme, host and port for each; the path comes from the venue's client.
#[derive(Clone, Debug)]
pub struct Bases {
    pub public: String,
    pub private: String,
    pub trade: String,
}

impl Bases {
    fn of(&self, socket: Socket) -> &str {
        match socket {
            Socket::Public | Socket::Rest => &self.public,
            Socket::Private => &self.private,
            Socket::Trade => &self.trade,
        }
    }
}

enum State {
    /// To be opened at this stamp, once the client has an endpoint for it.
    Waiting(u64),
    Opening(Connecting),
    Open(Box<WsConnection<Stream>>),
}

/// One socket.
pub struct Link {
    pub socket: Socket,
    state: State,
    backoff: Duration,
}

/// What happened to a link.
pub enum Change {
    Opened,
    /// Why, for people.
    Lost(String),
    Nothing,
}

impl Link {
    pub fn new(socket: Socket) -> Link {
        Link { socket, state: State::Waiting(0), backoff: BACKOFF_MIN }
    }

    #[inline(always)]
    pub fn connection(&mut self) -> Option<&mut WsConnection<Stream>> {
        match &mut self.state {
            State::Open(connection) => Some(connection),
            _ => None,
        }
    }
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.state {
            State::Open(connection) => Some(connection.transport().fd()),
            _ => None,
        }
    }

    /// Opens, finishes opening, or keeps alive. Called a few dozen times a second.
    pub fn tend(
        &mut self,
        now: u64,
        bases: &Bases,
        endpoints: &[Endpoint],
        tls: &Arc<ClientConfig>,
        waker: &Waker,
    ) -> Change {
        match &mut self.state {
            State::Waiting(until) if now >= *until => {
                let Some(endpoint) = endpoints.iter().find(|e| e.socket == self.socket) else {
                    return Change::Nothing;
                };
                let address = format!("{}{}", bases.of(self.socket), endpoint.path);
                match WsUrl::parse(&address) {
                    Ok(url) => {
                        let connecting = connect_in_background(
                            url,
                            tls.clone(),
                            CONNECT_TIMEOUT,
                            Options::for_decoder(),
                            Some(waker.clone()),
                        );
                        self.state = State::Opening(connecting);
                        Change::Nothing
                    }
                    Err(why) => self.lose(now, format!("the address {address} cannot be used: {why}")),
                }
            }
            State::Waiting(_) => Change::Nothing,
            State::Opening(connecting) => match connecting.poll() {
                None => Change::Nothing,
                Some(Ok(connection)) => {
                    self.state = State::Open(Box::new(connection));
                    Change::Opened
                }
                Some(Err(error)) => self.lose(now, error.to_string()),
            },
            State::Open(connection) => {
                connection.on_tick(now);
                Change::Nothing
            }
        }
    }

    /// The socket works: the next loss starts with the shortest pause.
    pub fn settled(&mut self) {
        self.backoff = BACKOFF_MIN;
    }

    /// Gives the connection up; it is opened again after a pause that doubles each time.
    pub fn lose(&mut self, now: u64, why: String) -> Change {
        self.state = State::Waiting(now + clock::ticks_in(self.backoff));
        self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
        Change::Lost(why)
    }

    /// Closes for good.
    pub fn close(&mut self) {
        if let State::Open(connection) = &mut self.state {
            connection.close(1000, "session ends");
            // One poll sends what is queued; the peer's answer is not waited for.
            while matches!(connection.poll_recv(), Received::Message(_)) {}
        }
        self.state = State::Waiting(u64::MAX);
    }
}
