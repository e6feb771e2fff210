//! Completions for the shells, at the paths where distributions keep them.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap_complete::Shell;

use super::{FLEET, Files, KUBE, SANID};

/// The shells, with what stands before and after the name of a command.
const SCRIPTS: [(Shell, &str, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/", ""),
    (Shell::Zsh, "zsh/site-functions/_", ""),
    (Shell::Fish, "fish/vendor_completions.d/", ".fish"),
];

/// Where a program has a hyphen in its name, `clap_complete` 4.6 puts one separator for it where it finds the
/// command that is typed, and another one where it looks up what that takes, so that nothing is found.
fn with_one_separator(script: &str, name: &str) -> String {
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

/// Adds all scripts.
pub(super) fn scripts(files: &mut Files) -> Result<()> {
    for (shell, before, after) in SCRIPTS {
        for (mut command, tree) in [
            (sanid::command(), SANID),
            (sanid_image::command(), SANID),
            (sanid_fleet::command(), FLEET),
            (sanid_kube::cli::command(), KUBE),
        ] {
            let name = command.get_name().to_owned();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, &name, &mut script);
            let mut script = String::from_utf8(script).context("a completion script is UTF-8")?;
            if shell == Shell::Bash {
                script = with_one_separator(&script, &name);
            }
            let path = format!("{tree}/share/{before}{name}{after}");
            files.insert(PathBuf::from(path), script);
        }
    }
    Ok(())
}
