//! Named outputs of one update: a small object with the numbers in it. It is used like a named tuple (attributes,
//! index, unpacking, comparison), but holds plain doubles, so that making one costs no boxed float each.
//!
//! One type a formula, with a member for each output, made when the formula is first used. All `unsafe` here is
//! the C API's: a heap type without garbage collection, whose only memory is its own.

use pyo3::exceptions::PyIndexError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void, CString};

#[repr(C)]
struct Head {
    base: ffi::PyObject,
    count: usize,
}

/// Where the numbers start.
const VALUES: usize = std::mem::size_of::<Head>();

/// A record type and how many numbers its objects have.
pub struct RecordType {
    class: Py<PyAny>,
    count: usize,
}

impl RecordType {
    /// Members named as the outputs. `name` is dotted: module and class.
    pub fn new(py: Python<'_>, name: &str, outputs: &[&str]) -> PyResult<RecordType> {
        let text = |s: &str| CString::new(s).expect("catalogue names hold no zero byte");
        // The type keeps pointers to its names for as long as it lives, which is as long as the process.
        let member = |(place, output): (usize, &&str)| ffi::PyMemberDef {
            name: text(output).into_raw(),
            type_code: ffi::Py_T_DOUBLE,
            offset: (VALUES + 8 * place) as ffi::Py_ssize_t,
            flags: ffi::Py_READONLY,
            doc: std::ptr::null(),
        };
        let mut members: Vec<ffi::PyMemberDef> = outputs.iter().enumerate().map(member).collect();
        members.push(ffi::PyMemberDef::default());
        let slot = |slot: c_int, pfunc: *mut c_void| ffi::PyType_Slot { slot, pfunc };
        let mut slots = [
            slot(ffi::Py_tp_members, Box::leak(members.into_boxed_slice()).as_mut_ptr().cast()),
            slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
            slot(ffi::Py_sq_length, length as *mut c_void),
            slot(ffi::Py_sq_item, item as *mut c_void),
            slot(ffi::Py_tp_repr, repr as *mut c_void),
            slot(ffi::Py_tp_richcompare, compare as *mut c_void),
            slot(ffi::Py_tp_hash, hash as *mut c_void),
            slot(0, std::ptr::null_mut()),
        ];
        let mut spec = ffi::PyType_Spec {
            name: text(name).into_raw(),
            basicsize: (VALUES + 8 * outputs.len()) as c_int,
            itemsize: 0,
            flags: ffi::Py_TPFLAGS_DEFAULT as u32 | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION as u32,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: spec and slots are valid for the call; what the type keeps of them was leaked above.
        let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec))? };
        let names = pyo3::types::PyTuple::new(py, outputs)?;
        class.setattr("_fields", &names)?;
        class.setattr("__match_args__", names)?;
        // Taken apart by `match` as a sequence.
        py.import("collections.abc")?.getattr("Sequence")?.call_method1("register", (&class,))?;
        Ok(RecordType { class: class.unbind(), count: outputs.len() })
    }

    pub fn class(&self) -> &Py<PyAny> {
        &self.class
    }

    /// A new object with these numbers; a new reference, or null with an error set.
    #[inline]
    pub fn make(&self, _py: Python<'_>, values: &[f64]) -> *mut ffi::PyObject {
        assert!(values.len() >= self.count);
        // SAFETY: the class is a heap type made above, so the object has a head and `count` doubles.
        unsafe {
            let object = ffi::PyType_GenericAlloc(self.class.as_ptr().cast(), 0);
            if !object.is_null() {
                (*object.cast::<Head>()).count = self.count;
                std::ptr::copy_nonoverlapping(values.as_ptr(), numbers(object), self.count);
            }
            object
        }
    }
}

/// # Safety
/// `object` is a record.
#[inline(always)]
unsafe fn numbers(object: *mut ffi::PyObject) -> *mut f64 {
    // SAFETY: as the caller promised; the numbers follow the head.
    unsafe { object.cast::<u8>().add(VALUES).cast() }
}

/// # Safety
/// `object` is a record that outlives the slice.
unsafe fn values<'a>(object: *mut ffi::PyObject) -> &'a [f64] {
    // SAFETY: as the caller promised; `make` wrote as many numbers as the head counts.
    unsafe { std::slice::from_raw_parts(numbers(object), (*object.cast::<Head>()).count) }
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter for the last reference; an instance of a heap type owns one of its type.
    unsafe {
        let class = ffi::Py_TYPE(object);
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}

unsafe extern "C" fn length(object: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: called by the interpreter with a record.
    unsafe { values(object).len() as ffi::Py_ssize_t }
}

unsafe extern "C" fn item(object: *mut ffi::PyObject, index: ffi::Py_ssize_t) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a record; it has turned negative indices into positive ones.
    unsafe {
        match usize::try_from(index).ok().and_then(|index| values(object).get(index)) {
            Some(value) => ffi::PyFloat_FromDouble(*value),
            None => {
                PyIndexError::new_err("there are not so many outputs").restore(Python::assume_attached());
                std::ptr::null_mut()
            }
        }
    }
}

/// The same as that of a tuple of the numbers, with names: `BollingerOutputs(upper=1.0, …)`.
unsafe extern "C" fn repr(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a record.
    unsafe {
        let py = Python::assume_attached();
        let text = || -> PyResult<String> {
            let class = Bound::from_borrowed_ptr(py, ffi::Py_TYPE(object).cast());
            let fields: Vec<String> = class.getattr("_fields")?.extract()?;
            let shown: Vec<String> = fields
                .iter()
                .zip(values(object))
                .map(|(name, value)| Ok(format!("{name}={}", value.into_pyobject(py)?.repr()?)))
                .collect::<PyResult<_>>()?;
            Ok(format!("{}({})", class.getattr("__name__")?, shown.join(", ")))
        };
        match text().and_then(|text| Ok(text.into_pyobject(py)?.into_ptr())) {
            Ok(pointer) => pointer,
            Err(error) => {
                error.restore(py);
                std::ptr::null_mut()
            }
        }
    }
}

/// Compares as the tuple of its numbers.
unsafe extern "C" fn compare(
    left: *mut ffi::PyObject,
    right: *mut ffi::PyObject,
    operation: c_int,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter, `left` is a record; new references are released below.
    unsafe {
        let a = ffi::PySequence_Tuple(left);
        let b = if ffi::Py_TYPE(left) == ffi::Py_TYPE(right) {
            ffi::PySequence_Tuple(right)
        } else {
            ffi::Py_NewRef(right)
        };
        let result = if a.is_null() || b.is_null() {
            std::ptr::null_mut()
        } else {
            ffi::PyObject_RichCompare(a, b, operation)
        };
        ffi::Py_XDECREF(a);
        ffi::Py_XDECREF(b);
        result
    }
}

unsafe extern "C" fn hash(object: *mut ffi::PyObject) -> ffi::Py_hash_t {
    // SAFETY: called by the interpreter with a record.
    unsafe {
        let tuple = ffi::PySequence_Tuple(object);
        if tuple.is_null() {
            return -1;
        }
        let hash = ffi::PyObject_Hash(tuple);
        ffi::Py_DECREF(tuple);
        hash
    }
}
