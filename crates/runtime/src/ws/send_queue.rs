//! Bytes on their way out of a connection: straight to the transport while it takes them, queued when it does not.

use crate::transport::Transport;
use std::io;

pub struct SendQueue {
    /// Not yet taken by the transport: `waiting[start..]`.
    waiting: Vec<u8>,
    start: usize,
    max: usize,
}

impl SendQueue {
    pub fn new(max: usize) -> SendQueue {
        SendQueue { waiting: Vec::new(), start: 0, max }
    }

    pub fn len(&self) -> usize {
        self.waiting.len() - self.start
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.start == self.waiting.len()
    }

    /// Sends or queues all of `bytes`, behind what waits already. Any error is the end of the stream; of kind
    /// "storage full" if the peer does not read and more than the limit would wait.
    #[inline]
    pub fn send<T: Transport>(&mut self, transport: &mut T, bytes: &[u8]) -> io::Result<()> {
        let mut taken = 0;
        if self.is_empty() {
            match transport.send(bytes) {
                Ok(n) if n == bytes.len() => return Ok(()),
                Ok(n) => taken = n,
                Err(e) if is_transient(&e) => {}
                Err(e) => return Err(e),
            }
        }
        self.enqueue(transport, &bytes[taken..])
    }

    #[cold]
    fn enqueue<T: Transport>(&mut self, transport: &mut T, bytes: &[u8]) -> io::Result<()> {
        if self.len() + bytes.len() > self.max {
            self.flush(transport)?;
        }
        if self.len() + bytes.len() > self.max {
            let why = format!("the other side does not read; {} bytes are waiting", self.len());
            return Err(io::Error::new(io::ErrorKind::StorageFull, why));
        }
        self.waiting.extend_from_slice(bytes);
        self.flush(transport)
    }

    /// Hands over what waits, as far as the transport takes it.
    #[cold]
    pub fn flush<T: Transport>(&mut self, transport: &mut T) -> io::Result<()> {
        while !self.is_empty() {
            match transport.send(&self.waiting[self.start..]) {
                Ok(n) => self.start += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_transient(&e) => break,
                Err(e) => return Err(e),
            }
        }
        if self.start * 2 >= self.waiting.len() {
            self.waiting.drain(..self.start);
            self.start = 0;
        }
        match transport.flush() {
            Err(e) if !is_transient(&e) => Err(e),
            _ => Ok(()),
        }
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
