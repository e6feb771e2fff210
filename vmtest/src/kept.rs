//! Trees that are made once and kept for every clone of this user, in `$XDG_CACHE_HOME/sanid/kept` or
//! `~/.cache/sanid/kept`.
//!
//! An entry is a directory, named by its subject and a checksum of its recipe. It is made under another name while
//! a lock is held, flushed, and renamed when it is complete, so an entry that exists is whole.

use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::host::run;

/// The directory of all entries. It is created when it is missing.
pub(crate) fn directory() -> Result<PathBuf> {
    let variable = |name: &str| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    let cache = variable("XDG_CACHE_HOME")
        .or_else(|| Some(variable("HOME")?.join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is an absolute path")?;
    let directory = cache.join("sanid/kept");
    make_directory(&directory)?;
    Ok(directory)
}

/// The entry with this name and recipe; `make` fills an empty directory when it is missing.
///
/// # Errors
///
/// `make` fails, the cache cannot be written, or other users could write to it.
pub fn entry(name: &str, recipe: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    entry_in(&directory()?, name, recipe, make)
}

/// Removes the entries of this name whose recipe is a different one.
///
/// # Errors
///
/// An entry cannot be removed.
pub fn remove_others(name: &str, recipe: &str) -> Result<()> {
    let own = file_name(name, recipe)?;
    let prefix = format!("{name}-");
    for entry in fs::read_dir(directory()?)? {
        let entry = entry?;
        let found = entry.file_name().to_string_lossy().into_owned();
        let is_entry = found
            .strip_prefix(&prefix)
            .is_some_and(|rest| rest.len() == 16);
        if is_entry && found != own {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// The entry with this name and recipe, if it has been made.
pub fn existing(name: &str, recipe: &str) -> Option<PathBuf> {
    let path = directory().ok()?.join(file_name(name, recipe).ok()?);
    (path.is_dir() && check_owner(&path).is_ok()).then_some(path)
}

/// The name, and the beginning of the recipe's checksum.
fn file_name(name: &str, recipe: &str) -> Result<String> {
    let mut sum = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run sha256sum")?;
    let mut input = sum.stdin.take().context("sha256sum has no input")?;
    input.write_all(recipe.as_bytes())?;
    drop(input);
    let output = sum.wait_with_output()?;
    let digits = String::from_utf8_lossy(&output.stdout);
    let digits = digits.get(..16).context("sha256sum printed no sum")?;
    Ok(format!("{name}-{digits}"))
}

fn entry_in(
    directory: &Path,
    name: &str,
    recipe: &str,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let file_name = file_name(name, recipe)?;
    let path = directory.join(&file_name);
    if !path.is_dir() {
        let _lock = lock(&directory.join(format!("{file_name}.lock")))?;
        // Another run may have made it while this one waited.
        if !path.is_dir() {
            let part = directory.join(format!("{file_name}.part"));
            if part.exists() {
                fs::remove_dir_all(&part).with_context(|| part.display().to_string())?;
            }
            make_directory(&part)?;
            make(&part).with_context(|| format!("cannot make {name}"))?;
            run!("sync --file-system {part}")?;
            fs::rename(&part, &path).with_context(|| path.display().to_string())?;
        }
    }
    check_owner(&path)?;
    Ok(path)
}

/// An exclusive lock on a file, which ends with this value, and with this process however that ends.
pub(crate) struct Lock {
    /// flock(1). It holds the lock as long as its standard input is open.
    holder: Child,
}

/// Waits for an exclusive lock.
pub(crate) fn lock(path: &Path) -> Result<Lock> {
    let mut holder = Command::new("flock")
        .arg(path)
        .args(["sh", "-c", "echo; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run flock")?;
    let mut line = [0];
    let answer = holder.stdout.take().context("flock has no output")?;
    BufReader::new(answer)
        .read_exact(&mut line)
        .with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(Lock { holder })
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

fn make_directory(path: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
        .with_context(|| path.display().to_string())?;
    check_owner(path)
}

/// Programs of an entry run as root, so no other user may be able to write to it.
fn check_owner(path: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(path).with_context(|| path.display().to_string())?;
    let own = fs::metadata("/proc/self")?.uid();
    ensure!(
        [0, own].contains(&metadata.uid()),
        "{} belongs to user {}, not to root or to the user of this process",
        path.display(),
        metadata.uid()
    );
    ensure!(
        metadata.mode() & 0o022 == 0,
        "{} is writable by other users",
        path.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn makes_an_entry_once_per_recipe_and_only_when_complete() {
        let directory = tempfile::tempdir().unwrap();
        let made = AtomicU32::new(0);
        let fill = |part: &Path| {
            made.fetch_add(1, Ordering::Relaxed);
            fs::write(part.join("file"), "content").map_err(Into::into)
        };
        let fail = |part: &Path| {
            fs::write(part.join("half"), "")?;
            anyhow::bail!("no network")
        };
        assert!(entry_in(directory.path(), "tree", "a", fail).is_err());
        let first = entry_in(directory.path(), "tree", "a", fill).unwrap();
        assert!(first.join("file").is_file() && !first.join("half").exists());
        assert_eq!(
            entry_in(directory.path(), "tree", "a", fill).unwrap(),
            first
        );
        assert_ne!(
            entry_in(directory.path(), "tree", "b", fill).unwrap(),
            first
        );
        assert_eq!(made.into_inner(), 2);
    }

    #[test]
    fn two_runs_at_once_make_an_entry_once() {
        let directory = tempfile::tempdir().unwrap();
        let made = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    entry_in(directory.path(), "tree", "a", |_| {
                        made.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(50));
                        Ok(())
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn refuses_an_entry_that_others_can_write_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = entry_in(directory.path(), "tree", "a", |_| Ok(())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        let error = entry_in(directory.path(), "tree", "a", |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("writable by other users"));
    }
}
