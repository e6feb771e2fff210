//! Stage three: what all files together say, typed, validated, and with the origin of each value.

use super::error::Refusal;
use super::template::IqnTemplate;
use crate::part::IdentityFile;
use sanid_core::{HostUuid, IqnPrefix, SCHEMES, Scheme};
use std::collections::BTreeMap;
use std::fmt;

/// The first of the list, which is the default by its definition.
const DEFAULT_SCHEME: &dyn Scheme = match SCHEMES {
    [first, ..] => *first,
    [] => panic!("there is no scheme"),
};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// No file sets it.
    Default,
    /// A configuration file.
    File {
        /// The path, with a leading `/`.
        path: String,
        /// The line, counted from 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it was set.
    pub origin: Origin,
}

impl<T> Setting<T> {
    fn default_value(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
        }
    }
}

/// What to do with a valid identity that is already on disk and differs from the desired one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnExisting {
    /// Stop, and show both names and the fixes.
    #[default]
    Refuse,
    /// Leave it, and report the difference.
    Keep,
    /// Replace it. For image builders.
    Replace,
}

/// Where the identity is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// Into files where the directory is writable, by bind mount where it is not.
    #[default]
    Auto,
    /// Into files.
    File,
    /// Into memory, bind-mounted over the files.
    Bind,
}

/// Whether an identity from firmware (iBFT, NBFT) counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Firmware {
    /// It outranks the scheme.
    #[default]
    Use,
    /// It is not read.
    Ignore,
}

/// A closed set of words as a configuration value.
pub(crate) trait Words: Copy + PartialEq + 'static {
    const WORDS: &'static [(&'static str, Self)];

    fn parse(word: &str) -> Result<Self, Refusal> {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| one_of(Self::WORDS.iter().map(|(known, _)| *known)))
    }

    fn as_str(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, value)| *value == self);
        found.map_or("", |(word, _)| word)
    }
}

impl Words for OnExisting {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("refuse", Self::Refuse),
        ("keep", Self::Keep),
        ("replace", Self::Replace),
    ];
}

impl Words for Placement {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("file", Self::File),
        ("bind", Self::Bind),
    ];
}

impl Words for Firmware {
    const WORDS: &'static [(&'static str, Self)] = &[("use", Self::Use), ("ignore", Self::Ignore)];
}

/// An identity fixed in configuration: the parts that are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pin {
    /// The names that are, each by the file that holds it.
    pub names: BTreeMap<IdentityFile, Setting<String>>,
    /// Whether names are taken as they are where they break a rule that no initiator checks.
    pub verbatim: Option<Setting<bool>>,
}

/// The merged configuration of one root.
#[derive(Clone)]
pub struct Settings {
    /// The rule from seed to identity.
    pub scheme: Setting<&'static dyn Scheme>,
    /// The seeds of this host, in the order in which they are tried; see [`Settings::seeds`].
    pub seed: Setting<Vec<&'static str>>,
    /// Values that do not identify a host, in addition to the known ones.
    pub denylist: Setting<Vec<HostUuid>>,
    /// The text before the `:` of an IQN, for schemes without a prefix of their own.
    pub iqn_prefix: Setting<IqnPrefix>,
    /// A rule for the IQN in place of the prefix.
    pub iqn_template: Option<Setting<IqnTemplate>>,
    /// Whether the template may do without an id part.
    pub allow_non_unique_template: Setting<bool>,
    /// What happens to a valid identity that is already on disk.
    pub on_existing: Setting<OnExisting>,
    /// Where the identity is stored.
    pub placement: Setting<Placement>,
    /// Whether a firmware identity counts.
    pub firmware: Setting<Firmware>,
    /// Whether a machine-id that is bind-mounted from a tmpfs is a seed.
    pub allow_volatile_machine_id: Setting<bool>,
    /// The parts of the identity that are fixed.
    pub pin: Pin,
    /// Tables and keys of `[pin]` that this version does not know, with their places: they can concern none of the
    /// names that it gives.
    pub unknown: Vec<(String, Origin)>,
}

/// One line of `sanid config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The key, with its table: `pin.iqn`.
    pub key: &'static str,
    /// The value as it is written in TOML.
    pub value: String,
    /// The [`Origin`], as text.
    pub origin: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scheme: Setting::default_value(DEFAULT_SCHEME),
            seed: Setting::default_value(vec![super::seed::MACHINE_ID]),
            denylist: Setting::default_value(Vec::new()),
            iqn_prefix: Setting::default_value(IqnPrefix::default()),
            iqn_template: None,
            allow_non_unique_template: Setting::default_value(false),
            on_existing: Setting::default_value(OnExisting::default()),
            placement: Setting::default_value(Placement::default()),
            firmware: Setting::default_value(Firmware::default()),
            allow_volatile_machine_id: Setting::default_value(false),
            pin: Pin::default(),
            unknown: Vec::new(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.explain()).finish()
    }
}

impl Settings {
    /// Every value in effect, in the order of [`KEYS`](super::KEYS), as `sanid config` shows it.
    ///
    /// Parts that are not pinned are left out, and so is the default prefix where a template
    /// takes its place. What remains, written as `key = value` lines, is a configuration file
    /// with the same effect.
    pub fn explain(&self) -> Vec<Explained> {
        let prefix = Some(&self.iqn_prefix).filter(|_| self.iqn_template.is_none());
        let pins = self.pin.names.iter();
        let pins = pins.map(|(file, pin)| line(file.kind().pin, Some(pin), |name| quoted(name)));
        let verbatim = self.pin.verbatim.as_ref();
        let verbatim = line("pin.verbatim", verbatim, ToString::to_string);
        [
            line("scheme", Some(&self.scheme), |v| quoted(v.name())),
            line("seed", Some(&self.seed), |v| format!("{v:?}")),
            line("denylist", Some(&self.denylist), |v| {
                let texts: Vec<String> = v.iter().map(|uuid| quoted(&uuid.to_string())).collect();
                format!("[{}]", texts.join(", "))
            }),
            line("iqn-prefix", prefix, |v| quoted(v.as_str())),
            line("iqn-template", self.iqn_template.as_ref(), |v| {
                quoted(v.as_str())
            }),
            line(
                "allow-non-unique-template",
                Some(&self.allow_non_unique_template),
                ToString::to_string,
            ),
            line("on-existing", Some(&self.on_existing), |v| {
                quoted(v.as_str())
            }),
            line("placement", Some(&self.placement), |v| quoted(v.as_str())),
            line("firmware", Some(&self.firmware), |v| quoted(v.as_str())),
            line(
                "allow-volatile-machine-id",
                Some(&self.allow_volatile_machine_id),
                ToString::to_string,
            ),
        ]
        .into_iter()
        .chain(pins)
        .chain([verbatim])
        .flatten()
        .collect()
    }
}

fn line<T>(
    key: &'static str,
    setting: Option<&Setting<T>>,
    value: impl Fn(&T) -> String,
) -> Option<Explained> {
    setting.map(|setting| Explained {
        key,
        value: value(&setting.value),
        origin: setting.origin.to_string(),
    })
}

/// A TOML basic string. No value that passed validation needs an escape.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// The refusal of a value that is not one of its key's keywords.
pub(crate) fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> Refusal {
    let words: Vec<String> = words.map(quoted).collect();
    Refusal::new(
        "not a value of this key",
        &format!("use one of {}", words.join(", ")),
    )
}
