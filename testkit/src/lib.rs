//! What the tests of several crates share. Only tests use it, and it knows no product crate.
#![allow(
    clippy::print_stdout,
    reason = "a test program talks to the person who runs it"
)]

pub mod trial;
