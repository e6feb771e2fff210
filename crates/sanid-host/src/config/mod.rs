//! Configuration: which files count, what they say, and what follows from them.
//!
//! Three stages, each with its own file and its own way to fail:
//!
//! 1. [`fragments`]: which files below the root are read, and in which order. A pure selection
//!    over directory listings; [`ConfigSource`] does the reading.
//! 2. [`inputs`]: what one file says, key by key, with the place of every value.
//! 3. [`settings`]: the values of all files merged, typed and validated, each with its [`Origin`].
//!
//! A host without any configuration is the usual case and the one the boot command pays for:
//! [`load`] then lists three directories, tries to read one file and parses no TOML.
//!
//! The keys are described for administrators in `docs/configuration.md`; a test holds that page
//! and [`KEYS`] to each other.
//!
//! # Examples
//!
//! ```
//! use sanid_host::config::{ConfigSource, Entry, Origin, load};
//! use std::io;
//!
//! /// A root that holds nothing but `/etc/sanid/config.toml`.
//! struct OneFile(&'static str);
//!
//! impl ConfigSource for OneFile {
//!     fn list(&self, _dir: &str) -> io::Result<Vec<Entry>> {
//!         Ok(Vec::new())
//!     }
//!
//!     fn read(&self, path: &str, _limit: usize) -> io::Result<Option<Vec<u8>>> {
//!         Ok((path == "etc/sanid/config.toml").then(|| self.0.as_bytes().to_vec()))
//!     }
//! }
//!
//! let settings = load(&OneFile("\niqn-prefix = 'iqn.1994-05.com.redhat'\n"))?;
//! assert_eq!(settings.iqn_prefix.value.as_str(), "iqn.1994-05.com.redhat");
//! assert_eq!(settings.iqn_prefix.origin.to_string(), "/etc/sanid/config.toml:2");
//! assert_eq!(settings.scheme.origin, Origin::Default);
//! # Ok::<(), sanid_host::config::ConfigError>(())
//! ```

pub mod error;
pub mod fragments;
pub mod inputs;
mod merge;
pub mod seed;
pub mod settings;
pub mod template;

#[cfg(test)]
mod tests;

pub use error::{ConfigError, Place};
pub use fragments::{ConfigSource, Entry};
pub use inputs::KEYS;
pub use settings::{Explained, Firmware, OnExisting, Origin, Pin, Placement, Setting, Settings};
pub use template::{IqnTemplate, TemplateError};

/// Reads and merges the configuration below one root.
///
/// # Errors
///
/// [`ConfigError`] for the first thing that is wrong, in the order in which files apply. A file
/// that cannot be read, an unknown key or an invalid value is never skipped: a setting that an
/// administrator wrote and sanid ignored could give a host the identity of a different one.
///
/// # Examples
///
/// See the [module](self).
pub fn load<S: ConfigSource + ?Sized>(source: &S) -> Result<Settings, ConfigError> {
    load_with(source, None)
}

/// The same with one more file, which applies after all of them.
///
/// # Errors
///
/// As [`load`].
pub(crate) fn load_with<S: ConfigSource + ?Sized>(
    source: &S,
    last: Option<fragments::Fragment>,
) -> Result<Settings, ConfigError> {
    let mut fragments = fragments::read(source)?;
    fragments.extend(last);
    Settings::merge(&fragments)
}
