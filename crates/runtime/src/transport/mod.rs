//! Byte streams that never block: plain TCP and TLS behind one trait, chosen per connection at run time.

mod error;
mod tcp;
mod tls;
pub mod trust;

pub use error::{NetError, NetErrorKind};
pub use tcp::Tcp;
pub(crate) use tls::explain as explain_tls;
pub use tls::Tls;

use rustix::event::{poll, PollFd, PollFlags};
use rustls::{ClientConfig, ServerConfig};
use std::io;
use std::net::TcpStream;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A non-blocking byte stream. "Would block" is [`io::ErrorKind::WouldBlock`].
pub trait Transport {
    /// Receives what is there. `Ok(0)` only at the stream's end.
    fn recv(&mut self, into: &mut [u8]) -> io::Result<usize>;
    /// The stamp of the moment at which the system last handed us bytes (before any decryption).
    fn received_at(&self) -> u64;
    /// Takes as much of `bytes` as it can; what it took will be sent by this call or by [`Transport::flush`].
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Sends what the transport itself holds back; an error of kind "would block" if some is left.
    fn flush(&mut self) -> io::Result<()>;
    /// Whether the transport holds bytes back, so that it wants to know when the socket can be written.
    fn wants_write(&self) -> bool;
    /// To wait on.
    fn fd(&self) -> BorrowedFd<'_>;
}

/// A plain or encrypted stream.
pub enum Stream {
    Tcp(Tcp),
    Tls(Box<Tls>),
}

impl Stream {
    /// The client's end. `host` is what the certificate must be for. The TLS handshake happens as the stream is
    /// used; [`Stream::finish_handshake`] waits for it.
    pub fn client(socket: TcpStream, tls: Option<(&Arc<ClientConfig>, &str)>) -> Result<Stream, NetError> {
        let tcp = Tcp::new(socket).map_err(|e| NetError::io("the socket cannot be set up", &e))?;
        Ok(match tls {
            None => Stream::Tcp(tcp),
            Some((config, host)) => Stream::Tls(Box::new(Tls::client(tcp, config, host)?)),
        })
    }

    /// The server's end of an accepted socket.
    pub fn server(socket: TcpStream, tls: Option<&Arc<ServerConfig>>) -> Result<Stream, NetError> {
        let tcp = Tcp::new(socket).map_err(|e| NetError::io("the socket cannot be set up", &e))?;
        Ok(match tls {
            None => Stream::Tcp(tcp),
            Some(config) => Stream::Tls(Box::new(Tls::server(tcp, config)?)),
        })
    }

    /// Blocks until the TLS handshake is done. Nothing to do on a plain stream.
    pub fn finish_handshake(&mut self, deadline: Instant) -> io::Result<()> {
        match self {
            Stream::Tcp(_) => Ok(()),
            Stream::Tls(tls) => tls.finish_handshake(deadline),
        }
    }

    /// Re-arms immediate acknowledgements (Linux forgets the setting after a while). It speeds up a feed's sender
    /// at the price of some 2 µs per message here.
    pub fn set_quickack(&self) -> io::Result<()> {
        match self {
            Stream::Tcp(tcp) => tcp.set_quickack(),
            Stream::Tls(tls) => tls.tcp().set_quickack(),
        }
    }
}

macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self {
            Stream::Tcp($stream) => $call,
            Stream::Tls($stream) => $call,
        }
    };
}

impl Transport for Stream {
    #[inline(always)]
    fn recv(&mut self, into: &mut [u8]) -> io::Result<usize> {
        either!(self, s => s.recv(into))
    }
    #[inline(always)]
    fn received_at(&self) -> u64 {
        either!(self, s => s.received_at())
    }
    #[inline(always)]
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        either!(self, s => s.send(bytes))
    }
    #[inline(always)]
    fn flush(&mut self) -> io::Result<()> {
        either!(self, s => s.flush())
    }
    #[inline(always)]
    fn wants_write(&self) -> bool {
        either!(self, s => s.wants_write())
    }
    fn fd(&self) -> BorrowedFd<'_> {
        either!(self, s => s.fd())
    }
}

/// Blocks until the descriptor can be read (or written, if `write`). Time out is an error of that kind.
pub fn wait_ready(fd: BorrowedFd<'_>, write: bool, deadline: Instant) -> io::Result<()> {
    let mut wanted = PollFlags::IN;
    if write {
        wanted |= PollFlags::OUT;
    }
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match poll(&mut [PollFd::from_borrowed_fd(fd, wanted)], Some(&timespec(left))) {
            Ok(0) => {}
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

pub(crate) fn timespec(duration: Duration) -> rustix::event::Timespec {
    rustix::event::Timespec {
        tv_sec: duration.as_secs().min(i32::MAX as u64) as i64,
        tv_nsec: duration.subsec_nanos().into(),
    }
}
