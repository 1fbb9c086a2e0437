//! Measurements that need two sides and a socket between them: the bare floor, and wire to wire.

mod peer;
mod stages;
mod summary;
mod wire;

pub use peer::{run_peer, Peer};
pub use stages::{stages, Stage};
pub use summary::Summary;
pub use wire::{floor_tcp, wire, Mode, Setup, WireResult};
