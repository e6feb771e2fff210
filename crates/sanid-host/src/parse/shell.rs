//! A file that a shell sources.
//!
//! A file of plain assignments has one meaning in every shell (POSIX.1-2024, Shell Command
//! Language, 2.2 Quoting and 2.9.1.1 Order of Processing). Anything else runs commands, as root
//! and in the initramfs; so it is not interpreted here, only pointed at.

use std::iter::Peekable;

/// Why sourcing a file would do more than assign variables.
///
/// The text continues a sentence that begins with the reader's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShellHazard {
    /// A line that is neither empty, a comment nor an assignment.
    #[error("runs line {line} as a command, since it is not a plain assignment")]
    Command {
        /// The line, counted from 1.
        line: usize,
    },
    /// An assignment with more words after it: the variable is set for that command only.
    #[error("runs what follows the assignment in line {line} as a command, and sets nothing")]
    Trailing {
        /// The line, counted from 1.
        line: usize,
    },
    /// A character that means something to a shell.
    #[error("gives {character:?} in line {line} a meaning of its own")]
    Metacharacter {
        /// The line, counted from 1.
        line: usize,
        /// The character.
        character: char,
    },
    /// A quotation mark without its partner on the same line.
    #[error("reads on past line {line}, where a quotation mark has no partner")]
    Unterminated {
        /// The line, counted from 1.
        line: usize,
    },
    /// A NUL, which one shell drops and another stops at.
    #[error("finds a NUL byte in line {line}, which shells treat differently")]
    Nul {
        /// The line, counted from 1.
        line: usize,
    },
}

/// The value a variable has after the file was sourced; `None` if the file does not set it.
///
/// The last assignment wins. Values may be quoted in full or in part, and a comment may follow
/// after a blank. Blanks before an assignment mean nothing to a shell.
///
/// # Errors
///
/// [`ShellHazard`] for the first line, whatever it sets, that is more than one plain assignment.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::shell::assigned;
///
/// let file = b"# a comment\nname=\"one two\"three # another\n";
/// assert_eq!(assigned(file, "name"), Ok(Some(b"one twothree".to_vec())));
/// assert!(assigned(b"name=$(reboot)\n", "name").is_err());
/// ```
pub fn assigned(bytes: &[u8], variable: &str) -> Result<Option<Vec<u8>>, ShellHazard> {
    let mut last = None;
    for (index, content) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if let Some((name, value)) = assignment(content, index + 1)? {
            if name == variable.as_bytes() {
                last = Some(value);
            }
        }
    }
    Ok(last)
}

type Assignment<'a> = (&'a [u8], Vec<u8>);

fn assignment(content: &[u8], line: usize) -> Result<Option<Assignment<'_>>, ShellHazard> {
    if content.contains(&0) {
        return Err(ShellHazard::Nul { line });
    }
    let start = content.iter().position(|&byte| !is_blank(byte));
    let content = content
        .get(start.unwrap_or(content.len())..)
        .unwrap_or_default();
    if content.first().is_none_or(|&byte| byte == b'#') {
        return Ok(None);
    }
    let equals = content.iter().position(|&byte| byte == b'=');
    let (name, rest) = equals
        .and_then(|at| content.split_at_checked(at))
        .filter(|(name, _)| is_name(name))
        .ok_or(ShellHazard::Command { line })?;
    let mut rest = rest.iter().copied().skip(1).peekable();
    let value = word(&mut rest, line)?;
    while rest.next_if(|&byte| is_blank(byte)).is_some() {}
    match rest.peek() {
        None | Some(b'#') => Ok(Some((name, value))),
        Some(_) => Err(ShellHazard::Trailing { line }),
    }
}

/// One word, with its quotes removed; it ends before whitespace.
fn word(
    rest: &mut Peekable<impl Iterator<Item = u8>>,
    line: usize,
) -> Result<Vec<u8>, ShellHazard> {
    let mut value = Vec::new();
    while let Some(byte) = rest.next_if(|&byte| !is_blank(byte)) {
        match byte {
            b'\'' | b'"' => quoted(rest, byte, &mut value, line)?,
            // Beside the operators and expansions also what a later, unquoted use of the variable
            // would expand to file names: Debian's script has such a use.
            b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'$' | b'`' | b'\\' | b'*' | b'?'
            | b'[' | b'~' => return Err(metacharacter(byte, line)),
            _ => value.push(byte),
        }
    }
    Ok(value)
}

fn quoted(
    rest: &mut impl Iterator<Item = u8>,
    mark: u8,
    value: &mut Vec<u8>,
    line: usize,
) -> Result<(), ShellHazard> {
    for byte in rest {
        match byte {
            _ if byte == mark => return Ok(()),
            b'$' | b'`' | b'\\' if mark == b'"' => return Err(metacharacter(byte, line)),
            _ => value.push(byte),
        }
    }
    Err(ShellHazard::Unterminated { line })
}

fn metacharacter(byte: u8, line: usize) -> ShellHazard {
    ShellHazard::Metacharacter {
        line,
        character: char::from(byte),
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_name(name: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    name.first().is_some_and(letter)
        && name
            .iter()
            .all(|byte| letter(byte) || byte.is_ascii_digit())
}
