//! `sanid-fleet escrow`: the record of a host's identity, for `sanid adopt --from`.

mod check;

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use clap::{Args, Subcommand};
use sanid_core::MachineId;
use sanid_host::Root;
use serde_json::Value;

use super::{Exit, Failure, print};
use crate::escrow::EscrowRecord;
use crate::input::{self, Input};

/// A report of one host.
const LONGEST: u64 = 1 << 20;
/// A host name has at most 64 bytes (hostname(5)).
const LONGEST_NAME: usize = 4096;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Exit codes: 0 written; 2 error; 3 refused, since the machine-id would not be encrypted."
)]
pub(super) struct Escrow {
    #[command(subcommand)]
    command: Option<Command>,
    /// What sanid status --format json or sanid show --format json said of a host; - is standard input
    #[arg(
        value_name = "FILE",
        required_unless_present = "root",
        conflicts_with = "root"
    )]
    file: Option<PathBuf>,
    /// The host below DIR; / is this one
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    root: Option<PathBuf>,
    /// What the host is called; unless given, its /etc/hostname, or what the report says, or the name of FILE
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Where the host answers, for sanid adopt --probe; may be given again
    #[arg(long, value_name = "ADDRESS")]
    address: Vec<String>,
    /// Encrypt to this recipient of age, such as age1…; may be given again
    #[arg(short, long, value_name = "RECIPIENT")]
    recipient: Vec<String>,
    /// Encrypt to the recipients in this file of age; may be given again
    #[arg(short = 'R', long, value_name = "FILE")]
    recipients_file: Vec<PathBuf>,
    /// Keep the machine-id, too; only with --root, and only encrypted
    #[arg(long, requires = "root")]
    with_machine_id: bool,
    /// Write to this new file, which its owner alone can read
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
}

pub(super) fn run(options: &Escrow) -> Result<Exit, Failure> {
    match &options.command {
        Some(Command::Check(check)) => check::run(check),
        None => keep(options),
    }
}

fn keep(options: &Escrow) -> Result<Exit, Failure> {
    let encrypted = !options.recipient.is_empty() || !options.recipients_file.is_empty();
    if options.with_machine_id && !encrypted {
        return Err(Failure {
            exit: Exit::Refused,
            message: "the machine-id is a secret, and a record with it is written only encrypted: who has it can compute the ids of this host in every program\n\
                      Ways out:\n  \
                      --recipient age1…, or -R FILE   encrypt the record with age\n  \
                      without --with-machine-id       the identity alone, which restores all that storage knows"
                .to_owned(),
        });
    }
    let mut record = match &options.root {
        Some(root) => here(options, root)?,
        None => of_report(options)?,
    };
    record.addresses.clone_from(&options.address);
    let mut text = serde_json::to_vec(&record).map_err(|error| Failure::error(&error))?;
    text.push(b'\n');
    let written = if encrypted {
        age(options, &text)?
    } else {
        text
    };
    match &options.output {
        Some(path) => create(path, &written)?,
        // JSON, or the armour that age uses at a terminal.
        None if encrypted => match io::stdout().write_all(&written) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            done => done?,
        },
        None => print(&String::from_utf8_lossy(&written))?,
    }
    Ok(Exit::Fine)
}

/// The host below a root.
fn here(options: &Escrow, path: &Path) -> Result<EscrowRecord, Failure> {
    let shown = sanid_host::root::printable(path);
    let failed = |why: &dyn std::fmt::Display| {
        Failure::error(&format!("cannot see the host below {shown}: {why}"))
    };
    let root = if path == Path::new("/") {
        Root::host()
    } else {
        Root::open(path)
    };
    let root = root.map_err(|error| failed(&error))?;
    let read = |file: &str| {
        root.read(file, LONGEST_NAME)
            .ok()
            .flatten()
            .map(|found| found.bytes)
    };
    let host = match &options.host {
        Some(host) => host.clone(),
        None => read("etc/hostname")
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| {
                text.lines()
                    .map(str::trim)
                    .find(|line| !line.is_empty() && !line.starts_with('#'))
                    .map(str::to_owned)
            })
            .ok_or_else(|| {
                failed(&"it has no /etc/hostname; --host NAME says what it is called")
            })?,
    };
    let mut record = EscrowRecord::here(&root, &host).map_err(|why| failed(&why))?;
    if options.with_machine_id {
        let bytes = read("etc/machine-id").ok_or_else(|| failed(&"it has no /etc/machine-id"))?;
        MachineId::parse_file(&bytes).map_err(|error| failed(&error))?;
        record.machine_id = Some(String::from_utf8_lossy(bytes.trim_ascii()).into_owned());
    }
    Ok(record)
}

/// A document about one host, and what messages call it.
fn document(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let input = Input::open(path).map_err(|error| Failure::error(&error))?;
    let name = input.name.clone();
    let mut text = Vec::new();
    let read = input
        .text()
        .and_then(|input| input.take(LONGEST).read_to_end(&mut text));
    read.map_err(|error| Failure::error(&format!("{name}: {}", input::why(&error))))?;
    Ok((name, text))
}

fn of_report(options: &Escrow) -> Result<EscrowRecord, Failure> {
    let path = options.file.as_deref().unwrap_or(Path::new("-"));
    let (name, text) = document(path)?;
    let failed = |why: &dyn std::fmt::Display| Failure::error(&format!("{name}: {why}"));
    let report: Value =
        serde_json::from_slice(&text).map_err(|_| failed(&"it is no single JSON document"))?;
    // What was reached by ssh decides, then what the host calls itself; a file may be called anything.
    let said = ["collectedAs", "host"]
        .iter()
        .find_map(|key| report.get(key).and_then(Value::as_str))
        .filter(|name| !name.trim().is_empty());
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let host = options
        .host
        .clone()
        .or_else(|| said.map(str::to_owned))
        .or_else(|| stem.filter(|_| path != Path::new("-")));
    let host = host.ok_or_else(|| failed(&"--host NAME has to say which host it is of"))?;
    EscrowRecord::of(&report, &host).map_err(|why| failed(&why))
}

/// Encrypts with the program `age`, which gets the record through a pipe and never as an argument.
fn age(options: &Escrow, text: &[u8]) -> Result<Vec<u8>, Failure> {
    let failed = |why: &str| Failure::error(&format!("cannot encrypt with age: {why}"));
    let mut command = process::Command::new("age");
    command.arg("--encrypt");
    if options.output.is_none() && io::stdout().is_terminal() {
        command.arg("--armor");
    }
    for recipient in &options.recipient {
        command.args(["--recipient", recipient]);
    }
    for file in &options.recipients_file {
        command.arg("--recipients-file").arg(file);
    }
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed("there is no program age; install the package age"),
        _ => failed(&error.to_string()),
    })?;
    if let Some(mut input) = child.stdin.take() {
        // One that refuses its recipients does not read; its exit status says so.
        let _ = input.write_all(text);
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(&error.to_string()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed("it says why above"))
    }
}

/// Writes a new file, whole or not at all.
fn create(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        let shown = sanid_host::root::printable(path);
        Failure::error(&format!("cannot write {shown}: {error}"))
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", process::id()));
    let new = path.with_file_name(name);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new);
    let written = file
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            // A record that is there stays.
            Ok(renameat_with(CWD, &new, CWD, path, RenameFlags::NOREPLACE)?)
        });
    written.map_err(|error| {
        // What was not moved is not left behind; where nothing was made, nothing goes.
        let _ = std::fs::remove_file(&new);
        failed(&error)
    })
}
