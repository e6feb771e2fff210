//! `sanid-fleet sessions` on what targets print and on made trees of the kernel's files, and `audit --sessions` with the
//! reports of hosts. The shapes are those of `tests/duplicates/shapes`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "a test fails by panicking"
)]

mod from;
mod join;
mod shapes;
mod snapshots;
mod support;
