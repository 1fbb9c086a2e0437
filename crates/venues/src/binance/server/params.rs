//! Parameters of a request, from a query, a form body or a frame; who may ask, and whether the signature holds.

use crate::server::{decode, Call, Credentials, Now};
use serde_json::Value;
use std::borrow::Cow;

/// A refused request: HTTP status, the venue's code, its reason in words.
pub(super) type Refused = (u16, i32, String);

pub(super) fn refuse(code: i32, why: impl Into<String>) -> Refused {
    (400, code, why.into())
}

/// Longest window in which a signed request stays valid.
const MAX_WINDOW_MS: i64 = 60_000;

#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// From query and form body together.
    pub fn of_call(call: &Call) -> Params {
        let body = String::from_utf8_lossy(&call.body);
        let is_form = !body.trim_start().starts_with(['{', '[']);
        let texts = [call.query.as_str(), if is_form { &body } else { "" }];
        let pairs = texts.iter().flat_map(|text| text.split('&')).filter_map(|pair| pair.split_once('='));
        Params(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    /// From a JSON object: frames, and the items of a batch.
    pub fn of_json(value: &Value) -> Params {
        let object = value.as_object().into_iter().flatten();
        Params(object.map(|(name, value)| (name.clone(), plain(value).into_owned())).collect())
    }

    /// A parameter; empty is as good as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, value)| value.as_str())
    }

    pub fn need(&self, name: &str) -> Result<&str, Refused> {
        self.get(name).ok_or_else(|| {
            refuse(-1102, format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed."))
        })
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    fn check_time(&self, now: Now) -> Result<(), Refused> {
        let stamp: i64 =
            self.need("timestamp")?.parse().map_err(|_| refuse(-1102, "'timestamp' is no number"))?;
        let window = self.number("recvWindow").unwrap_or(5000);
        if !(0..=MAX_WINDOW_MS).contains(&window) {
            return Err(refuse(-1131, "recvWindow must be at most 60000."));
        }
        let server = now.wall_ms();
        if stamp >= server + 1000 {
            return Err(refuse(-1021, "Timestamp for this request was 1000ms ahead of the server's time."));
        }
        if server.saturating_sub(stamp) > window {
            return Err(refuse(-1021, "Timestamp for this request is outside of the recvWindow."));
        }
        Ok(())
    }
}

/// A JSON value as it stands in what is signed.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

pub(super) fn check_key(key: Option<&str>, credentials: &Credentials) -> Result<(), Refused> {
    match key {
        None | Some("") => Err((401, -2014, "API-key format invalid.".into())),
        Some(key) if key == credentials.key => Ok(()),
        Some(_) => Err((401, -2015, "Invalid API-key, IP, or permissions for action.".into())),
    }
}

fn bad_signature() -> Refused {
    refuse(-1022, "Signature for this request is not valid.")
}

/// A signed call: key, signature over query and body as sent, time window.
pub(super) fn check_call(
    call: &Call,
    params: &Params,
    credentials: &Credentials,
    now: Now,
) -> Result<(), Refused> {
    check_key(call.header("x-mbx-apikey"), credentials)?;
    let signature = params.need("signature")?;
    let query = without_signature(call.query.as_bytes());
    let body = without_signature(&call.body);
    if !credentials.signer.verify(&[&query, &body], signature.as_bytes()) {
        return Err(bad_signature());
    }
    params.check_time(now)
}

/// The text without its `signature` pair; the other bytes as they are.
fn without_signature(text: &[u8]) -> Vec<u8> {
    let pairs: Vec<&[u8]> =
        text.split(|&b| b == b'&').filter(|pair| !pair.starts_with(b"signature=")).collect();
    pairs.join(&b'&')
}

/// A signed frame: all parameters but the signature, sorted by name.
pub(super) fn check_frame(
    value: &Value,
    params: &Params,
    credentials: &Credentials,
    now: Now,
) -> Result<(), Refused> {
    check_key(params.get("apiKey"), credentials)?;
    let signature = params.need("signature")?;
    let mut pairs: Vec<(&str, Cow<'_, str>)> = value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "signature")
        .map(|(name, value)| (name.as_str(), plain(value)))
        .collect();
    pairs.sort();
    let signed: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if !credentials.signer.verify(&[signed.join("&").as_bytes()], signature.as_bytes()) {
        return Err(bad_signature());
    }
    params.check_time(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_leaves_what_is_signed_as_it_was() {
        for (text, want) in [
            ("a=1&signature=x", "a=1"),
            ("signature=x&a=1&b=2", "a=1&b=2"),
            ("a=1&signature=x&b=%20", "a=1&b=%20"),
            ("signature=x", ""),
            ("", ""),
        ] {
            assert_eq!(without_signature(text.as_bytes()), want.as_bytes(), "{text}");
        }
    }
}
