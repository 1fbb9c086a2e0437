//! TLS over [`Tcp`] by rustls: no call blocks, handshake and alerts travel inside `recv`, `send` and `flush`.
//!
//! Certificates and settings are in [`super::trust`].

use super::{wait_ready, NetError, NetErrorKind, Tcp, Transport};
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, ClientConnection, Connection};
use rustls::{ServerConfig, ServerConnection};
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

/// Plaintext or ciphertext that may wait inside rustls before `send` takes no more.
const MAX_HELD_BACK: usize = 1 << 20;

pub struct Tls {
    tcp: Tcp,
    session: Connection,
    /// Decrypted bytes that `recv` has not yet handed out.
    readable: usize,
    /// The peer said that it sends no more.
    ended: bool,
}

impl Tls {
    pub fn client(tcp: Tcp, config: &Arc<ClientConfig>, host: &str) -> Result<Tls, NetError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            NetError::new(
                NetErrorKind::Config,
                format!("`{host}` is neither a host name nor an IP address, so no certificate can be for it"),
                "",
            )
        })?;
        let session = ClientConnection::new(config.clone(), name).map_err(|e| explain("TLS", &e))?;
        Ok(Tls::new(tcp, session.into()))
    }

    pub fn server(tcp: Tcp, config: &Arc<ServerConfig>) -> Result<Tls, NetError> {
        let session = ServerConnection::new(config.clone()).map_err(|e| explain("TLS", &e))?;
        Ok(Tls::new(tcp, session.into()))
    }

    fn new(tcp: Tcp, mut session: Connection) -> Tls {
        session.set_buffer_limit(Some(MAX_HELD_BACK));
        Tls { tcp, session, readable: 0, ended: false }
    }

    pub fn tcp(&self) -> &Tcp {
        &self.tcp
    }

    /// The agreed suite, e.g. `TLS13_AES_128_GCM_SHA256`, once the handshake is done.
    pub fn suite(&self) -> Option<String> {
        Some(format!("{:?}", self.session.negotiated_cipher_suite()?.suite()))
    }

    /// Blocks until the handshake is done.
    pub fn finish_handshake(&mut self, deadline: Instant) -> io::Result<()> {
        loop {
            match self.flush() {
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(e),
                _ => {}
            }
            if !self.session.is_handshaking() {
                return Ok(());
            }
            match self.pull() {
                Ok(true) => {}
                Ok(false) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    wait_ready(self.tcp.fd(), self.session.wants_write(), deadline)?
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Takes what the socket has and decrypts it. `Ok(false)` at the stream's end.
    fn pull(&mut self) -> io::Result<bool> {
        if self.session.read_tls(&mut self.tcp)? == 0 {
            return Ok(false);
        }
        match self.session.process_new_packets() {
            Ok(state) => {
                self.readable = state.plaintext_bytes_to_read();
                self.ended |= state.peer_has_closed();
            }
            Err(error) => {
                // The alert that tells the peer why; if it cannot go out now, the peer learns from the close.
                let _ = self.session.write_tls(&mut self.tcp);
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
        if self.session.wants_write() {
            match self.flush() {
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(e),
                _ => {}
            }
        }
        Ok(true)
    }
}

impl Transport for Tls {
    fn recv(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.readable > 0 {
                let n = self.session.reader().read(into)?;
                self.readable -= n.min(self.readable);
                return Ok(n);
            }
            if self.ended || !self.pull()? {
                return Ok(0);
            }
        }
    }
    fn received_at(&self) -> u64 {
        self.tcp.received_at()
    }
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.session.writer().write(bytes)?;
        match self.flush() {
            Err(e) if e.kind() != io::ErrorKind::WouldBlock => Err(e),
            _ if n == 0 && !bytes.is_empty() => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(n),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            if self.session.write_tls(&mut self.tcp)? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }
    fn wants_write(&self) -> bool {
        self.session.wants_write()
    }
    fn fd(&self) -> BorrowedFd<'_> {
        self.tcp.fd()
    }
}

impl Drop for Tls {
    /// Says that the stream ends here on purpose, if the socket takes it at once.
    fn drop(&mut self) {
        self.session.send_close_notify();
        let _ = self.session.write_tls(&mut self.tcp);
    }
}

/// A TLS error as a sentence, with what to do about it.
pub(crate) fn explain(what: &str, error: &rustls::Error) -> NetError {
    let (why, hint) = match error {
        rustls::Error::InvalidCertificate(reason) => certificate_error(reason),
        rustls::Error::AlertReceived(alert) => alert_received(*alert),
        rustls::Error::InvalidMessage(_) => (
            "the other side does not speak TLS".to_owned(),
            "use ws:// or http:// for a plain port, or the venue's TLS port".to_owned(),
        ),
        rustls::Error::PeerIncompatible(reason) => (
            format!("the other side offers no TLS version or cipher that we accept ({reason:?})"),
            "TLS 1.2 and 1.3 with AES-GCM or ChaCha20 are accepted".to_owned(),
        ),
        other => (other.to_string(), String::new()),
    };
    NetError::new(NetErrorKind::Tls, format!("{what}: {why}"), hint)
}

fn certificate_error(reason: &CertificateError) -> (String, String) {
    let check_clock = "check this machine's clock; if it is right, the server must renew its certificate";
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("the server's certificate has expired".into(), check_clock.into())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("the server's certificate is not valid yet".into(), "check this machine's clock".into())
        }
        // A bad signature is what an authority of the same name with another key looks like: yesterday's ca.pem.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => (
            "the server's certificate is issued by an authority that is not trusted here".into(),
            "for a venue server of your own, give its ca.pem as the CA file".into(),
        ),
        CertificateError::NotValidForNameContext { expected, presented } => (
            format!("the server's certificate is not for {}", expected.to_str()),
            format!("it is for {}; connect by that name", presented.join(", ")),
        ),
        CertificateError::NotValidForName => (
            "the server's certificate is for another host".into(),
            "connect by the name that the certificate is for".into(),
        ),
        CertificateError::Revoked => ("the server's certificate was revoked".into(), "do not connect".into()),
        other => (format!("the server's certificate is not acceptable ({other:?})"), String::new()),
    }
}

fn alert_received(alert: AlertDescription) -> (String, String) {
    match alert {
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired => (
            format!("the other side does not accept the certificate ({alert:?})"),
            "a client must be given this server's ca.pem".into(),
        ),
        AlertDescription::UnrecognisedName => {
            ("the server does not know the host name that we asked for".into(), "check the address".into())
        }
        other => (format!("the other side ended the TLS handshake ({other:?})"), String::new()),
    }
}
