//! What the catalogue says about a formula, as data: names, parameters, outputs, definition, source.
//! Python registration and the reference pages are generated from it; nothing is computed here.

use std::fmt;

/// One row of the catalogue. Each row stands beside the kernel that it describes.
#[derive(Debug, PartialEq)]
pub struct FormulaInfo {
    pub id: u16,
    pub key: &'static str,
    pub name: &'static str,
    pub category: &'static str,
    pub subcategory: &'static str,
    /// 1 core, 2 common, 3 specialised.
    pub tier: u8,
    pub input: InputKind,
    pub params: &'static [ParamInfo],
    pub outputs: &'static [OutputInfo],
    /// Leading NaN outputs, as an expression in the parameters' names.
    pub warmup: &'static str,
    /// What one update costs.
    pub streaming: &'static str,
    pub definition: &'static str,
    pub citation: &'static str,
    /// What the values are checked against.
    pub oracle: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    Price,
    Bar,
    Trade,
    Quote,
    Book,
}

impl InputKind {
    /// The columns of a batch, in the order in which they are passed.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            InputKind::Price => &["price"],
            InputKind::Bar => &["high", "low", "close"],
            InputKind::Trade => &["price", "size", "side", "t_s"],
            InputKind::Quote => &["bid", "ask", "bid_size", "ask_size"],
            InputKind::Book => &["bid_sizes", "ask_sizes"],
        }
    }
}

#[derive(Debug, PartialEq)]
pub struct ParamInfo {
    pub name: &'static str,
    pub kind: ParamKind,
    pub default: f64,
    pub low: Bound,
    pub high: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    Int,
    Float,
}

/// An end of a parameter's range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    Included(f64),
    Excluded(f64),
}

impl ParamInfo {
    /// A whole number in `[low, high]`.
    pub const fn int(name: &'static str, default: u32, low: u32, high: u32) -> Self {
        Self {
            name,
            kind: ParamKind::Int,
            default: default as f64,
            low: Bound::Included(low as f64),
            high: Bound::Included(high as f64),
        }
    }

    pub const fn float(name: &'static str, default: f64, low: Bound, high: Bound) -> Self {
        Self { name, kind: ParamKind::Float, default, low, high }
    }

    pub fn allows(&self, value: f64) -> bool {
        let above = match self.low {
            Bound::Included(low) => value >= low,
            Bound::Excluded(low) => value > low,
        };
        let below = match self.high {
            Bound::Included(high) => value <= high,
            Bound::Excluded(high) => value < high,
        };
        above && below && (self.kind == ParamKind::Float || value.fract() == 0.0)
    }
}

/// The range as a reader of an error message needs it.
impl fmt::Display for ParamInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.kind == ParamKind::Int { "a whole number " } else { "a number " })?;
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
}

impl OutputInfo {
    pub const fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit }
    }
}
