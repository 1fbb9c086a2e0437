//! Binance USD-M futures; books of COIN-M and spot too.

mod account;
mod client;
mod codes;
pub mod decode;
mod encode;
pub mod general;
mod messages;
mod rest;
pub mod server;
pub mod sync;

pub use client::{BinanceClient, BinanceConfig};
