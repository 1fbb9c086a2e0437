//! HTTP/1.1 as a server speaks it on one connection: whole requests in, whole answers out, nothing streamed.

use nanotick_venues::server::{Call, Reply};

const MAX_HEADERS: usize = 64;
const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_BODY_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(super) enum Request {
    Call(Call),
    /// A WebSocket upgrade: path and query, and the client's key.
    Upgrade {
        target: String,
        key: String,
    },
}

/// What stands at the front of the received bytes.
#[derive(Debug)]
pub(super) enum Parsed {
    /// Not all there yet.
    Partial,
    /// A request, and how many bytes it took.
    Whole(Request, usize),
    /// Not HTTP as we speak it: answer with this status and close.
    Bad(u16, &'static str),
}

pub(super) fn parse(input: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(input) {
        Ok(httparse::Status::Complete(n)) if n <= MAX_HEAD_BYTES => n,
        Ok(httparse::Status::Partial) if input.len() <= MAX_HEAD_BYTES => return Parsed::Partial,
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Parsed::Bad(431, "the head is too large"),
        Err(_) => return Parsed::Bad(400, "this is not HTTP"),
    };
    let mut all = Vec::new();
    for header in request.headers.iter() {
        match std::str::from_utf8(header.value) {
            Ok(value) => all.push((header.name.to_ascii_lowercase(), value.trim().to_string())),
            Err(_) => return Parsed::Bad(400, "a header is not text"),
        }
    }
    let get = |name: &str| all.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    if get("transfer-encoding").is_some() {
        return Parsed::Bad(411, "send a Content-Length");
    }
    let length = match get("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) if length <= MAX_BODY_BYTES => length,
        Some(Ok(_)) => return Parsed::Bad(413, "the body is too large"),
        Some(Err(_)) => return Parsed::Bad(400, "Content-Length is not a number"),
    };
    let Some(body) = input.get(head..head + length) else { return Parsed::Partial };
    let target = request.path.unwrap_or("/").to_string();
    let method = request.method.unwrap_or("GET").to_string();
    let has = |name, word: &str| get(name).is_some_and(|v| v.to_ascii_lowercase().contains(word));
    if method == "GET" && has("upgrade", "websocket") && has("connection", "upgrade") {
        return match (get("sec-websocket-key"), get("sec-websocket-version")) {
            (Some(key), Some("13")) => {
                let key = key.to_string();
                Parsed::Whole(Request::Upgrade { target, key }, head + length)
            }
            _ => Parsed::Bad(426, "only version 13 of WebSocket is spoken here"),
        };
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let call = Call { method, path: path.into(), query: query.into(), headers: all, body: body.to_vec() };
    Parsed::Whole(Request::Call(call), head + length)
}

/// The bytes of an answer. The connection stays open.
pub(super) fn write_reply(reply: &Reply, out: &mut Vec<u8>) {
    let reason = match reply.status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        _ => "Answer",
    };
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", reply.body.len());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(reply.body.as_bytes());
}

/// The answer that turns the connection into a WebSocket.
pub(super) fn write_upgrade(key: &str, out: &mut Vec<u8>) {
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    out.extend_from_slice(format!("{head}Sec-WebSocket-Accept: {accept}\r\n\r\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_are_told_apart() {
        let call = b"POST /v5/order/create?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}GET";
        let whole = call.len() - "GET".len();
        match parse(call) {
            Parsed::Whole(Request::Call(call), n) => {
                assert_eq!((call.path.as_str(), call.query.as_str()), ("/v5/order/create", "x=1"));
                assert_eq!((call.body.as_slice(), n), (b"{}".as_slice(), whole));
            }
            other => panic!("{other:?}"),
        }
        let upgrade = "GET /ws?a=b HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        match parse(upgrade.as_bytes()) {
            Parsed::Whole(Request::Upgrade { target, key }, _) => {
                assert_eq!(target, "/ws?a=b");
                let mut out = Vec::new();
                write_upgrade(&key, &mut out);
                // The answer to the sample key of RFC 6455.
                assert!(String::from_utf8(out).unwrap().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
            }
            other => panic!("{other:?}"),
        }
        for n in 0..whole {
            assert!(matches!(parse(&call[..n]), Parsed::Partial), "{n}");
        }
        let long = [b"GET / HTTP/1.1\r\nA: ".as_slice(), &[b'x'; 20_000]].concat();
        for (bytes, status) in [
            (b"\x16\x03\x01\x02".as_slice(), 400),
            (b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
            (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 426),
            (&long, 431),
        ] {
            assert!(matches!(parse(bytes), Parsed::Bad(s, _) if s == status), "{status}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }
    }
}
