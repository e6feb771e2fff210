//! Completions for the shells, at the paths where distributions keep them.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap_complete::Shell;

use super::Files;

const SCRIPTS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/sanid"),
    (Shell::Zsh, "zsh/site-functions/_sanid"),
    (Shell::Fish, "fish/vendor_completions.d/sanid.fish"),
];

/// Adds all scripts.
pub(super) fn scripts(files: &mut Files) -> Result<()> {
    for (shell, path) in SCRIPTS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut sanid::command(), "sanid", &mut script);
        let script = String::from_utf8(script).context("a completion script is UTF-8")?;
        files.insert(PathBuf::from("dist/usr/share").join(path), script);
    }
    Ok(())
}
