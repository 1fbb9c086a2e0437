//! `ws://` and `wss://` addresses.

use std::fmt;

/// Where a WebSocket is: `ws[s]://host[:port][/path?query]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WsUrl {
    pub tls: bool,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: u16,
    /// Path and query, beginning with `/`.
    pub path: String,
}

impl WsUrl {
    /// The error is a sentence for people.
    pub fn parse(text: &str) -> Result<WsUrl, String> {
        // What stands before an `@` may be a password: such an address is not repeated.
        let shown = if text.contains('@') { "the address given".to_owned() } else { format!("`{text}`") };
        let refuse = |why: &str| {
            format!("{shown} is not a WebSocket address: {why}\nhint: write it like wss://stream.example.com/path")
        };
        let (tls, rest) = if let Some(rest) = text.strip_prefix("wss://") {
            (true, rest)
        } else if let Some(rest) = text.strip_prefix("ws://") {
            (false, rest)
        } else {
            return Err(refuse("it must begin with ws:// or wss://"));
        };
        if text.bytes().any(|b| b <= b' ' || b >= 0x7f) {
            return Err(refuse(
                "spaces, control characters and letters outside ASCII must be percent-encoded",
            ));
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        if authority.contains('@') {
            return Err(refuse("a user name in it is not supported"));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, after) = v6.split_once(']').ok_or_else(|| refuse("the bracket is not closed"))?;
                (host, after.strip_prefix(':').or(if after.is_empty() { None } else { Some("?") }))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if host.is_empty() {
            return Err(refuse("the host is missing"));
        }
        let port = match port {
            None if tls => 443,
            None => 80,
            Some(digits) => match digits.parse::<u16>() {
                Ok(port) if port > 0 && !digits.starts_with('+') => port,
                _ => return Err(refuse("the port must be a number from 1 to 65535")),
            },
        };
        Ok(WsUrl { tls, host: host.to_owned(), port, path })
    }

    /// As it stands in the `Host` header: with the port only where it is not the usual one.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

impl fmt::Display for WsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.tls { "wss" } else { "ws" }, self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart_and_put_together() {
        for (text, tls, host, port, path, back) in [
            ("ws://a", false, "a", 80, "/", "ws://a/"),
            ("wss://a.b:9443/x/y?z=1#f", true, "a.b", 9443, "/x/y?z=1", "wss://a.b:9443/x/y?z=1"),
            ("wss://a?z=1", true, "a", 443, "/?z=1", "wss://a/?z=1"),
            ("ws://[::1]:8080/v5", false, "::1", 8080, "/v5", "ws://[::1]:8080/v5"),
            ("ws://[::1]", false, "::1", 80, "/", "ws://[::1]/"),
        ] {
            let url = WsUrl::parse(text).unwrap();
            assert_eq!((url.tls, url.host.as_str(), url.port, url.path.as_str()), (tls, host, port, path));
            assert_eq!(url.to_string(), back);
        }
    }

    #[test]
    fn wrong_addresses_are_refused_with_the_reason() {
        for (text, why) in [
            ("http://a", "begin with ws://"),
            ("ws://", "host is missing"),
            ("ws://:80/", "host is missing"),
            ("ws://a:0", "port"),
            ("ws://a:70000", "port"),
            ("ws://a:+80", "port"),
            ("ws://[::1", "bracket"),
            ("ws://[::1]x", "port"),
            ("ws://me:pw@a", "user name"),
            ("ws://a/\r\nHost: b", "percent-encoded"),
        ] {
            let said = WsUrl::parse(text).unwrap_err();
            assert!(said.contains(why) && said.contains("hint:") && !said.contains("pw"), "{said}");
        }
    }
}
