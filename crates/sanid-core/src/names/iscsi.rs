//! iSCSI names of every format.

use super::error::Found;
use super::kind::starts_with_ignoring_case;
use super::prepare::prepare;
use super::{Text, concat, syntax, text_traits};
use crate::{NAME_MAX, NameError, NameKind, Portability, PortabilityIssue as Issue, Rule};

/// A valid iSCSI name, kept exactly as it was written.
///
/// This is what `/etc/iscsi/initiatorname.iscsi` holds after
/// `InitiatorName=`. Equality, order and hash go by the bytes, because that is
/// how most programs compare; [`matches`](Self::matches) compares as the
/// standard does.
///
/// A name is UTF-8 of at most [`NAME_MAX`] bytes. Its ASCII part holds
/// letters, digits, `-`, `.` and `:`. Capitals are valid, since the standard
/// folds them, but not portable. Other text goes through the stringprep
/// profile for iSCSI: mapping, normalisation form KC of Unicode 3.2, and the
/// prohibitions of RFC 3722; the rules below are then applied to the prepared
/// form. Source: RFC 7143 section 4.2.7, RFC 3721, RFC 3722, RFC 3980.
///
/// ```
/// use sanid_core::{IscsiFormat, IscsiName};
///
/// let name: IscsiName = "iqn.1993-08.org.debian:01:5ca1ab1e0042".parse()?;
/// assert_eq!(name.format(), IscsiFormat::Iqn);
/// assert_eq!(name.to_string(), "iqn.1993-08.org.debian:01:5ca1ab1e0042");
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IscsiName(Text);

/// The three formats of an iSCSI name.
///
/// ```
/// use sanid_core::{IscsiFormat, IscsiName};
///
/// let name = IscsiName::parse("eui.02004567a425678d")?;
/// assert_eq!(name.format(), IscsiFormat::Eui);
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IscsiFormat {
    /// `iqn.`: a date, a reversed domain and a string (RFC 7143 section 4.2.7.4).
    Iqn,
    /// `eui.`: 16 hexadecimal digits (RFC 7143 section 4.2.7.5).
    Eui,
    /// `naa.`: 16 or 32 hexadecimal digits (RFC 7143 section 4.2.7.6).
    Naa,
}

impl IscsiName {
    /// Reads a name; nothing is trimmed or repaired.
    ///
    /// # Errors
    ///
    /// The first rule broken, of these:
    /// [`Empty`](Rule::Empty), [`TooLong`](Rule::TooLong),
    /// [`Prefix`](Rule::Prefix); for the characters
    /// [`Control`](Rule::Control), [`Blank`](Rule::Blank),
    /// [`Character`](Rule::Character), [`Unassigned`](Rule::Unassigned),
    /// [`Prohibited`](Rule::Prohibited), [`RightToLeft`](Rule::RightToLeft);
    /// for an iqn [`Date`](Rule::Date), [`Month`](Rule::Month),
    /// [`NoDomain`](Rule::NoDomain), [`EmptyLabel`](Rule::EmptyLabel),
    /// [`LabelHyphen`](Rule::LabelHyphen),
    /// [`LabelTooLong`](Rule::LabelTooLong); for the others
    /// [`EuiForm`](Rule::EuiForm), [`NaaForm`](Rule::NaaForm).
    ///
    /// ```
    /// use sanid_core::{IscsiName, Rule};
    ///
    /// assert!(IscsiName::parse("iqn.2001-04.com.example:storage.tape1").is_ok());
    /// let error = IscsiName::parse("InitiatorName=iqn.2001-04.com.example:x").unwrap_err();
    /// assert_eq!(error.rule(), Rule::Prefix);
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let error = |rule| NameError::new(NameKind::IscsiName, rule);
        if text.is_empty() {
            return Err(error(Rule::Empty));
        }
        if text.is_ascii() {
            check_prepared(text)?;
        } else {
            check_prepared(&prepare(text)?).map_err(|fault| place(fault, text))?;
        }
        Text::from(text).map(Self).map_err(|_| error(Rule::TooLong))
    }

    /// A name put together from parts that make it valid by construction.
    /// Reads a name that a host already uses: one that [`parse`](Self::parse) accepts, or one that breaks
    /// only rules that initiators do not check ([`Rule::is_tolerated`]).
    ///
    /// Arrays know hosts by such names, an underscore being the usual fault. Refusing one would take the
    /// host's identity away, so it is kept as written, and [`conformance`](Self::conformance) reports what
    /// is wrong with it.
    ///
    /// # Errors
    ///
    /// The first rule broken that is not tolerated; the first rule broken of all if the text has
    /// whitespace at its ends, which every reader removes.
    ///
    /// ```
    /// use sanid_core::{IscsiName, Rule};
    ///
    /// let name = IscsiName::in_use("iqn.2004-05.com.example:db_1")?;
    /// assert_eq!(name.conformance().unwrap_err().rule(), Rule::Character);
    /// assert!(IscsiName::in_use("db_1").is_err());
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn in_use(text: &str) -> Result<Self, NameError> {
        let fault = match Self::parse(text) {
            Err(fault) if fault.rule().is_tolerated() && text.trim() == text => fault,
            other => return other,
        };
        let error = |rule| NameError::new(NameKind::IscsiName, rule);
        if let Some((at, found)) = text.char_indices().find(|it| it.1.is_control()) {
            return Err(error(Rule::Control)
                .at_byte(at)
                .finding(Found::Character(found)));
        }
        Text::from(text).map(Self).map_err(|_| fault)
    }

    /// Whether the name keeps the standard.
    ///
    /// # Errors
    ///
    /// The first rule broken, for a name that [`in_use`](Self::in_use) accepted.
    pub fn conformance(&self) -> Result<(), NameError> {
        Self::parse(&self.0).map(drop)
    }

    pub(super) fn from_parts(parts: &[&str]) -> Self {
        Self(concat(parts))
    }

    /// The name as it was written.
    ///
    /// ```
    /// use sanid_core::IscsiName;
    ///
    /// assert_eq!(IscsiName::parse("iqn.2001-04.com.example:X")?.as_str(), "iqn.2001-04.com.example:X");
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which of the three formats the name has.
    ///
    /// ```
    /// use sanid_core::{IscsiFormat, IscsiName};
    ///
    /// let name = IscsiName::parse("NAA.52004567BA64678D")?;
    /// assert_eq!(name.format(), IscsiFormat::Naa);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn format(&self) -> IscsiFormat {
        format(&self.normal_form().0)
    }

    /// The programs that refuse or misread this name.
    ///
    /// ```
    /// use sanid_core::{IscsiName, PortabilityIssue};
    ///
    /// let name = IscsiName::parse("iqn.2001-04.com.example:")?;
    /// assert_eq!(name.portability().issues(), [PortabilityIssue::EmptySuffix]);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn portability(&self) -> Portability {
        let prepared = self.normal_form().0;
        let format = format(&prepared);
        let iqn = format == IscsiFormat::Iqn;
        Portability::collect(&[
            (
                Issue::Uppercase,
                self.0.bytes().any(|byte| byte.is_ascii_uppercase()),
            ),
            (Issue::NonAscii, !self.0.is_ascii()),
            (Issue::EmptySuffix, syntax::suffix(&prepared) == Some("")),
            (
                Issue::SingleLabel,
                iqn && !has_dot_after_the_date(&prepared),
            ),
            (Issue::NaaFormat, format == IscsiFormat::Naa),
        ])
    }

    /// Whether two names are the same name by the standard: equal after
    /// preparation, so that case and Unicode spelling do not count.
    ///
    /// Use this to find one host under two spellings; use `==` to know what a
    /// program that compares bytes will think.
    ///
    /// ```
    /// use sanid_core::IscsiName;
    ///
    /// let name = IscsiName::parse("iqn.2001-04.com.example:A1")?;
    /// let folded = IscsiName::parse("iqn.2001-04.com.example:a1")?;
    /// assert!(name.matches(&folded));
    /// assert_ne!(name, folded);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn matches(&self, other: &Self) -> bool {
        if self.0.is_ascii() && other.0.is_ascii() {
            return self.0.eq_ignore_ascii_case(&other.0);
        }
        self.normal_form() == other.normal_form()
    }

    /// The name after preparation: the form that belongs on the wire, and the
    /// key by which to group names that [match](Self::matches).
    ///
    /// ```
    /// use sanid_core::IscsiName;
    ///
    /// let name = IscsiName::parse("iqn.2017-11.dev.TÄLOS:x")?;
    /// assert_eq!(name.normal_form().as_str(), "iqn.2017-11.dev.tälos:x");
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    #[must_use]
    pub fn normal_form(&self) -> Self {
        // A conformant name can be prepared. One that is only in use is compared as written.
        prepare(&self.0).map_or_else(|_| self.clone(), Self)
    }
}

text_traits!(IscsiName);

/// The format of a prepared name, which has one of three beginnings.
fn format(prepared: &str) -> IscsiFormat {
    match prepared.as_bytes() {
        [b'e', ..] => IscsiFormat::Eui,
        [b'n', ..] => IscsiFormat::Naa,
        _ => IscsiFormat::Iqn,
    }
}

/// rtslib asks for a dot somewhere after the one that ends the date.
fn has_dot_after_the_date(prepared: &str) -> bool {
    prepared
        .get(syntax::DOMAIN..)
        .is_some_and(|rest| rest.contains('.'))
}

/// Checks everything but the stringprep profile, on a name that is ASCII or
/// has been through it.
fn check_prepared(text: &str) -> Result<(), NameError> {
    let kind = NameKind::IscsiName;
    let error = |rule| NameError::new(kind, rule);
    if text.len() > NAME_MAX {
        return Err(error(Rule::TooLong).finding(Found::Count(text.len())));
    }
    let Some(digits) = text.get(4..) else {
        return Err(error(Rule::Prefix).at_byte(0));
    };
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if starts_with_ignoring_case(text, "iqn.") {
        check_ascii(text)?;
        syntax::check_authority(kind, text)
    } else if starts_with_ignoring_case(text, "eui.") {
        check_ascii(text)?;
        let fits = hex && digits.len() == 16;
        if fits {
            Ok(())
        } else {
            Err(error(Rule::EuiForm).at_byte(4))
        }
    } else if starts_with_ignoring_case(text, "naa.") {
        check_ascii(text)?;
        let fits = hex && matches!(digits.len(), 16 | 32);
        if fits {
            Ok(())
        } else {
            Err(error(Rule::NaaForm).at_byte(4))
        }
    } else {
        Err(error(Rule::Prefix).at_byte(0))
    }
}

/// Refuses the ASCII characters that no iSCSI name holds.
fn check_ascii(text: &str) -> Result<(), NameError> {
    let foreign = |it: &(usize, char)| {
        it.1.is_ascii() && !it.1.is_ascii_alphanumeric() && !"-.:".contains(it.1)
    };
    let Some((at, found)) = text.char_indices().find(foreign) else {
        return Ok(());
    };
    let rule = match found {
        ' ' => Rule::Blank,
        _ if found.is_ascii_control() => Rule::Control,
        _ => Rule::Character,
    };
    Err(NameError::new(NameKind::IscsiName, rule)
        .at_byte(at)
        .finding(Found::Character(found)))
}

/// Gives a fault of the prepared form its place in the text as written, which
/// only a foreign ASCII character has: preparation produces none.
fn place(fault: NameError, text: &str) -> NameError {
    match check_ascii(text) {
        Err(placed) if placed.rule() == fault.rule() => placed,
        _ => fault.without_place(),
    }
}
