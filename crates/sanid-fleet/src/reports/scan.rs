//! JSON, read once from front to back: what is wanted is taken, the rest is stepped over.
//!
//! An audit of millions of reports is little else than this. What is stepped over is held to its brackets
//! and quotes alone, so a report that was cut off is always noticed; numbers and words there are not
//! looked at.

use std::borrow::Cow;

use wide::u8x16;

/// Deeper than any report; a deeper document is a hostile one.
const DEEPEST: u32 = 64;

/// Why a text is not the JSON that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScanError {
    /// The text ends too early.
    #[error("it is cut off")]
    CutOff,
    /// Something else should stand here.
    #[error("it is no JSON: {0} should stand at byte {1}")]
    Unexpected(&'static str, usize),
    /// Brackets within brackets.
    #[error("it is nested too deep")]
    TooDeep,
}

type Result<T> = std::result::Result<T, ScanError>;

/// A place in a text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    marks: Marks,
}

/// Where quotes and backslashes are: a string of a report is so short that finding its end anew costs more than
/// its bytes, so they are looked for in whole blocks, and a block is looked at once.
struct Marks {
    /// Where the block begins.
    begin: usize,
    /// A bit for each of its bytes.
    bits: u64,
}

const BLOCK: usize = 64;

impl Marks {
    /// The first mark at this place or behind it; no place is before that of the last question.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "every string of millions of reports comes here"
    )]
    fn next(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let into = at.wrapping_sub(self.begin);
        if into < BLOCK {
            let bits = self.bits & (!0 << into);
            if bits != 0 {
                return Some(self.begin + bits.trailing_zeros() as usize);
            }
        }
        self.beyond(bytes, at)
    }

    /// The same, where this block has none.
    #[inline(never)]
    fn beyond(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let into = at.wrapping_sub(self.begin);
        let mut bits = 0;
        if into >= BLOCK {
            self.look(bytes, at - at % BLOCK);
            bits = self.bits & (!0 << (at % BLOCK));
        }
        while bits == 0 {
            if self.begin + BLOCK >= bytes.len() {
                return None;
            }
            self.look(bytes, self.begin + BLOCK);
            bits = self.bits;
        }
        Some(self.begin + bits.trailing_zeros() as usize)
    }

    #[inline]
    fn look(&mut self, bytes: &[u8], begin: usize) {
        self.begin = begin;
        let rest = bytes.get(begin..).unwrap_or_default();
        self.bits = rest.first_chunk().map_or_else(
            || {
                let mut block = [0; BLOCK];
                for (to, from) in block.iter_mut().zip(rest) {
                    *to = *from;
                }
                marks(&block)
            },
            marks,
        );
    }
}

#[inline]
fn marks(block: &[u8; BLOCK]) -> u64 {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let quarters = block.rchunks_exact(16);
    quarters.fold(0, |bits, quarter| {
        let quarter = quarter.first_chunk().copied().map(u8x16::new);
        let quarter = quarter.unwrap_or_default();
        let found = quarter.cmp_eq(quote) | quarter.cmp_eq(backslash);
        // One bit for each of 16 bytes.
        bits << 16 | u64::from(found.move_mask().unsigned_abs())
    })
}

/// What stands between two quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quoted {
    begin: usize,
    end: usize,
    escaped: bool,
}

/// What a text with escapes says; `None` for those that mean nothing.
fn unescaped<'a>(raw: &str) -> Option<Cow<'a, str>> {
    let quoted = format!("\"{raw}\"");
    serde_json::from_str(&quoted).ok().map(Cow::Owned)
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut marks = Marks { begin: 0, bits: 0 };
        marks.look(text.as_bytes(), 0);
        Self { text, at: 0, marks }
    }

    /// The next byte that is no blank, which stays where it is.
    fn peek(&mut self) -> Result<u8> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(ScanError::CutOff)
    }

    fn take(&mut self, byte: u8, name: &'static str) -> Result<()> {
        if self.peek()? == byte {
            self.at += 1;
            return Ok(());
        }
        Err(ScanError::Unexpected(name, self.at))
    }

    /// Whether nothing but blanks follows.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.peek() {
            Err(_) => Ok(()),
            Ok(_) => Err(ScanError::Unexpected("the end", self.at)),
        }
    }

    /// Reads an object, or steps over what is none. `field` takes the value, or [skips](Self::skip) it, by the
    /// name of the field as it is written: none that is wanted needs an escape.
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &'a [u8]) -> Result<()>,
    ) -> Result<()> {
        if self.peek()? != b'{' {
            return self.skip();
        }
        self.at += 1;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let Quoted { begin, end, .. } = self.quoted()?;
            self.take(b':', "a colon")?;
            let name = self.text.as_bytes().get(begin..end).unwrap_or_default();
            field(self, name)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(ScanError::Unexpected("a comma or a brace", self.at)),
            }
        }
    }

    /// Reads an array, or steps over what is none.
    pub(crate) fn array(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if self.peek()? != b'[' {
            return self.skip();
        }
        self.at += 1;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(ScanError::Unexpected("a comma or a bracket", self.at)),
            }
        }
    }

    /// Reads a string into its place; anything else, `null` included, is stepped over and is none.
    pub(crate) fn text(&mut self, into: &mut Option<Cow<'a, str>>) -> Result<()> {
        if self.peek()? == b'"' {
            let Quoted {
                begin,
                end,
                escaped,
            } = self.quoted()?;
            let raw = self.text.get(begin..end).ok_or(ScanError::CutOff)?;
            *into = if escaped {
                unescaped(raw)
            } else {
                Some(Cow::Borrowed(raw))
            };
            return Ok(());
        }
        *into = None;
        self.skip()
    }

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "every string of millions of reports comes here"
    )]
    fn quoted(&mut self) -> Result<Quoted> {
        self.take(b'"', "a quote")?;
        let begin = self.at;
        let mut escaped = false;
        loop {
            let bytes = self.text.as_bytes();
            let at = self.marks.next(bytes, self.at).ok_or(ScanError::CutOff)?;
            if bytes.get(at) == Some(&b'"') {
                self.at = at + 1;
                return Ok(Quoted {
                    begin,
                    end: at,
                    escaped,
                });
            }
            escaped = true;
            self.at = at + 2;
        }
    }

    /// Steps over one value.
    pub(crate) fn skip(&mut self) -> Result<()> {
        match self.peek()? {
            b'"' => self.quoted().map(|_| ()),
            b'{' | b'[' => self.skip_nested(),
            b'a'..=b'z' | b'0'..=b'9' | b'-' => {
                let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                let plain = |byte: &u8| {
                    !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
                };
                self.at += rest.iter().position(plain).ok_or(ScanError::CutOff)?;
                Ok(())
            }
            _ => Err(ScanError::Unexpected("a value", self.at)),
        }
    }

    fn skip_nested(&mut self) -> Result<()> {
        // One bit for each open bracket, the innermost lowest: 1 for a brace.
        let mut open: u64 = 0;
        let mut depth = 0;
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at).ok_or(ScanError::CutOff)?;
            match byte {
                b'"' => {
                    self.quoted()?;
                    continue;
                }
                b'{' | b'[' => {
                    depth += 1;
                    if depth > DEEPEST {
                        return Err(ScanError::TooDeep);
                    }
                    open = open << 1 | u64::from(byte == b'{');
                }
                b'}' | b']' => {
                    if (open & 1 == 1) != (byte == b'}') {
                        return Err(ScanError::Unexpected("another bracket", self.at));
                    }
                    open >>= 1;
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn skip(text: &str) -> Result<()> {
        let mut scanner = Scanner::new(text);
        scanner.skip()?;
        scanner.end()
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::hash_map(".*", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_document_is_stepped_over_to_its_end(value in value()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                prop_assert_eq!(skip(&format!(" {text}\n")), Ok(()));
            }
        }

        #[test]
        fn a_document_that_is_cut_off_is_never_taken(value in value(), cut in any::<prop::sample::Index>()) {
            let text = serde_json::json!({ "whole": value }).to_string();
            let at = cut.index(text.len());
            prop_assume!(text.is_char_boundary(at));
            prop_assert!(skip(&text[..at]).is_err());
        }

        #[test]
        fn strings_say_what_they_say_to_serde(text in ".*") {
            let quoted = Value::from(text.clone()).to_string();
            let mut found = None;
            Scanner::new(&quoted).text(&mut found).unwrap();
            prop_assert_eq!(found.unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, error) in [
            ("", ScanError::CutOff),
            ("{", ScanError::CutOff),
            ("{\"a\\", ScanError::CutOff),
            ("[}", ScanError::Unexpected("another bracket", 1)),
            ("<html>", ScanError::Unexpected("a value", 0)),
            ("{} x", ScanError::Unexpected("the end", 3)),
        ] {
            assert_eq!(skip(text), Err(error), "{text}");
        }
        assert_eq!(skip(&"[".repeat(1000)), Err(ScanError::TooDeep));
    }
}
