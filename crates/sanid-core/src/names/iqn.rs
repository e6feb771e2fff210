//! iSCSI qualified names.

use super::text_traits;
use crate::{IscsiFormat, IscsiName, NameError, NameKind, Portability, Rule};

/// An iSCSI name of the `iqn.` format, the one that schemes derive.
///
/// That is `iqn.`, a month `yyyy-mm` in which the authority owned the domain, a
/// dot, the reversed domain, and optionally `:` and a string of its choice.
/// Source: RFC 7143 section 4.2.7.4.
///
/// ```
/// use sanid_core::{Iqn, IscsiName};
///
/// let iqn = Iqn::parse("iqn.2001-04.com.example:storage.disk2")?;
/// let name: IscsiName = iqn.into();
/// assert!(Iqn::try_from(name).is_ok());
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iqn(IscsiName);

impl Iqn {
    /// Reads a name of the iqn format.
    ///
    /// # Errors
    ///
    /// What [`IscsiName::parse`] refuses, and [`Rule::NotIqn`] for a valid
    /// name of another format.
    ///
    /// ```
    /// use sanid_core::{Iqn, Rule};
    ///
    /// let error = Iqn::parse("eui.02004567a425678d").unwrap_err();
    /// assert_eq!(error.rule(), Rule::NotIqn);
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        IscsiName::parse(text)?.try_into()
    }

    /// A name put together from parts that make it a valid iqn.
    pub(crate) fn from_parts(parts: &[&str]) -> Self {
        Self(IscsiName::from_parts(parts))
    }

    /// The name as it was written.
    ///
    /// ```
    /// use sanid_core::Iqn;
    ///
    /// assert_eq!(Iqn::parse("iqn.2001-04.com.example")?.as_str(), "iqn.2001-04.com.example");
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The programs that refuse or misread this name; see [`IscsiName::portability`].
    ///
    /// ```
    /// use sanid_core::Iqn;
    ///
    /// assert!(Iqn::parse("iqn.2001-04.com.example:x")?.portability().is_portable());
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn portability(&self) -> Portability {
        self.0.portability()
    }
}

text_traits!(Iqn);

impl From<Iqn> for IscsiName {
    fn from(iqn: Iqn) -> Self {
        iqn.0
    }
}

impl TryFrom<IscsiName> for Iqn {
    type Error = NameError;

    fn try_from(name: IscsiName) -> Result<Self, NameError> {
        match name.format() {
            IscsiFormat::Iqn => Ok(Self(name)),
            _ => Err(NameError::new(NameKind::IscsiName, Rule::NotIqn).at_byte(0)),
        }
    }
}
