//! Correlations of many instruments, tick by tick.

use nanotick_formulas::dependence::CorrelationMatrix as Kernel;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// `nanotick.formulas.CorrelationMatrix` wraps it and gives the symbols names.
#[pyclass(module = "nanotick._core")]
pub struct CorrelationMatrix {
    kernel: Kernel,
}

#[pymethods]
impl CorrelationMatrix {
    #[new]
    fn new(symbols: usize, tau_s: f64) -> PyResult<CorrelationMatrix> {
        if symbols == 0 || !(tau_s > 0.0 && tau_s.is_finite()) {
            return Err(PyValueError::new_err(
                "there is at least one symbol, and tau_s is a positive number",
            ));
        }
        Ok(CorrelationMatrix { kernel: Kernel::new(symbols, tau_s) })
    }

    /// True if the tick brought the symbol's row up to date.
    fn tick(&mut self, symbol: usize, t_s: f64, price: f64) -> PyResult<bool> {
        self.checked(symbol)?;
        Ok(self.kernel.tick(symbol, t_s, price).is_some())
    }

    fn correlation(&self, i: usize, j: usize) -> PyResult<f64> {
        self.checked(i.max(j))?;
        Ok(self.kernel.correlation(i, j))
    }

    fn covariance(&self, i: usize, j: usize) -> PyResult<f64> {
        self.checked(i.max(j))?;
        Ok(self.kernel.covariance(i, j))
    }
}

impl CorrelationMatrix {
    fn checked(&self, symbol: usize) -> PyResult<()> {
        if symbol < self.kernel.symbols() {
            return Ok(());
        }
        Err(PyValueError::new_err(format!("symbol {symbol} of {}", self.kernel.symbols())))
    }
}
