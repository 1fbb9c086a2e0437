//! Our client and server against tungstenite's, over sockets: upgrade, messages, pings, the closing handshake.

use nanotick_runtime::transport::{trust, wait_ready, Stream};
use nanotick_runtime::ws::connect::accept;
use nanotick_runtime::ws::{connect, ClosedBy, Options, Received, WsConnection, WsUrl};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Error, Message, WebSocket};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The texts that come before the connection ends, and how it ends.
fn read_to_end(connection: &mut WsConnection<Stream>, echo: bool) -> (Vec<String>, ClosedBy, u16) {
    let deadline = Instant::now() + TIMEOUT;
    let mut texts = Vec::new();
    loop {
        let text = match connection.poll_recv() {
            Received::Message(m) => String::from_utf8(m.payload.bytes().to_vec()).unwrap(),
            Received::Closed(closed) => return (texts, closed.by, closed.code),
            Received::Nothing => {
                wait_ready(connection.fd(), connection.wants_write(), deadline).unwrap();
                continue;
            }
        };
        if echo {
            connection.send_text(&text).unwrap();
        }
        texts.push(text);
    }
}

/// Talks to an echoing server of ours and ends the conversation.
fn tungstenite_talks(mut socket: WebSocket<TcpStream>) {
    socket.send(Message::Ping("are you there".into())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Pong("are you there".into()));
    for size in [0, 1, 125, 126, 65535, 65536, 300_000] {
        let text = "é".repeat(size / 2) + &"x".repeat(size % 2);
        socket.send(Message::text(text.clone())).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text(text));
    }
    socket.close(Some(CloseFrame { code: CloseCode::Away, reason: "enough".into() })).unwrap();
    loop {
        match socket.read() {
            Ok(Message::Close(frame)) => assert_eq!(frame.unwrap().code, CloseCode::Away, "echoed"),
            Err(Error::ConnectionClosed | Error::Io(_) | Error::Protocol(_)) => return,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn our_client_talks_with_tungstenites_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = WsUrl::parse(&format!("ws://{}/v5/private", listener.local_addr().unwrap())).unwrap();
    let server =
        thread::spawn(move || tungstenite_talks(tungstenite::accept(listener.accept().unwrap().0).unwrap()));
    let tls = trust::client_config(None).unwrap();
    let mut client = connect(&url, &tls, TIMEOUT, Options::default()).unwrap();
    let (texts, by, code) = read_to_end(&mut client, true);
    assert_eq!((texts.len(), by, code), (7, ClosedBy::Peer, 1001));
    drop(client);
    server.join().unwrap();
}

#[test]
fn tungstenites_client_talks_with_our_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = thread::spawn(move || {
        let socket = TcpStream::connect(address).unwrap();
        tungstenite_talks(tungstenite::client(format!("ws://{address}/ws"), socket).unwrap().0)
    });
    let stream = Stream::server(listener.accept().unwrap().0, None).unwrap();
    let (request, mut server) = accept(stream, TIMEOUT, Options::default()).unwrap();
    assert_eq!(request.target, "/ws");
    let (texts, by, code) = read_to_end(&mut server, true);
    assert_eq!((texts.len(), by, code), (7, ClosedBy::Peer, 1001));
    drop(server);
    client.join().unwrap();
}

#[test]
fn our_close_is_answered_by_tungstenite() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = WsUrl::parse(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap();
    let server = thread::spawn(move || {
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        socket.send(Message::text("first")).unwrap();
        while socket.read().is_ok() {}
    });
    let tls = trust::client_config(None).unwrap();
    let mut client = connect(&url, &tls, TIMEOUT, Options::default()).unwrap();
    client.close(1000, "done");
    let (texts, by, code) = read_to_end(&mut client, false);
    assert_eq!((texts, by, code), (vec!["first".to_owned()], ClosedBy::Us, 1000));
    server.join().unwrap();
}
