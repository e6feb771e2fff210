//! The reasons why programs read a valid name differently.

use core::fmt;

use arrayvec::ArrayVec;

use super::catalogue::catalogue;

catalogue! {
    /// A reason why some program refuses or misreads a name.
    ///
    /// A name with an issue is valid by its standard; the explanation says who
    /// stumbles over it, so that an administrator can tell whether it matters
    /// at their site.
    ///
    /// ```
    /// use sanid_core::{IscsiName, PortabilityIssue};
    ///
    /// let name = IscsiName::parse("iqn.2017-11.dev.talos:ABC")?;
    /// assert_eq!(name.portability().issues(), [PortabilityIssue::Uppercase]);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub enum PortabilityIssue {
        Invalid => "invalid",
            "The name breaks a rule of its standard, so programs may reject it.";
        Uppercase => "uppercase",
            "Capital letters: LIO and rtslib lower-case iSCSI names, so an access rule written with capitals never matches; NQNs are compared byte for byte, so any other spelling is a different host.";
        NonAscii => "non-ascii",
            "Characters beyond ASCII: LIO, nvmet and others compare bytes without preparing them, so two spellings that look alike are two hosts.";
        EmptySuffix => "empty-suffix",
            "Nothing follows the colon: SPDK refuses such an NQN, and in any list it is taken for the name without the colon.";
        NoSuffix => "no-suffix",
            "No colon and suffix follow the domain: SPDK refuses an NQN without them.";
        SingleLabel => "single-label",
            "The domain is a single label: rtslib (targetcli) wants a second dot after the date.";
        NaaFormat => "naa-format",
            "The naa form: Debian's startup-checks.sh refuses values that begin with n, and rtslib knows only 16 digits beginning with 1, 2 or 5.";
        LabelStart => "label-start",
            "A domain label does not begin with a letter: SPDK refuses such an NQN.";
        Discovery => "discovery",
            "The discovery NQN names a discovery subsystem: no host can present it.";
        HostTooLong => "host-too-long",
            "223 bytes: Linux accepts at most 222 in a host NQN.";
        Comma => "comma",
            "A comma: Linux splits connect options at commas, so no host can present the name.";
        Blank => "blank",
            "Whitespace: libnvme trims nothing, so whitespace at an end becomes part of the name, and shell scripts split a name at whitespace.";
        Slash => "slash",
            "A slash: nvmet names a directory after each host, and the name of a directory cannot contain one.";
        SpecialCharacter => "special-character",
            "A character other than letters, digits, \"-\", \".\", \"_\" and \":\": shells, configuration files and target tools read it as quoting, a comment, a wildcard or an assignment.";
        DenylistedUuid => "denylisted-uuid",
            "A UUID that does not identify a host (zero, all ones or a board vendor's default): as a host it is refused, or shared with others.";
    }
}

impl fmt::Display for PortabilityIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.explanation())
    }
}

/// The issues of one name; none means portable.
///
/// *Portable* means: every program this project knows of, initiator, target or
/// driver, reads the name as the same name.
///
/// ```
/// use sanid_core::{Nqn, PortabilityIssue};
///
/// let portability = Nqn::parse("nqn.2014-08.com.example:a,b")?.portability();
/// assert!(!portability.is_portable());
/// for issue in &portability {
///     assert_eq!(issue.code(), "comma");
/// }
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portability(ArrayVec<PortabilityIssue, { PortabilityIssue::ALL.len() }>);

impl Portability {
    /// Whether there is no issue.
    ///
    /// ```
    /// use sanid_core::IscsiName;
    ///
    /// assert!(IscsiName::parse("iqn.2001-04.com.example")?.portability().is_portable());
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub const fn is_portable(&self) -> bool {
        self.0.is_empty()
    }

    /// The issues, each at most once, in the order of
    /// [`PortabilityIssue::ALL`].
    ///
    /// ```
    /// use sanid_core::{IscsiName, PortabilityIssue};
    ///
    /// let portability = IscsiName::parse("naa.52004567BA64678D")?.portability();
    /// assert_eq!(
    ///     portability.issues(),
    ///     [PortabilityIssue::Uppercase, PortabilityIssue::NaaFormat],
    /// );
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn issues(&self) -> &[PortabilityIssue] {
        &self.0
    }

    /// Iterates over the [`issues`](Self::issues).
    ///
    /// ```
    /// use sanid_core::HostId;
    ///
    /// let portability = HostId::text_portability("652F5D50-A689-4520-B87B-FE2552EF6B8B");
    /// assert_eq!(portability.iter().count(), 1);
    /// ```
    pub fn iter(&self) -> core::slice::Iter<'_, PortabilityIssue> {
        self.0.iter()
    }

    /// A single issue.
    pub(super) fn only(issue: PortabilityIssue) -> Self {
        Self::collect(&[(issue, true)])
    }

    /// The issues that a name has, given each at most once and in the order of
    /// [`PortabilityIssue::ALL`]; so they fit.
    pub(super) fn collect(issues: &[(PortabilityIssue, bool)]) -> Self {
        let had = issues.iter().filter(|it| it.1);
        Self(had.map(|it| it.0).collect())
    }
}

impl<'a> IntoIterator for &'a Portability {
    type Item = &'a PortabilityIssue;
    type IntoIter = core::slice::Iter<'a, PortabilityIssue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
