//! Writer and reader as separate processes, and the writer killed without warning, again and again.
//!
//! The writer process is this test binary started anew, running the ignored test `writer_process`.

mod common;

use common::Dir;
use nanotick_journal::{verify, JournalError, Options, Reader, Writer};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const DIR_VARIABLE: &str = "JOURNAL_TEST_DIR";
const EPOCH_VARIABLE: &str = "JOURNAL_TEST_EPOCH";
const KILLS: u32 = 30;
const MOST_RECORDS_PER_LIFE: u64 = 100_000;
/// So small that a life of some milliseconds goes through several segments.
const SEGMENT_BYTES: u64 = 1 << 16;

fn options(epoch: u32) -> Options {
    Options { segment_bytes: SEGMENT_BYTES, epoch, build_hash: 0 }
}

/// What record `seq` must hold, whoever wrote it and when.
fn payload(seq: u64) -> Vec<u8> {
    (0..8 + seq * 37 % 300).map(|i| (seq.wrapping_mul(0x9e37_79b9) >> (i % 24)) as u8).collect()
}

/// One test at a time: a process that another test is just starting holds, between fork and exec, every lock that this
/// process holds.
static ALONE: Mutex<()> = Mutex::new(());

/// Appends until it is killed; after each record, and not before, puts its number into the pipe.
#[test]
#[ignore = "the body of another process"]
fn writer_process() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else { return };
    let epoch: u32 = std::env::var(EPOCH_VARIABLE).unwrap().parse().unwrap();
    let (mut writer, _) = Writer::open(Path::new(&dir), options(epoch)).unwrap();
    let mut pipe = std::io::stderr().lock();
    for _ in 0..MOST_RECORDS_PER_LIFE {
        let payload = payload(writer.seq() + 1);
        let seq = if writer.seq().is_multiple_of(3) {
            let room = writer.reserve(payload.len() + 100).unwrap();
            room.fill(0xaa);
            room[..payload.len()].copy_from_slice(&payload);
            writer.commit(2, 0, 0, payload.len())
        } else {
            writer.append(1, 0, 0, &payload).unwrap()
        };
        pipe.write_all(&seq.to_le_bytes()).unwrap();
        if seq.is_multiple_of(97) {
            writer.prepare_next().unwrap();
        }
    }
    // A test that hangs must not fill the disk: wait to be killed, or for the test to be gone.
    while pipe.write_all(&writer.seq().to_le_bytes()).is_ok() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn start_writer(dir: &Path, epoch: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["writer_process", "--exact", "--ignored", "--nocapture", "--quiet"])
        .env(DIR_VARIABLE, dir)
        .env(EPOCH_VARIABLE, epoch.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Follows the journal and checks each record as it comes.
struct Follower {
    reader: Reader,
    last_seq: u64,
    last_epoch: u32,
}

impl Follower {
    fn follow(&mut self) {
        while let Some(record) = self.reader.next().unwrap() {
            assert_eq!(record.seq, self.last_seq + 1);
            assert_eq!(record.payload, payload(record.seq), "record {}", record.seq);
            assert!(record.epoch >= self.last_epoch);
            (self.last_seq, self.last_epoch) = (record.seq, record.epoch);
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_writer_is_killed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = Dir::new();
    drop(Writer::create(dir.path(), options(0)).unwrap());
    let reader = Reader::open(dir.path()).unwrap();
    let mut follower = Follower { reader, last_seq: 0, last_epoch: 0 };
    let mut killed_at_work = 0;
    for life in 1..=KILLS {
        let before = follower.last_seq;
        let mut writer = start_writer(dir.path(), life);
        let acknowledgements = follow_acknowledgements(writer.stderr.take().unwrap());
        let wait = Duration::from_micros(1000 + (life as u64 * 7919) % 25_000);
        let give_up = Instant::now() + Duration::from_secs(20);
        while follower.last_seq == before && Instant::now() < give_up {
            follower.follow();
        }
        assert!(follower.last_seq > before, "life {life} wrote nothing");
        let until = Instant::now() + wait;
        while Instant::now() < until {
            follower.follow();
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        let acknowledged = acknowledgements.join().unwrap();

        follower.follow();
        assert!(
            follower.last_seq >= acknowledged,
            "{acknowledged} was acknowledged, {} read",
            follower.last_seq
        );
        let (writer, recovery) = Writer::open(dir.path(), options(life)).unwrap();
        assert_eq!((recovery.last_seq, recovery.records), (follower.last_seq, follower.last_seq));
        assert_eq!(recovery.last_epoch, life);
        drop(writer);
        killed_at_work += u32::from(follower.last_seq - before < MOST_RECORDS_PER_LIFE);
    }
    assert!(killed_at_work > KILLS / 2, "only {killed_at_work} of {KILLS} were killed at work");
    let report = verify(dir.path());
    assert!(report.damage.is_empty() && report.tail.is_none());
    assert!(report.segments > KILLS as u64 / 2, "only {} segments: no rollover was met", report.segments);
}

/// The last number that came through the pipe before the writer died.
fn follow_acknowledgements(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        pipe.read_to_end(&mut all).unwrap();
        let last = all.chunks_exact(8).next_back().map_or(0, |c| u64::from_le_bytes(c.try_into().unwrap()));
        assert!(last as usize >= all.len() / 8);
        last
    })
}

#[test]
fn a_second_process_is_told_who_writes() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = Dir::new();
    drop(Writer::create(dir.path(), options(0)).unwrap());
    let mut writer = start_writer(dir.path(), 1);
    let mut first = [0; 8];
    writer.stderr.as_mut().unwrap().read_exact(&mut first).unwrap();
    let refused = Writer::open(dir.path(), options(2)).err();
    let is_named = matches!(refused, Some(JournalError::Locked { pid, .. }) if pid == Some(writer.id()));
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert!(is_named, "{refused:?}");
    assert!(Writer::open(dir.path(), options(2)).is_ok(), "the kernel lets go of a dead process's lock");
}
