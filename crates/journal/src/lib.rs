//! The append-only memory-mapped log: one writer, any number of reader processes, recovery, verification.
