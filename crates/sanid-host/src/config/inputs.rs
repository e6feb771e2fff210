//! Stage two: what one file says.
//!
//! Every key is optional and every value remembers its place. Unknown keys are errors: a
//! misspelt `iqn-prefix` that is silently ignored names a host wrongly.

use super::error::{ConfigError, Place, closest, without_ids};
use super::fragments::Fragment;
use crate::part::IdentityFile;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Every key there is, in the order `sanid config` shows them.
pub static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let pins = IdentityFile::ALL.into_iter().map(|file| file.kind().pin);
    SETTINGS.into_iter().chain(pins).chain([VERBATIM]).collect()
});

const VERBATIM: &str = "pin.verbatim";
const SETTINGS: [&str; 10] = [
    "scheme",
    "seed",
    "denylist",
    "iqn-prefix",
    "iqn-template",
    "allow-non-unique-template",
    "on-existing",
    "placement",
    "firmware",
    "allow-volatile-machine-id",
];

/// The tables of keys.
const TABLES: [&str; 1] = ["pin"];

/// One file's settings, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Inputs {
    pub(crate) scheme: Option<Spanned<String>>,
    #[serde(skip)]
    pub(crate) seed: Option<List>,
    #[serde(skip)]
    pub(crate) denylist: Option<List>,
    pub(crate) iqn_prefix: Option<Spanned<String>>,
    pub(crate) iqn_template: Option<Spanned<String>>,
    pub(crate) allow_non_unique_template: Option<Spanned<bool>>,
    pub(crate) on_existing: Option<Spanned<String>>,
    pub(crate) placement: Option<Spanned<String>>,
    pub(crate) firmware: Option<Spanned<String>>,
    pub(crate) allow_volatile_machine_id: Option<Spanned<bool>>,
    #[serde(default)]
    pub(crate) pin: PinInputs,
    /// What this version does not know, and what can concern no name that it gives.
    #[serde(skip)]
    pub(crate) unknown: Vec<Unknown>,
}

/// A table, or a key of `[pin]`, that this version does not know.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) name: String,
    pub(crate) at: usize,
}

/// A list of texts and its place in the file.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) texts: Vec<String>,
    pub(crate) at: usize,
}

/// The table `[pin]`, as written.
#[derive(Debug, Default)]
pub(crate) struct PinInputs {
    pub(crate) names: BTreeMap<IdentityFile, Spanned<String>>,
    pub(crate) verbatim: Option<Spanned<bool>>,
}

impl<'de> Deserialize<'de> for PinInputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = PinInputs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let keys = IdentityFile::ALL.map(IdentityFile::pin_key);
                let (last, others) = keys.split_last().ok_or(fmt::Error)?;
                write!(f, "a table with {} or {last}", others.join(", "))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PinInputs, A::Error> {
                let mut inputs = PinInputs::default();
                while let Some(key) = map.next_key::<String>()? {
                    let mut files = IdentityFile::ALL.into_iter();
                    if let Some(file) = files.find(|file| file.pin_key() == key) {
                        inputs.names.insert(file, map.next_value()?);
                    } else if key == "verbatim" {
                        inputs.verbatim = Some(map.next_value()?);
                    } else {
                        return Err(A::Error::unknown_field(&key, &[]));
                    }
                }
                Ok(inputs)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl Inputs {
    /// Parses one file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Syntax`] and [`ConfigError::UnknownKey`], with the place.
    pub(crate) fn parse(fragment: &Fragment) -> Result<Self, ConfigError> {
        let explained = |error: toml::de::Error| explain(fragment, &error);
        let mut table = DeTable::parse(&fragment.text).map_err(explained)?;
        // The values of these may be the seed of this host, and the deserialiser's messages repeat what
        // they complain about.
        let mut list = |key| match table.get_mut().remove(key) {
            None => Ok(None),
            Some(value) => texts(&value).map(Some).ok_or_else(|| ConfigError::Refused {
                at: Place::of(&fragment.path, &fragment.text, value.span().start),
                key,
                why: "expected a list of texts in quotes".into(),
            }),
        };
        let (seed, denylist) = (list("seed")?, list("denylist")?);
        let unknown = take_unknown(table.get_mut());
        let inputs = Self::deserialize(toml::de::Deserializer::from(table)).map_err(explained)?;
        Ok(Self {
            seed,
            denylist,
            unknown,
            ..inputs
        })
    }
}

/// Takes out what a later version may know for a part that this one does not: a table, and a key of `[pin]`, that
/// resembles none of ours. A misspelt key resembles the intended one and stays; so does an unknown key outside
/// of any table, which may concern every name.
fn take_unknown(table: &mut DeTable<'_>) -> Vec<Unknown> {
    let is_table_of_later = |name: &str, value: &DeValue<'_>| {
        value.as_table().is_some() && !is_table(name) && is_strange(name)
    };
    let mut unknown = take(table, is_table_of_later, |name| format!("[{name}]"));
    for prefix in TABLES {
        let inner = table.get_mut(prefix).map(Spanned::get_mut);
        let Some(DeValue::Table(inner)) = inner else {
            continue;
        };
        let full = |name: &str| format!("{prefix}.{name}");
        let is_key_of_later =
            |name: &str, _: &DeValue<'_>| !is_known(&full(name)) && is_strange(&full(name));
        unknown.extend(take(inner, is_key_of_later, full));
    }
    unknown
}

/// Whether a name resembles none of ours, and can be repeated in a report.
fn is_strange(name: &str) -> bool {
    let is_new = closest(name, &KEYS).is_none() && closest(name, &TABLES).is_none();
    is_new && without_ids(name) == name
}

fn take(
    table: &mut DeTable<'_>,
    is_one: impl Fn(&str, &DeValue<'_>) -> bool,
    shown: impl Fn(&str) -> String,
) -> Vec<Unknown> {
    let found = table
        .iter()
        .filter(|(name, value)| is_one(name.get_ref(), value.get_ref()));
    let found: Vec<(String, usize)> = found
        .map(|(name, _)| (name.get_ref().to_string(), name.span().start))
        .collect();
    let take = |(name, at): (String, usize)| {
        table.remove(name.as_str());
        Unknown {
            name: shown(&name),
            at,
        }
    };
    found.into_iter().map(take).collect()
}

fn texts(value: &Spanned<DeValue<'_>>) -> Option<List> {
    let mut texts = Vec::new();
    for text in value.get_ref().as_array()? {
        texts.push(text.get_ref().as_str()?.to_owned());
    }
    Some(List {
        texts,
        at: value.span().start,
    })
}

/// Turns the deserialiser's error into ours. Only here, where there is an error to explain, is
/// the text read a second time, to distinguish an unknown key from a value of the wrong type and to
/// name the key of the latter.
fn explain(fragment: &Fragment, error: &toml::de::Error) -> ConfigError {
    let at = |offset| Place::of(&fragment.path, &fragment.text, offset);
    let parsed = DeTable::parse(&fragment.text);
    let is_toml = parsed.is_ok();
    let keys = parsed
        .map(|table| flatten(table.get_ref()))
        .unwrap_or_default();
    if let Some(unknown) = keys.iter().find(|key| !is_known(&key.name)) {
        return ConfigError::UnknownKey {
            at: at(unknown.at),
            key: without_ids(&unknown.name),
            suggestion: closest(&unknown.name, &KEYS),
        };
    }
    let span = error.span().unwrap_or_default();
    let key = keys.iter().find(|key| key.value == span);
    let unquoted = unquoted(&fragment.text, span.start).filter(|_| !is_toml);
    if let Some((key, message)) = unquoted {
        return ConfigError::Syntax {
            at: at(span.start),
            message: format!("{key}: {message}"),
        };
    }
    let message = without_ids(&one_line(error.message()));
    ConfigError::Syntax {
        at: at(span.start),
        message: key.map_or(message.clone(), |key| format!("{}: {message}", key.name)),
    }
}

/// A value without quotes in the line at this offset: its key, and what to write. The parser's own message speaks of
/// numbers and dates.
fn unquoted(text: &str, offset: usize) -> Option<(&str, String)> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?;
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.split(" #").next()?.trim());
    let mut keys = KEYS.iter();
    keys.find(|known| **known == key || known.strip_prefix("pin.") == Some(key))?;
    if key.starts_with("allow-") || key == "verbatim" {
        let is_boolean = matches!(value, "true" | "false");
        return (!is_boolean).then(|| (key, "write true or false, without quotes".to_owned()));
    }
    let is_other = |char: char| matches!(char, '"' | '\'' | '[' | '{' | '#');
    if value.is_empty() || value.starts_with(is_other) || value.contains(['"', '\'']) {
        return None;
    }
    let value = without_ids(value);
    Some((key, format!("text needs quotes: {key} = \"{value}\"")))
}

struct Key {
    name: String,
    at: usize,
    value: Range<usize>,
}

/// All keys of a document with their tables, in the order of the text.
fn flatten(table: &DeTable<'_>) -> Vec<Key> {
    let mut keys = Vec::new();
    for (name, value) in table {
        let key = Key {
            name: name.get_ref().to_string(),
            at: name.span().start,
            value: value.span(),
        };
        match value.get_ref() {
            // Only tables that can hold keys are entered: an unknown one is one unknown key.
            DeValue::Table(inner) if is_table(&key.name) => {
                keys.extend(inner.iter().map(|(sub, value)| Key {
                    name: format!("{}.{}", key.name, sub.get_ref()),
                    at: sub.span().start,
                    value: value.span(),
                }));
            }
            _ => keys.push(key),
        }
    }
    keys.sort_by_key(|key| key.at);
    keys
}

/// Whether a key exists, or is the name of a table and merely has the wrong type.
fn is_known(name: &str) -> bool {
    KEYS.contains(&name) || is_table(name)
}

fn is_table(name: &str) -> bool {
    KEYS.iter()
        .any(|key| key.split_once('.').is_some_and(|(table, _)| table == name))
}

fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join(", ")
}
