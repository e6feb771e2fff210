//! The three kinds of name.

use core::fmt;

/// Which of a host's names a text is, or is meant to be.
///
/// Each kind has its own standard: RFC 7143 section 4.2.7 for iSCSI names, and
/// the NVMe Base Specification, sections "NVMe Qualified Names" and "Host
/// Identifier", for the other two.
///
/// ```
/// use sanid_core::NameKind;
///
/// assert_eq!(NameKind::Nqn.to_string(), "NQN");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// An iSCSI name: `iqn.`, `eui.` or `naa.`.
    IscsiName,
    /// An NVMe qualified name: `nqn.`.
    Nqn,
    /// An NVMe Host ID: 128 bits, written as a UUID.
    HostId,
}

impl NameKind {
    /// Guesses what a text is meant to be, from its beginning and shape alone.
    ///
    /// This lets a command accept any name without an option for its kind. The
    /// guess is generous, so that a *broken* name is still recognised and can
    /// be reported with the rule it breaks: prefixes count in either case, and
    /// hexadecimal digits with hyphens or braces count as a Host ID when there
    /// are about as many as in a UUID (30 to 40). `None` means that no kind
    /// is more likely than another.
    ///
    /// ```
    /// use sanid_core::NameKind;
    ///
    /// assert_eq!(NameKind::detect("iqn.2001-13.x"), Some(NameKind::IscsiName));
    /// assert_eq!(NameKind::detect("NQN.2014-08.com.example:x"), Some(NameKind::Nqn));
    /// assert_eq!(
    ///     NameKind::detect("{652f5d50-a689-4520-b87b-fe2552ef6b8b}"),
    ///     Some(NameKind::HostId),
    /// );
    /// assert_eq!(NameKind::detect("host1"), None);
    /// ```
    pub fn detect(text: &str) -> Option<Self> {
        if starts_with_ignoring_case(text, "nqn.") {
            return Some(Self::Nqn);
        }
        let iscsi = ["iqn.", "eui.", "naa."];
        if iscsi.iter().any(|it| starts_with_ignoring_case(text, it)) {
            return Some(Self::IscsiName);
        }
        let like_a_uuid = (30..=40).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || b"-{}".contains(&byte));
        like_a_uuid.then_some(Self::HostId)
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::IscsiName => "iSCSI name",
            Self::Nqn => "NQN",
            Self::HostId => "Host ID",
        })
    }
}

/// Whether `text` begins with the ASCII `prefix`, in whatever case.
pub(super) fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
