//! Binance USD-M futures; books of COIN-M and spot too.

pub mod decode;
pub mod general;
pub mod sync;
