//! Walks the records in one segment's bytes. Pure: it answers for any bytes, in time linear in their number.

use crate::format::{
    check_record, u64_at, Announced, Checked, SegmentHeader, PAYLOAD_VERSION, RECORD_HEAD, SEGMENT_HEAD,
};

/// What stands at the scan's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The record that is due, its payload at `payload_at`.
    Record {
        record: Checked,
        payload_at: usize,
        len: usize,
    },
    /// The seal that is due: the segment is complete.
    Seal,
    /// Nothing has been published here, or the bytes end.
    End,
    /// A whole record of a version that this build does not know.
    Version(u16),
    Bad(&'static str),
}

/// A place in a segment, and what is due there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub at: usize,
    pub seed: u32,
    pub prev_crc: u32,
    pub next_seq: u64,
}

impl Place {
    pub fn start(header: &SegmentHeader) -> Place {
        Place { at: SEGMENT_HEAD, seed: header.seed(), prev_crc: header.crc(), next_seq: header.first_seq }
    }

    /// Judges the record whose commit word is `word` and whose bytes, header and padded payload, `record` returns
    /// if there are as many as it is asked for. Moves on past a record or a seal.
    #[inline(always)]
    pub fn judge<'a>(&mut self, word: u64, record: impl FnOnce(usize) -> Option<&'a [u8]>) -> Step {
        if word == 0 {
            return Step::End;
        }
        let announced = match Announced::from_word(word) {
            Ok(announced) => announced,
            Err(why) => return Step::Bad(why),
        };
        let Some(bytes) = record(announced.total()) else {
            return Step::Bad("a record reaches past the end of the file");
        };
        let checked = match check_record(bytes, self.seed) {
            Ok(checked) => checked,
            Err(why) => return Step::Bad(why),
        };
        if checked.prev_crc != self.prev_crc || checked.header.seq != self.next_seq {
            return Step::Bad("a record is out of its place: one was lost, moved or inserted");
        }
        if checked.header.version > PAYLOAD_VERSION {
            return Step::Version(checked.header.version);
        }
        let payload_at = self.at + RECORD_HEAD;
        self.at += announced.total();
        self.prev_crc = checked.crc;
        if announced.is_seal {
            return Step::Seal;
        }
        self.next_seq += 1;
        Step::Record { record: checked, payload_at, len: announced.len }
    }

    /// [`Place::judge`] over a whole segment in memory.
    pub fn step(&mut self, segment: &[u8]) -> Step {
        let at = self.at;
        match segment.get(at..at + 8) {
            Some(word) => self.judge(u64_at(word, 0), |n| segment.get(at..at + n)),
            None if segment[at.min(segment.len())..].iter().all(|&b| b == 0) => Step::End,
            None => Step::Bad("a record is cut short"),
        }
    }
}

/// The first place from `from` on where a record or seal of this segment stands, whatever its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    Found(Place),
    None,
    /// The bytes are made so that looking on would take too long. Treat it as if there were one.
    GaveUp,
}

/// What all searches in one segment together may spend on checksums, in bytes.
pub fn search_budget(segment: &[u8]) -> usize {
    4 * segment.len() + (1 << 16)
}

pub fn find_next(segment: &[u8], seed: u32, from: usize, budget: &mut usize) -> Next {
    let mut at = from.next_multiple_of(8);
    while at + RECORD_HEAD <= segment.len() {
        let word = u64_at(segment, at);
        if let Some(bytes) =
            Announced::from_word(word).ok().and_then(|a| segment.get(at..at.checked_add(a.total())?))
        {
            if bytes.len() > *budget {
                return Next::GaveUp;
            }
            *budget -= bytes.len();
            if let Ok(checked) = check_record(bytes, seed) {
                let place = Place { at, seed, prev_crc: checked.prev_crc, next_seq: checked.header.seq };
                return Next::Found(place);
            }
        }
        at += 8;
    }
    Next::None
}

/// Where the last byte that is not zero ends, from `from` on; `from` if there is none.
pub fn used_end(segment: &[u8], from: usize) -> usize {
    let from = from.min(segment.len());
    from + segment[from..].iter().rposition(|&b| b != 0).map_or(0, |last| last + 1)
}
