//! Completions for the shells, at the paths where distributions keep them.

use std::fmt::Write as _;
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

/// A subcommand that another program runs, whose completions are used for its words.
#[derive(Debug, Clone, Copy)]
pub struct Companion {
    /// The subcommand.
    pub subcommand: &'static str,
    /// The program that runs it.
    pub program: &'static str,
    /// Whether the program has a subcommand of the same name.
    pub is_subcommand: bool,
}

/// Adds the scripts of one program.
pub(super) fn add(
    files: &mut Files,
    tree: &str,
    mut program: Command,
    companions: &[Companion],
) -> io::Result<()> {
    let name = program.get_name().to_owned();
    for (shell, before, after) in SCRIPTS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut program, &name, &mut script);
        let mut script = String::from_utf8(script).map_err(io::Error::other)?;
        if shell == Shell::Bash {
            script = with_one_separator(&script, &name);
        }
        if !companions.is_empty() {
            script = match shell {
                Shell::Bash => bash(&script, &name, companions),
                Shell::Zsh => zsh(&script, &name, companions),
                _ => script + &fish(&name, companions),
            };
        }
        files.add(format!("{tree}/share/{before}{name}{after}"), script);
    }
    Ok(())
}

/// What the scripts say of themselves.
const WHY: &str = "These subcommands are other programs, which complete their own words.";

/// The function that completes a program calls that of the companion.
fn bash(script: &str, name: &str, companions: &[Companion]) -> String {
    let mut cases = String::new();
    for one in companions {
        let Companion {
            subcommand,
            program,
            ..
        } = one;
        let skip = if one.is_subcommand { 1 } else { 2 };
        let _ = writeln!(
            cases,
            "        {subcommand}) program={program} skip={skip} ;;"
        );
    }
    let wrapper = format!(
        r#"# {WHY}
_{name}_with_companions() {{
    local program="" skip=1 directory
    case "${{COMP_WORDS[1]}}" in
{cases}    esac
    if [[ -z "${{program}}" || "${{COMP_CWORD}}" -lt 2 ]]; then
        _{name} "$@"
        return
    fi
    local function="_${{program/-/__}}"
    for directory in "${{BASH_SOURCE[0]%/*}}" /usr/share/bash-completion/completions; do
        declare -F "${{function}}" >/dev/null && break
        [[ -r "${{directory}}/${{program}}" ]] && . "${{directory}}/${{program}}"
    done
    declare -F "${{function}}" >/dev/null || return 0
    COMP_WORDS=("${{program}}" "${{COMP_WORDS[@]:skip}}")
    COMP_CWORD=$((COMP_CWORD - skip + 1))
    "${{function}}" "${{program}}" "$2" "${{COMP_WORDS[COMP_CWORD - 1]}}"
}}

"#
    );
    let call = format!("complete -F _{name} ");
    let script = script.replace(&call, &format!("complete -F _{name}_with_companions "));
    match script.rfind("if [[ \"${BASH_VERSINFO[0]}\"") {
        Some(at) => {
            let (before, after) = script.split_at(at);
            format!("{before}{wrapper}{after}")
        }
        None => script,
    }
}

/// The function of a program starts with the words of its companions.
fn zsh(script: &str, name: &str, companions: &[Companion]) -> String {
    let mut cases = String::new();
    for one in companions {
        let Companion {
            subcommand,
            program,
            ..
        } = one;
        let shift = if one.is_subcommand {
            ""
        } else {
            "shift words; (( CURRENT-- )); "
        };
        let _ = writeln!(
            cases,
            "            ({subcommand}) {shift}words[1]={program} ;;"
        );
    }
    let start = format!("_{name}() {{\n");
    let wrapper = format!(
        "{start}    # {WHY}\n    if (( CURRENT > 2 )); then\n        case \"$words[2]\" in\n{cases}        esac\n        \
         if [[ \"$words[1]\" == {name}-* ]]; then _normal; return; fi\n    fi\n"
    );
    script.replacen(&start, &wrapper, 1)
}

/// Lines that ask for the completions of a companion.
fn fish(name: &str, companions: &[Companion]) -> String {
    let mut lines = format!(
        r#"# {WHY}
function __fish_{name}_companion
    set -l words (commandline -opc)
    set -l rest (string join -- " " (string escape -- $words[3..]))
    set -l word (commandline -ct)
    complete -C "$argv $rest $word"
end
"#
    );
    for one in companions {
        let Companion {
            subcommand,
            program,
            ..
        } = one;
        let command = if one.is_subcommand {
            format!("{program} {subcommand}")
        } else {
            (*program).to_owned()
        };
        let _ = writeln!(
            lines,
            "complete -c {name} -n \"__fish_{name}_using_subcommand {subcommand}\" -f -a \"(__fish_{name}_companion {command})\""
        );
    }
    lines
}
