//! Shell scripts that tell a target: one shape for all, so that one reader reads them back.
//!
//! Names are lines of a quoted here-document, which no shell looks into; what the user gave is quoted. A
//! script does what is not done yet, so running it twice is fine.

use std::io::{self, Write};

use super::{Choice, Entry, Present, TargetError};

/// What a script has beside the names.
pub(super) struct Script {
    /// What it does, and what it takes: comment lines.
    pub(super) what: &'static [&'static str],
    /// Options that it has as variables; `object` is written for the reader.
    pub(super) variables: &'static [Choice],
    /// What must be so, and the functions `admit NAME` and `dismiss NAME`; one part after the other.
    pub(super) prelude: &'static [&'static str],
    /// What comes after all names, likewise.
    pub(super) after: &'static [&'static str],
}

impl Script {
    /// Writes it, with one name to a line.
    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        object: &str,
        variables: &[(&str, &str)],
        admit: &[&str],
        dismiss: &[&str],
    ) -> Result<(), TargetError> {
        writeln!(out, "#!/bin/sh")?;
        for line in self.what {
            writeln!(out, "# {line}")?;
        }
        writeln!(
            out,
            "# Made by sanid-fleet. It does what is not done yet: running it again changes nothing."
        )?;
        writeln!(out, "set -eu")?;
        writeln!(out, "# shellcheck disable=SC2034,SC2317")?;
        writeln!(out, "object={}", quote(object))?;
        for (name, value) in variables {
            writeln!(out, "{name}={}", quote(value))?;
        }
        writeln!(
            out,
            "each() {{ while IFS= read -r name; do \"$1\" \"$name\"; done; }}"
        )?;
        for part in self.prelude {
            writeln!(out, "{}", part.trim())?;
        }
        section(out, "admit", admit)?;
        section(out, "dismiss", dismiss)?;
        for part in self.after {
            writeln!(out, "{}", part.trim())?;
        }
        Ok(())
    }
}

/// For targets that hosts use meanwhile: `stays NAME WORDS` is true, and tells it, where who is there is to be
/// left alone. The script then ends with [`BUSY`].
pub(super) const STAYS: &str = r#"
busy=0
stays() { [ "${DISRUPT:-0}" != 1 ] || return 1; echo "$1 $2" >&2; busy=1; }
"#;
/// The end of a script with [`STAYS`]: 1 where somebody was left.
pub(super) const BUSY: &str = r#"exit "$busy""#;

const END: &str = "END OF NAMES";

fn section(out: &mut dyn Write, what: &str, names: &[&str]) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    writeln!(out, "each {what} <<'{END}'")?;
    for name in names {
        writeln!(out, "{name}")?;
    }
    writeln!(out, "{END}")
}

/// A word that the shell takes as it is written.
///
/// A line end inside single quotes is a character like any other; the reader of scripts takes lines, so
/// the options that end up here have none (the command line refuses them).
pub(super) fn quote(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/=,+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn unquote(word: &str) -> String {
    word.strip_prefix('\'')
        .and_then(|word| word.strip_suffix('\''))
        .map_or_else(|| word.to_owned(), |inner| inner.replace(r"'\''", "'"))
}

/// Whether this is a script of sanid-fleet's.
pub(super) fn is_script(text: &str) -> bool {
    text.starts_with("#!/bin/sh\n") && text.contains("\n# Made by sanid-fleet.")
}

/// What a script admits.
pub(super) fn read(text: &str) -> Present {
    let mut present = Present::default();
    let mut object = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(word) = line.strip_prefix("object=") {
            object = unquote(word);
            present.object(&object);
        } else if line == format!("each admit <<'{END}'") {
            for name in lines.by_ref().take_while(|line| *line != END) {
                present.entries.push(Entry::name(&object, name));
            }
        }
    }
    present
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_is_one_word_to_the_shell() {
        for word in [
            "",
            "a b",
            "$(reboot)",
            "'",
            "`id`",
            "\\",
            "plain-1.2:3/x",
            "#",
            "é",
            "!",
        ] {
            let command = format!("printf %s {}", quote(word));
            let said = std::process::Command::new("sh")
                .args(["-c", &command])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&said.stdout), word);
            assert_eq!(unquote(&quote(word)), word);
        }
    }
}
