//! Follows a journal, in this process or another, while it is written: no lock, no system call while it waits.

use crate::error::JournalError;
use crate::files::{list_segments, segment_name, segment_path};
use crate::format::{BadHeader, SegmentHeader, FORMAT_VERSION, PAYLOAD_VERSION, SEGMENT_HEAD};
use crate::mapping::Mapping;
use crate::scan::{Place, Step};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// One record, borrowed from the mapped file until the next is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    pub kind: u16,
    pub version: u16,
    pub seq: u64,
    pub mono_ns: i64,
    pub wall_ns: i64,
    pub epoch: u32,
    pub payload: &'a [u8],
}

pub struct Reader {
    dir: PathBuf,
    map: Mapping,
    index: u32,
    place: Place,
    is_sealed: bool,
}

impl Reader {
    /// Reads from the first record that `dir` holds.
    pub fn open(dir: &Path) -> Result<Reader, JournalError> {
        Self::open_at(dir, 0)
    }

    /// Reads from the record `seq`, or the first one if that is later; waits for it if it is yet to come.
    pub fn open_at(dir: &Path, seq: u64) -> Result<Reader, JournalError> {
        let not_found = || JournalError::NotAJournal { dir: dir.to_owned() };
        if !dir.is_dir() {
            return Err(not_found());
        }
        let indexes = list_segments(dir)?;
        let first = *indexes.first().ok_or_else(not_found)?;
        let mut segment = None;
        for &index in indexes.iter().rev() {
            match open_segment(dir, index) {
                Ok(Some((header, map))) if header.first_seq <= seq || index == first => {
                    segment = Some((header, map));
                    break;
                }
                Ok(_) => {}
                Err(e) if index == first => return Err(e),
                Err(_) => {}
            }
        }
        let (header, map) = segment.ok_or_else(not_found)?;
        let place = Place::start(&header);
        let mut reader = Reader { dir: dir.to_owned(), map, index: header.index, place, is_sealed: false };
        while reader.place.next_seq < seq && reader.next()?.is_some() {}
        Ok(reader)
    }

    /// The next record, or `None` if nothing more has been published yet. After an error the reader stands still.
    #[inline]
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, JournalError> {
        loop {
            if self.is_sealed && !self.follow()? {
                return Ok(None);
            }
            let at = self.place.at;
            if at + 8 > self.map.len() {
                return Err(self.damage(at, "the file ends before its segment does"));
            }
            let word = self.map.load_acquire(at);
            if word == 0 {
                return Ok(None);
            }
            let map = &self.map;
            let record = |n| (n <= map.len() - at).then(|| map.published(at, n));
            match self.place.judge(word, record) {
                Step::Record { record, payload_at, len } => {
                    let header = record.header;
                    return Ok(Some(Record {
                        kind: header.kind,
                        version: header.version,
                        seq: header.seq,
                        mono_ns: header.mono_ns,
                        wall_ns: header.wall_ns,
                        epoch: header.epoch,
                        payload: self.map.published(payload_at, len),
                    }));
                }
                Step::Seal => self.is_sealed = true,
                Step::End => return Ok(None),
                Step::Version(found) => {
                    return Err(JournalError::Version {
                        segment: segment_name(self.index),
                        found: found as u32,
                        known: PAYLOAD_VERSION as u32,
                    })
                }
                Step::Bad(why) => return Err(self.damage(at, why)),
            }
        }
    }

    /// The sequence number that the next record will have.
    pub fn next_seq(&self) -> u64 {
        self.place.next_seq
    }

    /// Goes on to the next segment, if there is one already.
    #[cold]
    fn follow(&mut self) -> Result<bool, JournalError> {
        let index = self.index + 1;
        let Some((header, map)) = open_segment(&self.dir, index)? else {
            return Ok(false);
        };
        if (header.first_seq, header.prev_crc) != (self.place.next_seq, self.place.prev_crc) {
            let why = "the segment does not follow on from the one before";
            return Err(JournalError::corrupt(&segment_name(index), 0, why));
        }
        self.place = Place::start(&header);
        self.map = map;
        self.index = index;
        self.is_sealed = false;
        Ok(true)
    }

    #[cold]
    fn damage(&self, at: usize, why: &str) -> JournalError {
        JournalError::corrupt(&segment_name(self.index), at, why)
    }
}

/// Maps a segment for reading; `None` if there is no such file (yet).
fn open_segment(dir: &Path, index: u32) -> Result<Option<(SegmentHeader, Mapping)>, JournalError> {
    let path = segment_path(dir, index);
    let failed = |op| move |e| JournalError::Io { op, path: segment_path(dir, index), source: e };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("open")(e)),
    };
    let name = segment_name(index);
    let len = file.metadata().map_err(failed("open"))?.len();
    let mut head = [0; SEGMENT_HEAD];
    if len < SEGMENT_HEAD as u64 {
        return Err(JournalError::corrupt(&name, 0, "the segment's header is cut short"));
    }
    file.read_exact_at(&mut head, 0).map_err(failed("read"))?;
    let header = match SegmentHeader::decode(&head) {
        Ok(header) => header,
        Err(BadHeader::Version(found)) => {
            return Err(JournalError::Version { segment: name, found, known: FORMAT_VERSION })
        }
        Err(BadHeader::Invalid(why)) => return Err(JournalError::corrupt(&name, 0, why)),
    };
    if header.index != index {
        return Err(JournalError::corrupt(&name, 0, "the segment carries another's number"));
    }
    // A page of the mapping that the file does not reach kills who touches it, so the smaller of the two counts.
    let map = Mapping::read_only(&file, len.min(header.segment_bytes) as usize).map_err(failed("map"))?;
    Ok(Some((header, map)))
}
