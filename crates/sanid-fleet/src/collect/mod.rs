//! Reports from where they are to one stream: one line each, with the name of the host.

mod line;
mod ssh;

pub(crate) use line::{compact, failure};
pub(crate) use ssh::{Answer, Ssh, ask_all, destinations};
