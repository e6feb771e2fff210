//! One host.
