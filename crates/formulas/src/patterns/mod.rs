//! Price patterns: candles, levels.

mod candles;
mod levels;

pub use candles::{CdlDoji, CdlEngulfing, CdlHammer};
pub use levels::{HeikinAshi, HeikinAshiCandle, Pivots, PivotsClassic};

crate::registry::kernels![CdlDoji, CdlHammer, CdlEngulfing, HeikinAshi, PivotsClassic];
