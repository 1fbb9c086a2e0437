//! The disk fills up, or a limit says so: an error, a writer that stays silent after it, and a journal that goes on.
//!
//! Each case runs in a process of its own, since the limit is the whole process's: this test binary started anew.

mod common;

use common::{read_all, Dir};
use nanotick_journal::{verify, JournalError, Options, Writer};
use std::fs;
use std::path::Path;
use std::process::Command;

const DIR_VARIABLE: &str = "JOURNAL_TEST_DIR";
const OPTIONS: Options = Options { segment_bytes: 1 << 16, epoch: 1, build_hash: 0 };

/// Appends until it fails, then checks that nothing more is taken in.
fn fill(dir: &Path) -> u64 {
    let mut writer = Writer::create(dir, OPTIONS).unwrap();
    let failed = loop {
        if let Err(e) = writer.append(1, 2, 3, &[0x77; 1000]) {
            break e;
        }
        assert!(writer.seq() < 100_000, "the disk did not fill");
    };
    assert!(matches!(failed, JournalError::Io { .. }), "{failed}");
    assert!(failed.to_string().contains("reserve disk space"), "{failed}");
    assert!(writer.is_poisoned());
    assert!(matches!(writer.append(1, 2, 3, &[]), Err(JournalError::Poisoned { .. })));
    assert!(matches!(writer.reserve(0), Err(JournalError::Poisoned { .. })));
    assert!(matches!(writer.prepare_next(), Err(JournalError::Poisoned { .. })));
    writer.seq()
}

/// With room again, all is there and the writer goes on.
fn go_on(dir: &Path, last_seq: u64) {
    let report = verify(dir);
    assert!(report.damage.is_empty() && report.recoverable_to == last_seq, "{report:?}");
    let (mut writer, recovery) = Writer::open(dir, OPTIONS).unwrap();
    assert_eq!((recovery.last_seq, recovery.tail_bytes_lost), (last_seq, 0));
    for _ in 0..200 {
        writer.append(1, 2, 3, &[0x77; 1000]).unwrap();
    }
    assert_eq!(read_all(dir).len() as u64, last_seq + 200);
}

#[test]
#[ignore = "the body of another process"]
fn limited_process() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else { return };
    let dir = Path::new(&dir);
    // SAFETY: plain calls with valid arguments; no other thread cares for this signal or limit.
    let set_limit = |bytes: u64| unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit), 0);
        limit.rlim_cur = bytes.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    };
    // The first segment fits; the writer that comes later wants larger ones.
    set_limit(OPTIONS.segment_bytes);
    let mut writer = Writer::create(dir, OPTIONS).unwrap();
    writer.append(1, 2, 3, &[5; 10]).unwrap();
    drop(writer);
    let larger = Options { segment_bytes: OPTIONS.segment_bytes * 2, ..OPTIONS };
    let (mut writer, _) = Writer::open(dir, larger).unwrap();
    let failed = (0..1000).find_map(|_| writer.append(1, 2, 3, &[5; 1000]).err()).expect("the limit counts");
    assert!(matches!(&failed, JournalError::Io { source, .. } if source.raw_os_error() == Some(libc::EFBIG)));
    assert!(writer.is_poisoned());
    let last_seq = writer.seq();
    drop(writer);
    set_limit(libc::RLIM_INFINITY);
    go_on(dir, last_seq);
}

#[test]
fn a_file_size_limit_poisons_the_writer_and_recovery_goes_on() {
    let dir = Dir::new();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["limited_process", "--exact", "--ignored", "--nocapture"])
        .env(DIR_VARIABLE, dir.path().join("journal"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_poisons_the_writer_and_recovery_goes_on() {
    let dir = Dir::new();
    let mount = |args: &[&str]| {
        let done = Command::new(args[0]).args(&args[1..]).arg(dir.path()).output();
        done.is_ok_and(|o| o.status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=600k", "none"]) {
        println!("skipped: mounting a small file system needs root");
        return;
    }
    // Unmounted whatever happens, or the folder could not be removed.
    let outcome = std::panic::catch_unwind(|| {
        let (journal, filler) = (dir.path().join("journal"), dir.path().join("filler"));
        fs::write(&filler, vec![1; 300 << 10]).unwrap();
        let last_seq = fill(&journal);
        fs::remove_file(filler).unwrap();
        go_on(&journal, last_seq);
    });
    assert!(mount(&["umount"]));
    outcome.unwrap();
}
