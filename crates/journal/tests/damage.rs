//! A journal whose bytes are not what was written: each byte cut, zeroed, flipped; records and segments moved.
//!
//! One law for one segment, judged by comparing bytes and not by the journal's own code: the records up to the first
//! changed one are recovered exactly; if any unchanged record lies behind a changed one, the journal is refused.

mod common;

use common::{read_all, Dir, Owned};
use nanotick_journal::{verify, JournalError, Options, Reader, Report, Writer, PAYLOAD_VERSION};
use std::fs;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const HEAD: usize = 128;
const OPTIONS: Options = Options { segment_bytes: 12288, epoch: 7, build_hash: 9 };

/// A journal of one segment, unchanged, and where its records lie.
struct Original {
    dir: Dir,
    bytes: Vec<u8>,
    spans: Vec<Range<usize>>,
    records: Vec<Owned>,
}

fn payload(seq: u64) -> Vec<u8> {
    (0..(seq * 13 % 67)).map(|i| (seq * 31 + i * 7) as u8 | 1).collect()
}

fn write_records(writer: &mut Writer, count: u64) -> Vec<Owned> {
    let mut written = Vec::new();
    for _ in 0..count {
        let next = writer.seq() + 1;
        let (kind, mono_ns, wall_ns) = (next as u16 % 5, next as i64 * 3, -(next as i64));
        let seq = writer.append(kind, mono_ns, wall_ns, &payload(next)).unwrap();
        let (version, epoch) = (PAYLOAD_VERSION, writer.epoch());
        written.push(Owned { kind, version, seq, mono_ns, wall_ns, epoch, payload: payload(seq) });
    }
    written
}

impl Original {
    fn new() -> Original {
        let dir = Dir::new();
        let mut writer = Writer::create(dir.path(), OPTIONS).unwrap();
        let records = write_records(&mut writer, 100);
        drop(writer);
        let mut at = HEAD;
        let spans = records
            .iter()
            .map(|r| {
                let start = at;
                at += 48 + r.payload.len().next_multiple_of(8);
                start..at
            })
            .collect();
        let bytes = fs::read(segment(dir.path(), 1)).unwrap();
        assert_eq!(bytes.len(), 12288);
        assert!(bytes[at..].iter().all(|&b| b == 0));
        Original { dir, bytes, spans, records }
    }
    fn path(&self) -> &Path {
        self.dir.path()
    }
    fn file(&self) -> PathBuf {
        segment(self.dir.path(), 1)
    }
}

fn segment(dir: &Path, index: u32) -> PathBuf {
    dir.join(format!("{index:010}.ntj"))
}

/// What the law says of a changed segment.
struct Law {
    prefix: usize,
    is_refused: bool,
    is_changed: bool,
}

fn law(original: &Original, changed: &[u8]) -> Law {
    let is_whole = |span: &Range<usize>| changed.get(span.clone()) == Some(&original.bytes[span.clone()]);
    let is_changed = (0..original.bytes.len()).any(|i| original.bytes[i] != *changed.get(i).unwrap_or(&0));
    if !is_whole(&(0..HEAD)) {
        let is_refused = changed.iter().skip(HEAD).any(|&b| b != 0);
        return Law { prefix: 0, is_refused, is_changed };
    }
    let prefix = original.spans.iter().take_while(|s| is_whole(s)).count();
    let is_refused = original.spans[prefix..].iter().any(is_whole);
    Law { prefix, is_refused, is_changed }
}

fn check_report(law: &Law, report: &Report, what: &str) {
    assert_eq!(report.recoverable_to, law.prefix as u64, "{what}");
    assert_eq!(!report.damage.is_empty(), law.is_refused, "{what}: {report:?}");
    let is_detected = !report.damage.is_empty() || report.tail_bytes_lost > 0;
    let is_lost_without_trace = law.is_changed && law.prefix < 100 && !is_detected;
    assert_eq!(report.tail.is_some(), report.tail_bytes_lost > 0, "{what}");
    // Bytes that became zero up to the end of the file look like a journal that was shorter: nothing shows it.
    assert!(!is_lost_without_trace || what.starts_with("zero") || what.starts_with("cut"), "{what}");
}

/// The reader hands out the recoverable records, and nothing else, and does not crash.
fn check_reader(original: &Original, law: &Law, what: &str) {
    let Ok(mut reader) = Reader::open(original.path()) else {
        assert_eq!(law.prefix, 0, "{what}");
        return;
    };
    let mut seen = 0;
    while let Ok(Some(record)) = reader.next() {
        assert_eq!(Owned::from(record), original.records[seen], "{what}");
        seen += 1;
    }
    assert_eq!(seen, law.prefix, "{what}");
}

/// The writer goes on behind the recoverable records, or refuses.
fn check_open(original: &Original, law: &Law, what: &str) {
    match Writer::open(original.path(), OPTIONS) {
        Ok((mut writer, recovery)) => {
            assert!(!law.is_refused, "{what} was accepted");
            assert_eq!(
                (recovery.records, recovery.last_seq),
                (law.prefix as u64, law.prefix as u64),
                "{what}"
            );
            let mut expected = original.records[..law.prefix].to_vec();
            expected.extend(write_records(&mut writer, 2));
            drop(writer);
            assert_eq!(read_all(original.path()), expected, "{what}");
            let report = verify(original.path());
            assert!(report.damage.is_empty() && report.tail.is_none(), "{what}: {report:?}");
        }
        Err(JournalError::Corrupt { .. }) => assert!(law.is_refused, "{what} was refused"),
        Err(other) => panic!("{what}: {other}"),
    }
}

fn check_all(original: &Original, changed: &[u8], what: &str) {
    let law = law(original, changed);
    fs::write(original.file(), changed).unwrap();
    check_report(&law, &verify(original.path()), what);
    check_reader(original, &law, what);
    check_open(original, &law, what);
    let _ = fs::remove_file(segment(original.path(), 2));
}

#[test]
fn cut_at_every_byte() {
    let original = Original::new();
    for n in 0..original.bytes.len() {
        check_all(&original, &original.bytes[..n], &format!("cut at {n}"));
    }
}

#[test]
fn zeroed_from_every_byte() {
    let original = Original::new();
    for n in 0..original.bytes.len() {
        let mut changed = original.bytes.clone();
        changed[n..].fill(0);
        check_all(&original, &changed, &format!("zero from {n}"));
    }
}

#[test]
fn every_bit_flipped() {
    let original = Original::new();
    let file = fs::OpenOptions::new().write(true).open(original.file()).unwrap();
    let mut changed = original.bytes.clone();
    for n in 0..changed.len() {
        for bit in 0..8 {
            changed[n] ^= 1 << bit;
            file.write_all_at(&changed[n..n + 1], n as u64).unwrap();
            let report = verify(original.path());
            let what = format!("bit {bit} of byte {n} flipped");
            assert!(!report.damage.is_empty() || report.tail_bytes_lost > 0, "{what} went unnoticed");
            if bit == n % 8 {
                check_report(&law(&original, &changed), &report, &what);
            }
            changed[n] ^= 1 << bit;
        }
        file.write_all_at(&changed[n..n + 1], n as u64).unwrap();
    }
}

#[test]
fn one_bit_of_every_byte_flipped_then_read_and_continued() {
    let original = Original::new();
    for n in 0..original.bytes.len() {
        let mut changed = original.bytes.clone();
        changed[n] ^= 1 << (n * 5 % 8);
        check_all(&original, &changed, &format!("byte {n} flipped"));
    }
}

#[test]
fn a_hole_anywhere() {
    let original = Original::new();
    for (size, step) in [(512, 56), (4096, 512), (8, 24)] {
        for start in (0..original.bytes.len() - size).step_by(step) {
            let mut changed = original.bytes.clone();
            changed[start..start + size].fill(0);
            check_all(&original, &changed, &format!("zeros of {size} at {start}"));
        }
    }
}

#[test]
fn records_moved_inside_a_segment_are_refused() {
    let original = Original::new();
    let spans = &original.spans;
    let same_size = |i: usize| (i + 1..100).find(|&j| spans[j].len() == spans[i].len());
    for i in 0..60 {
        let Some(j) = same_size(i) else { continue };
        let mut swapped = original.bytes.clone();
        swapped.copy_within(spans[j].clone(), spans[i].start);
        swapped[spans[j].clone()].copy_from_slice(&original.bytes[spans[i].clone()]);
        let mut repeated = original.bytes.clone();
        repeated.copy_within(spans[i].clone(), spans[j].start);
        let mut removed = original.bytes.clone();
        removed.copy_within(spans[i].end.., spans[i].start);
        for (what, changed) in [("swapped", swapped), ("repeated", repeated), ("removed", removed)] {
            fs::write(original.file(), changed).unwrap();
            let refused = Writer::open(original.path(), OPTIONS).err();
            assert!(matches!(refused, Some(JournalError::Corrupt { .. })), "record {i} {what}");
        }
    }
}

#[test]
fn a_record_of_another_segment_is_no_record_here() {
    let (original, other) = (Original::new(), Original::new());
    for i in [0, 50, 98, 99] {
        let mut changed = original.bytes.clone();
        let span = original.spans[i].clone();
        changed[span.clone()].copy_from_slice(&other.bytes[span]);
        check_all(&original, &changed, &format!("record {i} of another"));
    }
}

/// Four segments, the last one open.
fn long_journal() -> (Dir, Vec<Owned>) {
    let dir = Dir::new();
    let options = Options { segment_bytes: 4096, ..OPTIONS };
    let mut writer = Writer::create(dir.path(), options).unwrap();
    let mut records = write_records(&mut writer, 20);
    while !segment(dir.path(), 4).exists() {
        records.extend(write_records(&mut writer, 1));
    }
    records.extend(write_records(&mut writer, 10));
    (dir, records)
}

#[test]
fn any_flip_in_a_full_segment_is_refused() {
    let (dir, _) = long_journal();
    for index in 1..=3 {
        let file = segment(dir.path(), index);
        let bytes = fs::read(&file).unwrap();
        for n in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[n] ^= 1 << (n % 8);
            fs::write(&file, &changed).unwrap();
            let report = verify(dir.path());
            assert_eq!(report.damage.first().map(|d| d.segment.as_str()), file.file_name().unwrap().to_str());
            if n % 16 == 0 {
                let refused = Writer::open(dir.path(), OPTIONS).err();
                assert!(matches!(refused, Some(JournalError::Corrupt { .. })), "byte {n} of segment {index}");
            }
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert!(verify(dir.path()).damage.is_empty());
}

#[test]
fn segments_lost_moved_or_foreign_are_refused() {
    type Change = fn(&Path, &Path);
    let cases: [(&str, Change); 6] = [
        ("first lost", |d, _| fs::rename(segment(d, 2), segment(d, 1)).unwrap()),
        ("middle lost", |d, _| fs::remove_file(segment(d, 2)).unwrap()),
        ("two swapped", |d, _| {
            fs::rename(segment(d, 2), d.join("x")).unwrap();
            fs::rename(segment(d, 3), segment(d, 2)).unwrap();
            fs::rename(d.join("x"), segment(d, 3)).unwrap();
        }),
        ("middle foreign", |d, o| assert!(fs::copy(segment(o, 2), segment(d, 2)).unwrap() > 0)),
        ("last foreign", |d, o| assert!(fs::copy(segment(o, 4), segment(d, 4)).unwrap() > 0)),
        ("middle a folder", |d, _| {
            fs::remove_file(segment(d, 2)).unwrap();
            fs::create_dir(segment(d, 2)).unwrap();
        }),
    ];
    for (what, change) in cases {
        let ((dir, _), (other, _)) = (long_journal(), long_journal());
        change(dir.path(), other.path());
        assert!(!verify(dir.path()).damage.is_empty(), "{what}");
        let refused = Writer::open(dir.path(), OPTIONS).err();
        assert!(matches!(refused, Some(JournalError::Corrupt { .. })), "{what}: {refused:?}");
    }
}

#[test]
fn a_last_segment_that_never_reached_the_disk_is_made_anew() {
    let (dir, mut records) = long_journal();
    let first_seq = u64::from_le_bytes(fs::read(segment(dir.path(), 4)).unwrap()[32..40].try_into().unwrap());
    for left in [0, 1, 100, 4096] {
        fs::write(segment(dir.path(), 4), vec![0; left]).unwrap();
        let (mut writer, recovery) = Writer::open(dir.path(), OPTIONS).unwrap();
        records.truncate(first_seq as usize - 1);
        assert_eq!(recovery.last_seq, first_seq - 1);
        let mut all = records.clone();
        all.extend(write_records(&mut writer, 3));
        assert_eq!(read_all(dir.path()), all);
    }
}

#[test]
fn a_segment_file_can_be_verified_alone() {
    let (dir, records) = long_journal();
    let counts: Vec<u64> = (1..=4).map(|i| verify(&segment(dir.path(), i)).records).collect();
    assert_eq!(counts.iter().sum::<u64>(), records.len() as u64);
    let report = verify(&dir.path().join("absent"));
    assert_eq!((report.records, report.damage.len()), (0, 1));
}

#[test]
fn verify_and_readers_answer_for_any_bytes() {
    let (dir, _) = long_journal();
    let originals: Vec<Vec<u8>> = (1..=4).map(|i| fs::read(segment(dir.path(), i)).unwrap()).collect();
    let mut random = 88172645463325252u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for _ in 0..2000 {
        let index = next(4);
        let mut bytes = originals[index].clone();
        for _ in 0..1 + next(4) {
            let (at, len) = (next(bytes.len()), next(200));
            let end = (at + len).min(bytes.len());
            match next(6) {
                0 => bytes[at] = next(256) as u8,
                1 => bytes[at..end].iter_mut().for_each(|b| *b = next(256) as u8),
                2 => bytes.truncate(at.max(1)),
                3 => bytes.copy_within(at..end, (at / 2) & !7),
                4 => drop(bytes.splice(at..end, std::iter::repeat_n(0xff, next(50)))),
                _ => bytes.extend_from_slice(&originals[next(4)][..4 * len]),
            }
        }
        fs::write(segment(dir.path(), index as u32 + 1), &bytes).unwrap();
        let report = verify(dir.path());
        assert!(report.damage.len() as u64 <= report.damage_count);
        if let Ok(mut reader) = Reader::open(dir.path()) {
            while let Ok(Some(_)) = reader.next() {}
        }
        fs::write(segment(dir.path(), index as u32 + 1), &originals[index]).unwrap();
    }
}

/// Bytes that look like record after record, each long and none valid, would cost a square of their number.
#[test]
fn bytes_made_to_be_slow_are_given_up_on() {
    let dir = Dir::new();
    let options = Options { segment_bytes: 16 << 20, ..OPTIONS };
    let mut writer = Writer::create(dir.path(), options).unwrap();
    writer.append(1, 0, 0, &[1]).unwrap();
    drop(writer);
    let file = segment(dir.path(), 1);
    let mut bytes = fs::read(&file).unwrap();
    let commit = (bytes[HEAD..HEAD + 4].to_vec(), 1u32 << 20);
    for chunk in bytes[HEAD + 56..].chunks_exact_mut(8) {
        chunk[..4].copy_from_slice(&commit.0);
        chunk[4..].copy_from_slice(&commit.1.to_le_bytes());
    }
    fs::write(&file, bytes).unwrap();
    let start = std::time::Instant::now();
    let report = verify(dir.path());
    assert!(start.elapsed().as_secs() < 5);
    assert_eq!((report.records, report.damage.len()), (1, 1));
    assert!(Writer::open(dir.path(), options).is_err(), "what cannot be searched is not thrown away");
}
