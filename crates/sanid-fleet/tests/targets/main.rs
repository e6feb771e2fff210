//! Lists of hosts in the formats of storage targets: written, read back, compared, and given to the real
//! programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod apply;
mod cli;
mod documents;
mod field;
mod model;
mod real_files;
mod spdk_schema;
mod states;
mod support;
