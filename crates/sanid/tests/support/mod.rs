//! What the tests with the real binary share: a host below a temporary root,
//! its three files, and trials that say why they cannot run.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod host;
pub(crate) mod need;
pub(crate) mod parallel;
pub(crate) mod trace;
