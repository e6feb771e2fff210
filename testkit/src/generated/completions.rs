//! Completions for the shells, at the paths where distributions keep them.

use std::io;

use clap::Command;
use clap_complete::Shell;

use super::Files;

/// The shells, with the text before and after the name of a program in the path of its script.
const SCRIPTS: [(Shell, &str, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/", ""),
    (Shell::Zsh, "zsh/site-functions/_", ""),
    (Shell::Fish, "fish/vendor_completions.d/", ".fish"),
];

/// Where a program has a hyphen in its name, `clap_complete` 4.6 puts one separator for it where it finds the
/// command that is typed, and a different one where it looks up its options, so that nothing is found.
fn with_one_separator(script: &str, name: &str) -> String {
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

/// Adds the scripts of one program.
pub(super) fn add(files: &mut Files, tree: &str, mut program: Command) -> io::Result<()> {
    let name = program.get_name().to_owned();
    for (shell, before, after) in SCRIPTS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut program, &name, &mut script);
        let mut script = String::from_utf8(script).map_err(io::Error::other)?;
        if shell == Shell::Bash {
            script = with_one_separator(&script, &name);
        }
        files.add(format!("{tree}/share/{before}{name}{after}"), script);
    }
    Ok(())
}
