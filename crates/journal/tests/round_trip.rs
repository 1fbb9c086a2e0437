//! What is written is read back: over any segment size, in any mixture of append and reserve, closed and reopened.

mod common;

use common::{read_all, Dir, Owned};
use nanotick_journal::{
    stat, verify, JournalError, Options, Reader, Writer, MAX_PAYLOAD_BYTES, PAYLOAD_VERSION,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<u8>),
    Reserve { spare: usize, payload: Vec<u8> },
    Abandon(usize),
    PrepareNext,
    Reopen { segment_pages: u64, build_hash: u64 },
    Sync,
}

fn step() -> impl Strategy<Value = Step> {
    let payload = || proptest::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        12 => payload().prop_map(Step::Append),
        8 => (0usize..200, payload()).prop_map(|(spare, payload)| Step::Reserve { spare, payload }),
        2 => (0usize..600).prop_map(Step::Abandon),
        1 => Just(Step::PrepareNext),
        1 => (1u64..4, 0u64..2).prop_map(|(segment_pages, build_hash)| Step::Reopen { segment_pages, build_hash }),
        1 => Just(Step::Sync),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_record_comes_back_in_order(pages in 1u64..4, steps in proptest::collection::vec(step(), 1..120)) {
        let dir = Dir::new();
        let mut options = Options { segment_bytes: pages * 4096, epoch: 1, build_hash: 0 };
        let mut writer = Writer::create(dir.path(), options).unwrap();
        let mut live = Reader::open(dir.path()).unwrap();
        let (mut written, mut followed) = (Vec::new(), Vec::new());
        for (i, step) in steps.into_iter().enumerate() {
            let (kind, mono_ns, wall_ns) = (i as u16, -(i as i64), i as i64 * 7);
            let record = |payload: Vec<u8>, seq| Owned {
                kind, version: PAYLOAD_VERSION, seq, mono_ns, wall_ns, epoch: options.epoch, payload,
            };
            match step {
                Step::Append(payload) => {
                    let seq = writer.append(kind, mono_ns, wall_ns, &payload).unwrap();
                    written.push(record(payload, seq));
                }
                Step::Reserve { spare, payload } => {
                    let room = writer.reserve(payload.len() + spare).unwrap();
                    room.fill(0xee);
                    room[..payload.len()].copy_from_slice(&payload);
                    let seq = writer.commit(kind, mono_ns, wall_ns, payload.len());
                    written.push(record(payload, seq));
                }
                Step::Abandon(n) => writer.reserve(n).unwrap().fill(0xdd),
                Step::PrepareNext => writer.prepare_next().unwrap(),
                Step::Sync => writer.sync().unwrap(),
                Step::Reopen { segment_pages, build_hash } => {
                    drop(writer);
                    options = Options { segment_bytes: segment_pages * 4096, epoch: options.epoch + 1, build_hash };
                    let (again, recovery) = Writer::open(dir.path(), options).unwrap();
                    writer = again;
                    prop_assert_eq!(recovery.records, written.len() as u64);
                    prop_assert_eq!(recovery.last_seq, written.len() as u64);
                    prop_assert_eq!(recovery.last_epoch, written.last().map_or(0, |r: &Owned| r.epoch));
                    prop_assert_eq!(recovery.tail_bytes_lost, 0);
                }
            }
            prop_assert_eq!(writer.seq(), written.len() as u64);
            while let Some(record) = live.next().unwrap() {
                followed.push(Owned::from(record));
            }
            prop_assert_eq!(followed.len(), written.len());
        }
        drop(writer);
        prop_assert_eq!(&followed, &written);
        prop_assert_eq!(&read_all(dir.path()), &written);
        prop_assert!(written.iter().zip(1..).all(|(r, seq)| r.seq == seq));

        let report = verify(dir.path());
        prop_assert_eq!((report.records, report.recoverable_to), (written.len() as u64, written.len() as u64));
        prop_assert!(report.damage.is_empty() && report.tail.is_none() && report.tail_bytes_lost == 0);
        let stat = stat(dir.path()).unwrap();
        prop_assert_eq!(stat.kinds.values().map(|k| k.records).sum::<u64>(), written.len() as u64);
        let payload_bytes: usize = written.iter().map(|r| r.payload.len()).sum();
        prop_assert_eq!(stat.kinds.values().map(|k| k.payload_bytes).sum::<u64>(), payload_bytes as u64);
        prop_assert_eq!(stat.last_wall_ns, written.last().map_or(0, |r| r.wall_ns));
    }
}

#[test]
fn a_reader_can_start_anywhere() {
    let dir = Dir::new();
    let options = Options { segment_bytes: 4096, ..Options::default() };
    let mut writer = Writer::create(dir.path(), options).unwrap();
    for i in 0..300u16 {
        writer.append(i, 0, 0, &[7; 50]).unwrap();
    }
    for seq in [0, 1, 2, 36, 37, 38, 150, 299, 300] {
        let mut reader = Reader::open_at(dir.path(), seq).unwrap();
        assert_eq!(reader.next().unwrap().map(|r| r.seq), Some(seq.max(1)));
    }
    let mut reader = Reader::open_at(dir.path(), 301).unwrap();
    assert!(reader.next().unwrap().is_none());
    writer.append(9, 0, 0, &[]).unwrap();
    assert_eq!(reader.next().unwrap().map(|r| (r.seq, r.kind)), Some((301, 9)));
}

#[test]
fn a_segment_prepared_on_another_thread_is_taken() {
    let dir = Dir::new();
    let options = Options { segment_bytes: 4096, ..Options::default() };
    let mut writer = Writer::create(dir.path(), options).unwrap();
    let preparer = writer.preparer();
    for round in 0..5 {
        let prepared = std::thread::scope(|s| s.spawn(|| preparer.prepare()).join().unwrap()).unwrap();
        assert!(writer.needs_next());
        assert_eq!(writer.accept(prepared).is_some(), round > 0);
        assert!(!writer.needs_next());
        while !writer.needs_next() {
            writer.append(1, 0, 0, &[1; 100]).unwrap();
        }
    }
    writer.accept(preparer.prepare().unwrap());
    writer.accept(preparer.prepare().unwrap());
    let written = writer.seq();
    drop(writer);
    assert_eq!(read_all(dir.path()).len() as u64, written);
    let drafts = std::fs::read_dir(dir.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "draft"));
    assert_eq!(drafts.count(), 0, "what was prepared in vain is removed");
}

#[test]
fn a_folder_that_is_in_use_is_refused() {
    let dir = Dir::new();
    let options = Options { segment_bytes: 4096, ..Options::default() };
    assert!(matches!(Writer::open(dir.path(), options), Err(JournalError::NotAJournal { .. })));
    assert!(matches!(Reader::open(dir.path()), Err(JournalError::NotAJournal { .. })));
    std::fs::write(dir.path().join("letter.txt"), "dear").unwrap();
    assert!(matches!(Writer::create(dir.path(), options), Err(JournalError::NotEmpty { .. })));
    std::fs::remove_file(dir.path().join("letter.txt")).unwrap();

    let writer = Writer::create(dir.path(), options).unwrap();
    let me = Some(std::process::id());
    for refused in [Writer::create(dir.path(), options).err(), Writer::open(dir.path(), options).err()] {
        let refused = refused.unwrap();
        assert!(matches!(refused, JournalError::Locked { pid, .. } if pid == me), "{refused}");
        assert!(refused.to_string().contains("hint: "));
    }
    drop(writer);
    assert!(matches!(Writer::create(dir.path(), options), Err(JournalError::NotEmpty { .. })));
    assert!(Writer::open(dir.path(), options).is_ok());
}

#[test]
fn what_cannot_be_is_refused() {
    let dir = Dir::new();
    for segment_bytes in [0, 4095, 5000, 2 << 30, u64::MAX] {
        let options = Options { segment_bytes, ..Options::default() };
        let refused = Writer::create(dir.path(), options).err().unwrap();
        assert!(matches!(refused, JournalError::BadSegmentBytes { given } if given == segment_bytes));
    }
    for (segment_bytes, max) in [(4096, 4096 - 128 - 96), (4 << 20, MAX_PAYLOAD_BYTES)] {
        let dir = Dir::new();
        let mut writer = Writer::create(dir.path(), Options { segment_bytes, ..Options::default() }).unwrap();
        let long = vec![1; max + 1];
        assert!(matches!(writer.append(1, 0, 0, &long), Err(JournalError::TooLong { .. })));
        assert!(matches!(writer.reserve(max + 1), Err(JournalError::TooLong { .. })));
        assert!(!writer.is_poisoned());
        for _ in 0..5 {
            writer.append(1, 0, 0, &long[1..]).unwrap();
        }
        drop(writer);
        assert_eq!(read_all(dir.path()).len(), 5);
    }
}

#[test]
#[should_panic(expected = "without a reservation")]
fn committing_more_than_was_reserved_is_a_bug() {
    let dir = Dir::new();
    let mut writer =
        Writer::create(dir.path(), Options { segment_bytes: 4096, ..Options::default() }).unwrap();
    writer.reserve(10).unwrap();
    writer.commit(1, 0, 0, 11);
}

/// After a failed sync the kernel may have dropped the bytes: a second call must not report success.
#[test]
fn a_failed_sync_is_never_tried_again() {
    let dir = Dir::new();
    let mut writer =
        Writer::create(dir.path(), Options { segment_bytes: 4096, ..Options::default() }).unwrap();
    writer.append(1, 0, 0, &[1]).unwrap();
    let mut elsewhere = writer.syncer();
    elsewhere.sync().unwrap();
    let segment = dir.path().join("0000000001.ntj");
    std::fs::rename(&segment, dir.path().join("away")).unwrap();
    assert!(matches!(writer.sync(), Err(JournalError::Io { .. })));
    assert!(elsewhere.sync().is_err());
    std::fs::rename(dir.path().join("away"), segment).unwrap();
    assert!(writer.is_poisoned());
    assert!(matches!(writer.sync(), Err(JournalError::Poisoned { .. })));
    assert!(matches!(elsewhere.sync(), Err(JournalError::Poisoned { .. })));
    assert!(matches!(writer.append(1, 0, 0, &[1]), Err(JournalError::Poisoned { .. })));
}
