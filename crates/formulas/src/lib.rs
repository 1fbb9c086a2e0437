//! Formula kernels: one small struct each, updated in constant time, streaming and batch from one implementation.
//! Imports no other room, reads no clock and allocates only in `new`.
//!
//! A kernel takes one input and gives one output per update. Until its warm-up is over the output is NaN.
//! An input that no market can produce (NaN, infinite, beyond [`MAX_INPUT`], a negative size, a bar whose high
//! is under its low) is rejected: that one output is NaN and the state stays as if the input had never come.

mod averages;
mod batch;
mod book_shape;
mod info;
mod input;
mod kernel;
mod oscillators;
mod params;
mod quotes;
mod registry;
mod ring;
mod smoothing;
mod sum;
mod variance;
mod volatility;
mod volume;

pub use averages::{Ema, Sma};
pub use batch::{batch, BatchError, Columns};
pub use book_shape::DepthImbalance;
pub use info::{Bound, FormulaInfo, InputKind, OutputInfo, ParamInfo, ParamKind};
pub use input::{Bar, Book, Quote, Trade, MAX_INPUT};
pub use kernel::{Kernel, Outputs};
pub use oscillators::{Macd, MacdPoint, Rsi};
pub use params::{BuildError, ParamError};
pub use quotes::{MicropriceWeighted, Ofi, OfiPoint};
pub use registry::{
    build, info, AnyKernel, BarKernel, BookKernel, PriceKernel, QuoteKernel, TradeKernel, CATALOGUE,
    MAX_OUTPUTS,
};
pub use volatility::{Atr, Bands, Bollinger};
pub use volume::{VwapPoint, VwapSession};
