//! `sanid completions`: the files that packages install, for everybody else.

use crate::args::{Completions, Shell};
use sanid_cli::{Exit, Failure, print};

pub(crate) fn run(options: &Completions) -> Result<Exit, Failure> {
    let text = match options.shell {
        Shell::Bash => include_str!("../../../../dist/usr/share/bash-completion/completions/sanid"),
        Shell::Zsh => include_str!("../../../../dist/usr/share/zsh/site-functions/_sanid"),
        Shell::Fish => {
            include_str!("../../../../dist/usr/share/fish/vendor_completions.d/sanid.fish")
        }
    };
    print(text)?;
    Ok(Exit::Fine)
}
