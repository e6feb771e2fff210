//! What iSCSI names and NQNs share: a date and a reversed domain name.

use super::error::Found;
use crate::{NameError, NameKind, Rule};

/// Where the date begins, after `iqn.` or `nqn.`.
const DATE: usize = 4;
/// Where the month begins.
const MONTH: usize = 9;
/// Where the domain begins, after the date and its dot.
pub(super) const DOMAIN: usize = 12;

/// Checks `yyyy-mm.` and the reversed domain of a name whose prefix is known.
pub(super) fn check_authority(kind: NameKind, text: &str) -> Result<(), NameError> {
    check_date(kind, text)?;
    let domain = domain(text);
    if domain.is_empty() {
        return Err(NameError::new(kind, Rule::NoDomain).at_byte(DOMAIN));
    }
    let mut at = DOMAIN;
    for label in domain.split('.') {
        check_label(kind, label, at)?;
        at += label.len() + 1;
    }
    Ok(())
}

/// The text between the date and the first colon.
pub(super) fn domain(text: &str) -> &str {
    let rest = text.get(DOMAIN..).unwrap_or_default();
    rest.split_once(':').map_or(rest, |(domain, _)| domain)
}

/// What follows the first colon, if there is one.
pub(super) fn suffix(text: &str) -> Option<&str> {
    text.split_once(':').map(|(_, suffix)| suffix)
}

fn check_date(kind: NameKind, text: &str) -> Result<(), NameError> {
    let date = text.as_bytes().get(DATE..).unwrap_or_default();
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'd' => byte.is_ascii_digit(),
        _ => byte == form,
    };
    let matched = date
        .iter()
        .zip(b"dddd-dd")
        .take_while(|&pair| fits(pair))
        .count();
    let error = |rule, at| NameError::new(kind, rule).at_byte(at);
    let &[_, _, _, _, _, tens, units, ref rest @ ..] = date else {
        return Err(error(Rule::Date, DATE + matched));
    };
    if matched < 7 {
        return Err(error(Rule::Date, DATE + matched));
    }
    let month = (tens - b'0') * 10 + (units - b'0');
    if !(1..=12).contains(&month) {
        return Err(error(Rule::Month, MONTH).finding(Found::Month(month)));
    }
    match rest.first() {
        Some(b'.') => Ok(()),
        None | Some(b':') => Err(error(Rule::NoDomain, DOMAIN - 1)),
        Some(_) => Err(error(Rule::Date, DOMAIN - 1)),
    }
}

/// Checks one label. Characters beyond ASCII are the business of each kind.
fn check_label(kind: NameKind, label: &str, at: usize) -> Result<(), NameError> {
    let error = |rule, offset| NameError::new(kind, rule).at_byte(at + offset);
    if label.is_empty() {
        return Err(error(Rule::EmptyLabel, 0));
    }
    let stranger =
        |it: &(usize, char)| it.1.is_ascii() && !it.1.is_ascii_alphanumeric() && it.1 != '-';
    if let Some((offset, found)) = label.char_indices().find(stranger) {
        return Err(error(Rule::LabelCharacter, offset).finding(Found::Character(found)));
    }
    if label.starts_with('-') {
        return Err(error(Rule::LabelHyphen, 0));
    }
    if label.ends_with('-') {
        return Err(error(Rule::LabelHyphen, label.len() - 1));
    }
    if label.len() > 63 {
        return Err(error(Rule::LabelTooLong, 0).finding(Found::Count(label.len())));
    }
    Ok(())
}
