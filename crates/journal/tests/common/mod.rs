//! What the journal's tests share: a folder that removes itself, and records that outlive their reader.
#![allow(dead_code, reason = "each test file is a crate of its own, and uses some of it")]

use nanotick_journal::{Reader, Record};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub struct Dir(PathBuf);

impl Dir {
    /// In memory where the system has such a place: thousands of journals are made, and each is synced.
    pub fn new() -> Dir {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let shm = PathBuf::from("/dev/shm");
        let base = if shm.is_dir() { shm } else { std::env::temp_dir() };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = base.join(format!("nanotick_journal_{}_{number}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Dir(dir)
    }
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owned {
    pub kind: u16,
    pub version: u16,
    pub seq: u64,
    pub mono_ns: i64,
    pub wall_ns: i64,
    pub epoch: u32,
    pub payload: Vec<u8>,
}

impl From<Record<'_>> for Owned {
    fn from(r: Record<'_>) -> Owned {
        Owned {
            kind: r.kind,
            version: r.version,
            seq: r.seq,
            mono_ns: r.mono_ns,
            wall_ns: r.wall_ns,
            epoch: r.epoch,
            payload: r.payload.to_vec(),
        }
    }
}

pub fn read_all(dir: &Path) -> Vec<Owned> {
    let mut reader = Reader::open(dir).unwrap();
    let mut all = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        all.push(record.into());
    }
    all
}
