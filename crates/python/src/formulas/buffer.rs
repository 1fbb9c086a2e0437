//! Memory for the outputs of batches, used again when the arrays over it are gone: fresh memory has to be cleared by
//! the system page by page, which for most formulas takes longer than to compute them.

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};

/// Numbers that are kept at most while nobody uses them: 128 MiB.
const KEPT: usize = 1 << 24;

static SPARE: Mutex<Vec<Box<[f64]>>> = Mutex::new(Vec::new());

/// So many doubles, writable, of any value. One array may look at them.
#[pyclass(module = "nanotick._core")]
pub struct Buffer {
    numbers: Box<[f64]>,
}

#[pymethods]
impl Buffer {
    #[new]
    fn new(count: usize) -> Buffer {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        // The one that came back last is the one that is still in the caches.
        let place = spare.iter().rposition(|numbers| numbers.len() == count);
        let numbers = place.map_or_else(|| vec![0.0; count].into_boxed_slice(), |place| spare.remove(place));
        Buffer { numbers }
    }

    /// # Safety
    /// Called by the interpreter with a valid `view` to fill.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view to fill"));
        }
        let (start, bytes) = {
            let mut buffer = slf.borrow_mut();
            (buffer.numbers.as_mut_ptr(), std::mem::size_of_val(&*buffer.numbers))
        };
        // SAFETY: `view` is valid by the protocol; the numbers stay in their place for as long as the object lives,
        // which the view keeps alive, and nothing else refers to them.
        let code = unsafe {
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start.cast(), bytes as ffi::Py_ssize_t, 0, flags)
        };
        if code == 0 {
            Ok(())
        } else {
            Err(PyErr::fetch(slf.py()))
        }
    }

    /// # Safety
    /// Called by the interpreter; there is nothing to release.
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {}
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = spare.iter().map(|numbers| numbers.len()).sum();
        if kept + self.numbers.len() > KEPT {
            // Lengths that nobody asks for any more make room.
            spare.clear();
        }
        if self.numbers.len() <= KEPT {
            spare.push(std::mem::take(&mut self.numbers));
        }
    }
}
