//! The reports of hosts: what `sanid status --format json` prints, one after the other.
//!
//! A file of them is one document, documents after each other, a JSON array, or one document to a line
//! (NDJSON, as `sanid-fleet collect` writes it), plain or compressed with gzip. A document that is not a report is
//! reported by file and line, and the next one is read.

mod files;
mod lenient;
mod parse;
mod read;

pub(crate) use files::files;
pub use parse::{NoReport, Pair, Report, parse};
pub(crate) use read::{Part, parts};

/// A report that is longer is a damaged or a hostile file, and is not kept in memory.
pub const LONGEST_REPORT: usize = 16 << 20;
