//! Images made here: well-formed ones in every compression, and hostile ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod build;
mod hostile;
mod random;
mod well_formed;
