//! What the tests of several sanid crates share. Only dev-dependencies name this crate, and it depends on no
//! product crate.

pub mod generated;
