//! The rows of `catalogue.csv` as constants named by key, made by `build.rs`.

#![allow(missing_docs)] // each constant is documented by its own `definition`
#![allow(clippy::approx_constant)] // a default may be the square root of two, and is what the catalogue says

use crate::info::{Bound, ColumnInfo, FormulaInfo, OutputInfo, ParamInfo, ParamKind};

include!(concat!(env!("OUT_DIR"), "/rows.rs"));
