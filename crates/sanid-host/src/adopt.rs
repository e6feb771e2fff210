//! What `sanid adopt` does with the names of each part.

use sanid_core::NameError;

use crate::config::{Origin, Setting};
use crate::facts::Facts;
use crate::part::{Names, Part};

/// Removes names that cannot be pinned without others from those found on disk, and says why; also what to know about
/// the others.
pub fn complete(pins: &mut Names) -> Vec<String> {
    let parts = Part::ALL.into_iter();
    parts.filter_map(|part| part.kind().adopt(pins)).collect()
}

/// Sets pins in facts, as the configuration would.
///
/// # Errors
/// [`NameError`]: a name that no storage program can use.
pub fn pin(facts: &mut Facts, pins: &Names) -> Result<(), NameError> {
    for (file, name) in pins.iter() {
        let pin = Setting {
            value: (file.kind().in_use)(name)?,
            origin: Origin::Default,
        };
        facts.settings.pin.names.insert(file, pin);
    }
    Ok(())
}
