//! Whom TLS trusts and what it offers: settings for clients and servers, and throw-away certificates for a venue
//! server on this machine.

use super::tls::explain;
use super::{NetError, NetErrorKind};
use rcgen::KeyUsagePurpose;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::client::Resumption;
use rustls::crypto::{ring, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CipherSuite, ClientConfig, RootCertStore, ServerConfig};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// ring, with AES-128-GCM first: the fastest suite where the CPU has AES instructions.
pub fn provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| {
        let is_aes_128 = matches!(
            suite.suite(),
            CipherSuite::TLS13_AES_128_GCM_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        );
        (suite.tls13().is_none(), !is_aes_128)
    });
    Arc::new(provider)
}

/// The certificates in a PEM file.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, NetError> {
    let wrong = |why: String, hint: &str| {
        NetError::new(NetErrorKind::Config, format!("certificate file {}: {why}", file.display()), hint)
    };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(file).and_then(|certificates| certificates.collect());
    match found {
        Ok(list) if list.is_empty() => Err(wrong(
            "it holds no certificate".into(),
            "it must be PEM: lines between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----",
        )),
        Ok(list) => Ok(list),
        Err(e) => Err(wrong(e.to_string(), "give the path of a PEM file with one or more certificates")),
    }
}

/// Settings for clients. With `ca_file` exactly its certificates are trusted, otherwise Mozilla's list. Sessions
/// are not resumed: each handshake is whole, and nothing is sent before it is done.
pub fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, NetError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|e| explain(&format!("CA file {}", file.display()), &e))?;
            }
        }
    }
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| explain("TLS", &e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Settings for servers, from PEM files. No session tickets, so that nothing follows the handshake unasked.
pub fn server_config(cert_file: &Path, key_file: &Path) -> Result<Arc<ServerConfig>, NetError> {
    let chain = certificates(cert_file)?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|e| {
        NetError::new(
            NetErrorKind::Config,
            format!("key file {}: {e}", key_file.display()),
            "give the path of a PEM file with one private key",
        )
    })?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| explain("TLS", &e))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| explain(&format!("certificate {}", cert_file.display()), &e))?;
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// Where [`self_signed`] put things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelfSigned {
    /// For clients: what to trust.
    pub ca_file: PathBuf,
    /// For the server.
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// Who a generated certificate is for, and when.
struct Subject<'a> {
    names: &'a [&'a str],
    first_year: i32,
    last_year: i32,
}

/// Makes an authority and a certificate for this machine's loopback names, as `ca.pem`, `cert.pem` and `key.pem`
/// in `dir`. The authority's key is forgotten at once, so that it can never vouch for anything else.
pub fn self_signed(dir: &Path) -> Result<SelfSigned, NetError> {
    issue(dir, &Subject { names: &["localhost", "127.0.0.1", "::1"], first_year: 2000, last_year: 2100 })
}

fn issue(dir: &Path, subject: &Subject<'_>) -> Result<SelfSigned, NetError> {
    let files = SelfSigned {
        ca_file: dir.join("ca.pem"),
        cert_file: dir.join("cert.pem"),
        key_file: dir.join("key.pem"),
    };
    let (ca, cert, key) = generate(subject)
        .map_err(|e| NetError::new(NetErrorKind::Tls, format!("a certificate could not be made: {e}"), ""))?;
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(dir)?;
        fs::write(&files.ca_file, ca)?;
        fs::write(&files.cert_file, cert)?;
        write_private(&files.key_file, &key)
    };
    write().map_err(|e| {
        let message = format!("certificates cannot be written to {}: {e}", dir.display());
        NetError::new(NetErrorKind::Config, message, "choose a folder that you may write to")
    })?;
    Ok(files)
}

/// PEM of authority, certificate and key.
fn generate(subject: &Subject<'_>) -> Result<(String, String, String), rcgen::Error> {
    let (from, to) =
        (rcgen::date_time_ymd(subject.first_year, 1, 1), rcgen::date_time_ymd(subject.last_year, 1, 1));
    let mut authority = CertificateParams::new(Vec::<String>::new())?;
    (authority.not_before, authority.not_after) = (from, to);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    authority.distinguished_name.push(DnType::CommonName, "nanotick local authority");
    let authority_key = KeyPair::generate()?;
    let ca = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let names: Vec<String> = subject.names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    (params.not_before, params.not_after) = (from, to);
    params.distinguished_name.push(DnType::CommonName, "nanotick venue server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let cert = params.signed_by(&key, &issuer)?.pem();
    Ok((ca, cert, key.serialize_pem()))
}

/// Only the owner may read it, from the moment it exists.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Stream, Transport};
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, Instant};

    /// A folder that is gone when the test is over.
    struct Folder(PathBuf);
    impl Folder {
        fn new(name: &str) -> Folder {
            Folder(std::env::temp_dir().join(format!("nanotick trust {name} {}", std::process::id())))
        }
    }
    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Handshakes over loopback as `host`; the client's suite, or its error as people see it.
    fn handshake(
        client: &Arc<ClientConfig>,
        server: &Arc<ServerConfig>,
        host: &str,
    ) -> Result<String, String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut far = Stream::server(listener.accept().unwrap().0, Some(server)).unwrap();
        let far = std::thread::spawn(move || {
            let done = far.finish_handshake(deadline);
            (far, done)
        });
        let mut near = Stream::client(near, Some((client, host))).map_err(|e| e.to_string())?;
        let result = near.finish_handshake(deadline).map_err(|e| NetError::io("TLS", &e).to_string());
        let (_far, done) = far.join().unwrap();
        result?;
        done.unwrap();
        assert!(near.flush().is_ok() && !near.wants_write());
        let Stream::Tls(tls) = near else { unreachable!("made with TLS") };
        Ok(tls.suite().unwrap())
    }

    #[test]
    fn a_client_trusts_what_it_was_given_and_explains_what_it_does_not() {
        let (good, old, other) = (Folder::new("good"), Folder::new("old"), Folder::new("other"));
        let made = self_signed(&good.0).unwrap();
        let stale = Subject { names: &["localhost"], first_year: 2001, last_year: 2002 };
        let expired = issue(&old.0, &stale).unwrap();
        let future = Subject { names: &["localhost"], first_year: 2200, last_year: 2201 };
        let unborn = issue(&other.0, &future).unwrap();
        let client = |files: &SelfSigned| client_config(Some(&files.ca_file)).unwrap();
        let server = |files: &SelfSigned| server_config(&files.cert_file, &files.key_file).unwrap();

        for host in ["localhost", "127.0.0.1", "::1"] {
            assert_eq!(handshake(&client(&made), &server(&made), host).unwrap(), "TLS13_AES_128_GCM_SHA256");
        }
        for (client, server, host, wanted) in [
            (
                client(&expired),
                server(&expired),
                "localhost",
                "has expired\nhint: check this machine's clock",
            ),
            (client(&unborn), server(&unborn), "localhost", "not valid yet"),
            (client(&expired), server(&made), "localhost", "authority that is not trusted here"),
            (client_config(None).unwrap(), server(&made), "localhost", "give its ca.pem as the CA file"),
            (
                client(&made),
                server(&made),
                "stream.example.com",
                "is not for stream.example.com\nhint: it is for",
            ),
            (client(&made), server(&made), "not a host", "neither a host name nor an IP address"),
        ] {
            let said = handshake(&client, &server, host).unwrap_err();
            assert!(said.contains(wanted), "{said}");
        }
    }

    #[test]
    fn tls_1_2_prefers_aes_128_too() {
        let folder = Folder::new("tls12");
        let files = self_signed(&folder.0).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificates(&files.ca_file).unwrap().remove(0)).unwrap();
        let client = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS12])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = server_config(&files.cert_file, &files.key_file).unwrap();
        let suite = handshake(&Arc::new(client), &server, "localhost").unwrap();
        assert_eq!(suite, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    }

    #[test]
    fn keys_are_private_and_can_be_made_again() {
        let folder = Folder::new("twice");
        let first = self_signed(&folder.0).unwrap();
        let key = fs::read(&first.key_file).unwrap();
        let second = self_signed(&folder.0).unwrap();
        assert_eq!(first, second);
        assert_ne!(key, fs::read(&second.key_file).unwrap());
        assert_eq!(fs::metadata(&second.key_file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn wrong_files_are_named() {
        let folder = Folder::new("wrong");
        let files = self_signed(&folder.0).unwrap();
        let absent = folder.0.join("absent.pem");
        let said = client_config(Some(&absent)).unwrap_err();
        assert!(said.kind == NetErrorKind::Config && said.message.contains("absent.pem"), "{said}");
        let said = client_config(Some(&files.key_file)).unwrap_err().to_string();
        assert!(said.contains("key.pem: it holds no certificate\nhint: it must be PEM"), "{said}");
        let said = server_config(&files.cert_file, &files.ca_file).unwrap_err().to_string();
        assert!(said.contains("key file") && said.contains("ca.pem"), "{said}");
        let said = server_config(&files.ca_file, &files.key_file).unwrap_err().to_string();
        assert!(said.contains("certificate") && said.contains("ca.pem"), "{said}");
        assert!(self_signed(&files.key_file).unwrap_err().message.contains("cannot be written"));
    }
}
