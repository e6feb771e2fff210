//! Storage identities of many hosts.
//!
//! Identities follow from machine-ids, so a fleet's are known before its hosts have booted, can be compared
//! with what the hosts show and with what the arrays allow, and a duplicate is found before it costs data.
//!
//! Lists of hosts go one way, as a stream, and are held in memory only where a question needs all of them:
//!
//! ```text
//! input ─► hosts ─► (audit, export, diff) ─► output
//! ```
//!
//! Nothing here reads or writes the identity of the machine that it runs on; that is `sanid-host`.

mod alike;
pub mod audit;
mod chunks;
mod cli;
mod collect;
pub mod derive;
pub mod duplicates;
pub mod escrow;
mod files;
pub mod hosts;
mod html;
pub mod input;
pub mod inventory;
pub mod reports;
#[cfg(feature = "schema")]
mod schema;
mod secret;
pub mod sessions;
pub mod targets;

pub use cli::{command, run};
#[cfg(feature = "schema")]
pub use schema::json_schema;

/// Text of a report, fit to be shown: what is not printable, and what turns the direction of text around,
/// is escaped.
pub(crate) fn shown(text: &str) -> String {
    let turns = |char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{2028}' | '\u{2029}');
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() || turns(char) {
            out.extend(char.escape_unicode());
        } else {
            out.push(char);
        }
    }
    out
}
