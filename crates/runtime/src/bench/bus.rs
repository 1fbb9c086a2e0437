//! The journal as a bus: what an append costs its writer, and how long a record takes to a spinning reader process.

use super::figure::{measure, timed, Figure};
use super::{Peer, Summary};
use crate::affinity;
use crate::clock::{self, Clock};
use nanotick_journal::{JournalError, Options, Reader, Writer};
use std::fs;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::Duration;

const PER_BATCH: usize = 2_000;
const RECORDS: usize = 60_000;
/// Time between two records on their way: long enough that each finds its reader waiting.
const GAP: Duration = Duration::from_nanos(1_500);
/// The reader starts an interpreter before it can look.
const READY_WITHIN: Duration = Duration::from_secs(20);
const PAYLOAD: usize = 64;

fn other(error: JournalError) -> io::Error {
    io::Error::other(error.to_string())
}

/// Appending a record of 64 bytes. Segments are prepared between batches, as the runtime does it.
pub fn append(dir: &Path, time: Duration) -> io::Result<Figure> {
    let mut writer = Writer::create(&dir.join("append"), Options::default()).map_err(other)?;
    let payload = [0x5a; PAYLOAD];
    let mut failed = None;
    let figure = measure("journal.append64", time, || {
        failed = writer.prepare_next().err().or(failed.take());
        let ticks = timed(|| {
            for i in 0..PER_BATCH as i64 {
                let _ = black_box(writer.append(1, i, i, black_box(&payload)));
            }
        });
        (ticks, PER_BATCH)
    });
    drop(writer);
    fs::remove_dir_all(dir.join("append"))?;
    failed.map_or(Ok(figure), |e| Err(other(e)))
}

/// One way to a reader, in ns. The reader is started with [`read_stamps`]' arguments.
pub fn one_way(dir: &Path, peer: Peer) -> io::Result<Figure> {
    let (journal, done) = (dir.join("one-way"), dir.join("one-way-ticks"));
    let mut writer = Writer::create(&journal, Options::default()).map_err(other)?;
    let before = affinity::allowed_cpus()?;
    let (first, last) = (before[0], before[before.len() - 1]);
    let args =
        ["journal".into(), journal.display().to_string(), done.display().to_string(), last.to_string()];
    let _running = peer.start(args.to_vec())?;
    let ready = dir.join("one-way-ticks.ready");
    wait_for(&ready)?;
    affinity::pin_to(first)?;
    let gap = clock::ticks_in(GAP);
    let written = (0..RECORDS as i64).try_for_each(|i| {
        let due = clock::stamp() + gap;
        while clock::stamp() < due {
            std::hint::spin_loop();
        }
        let payload = writer.reserve(PAYLOAD)?;
        payload.fill(1);
        payload[..8].copy_from_slice(&clock::stamp().to_le_bytes());
        writer.commit(1, i, i, PAYLOAD);
        Ok(())
    });
    affinity::allow(&before)?;
    written.map_err(other)?;
    wait_for(&done)?;
    let clock = Clock::new();
    let ns: Vec<u64> = fs::read(&done)?
        .chunks_exact(8)
        .map(|ticks| clock.ticks_to_ns(u64::from_le_bytes(ticks.try_into().expect("eight bytes"))))
        .collect();
    drop(writer);
    fs::remove_dir_all(&journal)?;
    fs::remove_file(&done)?;
    fs::remove_file(&ready)?;
    let summary = Summary::of(&ns).ok_or_else(|| io::Error::other("the reader saw no record"))?;
    Ok(Figure::of_samples("journal.oneway", &summary))
}

fn wait_for(file: &Path) -> io::Result<()> {
    let end = clock::stamp() + clock::ticks_in(READY_WITHIN);
    while !file.exists() {
        if clock::stamp() > end {
            let why = format!("the reader did not write {}", file.display());
            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// The reader's side: `args` are `[journal, file for the ticks, cpu]`.
pub(super) fn read_stamps(args: &[String]) -> io::Result<()> {
    let [journal, done, cpu] = args else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the arguments of a journal's reader"));
    };
    if let Ok(cpu) = cpu.parse() {
        affinity::pin_to(cpu)?;
    }
    let mut reader = Reader::open(Path::new(journal)).map_err(other)?;
    fs::write(format!("{done}.ready"), [])?;
    let mut ticks: Vec<u8> = Vec::with_capacity(RECORDS * 8);
    let end = clock::stamp() + clock::ticks_in(READY_WITHIN);
    while ticks.len() < RECORDS * 8 {
        match reader.next().map_err(other)? {
            Some(record) => {
                let now = clock::stamp();
                let then = record.payload.first_chunk().map_or(now, |bytes| u64::from_le_bytes(*bytes));
                ticks.extend_from_slice(&now.saturating_sub(then).to_le_bytes());
            }
            None if clock::stamp() > end => return Err(io::ErrorKind::TimedOut.into()),
            None => std::hint::spin_loop(),
        }
    }
    // Whole or not at all: the writer waits for the name.
    let part = format!("{done}.part");
    fs::write(&part, ticks)?;
    fs::rename(part, done)
}
