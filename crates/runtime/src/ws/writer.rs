//! Builds frames in place: the caller writes a payload into [`FrameWriter::begin`], and head and mask are put
//! around it where it stands. Several frames gather in one buffer, to go out in one system call.

use super::frame::{Opcode, Role, MAX_CONTROL_LEN};
use std::hash::{BuildHasher, Hasher};

/// Payload bytes that [`FrameWriter::begin`] offers at least.
pub const MIN_ROOM: usize = 4096;

pub struct FrameWriter {
    role: Role,
    /// Whole frames stand in `..end`.
    buffer: Vec<u8>,
    end: usize,
    keys: MaskKeys,
}

impl FrameWriter {
    pub fn new(role: Role) -> FrameWriter {
        FrameWriter { role, buffer: vec![0; 4 * MIN_ROOM], end: 0, keys: MaskKeys::from_entropy() }
    }

    /// Most orders are 126 to 65535 bytes long; a payload is first placed for the head of such a frame.
    #[inline(always)]
    const fn usual_head(&self) -> usize {
        match self.role {
            Role::Client => 8,
            Role::Server => 4,
        }
    }

    /// Room for the next frame's payload: at least [`MIN_ROOM`] bytes, of arbitrary content.
    #[inline(always)]
    pub fn begin(&mut self) -> &mut [u8] {
        self.begin_with_room(MIN_ROOM)
    }

    /// As [`FrameWriter::begin`], with room for `len` bytes.
    #[inline(always)]
    pub fn begin_with_room(&mut self, len: usize) -> &mut [u8] {
        let at = self.end + self.usual_head();
        if self.buffer.len() < at + len {
            self.grow(at + len);
        }
        &mut self.buffer[at..]
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        self.buffer.resize(len.next_power_of_two(), 0);
    }

    /// Makes a frame of the first `len` bytes of the room that [`FrameWriter::begin`] gave, and returns it.
    /// It stays in [`FrameWriter::frames`] too, until [`FrameWriter::clear`].
    #[inline(always)]
    pub fn finish(&mut self, opcode: Opcode, len: usize) -> &[u8] {
        let usual = self.usual_head();
        let start = self.end;
        let mut at = start + usual;
        let len = len.min(self.buffer.len() - at);
        let head = &mut self.buffer[start..start + usual];
        head[0] = 0x80 | opcode as u8;
        let mask_bit = if self.role == Role::Client { 0x80 } else { 0 };
        if (126..=0xffff).contains(&len) {
            head[1] = mask_bit | 126;
            head[2..4].copy_from_slice(&(len as u16).to_be_bytes());
        } else {
            at = self.unusual_head(start, mask_bit, len);
        }
        if self.role == Role::Client {
            let key = self.keys.next();
            self.buffer[at - 4..at].copy_from_slice(&key);
            apply_mask(&mut self.buffer[at..at + len], key);
        }
        self.end = at + len;
        &self.buffer[start..self.end]
    }

    /// Moves the payload to where a shorter or longer head ends, and writes that head but for the mask.
    #[inline(never)]
    fn unusual_head(&mut self, start: usize, mask_bit: u8, len: usize) -> usize {
        let usual = start + self.usual_head();
        if len < 126 {
            self.buffer.copy_within(usual..usual + len, usual - 2);
            self.buffer[start + 1] = mask_bit | len as u8;
            return usual - 2;
        }
        if self.buffer.len() < usual + 6 + len {
            self.grow(usual + 6 + len);
        }
        self.buffer.copy_within(usual..usual + len, usual + 6);
        self.buffer[start + 1] = mask_bit | 127;
        self.buffer[start + 2..start + 10].copy_from_slice(&(len as u64).to_be_bytes());
        usual + 6
    }

    /// Appends a frame with a copy of `payload` (of a control frame at most the first 125 bytes).
    pub fn push(&mut self, opcode: Opcode, payload: &[u8]) -> &[u8] {
        let payload = if opcode.is_control() && payload.len() > MAX_CONTROL_LEN {
            &payload[..MAX_CONTROL_LEN]
        } else {
            payload
        };
        self.begin_with_room(payload.len())[..payload.len()].copy_from_slice(payload);
        self.finish(opcode, payload.len())
    }

    /// Appends a close frame; the reason is cut to what fits.
    pub fn push_close(&mut self, code: u16, reason: &str) -> &[u8] {
        let mut payload = [0; MAX_CONTROL_LEN];
        payload[..2].copy_from_slice(&code.to_be_bytes());
        let mut len = reason.len().min(MAX_CONTROL_LEN - 2);
        while !reason.is_char_boundary(len) {
            len -= 1;
        }
        payload[2..2 + len].copy_from_slice(&reason.as_bytes()[..len]);
        self.push(Opcode::Close, &payload[..2 + len])
    }

    /// All frames finished since the last [`FrameWriter::clear`], back to back.
    #[inline(always)]
    pub fn frames(&self) -> &[u8] {
        &self.buffer[..self.end]
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.end == 0
    }
    #[inline(always)]
    pub fn clear(&mut self) {
        self.end = 0;
    }
}

/// Masks or unmasks in place.
#[inline(always)]
pub(super) fn apply_mask(bytes: &mut [u8], key: [u8; 4]) {
    let word = u32::from_ne_bytes(key) as u64;
    let word = word | word << 32;
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for eight in words {
        *eight = (u64::from_ne_bytes(*eight) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// Mask keys. RFC 6455 wants them unpredictable so that a script in a browser cannot put chosen bytes on the wire
/// past a naive proxy. Here both ends of the TCP stream belong to programs that may send any bytes anyway, so a
/// fast generator seeded from the system's entropy does.
struct MaskKeys(u64);

impl MaskKeys {
    fn from_entropy() -> MaskKeys {
        MaskKeys(std::collections::hash_map::RandomState::new().build_hasher().finish())
    }
    /// SplitMix64.
    #[inline(always)]
    fn next(&mut self) -> [u8; 4] {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) as u32).to_ne_bytes()
    }
}
