//! Engine memory as Python sees it: a read-only buffer, so that NumPy looks at the record itself and never at a copy.

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_int;

/// A read-only window on `len` bytes that the owner keeps at one address for as long as the session runs.
#[pyclass(frozen, module = "nanotick._core")]
pub struct Memory {
    address: usize,
    len: usize,
    /// Keeps the bytes alive after the session for as long as an array looks at them.
    _owner: std::sync::Arc<dyn Send + Sync>,
}

impl Memory {
    /// # Safety
    /// `len` bytes at `address` must stay readable for as long as `owner` lives.
    pub unsafe fn new(address: *const u8, len: usize, owner: std::sync::Arc<dyn Send + Sync>) -> Memory {
        Memory { address: address as usize, len, _owner: owner }
    }
}

#[pymethods]
impl Memory {
    fn __len__(&self) -> usize {
        self.len
    }

    /// # Safety
    /// Called by the interpreter with a valid `view` to fill.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() || (flags & ffi::PyBUF_WRITABLE) == ffi::PyBUF_WRITABLE {
            return Err(PyBufferError::new_err("engine memory is read-only"));
        }
        let (address, len) = (slf.get().address, slf.get().len);
        // SAFETY: `view` is valid by the protocol, the bytes by the promise given to `new`; the exporter is `slf`.
        let code = unsafe {
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), address as *mut _, len as ffi::Py_ssize_t, 1, flags)
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
