//! The deterministic core: book, signals, strategy host, risk, orders, portfolio. No I/O, no clock of its own.

pub mod book;
pub mod hash;
pub mod orders;
pub mod portfolio;
pub mod risk;
mod table;
