//! The single writer: appends to the mapped segment with no system call, and rolls over to the next when it is full.

use crate::crc;
use crate::error::JournalError;
use crate::files::{is_occupied, Lock, Prepared, Preparer, Retired, Syncer};
use crate::format::{
    commit_word, is_segment_size, max_payload, padded, RecordHeader, SegmentHeader, PAYLOAD_VERSION,
    RECORD_HEAD, RECORD_MAGIC, SEAL_MAGIC,
};
use crate::mapping::Mapping;
use crate::recover::{self, Recovery};
use crate::scan::Place;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Size of each new segment: a multiple of 4096, at most 1 GiB. Reserved on the disk in advance.
    pub segment_bytes: u64,
    /// The run's number: goes into each record.
    pub epoch: u32,
    /// Names the build that writes: goes into each segment.
    pub build_hash: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { segment_bytes: 64 << 20, epoch: 0, build_hash: 0 }
    }
}

pub struct Writer {
    map: Mapping,
    /// Where the next record starts.
    at: usize,
    /// Records end here or before; the seal has its place behind. Equal to `at` in a poisoned writer.
    limit: usize,
    /// No byte from here on was ever stored to.
    touched: usize,
    /// One more than the payload bytes that `reserve` has promised; 0 without a reservation.
    reserved: usize,
    seed: u32,
    prev_crc: u32,
    epoch: u32,
    seq: u64,
    max_payload: usize,
    is_poisoned: bool,
    index: u32,
    options: Options,
    next: Option<Prepared>,
    retired: Option<Retired>,
    syncer: Syncer,
    dir: PathBuf,
    _lock: Lock,
}

impl Writer {
    /// Starts a journal in `dir`, which must be empty or not exist.
    pub fn create(dir: &Path, options: Options) -> Result<Writer, JournalError> {
        check(&options)?;
        fs::create_dir_all(dir).map_err(|e| JournalError::io("create", dir, e))?;
        // Without a lock file, what is there is no journal being made: leave nothing of ours in it.
        if !Lock::exists(dir) && is_occupied(dir)? {
            return Err(JournalError::NotEmpty { dir: dir.to_owned() });
        }
        let lock = Lock::take(dir)?;
        if is_occupied(dir)? {
            return Err(JournalError::NotEmpty { dir: dir.to_owned() });
        }
        recover::create(dir, options, lock)
    }

    /// Continues the journal in `dir` with the sequence number after its last. Reads and checks all of it first;
    /// cuts off unfinished bytes at its end; refuses one whose committed bytes are damaged.
    pub fn open(dir: &Path, options: Options) -> Result<(Writer, Recovery), JournalError> {
        check(&options)?;
        if !dir.is_dir() {
            return Err(JournalError::NotAJournal { dir: dir.to_owned() });
        }
        recover::open(dir, options, Lock::take(dir)?)
    }

    pub(crate) fn at(
        dir: &Path,
        options: Options,
        lock: Lock,
        header: &SegmentHeader,
        place: Place,
        map: Mapping,
        syncer: Syncer,
    ) -> Writer {
        Writer {
            at: place.at,
            limit: map.len() - RECORD_HEAD,
            touched: place.at,
            reserved: 0,
            seed: place.seed,
            prev_crc: place.prev_crc,
            epoch: options.epoch,
            seq: place.next_seq - 1,
            max_payload: max_payload(options.segment_bytes),
            is_poisoned: false,
            index: header.index,
            options,
            next: None,
            retired: None,
            syncer,
            dir: dir.to_owned(),
            _lock: lock,
            map,
        }
    }

    /// Appends a record and publishes it to readers; returns its sequence number. Once it has returned, the record
    /// survives the death of this process. A reservation that was not committed is given up.
    #[inline]
    pub fn append(
        &mut self,
        kind: u16,
        mono_ns: i64,
        wall_ns: i64,
        payload: &[u8],
    ) -> Result<u64, JournalError> {
        self.make_room(payload.len())?;
        let header = self.header(kind, mono_ns, wall_ns);
        let word = commit_word(RECORD_MAGIC, payload.len());
        let state = self.map.copy_in(self.at + RECORD_HEAD, payload, self.head_crc(word, &header));
        self.publish(word, &header, padded(payload.len()), state);
        self.seq = header.seq;
        Ok(header.seq)
    }

    /// Room for a payload of up to `max_len` bytes, to encode in place and then [`commit`](Writer::commit). Its
    /// contents are whatever was there.
    #[inline]
    pub fn reserve(&mut self, max_len: usize) -> Result<&mut [u8], JournalError> {
        self.make_room(max_len)?;
        let start = self.at + RECORD_HEAD;
        self.reserved = max_len + 1;
        self.touched = self.touched.max(start + max_len);
        Ok(self.map.unpublished(start, max_len))
    }

    /// Publishes the first `len` bytes of the reservation as a record; returns its sequence number.
    ///
    /// # Panics
    /// If `len` bytes were not reserved since the last record.
    #[inline]
    pub fn commit(&mut self, kind: u16, mono_ns: i64, wall_ns: i64, len: usize) -> u64 {
        assert!(len < self.reserved, "commit of {len} bytes without a reservation of as many");
        let header = self.header(kind, mono_ns, wall_ns);
        let word = commit_word(RECORD_MAGIC, len);
        let state = self.head_crc(word, &header);
        let payload = self.map.unpublished(self.at + RECORD_HEAD, padded(len));
        payload[len..].fill(0);
        let state = crc::words(state, payload);
        self.publish(word, &header, padded(len), state);
        self.seq = header.seq;
        header.seq
    }

    #[inline(always)]
    fn header(&self, kind: u16, mono_ns: i64, wall_ns: i64) -> RecordHeader {
        RecordHeader {
            kind,
            version: PAYLOAD_VERSION,
            epoch: self.epoch,
            seq: self.seq + 1,
            mono_ns,
            wall_ns,
        }
    }

    #[inline(always)]
    fn head_crc(&self, word: u64, header: &RecordHeader) -> u32 {
        header.words().into_iter().fold(crc::word(self.seed, word), crc::word)
    }

    /// Stores a header around the payload that is already in place, its commit word last.
    #[inline(always)]
    fn publish(&mut self, word: u64, header: &RecordHeader, payload_len: usize, payload_crc: u32) {
        let prev = self.prev_crc;
        let crc = !crc::half(payload_crc, prev);
        for (i, word) in header.words().into_iter().enumerate() {
            self.map.store(self.at + 8 + 8 * i, word);
        }
        self.map.store(self.at + 40, prev as u64 | (crc as u64) << 32);
        let next = self.at + RECORD_HEAD + payload_len;
        if next < self.map.len() {
            // A reservation may have left something where readers will wait for the next record.
            self.map.store(next, 0);
        }
        self.map.store_release(self.at, word);
        self.at = next;
        self.prev_crc = crc;
        self.reserved = 0;
    }

    #[inline(always)]
    fn make_room(&mut self, len: usize) -> Result<(), JournalError> {
        if len > self.max_payload || RECORD_HEAD + padded(len) > self.limit - self.at {
            self.make_room_slowly(len)?;
        }
        Ok(())
    }

    #[cold]
    fn make_room_slowly(&mut self, len: usize) -> Result<(), JournalError> {
        if self.is_poisoned {
            return Err(JournalError::Poisoned { dir: self.dir.clone() });
        }
        if len > self.max_payload {
            return Err(JournalError::TooLong { len, max: self.max_payload });
        }
        self.roll()
    }

    /// Seals the segment and goes on to the next one: the prepared one if there is one.
    pub(crate) fn roll(&mut self) -> Result<(), JournalError> {
        let rolled = self.try_roll();
        if rolled.is_err() {
            self.poison();
        }
        rolled
    }

    fn try_roll(&mut self) -> Result<(), JournalError> {
        let next = match self.next.take() {
            Some(next) => next,
            None => Prepared::new(&self.dir, self.options.segment_bytes)?,
        };
        self.clear_leftovers();
        let header = RecordHeader { version: 0, ..self.header(0, 0, 0) };
        let word = commit_word(SEAL_MAGIC, 0);
        self.publish(word, &header, 0, self.head_crc(word, &header));
        let header = SegmentHeader {
            index: self.index + 1,
            uuid: next.uuid(),
            first_seq: self.seq + 1,
            segment_bytes: next.bytes(),
            build_hash: self.options.build_hash,
            epoch: self.epoch,
            prev_crc: self.prev_crc,
        };
        let map = next.publish(&self.dir, &header)?;
        let place = Place::start(&header);
        self.retired = Some(Retired(std::mem::replace(&mut self.map, map)));
        self.index = header.index;
        self.at = place.at;
        self.touched = place.at;
        self.limit = self.map.len() - RECORD_HEAD;
        self.seed = place.seed;
        self.prev_crc = place.prev_crc;
        Ok(())
    }

    /// Zeroes what reservations left behind the last record, so that what follows it is empty as it should be.
    fn clear_leftovers(&mut self) {
        if self.touched > self.at {
            self.map.unpublished(self.at, self.touched - self.at).fill(0);
        }
    }

    fn poison(&mut self) {
        self.is_poisoned = true;
        self.limit = self.at;
        self.reserved = 0;
    }

    /// Gets the next segment ready, so that going on to it takes microseconds: for an idle moment, since it takes
    /// milliseconds itself. Does nothing if one is ready. Without it, the append that fills a segment waits.
    pub fn prepare_next(&mut self) -> Result<(), JournalError> {
        self.retired = None;
        if self.is_poisoned {
            return Err(JournalError::Poisoned { dir: self.dir.clone() });
        }
        if self.next.is_none() {
            match self.preparer().prepare() {
                Ok(next) => self.next = Some(next),
                Err(e) => {
                    self.poison();
                    return Err(e);
                }
            }
        }
        Ok(())
    }

    /// For preparing on another thread: give what it makes to [`accept`](Writer::accept).
    pub fn preparer(&self) -> Preparer {
        Preparer { dir: self.dir.clone(), segment_bytes: self.options.segment_bytes }
    }

    pub fn needs_next(&self) -> bool {
        self.next.is_none()
    }

    /// Time to prepare the next segment, if none is ready: at the usual pace of events it will be there long before
    /// it is needed, and a short session never makes one.
    #[inline]
    pub fn is_half_full(&self) -> bool {
        2 * self.at as u64 > self.options.segment_bytes
    }

    /// Takes a prepared segment, and gives the last full one's memory to drop elsewhere.
    pub fn accept(&mut self, next: Prepared) -> Option<Retired> {
        if let Some(unused) = self.next.replace(next) {
            unused.discard();
        }
        self.retired.take()
    }

    /// Makes everything appended so far survive a loss of power. Slow; [`syncer`](Writer::syncer) does it elsewhere.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        let done = self.syncer.sync();
        if done.is_err() {
            self.poison();
        }
        done
    }

    /// A handle that syncs on another thread. Should it fail, stop: what was acknowledged may not be on the disk.
    pub fn syncer(&self) -> Syncer {
        self.syncer.clone()
    }

    /// The last record's sequence number; 0 if there is none.
    #[inline(always)]
    pub fn seq(&self) -> u64 {
        self.seq
    }
    pub fn path(&self) -> &Path {
        &self.dir
    }
    pub fn is_poisoned(&self) -> bool {
        self.is_poisoned
    }
    pub fn epoch(&self) -> u32 {
        self.epoch
    }
    /// For a run that chooses its number by what recovery found.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.clear_leftovers();
        if let Some(unused) = self.next.take() {
            unused.discard();
        }
    }
}

fn check(options: &Options) -> Result<(), JournalError> {
    if is_segment_size(options.segment_bytes) {
        Ok(())
    } else {
        Err(JournalError::BadSegmentBytes { given: options.segment_bytes })
    }
}
