//! Storage identities of many hosts.
//!
//! Identities follow from machine-ids, so a fleet's are known before its hosts have booted, can be compared
//! with what the hosts show and with what the arrays admit, and a duplicate is found before it costs data.
//!
//! Lists of hosts go one way, as a stream, and are held in memory only where a question needs all of them:
//!
//! ```text
//! input ─► hosts ─► (audit, export, diff) ─► output
//! ```
//!
//! Nothing here reads or writes the identity of the machine that it runs on; that is `sanid-host`.

pub mod claims;
mod cli;
pub mod hosts;
pub mod input;

pub use cli::{command, run};
