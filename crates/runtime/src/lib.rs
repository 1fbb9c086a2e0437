//! All I/O and the drivers: sockets, TLS, WebSocket, HTTP, clocks, files, threads.

pub mod affinity;
pub mod alloc_guard;
pub mod bench;
pub mod book_verify;
pub mod clock;
pub mod histogram;
pub mod http;
pub mod live;
pub mod recording;
pub mod replay;
pub mod session;
pub mod transport;
pub mod venue;
pub mod wait;
pub mod ws;
