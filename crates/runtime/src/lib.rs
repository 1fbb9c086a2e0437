//! All I/O and the drivers: sockets, TLS, WebSocket, HTTP, clocks, files, threads.

pub mod recording;
