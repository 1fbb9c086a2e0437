//! Layouts of engine memory, for NumPy and Numba; and what this build is.

use nanotick_engine::risk::Code;
use nanotick_model::ClientId;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::BTreeMap;

/// A field: name, NumPy element type, element count, offset in bytes.
type Field = (&'static str, &'static str, usize, usize);

/// Fields of the view.
#[pyfunction]
pub fn view_layout() -> Vec<Field> {
    nanotick_engine::view_layout()
}

/// Fields of the order sheet.
#[pyfunction]
pub fn sheet_layout() -> Vec<Field> {
    nanotick_engine::sheet_layout()
}

/// The names of the reasons for which risk refuses an order, by their number.
#[pyfunction]
pub fn risk_codes() -> BTreeMap<u16, &'static str> {
    Code::ALL.iter().map(|&code| (code as u16, code.name())).collect()
}

/// An order id as it stands on the wire, such as `nt1-2s`.
#[pyfunction]
pub fn order_id_text(order_id: u64) -> String {
    ClientId(order_id).to_string()
}

/// Version, target and profile of the core.
#[pyfunction]
pub fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("version", env!("CARGO_PKG_VERSION"))?;
    dict.set_item("arch", std::env::consts::ARCH)?;
    dict.set_item("os", std::env::consts::OS)?;
    dict.set_item("optimised", !cfg!(debug_assertions))?;
    Ok(dict)
}
