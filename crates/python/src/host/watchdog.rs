//! Interrupts a Python callback that does not return. A thread watches a counter that is odd while a callback runs;
//! when it stands still for too long, the thread raises an exception inside the callback.

use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Shared {
    /// Odd while a callback runs.
    beats: AtomicU64,
    fired: AtomicBool,
    stop: AtomicBool,
}

pub struct Watchdog {
    shared: Arc<Shared>,
    limit_ms: u64,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches the calling thread from now on.
    pub fn start(py: Python<'_>, limit_ms: u64) -> PyResult<Watchdog> {
        let watched: std::ffi::c_ulong = py.import("threading")?.call_method0("get_ident")?.extract()?;
        let exception = py.get_type::<pyo3::exceptions::PyTimeoutError>().unbind();
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::Builder::new()
            .name("watchdog".into())
            .spawn(move || watch(&theirs, limit_ms, watched, exception.into_any()))
            .map_err(|e| pyo3::exceptions::PyOSError::new_err(e.to_string()))?;
        Ok(Watchdog { shared, limit_ms, thread: Some(thread) })
    }

    #[inline(always)]
    pub fn enter(&self) {
        self.beat();
    }
    #[inline(always)]
    pub fn leave(&self) {
        self.beat();
    }
    #[inline(always)]
    fn beat(&self) {
        // One writer: a plain add, no locked instruction.
        self.shared.beats.store(self.shared.beats.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Whether it has interrupted a callback.
    pub fn fired(&self) -> bool {
        self.shared.fired.load(Relaxed)
    }
    pub fn limit_ms(&self) -> u64 {
        self.limit_ms
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // The thread may be waiting for the interpreter that this thread holds: let it have it and end.
            Python::attach(|py| py.detach(|| thread.join().ok()));
        }
    }
}

fn watch(shared: &Shared, limit_ms: u64, watched: std::ffi::c_ulong, exception: Py<PyAny>) {
    let step = Duration::from_millis((limit_ms / 10).clamp(1, 50));
    let (mut seen, mut since) = (0, Instant::now());
    while !shared.stop.load(Relaxed) {
        std::thread::sleep(step);
        let beats = shared.beats.load(Relaxed);
        if beats != seen {
            (seen, since) = (beats, Instant::now());
        }
        let running = beats % 2 == 1;
        if running && since.elapsed() > Duration::from_millis(limit_ms) {
            Python::attach(|py| {
                // It may have returned while we waited for the interpreter.
                if shared.beats.load(Relaxed) == seen && !shared.stop.load(Relaxed) {
                    shared.fired.store(true, Relaxed);
                    // SAFETY: the interpreter is attached; both arguments are what the call wants.
                    unsafe {
                        pyo3::ffi::PyThreadState_SetAsyncExc(watched as _, exception.bind(py).as_ptr())
                    };
                }
            });
            since = Instant::now();
        }
    }
}
