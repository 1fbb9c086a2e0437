//! The bytes of a segment: its header, a record's header, and what makes each valid. Pure; touches no file.
//!
//! Segment header, 128 bytes: magic `u64` | format version `u32` | index `u32` | uuid `16` | first seq `u64` |
//! segment bytes `u64` | build hash `u64` | epoch `u32` | last CRC of the previous segment `u32` | zeros | CRC `u32`.
//!
//! Record, 48 bytes and its payload padded with zeros to 8: magic `u32` | payload length `u32` | kind `u16` |
//! payload version `u16` | epoch `u32` | seq `u64` | mono_ns `i64` | wall_ns `i64` | previous record's CRC `u32` |
//! CRC `u32`. The CRC is CRC-32C over segment uuid, first 40 bytes, padded payload, previous CRC, in this order; the
//! first record's predecessor is the segment's header. That a record carries its predecessor's CRC is what lets
//! one behind a damaged stretch be recognised on its own. The first 8 bytes are stored last, and publish it.
//!
//! A segment that is full ends with a seal: a record of another magic, without payload, that takes no number.

use crate::crc;

pub const RECORD_MAGIC: u32 = 0x6452_544e;
pub const SEAL_MAGIC: u32 = 0x6c53_544e;
const SEGMENT_MAGIC: u64 = u64::from_le_bytes(*b"ntjrnl\r\n");
pub const FORMAT_VERSION: u32 = 1;
/// The version that records are written with, and the highest that is read.
pub const PAYLOAD_VERSION: u16 = 1;

pub const SEGMENT_HEAD: usize = 128;
pub const RECORD_HEAD: usize = 48;
/// No payload is longer; a segment smaller than that has a lower bound.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 20;
pub const MIN_SEGMENT_BYTES: u64 = 4096;
pub const MAX_SEGMENT_BYTES: u64 = 1 << 30;

#[inline(always)]
pub const fn padded(len: usize) -> usize {
    (len + 7) & !7
}

/// The longest payload that a fresh segment has room for, with its seal.
pub const fn max_payload(segment_bytes: u64) -> usize {
    let room = segment_bytes as usize - SEGMENT_HEAD - 2 * RECORD_HEAD;
    if room < MAX_PAYLOAD_BYTES {
        room
    } else {
        MAX_PAYLOAD_BYTES
    }
}

pub fn is_segment_size(bytes: u64) -> bool {
    (MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&bytes) && bytes.is_multiple_of(4096)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentHeader {
    pub index: u32,
    pub uuid: [u8; 16],
    pub first_seq: u64,
    pub segment_bytes: u64,
    pub build_hash: u64,
    pub epoch: u32,
    pub prev_crc: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadHeader {
    Invalid(&'static str),
    Version(u32),
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEAD] {
        let mut out = [0; SEGMENT_HEAD];
        out[0..8].copy_from_slice(&SEGMENT_MAGIC.to_le_bytes());
        out[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        out[12..16].copy_from_slice(&self.index.to_le_bytes());
        out[16..32].copy_from_slice(&self.uuid);
        out[32..40].copy_from_slice(&self.first_seq.to_le_bytes());
        out[40..48].copy_from_slice(&self.segment_bytes.to_le_bytes());
        out[48..56].copy_from_slice(&self.build_hash.to_le_bytes());
        out[56..60].copy_from_slice(&self.epoch.to_le_bytes());
        out[60..64].copy_from_slice(&self.prev_crc.to_le_bytes());
        let sum = header_crc(&out);
        out[124..128].copy_from_slice(&sum.to_le_bytes());
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<SegmentHeader, BadHeader> {
        let Some(head) = bytes.get(..SEGMENT_HEAD) else {
            return Err(BadHeader::Invalid("the segment's header is cut short"));
        };
        if u64_at(head, 0) != SEGMENT_MAGIC {
            return Err(BadHeader::Invalid("this is no journal segment"));
        }
        if u32_at(head, 124) != header_crc(head) {
            return Err(BadHeader::Invalid("the segment's header fails its checksum"));
        }
        if u32_at(head, 8) != FORMAT_VERSION {
            return Err(BadHeader::Version(u32_at(head, 8)));
        }
        let header = SegmentHeader {
            index: u32_at(head, 12),
            uuid: head[16..32].try_into().unwrap(),
            first_seq: u64_at(head, 32),
            segment_bytes: u64_at(head, 40),
            build_hash: u64_at(head, 48),
            epoch: u32_at(head, 56),
            prev_crc: u32_at(head, 60),
        };
        if !is_segment_size(header.segment_bytes) || header.first_seq == 0 || header.index == 0 {
            return Err(BadHeader::Invalid("the segment's header holds impossible values"));
        }
        Ok(header)
    }

    /// The checksum's state that each record of this segment starts from.
    pub fn seed(&self) -> u32 {
        crc::words(crc::INIT, &self.uuid)
    }
    /// What the first record carries as its predecessor's CRC.
    pub fn crc(&self) -> u32 {
        u32_at(&self.encode(), 124)
    }
}

fn header_crc(head: &[u8]) -> u32 {
    !crc::half(crc::words(crc::INIT, &head[..120]), u32_at(head, 120))
}

/// The fields of a record's header but its two checksums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordHeader {
    pub kind: u16,
    pub version: u16,
    pub epoch: u32,
    pub seq: u64,
    pub mono_ns: i64,
    pub wall_ns: i64,
}

impl RecordHeader {
    /// The header's words after the first.
    #[inline(always)]
    pub fn words(&self) -> [u64; 4] {
        let what = self.kind as u64 | (self.version as u64) << 16 | (self.epoch as u64) << 32;
        [what, self.seq, self.mono_ns as u64, self.wall_ns as u64]
    }
    #[inline(always)]
    fn from_bytes(bytes: &[u8]) -> RecordHeader {
        RecordHeader {
            kind: u16_at(bytes, 8),
            version: u16_at(bytes, 10),
            epoch: u32_at(bytes, 12),
            seq: u64_at(bytes, 16),
            mono_ns: u64_at(bytes, 24) as i64,
            wall_ns: u64_at(bytes, 32) as i64,
        }
    }
}

/// The word whose store publishes a record.
#[inline(always)]
pub const fn commit_word(magic: u32, len: usize) -> u64 {
    magic as u64 | (len as u64) << 32
}

/// What a non-zero commit word announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Announced {
    pub is_seal: bool,
    pub len: usize,
}

impl Announced {
    #[inline(always)]
    pub fn from_word(word: u64) -> Result<Announced, &'static str> {
        let (magic, len) = (word as u32, (word >> 32) as usize);
        if magic == RECORD_MAGIC && len <= MAX_PAYLOAD_BYTES {
            return Ok(Announced { is_seal: false, len });
        }
        if magic == SEAL_MAGIC && len == 0 {
            return Ok(Announced { is_seal: true, len });
        }
        Err(if magic == RECORD_MAGIC { "a record's length is impossible" } else { "no record starts here" })
    }
    /// Bytes from this record's start to the next one's.
    #[inline(always)]
    pub fn total(&self) -> usize {
        RECORD_HEAD + padded(self.len)
    }
}

/// A record whose checksum holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checked {
    pub header: RecordHeader,
    pub prev_crc: u32,
    pub crc: u32,
}

/// Checks the checksum of the record that fills `bytes`. Whether it is the one that is due is the caller's to ask.
#[inline]
pub fn check_record(bytes: &[u8], seed: u32) -> Result<Checked, &'static str> {
    let prev_crc = u32_at(bytes, 40);
    let state = crc::words(crc::words(seed, &bytes[..40]), &bytes[RECORD_HEAD..]);
    let sum = !crc::half(state, prev_crc);
    if sum != u32_at(bytes, 44) {
        return Err("a record fails its checksum");
    }
    Ok(Checked { header: RecordHeader::from_bytes(bytes), prev_crc, crc: sum })
}

#[inline(always)]
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}
#[inline(always)]
pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
#[inline(always)]
pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}
