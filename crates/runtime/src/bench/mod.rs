//! The measurements of `nanotick bench hot`: each stage by itself, the chain from bytes to order bytes, the journal as
//! a bus, and wire to wire beside the bare floor.

mod bus;
mod chain;
mod feed;
mod figure;
mod formulas;
mod parts;
mod peer;
mod stages;
mod summary;
mod wire;

pub use bus::{append, one_way};
pub use chain::{Chain, ChainConfig};
pub use feed::{bybit, Recorded, Stored};
pub use figure::{measure, timed, Figure};
pub use formulas::{first_tier_tick, formula_update, formulas};
pub use parts::{bybit_instrument, encode_create, risk_check, signals_ten, ten_signals};
pub use peer::{run_peer, Peer};
pub use stages::{stages, Stage};
pub use summary::Summary;
pub use wire::{floor_tcp, wire, Mode, Setup, WireResult};
