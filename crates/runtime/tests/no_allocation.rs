//! The steady state of a connection allocates nothing: counted by the allocator itself.

use nanotick_runtime::alloc_guard::{allocations_during, Allocations, CountingAlloc};
use nanotick_runtime::clock::{self, Clock};
use nanotick_runtime::histogram::Histogram;
use nanotick_runtime::transport::{trust, wait_ready, Stream};
use nanotick_runtime::ws::{FrameWriter, Opcode, Options, Received, Role, WsConnection};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

const TIMEOUT: Duration = Duration::from_secs(10);
const NONE: Allocations = Allocations { count: 0, bytes: 0 };

#[test]
fn the_guard_sees_allocations() {
    let ((), seen) = allocations_during(|| drop(std::hint::black_box(vec![0u8; 1000])));
    assert_eq!(seen, Allocations { count: 1, bytes: 1000 });
    let (_, seen) = allocations_during(|| std::hint::black_box(1 + 1));
    assert_eq!(seen, NONE);
}

/// A connected pair, encrypted or not: client, server.
fn pair(encrypted: bool) -> (WsConnection<Stream>, WsConnection<Stream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let far = listener.accept().unwrap().0;
    let dir =
        std::env::temp_dir().join(format!("nanotick allocation test {encrypted} {}", std::process::id()));
    let files = trust::self_signed(&dir).unwrap();
    let client_config = trust::client_config(Some(&files.ca_file)).unwrap();
    let server_config = trust::server_config(&files.cert_file, &files.key_file).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let mut near = Stream::client(near, encrypted.then_some((&client_config, "localhost"))).unwrap();
    let mut far = Stream::server(far, encrypted.then_some(&server_config)).unwrap();
    let deadline = Instant::now() + TIMEOUT;
    let far = std::thread::spawn(move || {
        far.finish_handshake(deadline).unwrap();
        far
    });
    near.finish_handshake(deadline).unwrap();
    let connection = |stream, role| WsConnection::new(stream, role, &[], Options::for_decoder());
    (connection(near, Role::Client), connection(far.join().unwrap(), Role::Server))
}

/// Three deltas come, each is answered with an order; the client's allocations over a thousand such turns.
fn a_thousand_turns(encrypted: bool) -> Allocations {
    let (mut client, mut server) = pair(encrypted);
    let mut orders = FrameWriter::new(Role::Client);
    let mut feed = FrameWriter::new(Role::Server);
    let (mut latency, mut clock) = (Histogram::new(), Clock::new());
    let mut turn = || {
        for _ in 0..3 {
            feed.push(Opcode::Text, &[b'd'; 647]);
        }
        server.send_frames(feed.frames()).unwrap();
        feed.clear();
        wait_ready(client.fd(), false, Instant::now() + TIMEOUT).unwrap();
        let ((), seen) = allocations_during(|| {
            while let Received::Message(message) = client.poll_recv() {
                orders.begin()[..300].copy_from_slice(&message.payload.bytes()[..300]);
                orders.finish(Opcode::Text, 300);
                latency.record(clock.ticks_to_ns(clock::stamp() - message.received_at));
            }
            client.send_frames(orders.frames()).unwrap();
            orders.clear();
            client.on_tick(clock::stamp());
            clock.reanchor();
        });
        while let Received::Message(_) = server.poll_recv() {}
        seen
    };
    turn();
    let mut sum = Allocations { count: 0, bytes: 0 };
    for _ in 0..1000 {
        let seen = turn();
        sum.count += seen.count;
        sum.bytes += seen.bytes;
    }
    assert!(latency.count() >= 2900, "{} of 3003 messages", latency.count());
    sum
}

#[test]
fn a_plain_connection_receives_and_sends_without_allocating() {
    assert_eq!(a_thousand_turns(false), NONE);
}

/// rustls allocates for each record; nothing above it does, and it does not grow.
#[test]
fn an_encrypted_connection_allocates_a_bounded_number_of_times_per_record() {
    let seen = a_thousand_turns(true);
    println!("{seen:?} for 1000 records in and 1000 out");
    assert!(seen.count <= 2 * 2000 && seen.bytes <= 2000 * 4096, "{seen:?}");
}
