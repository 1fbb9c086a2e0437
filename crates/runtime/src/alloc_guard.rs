//! A global allocator that counts, so that a test can prove that a piece of code allocates nothing.
//!
//! A test binary or a benchmark installs it: `#[global_allocator] static ALLOC: CountingAlloc = CountingAlloc;`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting each thread's requests for memory.
pub struct CountingAlloc;

fn count(bytes: usize) {
    COUNT.with(|c| c.set(c.get() + 1));
    BYTES.with(|b| b.set(b.get() + bytes as u64));
}

// SAFETY: every call is handed to the system's allocator unchanged. Counting touches only thread-locals that are
// constant-initialised and need no destructor, so it neither allocates nor fails while a thread ends.
unsafe impl GlobalAlloc for CountingAlloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises about `layout` are passed on as they are.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: `pointer` came from this allocator, that is from the system's, with this layout.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Requests for memory (fresh or resized) by one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allocations {
    pub count: u64,
    pub bytes: u64,
}

/// What the calling thread has asked for since it began; zeros if [`CountingAlloc`] is not installed.
pub fn allocations() -> Allocations {
    Allocations { count: COUNT.get(), bytes: BYTES.get() }
}

/// Runs `work` and says what this thread allocated meanwhile.
pub fn allocations_during<R>(work: impl FnOnce() -> R) -> (R, Allocations) {
    let before = allocations();
    let result = work();
    let after = allocations();
    (result, Allocations { count: after.count - before.count, bytes: after.bytes - before.bytes })
}
