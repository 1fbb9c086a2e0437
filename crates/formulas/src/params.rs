//! Parameters checked against the catalogue's ranges, and the errors that say what is allowed.

use std::fmt;

use crate::info::FormulaInfo;

/// Why a kernel was not built from the values given.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamError {
    OutOfRange { formula: &'static str, parameter: &'static str, given: f64, allowed: String },
    TooMany { formula: &'static str, given: usize, allowed: usize },
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { formula, parameter, given, allowed } => {
                write!(f, "{formula}: {parameter} is {given}, allowed is {allowed}")
            }
            Self::TooMany { formula, given, allowed } => {
                write!(f, "{formula}: {given} parameters given, allowed are at most {allowed}")
            }
        }
    }
}

impl std::error::Error for ParamError {}

/// Why no kernel came out of a name and values.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildError {
    UnknownFormula(String),
    Param(ParamError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormula(key) => write!(f, "there is no formula named {key:?} in the catalogue"),
            Self::Param(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {}

impl From<ParamError> for BuildError {
    fn from(error: ParamError) -> Self {
        Self::Param(error)
    }
}

/// Values that passed their ranges; those left out have become the defaults.
pub struct Given<'a> {
    info: &'static FormulaInfo,
    values: &'a [f64],
}

impl<'a> Given<'a> {
    pub(crate) fn new(info: &'static FormulaInfo, values: &'a [f64]) -> Result<Self, ParamError> {
        let allowed = info.params.len();
        if values.len() > allowed {
            return Err(ParamError::TooMany { formula: info.key, given: values.len(), allowed });
        }
        let given = Self { info, values };
        for (index, (param, &value)) in info.params.iter().zip(values).enumerate() {
            if !param.allows(value) {
                return Err(given.refuse(index, param.to_string()));
            }
        }
        Ok(given)
    }

    pub(crate) fn float(&self, index: usize) -> f64 {
        self.values.get(index).copied().unwrap_or(self.info.params[index].default)
    }

    /// Exact: the catalogue's integer ranges end far below 2^53.
    pub(crate) fn int(&self, index: usize) -> usize {
        self.float(index) as usize
    }

    /// For a rule between parameters, which no single range can state.
    pub(crate) fn refuse(&self, index: usize, allowed: String) -> ParamError {
        ParamError::OutOfRange {
            formula: self.info.key,
            parameter: self.info.params[index].name,
            given: self.float(index),
            allowed,
        }
    }
}
