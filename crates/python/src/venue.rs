//! The venue server and the book verifier, from Python.

use crate::errors::{core_error, core_error_with_code, Exit};
use nanotick_runtime::book_verify::{verify, Format};
use nanotick_runtime::recording::RecordingError;
use nanotick_runtime::venue::{serve, VenueConfig, VenueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

fn venue_error(error: &VenueError) -> PyErr {
    core_error_with_code(i32::from(error.exit_code), &error.message, &error.hint)
}

fn recording_error(error: &RecordingError) -> PyErr {
    core_error_with_code(Exit::Data as i32, &error.message, &error.hint)
}

/// Serves until it is stopped; calls `on_ready` with one JSON object once clients may connect.
#[pyfunction]
pub fn venue_serve(py: Python<'_>, config: &[u8], on_ready: Py<PyAny>) -> PyResult<()> {
    let config = VenueConfig::from_json(config).map_err(|e| venue_error(&e))?;
    let mut told: PyResult<()> = Ok(());
    let served = py.detach(|| {
        serve(config, |ready| {
            told = Python::attach(|py| on_ready.call1(py, (PyBytes::new(py, ready.as_bytes()),)).map(|_| ()));
        })
    });
    told?;
    served.map_err(|e| venue_error(&e))
}

/// Rebuilds books from raw recordings and compares them with the venue's own quotes. Returns the report as JSON.
#[pyfunction]
pub fn book_verify<'py>(py: Python<'py>, paths: Vec<PathBuf>, format: &str) -> PyResult<Bound<'py, PyBytes>> {
    let format: Format = format.parse().map_err(|e| recording_error(&e))?;
    let report = py.detach(|| verify(&paths, format)).map_err(|e| recording_error(&e))?;
    let json = serde_json::to_vec(&report).map_err(|e| core_error(Exit::Failed, &e.to_string()))?;
    Ok(PyBytes::new(py, &json))
}
