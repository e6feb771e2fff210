//! `sanid-image lint`.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use sanid_cli::{FindingText, Page, Progress, Tone, json};
use sanid_host::root::{describe, printable};

use super::{Exit, Failure, Lint, LintFormat};
use crate::lint::{FindingReport, LintReport, Linted, Shape, archive, directory, layout, sarif};
use crate::report::without_ids;

pub(super) fn run(options: &Lint) -> Result<Exit, Failure> {
    let (image, linted) = match (&options.root, &options.tar) {
        (Some(root), _) => (printable(root), tree(root)?),
        (None, Some(file)) => (printable(file), tar(file)?),
        (None, None) => return Err(Failure::error(&"give --root DIR or --tar FILE")),
    };
    let report = LintReport::new(&without_ids(&image), &linted);
    match options.format {
        LintFormat::Text => page(&report).print()?,
        LintFormat::Json => json(&report)?,
        LintFormat::Sarif => json(&sarif(&report))?,
    }
    // An unread image outranks a finding.
    Ok(if report.error.is_some() {
        Exit::Error
    } else if report.findings.is_empty() {
        Exit::Fine
    } else {
        Exit::Findings
    })
}

fn tree(path: &Path) -> Result<Linted, Failure> {
    let (root, shape) = super::shaped(path)?;
    let progress = Progress::items(None, "files");
    let mut step = |path: &str| progress.item(without_ids(&printable(Path::new(path))));
    let linted = if shape == Shape::Images {
        layout(&root, &mut step)
    } else {
        super::refuse_unless_system(path, &shape)?;
        directory(&root, &mut step)
    };
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
        _ => return Err("it is not a file".to_owned()),
    };
    let file = open(OFlags::RDONLY).map_err(describe)?;
    Ok((File::from(file), length))
}

fn page(report: &LintReport) -> Page {
    let mut page = Page::new();
    for finding in &report.findings {
        one(&mut page, finding);
        page.gap();
    }
    let image = if report.image == "-" {
        "standard input"
    } else {
        &report.image
    };
    let unread = |error| format!("was not read to its end: {error}");
    match (report.findings.len(), &report.error) {
        (0, None) => page.line(page.tone(Tone::Good, format!("no identity in {image}"))),
        (0, Some(error)) => page.line(format!("{image} {}", unread(error))),
        (count, error) => {
            let findings = if count == 1 { "finding" } else { "findings" };
            let sealable = report.findings.iter().filter(|one| one.sealable).count();
            if let Some(note) = inside(image) {
                page.line(note);
            }
            page.line(format!(
                "{count} {findings} in {image}; `sanid seal` removes {sealable}"
            ));
            if let Some(error) = error {
                page.line(format!("it {}", unread(error)));
            }
        }
    }
    page
}

/// A note that the shown commands are for the image, unless the image is the running system's root.
pub(super) fn inside(image: &str) -> Option<&'static str> {
    const NOTE: &str =
        "Paths and commands are as inside the image: use them there (chroot), not on this machine.";
    (image != "/").then_some(NOTE)
}

/// One finding in text.
pub(super) fn one(page: &mut Page, finding: &FindingReport) {
    page.finding(&FindingText {
        severity: finding.severity,
        code: finding.code,
        path: Some(&finding.path),
        seen: &finding.seen,
        why: finding.why,
        fix: std::slice::from_ref(&finding.fix),
    });
}
