//! Rust errors as the one exception that the Python package translates: exit code, sentence, hint.

use nanotick_journal::JournalError;
use nanotick_runtime::session::ConfigProblem;
use nanotick_runtime::transport::{NetError, NetErrorKind};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

pyo3::create_exception!(
    nanotick._core,
    CoreError,
    PyException,
    "An error of the core, with `code` (the exit code), `message` and `hint`."
);

/// Exit codes of the command line, as far as the core decides them.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Exit {
    Failed = 1,
    Usage = 2,
    Config = 3,
    Data = 4,
    Venue = 5,
}

/// A [`CoreError`]; `text` may end with a `hint:` line of its own.
pub fn core_error(exit: Exit, text: &str) -> PyErr {
    let (message, hint) = text.split_once("\nhint: ").unwrap_or((text, ""));
    core_error_with_code(exit as i32, message, hint)
}

pub fn core_error_with_code(code: i32, message: &str, hint: &str) -> PyErr {
    Python::attach(|py| {
        let error = CoreError::new_err((message.to_owned(),));
        let value = error.value(py);
        let set = value
            .setattr("code", code)
            .and_then(|()| value.setattr("message", message))
            .and_then(|()| value.setattr("hint", (!hint.is_empty()).then_some(hint)));
        match set {
            Ok(()) => error,
            Err(other) => other,
        }
    })
}

pub fn config_error(problem: &ConfigProblem) -> PyErr {
    core_error(Exit::Config, &format!("{problem}\nhint: {}", problem.hint))
}

pub fn journal_error(error: &JournalError) -> PyErr {
    core_error(Exit::Data, &error.to_string())
}

pub fn net_error(error: &NetError) -> PyErr {
    let exit = match error.kind {
        NetErrorKind::Config => Exit::Config,
        NetErrorKind::Unreachable | NetErrorKind::Tls | NetErrorKind::Refused | NetErrorKind::TimedOut => {
            Exit::Venue
        }
    };
    core_error_with_code(exit as i32, &error.message, &error.hint)
}
