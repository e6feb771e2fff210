//! One file per command, each a short sentence of observe, decide and act.

pub(crate) mod adopt;
pub(crate) mod apply;
pub(crate) mod check;
pub(crate) mod companion;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod derive;
pub(crate) mod hardware;
pub(crate) mod reseed;
pub(crate) mod show;
pub(crate) mod status;
