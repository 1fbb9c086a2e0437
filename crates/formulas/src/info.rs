//! What the catalogue says about a formula, as data: names, parameters, outputs, definition, source.
//! Python registration, stubs and reference pages are made from it; nothing is computed here but warm-ups and widths.

use std::fmt;

use crate::expression;
use crate::params::Params;

/// One row of `catalogue.csv`.
#[derive(Debug, PartialEq)]
pub struct FormulaInfo {
    pub id: u16,
    pub key: &'static str,
    pub name: &'static str,
    pub category: &'static str,
    pub subcategory: &'static str,
    /// 1 core, 2 common, 3 specialised.
    pub tier: u8,
    /// What it is fed with, in the catalogue's words: `price`, `trade(price,size,side)`, `book(L)`.
    pub streams: &'static [&'static str],
    /// The same as positional inputs of `update` and `batch`.
    pub columns: &'static [ColumnInfo],
    pub params: &'static [ParamInfo],
    pub outputs: &'static [OutputInfo],
    /// Leading NaN outputs, as an expression in the parameters' names. Of a formula over whole arrays: the
    /// smallest sample less one.
    pub warmup: &'static str,
    /// What one update costs.
    pub streaming: &'static str,
    pub definition: &'static str,
    pub citation: &'static str,
    /// What the values are checked against.
    pub oracle: &'static str,
    /// Laws that the values obey; the property tests state them.
    pub invariants: &'static [&'static str],
    /// Where this project reads the row more exactly than it stands, or corrects it. Mostly empty.
    pub note: &'static str,
}

impl FormulaInfo {
    /// Leading outputs without a value, if no input is rejected.
    pub fn warmup(&self, params: &Params) -> usize {
        expression::evaluate(self.warmup, &|name| params.number(name)).unwrap_or(f64::NAN) as usize
    }

    /// Numbers per row of each output: 1, or what its shape says.
    pub fn widths(&self, params: &Params) -> Vec<usize> {
        self.outputs.iter().map(|output| output.width(params)).collect()
    }

    /// It takes whole arrays and has no streaming form.
    pub fn is_batch_only(&self) -> bool {
        self.streaming.starts_with("batch-only")
    }
}

/// One positional input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: &'static str,
    /// A row of numbers for each update (levels of a book, one number an asset) and not one number.
    pub vector: bool,
}

#[derive(Debug, PartialEq)]
pub struct ParamInfo {
    pub name: &'static str,
    pub kind: ParamKind,
    /// One number; of a list, all of them; of a choice, its place among `choices`.
    pub default: &'static [f64],
    pub choices: &'static [&'static str],
    pub low: Bound,
    pub high: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    Int,
    Float,
    Flag,
    Choice,
    List,
}

/// An end of a parameter's range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    Included(f64),
    Excluded(f64),
}

impl ParamInfo {
    pub fn allows(&self, value: f64) -> bool {
        let above = match self.low {
            Bound::Included(low) => value >= low,
            Bound::Excluded(low) => value > low,
        };
        let below = match self.high {
            Bound::Included(high) => value <= high,
            Bound::Excluded(high) => value < high,
        };
        let fractions = matches!(self.kind, ParamKind::Float | ParamKind::List);
        above && below && (fractions || value.fract() == 0.0)
    }
}

/// The range as a reader of an error message needs it.
impl fmt::Display for ParamInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.choices.is_empty() {
            return write!(f, "one of {}", self.choices.join(", "));
        }
        f.write_str(match self.kind {
            ParamKind::Int => "a whole number ",
            ParamKind::List => "numbers, each ",
            _ => "a number ",
        })?;
        match self.low {
            Bound::Included(low) => write!(f, "from {low} ")?,
            Bound::Excluded(low) => write!(f, "above {low} ")?,
        }
        match self.high {
            Bound::Included(high) => write!(f, "up to {high}"),
            Bound::Excluded(high) => write!(f, "and below {high}"),
        }
    }
}

#[derive(Debug, PartialEq)]
pub struct OutputInfo {
    pub name: &'static str,
    pub unit: &'static str,
    /// Empty for one number a row, else an expression in the parameters' names and `N`, the width of the vector
    /// input; a list parameter stands for its length.
    pub shape: &'static str,
}

impl OutputInfo {
    fn width(&self, params: &Params) -> usize {
        if self.shape.is_empty() {
            return 1;
        }
        let value = |name: &str| if name == "N" { Some(params.width() as f64) } else { params.number(name) };
        expression::evaluate(self.shape, &value).unwrap_or(1.0) as usize
    }
}
