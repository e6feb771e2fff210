//! What the tests of several crates share. Only dev-dependencies name this crate, and it depends on no
//! product crate.
#![allow(
    clippy::print_stdout,
    reason = "a test program talks to the person who runs it"
)]

pub mod generated;
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
pub mod hosts;
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod promtool;
mod ran;
pub mod trial;
pub mod wait;

pub use promtool::promtool;
pub use ran::Ran;
