//! Parameters checked against the catalogue's ranges, and the errors that say what is allowed.

use std::fmt;

use crate::info::{FormulaInfo, ParamInfo, ParamKind};

/// Why a kernel was not built from the values given.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamError {
    OutOfRange { formula: &'static str, parameter: &'static str, given: String, allowed: String },
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
    /// No row of the catalogue has this key.
    UnknownFormula(String),
    /// The row is there, the kernel is not: planned, or a formula over whole arrays that Python has.
    NoKernel(&'static str),
    Param(ParamError),
    /// A pipeline whose stages do not fit together.
    Pipe(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormula(key) => write!(f, "there is no formula named {key:?} in the catalogue"),
            Self::NoKernel(key) => write!(f, "{key} has no streaming kernel"),
            Self::Param(error) => error.fmt(f),
            Self::Pipe(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for BuildError {}

impl From<ParamError> for BuildError {
    fn from(error: ParamError) -> Self {
        Self::Param(error)
    }
}

/// A parameter's value. Flags are 0 and 1, a choice is its place among the choices.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    List(Vec<f64>),
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

/// All values of a formula, in the catalogue's order and within its ranges.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    info: &'static FormulaInfo,
    values: Vec<Value>,
    width: usize,
}

impl Params {
    /// Values in the catalogue's order; those left out take their defaults.
    pub fn new(info: &'static FormulaInfo, given: &[Value]) -> Result<Self, ParamError> {
        let allowed = info.params.len();
        if given.len() > allowed {
            return Err(ParamError::TooMany { formula: info.key, given: given.len(), allowed });
        }
        let mut values = Vec::with_capacity(allowed);
        for (index, param) in info.params.iter().enumerate() {
            let value = given.get(index).cloned().unwrap_or_else(|| default(param));
            check(info, param, &value)?;
            values.push(value);
        }
        Ok(Self { info, values, width: 1 })
    }

    pub fn info(&self) -> &'static FormulaInfo {
        self.info
    }

    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Numbers in a row of the vector input: assets, experts, features. 1 before the first row.
    pub fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn with_width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.info.params.iter().position(|p| p.name == name).map(|index| &self.values[index])
    }

    /// The value as a number; of a list, its length.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.value(name).map(|value| match value {
            Value::Number(number) => *number,
            Value::List(list) => list.len() as f64,
        })
    }

    /// # Panics
    /// As all readers below: if the catalogue's row has no such parameter.
    pub fn float(&self, name: &str) -> f64 {
        self.number(name).unwrap_or_else(|| panic!("{} has no parameter {name}", self.info.key))
    }

    /// A whole number that is not negative.
    pub fn int(&self, name: &str) -> usize {
        self.float(name) as usize
    }

    /// A whole number of either sign.
    pub fn signed(&self, name: &str) -> i64 {
        self.float(name) as i64
    }

    pub fn flag(&self, name: &str) -> bool {
        self.float(name) != 0.0
    }

    pub fn choice(&self, name: &str) -> &'static str {
        let place = self.int(name);
        let param = self.info.params.iter().find(|p| p.name == name);
        param.and_then(|p| p.choices.get(place)).unwrap_or_else(|| panic!("{name} is no choice"))
    }

    pub fn list(&self, name: &str) -> &[f64] {
        match self.value(name) {
            Some(Value::List(list)) => list,
            _ => panic!("{} has no list {name}", self.info.key),
        }
    }

    /// For a rule between parameters, which no single range can state.
    pub fn refuse(&self, name: &'static str, allowed: impl Into<String>) -> ParamError {
        ParamError::OutOfRange {
            formula: self.info.key,
            parameter: name,
            given: self.value(name).map_or_else(String::new, text),
            allowed: allowed.into(),
        }
    }
}

fn default(param: &ParamInfo) -> Value {
    match param.kind {
        ParamKind::List => Value::List(param.default.to_vec()),
        _ => Value::Number(param.default[0]),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::List(list) => format!("{list:?}"),
    }
}

fn check(info: &FormulaInfo, param: &'static ParamInfo, value: &Value) -> Result<(), ParamError> {
    let good = match (value, param.kind) {
        (Value::Number(number), kind) if kind != ParamKind::List => param.allows(*number),
        (Value::List(list), ParamKind::List) => !list.is_empty() && list.iter().all(|&x| param.allows(x)),
        _ => false,
    };
    if good {
        return Ok(());
    }
    Err(ParamError::OutOfRange {
        formula: info.key,
        parameter: param.name,
        given: text(value),
        allowed: param.to_string(),
    })
}
