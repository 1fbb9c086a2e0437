//! What has to be right before a kernel runs over columns, and the head of a saved state.

use std::fmt;

use crate::formula::Formula;
use crate::info::{ColumnInfo, FormulaInfo};
use crate::params::{Params, Value};
use crate::persist::{Persist, Reader, StateError};
use crate::row::Field;

/// Why a batch was not run. Nothing was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchError {
    WrongInputs { formula: &'static str, wanted: &'static [ColumnInfo], given: usize },
    WrongLength { formula: &'static str, column: &'static str, given: usize, wanted: usize },
    WrongShape { formula: &'static str, column: &'static str, vector: bool },
    WrongOutputs { formula: &'static str, given: usize, wanted: usize },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongInputs { formula, wanted, given } => {
                let names: Vec<&str> = wanted.iter().map(|column| column.name).collect();
                write!(f, "{formula}: the inputs are {}; {given} given", names.join(", "))
            }
            Self::WrongLength { formula, column, given, wanted } => {
                write!(f, "{formula}: {column} has {given} rows, the first column has {wanted}")
            }
            Self::WrongShape { formula, column, vector: true } => {
                write!(f, "{formula}: {column} takes a row of numbers for each update, one number given")
            }
            Self::WrongShape { formula, column, vector: false } => {
                write!(f, "{formula}: {column} takes one number for each update, a row of numbers given")
            }
            Self::WrongOutputs { formula, given, wanted } => {
                write!(f, "{formula}: {given} output columns given, the formula has {wanted}")
            }
        }
    }
}

impl std::error::Error for BatchError {}

/// How many rows there are, if inputs and outputs fit the formula.
pub(crate) fn check(
    formula: &mut Formula,
    fields: &[Field<'_>],
    out: &[&mut [f64]],
) -> Result<usize, BatchError> {
    let (key, columns) = (formula.info().key, formula.columns());
    if fields.len() != columns.len() {
        return Err(BatchError::WrongInputs { formula: key, wanted: columns, given: fields.len() });
    }
    let rows = fields.first().map_or(0, Field::rows);
    for (column, field) in columns.iter().zip(fields) {
        if field.width != 1 && !column.vector {
            return Err(BatchError::WrongShape { formula: key, column: column.name, vector: column.vector });
        }
        let (given, wanted) = (field.rows(), rows);
        if given != wanted {
            return Err(BatchError::WrongLength { formula: key, column: column.name, given, wanted });
        }
    }
    if let Some(width) = vector_width(columns, fields) {
        formula.fit(width);
    }
    let info: &FormulaInfo = formula.info();
    if out.len() != info.outputs.len() {
        return Err(BatchError::WrongOutputs { formula: key, given: out.len(), wanted: info.outputs.len() });
    }
    for ((output, column), width) in info.outputs.iter().zip(out).zip(formula.widths()) {
        if column.len() != rows * width {
            let given = column.len() / width;
            return Err(BatchError::WrongLength { formula: key, column: output.name, given, wanted: rows });
        }
    }
    Ok(rows)
}

/// Numbers in a row of the first vector column, if there is one.
pub(crate) fn vector_width(columns: &[ColumnInfo], fields: &[Field<'_>]) -> Option<usize> {
    columns.iter().zip(fields).find(|(column, _)| column.vector).map(|(_, field)| field.width)
}

#[cold]
pub(crate) fn store_nan(out: &mut [&mut [f64]], widths: &[usize], row: usize) {
    for (column, width) in out.iter_mut().zip(widths) {
        column[row * width..(row + 1) * width].fill(f64::NAN);
    }
}

pub(crate) fn save_head(params: &Params, out: &mut Vec<u8>) {
    params.info().id.save(out);
    params.width().save(out);
    for value in params.values() {
        match value {
            Value::Number(number) => number.save(out),
            Value::List(list) => list.save(out),
        }
    }
}

pub(crate) fn check_head(params: &Params, from: &mut Reader<'_>) -> Result<(), StateError> {
    let mut wanted = Vec::new();
    save_head(params, &mut wanted);
    for byte in wanted {
        if from.take()? != [byte] {
            return Err(StateError::OtherFormula);
        }
    }
    Ok(())
}
