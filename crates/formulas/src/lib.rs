//! Formula kernels: one small struct each, updated in constant time where the definition allows it, streaming and
//! batch from one implementation. Imports no other room, reads no clock and allocates only in `new`.
//!
//! A kernel takes one row of inputs and gives one row of outputs per update. Until its warm-up is over there is no
//! output, which every face shows as NaN. A row that no market can produce (NaN, infinite, beyond [`MAX_INPUT`]) is
//! rejected: there is no output for it and the state stays as if it had never come.
//!
//! `catalogue.csv` is the single source of what is known about each formula. `build.rs` makes the constants in
//! [`rows`] of it; a kernel names its row and takes parameters, warm-up and outputs from there.

mod batch;
mod expression;
mod formula;
mod info;
mod kernel;
mod params;
pub mod parts;
mod persist;
mod pipe;
mod recipe;
mod registry;
mod row;
pub mod rows;
mod wide;

pub mod book;
pub mod dependence;
pub mod derivatives;
pub mod dsp;
pub mod execution;
pub mod forecasting;
pub mod information;
pub mod microstructure;
pub mod ml;
pub mod momentum;
pub mod onchain;
pub mod patterns;
pub mod performance;
pub mod portfolio;
pub mod regime;
pub mod risk;
pub mod sizing;
pub mod stat_arb;
pub mod trend;
pub mod volatility;
pub mod volume;

pub use batch::BatchError;
pub use formula::Formula;
pub use info::{Bound, ColumnInfo, FormulaInfo, OutputInfo, ParamInfo, ParamKind};
pub use kernel::{Kernel, Outputs};
pub use params::{BuildError, ParamError, Params, Value};
pub use persist::{Persist, Reader, StateError};
pub use recipe::Recipe;
pub use registry::{build, build_with, implemented, info};
pub use row::{Book, Field, Row, MAX_INPUT};
pub use rows::CATALOGUE;
