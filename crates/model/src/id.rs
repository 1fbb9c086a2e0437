//! Identifiers: an instrument's place in the session, and our own order ids.

use std::fmt;

/// An instrument's index in the session's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct InstrumentId(pub u16);

impl InstrumentId {
    #[inline(always)]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Longest text of a [`ClientId`]; both venues allow 36.
pub const CLIENT_ID_MAX_LEN: usize = 2 + 5 + 1 + 8;
const SEQ_BITS: u32 = 40;

/// Our id of an order: the run's epoch (it grows by one at each start, so that a lost journal tail can never
/// issue an id again) and a sequence within the run. On the wire `nt<epoch, base 32>-<sequence, base 36>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct ClientId(pub u64);

impl ClientId {
    pub const NONE: ClientId = ClientId(0);
    /// Epochs fit 24 bits, sequences 40.
    pub const MAX_EPOCH: u32 = (1 << 24) - 1;
    pub const MAX_SEQ: u64 = (1 << SEQ_BITS) - 1;

    pub const fn new(epoch: u32, seq: u64) -> ClientId {
        ClientId(((epoch as u64) << SEQ_BITS) | (seq & Self::MAX_SEQ))
    }
    pub const fn epoch(self) -> u32 {
        (self.0 >> SEQ_BITS) as u32
    }
    pub const fn seq(self) -> u64 {
        self.0 & Self::MAX_SEQ
    }

    /// Writes the wire text at the front of `out`, which needs [`CLIENT_ID_MAX_LEN`] bytes; returns the length.
    #[inline]
    pub fn write_text(self, out: &mut [u8]) -> usize {
        out[0] = b'n';
        out[1] = b't';
        let mut at = 2 + write_radix(self.epoch() as u64, 32, &mut out[2..]);
        out[at] = b'-';
        at += 1;
        at + write_radix(self.seq(), 36, &mut out[at..])
    }

    /// The id in a wire text, or `None` if it is not one of ours.
    pub fn parse(text: &[u8]) -> Option<ClientId> {
        let rest = text.strip_prefix(b"nt")?;
        let dash = rest.iter().position(|&b| b == b'-')?;
        let epoch = parse_radix(&rest[..dash], 32, Self::MAX_EPOCH as u64)?;
        let seq = parse_radix(&rest[dash + 1..], 36, Self::MAX_SEQ)?;
        Some(ClientId::new(epoch as u32, seq))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0u8; CLIENT_ID_MAX_LEN];
        let n = self.write_text(&mut buffer);
        f.write_str(std::str::from_utf8(&buffer[..n]).map_err(|_| fmt::Error)?)
    }
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

#[inline]
fn write_radix(mut value: u64, radix: u64, out: &mut [u8]) -> usize {
    let mut buffer = [0u8; 16];
    let mut at = 16;
    loop {
        at -= 1;
        buffer[at] = DIGITS[(value % radix) as usize];
        value /= radix;
        if value == 0 {
            break;
        }
    }
    out[..16 - at].copy_from_slice(&buffer[at..]);
    16 - at
}

fn parse_radix(text: &[u8], radix: u64, max: u64) -> Option<u64> {
    // One text per value: no empty text, no leading zero, no capitals.
    if text.is_empty() || (text.len() > 1 && text[0] == b'0') {
        return None;
    }
    let mut value = 0u64;
    for &byte in text {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => return None,
        } as u64;
        if digit >= radix {
            return None;
        }
        value = value.checked_mul(radix)?.checked_add(digit)?;
        if value > max {
            return None;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_client_id_survives_its_text(epoch in 0u32..=ClientId::MAX_EPOCH, seq in 0u64..=ClientId::MAX_SEQ) {
            let id = ClientId::new(epoch, seq);
            prop_assert_eq!((id.epoch(), id.seq()), (epoch, seq));
            prop_assert!(id.to_string().len() <= CLIENT_ID_MAX_LEN);
            prop_assert_eq!(ClientId::parse(id.to_string().as_bytes()), Some(id));
        }
        #[test]
        fn one_id_has_one_text(text in "[a-z0-9-]{0,18}") {
            if let Some(id) = ClientId::parse(text.as_bytes()) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn foreign_ids_are_not_ours() {
        for text in ["", "nt", "nt-1", "nt1-", "x-1", "nt01-1", "nt1-A", "autoclose-1", "ntw-1", "nt1-1-1"] {
            assert_eq!(ClientId::parse(text.as_bytes()), None, "{text}");
        }
    }
}
