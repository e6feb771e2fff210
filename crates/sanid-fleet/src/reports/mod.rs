//! The reports of hosts: what `sanid status --format json` prints, one after the other.
//!
//! A file of them is one document, documents after each other, a JSON array, or one document to a line
//! (NDJSON, as `sanid-fleet collect` writes it), plain or compressed with gzip. The nodes of a cluster are reports, too
//! (`kubectl get nodestorageidentities -o json`). A document that is not a report is
//! reported by file and line, and the next one is read.

mod files;
mod lenient;
pub(crate) mod nodes;
mod parse;
mod read;

pub(crate) use files::files;
pub use parse::{NoReport, Pair, Report, parse};
pub(crate) use read::{Part, parts};

/// A report that is longer is a damaged or a hostile file, and is not kept in memory.
pub const LONGEST_REPORT: usize = 16 << 20;

/// Hands on the reports of a document with their lines in it: its own, or those of the nodes of a cluster.
pub(crate) fn each<'a>(text: &'a str, mut take: impl FnMut(u64, Result<Report<'a>, NoReport>)) {
    let report = parse(text);
    let nodes = match &report {
        Err(NoReport::Kind(_)) => nodes::read(text),
        Ok(_) | Err(_) => None,
    };
    match nodes {
        None => take(1, report),
        Some(nodes) => {
            for (line, node) in nodes {
                take(line, node.map(nodes::Node::report));
            }
        }
    }
}
