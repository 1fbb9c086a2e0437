//! Why a connection could not be made, in a sentence that says what to do about it.

use std::fmt;
use std::io;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NetErrorKind {
    /// The address or a file given by the user is wrong.
    Config,
    /// The host is not known, does not answer or refuses.
    Unreachable,
    /// The certificate or the TLS handshake failed.
    Tls,
    /// The server answered, but not with a WebSocket.
    Refused,
    TimedOut,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetError {
    pub kind: NetErrorKind,
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

impl NetError {
    pub fn new(kind: NetErrorKind, message: impl Into<String>, hint: impl Into<String>) -> NetError {
        NetError { kind, message: message.into(), hint: hint.into() }
    }

    /// An error of the system, or of TLS inside one.
    pub(crate) fn io(what: &str, error: &io::Error) -> NetError {
        if let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
            return super::tls::explain(what, tls);
        }
        let (kind, why, hint) = match error.kind() {
            io::ErrorKind::ConnectionRefused => (
                NetErrorKind::Unreachable,
                "the connection was refused".to_owned(),
                "is the server running, and is the port right?",
            ),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => (
                NetErrorKind::TimedOut,
                "there was no answer in time".to_owned(),
                "check the address, the network and the firewall",
            ),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => (
                NetErrorKind::Unreachable,
                "the server closed the connection".to_owned(),
                "a plain port does not speak TLS, nor the reverse; venues also close on banned addresses",
            ),
            _ => (NetErrorKind::Unreachable, error.to_string(), "check the address and the network"),
        };
        NetError::new(kind, format!("{what}: {why}"), hint)
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for NetError {}
