//! `formula.update` as the interpreter likes it best: a built-in function bound to the formula, without keyword
//! arguments and without a tuple. A method of the class would cost as much again as the formula itself.

use super::Formula;
use nanotick_formulas::Field;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use std::array::from_fn;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Columns and outputs that are kept on the stack; no formula has more columns.
const MAX_COLUMNS: usize = 16;
const MAX_OUTPUTS: usize = 32;
/// Columns and outputs that most formulas have at most.
const FEW: usize = 5;

struct Definition(ffi::PyMethodDef);
// SAFETY: never written; the interpreter only reads it.
unsafe impl Sync for Definition {}

static UPDATE_ONE: Definition = Definition(ffi::PyMethodDef {
    ml_name: c"update".as_ptr(),
    ml_meth: ffi::PyMethodDefPointer { PyCFunction: update_one },
    ml_flags: ffi::METH_O,
    ml_doc: c"Takes one input; returns a float, or the named outputs.".as_ptr(),
});

static UPDATE_ROW: Definition = Definition(ffi::PyMethodDef {
    ml_name: c"update".as_ptr(),
    ml_meth: ffi::PyMethodDefPointer { PyCFunctionFast: update_row },
    ml_flags: ffi::METH_FASTCALL,
    ml_doc: c"Takes one row of inputs; returns a float, or the named outputs.".as_ptr(),
});

/// The function; it keeps the formula alive.
pub fn updater<'py>(formula: &Bound<'py, Formula>) -> PyResult<Bound<'py, PyAny>> {
    let columns = formula.borrow().formula.columns();
    let one = columns.len() == 1 && !columns[0].vector;
    let definition = if one { &UPDATE_ONE } else { &UPDATE_ROW };
    // SAFETY: the definition is static and never written through the pointer; the function takes its own
    // reference to the formula.
    unsafe {
        let function = ffi::PyCFunction_NewEx(
            std::ptr::from_ref(&definition.0).cast_mut(),
            formula.as_ptr(),
            std::ptr::null_mut(),
        );
        Bound::from_owned_ptr_or_err(formula.py(), function)
    }
}

/// Runs `body` on the formula behind `slf`; an error or a panic becomes a Python exception.
#[inline(always)]
unsafe fn on_formula(
    slf: *mut ffi::PyObject,
    body: impl FnOnce(Python<'_>, &mut Formula) -> PyResult<*mut ffi::PyObject>,
) -> *mut ffi::PyObject {
    // SAFETY: `slf` is the formula that `updater` bound, and the interpreter holds the GIL.
    let (py, formula) = unsafe {
        let py = Python::assume_attached();
        (py, Bound::from_borrowed_ptr(py, slf).cast_into_unchecked::<Formula>())
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| body(py, &mut *formula.try_borrow_mut()?)));
    match outcome {
        Ok(Ok(object)) => object,
        Ok(Err(error)) => {
            error.restore(py);
            std::ptr::null_mut()
        }
        Err(_) => {
            PyRuntimeError::new_err("the formula failed: this is a defect of nanotick").restore(py);
            std::ptr::null_mut()
        }
    }
}

#[inline(always)]
unsafe fn number(py: Python<'_>, object: *mut ffi::PyObject) -> PyResult<f64> {
    // SAFETY: a borrowed argument of the call.
    let value = unsafe { ffi::PyFloat_AsDouble(object) };
    if value == -1.0 {
        if let Some(error) = PyErr::take(py) {
            return Err(error);
        }
    }
    Ok(value)
}

unsafe extern "C" fn update_one(slf: *mut ffi::PyObject, argument: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter.
    unsafe {
        on_formula(slf, |py, formula| {
            if formula.has_rows {
                return update_rows(py, formula, &[argument]);
            }
            let x = number(py, argument)?;
            if formula.width <= FEW {
                one::<FEW>(py, formula, x)
            } else {
                one::<MAX_OUTPUTS>(py, formula, x)
            }
        })
    }
}

unsafe extern "C" fn update_row(
    slf: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with `count` borrowed arguments.
    unsafe {
        let arguments = std::slice::from_raw_parts(arguments, count as usize);
        on_formula(slf, |py, formula| {
            let columns = formula.formula.columns();
            if arguments.len() != columns.len() {
                return Err(wrong_count(formula, arguments.len()));
            }
            if formula.has_rows {
                return update_rows(py, formula, arguments);
            }
            if columns.len() <= FEW && formula.width <= FEW {
                row::<FEW, FEW>(py, formula, arguments)
            } else {
                row::<MAX_COLUMNS, MAX_OUTPUTS>(py, formula, arguments)
            }
        })
    }
}

#[inline(always)]
fn one<const OUTPUTS: usize>(py: Python<'_>, formula: &mut Formula, x: f64) -> PyResult<*mut ffi::PyObject> {
    let mut out = [f64::NAN; OUTPUTS];
    formula.formula.update_one(x, &mut out[..formula.width]);
    Ok(formula.wrap(py, &out))
}

/// One row of scalars, no more than the arrays are made for: clearing room for the widest formula would cost as much as
/// the rest of the call.
#[inline(always)]
unsafe fn row<const COLUMNS: usize, const OUTPUTS: usize>(
    py: Python<'_>,
    formula: &mut Formula,
    arguments: &[*mut ffi::PyObject],
) -> PyResult<*mut ffi::PyObject> {
    let mut numbers = [0.0; COLUMNS];
    for (number_out, &argument) in numbers.iter_mut().zip(arguments) {
        // SAFETY: a borrowed argument of the call.
        *number_out = unsafe { number(py, argument)? };
    }
    let fields: [Field<'_>; COLUMNS] = from_fn(|at| Field::scalars(std::slice::from_ref(&numbers[at])));
    let mut out = [f64::NAN; OUTPUTS];
    formula.formula.update(&fields[..arguments.len()], 0, &mut out[..formula.width]);
    Ok(formula.wrap(py, &out))
}

fn wrong_count(formula: &Formula, given: usize) -> PyErr {
    let names: Vec<&str> = formula.formula.columns().iter().map(|column| column.name).collect();
    PyTypeError::new_err(format!(
        "{} takes {} inputs ({}), {given} given",
        formula.formula.info().key,
        names.len(),
        names.join(", ")
    ))
}

/// Rows of numbers are read in place from arrays, and copied from other sequences.
#[cold]
unsafe fn update_rows(
    py: Python<'_>,
    formula: &mut Formula,
    arguments: &[*mut ffi::PyObject],
) -> PyResult<*mut ffi::PyObject> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(arguments.len());
    for (column, &argument) in formula.formula.columns().iter().zip(arguments) {
        // SAFETY: a borrowed argument of the call.
        let argument = unsafe { Bound::from_borrowed_ptr(py, argument) };
        rows.push(match PyBuffer::<f64>::get(&argument) {
            Ok(buffer) if column.vector => buffer.to_vec(py)?,
            _ if column.vector => argument.extract()?,
            _ => vec![argument.extract()?],
        });
    }
    let fields: Vec<Field<'_>> = rows.iter().map(|values| Field { values, width: values.len() }).collect();
    let width = formula.formula.columns().iter().zip(&fields).find(|(column, _)| column.vector);
    if let Some((_, field)) = width {
        formula.formula.fit(field.width);
    }
    let mut out = vec![f64::NAN; formula.formula.width()];
    formula.formula.update(&fields, 0, &mut out);
    if !super::gives_rows(&formula.formula) {
        return Ok(formula.wrap(py, &out));
    }
    // Outputs that are rows of numbers: Python makes arrays of them.
    Ok(out.into_pyobject(py)?.into_ptr())
}
