//! What the search hands to the findings: logins of one name, and what is uncertain about them.

use crate::sessions::Login;

/// The logins of one name.
pub(super) struct OfName<'l> {
    /// Each login with the time at which it was seen, the number of its file first.
    pub(super) logins: Vec<(usize, u64, &'l Login)>,
}

impl OfName<'_> {
    /// When the first of the logins was seen.
    pub(super) fn time(&self) -> u64 {
        let times = self.logins.iter().map(|(_, time, _)| *time);
        times.min().unwrap_or_default()
    }
}

/// A login and the hosts that have its name.
pub(super) type Unplaced<'l> = (&'l Login, Vec<u64>);

/// What else a login from elsewhere can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    Little,
    OldReport,
    Translated,
}
