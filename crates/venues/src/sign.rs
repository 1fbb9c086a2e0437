//! Request signing: HMAC-SHA256 under a key that is scheduled once, and secrets that cannot be printed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// A secret text. It prints as `***` and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }
    /// The text itself: only for signing with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret::new(text)
    }
}
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A signature in lower-case hex.
pub type HexSignature = [u8; 64];

/// Signs with one key. The two hash states behind the key are computed once; a signature starts from a copy of them.
#[derive(Clone)]
pub struct Signer {
    keyed: Hmac<Sha256>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(***)")
    }
}

impl Signer {
    pub fn new(secret: &Secret) -> Signer {
        Self::from_key(secret.expose().as_bytes())
    }

    fn from_key(key: &[u8]) -> Signer {
        // HMAC takes keys of any length, so this cannot fail; an empty key would sign like an empty key.
        let keyed = Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Signer { keyed }
    }

    /// The signature of the parts, read as one message.
    pub fn sign(&self, parts: &[&[u8]]) -> HexSignature {
        let mut mac = self.keyed.clone();
        for part in parts {
            mac.update(part);
        }
        hex(&mac.finalize().into_bytes().into())
    }

    /// As [`Signer::sign`], as a string: for headers and frames off the hot path.
    pub fn sign_text(&self, parts: &[&[u8]]) -> String {
        self.sign(parts).iter().map(|&b| b as char).collect()
    }

    /// Whether `signature` (hex, either case) is that of the parts. Takes as long for a wrong one as for a right one.
    pub fn verify(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let own = self.sign(parts);
        signature.len() == own.len()
            && own.iter().zip(signature).fold(0, |diff, (a, b)| diff | (a ^ b.to_ascii_lowercase())) == 0
    }
}

fn hex(bytes: &[u8; 32]) -> HexSignature {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0u8; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = HEX[(byte >> 4) as usize];
        pair[1] = HEX[(byte & 15) as usize];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared_data;
    use serde_json::Value;

    fn signed(key: &[u8], message: &[u8]) -> String {
        Signer::from_key(key).sign_text(&[message])
    }

    /// RFC 4231, cases 1, 2, 3, 6 and 7: short, shorter than a block, a block of filler, and keys past a block.
    #[test]
    fn rfc_4231() {
        let long_key = [0xaa; 131];
        let cases: &[(&[u8], &[u8], &str)] = &[
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                &long_key,
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &long_key,
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, want) in cases {
            assert_eq!(signed(key, message), *want);
            let (a, b) = message.split_at(message.len() / 2);
            let signer = Signer::from_key(key);
            assert!(signer.verify(&[a, b"", b], want.to_uppercase().as_bytes()), "in parts");
            assert!(!signer.verify(&[a], want.as_bytes()));
            assert!(!signer.verify(&[a, b], &want.as_bytes()[1..]));
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("hunter2".into());
        assert_eq!(format!("{secret} {secret:?} {:?}", Signer::new(&secret)), "*** *** Signer(***)");
    }

    #[test]
    fn published_binance_vectors() {
        let Some(text) = shared_data::text("venues/vectors/binance_published_hmac.json") else { return };
        let file: Value = serde_json::from_str(&text).unwrap();
        let key = file["api_secret"].as_str().unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            let payload = vector["payload"].as_str().unwrap();
            assert_eq!(signed(key.as_bytes(), payload.as_bytes()), vector["signature"].as_str().unwrap());
        }
    }

    /// Requests that other people's clients really sent.
    #[test]
    fn captured_client_requests() {
        for (name, want) in [("client_wire_captures.jsonl", 40), ("ccxt_generated_requests.jsonl", 60)] {
            let Some(text) = shared_data::text(&format!("venues/vectors/{name}")) else { continue };
            let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let head = lines.next().unwrap();
            let meta = if head["api_secret"].is_string() { &head } else { &head["_meta"] };
            let key = meta["api_secret"].as_str().unwrap();
            let mut checked = 0;
            for line in lines {
                let (Some(payload), Some(signature)) = (line["sign_payload"].as_str(), signature_of(&line))
                else {
                    continue;
                };
                assert_eq!(signed(key.as_bytes(), payload.as_bytes()), signature, "{line}");
                checked += 1;
            }
            assert!(checked >= want, "{name}: only {checked} signatures found");
        }
    }

    /// The signature in a captured request, wherever that client put it. `None` if it is not an HMAC.
    fn signature_of(line: &Value) -> Option<String> {
        if line["alg"].as_str().is_some_and(|alg| !alg.starts_with("HMAC")) {
            return None;
        }
        let header = line["headers"]["X-BAPI-SIGN"].as_str();
        if let Some(text) = line["signature"].as_str().or(header) {
            return Some(text.to_owned());
        }
        let after = |text: &str| {
            text.split("signature=").nth(1).map(|rest| rest.split('&').next().unwrap_or("").to_owned())
        };
        line["query"].as_str().and_then(after).or_else(|| line["body"].as_str().and_then(after))
    }
}
