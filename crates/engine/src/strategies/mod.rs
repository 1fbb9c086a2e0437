//! Strategies written in Rust: yardsticks for the Python and compiled ones, which must give the same commands.

mod quoter;
mod two_ema;

pub use quoter::{Quoter, QuoterParams};
pub use two_ema::{TwoEma, TwoEmaParams};
