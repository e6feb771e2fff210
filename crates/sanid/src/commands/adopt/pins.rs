//! The names that `adopt` pins, and whether the host would have them afterwards.

use std::fmt::Write as _;

use sanid_cli::Failure;
use sanid_host::plan::files;
use sanid_host::resolve::{Part, Resolution, SourceKind};
use sanid_host::{Facts, IdentityFile, Names, adopt, resolve};

/// The names that storage knows the host by from its files, as they are written there; and why a name is not pinned.
pub(super) fn on_disk(facts: &Facts) -> (Names, Vec<String>) {
    let mut notices = Vec::new();
    let name = |file| match only_name(facts, file) {
        Ok(name) => Some(name),
        Err(why) => {
            notices.push(why);
            None
        }
    };
    let mut pins = Names::of_files(name);
    notices.extend(adopt::complete(&mut pins));
    (pins, notices)
}

/// The one name that readers take from a file.
fn only_name(facts: &Facts, file: IdentityFile) -> Result<String, String> {
    let state = facts.disk.effective(file).state();
    match facts.disk.names_in_use(file).as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(format!(
            "the {} on disk is {state} and cannot be pinned; `sanid status` shows why",
            file.holds()
        )),
        several => Err(format!(
            "programs take different names from /{} ({}); leave the one that the arrays know in the file, then adopt again",
            file.path(),
            several.join(", ")
        )),
    }
}

/// Whether the host has these names without a new pin.
pub(super) fn are_desired(pins: &Names, resolution: &Resolution) -> bool {
    let mut pins = pins.iter();
    pins.all(|(file, pin)| resolution.value(file).as_deref() == Some(pin))
}

/// Decides on the state that the pins would leave, and gives it: each pinned part must then have the pinned names.
pub(super) fn check(pins: &Names, mut facts: Facts) -> Result<Facts, Failure> {
    let set = adopt::pin(&mut facts, pins);
    set.map_err(|error| Failure::error(&error))?;
    let after = resolve(&facts);
    for part in Part::ALL {
        let is_pinned = files(part).iter().any(|file| pins.of(*file).is_some());
        if !is_pinned {
            continue;
        }
        match after.origin(part) {
            Err(error) => return Err(error.clone().into()),
            Ok((SourceKind::CommandLine | SourceKind::Credential, place)) => {
                return Err(Failure::error(&format!(
                    "{place} fixes the {} and outranks every pin, so adopting would have no effect; remove it first",
                    part.label()
                )));
            }
            Ok(_) => {}
        }
    }
    if are_desired(pins, &after) {
        Ok(facts)
    } else {
        Err(Failure::error(
            &"the pins would not give the host these names; `sanid show --explain` shows why",
        ))
    }
}

/// The configuration that sets them.
pub(super) fn fragment(pins: &Names, comment: &str) -> String {
    let mut text = format!(
        "# Written by {comment} Remove this file to let the\n\
             # configured scheme decide again; `sanid apply` then asks before it changes anything.\n[pin]\n",
    );
    for (file, value) in pins.iter() {
        // A JSON string is a TOML basic string. Writing to a String cannot fail.
        let quoted = serde_json::to_string(value).unwrap_or_default();
        let _ = writeln!(text, "{} = {quoted}", file.pin_key());
    }
    if !pins.iter().all(|(file, name)| file.is_conformant(name)) {
        text.push_str("# A name that breaks the standard and that arrays know the host by.\nverbatim = true\n");
    }
    text
}
