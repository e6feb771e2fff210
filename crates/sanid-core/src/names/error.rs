//! Why a text is not a name.

use core::fmt;

use crate::{NameKind, Rule};

/// The rule that a text breaks, and where.
///
/// The message is one line without control characters, whatever the text was:
/// it names the fault, the byte where it is (counted from 0) and the
/// standard. It repeats at most one character, a month or a count from the
/// text, so it is safe to log.
///
/// ```
/// use sanid_core::{IscsiName, NameKind, Rule};
///
/// let error = IscsiName::parse("iqn.2017-13.dev.talos:abc").unwrap_err();
/// assert_eq!(error.kind(), NameKind::IscsiName);
/// assert_eq!(error.rule(), Rule::Month);
/// assert_eq!(error.at(), Some(9));
/// assert_eq!(
///     error.to_string(),
///     r#"month "13" is not 01 to 12, at byte 9 (RFC 7143 section 4.2.7.4)"#,
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NameError {
    kind: NameKind,
    rule: Rule,
    at: Option<usize>,
    found: Found,
}

/// The little of the text that an error repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Found {
    Nothing,
    Character(char),
    Month(u8),
    Count(usize),
}

impl NameError {
    pub(super) const fn new(kind: NameKind, rule: Rule) -> Self {
        Self {
            kind,
            rule,
            at: None,
            found: Found::Nothing,
        }
    }

    pub(super) const fn at_byte(mut self, at: usize) -> Self {
        self.at = Some(at);
        self
    }

    pub(super) const fn without_place(mut self) -> Self {
        self.at = None;
        self
    }

    pub(super) const fn finding(mut self, found: Found) -> Self {
        self.found = found;
        self
    }

    /// The kind of name that was expected.
    ///
    /// ```
    /// use sanid_core::{HostId, NameKind};
    ///
    /// assert_eq!(HostId::parse("").unwrap_err().kind(), NameKind::HostId);
    /// ```
    pub const fn kind(&self) -> NameKind {
        self.kind
    }

    /// The rule that is broken; the first one found, when there are several.
    ///
    /// ```
    /// use sanid_core::{Nqn, Rule};
    ///
    /// assert_eq!(Nqn::parse("NQN.2014-08.com.example:x").unwrap_err().rule(), Rule::Prefix);
    /// ```
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The position of the fault: an offset in bytes from the start of the text,
    /// at most its length, always on a character boundary.
    ///
    /// `None` when the fault has no one place (a missing name, a wrong length,
    /// a forbidden UUID), and when it shows only in the prepared form of an
    /// iSCSI name that is not ASCII.
    ///
    /// ```
    /// use sanid_core::IscsiName;
    ///
    /// assert_eq!(IscsiName::parse("iqn.2017-11.dev.talos:a_b").unwrap_err().at(), Some(23));
    /// assert_eq!(IscsiName::parse("").unwrap_err().at(), None);
    /// ```
    pub const fn at(&self) -> Option<usize> {
        self.at
    }

    /// The fault as a clause, with what was found where that helps.
    fn clause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.rule, self.found) {
            (Rule::Month, Found::Month(month)) => write!(f, "month \"{month:02}\" is not 01 to 12"),
            (Rule::TooLong, Found::Count(count)) => write!(f, "{count} bytes are more than 223"),
            (Rule::HostTooLong, Found::Count(count)) => {
                write!(
                    f,
                    "{count} bytes are more than the 222 that Linux accepts in a host NQN"
                )
            }
            (Rule::LabelTooLong, Found::Count(count)) => {
                write!(f, "a domain label of {count} bytes is longer than 63")
            }
            (_, Found::Character(found)) => {
                quote(f, found)?;
                f.write_str(match self.rule {
                    Rule::Blank => " is whitespace",
                    Rule::Control => " is a control character",
                    Rule::Unassigned => " is not assigned in Unicode 3.2",
                    Rule::RightToLeft => " is written from right to left",
                    Rule::LabelCharacter => " is not allowed in a domain label",
                    _ => " is not allowed",
                })
            }
            _ => f.write_str(self.plain_clause()),
        }
    }

    /// The fault in words that need nothing of the text.
    const fn plain_clause(&self) -> &'static str {
        match self.rule {
            Rule::Empty => "the name is empty",
            Rule::TooLong => "the name is longer than 223 bytes",
            Rule::Prefix => match self.kind {
                NameKind::Nqn => "an NQN begins with \"nqn.\", in lower case",
                _ => "an iSCSI name begins with \"iqn.\", \"eui.\" or \"naa.\"",
            },
            Rule::NotIqn => "only a name that begins with \"iqn.\" fits here",
            Rule::Date => "the date is not yyyy-mm and a dot",
            Rule::Month => "the month is not 01 to 12",
            Rule::NoDomain => "no domain name follows the date",
            Rule::EmptyLabel => "a domain label is empty",
            Rule::LabelTooLong => "a domain label is longer than 63 bytes",
            Rule::LabelHyphen => "a domain label begins or ends with a hyphen",
            Rule::LabelCharacter => "a domain label contains a forbidden character",
            Rule::Character | Rule::Prohibited => "a character is not allowed",
            Rule::Blank => "the name contains whitespace",
            Rule::Control => "the name contains a control character",
            Rule::Nul => "the name contains a NUL",
            Rule::Unassigned => "a character is not assigned in Unicode 3.2",
            Rule::RightToLeft => "a character is written from right to left",
            Rule::EuiForm => "\"eui.\" is not followed by exactly 16 hexadecimal digits",
            Rule::NaaForm => "\"naa.\" is not followed by exactly 16 or 32 hexadecimal digits",
            Rule::UuidForm => "the UUID is not written as 8-4-4-4-12 hexadecimal digits",
            Rule::ReservedDomain => {
                "org.nvmexpress is allowed only before \":uuid:\" and a UUID, or in the discovery NQN"
            }
            Rule::HostDiscovery => "the discovery NQN cannot name a host",
            Rule::HostTooLong => "Linux accepts at most 222 bytes in a host NQN",
            Rule::HostComma => "Linux splits connect options at commas",
            Rule::UuidZero => "the UUID is zero",
            Rule::UuidOnes => "the UUID is all ones",
            Rule::UuidVendorDefault => {
                "the UUID is a board vendor's default, shared by many machines"
            }
            Rule::PrefixNotPortable => "the prefix is valid but not portable",
            Rule::PrefixEnd => "the prefix ends with \":\", \".\" or \"-\"",
            Rule::PrefixTooLong => {
                "the prefix leaves no room for \":\" and 32 digits within 223 bytes"
            }
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clause(f)?;
        if let Some(at) = self.at {
            write!(f, ", at byte {at}")?;
        }
        write!(f, " ({})", self.rule.cites_for(self.kind))
    }
}

impl core::error::Error for NameError {}

/// Writes a character so that it can be seen: as it is when it is printable
/// ASCII, else by its code point, since it may be invisible or change the line.
fn quote(f: &mut fmt::Formatter<'_>, found: char) -> fmt::Result {
    if found.is_ascii_graphic() {
        write!(f, "\"{found}\"")
    } else {
        write!(f, "U+{:04X}", u32::from(found))
    }
}
