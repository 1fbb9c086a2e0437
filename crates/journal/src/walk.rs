//! Reads a whole journal without trusting any of it: what [`verify`](crate::verify()) reports and recovery decides by.
//!
//! It reads files rather than mapping them, so that one that shrinks meanwhile is an error and not a crash.

use crate::error::JournalError;
use crate::files::{list_segments, segment_name, segment_path};
use crate::format::{
    BadHeader, RecordHeader, SegmentHeader, FORMAT_VERSION, MAX_SEGMENT_BYTES, PAYLOAD_VERSION, SEGMENT_HEAD,
};
use crate::scan::{find_next, search_budget, used_end, Next, Place, Step};
use crate::verify::{Damage, Report};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

const MAX_LISTED: usize = 1000;
const NOTHING_DUE: &str = "nothing stands where a record is due";

/// How the last segment ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Room for more at `place`.
    Open { header: SegmentHeader, place: Place },
    /// The next segment is due.
    Sealed { header: SegmentHeader, place: Place },
    /// The header of the very first segment never reached the disk.
    Unwritten,
}

pub struct Walked {
    pub report: Report,
    /// Why the journal must not be continued.
    pub refusal: Option<JournalError>,
    pub end: Option<End>,
    /// Segments behind the last one that were named but never written.
    pub unwritten: Vec<u32>,
    pub last_epoch: u32,
    pub first_seq: u64,
}

type Visit<'v> = dyn FnMut(&RecordHeader, usize) + 'v;

/// Reads everything, calling `visit` with each valid record's header and payload length.
pub fn walk(path: &Path, visit: &mut Visit) -> Walked {
    let mut walk = Walk::new(visit);
    if let Err(e) = walk.everything(path) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        walk.damage(&name, 0, e.to_string().lines().next().unwrap_or_default());
        walk.out.refusal = Some(e);
    }
    walk.out
}

/// What the next segment must begin with.
struct Due {
    index: u32,
    seq: u64,
    prev_crc: u32,
}

struct Walk<'v, 'w> {
    out: Walked,
    due: Option<Due>,
    visit: &'v mut Visit<'w>,
    bytes: Vec<u8>,
}

impl<'v, 'w> Walk<'v, 'w> {
    fn new(visit: &'v mut Visit<'w>) -> Walk<'v, 'w> {
        let out = Walked {
            report: Report::default(),
            refusal: None,
            end: None,
            unwritten: Vec::new(),
            last_epoch: 0,
            first_seq: 0,
        };
        Walk { out, due: None, visit, bytes: Vec::new() }
    }

    fn everything(&mut self, path: &Path) -> Result<(), JournalError> {
        let meta = fs::metadata(path).map_err(|e| JournalError::io("open", path, e))?;
        if !meta.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.read(path)?;
            self.segment(&name, path, None, true);
            return Ok(());
        }
        let mut indexes = list_segments(path)?;
        self.drop_unwritten(path, &mut indexes)?;
        let Some(&last) = indexes.last() else {
            return Err(JournalError::NotAJournal { dir: path.to_owned() });
        };
        for index in indexes {
            let name = segment_name(index);
            if self.due.as_ref().is_some_and(|d| d.index != index) {
                self.damage(&name, 0, "the segment before this one is missing");
                self.due = None;
            }
            let file = segment_path(path, index);
            match self.read(&file) {
                Ok(()) => self.segment(&name, &file, Some(index), index == last),
                Err(e) => {
                    self.damage(&name, 0, &e.to_string());
                    self.due = None;
                }
            }
        }
        Ok(())
    }

    /// A segment is named before its header is synced, so the loss of power can leave names without content.
    fn drop_unwritten(&mut self, dir: &Path, indexes: &mut Vec<u32>) -> Result<(), JournalError> {
        while let [_, .., last] = indexes[..] {
            self.read(&segment_path(dir, last))?;
            if !is_unwritten(&self.bytes) {
                break;
            }
            self.out.report.tail_bytes_lost += used_end(&self.bytes, 0) as u64;
            self.out.unwritten.push(last);
            indexes.pop();
        }
        Ok(())
    }

    fn read(&mut self, path: &Path) -> Result<(), JournalError> {
        let failed = |e| JournalError::io("read", path, e);
        self.bytes.clear();
        if !fs::metadata(path).map_err(failed)?.is_file() {
            return Err(failed(std::io::Error::other("not a file")));
        }
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_SEGMENT_BYTES + 1).read_to_end(&mut self.bytes).map_err(failed)?;
        if self.bytes.len() as u64 > MAX_SEGMENT_BYTES {
            return Err(failed(std::io::Error::other("larger than any segment")));
        }
        Ok(())
    }

    fn damage(&mut self, segment: &str, offset: usize, why: &str) {
        let report = &mut self.out.report;
        report.damage_count += 1;
        if report.damage.len() < MAX_LISTED {
            report.damage.push(Damage { segment: segment.into(), offset: offset as u64, why: why.into() });
        }
        if self.out.refusal.is_none() {
            self.out.refusal = Some(JournalError::corrupt(segment, offset, why));
        }
    }

    /// What recovery will cut off, if there is anything.
    fn tail(&mut self, segment: &str, at: usize, end: usize, why: &str) {
        if end > at {
            self.out.report.tail_bytes_lost += (end - at) as u64;
            self.out.report.tail =
                Some(Damage { segment: segment.into(), offset: at as u64, why: why.into() });
        }
    }

    fn unknown_version(&mut self, segment: &str, offset: usize, found: u32, known: u32) {
        let refusal = JournalError::Version { segment: segment.into(), found, known };
        if self.out.refusal.is_none() {
            self.out.refusal = Some(refusal);
        }
        self.damage(segment, offset, &format!("format version {found}; this build reads version {known}"));
    }

    /// What the bytes in hand hold. `index` is the number that the file's name gives it, if that matters.
    fn segment(&mut self, name: &str, path: &Path, index: Option<u32>, is_last: bool) {
        self.out.report.segments += 1;
        let due = self.due.take();
        let header = match SegmentHeader::decode(&self.bytes) {
            Ok(header) => header,
            Err(BadHeader::Version(found)) => return self.unknown_version(name, 8, found, FORMAT_VERSION),
            Err(BadHeader::Invalid(why)) if is_last && index == Some(1) && is_unwritten(&self.bytes) => {
                self.out.end = Some(End::Unwritten);
                return self.tail(name, 0, used_end(&self.bytes, 0), why);
            }
            Err(BadHeader::Invalid(why)) => return self.damage(name, 0, why),
        };
        if index.is_some_and(|i| i != header.index) {
            self.damage(name, 12, "the segment carries another's number");
        }
        let follows = due.is_none_or(|d| {
            (d.index, d.seq, d.prev_crc) == (header.index, header.first_seq, header.prev_crc)
        });
        if !follows {
            self.damage(name, 0, "the segment does not follow on from the one before");
        }
        let end = self.records(name, path, is_last, &header);
        if let Some(End::Sealed { place, .. }) = end {
            self.due = Some(Due { index: header.index + 1, seq: place.next_seq, prev_crc: place.prev_crc });
        }
        self.out.end = end;
    }

    fn records(&mut self, name: &str, path: &Path, is_last: bool, header: &SegmentHeader) -> Option<End> {
        let bytes = std::mem::take(&mut self.bytes);
        let mut budget = search_budget(&bytes);
        let mut place = Place::start(header);
        let end = loop {
            let at = place.at;
            let why = match place.step(&bytes) {
                Step::Record { record, len, .. } => {
                    self.record(&record.header, len);
                    continue;
                }
                Step::Seal => {
                    let stop = used_end(&bytes, place.at);
                    if stop > place.at {
                        self.damage(name, place.at, "bytes follow the segment's end mark");
                    }
                    break Some(End::Sealed { header: *header, place });
                }
                Step::Version(found) => {
                    self.unknown_version(name, at, found as u32, PAYLOAD_VERSION as u32);
                    break None;
                }
                Step::End => NOTHING_DUE,
                Step::Bad(why) => why,
            };
            if is_last && has_moved_on(path, at, &bytes) {
                break Some(End::Open { header: *header, place });
            }
            match find_next(&bytes, place.seed, at, &mut budget) {
                Next::Found(next) => {
                    self.damage(name, at, why);
                    place = next;
                }
                Next::None if is_last => {
                    let why =
                        if why == NOTHING_DUE { "bytes of a record that was never finished" } else { why };
                    self.tail(name, at, used_end(&bytes, at), why);
                    break Some(End::Open { header: *header, place });
                }
                Next::None => {
                    self.damage(name, at, why);
                    break None;
                }
                Next::GaveUp => {
                    self.damage(name, at, &format!("{why}; what follows is too garbled to search"));
                    break None;
                }
            }
        };
        self.bytes = bytes;
        end
    }

    fn record(&mut self, header: &RecordHeader, len: usize) {
        let report = &mut self.out.report;
        report.records += 1;
        if report.damage.is_empty() {
            report.recoverable_to = header.seq;
        }
        if report.records == 1 {
            self.out.first_seq = header.seq;
        }
        self.out.last_epoch = self.out.last_epoch.max(header.epoch);
        (self.visit)(header, len);
    }
}

/// Whether a segment was named but holds neither a valid header nor anything behind it.
fn is_unwritten(bytes: &[u8]) -> bool {
    matches!(SegmentHeader::decode(bytes), Err(BadHeader::Invalid(_)))
        && used_end(bytes, SEGMENT_HEAD) <= SEGMENT_HEAD.min(bytes.len())
}

/// Whether the file is no longer what was read from `at` on: then a writer is at work, and nothing is wrong.
fn has_moved_on(path: &Path, at: usize, bytes: &[u8]) -> bool {
    let read = &bytes[at.min(bytes.len())..used_end(bytes, at + 8)];
    let mut now = vec![0; read.len()];
    let again = File::open(path).and_then(|file| file.read_exact_at(&mut now, at as u64));
    again.is_ok() && now != read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Writer};

    /// A file that is read while it is written can show a later record without an earlier one.
    #[test]
    fn what_a_busy_writer_makes_of_a_reading_is_no_damage() {
        let dir = std::env::temp_dir().join(format!("nanotick_journal_walk_{}", std::process::id()));
        let mut writer = Writer::create(&dir, Options { segment_bytes: 4096, ..Options::default() }).unwrap();
        for _ in 0..3 {
            writer.append(1, 0, 0, &[7; 8]).unwrap();
        }
        let file = segment_path(&dir, 1);
        let mut read_early = fs::read(&file).unwrap();
        let second = SEGMENT_HEAD + 56;
        read_early[second..second + 56].fill(0);
        let judge = || {
            let mut ignore = |_: &RecordHeader, _| {};
            let mut walk = Walk::new(&mut ignore);
            walk.bytes = read_early.clone();
            walk.segment("1", &file, Some(1), true);
            (walk.out.report.records, walk.out.report.damage_count)
        };
        assert_eq!(judge(), (1, 0), "the file shows by now that the record is there");
        fs::write(&file, &read_early).unwrap();
        assert_eq!(judge(), (2, 1), "the record is gone");
        drop(writer);
        fs::remove_dir_all(&dir).unwrap();
    }
}
