//! WebSocket (RFC 6455), client and server side: a sans-I/O framer, the upgrade, and a connection over a transport.
//!
//! No extension is offered or accepted: compressed messages cost more time than they save on the hot path.

pub mod connect;
mod connection;
mod frame;
pub mod handshake;
mod reader;
mod send_queue;
mod url;
mod writer;

pub use connect::{connect, connect_in_background, Connecting};
pub use connection::{Closed, ClosedBy, Message, Options, Received, WsConnection};
pub use frame::{CloseFrame, Opcode, Role, Violation};
pub use reader::{FrameReader, Span, Step, Utf8};
pub use url::WsUrl;
pub use writer::FrameWriter;
