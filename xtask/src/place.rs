//! Where things are: the repository, the target directory, the host triple.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;
use vmtest::host::output;

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
        let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata")?;
        let target = metadata.get("target_directory").and_then(Value::as_str);
        let host = output(Command::new("rustc").arg("-vV"))?
            .lines()
            .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
            .context("rustc -vV names no host")?;
        Ok(Self {
            root,
            target: target
                .context("cargo metadata names no target directory")?
                .into(),
            host,
        })
    }

    /// A directory for what xtask keeps between runs (logs, unpacked packages).
    pub(crate) fn work(&self) -> PathBuf {
        self.target.join("xtask")
    }
}
