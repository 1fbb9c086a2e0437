#![no_main]
//! A damaged journal: verifying, counting, reading and recovering end, without a panic, and never invent a record.

use libfuzzer_sys::fuzz_target;
use nanotick_journal::{stat, verify, Options, Reader, Writer};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const RECORDS: u64 = 40;

/// A good journal of one small segment: its file's name and bytes.
fn good() -> &'static (PathBuf, Vec<u8>) {
    static GOOD: OnceLock<(PathBuf, Vec<u8>)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = support::folder("good");
        let _ = fs::remove_dir_all(&folder);
        let mut writer = Writer::create(&folder, Options { segment_bytes: 8192, ..Options::default() })
            .expect("a journal");
        for i in 0..RECORDS {
            let payload = vec![i as u8; 1 + (i as usize * 7) % 90];
            writer.append(1 + (i % 3) as u16, i as i64, i as i64, &payload).expect("room");
        }
        drop(writer);
        let file = segment(&folder);
        let bytes = fs::read(&file).expect("the segment");
        let _ = fs::remove_dir_all(&folder);
        (PathBuf::from(file.file_name().expect("a name")), bytes)
    })
}

fn segment(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok()).map(|e| e.path()).collect();
    paths.retain(|p| p.metadata().is_ok_and(|m| m.len() >= 4096));
    paths.sort();
    paths.remove(0)
}

/// Applies edits of four bytes each: two for the place, one for the kind of damage, one for a value.
fn damaged(bytes: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for edit in edits.chunks_exact(4).take(64) {
        let at = u16::from_le_bytes([edit[0], edit[1]]) as usize % out.len();
        match edit[2] % 4 {
            0 => out[at] ^= edit[3],
            1 => out[at..].fill(0),
            2 => out.truncate(at.max(1)),
            _ => {
                let end = (at + 8 * edit[3] as usize).min(out.len());
                let middle = out.len() / 2;
                out.copy_within(at..end, middle - (end - at).min(middle));
            }
        }
    }
    out
}

fuzz_target!(|data: &[u8]| {
    let (name, bytes) = good();
    let folder = support::folder("damaged");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let damaged = damaged(bytes, data);
    fs::write(folder.join(name), &damaged).expect("room in memory");

    let report = verify(&folder);
    if let Ok(stat) = stat(&folder) {
        assert_eq!(stat.records, report.records);
    }
    if let Ok(mut reader) = Reader::open(&folder) {
        let mut read = 0;
        while let Ok(Some(record)) = reader.next() {
            assert!(!record.payload.is_empty() || damaged != *bytes);
            read += 1;
            assert!(read <= RECORDS, "more records than were written");
        }
    }
    if let Ok((writer, _)) = Writer::open(&folder, Options { segment_bytes: 8192, ..Options::default() }) {
        drop(writer);
        assert!(verify(&folder).damage.is_empty(), "recovery left damage behind");
    }
});
