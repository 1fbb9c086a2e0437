//! A throw-away certificate for the server, and the file by which clients on this machine can trust it.

use super::VenueError;
use crate::transport::{trust, NetError};
use rustls::ServerConfig;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

/// Exists as long as the server runs.
pub(super) struct TlsFiles {
    pub config: Arc<ServerConfig>,
    pub ca_file: PathBuf,
    folder: PathBuf,
}

impl TlsFiles {
    pub fn make() -> Result<TlsFiles, VenueError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique =
            format!("nanotick-venue-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(unique);
        let explain = |e: NetError| VenueError::network(e.message, e.hint);
        let files = trust::self_signed(&folder).map_err(explain)?;
        let config = trust::server_config(&files.cert_file, &files.key_file).map_err(explain)?;
        // The running server has read its key: nobody else needs it.
        let _ = std::fs::remove_file(&files.key_file);
        Ok(TlsFiles { config, ca_file: files.ca_file, folder })
    }
}

impl Drop for TlsFiles {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
