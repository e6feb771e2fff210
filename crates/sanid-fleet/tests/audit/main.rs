//! What `sanid-fleet audit` says of fleets with one thing wrong each.
//!
//! Each case is a transcript below `snapshots/`. After a wanted change, look at what
//! `SNAPSHOTS=overwrite cargo test -p sanid-fleet --test audit` makes of them, and commit it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a test that cannot go on ends, and its texts are short"
)]

mod causes;
mod cluster;
mod collected;
mod documents;
mod fleet;
mod inputs;
mod listed;
mod scale;
mod situations;
