//! Does a script, a unit or a line of tmpfiles.d write a file, and what does it test first?
//!
//! This is not a shell. It knows the few forms in which packages and administrators write these files: a
//! redirection, `tee`, `cp`, `mv`, `install`, `ln` and `sed -i`, after `[ -s FILE ]`, `[ -e FILE ]` or
//! `[ -f FILE ]`, with the path written out or in a variable. What it does not understand it does not
//! report: a false alarm is worse here than silence.

use crate::facts::Guard;

/// When a shell script writes a file; `None` where it does not, or where that cannot be determined.
///
/// The guard is the last test of the file before the first write. A test of `$2` as well, with which
/// Debian's scripts do something at the first installation only, is never true of an installed package.
///
/// # Examples
/// The post-install script of Debian's nvme-cli, and a unit that storage vendors distribute:
/// ```
/// use sanid_host::Guard;
/// use sanid_host::parse::writer::script;
///
/// let debian = "if [ ! -s /etc/nvme/hostid ]\nthen\n uuidgen > /etc/nvme/hostid\nfi\n";
/// assert_eq!(script(debian, "/etc/nvme/hostid"), Some(Guard::Empty));
/// let vendor = "/usr/bin/sh -c 'nvme gen-hostnqn > /etc/nvme/hostnqn'";
/// assert_eq!(script(vendor, "/etc/nvme/hostnqn"), Some(Guard::None));
/// ```
pub fn script(text: &str, path: &str) -> Option<Guard> {
    let variable = variable(text, path);
    let mut guard = Some(Guard::None);
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        let line = match variable {
            Some(name) if line.contains('$') => line
                .replace(&format!("${{{name}}}"), path)
                .replace(&format!("${name}"), path),
            _ => line.to_owned(),
        };
        for (at, _) in line.match_indices(path) {
            let (before, after) = (&line[..at], &line[at + path.len()..]);
            if before.ends_with(is_of_path) || after.starts_with(is_of_path) {
                continue;
            }
            let before = before.trim_end_matches(['"', '\'']);
            if before.ends_with('=') {
                continue;
            }
            let before = before.trim_end();
            if is_written(before, after) {
                return guard;
            }
            guard = test(before, &line);
        }
    }
    None
}

fn is_of_path(char: char) -> bool {
    char.is_alphanumeric() || "/._-}".contains(char)
}

/// The variable that has the path.
fn variable<'a>(text: &'a str, path: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.trim().split_once('=')?;
        let value = value.trim_matches(['"', '\'']);
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|char| char.is_alphanumeric() || char == '_');
        (is_name && value == path).then_some(name)
    })
}

/// Whether the words before a path write it.
fn is_written(before: &str, after: &str) -> bool {
    if let Some(redirected) = before.strip_suffix('>') {
        // What a program prints about errors is not a name.
        return !redirected.ends_with(['2', '&']);
    }
    let start = before.rfind([';', '|', '&', '(', '{', '`']);
    let mut words = before[start.map_or(0, |at| at + 1)..].split_whitespace();
    // A command begins the line, follows one of these words, or is handed to a shell.
    let mut begins = true;
    while let Some(word) = words.next() {
        let word = word.trim_start_matches(['"', '\'']);
        if begins {
            match word.rsplit('/').next() {
                Some("tee") => return true,
                Some("sed") => {
                    return words.any(|word| word.starts_with("-i") || word == "--in-place");
                }
                Some("cp" | "mv" | "install" | "ln") => return is_last(after),
                _ => {}
            }
        }
        begins = matches!(word, "then" | "do" | "else" | "!" | "exec" | "sudo" | "-c");
    }
    false
}

/// Whether nothing of the command follows: the last word is where it goes.
fn is_last(after: &str) -> bool {
    let rest = after.trim_start_matches(['"', '\'']).trim_start();
    rest.is_empty() || rest.starts_with([';', '|', '&', ')', '}', '#', '>'])
}

/// What a line tests; `None` if it is not understood.
fn test(before: &str, line: &str) -> Option<Guard> {
    if line.contains("\"$2\"") {
        return None;
    }
    if line.contains("GenerateName=yes") {
        return Some(Guard::GenerateName);
    }
    match before.split_whitespace().next_back() {
        Some("-s") => Some(Guard::Empty),
        Some("-e" | "-f" | "-r") => Some(Guard::Missing),
        _ => None,
    }
}

/// The commands of a unit with its drop-ins, one after the other, and what its conditions test.
///
/// # Examples
/// ```
/// use sanid_host::parse::writer::Unit;
///
/// let unit = Unit::parse("[Unit]\nConditionPathExists=!/etc/x\n[Service]\nExecStart=-/bin/make x\n");
/// assert_eq!(unit.commands, ["/bin/make x"]);
/// ```
#[derive(Debug, Default)]
pub struct Unit {
    /// The commands of `Exec…=` that run at its start, without their prefixes (systemd.service(5)).
    pub commands: Vec<String>,
    conditions: Vec<(bool, String)>,
    once: bool,
}

impl Unit {
    /// Reads the text of a unit, its drop-ins after it.
    pub fn parse(text: &str) -> Self {
        let mut unit = Self::default();
        let joined = text.replace("\\\n", " ");
        for line in joined.lines() {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            match key {
                // An empty value takes back what was said before (systemd.syntax(7)).
                "ExecStart" | "ExecStartPre" | "ExecStartPost" if value.is_empty() => {
                    unit.commands.clear();
                }
                "ExecStart" | "ExecStartPre" | "ExecStartPost" => {
                    let command = value.trim_start_matches(['-', '@', ':', '+', '!', '|']);
                    unit.commands.push(command.to_owned());
                }
                "ConditionPathExists" | "AssertPathExists" => {
                    unit.conditions.push((false, value.to_owned()));
                }
                "ConditionFileNotEmpty" | "AssertFileNotEmpty" => {
                    unit.conditions.push((true, value.to_owned()));
                }
                "ConditionFirstBoot" | "ConditionNeedsUpdate" => unit.once = true,
                _ => {}
            }
        }
        unit
    }

    /// When the unit writes a file that one of its commands writes under this guard.
    pub fn guard(&self, command: Guard, path: &str) -> Option<Guard> {
        if self.once {
            return None;
        }
        let unset = |(_, value): &&(bool, String)| value.strip_prefix('!') == Some(path);
        match self.conditions.iter().find(unset) {
            Some((true, _)) => Some(Guard::Empty),
            Some((false, _)) => Some(Guard::Missing),
            None => Some(command),
        }
    }
}

/// When a fragment of tmpfiles.d writes a file (tmpfiles.d(5)); an empty file is not a name.
///
/// # Examples
/// ```
/// use sanid_host::Guard;
/// use sanid_host::parse::writer::tmpfiles;
///
/// let text = "f+ /etc/nvme/hostid 0644 root root - 11111111-2222-4333-8444-555555555555\n";
/// assert_eq!(tmpfiles(text, "/etc/nvme/hostid"), Some(Guard::None));
/// ```
pub fn tmpfiles(text: &str, path: &str) -> Option<Guard> {
    text.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let (kind, target) = (fields.next()?, fields.next()?);
        if target.trim_matches('"') != path {
            return None;
        }
        let argument = fields.nth(4).filter(|argument| *argument != "-");
        let mut letters = kind.chars();
        let letter = letters.next()?;
        let modifiers = letters.as_str();
        let replaces = modifiers.contains('+');
        match letter {
            'f' | 'w' if argument.is_none() => None,
            'w' | 'F' => Some(Guard::None),
            'f' | 'C' | 'L' if replaces => Some(Guard::None),
            'f' | 'C' | 'L' => Some(Guard::Missing),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests;
