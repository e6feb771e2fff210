//! Where things are: the repository, the target directory, the host triple.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// The places that tasks work in, found once.
#[derive(Clone)]
pub(crate) struct Place {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
    /// The triple of this machine's Rust.
    pub(crate) host: String,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

impl Place {
    /// Asks cargo and rustc.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the repository")?
            .to_path_buf();
        let metadata = output(
            Command::new("cargo")
                .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
                .current_dir(&root),
        )?;
        let metadata: Metadata = serde_json::from_str(&metadata).context("cargo metadata")?;
        let host = output(Command::new("rustc").arg("-vV"))?
            .lines()
            .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
            .context("rustc -vV names no host")?;
        Ok(Self {
            root,
            target: metadata.target_directory,
            host,
        })
    }

    /// A directory for what xtask keeps between runs (logs, unpacked packages).
    pub(crate) fn work(&self) -> PathBuf {
        self.target.join("xtask")
    }
}

/// True when this process runs as root.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// True in continuous integration, where every test step shows its output and
/// a test that cannot run is a failure.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// True when a program of this name can be found.
pub(crate) fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .any(|directory| directory.join(name).is_file())
}

/// Standard output of a command that must succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let done = command
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    if !done.status.success() {
        bail!(
            "{} failed ({}): {}",
            command.get_program().to_string_lossy(),
            done.status,
            String::from_utf8_lossy(&done.stderr).trim()
        );
    }
    String::from_utf8(done.stdout).context("the answer is not UTF-8")
}
