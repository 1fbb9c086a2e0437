//! Plain TCP, non-blocking, without Nagle's delay.

use super::Transport;
use crate::clock;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

pub struct Tcp {
    socket: TcpStream,
    received_at: u64,
}

impl Tcp {
    pub fn new(socket: TcpStream) -> io::Result<Tcp> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        Ok(Tcp { socket, received_at: 0 })
    }
    pub fn set_quickack(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        rustix::net::sockopt::set_tcp_quickack(&self.socket, true)?;
        Ok(())
    }
}

impl Transport for Tcp {
    #[inline(always)]
    fn recv(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.socket.read(into)?;
        self.received_at = clock::stamp();
        Ok(n)
    }
    #[inline(always)]
    fn received_at(&self) -> u64 {
        self.received_at
    }
    #[inline(always)]
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }
    #[inline(always)]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
    #[inline(always)]
    fn wants_write(&self) -> bool {
        false
    }
    fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// As `Read` and `Write`, for the TLS layer above.
impl Read for Tcp {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.recv(into)
    }
}
impl Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
