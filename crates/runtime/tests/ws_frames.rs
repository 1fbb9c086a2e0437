//! The framer against the rules of RFC 6455, case by case, and against an independent implementation.

use nanotick_runtime::ws::{CloseFrame, FrameReader, FrameWriter, Opcode, Role, Step, Utf8};
use proptest::prelude::*;
use std::io::{self, Cursor, Read, Write};
use tungstenite::protocol::{self as peer, WebSocket};

const MAX: usize = 1 << 20;

#[derive(Clone, PartialEq, Eq, Debug)]
enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    Refused(u16),
}
use Seen::*;

/// Everything that is whole in the reader. Ends with the first refusal.
fn drain(reader: &mut FrameReader, seen: &mut Vec<Seen>) {
    loop {
        let (make, span): (fn(Vec<u8>) -> Seen, _) = match reader.step() {
            Ok(Step::Text(span)) => (Text, span),
            Ok(Step::Binary(span)) => (Binary, span),
            Ok(Step::Ping(span)) => (Ping, span),
            Ok(Step::Pong(span)) => (Pong, span),
            Ok(Step::Close(span)) => {
                let close = CloseFrame::parse(reader.payload(span).bytes()).expect("the reader checked it");
                seen.push(Close(close.code, close.reason.to_owned()));
                continue;
            }
            Ok(Step::Incomplete) => return,
            Err(violation) => {
                assert_eq!(reader.step(), Err(violation), "a refusal stays");
                if seen.last() != Some(&Refused(violation.code)) {
                    seen.push(Refused(violation.code));
                }
                return;
            }
        };
        seen.push(make(reader.payload(span).bytes().to_vec()));
    }
}

/// What a reader makes of `bytes` that arrive in pieces of the given sizes, repeated.
fn read_in_pieces(role: Role, bytes: &[u8], sizes: &[usize]) -> Vec<Seen> {
    let mut reader = FrameReader::new(role, MAX, Utf8::Check);
    let (mut seen, mut rest, mut sizes) = (Vec::new(), bytes, sizes.iter().cycle());
    while !rest.is_empty() {
        let n = (*sizes.next().unwrap()).clamp(1, rest.len());
        reader.push(&rest[..n]);
        rest = &rest[n..];
        drain(&mut reader, &mut seen);
    }
    seen
}

fn read_all(role: Role, bytes: &[u8]) -> Vec<Seen> {
    read_in_pieces(role, bytes, &[usize::MAX])
}

/// A frame by the book, written without our writer. `first` is FIN, RSV and opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ ..126 => out.push(n as u8),
        n @ ..0x1_0000 => out.extend([&[126][..], &(n as u16).to_be_bytes()].concat()),
        n => out.extend([&[127][..], &(n as u64).to_be_bytes()].concat()),
    }
    out.extend_from_slice(payload);
    out
}

fn masked(first: u8, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut out = frame(first, payload);
    let head = out.len() - payload.len();
    out[1] |= 0x80;
    for (i, byte) in out[head..].iter_mut().enumerate() {
        *byte ^= key[i % 4];
    }
    out.splice(head..head, key);
    out
}

const FIN: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What it shows, the frames that a client receives, what it must make of them.
type Case = (&'static str, Vec<Vec<u8>>, Vec<Seen>);

fn cases() -> Vec<Case> {
    let a = |n: usize| vec![b'a'; n];
    let close = |code: u16, reason: &[u8]| frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat());
    let mut cases = vec![
        ("an empty text", vec![frame(FIN | TEXT, b"")], vec![Text(vec![])]),
        ("125 bytes", vec![frame(FIN | TEXT, &a(125))], vec![Text(a(125))]),
        ("126 bytes", vec![frame(FIN | TEXT, &a(126))], vec![Text(a(126))]),
        ("65535 bytes", vec![frame(FIN | BINARY, &a(65535))], vec![Binary(a(65535))]),
        ("65536 bytes", vec![frame(FIN | BINARY, &a(65536))], vec![Binary(a(65536))]),
        ("the largest message", vec![frame(FIN | BINARY, &a(MAX))], vec![Binary(a(MAX))]),
        ("one byte too many", vec![frame(FIN | BINARY, &a(MAX + 1))], vec![Refused(1009)]),
        ("a claim of exabytes", vec![vec![FIN | TEXT, 127, 0x0f, 0, 0, 0, 0, 0, 0, 0]], vec![Refused(1009)]),
        (
            "a length with the top bit",
            vec![vec![FIN | TEXT, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]],
            vec![Refused(1002)],
        ),
        ("5 in two length bytes", vec![vec![FIN | TEXT, 126, 0, 5]], vec![Refused(1002)]),
        (
            "300 in eight length bytes",
            vec![vec![FIN | TEXT, 127, 0, 0, 0, 0, 0, 0, 1, 44]],
            vec![Refused(1002)],
        ),
        ("a ping", vec![frame(FIN | PING, b"x")], vec![Ping(b"x".to_vec())]),
        ("the longest ping", vec![frame(FIN | PING, &a(125))], vec![Ping(a(125))]),
        ("a ping of 126 bytes", vec![frame(FIN | PING, &a(126))], vec![Refused(1002)]),
        ("a ping in fragments", vec![frame(PING, b"x")], vec![Refused(1002)]),
        ("a pong unasked", vec![frame(FIN | PONG, b"x")], vec![Pong(b"x".to_vec())]),
        (
            "three fragments",
            vec![frame(TEXT, b"ab"), frame(0, b""), frame(FIN, b"cd")],
            vec![Text(b"abcd".to_vec())],
        ),
        (
            "a ping and a pong between fragments",
            vec![frame(TEXT, b"ab"), frame(FIN | PING, b"p"), frame(FIN | PONG, b""), frame(FIN, b"cd")],
            vec![Ping(b"p".to_vec()), Pong(vec![]), Text(b"abcd".to_vec())],
        ),
        (
            "whole messages after a fragmented one",
            vec![
                frame(BINARY, b"1"),
                frame(FIN, b"2"),
                frame(FIN | TEXT, b"3"),
                frame(TEXT, b"4"),
                frame(FIN, b""),
            ],
            vec![Binary(b"12".to_vec()), Text(b"3".to_vec()), Text(b"4".to_vec())],
        ),
        ("a continuation of nothing", vec![frame(FIN, b"x")], vec![Refused(1002)]),
        ("an unended continuation of nothing", vec![frame(0, b"x")], vec![Refused(1002)]),
        ("a new message within one", vec![frame(TEXT, b"x"), frame(FIN | TEXT, b"y")], vec![Refused(1002)]),
        ("a new fragment within one", vec![frame(TEXT, b"x"), frame(BINARY, b"y")], vec![Refused(1002)]),
        ("fragments too large together", vec![frame(BINARY, &a(MAX)), frame(FIN, b"x")], vec![Refused(1009)]),
        (
            "text with a split character",
            vec![frame(TEXT, b"\xe2\x82"), frame(FIN, b"\xac")],
            vec![Text("€".into())],
        ),
        ("text that is not UTF-8", vec![frame(FIN | TEXT, b"\xce\xba\xff")], vec![Refused(1007)]),
        (
            "a surrogate in fragments",
            vec![frame(TEXT, b"\xed\xa0"), frame(FIN, b"\x80")],
            vec![Refused(1007)],
        ),
        ("text cut in a character", vec![frame(FIN | TEXT, b"\xe2\x82")], vec![Refused(1007)]),
        ("bytes that are not UTF-8 in binary", vec![frame(FIN | BINARY, b"\xff")], vec![Binary(vec![0xff])]),
        ("a close without a code", vec![frame(FIN | CLOSE, b"")], vec![Close(1005, "".into())]),
        ("a close of one byte", vec![frame(FIN | CLOSE, b"\x03")], vec![Refused(1002)]),
        ("a close with a reason", vec![close(1000, b"bye")], vec![Close(1000, "bye".into())]),
        ("a close reason that is not UTF-8", vec![close(1000, b"\xff")], vec![Refused(1007)]),
        ("a masked frame from a server", vec![masked(FIN | TEXT, b"x", [1, 2, 3, 4])], vec![Refused(1002)]),
    ];
    for rsv in [0x10, 0x20, 0x40, 0x70] {
        cases.push(("a reserved bit", vec![frame(FIN | rsv | TEXT, b"x")], vec![Refused(1002)]));
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        cases.push(("a reserved opcode", vec![frame(FIN | opcode, b"")], vec![Refused(1002)]));
    }
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        cases.push(("a good close code", vec![close(code, b"")], vec![Close(code, "".into())]));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        cases.push(("a bad close code", vec![close(code, b"")], vec![Refused(1002)]));
    }
    cases
}

#[test]
fn a_client_reads_by_the_rules() {
    for (name, frames, expected) in cases() {
        assert_eq!(read_all(Role::Client, &frames.concat()), expected, "{name}");
    }
}

#[test]
fn what_stands_before_a_refusal_still_counts_and_what_follows_does_not() {
    for (name, frames, expected) in cases() {
        let bytes = [frame(FIN | TEXT, b"before"), frames.concat(), frame(FIN | TEXT, b"after")].concat();
        let mut all = vec![Text(b"before".to_vec())];
        all.extend(expected.clone());
        if !matches!(expected.last(), Some(Refused(_))) {
            all.push(Text(b"after".to_vec()));
        }
        assert_eq!(read_all(Role::Client, &bytes), all, "{name}");
    }
}

#[test]
fn a_stream_cut_anywhere_reads_the_same() {
    for (name, frames, expected) in cases() {
        let bytes = frames.concat();
        if bytes.len() <= 300 {
            for cut in 1..bytes.len() {
                assert_eq!(
                    read_in_pieces(Role::Client, &bytes, &[cut, usize::MAX]),
                    expected,
                    "{name} at {cut}"
                );
            }
            assert_eq!(read_in_pieces(Role::Client, &bytes, &[1]), expected, "{name} byte by byte");
        }
        assert_eq!(read_in_pieces(Role::Client, &bytes, &[1460, 3, 65536]), expected, "{name} in segments");
    }
}

#[test]
fn a_server_unmasks_and_insists_on_masks() {
    for n in [0, 1, 2, 3, 4, 5, 7, 8, 9, 125, 126, 300, 65535, 65536] {
        let payload: Vec<u8> = (0..n).map(|i| b' ' + (i * 7 % 90) as u8).collect();
        let bytes = masked(FIN | TEXT, &payload, [0x11, 0xfe, 0, 0x80]);
        assert_eq!(read_all(Role::Server, &bytes), vec![Text(payload.clone())]);
        assert_eq!(read_all(Role::Server, &frame(FIN | TEXT, &payload)), vec![Refused(1002)]);
    }
    let fragments =
        [masked(TEXT, b"ab", [9; 4]), masked(FIN | PING, b"p", [8; 4]), masked(FIN, b"c", [7; 4])];
    let expected = vec![Ping(b"p".to_vec()), Text(b"abc".to_vec())];
    assert_eq!(read_in_pieces(Role::Server, &fragments.concat(), &[1]), expected);
}

#[test]
fn text_is_left_to_the_decoder_only_where_that_was_said_and_only_if_it_is_whole() {
    let mut reader = FrameReader::new(Role::Client, MAX, Utf8::LeaveToDecoder);
    let mut seen = Vec::new();
    reader.push(&[frame(FIN | TEXT, b"\xff"), frame(TEXT, b"\xff"), frame(FIN, b"")].concat());
    drain(&mut reader, &mut seen);
    assert_eq!(seen, vec![Text(vec![0xff]), Refused(1007)]);
}

#[test]
fn a_writer_gathers_frames_of_every_size_back_to_back() {
    let sizes = [300, 0, 1, 125, 126, 127, 65535, 65536, 70000, 5, 300];
    for (ours, theirs) in [(Role::Client, Role::Server), (Role::Server, Role::Client)] {
        let mut writer = FrameWriter::new(ours);
        let mut expected = Vec::new();
        for (i, n) in sizes.into_iter().enumerate() {
            let payload = vec![b'a' + i as u8; n];
            let one = writer.push(Opcode::Text, &payload).to_vec();
            assert_eq!(read_all(theirs, &one), vec![Text(payload.clone())]);
            expected.push(Text(payload));
        }
        writer.push_close(1001, &"é".repeat(100));
        expected.push(Close(1001, "é".repeat(61)));
        assert_eq!(read_all(theirs, writer.frames()), expected);
        writer.clear();
        assert!(writer.is_empty() && writer.frames().is_empty());
    }
}

#[test]
fn a_payload_is_encoded_in_place() {
    let mut writer = FrameWriter::new(Role::Client);
    for n in [300, 20, 4096] {
        let room = writer.begin();
        room[..n].fill(b'z');
        let bytes = writer.finish(Opcode::Text, n).to_vec();
        assert_eq!(read_all(Role::Server, &bytes), vec![Text(vec![b'z'; n])]);
    }
    let frames = read_all(Role::Server, writer.frames());
    assert_eq!(frames.len(), 3);
    let beyond = writer.begin().len() + 1;
    writer.finish(Opcode::Binary, beyond);
    assert!(read_all(Role::Server, writer.frames()).len() == 4, "a length beyond the room is cut to it");
}

#[test]
fn masks_differ_from_frame_to_frame() {
    let mut writer = FrameWriter::new(Role::Client);
    let keys: std::collections::HashSet<Vec<u8>> =
        (0..1000).map(|_| writer.push(Opcode::Text, b"x")[2..6].to_vec()).collect();
    assert!(keys.len() > 990);
}

/// A stream for tungstenite: reads what we wrote, keeps what it writes.
struct Pipe {
    input: Cursor<Vec<u8>>,
    output: Vec<u8>,
}
impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.input.read(into)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}
impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenite(role: peer::Role, input: Vec<u8>) -> WebSocket<Pipe> {
    WebSocket::from_raw_socket(Pipe { input: Cursor::new(input), output: Vec::new() }, role, None)
}

/// What tungstenite makes of a stream; refusals all count as 1.
fn read_by_tungstenite(role: peer::Role, bytes: &[u8]) -> Vec<Seen> {
    let mut socket = tungstenite(role, bytes.to_vec());
    let mut seen = Vec::new();
    loop {
        match socket.read() {
            Ok(tungstenite::Message::Text(t)) => seen.push(Text(t.as_bytes().to_vec())),
            Ok(tungstenite::Message::Binary(b)) => seen.push(Binary(b.to_vec())),
            Ok(tungstenite::Message::Ping(b)) => seen.push(Ping(b.to_vec())),
            Ok(tungstenite::Message::Pong(b)) => seen.push(Pong(b.to_vec())),
            Ok(tungstenite::Message::Close(c)) => {
                seen.push(match c {
                    None => Close(1005, String::new()),
                    // Its way to report a close code that may not be sent.
                    Some(c) if c.reason.as_str() == "Protocol violation" => Refused(1),
                    Some(c) => Close(c.code.into(), c.reason.to_string()),
                });
                return seen;
            }
            Ok(tungstenite::Message::Frame(_)) => unreachable!("only written, never read"),
            Err(tungstenite::Error::Io(e)) if e.kind() == io::ErrorKind::WouldBlock => return seen,
            Err(_) => {
                seen.push(Refused(1));
                return seen;
            }
        }
    }
}

fn message() -> impl Strategy<Value = Seen> {
    let size = prop_oneof![0usize..200, 100usize..2000, Just(65535), Just(65536)];
    let bytes = (size, any::<u64>()).prop_map(|(n, seed)| {
        (0..n as u64).map(|i| (seed.wrapping_mul(i * i + 1) >> 32) as u8).collect::<Vec<u8>>()
    });
    let small = proptest::collection::vec(any::<u8>(), 0..=125);
    prop_oneof![
        bytes.clone().prop_map(|b| Text(String::from_utf8_lossy(&b).into_owned().into_bytes())),
        bytes.prop_map(Binary),
        small.clone().prop_map(Ping),
        small.prop_map(Pong),
    ]
}

/// A frame whose head may be wrong. Its text is ASCII: tungstenite refuses bad UTF-8 with the fragment it stands in,
/// we with the message's last.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = proptest::collection::vec(0x20u8..0x7f, 0..200);
    let first = prop_oneof![
        8 => prop_oneof![Just(FIN | TEXT), Just(FIN | BINARY), Just(TEXT), Just(0), Just(FIN), Just(FIN | PING)],
        1 => any::<u8>()
    ];
    (first, payload).prop_map(|(first, payload)| frame(first, &payload))
}

proptest! {
    #[test]
    fn tungstenite_reads_what_we_write(messages in proptest::collection::vec(message(), 1..8), client: bool) {
        let (ours, theirs) =
            if client { (Role::Client, peer::Role::Server) } else { (Role::Server, peer::Role::Client) };
        let mut writer = FrameWriter::new(ours);
        for message in &messages {
            match message {
                Text(b) => writer.push(Opcode::Text, b),
                Binary(b) => writer.push(Opcode::Binary, b),
                Ping(b) => writer.push(Opcode::Ping, b),
                Pong(b) => writer.push(Opcode::Pong, b),
                _ => unreachable!("not generated"),
            };
        }
        prop_assert_eq!(read_by_tungstenite(theirs, writer.frames()), messages);
    }

    #[test]
    fn we_read_what_tungstenite_writes(
        messages in proptest::collection::vec(message(), 1..8),
        client: bool,
        pieces in proptest::collection::vec(1usize..3000, 1..10),
    ) {
        let (ours, theirs) =
            if client { (Role::Server, peer::Role::Client) } else { (Role::Client, peer::Role::Server) };
        let mut socket = tungstenite(theirs, Vec::new());
        for message in &messages {
            let text = |b: &Vec<u8>| String::from_utf8(b.clone()).unwrap();
            socket.send(match message {
                Text(b) => tungstenite::Message::text(text(b)),
                Binary(b) => tungstenite::Message::binary(b.clone()),
                Ping(b) => tungstenite::Message::Ping(b.clone().into()),
                Pong(b) => tungstenite::Message::Pong(b.clone().into()),
                _ => unreachable!("not generated"),
            }).unwrap();
        }
        let bytes = std::mem::take(&mut socket.get_mut().output);
        prop_assert_eq!(read_in_pieces(ours, &bytes, &pieces), messages);
    }

    /// Frames right and wrong: both take the same messages and refuse at the same place.
    #[test]
    fn we_and_tungstenite_agree_on_what_is_wrong(frames in proptest::collection::vec(any_frame(), 1..6)) {
        let bytes = frames.concat();
        let mut ours: Vec<Seen> = read_all(Role::Client, &bytes);
        if let Some(end) = ours.iter().position(|s| matches!(s, Close(..))) {
            ours.truncate(end + 1);
        }
        if let Some(last @ Refused(_)) = ours.last_mut() {
            *last = Refused(1);
        }
        prop_assert_eq!(ours, read_by_tungstenite(peer::Role::Client, &bytes));
    }

    #[test]
    fn arbitrary_bytes_never_break_the_reader(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        pieces in proptest::collection::vec(1usize..50, 1..10),
        server: bool,
    ) {
        let role = if server { Role::Server } else { Role::Client };
        prop_assert_eq!(read_in_pieces(role, &bytes, &pieces), read_all(role, &bytes));
    }
}
