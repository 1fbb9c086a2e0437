//! What a journal holds and what is wrong with it, for people and tools. Changes nothing; may run beside a writer.

use crate::error::JournalError;
use crate::format::{padded, RECORD_HEAD, SEGMENT_HEAD};
use crate::walk::walk;
use std::collections::BTreeMap;
use std::path::Path;

/// Where a journal is not as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// The segment's file name.
    pub segment: String,
    pub offset: u64,
    pub why: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Valid records, those behind damage included.
    pub records: u64,
    pub segments: u64,
    /// Committed bytes that were changed or lost. Such a journal is refused; the first thousand are listed.
    pub damage: Vec<Damage>,
    pub damage_count: u64,
    /// The last sequence number before any damage; 0 if there is none.
    pub recoverable_to: u64,
    /// Bytes behind the last valid record, of records that were never finished or of damage that nothing valid
    /// follows: recovery cuts them off.
    pub tail_bytes_lost: u64,
    pub tail: Option<Damage>,
}

/// How much of one kind there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KindStat {
    pub records: u64,
    pub payload_bytes: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stat {
    pub kinds: BTreeMap<u16, KindStat>,
    pub records: u64,
    pub segments: u64,
    /// Segment headers, record headers, payloads and their padding.
    pub bytes: u64,
    /// 0 if there is no record.
    pub first_seq: u64,
    pub last_seq: u64,
    pub first_wall_ns: i64,
    pub last_wall_ns: i64,
    pub last_epoch: u32,
}

/// Checks a journal's folder, or one segment's file on its own.
pub fn verify(path: &Path) -> Report {
    walk(path, &mut |_, _| {}).report
}

/// Counts what the journal (or one segment) holds. What is damaged is not counted; [`verify`] tells of it.
pub fn stat(path: &Path) -> Result<Stat, JournalError> {
    let mut stat = Stat::default();
    let walked = walk(path, &mut |header, len| {
        let kind = stat.kinds.entry(header.kind).or_default();
        kind.records += 1;
        kind.payload_bytes += len as u64;
        stat.bytes += (RECORD_HEAD + padded(len)) as u64;
        if stat.records == 0 {
            stat.first_seq = header.seq;
            stat.first_wall_ns = header.wall_ns;
        }
        stat.records += 1;
        stat.last_seq = header.seq;
        stat.last_wall_ns = header.wall_ns;
        stat.last_epoch = header.epoch;
    });
    if let (0, Some(refusal)) = (stat.records, walked.refusal) {
        return Err(refusal);
    }
    stat.segments = walked.report.segments;
    stat.bytes += stat.segments * SEGMENT_HEAD as u64;
    Ok(stat)
}
