//! `sanid completions`: the files that packages install, for everybody else.

use std::io::{self, Write as _};

use crate::args::{Completions, Shell};
use crate::exit::{Exit, Failure};
use crate::output::ignore_closed_pipe;

pub(crate) fn run(options: &Completions) -> Result<Exit, Failure> {
    let text = match options.shell {
        Shell::Bash => include_str!("../../../../dist/usr/share/bash-completion/completions/sanid"),
        Shell::Zsh => include_str!("../../../../dist/usr/share/zsh/site-functions/_sanid"),
        Shell::Fish => {
            include_str!("../../../../dist/usr/share/fish/vendor_completions.d/sanid.fish")
        }
    };
    ignore_closed_pipe(io::stdout().write_all(text.as_bytes()))?;
    Ok(Exit::Fine)
}
