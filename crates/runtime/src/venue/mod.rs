//! The venue server: plays recordings to clients in the venues' own protocols, and trades with them.
//!
//! One thread, one port: REST, WebSockets and control pages of all protocols, told apart by their paths. Each protocol
//! has a simulated exchange and an account of its own.

mod config;
mod connection;
mod control;
mod http;
mod playback;
mod run;
mod tls;

pub use config::{Fees, Protocol, SecretText, Speed, Start, VenueConfig};

use std::fmt;

/// Why the server could not start, or ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VenueError {
    /// The exit code of the command line for it: 3 configuration, 4 data, 5 network.
    pub exit_code: u8,
    pub message: String,
    pub hint: String,
}

impl VenueError {
    fn config(message: impl Into<String>, hint: impl Into<String>) -> VenueError {
        VenueError { exit_code: 3, message: message.into(), hint: hint.into() }
    }
    fn data(message: impl Into<String>, hint: impl Into<String>) -> VenueError {
        VenueError { exit_code: 4, message: message.into(), hint: hint.into() }
    }
    fn network(message: impl Into<String>, hint: impl Into<String>) -> VenueError {
        VenueError { exit_code: 5, message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for VenueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for VenueError {}

/// Serves until it is told to stop (SIGINT, SIGTERM, `/_control/stop`, or the configured time after the recording's
/// end). `on_ready` gets one JSON object once clients may connect: where they find what.
pub fn serve(config: VenueConfig, on_ready: impl FnOnce(&str)) -> Result<(), VenueError> {
    run::Runner::start(&config)?.run(on_ready)
}
