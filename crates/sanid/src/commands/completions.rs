//! `sanid completions`: the files that packages install, for everybody else.

use crate::args::{Completions, Shell};
use sanid_cli::{Exit, Failure, print};

pub(crate) fn run(options: &Completions) -> Result<Exit, Failure> {
    // Links to what packages install, so that the crate is whole without the rest of the repository.
    let text = match options.shell {
        Shell::Bash => include_str!("../../completions/sanid.bash"),
        Shell::Zsh => include_str!("../../completions/_sanid"),
        Shell::Fish => include_str!("../../completions/sanid.fish"),
    };
    print(text)?;
    Ok(Exit::Fine)
}
