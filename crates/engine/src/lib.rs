//! The deterministic core: book, signals, strategy host, risk, orders, portfolio. No I/O, no clock of its own.

pub mod book;
mod desk;
mod engine;
pub mod hash;
mod host;
mod observer;
pub mod orders;
pub mod portfolio;
pub mod risk;
mod sheet;
mod signals;
pub mod strategies;
mod table;
mod view;

pub use desk::{Counters, Desk, DeskConfig, Refused, MAX_TIMERS};
pub use engine::{prepare, Engine};
pub use host::{wants, CompiledFn, CompiledHost, Fault, Host, Watch, COMPILED_WELL, WANTS_ALL};
pub use observer::{Observer, Stage, Unobserved};
pub use risk::{Limits, SessionLimits};
pub use sheet::{sheet_layout, Sheet};
pub use signals::{SetupError, SignalName, SignalSpec, Signals};
pub use view::{view_layout, Occasion, View, ViewTable, VIEW_LEVELS, VIEW_ORDERS, VIEW_SIGNALS};

/// The name of an order state as [`View::order_state`] holds it.
pub fn order_state_name(state: u64) -> &'static str {
    orders::State::ALL.iter().find(|&&s| s as u64 == state).map_or("NONE", |s| s.name())
}
