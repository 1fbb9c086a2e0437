//! How fast the journal is on this machine: appending, reading, and one way from a writer process to a spinning reader.
//!
//! `cargo run --release -p nanotick-journal --example journal_speed [-- FOLDER]`. Minimum and median over batches, in
//! nanoseconds; segments are prepared between batches, as the runtime does it. The folder's journal is removed again.

use nanotick_journal::{verify, Options, Reader, Writer, MAX_PAYLOAD_BYTES};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BATCHES: usize = 300;
const PER_BATCH: usize = 2_000;
const ONE_WAYS: usize = 200_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, mode, dir] = &args[..] {
        if mode == "--reader" {
            return read_stamps(Path::new(dir));
        }
    }
    let base = args.get(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = base.join(format!("journal_speed_{}", std::process::id()));
    let mut journals = 0;
    let mut fresh = || {
        journals += 1;
        dir.join(journals.to_string())
    };
    for len in [16, 64, 250, 1000] {
        append(&fresh(), len);
    }
    encode_in_place(&fresh(), 250);
    read_back(&dir.join("3"));
    go_on_to_the_next_segment(&fresh());
    verify_all(&dir.join("4"));
    one_way(&fresh());
    std::fs::remove_dir_all(&dir).expect("remove the journals");
}

fn append(dir: &Path, len: usize) {
    let mut writer = Writer::create(dir, Options::default()).expect("create");
    let payload = vec![0x5a; len];
    let ns = batches(|| {
        writer.prepare_next().expect("prepare");
        let start = Instant::now();
        for i in 0..PER_BATCH as i64 {
            black_box(writer.append(1, i, i, black_box(&payload)).expect("append"));
        }
        start.elapsed()
    });
    report(&format!("append {len} bytes"), ns);
}

fn encode_in_place(dir: &Path, len: usize) {
    let mut writer = Writer::create(dir, Options::default()).expect("create");
    let payload = vec![0x5a; len];
    let ns = batches(|| {
        writer.prepare_next().expect("prepare");
        let start = Instant::now();
        for i in 0..PER_BATCH as i64 {
            writer.reserve(1024).expect("reserve")[..len].copy_from_slice(black_box(&payload));
            black_box(writer.commit(1, i, i, len));
        }
        start.elapsed()
    });
    report(&format!("reserve, fill, commit {len} bytes"), ns);
}

fn read_back(dir: &Path) {
    let mut reader = Reader::open(dir).expect("open");
    let ns = batches(|| {
        let start = Instant::now();
        for _ in 0..PER_BATCH {
            black_box(reader.next().expect("read").expect("a record"));
        }
        start.elapsed()
    });
    report("read 250 bytes", ns);
}

/// What the append that goes on to another segment waits for, with that one prepared and without.
fn go_on_to_the_next_segment(dir: &Path) {
    const TIMES: usize = 6;
    let payload = vec![0x5a; MAX_PAYLOAD_BYTES];
    for (what, is_prepared) in [("next segment, prepared", true), ("next segment, not prepared", false)] {
        let mut writer = Writer::create(&dir.join(what), Options::default()).expect("create");
        writer.append(1, 0, 0, &payload[..8]).expect("append");
        let mut ns = Vec::new();
        for _ in 0..TIMES {
            if is_prepared {
                writer.prepare_next().expect("prepare");
            }
            // Behind a short record, 63 of the longest and one that leaves no room for another short one.
            for _ in 0..63 {
                writer.append(1, 0, 0, &payload).expect("append");
            }
            let room = (64 << 20) - 128 - 48 - 63 * (48 + MAX_PAYLOAD_BYTES) - 48 - 56;
            writer.append(1, 0, 0, &payload[..room]).expect("append");
            let start = Instant::now();
            writer.append(1, 0, 0, &payload[..8]).expect("append");
            ns.push(start.elapsed().as_nanos() as f64);
        }
        ns.sort_by(f64::total_cmp);
        report(what, ns);
    }
}

fn verify_all(dir: &Path) {
    let start = Instant::now();
    let found = verify(dir);
    let bytes = found.segments * Options::default().segment_bytes;
    let seconds = start.elapsed().as_secs_f64();
    println!("verify {} MiB: {:.2} s, {} records", bytes >> 20, seconds, found.records);
    assert!(found.damage.is_empty());
}

/// Runs `batch` and gives each one's time per record in ns, sorted.
fn batches(mut batch: impl FnMut() -> Duration) -> Vec<f64> {
    let mut ns: Vec<f64> = (0..BATCHES).map(|_| batch().as_nanos() as f64 / PER_BATCH as f64).collect();
    ns.sort_by(f64::total_cmp);
    ns
}

fn report(what: &str, sorted_ns: Vec<f64>) {
    let at = |q: f64| sorted_ns[(sorted_ns.len() as f64 * q) as usize];
    println!("{what:32} min {:7.1} ns   median {:7.1} ns   p99 {:7.1} ns", sorted_ns[0], at(0.5), at(0.99));
}

/// Writes records that carry the time of their writing; another process, pinned to another core, reads them.
fn one_way(dir: &Path) {
    if !pin(0) {
        println!("one way: not measured (this system does not pin threads)");
        return;
    }
    let mut writer = Writer::create(dir, Options::default()).expect("create");
    let mut reader = Command::new(std::env::current_exe().expect("own path"))
        .arg("--reader")
        .arg(dir)
        .stdout(Stdio::inherit())
        .spawn()
        .expect("start the reader");
    std::thread::sleep(Duration::from_millis(500));
    let gap = ticks_per_ns() * 1_500.0;
    for i in 0..ONE_WAYS as i64 {
        let until = ticks() + gap as u64;
        while ticks() < until {
            std::hint::spin_loop();
        }
        let payload = writer.reserve(64).expect("reserve");
        payload.fill(1);
        payload[..8].copy_from_slice(&ticks().to_le_bytes());
        writer.commit(1, i, i, 64);
    }
    assert!(reader.wait().expect("the reader").success());
}

fn read_stamps(dir: &Path) {
    pin(1);
    let mut reader = Reader::open(dir).expect("open");
    let mut ns = Vec::with_capacity(ONE_WAYS);
    let per_ns = ticks_per_ns();
    while ns.len() < ONE_WAYS {
        if let Some(record) = reader.next().expect("read") {
            let now = ticks();
            let then = u64::from_le_bytes(record.payload[..8].try_into().expect("a stamp"));
            ns.push(now.saturating_sub(then) as f64 / per_ns);
        } else {
            std::hint::spin_loop();
        }
    }
    let fastest = ns.iter().copied().fold(f64::INFINITY, f64::min);
    let mut medians: Vec<f64> = ns
        .chunks_exact_mut(1000)
        .map(|batch| {
            batch.sort_by(f64::total_cmp);
            batch[500]
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    report("one way, medians of 1000", medians);
    println!("{:32} min {fastest:7.1} ns", "one way, the fastest");
}

/// The CPU's counter, which both processes read alike.
fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 CPU has the instruction.
    return unsafe { std::arch::x86_64::_rdtsc() };
    #[allow(unreachable_code)]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }
}

fn ticks_per_ns() -> f64 {
    let (start, first) = (Instant::now(), ticks());
    std::thread::sleep(Duration::from_millis(50));
    (ticks() - first) as f64 / start.elapsed().as_nanos() as f64
}

#[cfg(target_os = "linux")]
fn pin(cpu: usize) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    rustix::thread::sched_setaffinity(None, &set).is_ok()
}
#[cfg(not(target_os = "linux"))]
fn pin(_cpu: usize) -> bool {
    false
}
