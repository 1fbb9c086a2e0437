//! Formula objects: `update` for one row of inputs, `batch` for arrays, from the same kernel.

mod buffer;
mod call;
mod matrix;
mod record;

pub use buffer::Buffer;
pub use matrix::CorrelationMatrix;

use crate::formulas::record::RecordType;
use nanotick_formulas::{
    implemented, Bound as End, Field, Formula as Kernel, FormulaInfo, ParamKind, Recipe, Value, CATALOGUE,
};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// A formula with its state. `nanotick.formulas` wraps it.
#[pyclass(module = "nanotick._core")]
pub struct Formula {
    formula: Kernel,
    /// Numbers of a row of outputs.
    width: usize,
    /// An input or an output is a row of numbers.
    has_rows: bool,
    /// None where there is one output.
    record: Option<Arc<RecordType>>,
}

#[pymethods]
impl Formula {
    /// `recipe` is (key, parameters, recipe of the formula that feeds it or None, outputs picked of that).
    #[new]
    fn new(py: Python<'_>, recipe: &Bound<'_, PyTuple>) -> PyResult<Formula> {
        let formula = read_recipe(recipe)?.build().map_err(|e| PyValueError::new_err(e.to_string()))?;
        let outputs: Vec<&str> = formula.info().outputs.iter().map(|output| output.name).collect();
        let record =
            if outputs.len() == 1 { None } else { Some(record_type(py, formula.info().key, &outputs)?) };
        let has_rows = gives_rows(&formula) || formula.columns().iter().any(|column| column.vector);
        Ok(Formula { width: formula.width(), has_rows, record, formula })
    }

    /// Leading NaN outputs.
    #[getter]
    fn warmup(&self) -> usize {
        self.formula.warmup()
    }
    /// Positional inputs: name, and whether it is a row of numbers.
    #[getter]
    fn columns(&self) -> Vec<(&'static str, bool)> {
        self.formula.columns().iter().map(|column| (column.name, column.vector)).collect()
    }
    #[getter]
    fn outputs(&self) -> Vec<&'static str> {
        self.formula.info().outputs.iter().map(|output| output.name).collect()
    }
    /// Numbers in a row of each output.
    #[getter]
    fn widths(&self) -> Vec<usize> {
        self.formula.widths().to_vec()
    }
    /// The class of several outputs; None of one.
    #[getter]
    fn record(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.record.as_ref().map(|record| record.class().clone_ref(py))
    }
    fn fit(&mut self, width: usize) {
        self.formula.fit(width);
        self.width = self.formula.width();
    }
    fn reset(&mut self) {
        self.formula.reset();
    }
    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.formula.save())
    }
    fn load(&mut self, state: &[u8]) -> PyResult<()> {
        self.formula.load(state).map_err(|e| PyValueError::new_err(e.to_string()))
    }
    /// The built-in function behind `update`.
    fn updater<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        call::updater(slf)
    }
    /// A copy, with or without the state.
    fn copy(&self, fresh: bool) -> Formula {
        let mut formula = self.formula.clone();
        if fresh {
            formula.reset();
        }
        Formula { width: self.width, has_rows: self.has_rows, record: self.record.clone(), formula }
    }
}

impl Formula {
    /// The outputs as Python sees them; a new reference, or null with an error set.
    #[inline(always)]
    fn wrap(&self, py: Python<'_>, out: &[f64]) -> *mut ffi::PyObject {
        match &self.record {
            // SAFETY: the interpreter is attached.
            None => unsafe { ffi::PyFloat_FromDouble(out[0]) },
            Some(record) => record.make(py, out),
        }
    }
}

/// An output is a row of numbers, be it of one.
fn gives_rows(formula: &Kernel) -> bool {
    formula.info().outputs.iter().any(|output| !output.shape.is_empty())
}

fn read_recipe(recipe: &Bound<'_, PyTuple>) -> PyResult<Recipe> {
    type Parts<'py> = (String, Vec<Bound<'py, PyAny>>, Option<Bound<'py, PyTuple>>, Vec<String>);
    let (key, params, source, picks): Parts<'_> = recipe.extract()?;
    let value = |given: &Bound<'_, PyAny>| -> PyResult<Value> {
        match given.extract::<f64>() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Ok(Value::List(given.extract()?)),
        }
    };
    Ok(Recipe {
        key,
        params: params.iter().map(value).collect::<PyResult<_>>()?,
        source: source.map(|source| read_recipe(&source)).transpose()?.map(Box::new),
        picks,
    })
}

/// One class a formula for the life of the process.
fn record_type(py: Python<'_>, key: &str, outputs: &[&str]) -> PyResult<Arc<RecordType>> {
    static TYPES: OnceLock<Mutex<HashMap<String, Arc<RecordType>>>> = OnceLock::new();
    let mut types =
        TYPES.get_or_init(Mutex::default).lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = types.get(key) {
        return Ok(known.clone());
    }
    let camel: String = key.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    let made = Arc::new(RecordType::new(py, &format!("nanotick.formulas.{camel}Outputs"), outputs)?);
    types.insert(key.to_owned(), made.clone());
    Ok(made)
}

/// One formula over one set of columns.
struct Job {
    formula: Kernel,
    inputs: Vec<(PyBuffer<f64>, usize)>,
    outputs: Vec<PyBuffer<f64>>,
}

/// Runs formulas over float64 arrays, each from a fresh state, spread over `threads` threads. A job is
/// (formula, input arrays, output arrays to write); the lengths of all were agreed by the caller.
#[pyfunction]
pub fn formula_batches(py: Python<'_>, jobs: Vec<Bound<'_, PyTuple>>, threads: usize) -> PyResult<()> {
    let jobs = jobs.iter().map(read_job).collect::<PyResult<Vec<Job>>>()?;
    py.detach(|| {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let jobs: Vec<Mutex<Job>> = jobs.into_iter().map(Mutex::new).collect();
        let work = || -> Result<(), String> {
            loop {
                let place = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(job) = jobs.get(place) else { return Ok(()) };
                job.lock().unwrap_or_else(std::sync::PoisonError::into_inner).run()?;
            }
        };
        let threads = threads.clamp(1, jobs.len().max(1));
        if threads == 1 {
            return work();
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|_| Err("a formula failed: this is a defect of nanotick".to_owned()))
            })
        })
    })
    .map_err(PyValueError::new_err)
}

fn read_job(job: &Bound<'_, PyTuple>) -> PyResult<Job> {
    type Parts<'py> = (PyRef<'py, Formula>, Vec<PyBuffer<f64>>, Vec<PyBuffer<f64>>);
    let (formula, inputs, outputs): Parts<'_> = job.extract()?;
    if !inputs.iter().chain(&outputs).all(|b| b.is_c_contiguous()) || outputs.iter().any(|b| b.readonly()) {
        return Err(PyTypeError::new_err("inputs and outputs must be contiguous, outputs writable"));
    }
    let kernel = formula.formula.clone();
    let inputs = inputs
        .into_iter()
        .map(|buffer| {
            let width = buffer.shape().get(1).copied().unwrap_or(1);
            (buffer, width)
        })
        .collect();
    Ok(Job { formula: kernel, inputs, outputs })
}

impl Job {
    fn run(&mut self) -> Result<(), String> {
        let read = |buffer: &PyBuffer<f64>| (buffer.buf_ptr().cast::<f64>(), buffer.item_count());
        let fields: Vec<Field<'_>> = self
            .inputs
            .iter()
            .map(|(buffer, width)| {
                let (start, count) = read(buffer);
                // SAFETY: a contiguous float64 buffer that stays exported while the job lives.
                Field { values: unsafe { std::slice::from_raw_parts(start, count) }, width: *width }
            })
            .collect();
        let mut outputs: Vec<&mut [f64]> = self
            .outputs
            .iter()
            .map(|buffer| {
                let (start, count) = read(buffer);
                // SAFETY: as above; outputs were made by our own caller for this call alone, so nobody else writes or
                // reads them.
                unsafe { std::slice::from_raw_parts_mut(start, count) }
            })
            .collect();
        self.formula.batch_fresh(&fields, &mut outputs).map_err(|e| e.to_string())
    }
}

/// The catalogue as a list of dicts: what registration, stubs and pages are made from.
#[pyfunction]
pub fn formula_catalogue(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let kernels: std::collections::HashSet<&str> = implemented().map(|info| info.key).collect();
    let rows = CATALOGUE.iter().map(|info| row(py, info, kernels.contains(info.key)));
    PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
}

fn row<'py>(py: Python<'py>, info: &FormulaInfo, has_kernel: bool) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("id", info.id)?;
    dict.set_item("key", info.key)?;
    dict.set_item("name", info.name)?;
    dict.set_item("category", info.category)?;
    dict.set_item("subcategory", info.subcategory)?;
    dict.set_item("tier", info.tier)?;
    dict.set_item("kernel", has_kernel)?;
    dict.set_item("streams", info.streams)?;
    dict.set_item("columns", info.columns.iter().map(|c| (c.name, c.vector)).collect::<Vec<_>>())?;
    dict.set_item("outputs", info.outputs.iter().map(|o| (o.name, o.unit, o.shape)).collect::<Vec<_>>())?;
    dict.set_item("warmup", info.warmup)?;
    dict.set_item("streaming", info.streaming)?;
    dict.set_item("definition", info.definition)?;
    dict.set_item("citation", info.citation)?;
    dict.set_item("oracle", info.oracle)?;
    dict.set_item("invariants", info.invariants)?;
    dict.set_item("note", info.note)?;
    let params = PyList::empty(py);
    for param in info.params {
        let end = |bound: &End| match bound {
            End::Included(v) => (*v, true),
            End::Excluded(v) => (*v, false),
        };
        let kind = match param.kind {
            ParamKind::Int => "int",
            ParamKind::Float => "float",
            ParamKind::Flag => "bool",
            ParamKind::Choice => "str",
            ParamKind::List => "list",
        };
        let entry = PyDict::new(py);
        entry.set_item("name", param.name)?;
        entry.set_item("type", kind)?;
        entry.set_item("default", param.default)?;
        entry.set_item("choices", param.choices)?;
        entry.set_item("low", end(&param.low))?;
        entry.set_item("high", end(&param.high))?;
        entry.set_item("range", param.to_string())?;
        params.append(entry)?;
    }
    dict.set_item("params", params)?;
    Ok(dict)
}
