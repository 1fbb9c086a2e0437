//! The append-only memory-mapped log: one writer, any number of reader processes, recovery, verification.
//!
//! It stores bytes under a kind and knows nothing of their meaning. It reads no clock and starts no thread; the
//! files that it maps are its only contact with the outside. A record that `append` has returned survives the death
//! of the process; it survives the loss of power once [`Syncer::sync`] has returned.

#[cfg(not(target_endian = "little"))]
compile_error!("the journal's layout is little-endian and is mapped in place");

mod crc;
mod error;
mod files;
mod format;
mod mapping;
mod reader;
mod recover;
mod scan;
mod verify;
mod walk;
mod writer;

pub use error::JournalError;
pub use files::{Prepared, Preparer, Retired, Syncer};
pub use format::{MAX_PAYLOAD_BYTES, MIN_SEGMENT_BYTES, PAYLOAD_VERSION};
pub use reader::{Reader, Record};
pub use recover::Recovery;
pub use verify::{stat, verify, Damage, KindStat, Report, Stat};
pub use writer::{Options, Writer};
