//! What the command says, word for word, and what the documents of `--format json` look like.
//!
//! Each case is a transcript below `snapshots/`. After a wanted change, look at what
//! `SNAPSHOTS=overwrite cargo test -p sanid --test cli` makes of them, and commit it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on ends"
)]

mod clones;
mod colour;
mod completed;
mod credentials;
mod documents;
mod image;
mod kept;
mod losses;
mod narrow;
mod pages;
mod plain;
mod readers;
mod recognised;
mod seeds;
mod situations;
mod stream;
mod terminal;
mod transcript;

#[path = "../support/mod.rs"]
mod support;
