//! The HTTP upgrade that opens a WebSocket, both sides. Sans-I/O: bytes in, bytes or a reason out.

use super::url::WsUrl;
use base64::{engine::general_purpose::STANDARD, Engine};
use sha1::{Digest, Sha1};
use std::hash::{BuildHasher, Hasher};

/// An HTTP head may be so long.
pub const MAX_HEAD_LEN: usize = 16 << 10;
const MAX_HEADERS: usize = 64;
/// RFC 6455, section 1.3.
const ACCEPT_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Accept` for a client's key.
pub fn accept_for(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize())
}

/// A fresh nonce for `Sec-WebSocket-Key`.
pub fn new_key() -> String {
    let random = || std::collections::hash_map::RandomState::new().build_hasher().finish().to_le_bytes();
    STANDARD.encode([random(), random()].concat())
}

/// The client's opening request.
pub fn client_request(url: &WsUrl, key: &str) -> String {
    format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n\
         Sec-WebSocket-Version: 13\r\nUser-Agent: nanotick/{}\r\n\r\n",
        url.path,
        url.authority(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// Reads the server's answer to [`client_request`]. `Ok(None)`: not whole yet. `Ok(Some(n))`: open, and frames
/// begin at byte `n`. The error is a sentence.
pub fn check_response(bytes: &[u8], key: &str) -> Result<Option<usize>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head_len = match response.parse(bytes) {
        Ok(httparse::Status::Complete(n)) => n,
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD_LEN => return Ok(None),
        Ok(httparse::Status::Partial) => return Err("the answer's head has no end".into()),
        Err(e) => return Err(format!("the answer is not HTTP ({e})")),
    };
    let status = response.code.unwrap_or(0);
    if status != 101 {
        let body = String::from_utf8_lossy(&bytes[head_len..bytes.len().min(head_len + 200)]);
        let body = body.trim().replace(|c: char| c.is_control(), " ");
        let said = if body.is_empty() { String::new() } else { format!(": {body}") };
        return Err(format!("the server answered HTTP {status} {}{said}", response.reason.unwrap_or("")));
    }
    let headers = &*response.headers;
    if !has_token(headers, "Upgrade", "websocket") || !has_token(headers, "Connection", "upgrade") {
        return Err("the server switched to something other than WebSocket".into());
    }
    if header(headers, "Sec-WebSocket-Accept") != Some(accept_for(key).as_str()) {
        return Err("the server's Sec-WebSocket-Accept does not fit our key".into());
    }
    for name in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"] {
        if header(headers, name).is_some_and(|v| !v.is_empty()) {
            return Err(format!("the server sent {name}, which we did not offer"));
        }
    }
    Ok(Some(head_len))
}

fn header<'a>(headers: &'a [httparse::Header<'_>], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|h| h.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(found.value).ok().map(str::trim)
}

fn has_token(headers: &[httparse::Header<'_>], name: &str, token: &str) -> bool {
    headers
        .iter()
        .filter(|h| h.name.eq_ignore_ascii_case(name))
        .filter_map(|h| std::str::from_utf8(h.value).ok())
        .any(|value| value.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
}

/// The head of an HTTP request, for a server that answers both WebSocket upgrades and plain requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// As sent; ask [`Request::header`].
    pub headers: Vec<(String, String)>,
    /// Where the body, or the first frame, begins.
    pub head_len: usize,
}

impl Request {
    /// `Ok(None)`: not whole yet. The error is a sentence; answer 400.
    pub fn parse(bytes: &[u8]) -> Result<Option<Request>, String> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let head_len = match request.parse(bytes) {
            Ok(httparse::Status::Complete(n)) => n,
            Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD_LEN => return Ok(None),
            Ok(httparse::Status::Partial) => return Err("the request's head has no end".into()),
            Err(e) => return Err(format!("the request is not HTTP ({e})")),
        };
        let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
        Ok(Some(Request {
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            headers: request.headers.iter().map(|h| (h.name.to_owned(), text(h.value))).collect(),
            head_len,
        }))
    }

    /// The first value under this name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        let values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        values.flat_map(|(_, v)| v.split(',')).any(|t| t.trim().eq_ignore_ascii_case(token))
    }

    /// Whether a WebSocket is asked for (rightly or wrongly; [`Request::accept`] tells).
    pub fn wants_upgrade(&self) -> bool {
        self.has_token("Upgrade", "websocket")
    }

    /// The response that opens the WebSocket, or the one that refuses a wrong request.
    pub fn accept(&self) -> Result<String, String> {
        let refuse = |status: &str, extra: &str, why: &str| {
            format!(
                "HTTP/1.1 {status}\r\n{extra}Connection: close\r\nContent-Type: text/plain\r\n\
                 Content-Length: {}\r\n\r\n{why}",
                why.len()
            )
        };
        if self.method != "GET" || !self.wants_upgrade() || !self.has_token("Connection", "upgrade") {
            return Err(refuse("400 Bad Request", "", "not a WebSocket upgrade"));
        }
        if self.header("Sec-WebSocket-Version") != Some("13") {
            let extra = "Sec-WebSocket-Version: 13\r\n";
            return Err(refuse("426 Upgrade Required", extra, "the WebSocket version must be 13"));
        }
        let key = self.header("Sec-WebSocket-Key").unwrap_or_default();
        if !STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16) {
            return Err(refuse("400 Bad Request", "", "Sec-WebSocket-Key must be 16 bytes in base64"));
        }
        Ok(format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            accept_for(key)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455, section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn response(status: &str, headers: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status}\r\n{headers}\r\n\r\n").into_bytes()
    }
    fn good_headers() -> String {
        format!("upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: {ACCEPT}")
    }

    #[test]
    fn the_rfc_example_is_accepted() {
        assert_eq!(accept_for(KEY), ACCEPT);
        let bytes = response("101 Switching Protocols", &good_headers());
        assert_eq!(check_response(&bytes, KEY), Ok(Some(bytes.len())));
        for n in 0..bytes.len() {
            assert_eq!(check_response(&bytes[..n], KEY), Ok(None), "{n} bytes are not a whole head");
        }
    }

    #[test]
    fn wrong_answers_are_refused_with_the_reason() {
        let forbidden = [response("403 Forbidden", "Content-Length: 9"), b"IP banned".to_vec()].concat();
        for (bytes, why) in [
            (forbidden, "HTTP 403 Forbidden: IP banned"),
            (response("301 Moved", "Location: wss://elsewhere"), "HTTP 301"),
            (response("101 S", &good_headers().replace(ACCEPT, "bm9wZQ==")), "does not fit"),
            (response("101 S", &good_headers().replace("WebSocket\r", "h2c\r")), "other than WebSocket"),
            (response("101 S", &good_headers().replace(", Upgrade", "")), "other than WebSocket"),
            (
                response("101 S", &(good_headers() + "\r\nSec-WebSocket-Extensions: permessage-deflate")),
                "which we did not offer",
            ),
            (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "not HTTP"),
            (vec![b'H'; 0], "incomplete"),
            ([b"HTTP/1.1 101 S\r\nA: ".to_vec(), vec![b'a'; MAX_HEAD_LEN]].concat(), "no end"),
        ] {
            match check_response(&bytes, KEY) {
                Err(said) => assert!(said.contains(why), "{said}"),
                Ok(n) => assert_eq!((n, why), (None, "incomplete")),
            }
        }
    }

    #[test]
    fn a_server_accepts_our_own_request_and_gives_what_we_check() {
        let url = WsUrl::parse("wss://h:8443/v5/public/linear?x=1").unwrap();
        let key = new_key();
        let bytes = client_request(&url, &key).into_bytes();
        let request = Request::parse(&bytes).unwrap().unwrap();
        assert_eq!((request.target.as_str(), request.head_len), ("/v5/public/linear?x=1", bytes.len()));
        assert_eq!(request.header("host"), Some("h:8443"));
        let answer = request.accept().unwrap().into_bytes();
        assert_eq!(check_response(&answer, &key), Ok(Some(answer.len())));
        assert!(check_response(&answer, &new_key()).is_err());
    }

    #[test]
    fn a_server_refuses_wrong_upgrades() {
        let good =
            String::from_utf8(client_request(&WsUrl::parse("ws://h/").unwrap(), KEY).into_bytes()).unwrap();
        for (from, to, status) in [
            ("GET", "POST", "400"),
            ("Version: 13", "Version: 8", "426"),
            (KEY, "c2hvcnQ=", "400"),
            ("Connection: Upgrade", "Connection: close", "400"),
            ("Upgrade: websocket", "X: y", "400"),
        ] {
            let request = Request::parse(good.replace(from, to).as_bytes()).unwrap().unwrap();
            let answer = request.accept().unwrap_err();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        }
        assert!(Request::parse(b"\x16\x03\x01\x02\x00\x01").is_err(), "a TLS hello on a plain port");
    }
}
