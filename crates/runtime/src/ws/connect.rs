//! Opens WebSockets: name, TCP, TLS and upgrade under one deadline, on the calling thread or on one of its own.

use super::connection::{Options, WsConnection};
use super::frame::Role;
use super::handshake;
use super::url::WsUrl;
use crate::transport::{wait_ready, NetError, NetErrorKind, Stream, Transport};
use crate::wait::Waker;
use rustls::ClientConfig;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{sync_channel, Receiver, TryRecvError};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Connects and upgrades within `timeout`. `tls` is used if the address begins with `wss://`.
pub fn connect(
    url: &WsUrl,
    tls: &Arc<ClientConfig>,
    timeout: Duration,
    options: Options,
) -> Result<WsConnection<Stream>, NetError> {
    let deadline = Instant::now() + timeout;
    let place = format!("{}:{}", url.host, url.port);
    let socket = connect_tcp(url, deadline)?;
    let mut stream = Stream::client(socket, url.tls.then_some((tls, url.host.as_str())))?;
    stream.finish_handshake(deadline).map_err(|e| NetError::io(&format!("TLS to {place}"), &e))?;
    let key = handshake::new_key();
    let what = format!("opening a WebSocket at {place}");
    send_all(&mut stream, handshake::client_request(url, &key).as_bytes(), deadline)
        .map_err(|e| NetError::io(&what, &e))?;
    let mut head = Vec::new();
    loop {
        if receive_some(&mut stream, &mut head, deadline).map_err(|e| NetError::io(&what, &e))? == 0 {
            return Err(NetError::io(&what, &io::ErrorKind::UnexpectedEof.into()));
        }
        match handshake::check_response(&head, &key) {
            Ok(Some(len)) => return Ok(WsConnection::new(stream, Role::Client, &head[len..], options)),
            Ok(None) => {}
            Err(why) => {
                let hint =
                    "check the path of the address; 403 and 418 mean that the venue refuses this IP address";
                return Err(NetError::new(NetErrorKind::Refused, format!("{what}: {why}"), hint));
            }
        }
    }
}

fn connect_tcp(url: &WsUrl, deadline: Instant) -> Result<TcpStream, NetError> {
    let place = format!("{}:{}", url.host, url.port);
    let addresses: Vec<_> = (url.host.as_str(), url.port).to_socket_addrs().map_or_else(
        |e| {
            let message = format!("the host `{}` cannot be found: {e}", url.host);
            Err(NetError::new(NetErrorKind::Unreachable, message, "check the name and this machine's DNS"))
        },
        |found| Ok(found.collect()),
    )?;
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for address in addresses {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(socket) => return Ok(socket),
            Err(e) => last = e,
        }
    }
    Err(NetError::io(&format!("connecting to {place}"), &last))
}

/// Sends all of `bytes`, waiting as needed.
pub fn send_all(stream: &mut Stream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() || stream.wants_write() {
        let sent = if bytes.is_empty() { stream.flush().map(|()| 0) } else { stream.send(bytes) };
        match sent {
            Ok(n) => bytes = &bytes[n..],
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => wait_ready(stream.fd(), true, deadline)?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Appends what comes next, waiting as needed. 0 at the stream's end.
pub fn receive_some(stream: &mut Stream, into: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
    let mut room = [0; 4096];
    loop {
        match stream.recv(&mut room) {
            Ok(n) => {
                into.extend_from_slice(&room[..n]);
                return Ok(n);
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                wait_ready(stream.fd(), stream.wants_write(), deadline)?
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Answers a WebSocket upgrade as the server, within `timeout`. For the venue server's tests and the benchmarks;
/// a server of many sockets uses [`handshake::Request`] in its own loop.
pub fn accept(
    mut stream: Stream,
    timeout: Duration,
    options: Options,
) -> Result<(handshake::Request, WsConnection<Stream>), NetError> {
    let deadline = Instant::now() + timeout;
    let failed = |e: io::Error| NetError::io("accepting a WebSocket", &e);
    let mut head = Vec::new();
    loop {
        if receive_some(&mut stream, &mut head, deadline).map_err(failed)? == 0 {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        }
        let refused = |why: String| NetError::new(NetErrorKind::Refused, why, "");
        let Some(request) = handshake::Request::parse(&head).map_err(refused)? else { continue };
        match request.accept() {
            Ok(answer) => {
                send_all(&mut stream, answer.as_bytes(), deadline).map_err(failed)?;
                let early = &head[request.head_len..];
                let connection = WsConnection::new(stream, Role::Server, early, options);
                return Ok((request, connection));
            }
            Err(answer) => {
                send_all(&mut stream, answer.as_bytes(), deadline).map_err(failed)?;
                let why = answer.lines().last().unwrap_or_default().to_owned();
                return Err(NetError::new(NetErrorKind::Refused, why, ""));
            }
        }
    }
}

/// A connection being opened by a thread of its own, so that the engine's thread goes on meanwhile.
pub struct Connecting(Option<Receiver<Result<WsConnection<Stream>, NetError>>>);

/// As [`connect`], in the background. `waker` is rung when the result is there.
pub fn connect_in_background(
    url: WsUrl,
    tls: Arc<ClientConfig>,
    timeout: Duration,
    options: Options,
    waker: Option<Waker>,
) -> Connecting {
    let (deliver, result) = sync_channel(1);
    let work = move || {
        // The receiver may be gone: nobody wants this connection any more.
        let _ = deliver.try_send(connect(&url, &tls, timeout, options));
        if let Some(waker) = waker {
            waker.wake();
        }
    };
    // Without a thread there is no sender either, and `poll` says so.
    let _ = std::thread::Builder::new().name("connect".into()).spawn(work);
    Connecting(Some(result))
}

impl Connecting {
    /// The result, once; `None` before and after.
    pub fn poll(&mut self) -> Option<Result<WsConnection<Stream>, NetError>> {
        let result = match self.0.as_ref()?.try_recv() {
            Ok(result) => result,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(NetError::new(
                NetErrorKind::Unreachable,
                "the thread that connects could not start or ended early",
                "check the limit of threads (ulimit -u)",
            )),
        };
        self.0 = None;
        Some(result)
    }
}
