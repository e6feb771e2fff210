//! `sanid-image lint`.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use sanid_cli::Progress;
use sanid_host::root::{describe, printable};

use super::{Exit, Failure, Lint, LintFormat};
use crate::lint::{FindingReport, LintReport, Linted, archive, directory, sarif};
use crate::report::without_ids;

pub(super) fn run(options: &Lint) -> Result<Exit, Failure> {
    let (image, linted) = match (&options.root, &options.tar) {
        (Some(root), _) => (printable(root), tree(root)?),
        (None, Some(file)) => (printable(file), tar(file)?),
        (None, None) => return Err(Failure::error(&"give --root DIR or --tar FILE")),
    };
    let report = LintReport::new(&without_ids(&image), &linted);
    match options.format {
        LintFormat::Text => super::print_wrapped(&page(&report))?,
        LintFormat::Json => super::json(&report)?,
        LintFormat::Sarif => super::json(&sarif(&report))?,
    }
    // What could not be seen weighs more than what was.
    Ok(if report.error.is_some() {
        Exit::Error
    } else if report.findings.is_empty() {
        Exit::Fine
    } else {
        Exit::Findings
    })
}

fn tree(path: &Path) -> Result<Linted, Failure> {
    let root = super::opened(path)?;
    let progress = Progress::items(None, "files");
    let linted = directory(&root, &mut |path| {
        progress.item(without_ids(&printable(Path::new(path))));
    });
    progress.done();
    Ok(linted)
}

fn tar(path: &Path) -> Result<Linted, Failure> {
    let (source, length): (Box<dyn io::Read>, _) = if path == Path::new("-") {
        (Box::new(io::stdin().lock()), None)
    } else {
        let (file, length) = open(path).map_err(|error| {
            Failure::error(&format!("cannot read {}: {error}", printable(path)))
        })?;
        (Box::new(file), length)
    };
    let progress = Progress::bytes(length);
    let linted = archive(progress.of(source));
    progress.done();
    Ok(linted)
}

/// A file, or a pipe that the caller made; nothing else is opened.
fn open(path: &Path) -> Result<(File, Option<u64>), String> {
    let open = |flags| rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty());
    let stat = open(OFlags::PATH).and_then(rustix::fs::fstat);
    let stat = stat.map_err(describe)?;
    let length = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => u64::try_from(stat.st_size).ok(),
        FileType::Fifo => None,
        _ => return Err("it is no file".to_owned()),
    };
    let file = open(OFlags::RDONLY).map_err(describe)?;
    Ok((File::from(file), length))
}

fn page(report: &LintReport) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        one(&mut text, finding);
        text.push('\n');
    }
    // Writing to a String cannot fail.
    let image = if report.image == "-" {
        "standard input"
    } else {
        &report.image
    };
    let _ = match (report.findings.len(), &report.error) {
        (0, None) => writeln!(text, "no identity in {image}"),
        (0, Some(error)) => writeln!(text, "{image} was not read to its end: {error}"),
        (count, error) => {
            let findings = if count == 1 { "finding" } else { "findings" };
            let sealable = report.findings.iter().filter(|one| one.sealable).count();
            let _ = writeln!(
                text,
                "{}{count} {findings} in {image}; `sanid seal` removes {sealable}",
                inside(image)
            );
            match error {
                Some(error) => writeln!(text, "it was not read to its end: {error}"),
                None => Ok(()),
            }
        }
    };
    text
}

/// What is typed as it is shown would change the machine that looks, where the image is not its own root.
pub(super) fn inside(image: &str) -> &'static str {
    if image == "/" {
        ""
    } else {
        "Paths and commands are as inside the image: use them there (chroot), not on this machine.\n"
    }
}

/// One finding in text.
pub(super) fn one(text: &mut String, finding: &FindingReport) {
    let _ = write!(
        text,
        "{}  {}  {}\n  {}\n  {}\n  → {}\n",
        finding.severity, finding.code, finding.path, finding.seen, finding.why, finding.fix
    );
}
