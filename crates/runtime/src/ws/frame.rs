//! The frame head and the close payload of RFC 6455: what is legal, and what to answer when it is not.

/// Which end of the connection we are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Client,
    Server,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn from_bits(bits: u8) -> Option<Opcode> {
        Some(match bits {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return None,
        })
    }
    #[inline(always)]
    pub fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// How the peer broke the protocol, and the close code to tell it so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Violation {
    pub code: u16,
    pub why: &'static str,
}

/// Close codes that we send.
pub mod close_code {
    pub const PROTOCOL: u16 = 1002;
    /// Never on the wire: the close frame had no code.
    pub const NONE_GIVEN: u16 = 1005;
    /// Never on the wire: the connection ended without a close frame.
    pub const ABNORMAL: u16 = 1006;
    pub const NOT_UTF8: u16 = 1007;
    pub const TOO_BIG: u16 = 1009;
}

pub(super) const fn protocol(why: &'static str) -> Violation {
    Violation { code: close_code::PROTOCOL, why }
}

pub(super) const TOO_BIG: Violation =
    Violation { code: close_code::TOO_BIG, why: "the message is larger than the limit" };
pub(super) const NOT_UTF8: Violation =
    Violation { code: close_code::NOT_UTF8, why: "the text is not valid UTF-8" };

/// Longest payload of a control frame.
pub const MAX_CONTROL_LEN: usize = 125;

/// A parsed frame head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub fin: bool,
    pub opcode: Opcode,
    pub mask: Option<[u8; 4]>,
    /// Bytes of the head itself.
    pub head_len: usize,
    pub payload_len: usize,
}

impl Head {
    /// Reads the head at the front of `bytes` as sent to `role`; `None` if it is not whole yet. Whatever can be
    /// refused from the bytes at hand is refused at once.
    #[inline(always)]
    pub fn parse(bytes: &[u8], role: Role, max_payload: usize) -> Result<Option<Head>, Violation> {
        let [b0, b1, ..] = *bytes else { return Ok(None) };
        if b0 & 0x70 != 0 {
            return Err(protocol("a reserved bit is set, but no extension was agreed"));
        }
        let Some(opcode) = Opcode::from_bits(b0 & 0x0f) else {
            return Err(protocol("the opcode is reserved"));
        };
        let fin = b0 & 0x80 != 0;
        let masked = b1 & 0x80 != 0;
        match (role, masked) {
            (Role::Client, true) => return Err(protocol("a frame from a server must not be masked")),
            (Role::Server, false) => return Err(protocol("a frame from a client must be masked")),
            _ => {}
        }
        let short = (b1 & 0x7f) as usize;
        if opcode.is_control() && (short > MAX_CONTROL_LEN || !fin) {
            return Err(protocol("a control frame must be whole and of at most 125 bytes"));
        }
        let (payload_len, mut head_len) = match short {
            126 => {
                let [_, _, hi, lo, ..] = *bytes else { return Ok(None) };
                let len = u16::from_be_bytes([hi, lo]) as usize;
                if len < 126 {
                    return Err(protocol("the length is not in its shortest form"));
                }
                (len, 4)
            }
            127 => {
                let Some(eight) = bytes[2..].first_chunk::<8>() else { return Ok(None) };
                let len = u64::from_be_bytes(*eight);
                if len >> 63 != 0 || len <= 0xffff {
                    return Err(protocol("the length is not in its shortest form"));
                }
                (usize::try_from(len).unwrap_or(usize::MAX), 10)
            }
            len => (len, 2),
        };
        if payload_len > max_payload && !opcode.is_control() {
            return Err(TOO_BIG);
        }
        let mut mask = None;
        if masked {
            let Some(key) = bytes[head_len..].first_chunk::<4>() else { return Ok(None) };
            mask = Some(*key);
            head_len += 4;
        }
        Ok(Some(Head { fin, opcode, mask, head_len, payload_len }))
    }
}

/// What a close frame says. `code` is [`close_code::NONE_GIVEN`] if it was empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CloseFrame<'a> {
    pub code: u16,
    pub reason: &'a str,
}

impl<'a> CloseFrame<'a> {
    pub fn parse(payload: &'a [u8]) -> Result<CloseFrame<'a>, Violation> {
        match *payload {
            [] => Ok(CloseFrame { code: close_code::NONE_GIVEN, reason: "" }),
            [_] => Err(protocol("a close frame of one byte has no whole code")),
            [hi, lo, ref reason @ ..] => {
                let code = u16::from_be_bytes([hi, lo]);
                if !may_be_sent(code) {
                    return Err(protocol("the close code is reserved"));
                }
                let reason = std::str::from_utf8(reason).map_err(|_| NOT_UTF8)?;
                Ok(CloseFrame { code, reason })
            }
        }
    }
}

/// Codes that may stand in a close frame: those defined or registered for it, and the two private ranges.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
