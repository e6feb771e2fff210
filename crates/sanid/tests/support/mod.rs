//! What the tests with the real binary share: a host below a temporary root,
//! and its three files.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod host;
pub(crate) mod parallel;
pub(crate) mod trace;
