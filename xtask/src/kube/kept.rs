//! Programs that were built once: a directory that appears whole, with their checksums.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::{PROGRAMS, RECIPE};
use crate::place::{Place, output};

const SUMS: &str = "SHA256SUMS";

/// A place for what one recipe makes.
pub(super) struct Kept(PathBuf);

impl Kept {
    /// Beside what cargo builds.
    pub(super) fn in_target(place: &Place) -> Self {
        Self(place.target.join("kube/cache").join(recipe()))
    }

    /// Where the user's programs keep what they can make again.
    pub(super) fn of_user() -> Option<Self> {
        let directory = |name: &str| {
            let value = std::env::var_os(name).map(PathBuf::from);
            value.filter(|path| path.is_absolute())
        };
        let cache =
            directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")))?;
        Some(Self(cache.join("sanid/kube").join(recipe())))
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    /// Whether it is there. What is there may be damaged.
    pub(super) fn is_there(&self) -> bool {
        self.0.join(SUMS).is_file() && PROGRAMS.iter().all(|name| self.0.join(name).is_file())
    }

    /// Whether it is what was built, byte for byte.
    pub(super) fn is_whole(&self) -> bool {
        self.is_there()
            && Command::new("sha256sum")
                .args(["--check", "--strict", "--status", SUMS])
                .current_dir(&self.0)
                .stderr(std::process::Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    }

    /// Takes the programs of a directory: under another name first, so that nobody finds a half of them.
    pub(super) fn keep(&self, from: &Path) -> Result<()> {
        let parent = self.0.parent().context("a cache is in a directory")?;
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        let new = parent.join(format!(".new-{}", std::process::id()));
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        fs::create_dir(&new).with_context(|| new.display().to_string())?;
        for name in PROGRAMS {
            fs::copy(from.join(name), new.join(name))
                .with_context(|| format!("{name} to {}", new.display()))?;
        }
        let sums = output(Command::new("sha256sum").args(PROGRAMS).current_dir(&new))?;
        fs::write(new.join(SUMS), sums)?;
        if self.0.exists() {
            // Damaged, or it would not be made again.
            fs::remove_dir_all(&self.0)?;
        }
        fs::rename(&new, &self.0).with_context(|| self.0.display().to_string())
    }
}

/// The name of the recipe: what its text is.
fn recipe() -> String {
    let sum = Sha256::digest(RECIPE);
    let first = sum
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn built(directory: &Path) -> PathBuf {
        let built = directory.join("built");
        fs::create_dir_all(&built).unwrap();
        for name in PROGRAMS {
            fs::write(built.join(name), name).unwrap();
        }
        built
    }

    #[test]
    fn what_is_damaged_is_not_whole_and_is_made_again() {
        let directory = tempfile::tempdir().unwrap();
        let kept = Kept(directory.path().join("a/cache"));
        assert!(!kept.is_there() && !kept.is_whole());
        let built = built(directory.path());
        kept.keep(&built).unwrap();
        assert!(kept.is_there() && kept.is_whole());
        fs::write(kept.directory().join(PROGRAMS[0]), "half of i").unwrap();
        assert!(kept.is_there() && !kept.is_whole(), "other bytes");
        kept.keep(&built).unwrap();
        assert!(kept.is_whole());
        fs::remove_file(kept.directory().join(PROGRAMS[1])).unwrap();
        assert!(!kept.is_whole(), "one is missing");
        kept.keep(&built).unwrap();
        fs::write(kept.directory().join(SUMS), "").unwrap();
        assert!(!kept.is_whole(), "nothing to check it by");
        let left: Vec<_> = fs::read_dir(directory.path().join("a")).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing half made stays: {left:?}");
    }
}
