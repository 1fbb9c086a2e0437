//! WebSocket connections over real sockets, plain and encrypted: both ends are ours, driven as an engine drives them.

use nanotick_runtime::clock;
use nanotick_runtime::transport::{trust, wait_ready, Stream, Transport};
use nanotick_runtime::ws::connect::accept;
use nanotick_runtime::ws::handshake::Request;
use nanotick_runtime::ws::{connect, connect_in_background, Closed, ClosedBy, Opcode};
use nanotick_runtime::ws::{FrameWriter, Options, Received, Role, WsConnection, WsUrl};
use rustls::{ClientConfig, ServerConfig};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(10);

/// One authority and certificate for all tests of this file.
fn tls() -> (&'static Arc<ClientConfig>, &'static Arc<ServerConfig>) {
    static BOTH: OnceLock<(Arc<ClientConfig>, Arc<ServerConfig>)> = OnceLock::new();
    let (client, server) = BOTH.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("nanotick ws test {}", std::process::id()));
        let files = trust::self_signed(&dir).unwrap();
        let client = trust::client_config(Some(&files.ca_file)).unwrap();
        let server = trust::server_config(&files.cert_file, &files.key_file).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        (client, server)
    });
    (client, server)
}

/// A connected pair: client, server.
fn pair(encrypted: bool, options: Options) -> (WsConnection<Stream>, WsConnection<Stream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let scheme = if encrypted { "wss" } else { "ws" };
    let url = WsUrl::parse(&format!("{scheme}://{}/v5/public", listener.local_addr().unwrap())).unwrap();
    let server = thread::spawn(move || {
        let stream = Stream::server(listener.accept().unwrap().0, encrypted.then_some(tls().1)).unwrap();
        let (request, connection) = accept(stream, TIMEOUT, options).unwrap();
        assert_eq!(request.target, "/v5/public");
        connection
    });
    let client = connect(&url, tls().0, TIMEOUT, options).unwrap();
    (client, server.join().unwrap())
}

#[derive(PartialEq, Debug)]
enum Got {
    Text(String),
    Binary(usize),
    Closed(Closed),
}

/// Polls until something comes, waiting on the descriptor as a blocking engine would.
fn next<T: Transport>(connection: &mut WsConnection<T>) -> Got {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match connection.poll_recv() {
            Received::Message(m) if m.is_text => {
                return Got::Text(String::from_utf8(m.payload.bytes().to_vec()).unwrap())
            }
            Received::Message(m) => return Got::Binary(m.payload.len()),
            Received::Closed(closed) => return Got::Closed(closed.clone()),
            Received::Nothing => {}
        }
        wait_ready(connection.fd(), connection.wants_write(), deadline).expect("something in time");
    }
}

fn text(s: &str) -> Got {
    Got::Text(s.to_owned())
}

fn both_kinds(test: fn(bool)) {
    for encrypted in [false, true] {
        test(encrypted);
    }
}

#[test]
fn messages_pass_both_ways_in_order() {
    both_kinds(|encrypted| {
        let (mut client, mut server) = pair(encrypted, Options::default());
        let mut frames = FrameWriter::new(Role::Client);
        for i in 0..500 {
            let message = format!("{{\"i\":{i}}}");
            frames.begin()[..message.len()].copy_from_slice(message.as_bytes());
            frames.finish(Opcode::Text, message.len());
        }
        let before = clock::stamp();
        client.send_frames(frames.frames()).unwrap();
        for i in 0..500 {
            assert_eq!(next(&mut server), Got::Text(format!("{{\"i\":{i}}}")));
        }
        server.send_text("at last").unwrap();
        wait_ready(client.fd(), false, Instant::now() + TIMEOUT).unwrap();
        let Received::Message(message) = client.poll_recv() else { panic!("it is there") };
        assert!(message.received_at > before && message.received_at <= clock::stamp());
        assert_eq!(message.payload.bytes(), b"at last");
        assert!(matches!(client.poll_recv(), Received::Nothing));
    });
}

#[test]
fn large_messages_survive_a_full_socket() {
    both_kinds(|encrypted| {
        let options = Options { max_queued_bytes: 40 << 20, ..Options::default() };
        let (mut client, mut server) = pair(encrypted, options);
        let large = vec![7u8; 12 << 20];
        server.send_binary(&large).unwrap();
        server.send_text("behind it").unwrap();
        assert!(server.wants_write(), "the socket cannot have taken 12 MiB at once");
        let sender = thread::spawn(move || {
            while server.wants_write() {
                wait_ready(server.fd(), true, Instant::now() + TIMEOUT).unwrap();
                assert!(matches!(server.poll_recv(), Received::Nothing));
            }
            server
        });
        assert_eq!(next(&mut client), Got::Binary(large.len()));
        assert_eq!(next(&mut client), text("behind it"));
        sender.join().unwrap();
    });
}

#[test]
fn a_peer_that_does_not_read_is_given_up_not_waited_for() {
    both_kinds(|encrypted| {
        let (mut server, _client) = pair(encrypted, Options::default());
        let message = vec![0u8; 100_000];
        let refused =
            (0..1000).find_map(|_| server.send_binary(&message).err()).expect("the queue is bounded");
        assert_eq!(refused.kind(), std::io::ErrorKind::StorageFull);
        let Got::Closed(closed) = next(&mut server) else { panic!("closed") };
        assert_eq!(closed.by, ClosedBy::Network);
        assert!(closed.to_string().contains("does not read"), "{closed}");
        assert!(server.send_text("more").is_err());
    });
}

#[test]
fn either_side_closes_and_both_learn_the_code() {
    both_kinds(|encrypted| {
        let (mut client, mut server) = pair(encrypted, Options::default());
        client.close(1001, "good night");
        assert!(client.send_text("too late").is_err() && !client.is_open());
        server.send_text("crossing it").unwrap();
        let Got::Closed(at_server) = next(&mut server) else { panic!("closed") };
        assert_eq!(
            (at_server.by, at_server.code, at_server.reason.as_str()),
            (ClosedBy::Peer, 1001, "good night")
        );
        assert_eq!(next(&mut client), text("crossing it"));
        let Got::Closed(at_client) = next(&mut client) else { panic!("closed") };
        assert_eq!((at_client.by, at_client.code), (ClosedBy::Us, 1001));
        assert!(matches!(client.poll_recv(), Received::Closed(_)), "it stays closed");
    });
}

#[test]
fn pings_are_answered_and_measured() {
    both_kinds(|encrypted| {
        let options = Options { ping_after: Duration::from_millis(20), ..Options::default() };
        let (mut client, mut server) = pair(encrypted, options);
        client.on_tick(clock::stamp());
        assert!(matches!(server.poll_recv(), Received::Nothing), "no ping is due yet");
        thread::sleep(Duration::from_millis(30));
        client.on_tick(clock::stamp());
        wait_ready(server.fd(), false, Instant::now() + TIMEOUT).unwrap();
        assert!(matches!(server.poll_recv(), Received::Nothing), "a ping is not a message");
        wait_ready(client.fd(), false, Instant::now() + TIMEOUT).unwrap();
        assert!(matches!(client.poll_recv(), Received::Nothing));
        let ticks = client.round_trip_ticks().expect("the pong came");
        assert!(ticks > 0 && ticks < clock::ticks_in(TIMEOUT));
    });
}

#[test]
fn a_silent_peer_is_given_up() {
    let options = Options {
        ping_after: Duration::from_millis(5),
        dead_after: Duration::from_millis(40),
        ..Options::default()
    };
    let (mut client, mut server) = pair(false, options);
    server.close(1000, "");
    let begun = Instant::now();
    while client.is_open() {
        thread::sleep(Duration::from_millis(5));
        client.on_tick(clock::stamp());
    }
    assert!(begun.elapsed() >= Duration::from_millis(35));
    let Got::Closed(closed) = next(&mut client) else { panic!("closed") };
    assert!(closed.to_string().contains("nothing was received for 0.04 s"), "{closed}");
    thread::sleep(Duration::from_millis(50));
    server.on_tick(clock::stamp());
    assert!(matches!(server.poll_recv(), Received::Closed(c) if c.by == ClosedBy::Us && c.code == 1000));
}

#[test]
fn a_broken_stream_is_not_a_close() {
    both_kinds(|encrypted| {
        let (mut client, server) = pair(encrypted, Options::default());
        drop(server);
        let Got::Closed(closed) = next(&mut client) else { panic!("closed") };
        assert_eq!((closed.by, closed.code), (ClosedBy::Network, 1006));
        assert!(client.send_text("x").is_err());
    });
}

#[test]
fn a_violation_is_answered_with_its_code() {
    let options = Options { max_message_bytes: 1000, ..Options::default() };
    for (bytes, code) in [
        (&b"\xc1\x00"[..], 1002),
        (b"\x81\x7e\x03\xe9", 1009),
        (b"\x81\x02\xc3\x28", 1007),
        (b"\x88\x02\x03\xed", 1002),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = WsUrl::parse(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap();
        let server = thread::spawn(move || {
            let stream = Stream::server(listener.accept().unwrap().0, None).unwrap();
            accept(stream, TIMEOUT, options).unwrap().1
        });
        let mut client = connect(&url, tls().0, TIMEOUT, options).unwrap();
        let mut server = server.join().unwrap();
        server.send_frames(bytes).unwrap();
        let Got::Closed(ours) = next(&mut client) else { panic!("closed") };
        assert_eq!((ours.by, ours.code), (ClosedBy::Us, code));
        let Got::Closed(theirs) = next(&mut server) else { panic!("closed") };
        assert_eq!((theirs.by, theirs.code), (ClosedBy::Peer, code));
        assert_eq!(theirs.reason, ours.reason);
    }
}

/// A server that answers the first bytes with `answer` and then holds the line.
fn raw_server(answer: &'static [u8]) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(answer);
        let _ = socket.set_read_timeout(Some(TIMEOUT));
        while matches!(socket.read(&mut [0; 4096]), Ok(n) if n > 0) {}
    });
    (port, serve)
}

#[test]
fn failures_to_connect_say_what_is_wrong() {
    let closed_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let try_url = |url: &str, timeout| {
        let begun = Instant::now();
        let options = Options::default();
        let error = connect(&WsUrl::parse(url).unwrap(), tls().0, timeout, options).err().expect(url);
        assert!(begun.elapsed() < TIMEOUT, "in time");
        error.to_string()
    };
    let refused = try_url(&format!("ws://127.0.0.1:{closed_port}/"), TIMEOUT);
    assert!(refused.contains("refused") && refused.contains("hint: is the server running"), "{refused}");
    let unknown = try_url("ws://no-such-host.invalid/", TIMEOUT);
    assert!(unknown.contains("`no-such-host.invalid` cannot be found"), "{unknown}");

    for (scheme, answer, expected) in [
        ("ws", &b"HTTP/1.1 403 Forbidden\r\n\r\nbanned"[..], "HTTP 403 Forbidden: banned"),
        ("ws", b"SSH-2.0\r\n", "not HTTP"),
        ("wss", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS"),
    ] {
        let (port, server) = raw_server(answer);
        let said = try_url(&format!("{scheme}://127.0.0.1:{port}/"), TIMEOUT);
        assert!(said.contains(expected), "{said}");
        server.join().unwrap();
    }
    for scheme in ["ws", "wss"] {
        let (port, server) = raw_server(b"");
        let said = try_url(&format!("{scheme}://127.0.0.1:{port}/"), Duration::from_millis(100));
        assert!(said.contains("no answer in time"), "{said}");
        server.join().unwrap();
    }
}

#[test]
fn a_server_refuses_what_is_no_upgrade() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let stream = Stream::server(listener.accept().unwrap().0, None).unwrap();
        accept(stream, TIMEOUT, Options::default()).err().unwrap().to_string()
    });
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(server.join().unwrap().contains("not a WebSocket upgrade"));
}

#[test]
fn connecting_in_the_background_delivers_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = WsUrl::parse(&format!("wss://{}/", listener.local_addr().unwrap())).unwrap();
    let (waker, wake_ups) = nanotick_runtime::wait::waker().unwrap();
    let mut connecting =
        connect_in_background(url, tls().0.clone(), TIMEOUT, Options::default(), Some(waker));
    assert!(connecting.poll().is_none());
    let stream = Stream::server(listener.accept().unwrap().0, Some(tls().1)).unwrap();
    let mut server = accept(stream, TIMEOUT, Options::default()).unwrap().1;
    let fd = std::os::fd::AsFd::as_fd(&wake_ups);
    wait_ready(fd, false, Instant::now() + TIMEOUT).unwrap();
    let mut client = connecting.poll().expect("it was announced").unwrap();
    client.send_text("hello").unwrap();
    assert_eq!(next(&mut server), text("hello"));
    assert!(connecting.poll().is_none());
}

#[test]
fn messages_in_the_same_segment_as_the_upgrade_are_not_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = WsUrl::parse(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let request = loop {
            let mut room = [0; 4096];
            let n = socket.read(&mut room).unwrap();
            head.extend_from_slice(&room[..n]);
            if let Some(request) = Request::parse(&head).unwrap() {
                break request;
            }
        };
        let answer = [request.accept().unwrap().as_bytes(), b"\x81\x02hi\x81\x01!\x81\x06in "].concat();
        socket.write_all(&answer).unwrap();
        socket.write_all(b"two").unwrap();
        socket
    });
    let mut client = connect(&url, tls().0, TIMEOUT, Options::default()).unwrap();
    let _socket = server.join().unwrap();
    assert_eq!(
        [next(&mut client), next(&mut client), next(&mut client)],
        [text("hi"), text("!"), text("in two")]
    );
}
