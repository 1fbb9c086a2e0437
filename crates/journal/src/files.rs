//! The journal's folder: names, the lock, segments made so that a crash leaves either all of one or none, syncing.

use crate::error::JournalError;
use crate::format::{SegmentHeader, SEGMENT_HEAD};
use crate::mapping::Mapping;
use rustix::fs::{fallocate, flock, FallocateFlags, FlockOperation};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const LOCK_NAME: &str = "LOCK";
const SEGMENT_EXTENSION: &str = "ntj";
const DRAFT_EXTENSION: &str = "draft";

pub fn segment_name(index: u32) -> String {
    format!("{index:010}.{SEGMENT_EXTENSION}")
}
pub fn segment_path(dir: &Path, index: u32) -> PathBuf {
    dir.join(segment_name(index))
}

/// The indexes of the segments in `dir`, ascending. Other files are left alone.
pub fn list_segments(dir: &Path) -> Result<Vec<u32>, JournalError> {
    let failed = |e| JournalError::io("list", dir, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let index = name.to_str().and_then(|n| n.split('.').next()).and_then(|n| n.parse().ok());
        found.extend(index.filter(|&i| name.to_str() == Some(&segment_name(i))));
    }
    found.sort_unstable();
    Ok(found)
}

/// Held for as long as a writer lives; the kernel lets go of it when the process dies, however it dies.
pub struct Lock(#[allow(dead_code)] File);

impl Lock {
    pub fn take(dir: &Path) -> Result<Lock, JournalError> {
        let path = dir.join(LOCK_NAME);
        let failed = |e| JournalError::io("lock", &path, e);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                let _ = Read::by_ref(&mut file).take(16).read_to_string(&mut holder);
                return Err(JournalError::Locked { dir: dir.to_owned(), pid: holder.trim().parse().ok() });
            }
            Err(e) => return Err(failed(e.into())),
        }
        // The number only makes the refusal clearer: a full disk must not stand in the way of a recovery.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Lock(file))
    }

    pub fn exists(dir: &Path) -> bool {
        dir.join(LOCK_NAME).exists()
    }
}

/// Whether `dir` holds anything but a lock.
pub fn is_occupied(dir: &Path) -> Result<bool, JournalError> {
    let failed = |e| JournalError::io("list", dir, e);
    for entry in fs::read_dir(dir).map_err(failed)? {
        if entry.map_err(failed)?.file_name() != LOCK_NAME {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes what a crash left of segments that never became part of the journal.
pub fn remove_drafts(dir: &Path) -> Result<(), JournalError> {
    let failed = |e| JournalError::io("list", dir, e);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == DRAFT_EXTENSION) {
            fs::remove_file(&path).map_err(|e| JournalError::io("remove", &path, e))?;
        }
    }
    Ok(())
}

/// A file of the right size under a name that no reader looks for.
struct Draft {
    file: File,
    path: PathBuf,
    uuid: [u8; 16],
    bytes: u64,
}

impl Draft {
    fn new(dir: &Path, bytes: u64) -> Result<Draft, JournalError> {
        let uuid = random_uuid()?;
        let path = dir.join(format!("{:032x}.{DRAFT_EXTENSION}", u128::from_le_bytes(uuid)));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| JournalError::io("create", &path, e))?;
        let draft = Draft { file, path, uuid, bytes };
        if let Err(e) = allocate(&draft.file, &draft.path, 0, bytes) {
            let _ = fs::remove_file(&draft.path);
            return Err(e);
        }
        Ok(draft)
    }
    fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_all().map_err(|e| JournalError::io("sync", &self.path, e))
    }
    fn map(&self) -> Result<Mapping, JournalError> {
        Mapping::writable(&self.file, self.bytes as usize).map_err(|e| JournalError::io("map", &self.path, e))
    }
    fn rename(&self, dir: &Path, index: u32) -> Result<(), JournalError> {
        fs::rename(&self.path, segment_path(dir, index))
            .map_err(|e| JournalError::io("rename", &self.path, e))
    }
}

/// Reserves `bytes` on the disk for a file of `len`, so that no store to the mapping can find the disk full.
pub fn allocate(file: &File, path: &Path, len: u64, bytes: u64) -> Result<(), JournalError> {
    let failed = |e| JournalError::io("reserve disk space for", path, e);
    loop {
        match fallocate(file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP) => break,
            Err(e) => return Err(failed(e.into())),
        }
    }
    let zeros = [0; 1 << 16];
    let mut at = len;
    while at < bytes {
        let n = zeros.len().min((bytes - at) as usize);
        file.write_all_at(&zeros[..n], at).map_err(failed)?;
        at += n as u64;
    }
    Ok(())
}

/// The next segment, mapped and waiting for the current one to be full.
pub struct Prepared {
    draft: Draft,
    map: Mapping,
}

impl Prepared {
    pub(crate) fn new(dir: &Path, bytes: u64) -> Result<Prepared, JournalError> {
        let draft = Draft::new(dir, bytes)?;
        draft.sync()?;
        let map = draft.map()?;
        Ok(Prepared { draft, map })
    }
    pub(crate) fn uuid(&self) -> [u8; 16] {
        self.draft.uuid
    }
    pub(crate) fn bytes(&self) -> u64 {
        self.draft.bytes
    }
    /// Makes it a segment for readers to find. One system call; durable after the next sync.
    pub(crate) fn publish(mut self, dir: &Path, header: &SegmentHeader) -> Result<Mapping, JournalError> {
        self.map.unpublished(0, SEGMENT_HEAD).copy_from_slice(&header.encode());
        self.draft.rename(dir, header.index)?;
        Ok(self.map)
    }
    /// Removes the file of a segment that was not needed.
    pub(crate) fn discard(self) {
        let _ = fs::remove_file(&self.draft.path);
    }
}

/// Makes a segment that is durable on return: file synced, renamed, folder synced.
pub fn create_segment(
    dir: &Path,
    bytes: u64,
    header: impl FnOnce([u8; 16]) -> SegmentHeader,
) -> Result<(SegmentHeader, Mapping), JournalError> {
    let draft = Draft::new(dir, bytes)?;
    let header = header(draft.uuid);
    draft.file.write_all_at(&header.encode(), 0).map_err(|e| JournalError::io("write", &draft.path, e))?;
    draft.sync()?;
    draft.rename(dir, header.index)?;
    sync_dir(dir)?;
    Ok((header, draft.map()?))
}

pub fn sync_dir(dir: &Path) -> Result<(), JournalError> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| JournalError::io("sync", dir, e))
}

fn random_uuid() -> Result<[u8; 16], JournalError> {
    let path = Path::new("/dev/urandom");
    let mut uuid = [0; 16];
    File::open(path)
        .and_then(|mut f| f.read_exact(&mut uuid))
        .map_err(|e| JournalError::io("read", path, e))?;
    Ok(uuid)
}

/// Prepares segments on a thread of the caller's, for [`Writer::accept`](crate::Writer::accept).
#[derive(Clone, Debug)]
pub struct Preparer {
    pub(crate) dir: PathBuf,
    pub(crate) segment_bytes: u64,
}

impl Preparer {
    /// Takes milliseconds: reserves the disk space and faults every page in.
    pub fn prepare(&self) -> Result<Prepared, JournalError> {
        Prepared::new(&self.dir, self.segment_bytes)
    }
}

/// A full segment's memory. Dropping it unmaps it, which takes a while: do so off the hot path.
pub struct Retired(#[allow(dead_code)] pub(crate) Mapping);

/// Makes what has been appended survive a loss of power. Independent of the writer: for a thread of its own.
#[derive(Clone, Debug)]
pub struct Syncer {
    dir: PathBuf,
    /// The first segment that may hold unsynced bytes.
    index: u32,
    failed: bool,
}

impl Syncer {
    pub(crate) fn new(dir: &Path, index: u32) -> Syncer {
        Syncer { dir: dir.to_owned(), index, failed: false }
    }

    /// Syncs every segment since the last call. After a failure it never tries again: the kernel may have dropped
    /// the bytes, and a second call would claim a success that is none.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if self.failed {
            return Err(JournalError::Poisoned { dir: self.dir.clone() });
        }
        let done = self.sync_segments();
        self.failed = done.is_err();
        done
    }

    fn sync_segments(&mut self) -> Result<(), JournalError> {
        let first = self.index;
        loop {
            let path = segment_path(&self.dir, self.index);
            let file = File::open(&path).map_err(|e| JournalError::io("open", &path, e))?;
            file.sync_data().map_err(|e| JournalError::io("sync", &path, e))?;
            if !segment_path(&self.dir, self.index + 1).exists() {
                break;
            }
            self.index += 1;
        }
        if self.index != first {
            sync_dir(&self.dir)?;
        }
        Ok(())
    }
}
