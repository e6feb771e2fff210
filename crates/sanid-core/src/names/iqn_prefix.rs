//! The part of an IQN that an administrator chooses.

use super::{Text, concat, text_traits};
use crate::{Iqn, NAME_MAX, NameError, NameKind, Rule, hex};

/// A colon and a UUID as 32 digits: what schemes append to a prefix.
const DERIVED_SUFFIX: usize = 1 + 32;

/// The text before the derived part of an IQN: `iqn.yyyy-mm.reversed.domain`,
/// with or without a part of its own after a colon.
///
/// Distributions use different ones (`iqn.2016-04.com.open-iscsi`,
/// `iqn.1994-05.com.redhat`, `iqn.1996-04.de.suse:01`); a site may have its
/// own. A prefix is valid *and* portable, at most 190 bytes and does not end
/// with `:`, `.` or `-`, so that joining it with a derived suffix cannot fail.
/// Source: RFC 7143 section 4.2.7.4.
///
/// ```
/// use sanid_core::IqnPrefix;
///
/// let prefix: IqnPrefix = "iqn.1996-04.de.suse:01".parse()?;
/// assert_eq!(prefix.join("3f2a")?.as_str(), "iqn.1996-04.de.suse:01:3f2a");
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IqnPrefix(Text);

impl IqnPrefix {
    /// The longest prefix: 190 bytes.
    const MAX: usize = NAME_MAX - DERIVED_SUFFIX;

    /// Reads a prefix.
    ///
    /// # Errors
    ///
    /// What [`Iqn::parse`] refuses, and [`Rule::PrefixEnd`] when it ends with
    /// a separator, [`Rule::PrefixTooLong`] when it leaves no room for a
    /// derived suffix, [`Rule::PrefixNotPortable`] when it has a
    /// [`PortabilityIssue`](crate::PortabilityIssue).
    ///
    /// ```
    /// use sanid_core::{IqnPrefix, Rule};
    ///
    /// let rule = |text| IqnPrefix::parse(text).unwrap_err().rule();
    /// assert_eq!(rule("iqn.2001-04.com.example:"), Rule::PrefixEnd);
    /// assert_eq!(rule("iqn.2001-04.com.Example"), Rule::PrefixNotPortable);
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let error = |rule| NameError::new(NameKind::IscsiName, rule);
        let iqn = Iqn::parse(text)?;
        if text.ends_with([':', '.', '-']) {
            return Err(error(Rule::PrefixEnd).at_byte(text.len() - 1));
        }
        if text.len() > Self::MAX {
            return Err(error(Rule::PrefixTooLong));
        }
        if !iqn.portability().is_portable() {
            return Err(error(Rule::PrefixNotPortable));
        }
        // The text has just been an IQN, so it fits.
        Ok(Self(concat(&[text])))
    }

    /// The prefix as it was written.
    ///
    /// ```
    /// use sanid_core::IqnPrefix;
    ///
    /// assert_eq!(IqnPrefix::default().as_str(), "iqn.2016-04.com.open-iscsi");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The IQN of this prefix, a colon and a suffix, for names that a template
    /// makes.
    ///
    /// # Errors
    ///
    /// What [`Iqn::parse`] refuses in the whole: [`Rule::TooLong`], or a
    /// character that no iSCSI name holds. An empty suffix is valid, though
    /// not portable.
    ///
    /// ```
    /// use sanid_core::{IqnPrefix, Rule};
    ///
    /// let prefix = IqnPrefix::default();
    /// assert_eq!(prefix.join("db1")?.as_str(), "iqn.2016-04.com.open-iscsi:db1");
    /// assert_eq!(prefix.join("db_1").unwrap_err().rule(), Rule::Character);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn join(&self, suffix: &str) -> Result<Iqn, NameError> {
        let mut text = self.0;
        if text.try_push(':').is_err() || text.try_push_str(suffix).is_err() {
            return Err(NameError::new(NameKind::IscsiName, Rule::TooLong));
        }
        Iqn::parse(&text)
    }

    /// The IQN of this prefix, a colon and 32 hexadecimal digits: valid and
    /// portable as the prefix is, and short enough by its own limit.
    pub(crate) fn join_digits(&self, digits: &hex::Digits) -> Iqn {
        Iqn::from_parts(&[&self.0, ":", hex::text(digits.simple())])
    }
}

impl Default for IqnPrefix {
    /// `iqn.2016-04.com.open-iscsi`, which iscsi-iname uses.
    fn default() -> Self {
        Self(concat(&["iqn.2016-04.com.open-iscsi"]))
    }
}

text_traits!(IqnPrefix);
