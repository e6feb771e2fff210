//! `sanid-image lint` and `seal` on images made here: every place, every hostile image, every archive.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod archives;
mod bounds;
mod dialects;
mod differential;
mod hostile;
mod output;
mod places;
mod seal;
mod shapes;
mod support;
