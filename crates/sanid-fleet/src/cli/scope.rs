//! What `export`, `diff` and `import` have in common: the formats, the object, the list of hosts.

use std::io::{self, BufRead as _, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use sanid_cli::Progress;

use super::{Exit, Failure, complain};
use crate::hosts::{self, Host};
use crate::input::{self, Input, NoText, is_text};
use crate::targets::{self, FORMATS, Format, Members, Present, Protocol, Scope, TargetError};

/// As many examples of what is wrong as a person reads.
const SHOWN: usize = 10;

/// The names of the formats, with what each is.
pub(super) fn formats() -> impl clap::builder::TypedValueParser<Value = &'static Format> {
    let names = FORMATS
        .iter()
        .map(|format| PossibleValue::new(format.name).help(format.about));
    PossibleValuesParser::new(names).try_map(|name| targets::format(&name).ok_or("it is no format"))
}

/// iSCSI or NVMe.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// Initiator names
    Iscsi,
    /// Host NQNs
    Nvme,
}

/// The object that the list is for.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What the hosts get access to")]
pub(super) struct Object {
    /// The iSCSI target
    #[arg(long, value_name = "NAME", value_parser = word)]
    target: Option<String>,
    /// The tag of the target's portal group
    #[arg(
        long,
        value_name = "TAG",
        help = "The tag of the target's portal group [default: 1]"
    )]
    tpg: Option<u16>,
    /// The NVMe subsystem
    #[arg(long, value_name = "NQN", value_parser = word)]
    subsystem: Option<String>,
    /// The group of initiators: its name, or its number or numbers
    #[arg(long, value_name = "NAME", value_parser = line)]
    group: Option<String>,
    /// The storage virtual machine of ONTAP
    #[arg(long, value_name = "NAME", value_parser = line)]
    vserver: Option<String>,
    /// Which names, for formats that hold either
    #[arg(long, value_name = "KIND")]
    protocol: Option<Kind>,
}

/// What becomes a word of a script, a path or a line of a configuration.
fn word(text: &str) -> Result<String, String> {
    let bad = |character: char| character.is_control() || character.is_whitespace();
    if text.is_empty() || text.contains(bad) || text.contains(['"', '\'', '\\', '`', '$', '<', '>'])
    {
        return Err(
            "a name without blanks, quotes and other special characters is needed".to_owned(),
        );
    }
    if text.split('/').any(|part| part == "..") {
        return Err("it is a path and no name".to_owned());
    }
    Ok(text.to_owned())
}

fn line(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("a name on one line is needed".to_owned());
    }
    Ok(text.to_owned())
}

impl Object {
    /// # Errors
    /// An option that the format does not use.
    pub(super) fn scope(
        &self,
        format: &Format,
        base: Option<String>,
    ) -> Result<Scope, TargetError> {
        let scope = Scope {
            target: self.target.clone(),
            portal_group: self.tpg,
            subsystem: self.subsystem.clone(),
            group: self.group.clone(),
            vserver: self.vserver.clone(),
            base,
            protocol: self.protocol.map(|kind| match kind {
                Kind::Iscsi => Protocol::Iscsi,
                Kind::Nvme => Protocol::Nvme,
            }),
        };
        scope.check(format)?;
        Ok(scope)
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Write(error) => Self::from(error),
            refused @ TargetError::Refused(_) => Self {
                exit: Exit::Refused,
                message: refused.to_string(),
            },
            other => Self::error(&other),
        }
    }
}

/// A list of hosts, and how many of its rows are none.
pub(super) struct List {
    pub(super) hosts: Vec<Host>,
    pub(super) bad: usize,
}

/// Reads the files, or standard input without any; rows that are no hosts are told and counted.
pub(super) fn read(files: &[PathBuf]) -> Result<List, Failure> {
    let standard = [PathBuf::from("-")];
    let files = if files.is_empty() { &standard } else { files };
    let mut list = List {
        hosts: Vec::new(),
        bad: 0,
    };
    for file in files {
        let input = Input::open(file).map_err(|error| Failure::error(&error))?;
        let progress = Progress::bytes(input.size);
        for row in hosts::read(input.through(|bytes| Box::new(progress.of(bytes)))) {
            match row {
                Ok(host) => list.hosts.push(host),
                Err(error) if error.last => return Err(Failure::error(&error)),
                Err(error) => {
                    list.bad += 1;
                    if list.bad <= SHOWN {
                        complain(&error.to_string());
                    }
                }
            }
        }
        progress.done();
    }
    if list.bad > SHOWN {
        complain(&format!(
            "and {} more rows that are no hosts",
            list.bad - SHOWN
        ));
    }
    Ok(list)
}

/// The members of the list, with what could not become one told; true where all could.
pub(super) fn members<'h>(
    format: &Format,
    list: &'h List,
    scope: &Scope,
) -> Result<(Members<'h>, bool), Failure> {
    let made = targets::members(format, &list.hosts, scope)?;
    let target = format.name;
    some(made.nameless.iter(), |host| {
        format!(
            "{}: it has no name of the kind that {target} takes",
            printable(&host.name)
        )
    });
    some(made.unfit.iter(), |(host, why)| {
        format!("{}: {target} cannot hold it: {why}", printable(&host.name))
    });
    some(made.shared.iter(), |(first, second, name)| {
        format!(
            "{} and {} have one name, {name}: who admits it admits both, and two hosts that write to one disk destroy it",
            printable(&first.name),
            printable(&second.name)
        )
    });
    let clean = list.bad == 0
        && made.nameless.is_empty()
        && made.unfit.is_empty()
        && made.shared.is_empty();
    Ok((made, clean))
}

pub(super) fn some<T>(problems: impl ExactSizeIterator<Item = T>, say: impl Fn(T) -> String) {
    let count = problems.len();
    for problem in problems.take(SHOWN) {
        complain(&say(problem));
    }
    if count > SHOWN {
        complain(&format!("and {} more like that", count - SHOWN));
    }
}

/// Says which files belong to what was read, and were not.
pub(super) fn included(present: &Present) {
    some(present.includes.iter(), |file| {
        format!(
            "it includes {}, which is not read: what is in it is not compared",
            printable(file)
        )
    });
}

/// A stranger's text for a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().flat_map(char::escape_debug).collect()
}

/// A whole file as text.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    let input = Input::open(path).map_err(|error| Failure::error(&error))?;
    let name = input.name.clone();
    let failed = |why: &str| Failure::error(&format!("cannot read {name}: {why}"));
    let io = |error: io::Error| failed(&input::why(&error));
    let mut bytes = Vec::new();
    let mut reader = input.text().map_err(io)?;
    let start = reader.fill_buf().map_err(io)?;
    is_text(start, ">NEW")
        .map_err(|NoText { line, why }| failed(&format!("line {line}: {why}")))?;
    reader
        .take(input::LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > input::LARGEST {
        return Err(failed(
            "it is longer than 1 GiB, which no target's configuration is",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to());
        let lines = valid
            .unwrap_or_default()
            .split(|byte| *byte == b'\n')
            .count();
        failed(&format!("line {lines}: it is no UTF-8"))
    })
}

/// What a target has now, in a text that came from this file.
pub(super) fn present(format: &Format, path: &Path, text: &str) -> Result<Present, Failure> {
    format.read(text).map_err(|error| {
        let failure = Failure::from(error);
        Failure {
            message: format!("{}: {}", shown(path), failure.message),
            ..failure
        }
    })
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        return "standard input".to_owned();
    }
    sanid_host::root::printable(path)
}

/// Standard output, all at once: a reader that has seen enough is no error.
pub(super) fn write(
    make: impl FnOnce(&mut dyn Write) -> Result<(), TargetError>,
) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let done = make(&mut out).and_then(|()| out.flush().map_err(TargetError::from));
    match done {
        Err(TargetError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::from),
    }
}
