//! Continues a journal after a clean end or a crash: cuts off what was never finished, refuses what was damaged.

use crate::error::JournalError;
use crate::files::{allocate, create_segment, remove_drafts, segment_path, sync_dir, Lock, Syncer};
use crate::format::SegmentHeader;
use crate::mapping::Mapping;
use crate::scan::Place;
use crate::walk::{walk, End, Walked};
use crate::writer::{Options, Writer};
use std::fs::{self, OpenOptions};
use std::path::Path;

/// What [`Writer::open`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recovery {
    pub records: u64,
    pub segments: u64,
    /// 0 if there is no record.
    pub first_seq: u64,
    pub last_seq: u64,
    /// The highest epoch in any record; 0 if there is none.
    pub last_epoch: u32,
    /// Bytes of unfinished or unreadable records behind the last valid one, which have been cut off.
    pub tail_bytes_lost: u64,
}

/// Opens the journal in `dir`, whose lock is held.
pub fn open(dir: &Path, options: Options, lock: Lock) -> Result<(Writer, Recovery), JournalError> {
    let walked = walk(dir, &mut |_, _| {});
    let recovery = summary(&walked);
    if let Some(refusal) = walked.refusal {
        return Err(refusal);
    }
    remove_drafts(dir)?;
    for index in &walked.unwritten {
        remove(&segment_path(dir, *index))?;
    }
    let end = walked.end.ok_or_else(|| JournalError::NotAJournal { dir: dir.to_owned() })?;
    let (header, place, map) = match end {
        End::Open { header, place } => (header, place, reopen(dir, &header, &place)?),
        End::Sealed { header, place } => {
            begin(dir, options, header.index + 1, place.next_seq, place.prev_crc)?
        }
        End::Unwritten => {
            remove(&segment_path(dir, 1))?;
            begin(dir, options, 1, 1, 0)?
        }
    };
    let syncer = Syncer::new(dir, header.index);
    let mut writer = Writer::at(dir, options, lock, &header, place, map, syncer);
    writer.sync()?;
    if header.build_hash != options.build_hash {
        // A segment names the build that wrote it: another build begins one of its own.
        writer.roll()?;
    }
    Ok((writer, recovery))
}

fn summary(walked: &Walked) -> Recovery {
    Recovery {
        records: walked.report.records,
        segments: walked.report.segments,
        first_seq: walked.first_seq,
        last_seq: walked.report.recoverable_to,
        last_epoch: walked.last_epoch,
        tail_bytes_lost: walked.report.tail_bytes_lost,
    }
}

/// Starts a segment that follows on from `prev_crc`.
pub fn begin(
    dir: &Path,
    options: Options,
    index: u32,
    first_seq: u64,
    prev_crc: u32,
) -> Result<(SegmentHeader, Place, Mapping), JournalError> {
    let header = |uuid| SegmentHeader {
        index,
        uuid,
        first_seq,
        segment_bytes: options.segment_bytes,
        build_hash: options.build_hash,
        epoch: options.epoch,
        prev_crc,
    };
    let (header, map) = create_segment(dir, options.segment_bytes, header)?;
    Ok((header, Place::start(&header), map))
}

/// Maps an unfinished segment at its full size, with zeros from `place` on.
fn reopen(dir: &Path, header: &SegmentHeader, place: &Place) -> Result<Mapping, JournalError> {
    let path = segment_path(dir, header.index);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|e| JournalError::io("open", &path, e))?;
    let bytes = header.segment_bytes;
    let len = file.metadata().map_err(|e| JournalError::io("open", &path, e))?.len();
    if len > bytes {
        file.set_len(bytes).map_err(|e| JournalError::io("resize", &path, e))?;
    }
    allocate(&file, &path, len, bytes)?;
    let mut map = Mapping::writable(&file, bytes as usize).map_err(|e| JournalError::io("map", &path, e))?;
    let tail = map.unpublished(place.at, bytes as usize - place.at);
    if let Some(last) = tail.iter().rposition(|&b| b != 0) {
        tail[..=last].fill(0);
    }
    Ok(map)
}

fn remove(path: &Path) -> Result<(), JournalError> {
    fs::remove_file(path).map_err(|e| JournalError::io("remove", path, e))
}

/// Makes a journal in `dir`, whose lock is held and which holds nothing else.
pub fn create(dir: &Path, options: Options, lock: Lock) -> Result<Writer, JournalError> {
    let (header, place, map) = begin(dir, options, 1, 1, 0)?;
    if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        sync_dir(parent)?;
    }
    Ok(Writer::at(dir, options, lock, &header, place, map, Syncer::new(dir, 1)))
}
