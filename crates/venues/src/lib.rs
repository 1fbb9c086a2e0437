//! Venue protocols, bytes to model and back. Client and server side of a protocol stand beside each other.

pub mod binance;
pub mod bybit;
pub mod client;
pub mod cursor;
pub mod json;
mod number;
mod padded;
pub mod sign;

pub use padded::{padded, Padded, PADDING};

#[cfg(test)]
mod shared_data;
