//! The bytes on the disk are the documented ones, read here by a decoder and a CRC-32C that are not the journal's.

mod common;

use common::Dir;
use nanotick_journal::{verify, JournalError, Options, Reader, Writer};
use std::fs;
use std::path::PathBuf;

const OPTIONS: Options =
    Options { segment_bytes: 4096, epoch: 0x0102_0304, build_hash: 0x1122_3344_5566_7788 };

fn u32_at(b: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(b[at..at + 4].try_into().unwrap())
}
fn u64_at(b: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(b[at..at + 8].try_into().unwrap())
}

fn segment(dir: &Dir, index: u32) -> PathBuf {
    dir.path().join(format!("{index:010}.ntj"))
}

fn record_crc(segment: &[u8], at: usize) -> u32 {
    let end = at + 48 + (u32_at(segment, at + 4) as usize).next_multiple_of(8);
    let parts = [&segment[16..32], &segment[at..at + 40], &segment[at + 48..end], &segment[at + 40..at + 44]];
    crc32c::crc32c(&parts.concat())
}

fn write_two_segments(dir: &Dir) {
    let mut writer = Writer::create(dir.path(), OPTIONS).unwrap();
    while !segment(dir, 2).exists() {
        let seq = writer.seq() + 1;
        let payload = vec![seq as u8; seq as usize];
        if seq.is_multiple_of(2) {
            let room = writer.reserve(payload.len() + 20).unwrap();
            room.fill(0xff);
            room[..payload.len()].copy_from_slice(&payload);
            writer.commit(0x0a0b, -5, seq as i64, payload.len());
        } else {
            writer.append(0x0a0b, -5, seq as i64, &payload).unwrap();
        }
    }
}

#[test]
fn an_independent_decoder_reads_it() {
    let dir = Dir::new();
    write_two_segments(&dir);
    let (mut seq, mut prev_crc) = (0, 0);
    for index in 1..=2 {
        let bytes = fs::read(segment(&dir, index)).unwrap();
        assert_eq!(bytes.len(), 4096);
        assert_eq!(&bytes[..8], b"ntjrnl\r\n");
        assert_eq!((u32_at(&bytes, 8), u32_at(&bytes, 12)), (1, index));
        assert_eq!((u64_at(&bytes, 32), u64_at(&bytes, 40)), (seq + 1, 4096));
        assert_eq!((u64_at(&bytes, 48), u32_at(&bytes, 56)), (OPTIONS.build_hash, OPTIONS.epoch));
        assert_eq!(u32_at(&bytes, 60), prev_crc);
        assert!(bytes[64..124].iter().all(|&b| b == 0));
        assert_eq!(u32_at(&bytes, 124), crc32c::crc32c(&bytes[..124]));
        prev_crc = u32_at(&bytes, 124);
        let mut at = 128;
        while &bytes[at..at + 4] == b"NTRd" {
            seq += 1;
            let len = u32_at(&bytes, at + 4) as usize;
            assert_eq!(len as u64, seq);
            assert_eq!(bytes[at + 8..at + 12], [0x0b, 0x0a, 1, 0], "kind and version");
            assert_eq!((u32_at(&bytes, at + 12), u64_at(&bytes, at + 16)), (OPTIONS.epoch, seq));
            assert_eq!((u64_at(&bytes, at + 24) as i64, u64_at(&bytes, at + 32)), (-5, seq));
            assert_eq!(u32_at(&bytes, at + 40), prev_crc);
            prev_crc = u32_at(&bytes, at + 44);
            assert_eq!(prev_crc, record_crc(&bytes, at));
            assert!(bytes[at + 48..at + 48 + len].iter().all(|&b| b == seq as u8));
            assert!(bytes[at + 48 + len..at + 48 + len.next_multiple_of(8)].iter().all(|&b| b == 0));
            at += 48 + len.next_multiple_of(8);
        }
        if index == 1 {
            assert_eq!(&bytes[at..at + 8], b"NTSl\0\0\0\0");
            assert_eq!((u64_at(&bytes, at + 16), u32_at(&bytes, at + 40)), (seq + 1, prev_crc));
            prev_crc = u32_at(&bytes, at + 44);
            assert_eq!(prev_crc, record_crc(&bytes, at));
            at += 48;
        }
        assert!(bytes[at..].iter().all(|&b| b == 0));
    }
    assert_eq!(verify(dir.path()).records, seq);
}

#[test]
fn an_unknown_version_is_refused_not_guessed() {
    type Change = fn(&mut [u8]);
    let cases: [(&str, Change); 2] = [
        ("segment", |bytes| {
            bytes[8] = 2;
            let sum = crc32c::crc32c(&bytes[..124]);
            bytes[124..128].copy_from_slice(&sum.to_le_bytes());
        }),
        ("record", |bytes| {
            bytes[128 + 10] = 2;
            let sum = record_crc(bytes, 128);
            bytes[128 + 44..128 + 48].copy_from_slice(&sum.to_le_bytes());
        }),
    ];
    for (what, change) in cases {
        let dir = Dir::new();
        write_two_segments(&dir);
        let mut bytes = fs::read(segment(&dir, 1)).unwrap();
        change(&mut bytes);
        fs::write(segment(&dir, 1), &bytes).unwrap();
        let report = verify(dir.path());
        assert!(report.damage[0].why.contains("version 2"), "{what}: {:?}", report.damage);
        assert_eq!(report.recoverable_to, 0);
        let is_refused =
            |e: Option<JournalError>| matches!(e, Some(JournalError::Version { found: 2, known: 1, .. }));
        assert!(is_refused(Writer::open(dir.path(), OPTIONS).err()), "{what}");
        let read = Reader::open(dir.path()).and_then(|mut r| r.next().map(|_| ()));
        assert!(is_refused(read.err()), "{what}");
    }
}

#[test]
fn a_record_rewritten_with_a_right_checksum_breaks_the_chain() {
    let dir = Dir::new();
    write_two_segments(&dir);
    let mut bytes = fs::read(segment(&dir, 1)).unwrap();
    let second = 128 + 48 + 8;
    bytes[second + 48] ^= 1;
    let sum = record_crc(&bytes, second);
    bytes[second + 44..second + 48].copy_from_slice(&sum.to_le_bytes());
    fs::write(segment(&dir, 1), &bytes).unwrap();
    let report = verify(dir.path());
    assert_eq!((report.damage_count, report.recoverable_to), (1, 2), "the record after it does not follow");
    assert!(matches!(Writer::open(dir.path(), OPTIONS), Err(JournalError::Corrupt { .. })));
}

#[test]
fn another_build_begins_a_segment_of_its_own() {
    let dir = Dir::new();
    for (build_hash, segments) in [(1, 1), (1, 1), (2, 2), (2, 2), (1, 3)] {
        let options = Options { build_hash, ..OPTIONS };
        let mut writer = match Writer::open(dir.path(), options) {
            Ok((writer, _)) => writer,
            Err(_) => Writer::create(dir.path(), options).unwrap(),
        };
        writer.append(1, 0, 0, &[]).unwrap();
        assert_eq!(verify(dir.path()).segments, segments);
        assert_eq!(u64_at(&fs::read(segment(&dir, segments as u32)).unwrap(), 48), build_hash);
    }
}
