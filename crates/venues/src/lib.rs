//! Venue protocols, bytes to model and back. Client and server side of a protocol stand beside each other.

pub mod binance;
pub mod bybit;
pub mod client;
mod padded;

pub use padded::{padded, Padded, PADDING};
