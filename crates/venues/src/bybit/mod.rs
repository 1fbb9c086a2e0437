//! Bybit v5, category linear.

mod account;
mod client;
mod codes;
pub mod decode;
mod encode;
mod link;
mod messages;
mod rest;
pub mod server;
pub mod sync;

pub use client::{BybitClient, Config};
