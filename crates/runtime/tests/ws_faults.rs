//! A connection over a stream that takes and gives bytes as it pleases: short reads, short writes, refusals.

use nanotick_runtime::clock;
use nanotick_runtime::transport::Transport;
use nanotick_runtime::ws::{ClosedBy, Options, Received, Role, WsConnection};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

type Bytes = Rc<RefCell<VecDeque<u8>>>;

/// One end of a pair of pipes. Each call draws from `whims` how many bytes pass; 0: none now.
struct Whimsical {
    incoming: Bytes,
    outgoing: Bytes,
    whims: Vec<usize>,
    /// The state of the draw (xorshift).
    draw: u64,
    descriptor: UnixStream,
}

impl Whimsical {
    fn whim(&mut self) -> io::Result<usize> {
        self.draw ^= self.draw << 13;
        self.draw ^= self.draw >> 7;
        self.draw ^= self.draw << 17;
        match self.whims[(self.draw >> 32) as usize % self.whims.len()] {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}

impl Transport for Whimsical {
    fn recv(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.whim()?.min(into.len());
        let mut incoming = self.incoming.borrow_mut();
        let n = n.min(incoming.len());
        if n == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        for (to, from) in into.iter_mut().zip(incoming.drain(..n)) {
            *to = from;
        }
        Ok(n)
    }
    fn received_at(&self) -> u64 {
        clock::stamp()
    }
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.whim()?.min(bytes.len());
        self.outgoing.borrow_mut().extend(&bytes[..n]);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn wants_write(&self) -> bool {
        false
    }
    fn fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn pair(whims: [Vec<usize>; 2]) -> (WsConnection<Whimsical>, WsConnection<Whimsical>) {
    let (a, b) = (Bytes::default(), Bytes::default());
    let [near, far] = whims;
    let end = |incoming: &Bytes, outgoing: &Bytes, whims: Vec<usize>, role| {
        let (incoming, outgoing) = (incoming.clone(), outgoing.clone());
        let descriptor = UnixStream::pair().unwrap().0;
        let transport = Whimsical { incoming, outgoing, whims, draw: 0x2545_f491_4f6c_dd1d, descriptor };
        WsConnection::new(transport, role, &[], Options { max_queued_bytes: 4 << 20, ..Options::default() })
    };
    (end(&a, &b, near, Role::Client), end(&b, &a, far, Role::Server))
}

/// Polls once; a message is kept.
fn turn(connection: &mut WsConnection<Whimsical>, got: &mut Vec<Vec<u8>>) -> Option<(ClosedBy, u16)> {
    match connection.poll_recv() {
        Received::Message(m) => got.push(m.payload.bytes().to_vec()),
        Received::Closed(closed) => return Some((closed.by, closed.code)),
        Received::Nothing => {}
    }
    None
}

fn whims() -> impl Strategy<Value = Vec<usize>> {
    let whim = prop_oneof![2 => Just(0usize), 3 => 1usize..4, 3 => 1usize..2000, 1 => Just(usize::MAX)];
    proptest::collection::vec(whim, 1..20).prop_filter("some bytes must pass", |w| w.iter().any(|&n| n > 0))
}

fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let size = prop_oneof![0usize..300, 100usize..3000, Just(70_000)];
    proptest::collection::vec(size, 0..12)
        .prop_map(|sizes| sizes.iter().enumerate().map(|(i, &n)| vec![i as u8; n]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_stream_does_messages_arrive_whole_and_in_order(
        near in whims(),
        far in whims(),
        down in messages(),
        up in messages(),
    ) {
        let (mut client, mut server) = pair([near, far]);
        let (mut at_client, mut at_server) = (Vec::new(), Vec::new());
        for i in 0..down.len().max(up.len()) {
            if let Some(message) = down.get(i) {
                server.send_binary(message).unwrap();
            }
            if let Some(message) = up.get(i) {
                client.send_binary(message).unwrap();
            }
            turn(&mut client, &mut at_client);
            turn(&mut server, &mut at_server);
        }
        server.close(1012, "restart");
        let (mut client_end, mut server_end) = (None, None);
        for _ in 0..3_000_000 {
            client_end = turn(&mut client, &mut at_client);
            server_end = turn(&mut server, &mut at_server);
            if client_end.is_some() && server_end.is_some() {
                break;
            }
        }
        prop_assert_eq!(client_end, Some((ClosedBy::Peer, 1012)));
        prop_assert_eq!(server_end, Some((ClosedBy::Us, 1012)));
        prop_assert_eq!(at_client, down);
        prop_assert_eq!(at_server, up);
    }
}
