//! The simulated exchange: orders matched against a recorded book and its trades, with queue position, fees,
//! position and balance. A state machine: recorded messages and order requests in, what happened out.
//!
//! It is deterministic, does no I/O, and reads no clock. Its ledger is the truth that a client's own books are held to.

mod account;
mod checks;
mod exchange;
mod ladder;
mod market;
mod order;
mod queue;
mod rules;

pub use account::{Account, Position};
pub use exchange::{Ledger, Output, SimExchange};
pub use ladder::Ladder;
pub use market::Market;
pub use order::{End, Fill, FillReason, NewOrder, Order, OrderId, Refusal, Status, Which};
pub use rules::{Impossible, Rules};
