//! What can go wrong with a journal, in words for the person who has to do something about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug)]
#[non_exhaustive]
pub enum JournalError {
    /// The operating system refused; `op` says what was being done.
    Io {
        op: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// `create` was given a folder that already holds something.
    NotEmpty {
        dir: PathBuf,
    },
    /// The folder holds no segment.
    NotAJournal {
        dir: PathBuf,
    },
    /// Another writer is at work; its process id where its lock file names one.
    Locked {
        dir: PathBuf,
        pid: Option<u32>,
    },
    /// Bytes that were committed are not as they were written, and valid ones follow.
    Corrupt {
        segment: String,
        offset: u64,
        why: String,
    },
    /// Written by a build whose format this one does not know.
    Version {
        segment: String,
        found: u32,
        known: u32,
    },
    TooLong {
        len: usize,
        max: usize,
    },
    BadSegmentBytes {
        given: u64,
    },
    /// An earlier failure left the file in an unknown state: nothing more is written.
    Poisoned {
        dir: PathBuf,
    },
}

impl JournalError {
    pub(crate) fn io(op: &'static str, path: &Path, source: impl Into<io::Error>) -> JournalError {
        JournalError::Io { op, path: path.to_owned(), source: source.into() }
    }
    pub(crate) fn corrupt(segment: &str, offset: usize, why: impl Into<String>) -> JournalError {
        JournalError::Corrupt { segment: segment.to_owned(), offset: offset as u64, why: why.into() }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use JournalError::*;
        match self {
            Io { op, path, source } => write!(f, "cannot {op} {}: {source}", path.display()),
            NotEmpty { dir } => write!(
                f,
                "{} is not empty: a new journal wants a folder of its own\nhint: name another folder, or open the journal that is there",
                dir.display()
            ),
            NotAJournal { dir } => {
                write!(f, "{} holds no journal segment\nhint: give the `journal` folder of a run", dir.display())
            }
            Locked { dir, pid } => {
                write!(f, "the journal {} is being written by ", dir.display())?;
                match pid {
                    Some(pid) => write!(f, "process {pid}")?,
                    None => write!(f, "another process")?,
                }
                write!(f, "\nhint: one session per journal; stop that process first, or read the journal instead")
            }
            Corrupt { segment, offset, why } => write!(
                f,
                "the journal is damaged in {segment} at byte {offset}: {why}\nhint: `nanotick journal verify` lists all damage; restore the segment from a copy"
            ),
            Version { segment, found, known } => write!(
                f,
                "{segment} has format version {found}; this build reads version {known}\nhint: use the nanotick version that wrote it"
            ),
            TooLong { len, max } => write!(f, "a journal record of {len} bytes is too long: at most {max} fit"),
            BadSegmentBytes { given } => write!(
                f,
                "a segment of {given} bytes is not possible: a multiple of 4096 from {} to {} is",
                crate::format::MIN_SEGMENT_BYTES,
                crate::format::MAX_SEGMENT_BYTES
            ),
            Poisoned { dir } => write!(
                f,
                "the journal {} took no more records after an earlier failure\nhint: mend the cause (disk full?) and open it again",
                dir.display()
            ),
        }
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            JournalError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
