//! Memory shared with other processes through a file: the only place that handles raw mapped memory.
//!
//! The protocol that makes it sound: the writer alone stores; a record's bytes are stored before its commit word,
//! which is stored with Release; a reader loads that word with Acquire before it looks at the bytes, and what is
//! published never changes again.

use crate::crc;
use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};
use std::fs::File;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// A mapped file. Unmapped when dropped.
pub struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping is plain memory that belongs to no thread.
unsafe impl Send for Mapping {}

#[cfg(target_os = "linux")]
const SHARED: MapFlags = MapFlags::SHARED.union(MapFlags::POPULATE);
#[cfg(not(target_os = "linux"))]
const SHARED: MapFlags = MapFlags::SHARED;

impl Mapping {
    /// Maps the first `len` bytes, which the caller has made sure that the file holds: touching memory behind a
    /// file's end kills the process.
    pub fn read_only(file: &File, len: usize) -> io::Result<Mapping> {
        Self::new(file, len, ProtFlags::READ)
    }
    /// As [`Mapping::read_only`], and writable. Every page is made ready for stores now, not when the first one comes.
    pub fn writable(file: &File, len: usize) -> io::Result<Mapping> {
        let map = Self::new(file, len, ProtFlags::READ.union(ProtFlags::WRITE))?;
        map.fault_in()?;
        Ok(map)
    }

    #[cfg(target_os = "linux")]
    fn fault_in(&self) -> io::Result<()> {
        use rustix::io::Errno;
        use rustix::mm::{madvise, Advice};
        // SAFETY: exactly this mapping; the call changes no content.
        match unsafe { madvise(self.base.as_ptr().cast(), self.len, Advice::LinuxPopulateWrite) } {
            // Kernels before 5.14 do not know it: then the pages are faulted in one by one, only slower.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    fn fault_in(&self) -> io::Result<()> {
        Ok(())
    }

    fn new(file: &File, len: usize, protection: ProtFlags) -> io::Result<Mapping> {
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing.
        let base = unsafe { mmap(std::ptr::null_mut(), len, protection, SHARED, file, 0)? };
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { base, len })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8) && at + 8 <= self.len);
        // SAFETY: in bounds and aligned (the base is page-aligned); the memory lives as long as `self`.
        unsafe { AtomicU64::from_ptr(self.base.as_ptr().add(at).cast()) }
    }
    /// The word that publishes the record at `at`, or 0.
    #[inline(always)]
    pub fn load_acquire(&self, at: usize) -> u64 {
        self.word(at).load(Ordering::Acquire)
    }
    #[inline(always)]
    pub fn store_release(&self, at: usize, value: u64) {
        self.word(at).store(value, Ordering::Release)
    }
    #[inline(always)]
    pub fn store(&mut self, at: usize, value: u64) {
        self.word(at).store(value, Ordering::Relaxed)
    }

    /// Published bytes. The caller has seen their commit word through [`Mapping::load_acquire`].
    #[inline(always)]
    pub fn published(&self, at: usize, len: usize) -> &[u8] {
        assert!(at <= self.len && len <= self.len - at);
        // SAFETY: in bounds; nobody stores to published bytes any more.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(at), len) }
    }

    /// The bytes from `at` on, not yet published, so that no reader looks at them. For a writable mapping.
    #[inline(always)]
    pub fn unpublished(&mut self, at: usize, len: usize) -> &mut [u8] {
        assert!(at <= self.len && len <= self.len - at);
        // SAFETY: in bounds; `&mut self` is the single writer, and readers stop at the commit word before `at`.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr().add(at), len) }
    }

    /// Copies `payload` to `at`, padded with zeros to whole words, and returns the checksum's state after them.
    #[inline(always)]
    pub fn copy_in(&mut self, at: usize, payload: &[u8], mut state: u32) -> u32 {
        let out = self.unpublished(at, crate::format::padded(payload.len()));
        let (words, rest) = payload.as_chunks::<8>();
        let (out_words, _) = out.as_chunks_mut::<8>();
        for (word, out) in words.iter().zip(out_words.iter_mut()) {
            state = crc::word(state, u64::from_le_bytes(*word));
            *out = *word;
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            state = crc::word(state, u64::from_le_bytes(word));
            out_words[words.len()] = word;
        }
        state
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping made in `new`, and no borrow of it outlives `self`.
        // It fails only for arguments that `new` cannot have produced.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}
