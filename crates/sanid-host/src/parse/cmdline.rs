//! The kernel command line, `/proc/cmdline`.
//!
//! Split as the kernel does (`next_arg` in Linux' `lib/cmdline.c`), which dracut's `getarg` copies:
//! white space separates parameters, double quotes group, and cannot be escaped; the quotes around
//! a whole value or a whole parameter are dropped.
//!
//! Two rules are those of user space, for whose parameters this is: `-` and `_` are different
//! characters in a key, and `--`, where the kernel stops, is a parameter like any other, as it is
//! for dracut and systemd.

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    /// What is before the first `=`.
    pub key: &'a str,
    /// What is after it; `None` without an `=`.
    pub value: Option<&'a str>,
}

/// The last of the parameters with one key, which is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last<'a> {
    /// Its value; `None` for a parameter without an `=`.
    pub value: Option<&'a str>,
    /// The values of those before it, in their order.
    pub overridden: Vec<Option<&'a str>>,
}

/// The parameters of a command line, in their order.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::cmdline::{Param, params};
///
/// let mut params = params("quiet note=\"two words\" \"other=two words\"\n");
/// assert_eq!(params.next(), Some(Param { key: "quiet", value: None }));
/// assert_eq!(params.next(), Some(Param { key: "note", value: Some("two words") }));
/// assert_eq!(params.next(), Some(Param { key: "other", value: Some("two words") }));
/// assert_eq!(params.next(), None);
/// ```
pub fn params(cmdline: &str) -> impl Iterator<Item = Param<'_>> {
    // The kernel's string ends at a NUL; the line end after it is that of the file.
    let mut rest = cmdline.split('\0').next().unwrap_or("");
    rest = rest.strip_suffix('\n').unwrap_or(rest);
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_space);
        if rest.is_empty() {
            return None;
        }
        let (word, tail) = rest.split_at_checked(word_length(rest))?;
        rest = tail;
        Some(param(word))
    })
}

/// The parameter with this key that counts, the last one, with those it overrides.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::cmdline::last;
///
/// let found = last("rd.nvmf.hostid=a quiet rd.nvmf.hostid=b", "rd.nvmf.hostid").unwrap();
/// assert_eq!(found.value, Some("b"));
/// assert_eq!(found.overridden, [Some("a")]);
/// assert!(last("rd_nvmf_hostid=a", "rd.nvmf.hostid").is_none());
/// ```
pub fn last<'a>(cmdline: &'a str, key: &str) -> Option<Last<'a>> {
    let mut overridden: Vec<_> = params(cmdline)
        .filter(|param| param.key == key)
        .map(|param| param.value)
        .collect();
    let value = overridden.pop()?;
    Some(Last { value, overridden })
}

/// The bytes up to the first white space outside quotes.
fn word_length(text: &str) -> usize {
    let mut quoted = false;
    text.find(|c| {
        quoted ^= c == '"';
        is_space(c) && !quoted
    })
    .unwrap_or(text.len())
}

fn param(word: &str) -> Param<'_> {
    let (body, whole) = match word.strip_prefix('"') {
        Some(body) => (body, true),
        None => (word, false),
    };
    // To the kernel an '=' in the first place is part of the key.
    let equals = body
        .char_indices()
        .skip(1)
        .find_map(|(at, c)| (c == '=').then_some(at));
    let Some((key, value)) = equals.and_then(|at| Some((body.get(..at)?, body.get(at + 1..)?)))
    else {
        let key = if whole { without_end_quote(body) } else { body };
        return Param { key, value: None };
    };
    let value = match value.strip_prefix('"') {
        Some(inner) => without_end_quote(inner),
        None if whole => without_end_quote(value),
        None => value,
    };
    Param {
        key,
        value: Some(value),
    }
}

fn without_end_quote(text: &str) -> &str {
    text.strip_suffix('"').unwrap_or(text)
}

/// `isspace` for ASCII; the kernel's own also counts a Latin-1 no-break space, which is half a
/// character in UTF-8.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_are_split_as_the_kernel_splits_them() {
        type Params<'a> = &'a [(&'a str, Option<&'a str>)];
        let cases: &[(&str, Params<'_>)] = &[
            ("", &[]),
            (" \n", &[]),
            ("a", &[("a", None)]),
            ("a=", &[("a", Some(""))]),
            ("a=b=c", &[("a", Some("b=c"))]),
            ("  a \t b\n", &[("a", None), ("b", None)]),
            ("a=\"b c\"", &[("a", Some("b c"))]),
            ("\"a=b c\"", &[("a", Some("b c"))]),
            ("\"a b\"", &[("a b", None)]),
            // Quotes elsewhere group, and stay.
            ("a=b\" \"c", &[("a", Some("b\" \"c"))]),
            ("a\" \"b=c", &[("a\" \"b", Some("c"))]),
            // One that is never closed takes the rest; only an end quote is dropped.
            ("a=\"b c", &[("a", Some("b c"))]),
            ("a=\"b\n", &[("a", Some("b"))]),
            ("a=\"", &[("a", Some(""))]),
            ("a=\"\"", &[("a", Some(""))]),
            ("a=b\"", &[("a", Some("b\""))]),
            ("\"", &[("", None)]),
            ("\"\"", &[("", None)]),
            ("=a", &[("=a", None)]),
            ("=a=b", &[("=a", Some("b"))]),
            // The kernel stops at "--"; dracut and systemd do not.
            ("a -- b=c", &[("a", None), ("--", None), ("b", Some("c"))]),
            ("a\0b", &[("a", None)]),
        ];
        for (cmdline, expected) in cases {
            let found: Vec<_> = params(cmdline)
                .map(|param| (param.key, param.value))
                .collect();
            assert_eq!(&found, expected, "{cmdline:?}");
        }
    }

    #[test]
    fn keys_are_compared_byte_for_byte() {
        for (cmdline, key, found) in [
            ("rd.iscsi.initiator=a", "rd.iscsi.initiator", true),
            ("rd.iscsi_initiator=a", "rd.iscsi-initiator", false),
            ("rd.iscsi.initiator", "rd.iscsi.initiator", true),
            ("rd.iscsi.initiator2=a", "rd.iscsi.initiator", false),
            ("xrd.iscsi.initiator=a", "rd.iscsi.initiator", false),
            ("RD.ISCSI.INITIATOR=a", "rd.iscsi.initiator", false),
        ] {
            assert_eq!(last(cmdline, key).is_some(), found, "{cmdline:?}");
        }
    }

    #[test]
    fn the_last_of_several_counts_and_the_others_are_reported() {
        let found = last("k=a k k=\"b c\" other k=d", "k").unwrap();
        assert_eq!(found.value, Some("d"));
        assert_eq!(found.overridden, [Some("a"), None, Some("b c")]);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in ".*") {
            let _ = params(&text).count();
        }

        #[test]
        fn arbitrary_quotes_never_panic(text in "[ab=\" ]{0,40}") {
            let _ = params(&text).count();
        }

        #[test]
        fn a_plain_parameter_is_found_in_any_company(
            before in "[a-z=. ]{0,20}", after in "[a-z=. ]{0,20}", value in "[a-z0-9.:-]{0,20}",
        ) {
            let cmdline = format!("{before} key-of-ours={value} {after}");
            prop_assert_eq!(last(&cmdline, "key-of-ours").unwrap().value, Some(value.as_str()));
        }
    }
}
