//! One question for every kind of name.

use crate::{HostId, IscsiName, NameError, NameKind, Nqn, Portability, PortabilityIssue};

/// The result of checking a text as a name.
///
/// Valid and portable are two answers: a name can be valid and yet be refused
/// by a program that a site uses.
///
/// ```
/// use sanid_core::{NameKind, check};
///
/// let verdict = check(NameKind::IscsiName, "iqn.2017-11.dev.talos:ABC");
/// assert!(verdict.is_valid());
/// assert!(!verdict.is_portable());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the text was checked as.
    pub kind: NameKind,
    /// The rule it breaks, if it breaks one.
    pub validity: Result<(), NameError>,
    /// The programs that refuse or misread it; for an invalid text exactly
    /// [`PortabilityIssue::Invalid`].
    pub portability: Portability,
}

impl Verdict {
    /// Whether the text is a name by its standard.
    ///
    /// ```
    /// use sanid_core::{NameKind, check};
    ///
    /// assert!(!check(NameKind::Nqn, "nqn.2014-13.com.example:x").is_valid());
    /// ```
    pub const fn is_valid(&self) -> bool {
        self.validity.is_ok()
    }

    /// Whether it is valid and every known program reads it the same way.
    ///
    /// ```
    /// use sanid_core::{NameKind, check};
    ///
    /// assert!(check(NameKind::HostId, "652f5d50-a689-4520-b87b-fe2552ef6b8b").is_portable());
    /// ```
    pub const fn is_portable(&self) -> bool {
        self.portability.is_portable()
    }
}

/// Checks a text as a name of one kind, as a standard has it: an NQN is
/// checked as any NQN, so that names of subsystems pass.
/// [`HostNqn::parse`](crate::HostNqn::parse) asks what a host may present.
///
/// ```
/// use sanid_core::{NameKind, PortabilityIssue, Rule, check};
///
/// let verdict = check(NameKind::Nqn, "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b");
/// assert_eq!(verdict.validity.unwrap_err().rule(), Rule::UuidForm);
/// assert_eq!(verdict.portability.issues(), [PortabilityIssue::Invalid]);
/// ```
pub fn check(kind: NameKind, text: &str) -> Verdict {
    let portability = match kind {
        NameKind::IscsiName => IscsiName::parse(text).map(|name| name.portability()),
        NameKind::Nqn => Nqn::parse(text).map(|name| name.portability()),
        NameKind::HostId => HostId::parse(text).map(|_| HostId::text_portability(text)),
    };
    match portability {
        Ok(portability) => Verdict {
            kind,
            validity: Ok(()),
            portability,
        },
        Err(error) => Verdict {
            kind,
            validity: Err(error),
            portability: Portability::only(PortabilityIssue::Invalid),
        },
    }
}
