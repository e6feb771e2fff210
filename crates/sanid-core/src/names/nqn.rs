//! NVMe qualified names.

use super::error::Found;
use super::{Text, syntax, text_traits};
use crate::{
    HOST_NQN_MAX, HostUuid, NAME_MAX, NameError, NameKind, Portability, PortabilityIssue as Issue,
    Rule,
};

/// The text before the UUID in the uuid form.
pub(super) const UUID_PREFIX: &str = "nqn.2014-08.org.nvmexpress:uuid:";
/// The name that every discovery subsystem answers to.
const DISCOVERY: &str = "nqn.2014-08.org.nvmexpress.discovery";

/// A valid NVMe qualified name, of a host or a subsystem, kept as written.
///
/// `nqn.` + `yyyy-mm` + `.` + reversed domain + optionally `:` and a string of
/// UTF-8; or the uuid form, `nqn.2014-08.org.nvmexpress:uuid:` and a canonical
/// UUID; or the reserved discovery NQN. At most [`NAME_MAX`] bytes. NQNs are
/// compared byte for byte, and so are values of this type. Source: NVMe Base
/// Specification, "NVMe Qualified Names".
///
/// [`HostNqn`](crate::HostNqn) is the one that a Linux host may present.
///
/// ```
/// use sanid_core::Nqn;
///
/// let nqn: Nqn = "nqn.2014-08.com.example:nvme:nvm-subsystem-sn-d78432".parse()?;
/// assert!(nqn.portability().is_portable());
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nqn(Text);

/// The forms of an NQN.
///
/// ```
/// use sanid_core::{Nqn, NqnForm};
///
/// let nqn = Nqn::parse("nqn.2014-08.org.nvmexpress.discovery")?;
/// assert_eq!(nqn.form(), NqnForm::Discovery);
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NqnForm {
    /// `nqn.2014-08.org.nvmexpress:uuid:` and this UUID.
    Uuid(HostUuid),
    /// A date and the reversed domain of an authority of its own.
    Domain,
    /// `nqn.2014-08.org.nvmexpress.discovery`.
    Discovery,
}

impl Nqn {
    /// Reads a name; nothing is trimmed or repaired.
    ///
    /// # Errors
    ///
    /// The first rule broken, of these: [`Empty`](Rule::Empty),
    /// [`TooLong`](Rule::TooLong), [`Prefix`](Rule::Prefix),
    /// [`Nul`](Rule::Nul), [`Control`](Rule::Control), [`Date`](Rule::Date),
    /// [`Month`](Rule::Month), [`NoDomain`](Rule::NoDomain),
    /// [`EmptyLabel`](Rule::EmptyLabel),
    /// [`LabelCharacter`](Rule::LabelCharacter),
    /// [`LabelHyphen`](Rule::LabelHyphen),
    /// [`LabelTooLong`](Rule::LabelTooLong), [`UuidForm`](Rule::UuidForm),
    /// [`ReservedDomain`](Rule::ReservedDomain).
    ///
    /// ```
    /// use sanid_core::{Nqn, Rule};
    ///
    /// let error = Nqn::parse("nqn.2014-08.org.nvmexpress:host1").unwrap_err();
    /// assert_eq!(error.rule(), Rule::ReservedDomain);
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_form(text)?;
        Text::from(text).map(Self).map_err(|_| error(Rule::TooLong))
    }

    /// The name as it was written.
    ///
    /// ```
    /// use sanid_core::Nqn;
    ///
    /// assert_eq!(Nqn::parse("nqn.2014-08.com.example:x")?.as_str(), "nqn.2014-08.com.example:x");
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which form the name has, and the UUID of the uuid form.
    ///
    /// ```
    /// use sanid_core::{Nqn, NqnForm};
    ///
    /// assert_eq!(Nqn::parse("nqn.2014-08.com.example:x")?.form(), NqnForm::Domain);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn form(&self) -> NqnForm {
        form(&self.0)
    }

    /// The programs that refuse or misread this name as a host's.
    ///
    /// ```
    /// use sanid_core::{Nqn, PortabilityIssue};
    ///
    /// let nqn = Nqn::parse("nqn.2014-08.com.example")?;
    /// assert_eq!(nqn.portability().issues(), [PortabilityIssue::NoSuffix]);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn portability(&self) -> Portability {
        portability(&self.0)
    }
}

text_traits!(Nqn);

fn error(rule: Rule) -> NameError {
    NameError::new(NameKind::Nqn, rule)
}

/// The form of a valid NQN.
pub(super) fn form(text: &str) -> NqnForm {
    let digits = text.strip_prefix(UUID_PREFIX);
    match digits.and_then(|digits| HostUuid::parse(digits).ok()) {
        Some(uuid) => NqnForm::Uuid(uuid),
        None if text == DISCOVERY => NqnForm::Discovery,
        None => NqnForm::Domain,
    }
}

/// Checks a text against every rule for NQNs.
pub(super) fn check_form(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(error(Rule::Empty));
    }
    if text.len() > NAME_MAX {
        return Err(error(Rule::TooLong).finding(Found::Count(text.len())));
    }
    if !text.starts_with("nqn.") {
        return Err(error(Rule::Prefix).at_byte(0));
    }
    if let Some((at, found)) = text.char_indices().find(|it| it.1.is_control()) {
        let rule = if found == '\0' {
            Rule::Nul
        } else {
            Rule::Control
        };
        return Err(error(rule).at_byte(at).finding(Found::Character(found)));
    }
    if let Some(digits) = text.strip_prefix(UUID_PREFIX) {
        return match HostUuid::parse(digits) {
            Ok(_) => Ok(()),
            Err(fault) => {
                let at = UUID_PREFIX.len() + fault.at().unwrap_or_default();
                Err(error(Rule::UuidForm).at_byte(at))
            }
        };
    }
    syntax::check_authority(NameKind::Nqn, text)?;
    if text != DISCOVERY && is_reserved(syntax::domain(text)) {
        return Err(error(Rule::ReservedDomain).at_byte(syntax::DOMAIN));
    }
    Ok(())
}

/// Domains compare without regard to case, whatever NQNs do.
fn is_reserved(domain: &str) -> bool {
    ["org.nvmexpress", "org.nvmexpress.discovery"]
        .iter()
        .any(|reserved| domain.eq_ignore_ascii_case(reserved))
}

/// The issues of a valid NQN, and of the dashless form that hosts still use.
pub(super) fn portability(text: &str) -> Portability {
    let any = |test: fn(char) -> bool| text.chars().any(test);
    let form = form(text);
    let suffix = syntax::suffix(text);
    let denylisted = matches!(form, NqnForm::Uuid(uuid) if uuid.is_denylisted());
    let mut labels = syntax::domain(text).split('.');
    let letters_first = labels.all(|label| label.starts_with(|c: char| c.is_ascii_alphabetic()));
    Portability::collect(&[
        (Issue::Uppercase, any(|c| c.is_ascii_uppercase())),
        (Issue::NonAscii, !text.is_ascii()),
        (Issue::EmptySuffix, suffix == Some("")),
        (
            Issue::NoSuffix,
            suffix.is_none() && form != NqnForm::Discovery,
        ),
        (Issue::LabelStart, !letters_first),
        (Issue::Discovery, form == NqnForm::Discovery),
        (Issue::HostTooLong, text.len() > HOST_NQN_MAX),
        (Issue::Comma, any(|c| c == ',')),
        (Issue::Blank, any(char::is_whitespace)),
        (Issue::Slash, any(|c| c == '/')),
        (Issue::SpecialCharacter, any(is_special)),
        (Issue::DenylistedUuid, denylisted),
    ])
}

/// ASCII that is neither a plain name character nor has an issue of its own.
fn is_special(c: char) -> bool {
    c.is_ascii_graphic() && !c.is_ascii_alphanumeric() && !"-._:,/".contains(c)
}
