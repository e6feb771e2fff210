//! The errors of a configuration, each in one line with the location and the fix.

use super::template::TemplateError;
use std::fmt;
use std::io;

use strsim::levenshtein;

/// A place in a configuration file, counted from 1: `/etc/sanid/config.toml:3:14`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, with a leading `/`.
    pub path: String,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset in a text. An offset past the end is the end.
    pub fn of(path: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// Why a configuration is refused.
///
/// Every message is one line, names the file (and the place in it, where there is one) and says
/// what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A drop-in directory exists and cannot be listed.
    #[error("{path}: cannot list the directory: {cause}; make it readable or remove it")]
    List {
        /// The directory.
        path: String,
        /// The system's error.
        cause: io::Error,
    },
    /// A file exists and cannot be read.
    #[error("{path}: cannot read the file: {cause}; make it readable or remove it")]
    Read {
        /// The file.
        path: String,
        /// The system's error.
        cause: io::Error,
    },
    /// A directory, socket or device where a file should be.
    #[error("{path}: not a regular file; replace it with one, or remove it")]
    NotAFile {
        /// What is there.
        path: String,
    },
    /// A name in a drop-in directory that leads to no file.
    #[error(
        "{path}: listed but missing, like a dangling symbolic link; remove it, or \
         link it to /dev/null to mask a file of that name"
    )]
    Dangling {
        /// The file.
        path: String,
    },
    /// More than [`MAX_BYTES`](super::fragments::MAX_BYTES).
    #[error(
        "{path}: larger than 64 KiB, and a configuration is smaller; remove what does not belong"
    )]
    TooLarge {
        /// The file.
        path: String,
    },
    /// Bytes that are not UTF-8, which TOML is by definition.
    #[error("{path}: not UTF-8 text from byte {offset} on; save the file as UTF-8")]
    NotUtf8 {
        /// The file.
        path: String,
        /// The offset of the first wrong byte.
        offset: usize,
    },
    /// Not TOML, or a value of another type than the key has.
    #[error("{at}: {message}")]
    Syntax {
        /// Where.
        at: Place,
        /// The parser's error, on one line.
        message: String,
    },
    /// A key sanid does not know.
    #[error("{at}: unknown key {key:?}; {hint}known keys: {known}", hint = Hint(.suggestion.as_deref()), known = super::KEYS.join(", "))]
    UnknownKey {
        /// Where.
        at: Place,
        /// The key as written, with its table.
        key: String,
        /// The known key that is closest, if one is close.
        suggestion: Option<&'static str>,
    },
    /// A value its key does not allow.
    #[error("{at}: {key} = {value:?} is refused: {why}")]
    Invalid {
        /// The location of the value.
        at: Place,
        /// The key.
        key: &'static str,
        /// The value as written.
        value: String,
        /// The rule it breaks, and what to write instead.
        why: String,
    },
    /// A value its key does not allow, and that may be a secret.
    #[error("{at}: {key} is refused: {why}")]
    Refused {
        /// The location of the value.
        at: Place,
        /// The key.
        key: &'static str,
        /// The rule it breaks, and what to write instead.
        why: String,
    },
    /// A seed for a scheme that has its own.
    #[error(
        "seed ({seed}) has no effect with scheme = {scheme:?}, whose seed is that of the program it is \
         named for; remove seed, or choose scheme = \"sanid-v1\""
    )]
    SeedOfScheme {
        /// The location of the seed.
        seed: Place,
        /// The scheme.
        scheme: &'static str,
    },
    /// A template that gives several hosts one name, without consent.
    #[error(
        "{at}: iqn-template = {template:?} has neither {{id}} nor {{id12}}, so two hosts can get \
         one name; add one of them, or set allow-non-unique-template = true if names are kept \
         unique by other means"
    )]
    NonUniqueTemplate {
        /// The location of the template.
        at: Place,
        /// The template.
        template: String,
    },
    /// Both a prefix and a template: two rules for one name.
    #[error(
        "iqn-prefix ({prefix}) and iqn-template ({template}) are both set and exclude each other, \
         whichever file comes later; remove one, or override or mask the file that sets it"
    )]
    PrefixAndTemplate {
        /// The location of the prefix.
        prefix: Place,
        /// The location of the template.
        template: Place,
    },
    /// The two halves of a pinned pair in two files.
    #[error(
        "{first} ({at}) and {second} ({other}) are in two files; the pair is one \
         identity: set both halves in one file, and override or mask the other"
    )]
    SplitPair {
        /// The key of the first half.
        first: &'static str,
        /// Where that is.
        at: Place,
        /// The key of the second half.
        second: &'static str,
        /// Where that is.
        other: Place,
    },
}

/// A text of a configuration file for a message: each run of 32 or more hexadecimal digits, with hyphens or
/// without, is left out, since it may be the machine-id in the wrong place.
pub(crate) fn without_ids(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for char in text.chars().chain(['\0']) {
        if char.is_ascii_hexdigit() || char == '-' {
            run.push(char);
            continue;
        }
        if run.bytes().filter(u8::is_ascii_hexdigit).count() >= 32 {
            shown.push('…');
        } else {
            shown.push_str(&run);
        }
        run.clear();
        if char != '\0' {
            shown.push(char);
        }
    }
    shown
}

/// A refusal without its place: the rule that is broken and what to write instead, as a value's
/// own parser can tell them.
pub(crate) struct Refusal(pub(crate) String);

impl Refusal {
    pub(crate) fn new(reason: impl fmt::Display, advice: &str) -> Self {
        Self(format!("{reason}; {advice}"))
    }
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        Self::new(
            error,
            "write for example \"iqn.2016-04.com.open-iscsi:{hostname}-{id12}\"",
        )
    }
}

struct Hint<'a>(Option<&'a str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(key) => write!(f, "did you mean {key:?}? "),
            None => Ok(()),
        }
    }
}

/// The candidate nearest to what was written, if it is near enough to be meant.
///
/// A key without its table (`hostnqn` for `pin.hostnqn`) counts as near: it is the likeliest slip
/// of all.
pub(crate) fn closest(written: &str, candidates: &[&'static str]) -> Option<&'static str> {
    // Beyond the length of any key nothing is near, and the distance takes quadratic time.
    if written.len() > 64 {
        return None;
    }
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    candidates
        .iter()
        .map(|&known| {
            let without_table = known.rsplit('.').next().unwrap_or(known);
            let near = levenshtein(written, known).min(levenshtein(written, without_table));
            (near, known)
        })
        .min_by_key(|(near, _)| *near)
        .filter(|(near, _)| *near <= allowed)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        for (text, offset, line, column) in [
            ("", 0, 1, 1),
            ("a = 1", 4, 1, 5),
            ("a = 1\nb", 6, 2, 1),
            ("\n\nkey", 4, 3, 3),
            ("é = 1", 3, 1, 3),
            ("short", 99, 1, 6),
        ] {
            let place = Place::of("/f", text, offset);
            assert_eq!(
                (place.line, place.column),
                (line, column),
                "{text:?}@{offset}"
            );
        }
    }

    #[test]
    fn does_not_repeat_a_possible_machine_id() {
        for (text, shown) in [
            ("3d1219c7c4c5404aaa1f6d2a48adfda4", "…"),
            ("x 3D1219C7-c4c5-404a-aa1f-6d2a48adfda4.", "x …."),
            (
                "3d1219c7c4c5404aaa1f6d2a48adfda",
                "3d1219c7c4c5404aaa1f6d2a48adfda",
            ),
            ("iqn-prefix = face-cafe", "iqn-prefix = face-cafe"),
            ("", ""),
        ] {
            assert_eq!(without_ids(text), shown, "{text}");
        }
    }

    #[test]
    fn only_a_near_key_is_suggested() {
        let keys = [
            "scheme",
            "iqn-prefix",
            "iqn-template",
            "pin.iqn",
            "pin.hostnqn",
        ];
        for (written, expected) in [
            ("iqn-prefx", Some("iqn-prefix")),
            ("iqn_prefix", Some("iqn-prefix")),
            ("shceme", Some("scheme")),
            ("hostnqn", Some("pin.hostnqn")),
            ("pin.iqm", Some("pin.iqn")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(closest(written, &keys), expected, "{written:?}");
        }
        assert_eq!(closest(&"x".repeat(60_000), &keys), None);
    }
}
