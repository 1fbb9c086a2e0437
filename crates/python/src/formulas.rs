//! Formula objects: `update` for one input, `batch` for arrays, from the same kernel.

use nanotick_formulas::{
    build, AnyKernel, Bar, Book, Bound as End, Columns, FormulaInfo, ParamKind, Quote, Trade,
};
use nanotick_formulas::{CATALOGUE, MAX_OUTPUTS};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// A streaming formula. Also a signal's declaration: a strategy names it and the engine evaluates its own copy.
#[pyclass(module = "nanotick._core")]
pub struct Formula {
    kernel: AnyKernel,
    #[pyo3(get)]
    params: Vec<f64>,
    /// Named tuple class of the outputs; None for a single number.
    output: Option<Py<PyAny>>,
    /// "mid", "microprice" or "trade": where the engine takes the price from.
    #[pyo3(get)]
    feed: String,
    /// Length of the bars that the engine builds for it, seconds.
    #[pyo3(get)]
    bar_s: f64,
}

#[pymethods]
impl Formula {
    #[new]
    #[pyo3(signature = (key, params, output = None, feed = "mid", bar_s = 1.0))]
    fn new(
        key: &str,
        params: Vec<f64>,
        output: Option<Py<PyAny>>,
        feed: &str,
        bar_s: f64,
    ) -> PyResult<Formula> {
        let kernel = build(key, &params).map_err(|e| PyValueError::new_err(e.to_string()))?;
        if !["mid", "microprice", "trade"].contains(&feed) {
            return Err(PyValueError::new_err(format!(
                "feed is {feed:?}; it must be \"mid\", \"microprice\" or \"trade\""
            )));
        }
        if !(1e-3..=1e6).contains(&bar_s) {
            return Err(PyValueError::new_err(format!("bar_s is {bar_s}; it must be from 0.001 to 1e6")));
        }
        Ok(Formula { kernel, params, output, feed: feed.to_owned(), bar_s })
    }

    #[getter]
    fn key(&self) -> &'static str {
        self.kernel.info().key
    }
    /// Leading NaN outputs.
    #[getter]
    fn warmup(&self) -> usize {
        self.kernel.warmup()
    }
    #[getter]
    fn outputs(&self) -> Vec<&'static str> {
        self.kernel.info().outputs.iter().map(|o| o.name).collect()
    }
    fn reset(&mut self) {
        self.kernel.reset();
    }

    /// Takes one input; returns a float, or a named tuple where the formula has several outputs.
    #[pyo3(signature = (*inputs))]
    fn update<'py>(&mut self, py: Python<'py>, inputs: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let mut out = [f64::NAN; MAX_OUTPUTS];
        self.update_into(inputs, &mut out)?;
        match &self.output {
            None => Ok(out[0].into_pyobject(py)?.into_any()),
            Some(class) => {
                let n = self.kernel.info().outputs.len();
                class.bind(py).call1(PyTuple::new(py, &out[..n])?)
            }
        }
    }

    /// Runs a fresh copy over float64 arrays and writes float64 arrays of the same length.
    fn batch_into(
        &self,
        py: Python<'_>,
        inputs: Vec<PyBuffer<f64>>,
        outputs: Vec<PyBuffer<f64>>,
    ) -> PyResult<()> {
        let contiguous = |b: &PyBuffer<f64>| b.is_c_contiguous();
        if !inputs.iter().chain(&outputs).all(contiguous) || outputs.iter().any(|b| b.readonly()) {
            return Err(PyTypeError::new_err("inputs and outputs must be contiguous, outputs writable"));
        }
        let mut kernel = self.kernel.clone();
        kernel.reset();
        // SAFETY: contiguous float64 buffers that stay exported while the views live; outputs were made by our own
        // caller for this call alone, so nobody else writes or reads them.
        let read = inputs
            .iter()
            .map(|b| unsafe { std::slice::from_raw_parts(b.buf_ptr().cast::<f64>(), b.item_count()) });
        let read: Vec<&[f64]> = read.collect();
        // SAFETY: as above.
        let write = outputs
            .iter()
            .map(|b| unsafe { std::slice::from_raw_parts_mut(b.buf_ptr().cast::<f64>(), b.item_count()) });
        let mut write: Vec<&mut [f64]> = write.collect();
        let shapes: Vec<Vec<usize>> = inputs.iter().map(|b| b.shape().to_vec()).collect();
        let columns = columns(&kernel, &read, &shapes)?;
        py.detach(|| kernel.batch(columns, &mut write)).map_err(|e| PyValueError::new_err(e.to_string()))
    }

    fn __repr__(&self) -> String {
        let info = self.kernel.info();
        let given: Vec<String> =
            info.params.iter().zip(&self.params).map(|(p, v)| format!("{}={v}", p.name)).collect();
        format!("{}({})", info.key, given.join(", "))
    }
}

impl Formula {
    #[inline]
    fn update_into(&mut self, inputs: &Bound<'_, PyTuple>, out: &mut [f64]) -> PyResult<()> {
        let number = |i: usize| inputs.get_item(i)?.extract::<f64>();
        let wanted = self.kernel.info().input.columns().len();
        if inputs.len() != wanted {
            return Err(PyTypeError::new_err(format!(
                "{} takes {} inputs ({}), {} given",
                self.key(),
                wanted,
                self.kernel.info().input.columns().join(", "),
                inputs.len()
            )));
        }
        match &mut self.kernel {
            AnyKernel::Price(kernel) => kernel.update(number(0)?, out),
            AnyKernel::Bar(kernel) => {
                kernel.update(Bar { high: number(0)?, low: number(1)?, close: number(2)? }, out)
            }
            AnyKernel::Trade(kernel) => {
                kernel.update(Trade::at_seconds(number(0)?, number(1)?, number(2)?, number(3)?), out)
            }
            AnyKernel::Quote(kernel) => {
                let quote =
                    Quote { bid: number(0)?, ask: number(1)?, bid_size: number(2)?, ask_size: number(3)? };
                kernel.update(quote, out)
            }
            AnyKernel::Book(kernel) => {
                let bids: Vec<f64> = inputs.get_item(0)?.extract()?;
                let asks: Vec<f64> = inputs.get_item(1)?.extract()?;
                kernel.update(Book { bid_sizes: &bids, ask_sizes: &asks }, out)
            }
        }
        Ok(())
    }
}

fn columns<'a>(kernel: &AnyKernel, read: &[&'a [f64]], shapes: &[Vec<usize>]) -> PyResult<Columns<'a>> {
    let names = kernel.info().input.columns();
    if read.len() != names.len() {
        return Err(PyTypeError::new_err(format!(
            "{} takes {} arrays ({}), {} given",
            kernel.info().key,
            names.len(),
            names.join(", "),
            read.len()
        )));
    }
    let levels = |i: usize| shapes[i].get(1).copied().unwrap_or(1);
    Ok(match kernel {
        AnyKernel::Price(_) => Columns::Price(read[0]),
        AnyKernel::Bar(_) => Columns::Bar { high: read[0], low: read[1], close: read[2] },
        AnyKernel::Trade(_) => Columns::Trade { px: read[0], size: read[1], side: read[2], t_s: read[3] },
        AnyKernel::Quote(_) => {
            Columns::Quote { bid: read[0], ask: read[1], bid_size: read[2], ask_size: read[3] }
        }
        AnyKernel::Book(_) => Columns::Book {
            bid_sizes: read[0],
            bid_levels: levels(0),
            ask_sizes: read[1],
            ask_levels: levels(1),
        },
    })
}

/// The catalogue as a list of dicts: what registration, stubs and pages are made from.
#[pyfunction]
pub fn formula_catalogue(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    PyList::new(py, CATALOGUE.iter().map(|info| row(py, info)).collect::<PyResult<Vec<_>>>()?)
}

fn row<'py>(py: Python<'py>, info: &FormulaInfo) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("id", info.id)?;
    dict.set_item("key", info.key)?;
    dict.set_item("name", info.name)?;
    dict.set_item("category", info.category)?;
    dict.set_item("tier", info.tier)?;
    dict.set_item("inputs", info.input.columns())?;
    dict.set_item("outputs", info.outputs.iter().map(|o| o.name).collect::<Vec<_>>())?;
    dict.set_item("output_units", info.outputs.iter().map(|o| o.unit).collect::<Vec<_>>())?;
    dict.set_item("warmup", info.warmup)?;
    dict.set_item("definition", info.definition)?;
    dict.set_item("citation", info.citation)?;
    dict.set_item("oracle", info.oracle)?;
    let params = PyList::empty(py);
    for param in info.params {
        let end = |bound: &End| match bound {
            End::Included(v) => (*v, true),
            End::Excluded(v) => (*v, false),
        };
        let entry = PyDict::new(py);
        entry.set_item("name", param.name)?;
        entry.set_item("type", if param.kind == ParamKind::Int { "int" } else { "float" })?;
        entry.set_item("default", param.default)?;
        entry.set_item("low", end(&param.low))?;
        entry.set_item("high", end(&param.high))?;
        params.append(entry)?;
    }
    dict.set_item("params", params)?;
    Ok(dict)
}
