//! `sanid derive`: machine-ids in, identities out, as fast as the hash allows.
//!
//! The machine-ids come from standard input and are never repeated in a message.

mod bulk;
mod writer;

use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal as _, Read, Write};

use bulk::{Bulk, USUAL_LINE};
use sanid_cli::{Exit, Failure};
use sanid_core::{DEFAULT_SCHEME, IqnPrefix, MachineId, SCHEMES, Scheme, Seed, SeedKind, Takes};
use writer::Writer;

use crate::args::{Derive, ListFormat};

/// Identities computed from machine-ids.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(
    dead_code,
    reason = "the document is streamed; only its schema is made from this"
)]
pub(crate) struct IdentityList {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    api_version: &'static str,
    /// `IdentityList`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "IdentityList")))]
    kind: &'static str,
    /// One identity per readable line, in order.
    items: Vec<IdentityItem>,
}

/// The identity of one machine-id; with `--format ndjson`, one line of output.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(
    dead_code,
    reason = "the document is streamed; only its schema is made from this"
)]
struct IdentityItem {
    /// The line of the machine-id on standard input, counted from 1.
    line: u64,
    /// The iSCSI initiator name.
    iqn: String,
    /// The NVMe host NQN.
    host_nqn: String,
    /// The NVMe Host ID.
    host_id: String,
}

/// Large enough that the system calls do not count.
const BUFFER: usize = 128 * 1024;
/// A machine-id has 32 digits; a line of this length is something else, whatever follows.
const LONGEST: u64 = 1024;
/// More would scroll away the reason.
const SHOWN_ERRORS: u64 = 20;

pub(crate) fn run(options: &Derive) -> Result<Exit, Failure> {
    let scheme =
        sanid_core::scheme(&options.scheme).ok_or_else(|| unknown_scheme(&options.scheme))?;
    if scheme.takes() == Takes::NvmeTool {
        return Err(Failure::error(&format!(
            "scheme {} runs the nvme of the host itself, so it cannot derive names from an id; run sanid show on that host, or use --scheme nvme-cli-2 or nvme-cli-3, which derive what that version answers",
            scheme.name()
        )));
    }
    let prefix = IqnPrefix::parse(&options.iqn_prefix).map_err(|error| {
        Failure::error(&format!("--iqn-prefix {:?}: {error}", options.iqn_prefix))
    })?;
    if scheme.publishes_seed() {
        crate::complain(&format!(
            "scheme {} puts the machine-id itself into the names; keep this output confidential",
            scheme.name()
        ));
    }
    if io::stdin().is_terminal() {
        let ids = match scheme.takes() {
            Takes::SystemUuid => "system UUIDs",
            Takes::SystemUuidOrMachineId => "system UUIDs or machine-ids",
            _ => "machine-ids",
        };
        crate::complain(&format!(
            "reading {ids} from this terminal, one on each line; Ctrl-D ends the list"
        ));
    }
    let input = BufReader::with_capacity(BUFFER, io::stdin().lock());
    let output = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let mut run = Run::new(scheme, prefix, Writer::new(options.format, output));
    match run.all(input) {
        Ok(0) => {
            return Err(Failure::error(
                &"standard input is empty: there is no machine-id to derive from; sanid derive </etc/machine-id prints the names of this host",
            ));
        }
        Ok(_) => {}
        Err(Stop::Closed) => return Ok(Exit::Fine),
        Err(Stop::Failed(failure)) => return Err(failure),
    }
    if run.bad > SHOWN_ERRORS {
        crate::complain(&format!("… and {} more", run.bad - SHOWN_ERRORS));
    }
    Ok(if run.bad > 0 { Exit::Error } else { Exit::Fine })
}

/// An argument that is not an option may be a machine-id, so it is not repeated.
pub(crate) fn misplaced() -> Failure {
    Failure::error(
        &"derive takes machine-ids from standard input only, since every user of this machine can read a command line; the given argument is not repeated here\n\
        Fixes:\n  \
        sanid derive <FILE    machine-ids, one to a line\n  \
        sanid derive --help   for the options",
    )
}

fn unknown_scheme(given: &str) -> Failure {
    let known: Vec<&str> = SCHEMES.iter().map(|scheme| scheme.name()).collect();
    Failure::error(&format!(
        "unknown scheme {given:?}; known schemes: {}",
        known.join(", ")
    ))
}

/// Why the stream ended early.
enum Stop {
    /// The reader of the output has seen enough.
    Closed,
    Failed(Failure),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error.into()),
        }
    }
}

struct Run<W: Write> {
    scheme: &'static dyn Scheme,
    prefix: IqnPrefix,
    writer: Writer<W>,
    /// For the usual case, which is also the one of millions of lines.
    bulk: Option<Bulk>,
    bad: u64,
}

impl<W: Write> Run<W> {
    fn new(scheme: &'static dyn Scheme, prefix: IqnPrefix, writer: Writer<W>) -> Self {
        let usual = scheme.name() == DEFAULT_SCHEME.name() && writer.format() == ListFormat::Text;
        let bulk = usual.then(|| Bulk::new(&prefix));
        Self {
            scheme,
            prefix,
            writer,
            bulk,
            bad: 0,
        }
    }

    /// Every line; how many there were.
    fn all(&mut self, mut input: BufReader<impl Read>) -> Result<u64, Stop> {
        self.writer.begin()?;
        let mut line = Vec::with_capacity(64);
        let mut number: u64 = 0;
        loop {
            if input.buffer().is_empty() {
                // The program that writes the machine-ids may wait for their names before it writes the next.
                self.writer.flush()?;
            }
            let usual = self.usual(&mut input)?;
            if usual > 0 {
                number += usual;
                continue;
            }
            line.clear();
            if read_line(&mut input, &mut line).map_err(|error| unreadable(&error))? == 0 {
                break;
            }
            number += 1;
            self.one(number, line.trim_ascii())?;
        }
        self.writer.end()?;
        Ok(number)
    }

    /// The lines that are in memory and are nothing but a machine-id, up to the first that needs a closer
    /// look; how many there were.
    fn usual(&mut self, input: &mut impl BufRead) -> Result<u64, Stop> {
        let Some(bulk) = &mut self.bulk else {
            return Ok(0);
        };
        let buffer = input.fill_buf().map_err(|error| unreadable(&error))?;
        let read = bulk.fill(buffer);
        self.writer.lines(bulk.filled(read))?;
        input.consume(read * USUAL_LINE);
        Ok(read as u64)
    }

    fn one(&mut self, number: u64, text: &[u8]) -> Result<(), Stop> {
        let is_uuid = match self.scheme.takes() {
            Takes::SystemUuid => true,
            // A machine-id is written without hyphens (machine-id(5)), and a system UUID with them.
            Takes::SystemUuidOrMachineId => text.contains(&b'-'),
            Takes::Any | Takes::MachineId | Takes::NvmeTool => false,
        };
        if is_uuid {
            return self.system_uuid(number, text);
        }
        match MachineId::parse_file(text) {
            Ok(id) => {
                if id.is_denylisted() {
                    complain(
                        number,
                        "many machines have this id; a host with it gets no identity",
                    );
                }
                let derived = self.scheme.derive(&id, &self.prefix);
                Ok(self.writer.item(number, &derived)?)
            }
            Err(error) => {
                self.refuse(number, &error.to_string());
                Ok(())
            }
        }
    }

    /// The UUID becomes the Host ID as it is, so one that is shared makes none.
    fn system_uuid(&mut self, number: u64, text: &[u8]) -> Result<(), Stop> {
        match Seed::parse_uuid(SeedKind::SystemUuid, text) {
            Some(seed) if seed.is_denylisted() => {
                self.refuse(
                    number,
                    "many machines share this UUID, so it does not identify one",
                );
            }
            Some(seed) => {
                let derived = self.scheme.derive(&seed, &self.prefix);
                self.writer.item(number, &derived)?;
            }
            None => self.refuse(number, "this is not a UUID (8-4-4-4-12 hexadecimal digits)"),
        }
        Ok(())
    }

    fn refuse(&mut self, number: u64, why: &str) {
        self.bad += 1;
        if self.bad <= SHOWN_ERRORS {
            complain(number, why);
        }
    }
}

fn complain(number: u64, what: &str) {
    crate::complain(&format!("standard input, line {number}: {what}"));
}

fn unreadable(error: &io::Error) -> Stop {
    Stop::Failed(Failure::error(&format!(
        "cannot read standard input: {error}"
    )))
}

/// One line of any length; what is longer than any machine-id is passed over, not kept.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let read = input.by_ref().take(LONGEST).read_until(b'\n', line)?;
    if read as u64 == LONGEST && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    Ok(read)
}
