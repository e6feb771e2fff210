//! The stringprep profile for iSCSI names (RFC 3722, on RFC 3454): what
//! becomes of a name when it is compared.
//!
//! ASCII is folded to lower case. For other text there are three steps. Each
//! character is mapped (tables B.1 and B.2) and fully decomposed; combining
//! marks are put in canonical order; what can be composed is composed. The
//! mapping and the decomposition of a character are one entry of `fold.txt`,
//! because normalisation decomposes first whatever it is given.
//!
//! Characters that are not allowed in a name are refused as they are read: those
//! that Unicode 3.2 leaves unassigned (A.1), those whose prepared form holds
//! a prohibited one (C.1 to C.9, U+3002, ASCII other than letters, digits and
//! `-.:`), and right-to-left ones (D.1), since a name begins with
//! left-to-right letters and may not mix the two. Composition cannot bring
//! any of them back.
//!
//! The tables are those of Unicode 3.2, as the profile demands. A test makes
//! them anew from the `stringprep` and `unicode-normalization` crates, which
//! are not used here since both need an allocator.

mod tables;

use core::cmp::Ordering;

use arrayvec::ArrayVec;

use self::tables::{COMBINING, REFUSED};
use super::Text;
use super::error::Found;
use crate::{NAME_MAX, NameError, NameKind, Rule};

/// Lines of a character and what it is mapped to and decomposed into, sorted.
const FOLD: &str = include_str!("fold.txt");
/// Lines of two characters and the one they compose, sorted.
const COMPOSE: &str = include_str!("compose.txt");

/// Room for a decomposed name. A character of the result needs at most 1.5
/// decomposed characters for each of its bytes (U+0390: two bytes, three
/// characters), so a name that outgrows this is longer than 223 bytes.
type Buffer = ArrayVec<char, 512>;

/// The prepared form of a name: the one that counts in comparison.
///
/// # Errors
///
/// The rule that a character breaks, with its place in `text`; or
/// [`Rule::TooLong`] when either form is longer than 223 bytes.
pub(super) fn prepare(text: &str) -> Result<Text, NameError> {
    let too_long = |found| NameError::new(NameKind::IscsiName, Rule::TooLong).finding(found);
    if text.len() > NAME_MAX {
        return Err(too_long(Found::Count(text.len())));
    }
    if text.is_ascii() {
        let mut folded = super::concat(&[text]);
        folded.make_ascii_lowercase();
        return Ok(folded);
    }
    for (at, found) in text.char_indices() {
        if let Some(rule) = fault(found) {
            let error = NameError::new(NameKind::IscsiName, rule);
            return Err(error.at_byte(at).finding(Found::Character(found)));
        }
    }
    let decomposed = decompose(text).ok_or(too_long(Found::Nothing))?;
    let mut prepared = Text::new();
    for composed in compose(&decomposed) {
        prepared
            .try_push(composed)
            .map_err(|_| too_long(Found::Nothing))?;
    }
    Ok(prepared)
}

/// The rule that a character beyond ASCII breaks at any position.
fn fault(found: char) -> Option<Rule> {
    let code = u32::from(found);
    find_range(REFUSED, code, |&(first, last, _)| (first, last)).map(|&(_, _, rule)| rule)
}

/// Maps and decomposes, keeping marks in canonical order: by class, those of
/// one class as they came. `None` when there is no room.
fn decompose(text: &str) -> Option<Buffer> {
    let mut buffer = Buffer::new();
    for original in text.chars() {
        let lower = original.to_ascii_lowercase();
        let mut one = [0; 4];
        let one: &str = lower.encode_utf8(&mut one);
        let mapped = if lower.is_ascii() {
            one
        } else {
            find_line(FOLD, one).unwrap_or(one)
        };
        for part in mapped.chars() {
            let class = combining_class(part);
            let stays = |other: &char| class == 0 || combining_class(*other) <= class;
            let at = buffer
                .iter()
                .rposition(stays)
                .map_or(0, |before| before + 1);
            buffer.try_insert(at, part).ok()?;
        }
    }
    Some(buffer)
}

/// Composes every mark, vowel or final with the starter before it, unless
/// another of the same or a higher class is between them.
fn compose(decomposed: &Buffer) -> Buffer {
    let mut out = Buffer::new();
    let mut starter = None;
    let mut last_class = 0;
    for &next in decomposed {
        let class = combining_class(next);
        let adjacent = starter.is_some_and(|at| at + 1 == out.len());
        if adjacent || last_class < class {
            let base = starter.and_then(|at: usize| out.get_mut(at));
            if let Some((base, composed)) =
                base.and_then(|it| compose_pair(*it, next).map(|c| (it, c)))
            {
                *base = composed;
                continue;
            }
        }
        if class == 0 {
            starter = Some(out.len());
        }
        last_class = class;
        // Never more characters come out than went in.
        out.push(next);
    }
    out
}

/// The character that two compose, by table or, for Hangul, by arithmetic
/// (The Unicode Standard 3.2, section 3.12).
fn compose_pair(first: char, second: char) -> Option<char> {
    const SYLLABLES: u32 = 0xac00;
    const LEADING: u32 = 0x1100;
    const VOWELS: u32 = 0x1161;
    /// One before the first trailing consonant: index 0 means "none".
    const TRAILING: u32 = 0x11a7;

    let index =
        |c: char, base: u32, count: u32| u32::from(c).checked_sub(base).filter(|&it| it < count);
    if let (Some(l), Some(v)) = (index(first, LEADING, 19), index(second, VOWELS, 21)) {
        return char::from_u32(SYLLABLES + (l * 21 + v) * 28);
    }
    if let (Some(lv), Some(t @ 1..)) = (
        index(first, SYLLABLES, 19 * 21 * 28),
        index(second, TRAILING, 28),
    ) {
        return (lv % 28 == 0).then(|| char::from_u32(SYLLABLES + lv + t))?;
    }
    let mut key = arrayvec::ArrayString::<8>::new();
    key.push(first);
    key.push(second);
    find_line(COMPOSE, &key)?.chars().next()
}

/// The canonical combining class; 0 for a starter.
fn combining_class(c: char) -> u8 {
    if c.is_ascii() {
        return 0;
    }
    find_range(COMBINING, u32::from(c), |&(first, last, _)| (first, last))
        .map_or(0, |&(_, _, class)| class)
}

/// Finds the range that holds a code point, in a table sorted by range.
fn find_range<T>(table: &[T], code: u32, range: impl Fn(&T) -> (u32, u32)) -> Option<&T> {
    let place = table.binary_search_by(|entry| match range(entry) {
        (_, last) if last < code => Ordering::Less,
        (first, _) if code < first => Ordering::Greater,
        _ => Ordering::Equal,
    });
    table.get(place.ok()?)
}

/// Finds the sorted line that begins with `key` and returns the rest of it.
/// Every key of a table has the same number of characters, so none is the
/// beginning of another.
fn find_line<'table>(table: &'table str, key: &str) -> Option<&'table str> {
    let mut rest = table;
    while !rest.is_empty() {
        let half = rest.as_bytes().get(..rest.len() / 2)?;
        let start = half
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let (before, from) = rest.split_at(start);
        let (line, after) = from.split_once('\n').unwrap_or((from, ""));
        match line.strip_prefix(key) {
            Some(value) => return Some(value),
            None if line < key => rest = after,
            None => rest = before,
        }
    }
    None
}

#[cfg(test)]
mod tests;
