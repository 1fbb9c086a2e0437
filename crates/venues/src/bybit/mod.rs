//! Bybit v5, category linear.

pub mod decode;
mod messages;
pub mod server;
