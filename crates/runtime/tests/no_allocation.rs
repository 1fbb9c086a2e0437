//! The steady state of a connection allocates nothing: counted by the allocator itself.

use nanotick_runtime::alloc_guard::{allocations_during, Allocations, CountingAlloc};
use nanotick_runtime::clock::{self, Clock};
use nanotick_runtime::histogram::Histogram;
use nanotick_runtime::transport::{wait_ready, Stream};
use nanotick_runtime::ws::{FrameWriter, Opcode, Options, Received, Role, WsConnection};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

const NONE: Allocations = Allocations { count: 0, bytes: 0 };

#[test]
fn the_guard_sees_allocations() {
    let ((), seen) = allocations_during(|| drop(std::hint::black_box(vec![0u8; 1000])));
    assert_eq!(seen, Allocations { count: 1, bytes: 1000 });
    let (_, seen) = allocations_during(|| std::hint::black_box(1 + 1));
    assert_eq!(seen, NONE);
}

#[test]
fn a_plain_connection_receives_and_sends_without_allocating() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let far = listener.accept().unwrap().0;
    let options = Options::for_decoder();
    let mut client = WsConnection::new(Stream::client(near, None).unwrap(), Role::Client, &[], options);
    let mut server = WsConnection::new(Stream::server(far, None).unwrap(), Role::Server, &[], options);
    let mut orders = FrameWriter::new(Role::Client);
    let mut feed = FrameWriter::new(Role::Server);
    let (mut latency, mut clock) = (Histogram::new(), Clock::new());
    let delta = [b'd'; 647];
    let mut turn = || {
        for _ in 0..3 {
            feed.push(Opcode::Text, &delta);
        }
        server.send_frames(feed.frames()).unwrap();
        feed.clear();
        wait_ready(client.fd(), false, Instant::now() + Duration::from_secs(10)).unwrap();
        let mut got = 0;
        while let Received::Message(message) = client.poll_recv() {
            got += 1;
            orders.begin()[..300].copy_from_slice(&message.payload.bytes()[..300]);
            orders.finish(Opcode::Text, 300);
            latency.record(clock.ticks_to_ns(clock::stamp() - message.received_at));
        }
        client.send_frames(orders.frames()).unwrap();
        orders.clear();
        client.on_tick(clock::stamp());
        clock.reanchor();
        while let Received::Message(_) = server.poll_recv() {
            got += 1;
        }
        got
    };
    turn();
    let (got, seen) = allocations_during(|| (0..1000).map(|_| turn()).sum::<usize>());
    assert_eq!(seen, NONE);
    assert!(got >= 5000, "{got} of 6000 messages");
}
