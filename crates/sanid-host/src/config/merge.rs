//! The way from inputs to settings: each file's values typed, the files merged key by key.

use super::error::{ConfigError, Place, Refusal, without_ids};
use super::fragments::Fragment;
use super::inputs::{Inputs, List};
use super::seed;
use super::settings::{
    Firmware, OnExisting, Origin, Pin, Placement, Setting, Settings, Words, one_of,
};
use super::template::IqnTemplate;
use crate::part::{IdentityFile, Part, files};
use sanid_core::{HostUuid, IqnPrefix, NameError, SCHEMES, Scheme, Takes};
use std::collections::BTreeMap;
use toml::Spanned;

impl Settings {
    /// Merges files in the order they apply: for each key the last file that sets it counts.
    ///
    /// Every value of every file is validated, also one that a later file overrides: which file
    /// applies last can change with the next package, and a broken value should be found before.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first thing that is wrong.
    pub fn merge(fragments: &[Fragment]) -> Result<Self, ConfigError> {
        let mut merged = Merged::default();
        for fragment in fragments {
            merged.apply(fragment)?;
        }
        merged.check()?;
        Ok(merged.finish())
    }
}

/// A value and its place, while files are being merged.
struct Placed<T> {
    value: T,
    at: Place,
}

impl<T> Placed<T> {
    fn setting(self) -> Setting<T> {
        Setting {
            value: self.value,
            origin: Origin::File {
                path: self.at.path,
                line: self.at.line,
            },
        }
    }
}

fn or_default<T>(set: Option<Placed<T>>, default: Setting<T>) -> Setting<T> {
    set.map_or(default, Placed::setting)
}

/// The files applied so far: for each key what the last file that sets it says.
#[derive(Default)]
struct Merged {
    scheme: Option<Placed<&'static dyn Scheme>>,
    seed: Option<Placed<Vec<&'static str>>>,
    denylist: Option<Placed<Vec<HostUuid>>>,
    iqn_prefix: Option<Placed<IqnPrefix>>,
    iqn_template: Option<Placed<IqnTemplate>>,
    allow_non_unique_template: Option<Placed<bool>>,
    on_existing: Option<Placed<OnExisting>>,
    placement: Option<Placed<Placement>>,
    firmware: Option<Placed<Firmware>>,
    allow_volatile_machine_id: Option<Placed<bool>>,
    pins: BTreeMap<IdentityFile, Placed<String>>,
    pin_verbatim: Option<Placed<bool>>,
    unknown: Vec<(String, Origin)>,
}

impl Merged {
    /// Types and validates what one file says, and lets it override what is there.
    fn apply(&mut self, fragment: &Fragment) -> Result<(), ConfigError> {
        let inputs = Inputs::parse(fragment)?;
        let file = File(fragment);
        file.text("scheme", inputs.scheme, &mut self.scheme, scheme)?;
        file.list("seed", inputs.seed, &mut self.seed, seed::names)?;
        file.list(
            "denylist",
            inputs.denylist,
            &mut self.denylist,
            seed::denylist,
        )?;
        file.text(
            "iqn-prefix",
            inputs.iqn_prefix,
            &mut self.iqn_prefix,
            prefix,
        )?;
        file.text(
            "iqn-template",
            inputs.iqn_template,
            &mut self.iqn_template,
            |text| IqnTemplate::parse(text).map_err(Refusal::from),
        )?;
        file.text(
            "on-existing",
            inputs.on_existing,
            &mut self.on_existing,
            Words::parse,
        )?;
        file.text(
            "placement",
            inputs.placement,
            &mut self.placement,
            Words::parse,
        )?;
        file.text(
            "firmware",
            inputs.firmware,
            &mut self.firmware,
            Words::parse,
        )?;
        let verbatim = inputs.pin.verbatim.as_ref();
        let verbatim = verbatim.is_some_and(|flag| *flag.get_ref());
        for (name, input) in inputs.pin.names {
            let kind = name.kind();
            let parse = if verbatim { kind.in_use } else { kind.parse };
            let mut pin = None;
            file.text(kind.pin, Some(input), &mut pin, |text| {
                parse(text).map_err(|error| refused(name, &error))
            })?;
            self.pins.extend(pin.map(|pin| (name, pin)));
        }
        file.flag(inputs.pin.verbatim, &mut self.pin_verbatim);
        self.unknown.extend(inputs.unknown.into_iter().map(|one| {
            let at = file.at(one.at);
            (
                one.name,
                Origin::File {
                    path: at.path,
                    line: at.line,
                },
            )
        }));
        file.flag(
            inputs.allow_non_unique_template,
            &mut self.allow_non_unique_template,
        );
        file.flag(
            inputs.allow_volatile_machine_id,
            &mut self.allow_volatile_machine_id,
        );
        Ok(())
    }

    /// The rules between keys, which only the merged whole can break.
    fn check(&self) -> Result<(), ConfigError> {
        if let (Some(prefix), Some(template)) = (&self.iqn_prefix, &self.iqn_template) {
            return Err(ConfigError::PrefixAndTemplate {
                prefix: prefix.at.clone(),
                template: template.at.clone(),
            });
        }
        let consent = self
            .allow_non_unique_template
            .as_ref()
            .is_some_and(|flag| flag.value);
        if let Some(template) = self
            .iqn_template
            .as_ref()
            .filter(|t| !t.value.is_unique() && !consent)
        {
            return Err(ConfigError::NonUniqueTemplate {
                at: template.at.clone(),
                template: template.value.as_str().to_owned(),
            });
        }
        if let (Some(set), Some(scheme)) = (&self.seed, &self.scheme) {
            if scheme.value.takes() != Takes::Any && set.value != [seed::MACHINE_ID] {
                return Err(ConfigError::SeedOfScheme {
                    seed: set.at.clone(),
                    scheme: scheme.value.name(),
                });
            }
        }
        Part::ALL
            .into_iter()
            .try_for_each(|part| self.check_whole(part))
    }

    /// One file may override one half of a pair that another file sets, and so invent a pair that nobody wrote down.
    fn check_whole(&self, part: Part) -> Result<(), ConfigError> {
        let pin = |file: &IdentityFile| Some((file.kind().pin, &self.pins.get(file)?.at));
        let mut pins = files(part).iter().filter_map(pin);
        let Some((first, at)) = pins.next() else {
            return Ok(());
        };
        match pins.find(|(_, other)| other.path != at.path) {
            None => Ok(()),
            Some((second, other)) => Err(ConfigError::SplitPair {
                first,
                at: at.clone(),
                second,
                other: other.clone(),
            }),
        }
    }

    /// The settings: what is set, and the defaults for the rest.
    fn finish(self) -> Settings {
        let default = Settings::default();
        Settings {
            scheme: or_default(self.scheme, default.scheme),
            seed: or_default(self.seed, default.seed),
            denylist: or_default(self.denylist, default.denylist),
            iqn_prefix: or_default(self.iqn_prefix, default.iqn_prefix),
            iqn_template: self.iqn_template.map(Placed::setting),
            allow_non_unique_template: or_default(
                self.allow_non_unique_template,
                default.allow_non_unique_template,
            ),
            on_existing: or_default(self.on_existing, default.on_existing),
            placement: or_default(self.placement, default.placement),
            firmware: or_default(self.firmware, default.firmware),
            allow_volatile_machine_id: or_default(
                self.allow_volatile_machine_id,
                default.allow_volatile_machine_id,
            ),
            pin: Pin {
                names: (self.pins.into_iter())
                    .map(|(file, pin)| (file, pin.setting()))
                    .collect(),
                verbatim: self.pin_verbatim.map(Placed::setting),
            },
            unknown: self.unknown,
        }
    }
}

/// One file while its values are typed.
struct File<'a>(&'a Fragment);

impl File<'_> {
    fn at(&self, offset: usize) -> Place {
        Place::of(&self.0.path, &self.0.text, offset)
    }

    fn text<T>(
        &self,
        key: &'static str,
        input: Option<Spanned<String>>,
        slot: &mut Option<Placed<T>>,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Result<(), ConfigError> {
        let Some(input) = input else { return Ok(()) };
        let at = self.at(input.span().start);
        match parse(input.get_ref()) {
            Ok(value) => {
                *slot = Some(Placed { value, at });
                Ok(())
            }
            Err(Refusal(why)) => Err(ConfigError::Invalid {
                at,
                key,
                value: shown(key, input.into_inner()),
                why,
            }),
        }
    }

    fn list<T>(
        &self,
        key: &'static str,
        input: Option<List>,
        slot: &mut Option<Placed<T>>,
        parse: impl FnOnce(&[String]) -> Result<T, Refusal>,
    ) -> Result<(), ConfigError> {
        let Some(input) = input else { return Ok(()) };
        let at = self.at(input.at);
        match parse(&input.texts) {
            Ok(value) => {
                *slot = Some(Placed { value, at });
                Ok(())
            }
            Err(Refusal(why)) => Err(ConfigError::Refused { at, key, why }),
        }
    }

    fn flag(&self, input: Option<Spanned<bool>>, slot: &mut Option<Placed<bool>>) {
        if let Some(input) = input {
            *slot = Some(Placed {
                at: self.at(input.span().start),
                value: input.into_inner(),
            });
        }
    }
}

/// A refused value for the message. A pin is a name, and public; anywhere else, and where nothing but digits is
/// written, it may be the machine-id.
fn shown(key: &str, value: String) -> String {
    let hidden = without_ids(&value);
    if key.starts_with("pin.") && hidden.trim() != "…" {
        value
    } else {
        hidden
    }
}

fn scheme(name: &str) -> Result<&'static dyn Scheme, Refusal> {
    sanid_core::scheme(name).ok_or_else(|| one_of(SCHEMES.iter().map(|scheme| scheme.name())))
}

fn prefix(text: &str) -> Result<IqnPrefix, Refusal> {
    IqnPrefix::parse(text)
        .map_err(|error| Refusal::new(error, "write for example \"iqn.2016-04.com.open-iscsi\""))
}

fn refused(file: IdentityFile, error: &NameError) -> Refusal {
    let rule = error.rule();
    let fix = if rule.is_tolerated() && (file.kind().is_usable_despite)(rule) {
        "correct it, or set pin.verbatim = true beside it if arrays know the host by this name as it is"
    } else {
        REMOVE
    };
    Refusal::new(error, fix)
}

const REMOVE: &str = "correct it, or remove it to let the scheme name this host";
