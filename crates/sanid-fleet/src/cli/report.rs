//! `sanid-fleet report --html` = an audit as one page.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::audit::How;
use super::{Exit, Failure};
use crate::audit::AuditReport;
use crate::html;

/// Show an audit as a page for people
///
/// One HTML file that needs no network and no other file: plots, every finding with what to do, and a table
/// of all hosts that can be searched and sorted. Reads reports as audit does, or one document that audit
/// --format json --hosts wrote.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sanid-fleet report --html=fleet.html reports/
  sanid-fleet report --html --inventory identities.csv reports.ndjson > fleet.html
  sanid-fleet audit --format json --hosts reports/ > audit.json; sanid-fleet report --html=fleet.html audit.json")]
pub(super) struct ReportOptions {
    /// Files of reports, directories of them, or one audit; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write the page to this file, or to standard output
    #[arg(long, value_name = "FILE", required = true, num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    html: PathBuf,
    /// What stands at its top
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Storage identities of the fleet"
    )]
    title: String,
    #[command(flatten)]
    how: How,
}

const LIMIT: u32 = 1000;

pub(super) fn run(options: &ReportOptions) -> Result<Exit, Failure> {
    let to = options.html.as_path();
    if to != Path::new("-") && options.files.iter().any(|file| is_same(file, to)) {
        return Err(Failure::error(&format!(
            "{} is to be read and to be written: name another file with --html=FILE",
            sanid_host::root::printable(to)
        )));
    }
    // The one is easily written for the other, and a page of before would be read as a report.
    if let ("-", Some(file)) = (to.to_string_lossy().as_ref(), options.files.first()) {
        if file
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            return Err(Failure::error(&format!(
                "{0} would be read, and the page written to standard output; --html={0} writes it there",
                sanid_host::root::printable(file)
            )));
        }
    }
    let report = match options.files.as_slice() {
        [file] if is_audit(file) => read(file)?,
        files => options.how.audit(files, LIMIT, true)?,
    };
    write(to, |out| html::write(&report, &options.title, out))?;
    // The page says what was found; that it was made is all there is to say here.
    Ok(Exit::Fine)
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Whether a file begins as an audit does.
fn is_audit(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = path.is_file() && {
        let file = File::open(path);
        file.and_then(|file| file.take(256).read_to_end(&mut start))
            .is_ok()
    };
    start.retain(|byte| !byte.is_ascii_whitespace());
    let start = String::from_utf8_lossy(&start);
    read && start.starts_with('{') && start.contains("\"kind\":\"Audit\"")
}

fn read(path: &Path) -> Result<AuditReport, Failure> {
    let name = sanid_host::root::printable(path);
    let failed =
        |error: &dyn std::fmt::Display| Failure::error(&format!("cannot read {name}: {error}"));
    let file = File::open(path).map_err(|error| failed(&error))?;
    let report: AuditReport =
        serde_json::from_reader(io::BufReader::new(file)).map_err(|error| failed(&error))?;
    if report.api_version != sanid_host::API_VERSION {
        return Err(failed(&"it is an audit of another version"));
    }
    Ok(report)
}

/// A page that is there is whole.
fn write(
    to: &Path,
    page: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), Failure> {
    if to == Path::new("-") {
        return Ok(sanid_cli::printed(page)?);
    }
    let failed = |error: &io::Error| {
        let name = sanid_host::root::printable(to);
        let said = sanid_host::root::describe_io(error);
        // The temporary file beside it, which nobody knows, is left out.
        let why = said.split(" at path ").next().unwrap_or_default();
        Failure::error(&format!("cannot write {name}: {why}"))
    };
    crate::files::replaceable(to).map_err(|error| failed(&error))?;
    let directory = to.parent().filter(|parent| *parent != Path::new(""));
    let directory = directory.unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any file that a command makes: the names in it are in every array's list, too.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let builder = builder.prefix(".sanid-fleet-").permissions(mode);
    let mut file = builder
        .tempfile_in(directory)
        .map_err(|error| failed(&error))?;
    let mut out = io::BufWriter::new(file.as_file_mut());
    page(&mut out)
        .and_then(|()| out.flush())
        .map_err(|error| failed(&error))?;
    drop(out);
    file.persist(to).map_err(|error| failed(&error.error))?;
    Ok(())
}
