//! Venue protocols, bytes to model and back. Client and server side of a protocol stand beside each other.

pub mod binance;
pub mod bybit;
pub mod client;
pub mod cursor;
pub mod json;
pub mod lane;
mod number;
mod padded;
mod requests;
pub mod server;
pub mod sign;
mod step_text;
pub mod symbols;

pub use padded::{padded, Padded, PADDING};

#[cfg(test)]
mod shared_data;
#[cfg(test)]
mod test_instruments;
