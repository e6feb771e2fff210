//! `sanid-image initramfs`.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use sanid_cli::{Page, Tone, json};
use sanid_host::root::{describe, printable};
use sanid_host::{API_VERSION, Facts, Look, Root, container};

use super::{Exit, Failure, Format, Initramfs};
use crate::Limits;
use crate::initramfs::read;
use crate::report::{FileReport, HostReport, ImageReport, InitramfsReport, Verdict};

pub(super) fn run(options: &Initramfs) -> Result<Exit, Failure> {
    let root = open(options.root.as_deref())?;
    let facts =
        sanid_host::observe(&root, &Look::default()).map_err(|error| Failure::error(&error))?;
    let images = if options.files.is_empty() {
        of_boot(&root, &facts)?
    } else {
        options
            .files
            .iter()
            .map(|path| given(path, &facts))
            .collect()
    };
    let report = InitramfsReport {
        api_version: API_VERSION,
        kind: "Initramfs",
        on_disk: HostReport::new(&facts),
        images,
    };
    match options.format {
        Format::Json => json(&report)?,
        Format::Text => page(&report).print()?,
    }
    Ok(exit(&report))
}

/// An unread image outranks a finding.
fn exit(report: &InitramfsReport) -> Exit {
    if report.images.iter().any(|image| image.error.is_some()) {
        Exit::Error
    } else if report.images.iter().any(ImageReport::has_findings) {
        Exit::Findings
    } else {
        Exit::Fine
    }
}

/// The root that images are compared with: `/` of a container is not a host's root (safety rule 4).
fn open(given: Option<&Path>) -> Result<Root, Failure> {
    let root = match given {
        Some(path) => Root::open(path),
        None => match container::detect().allows(false) {
            Ok(()) => Root::host(),
            Err(why) => {
                return Err(Failure::refused(&format!(
                    "{why}\n\
                     Fixes:\n  \
                     --root DIR   where the host's root, or the system to compare with, is mounted\n  \
                     --root /     if this really is the system to compare with"
                )));
            }
        },
    };
    root.map_err(|error| Failure::error(&error))
}

/// Whether the image of an initramfs is named so: by initramfs-tools, dracut, mkinitcpio or SUSE.
fn is_image(name: &str) -> bool {
    let other = [".bak", ".old", ".dpkg-bak", ".new", ".sha256", ".sig"];
    let dracut = name.strip_prefix("initramfs-");
    !other.iter().any(|end| name.ends_with(end))
        && (name.starts_with("initrd.img-")
            || name.starts_with("initrd-")
            || dracut.is_some_and(|rest| rest.strip_suffix(".img").is_some()))
}

fn of_boot(root: &Root, facts: &Facts) -> Result<Vec<ImageReport>, Failure> {
    let names = root.list("boot").map_err(|error| Failure::error(&error))?;
    let images = names.into_iter().filter(|name| is_image(name));
    Ok(images
        .map(|name| {
            let relative = format!("boot/{name}");
            let shown = format!("/{relative}");
            // Opened as a path first: only a regular file is opened for reading.
            let probe = root.open_at(&relative, OFlags::PATH);
            let file = probe.and_then(|probe| {
                if is_file(&probe)? {
                    root.open_at(&relative, OFlags::RDONLY).map(Some)
                } else {
                    Ok(None)
                }
            });
            look(&shown, file, facts)
        })
        .collect())
}

fn given(path: &Path, facts: &Facts) -> ImageReport {
    let flags = OFlags::CLOEXEC | OFlags::PATH;
    let file = rustix::fs::open(path, flags, Mode::empty()).and_then(|probe| {
        if is_file(&probe)? {
            let flags = OFlags::CLOEXEC | OFlags::RDONLY;
            rustix::fs::open(path, flags, Mode::empty()).map(Some)
        } else {
            Ok(None)
        }
    });
    look(&printable(path), file, facts)
}

fn is_file(probe: &rustix::fd::OwnedFd) -> Result<bool, rustix::io::Errno> {
    let stat = rustix::fs::fstat(probe)?;
    Ok(FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}

type Opened = Result<Option<rustix::fd::OwnedFd>, rustix::io::Errno>;

fn look(path: &str, file: Opened, facts: &Facts) -> ImageReport {
    match file {
        Ok(Some(file)) if size(&file) > Limits::default().output => {
            let why = "it is larger than a boot loader can load, and was not read";
            ImageReport::unread(path, why.into())
        }
        Ok(Some(file)) => {
            let image = read(File::from(file), &Limits::default());
            ImageReport::new(path, &image, facts)
        }
        Ok(None) => ImageReport::unread(path, "it is not a regular file".into()),
        Err(errno) => ImageReport::unread(path, describe(errno)),
    }
}

fn size(file: &rustix::fd::OwnedFd) -> u64 {
    let stat = rustix::fs::fstat(file);
    stat.map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or_default())
}

fn page(report: &InitramfsReport) -> Page {
    let mut page = Page::new();
    if report.images.is_empty() {
        page.line("no initramfs image in /boot");
    }
    for image in &report.images {
        page.gap();
        one(&mut page, image, &report.on_disk);
    }
    page
}

fn one(page: &mut Page, image: &ImageReport, host: &HostReport) {
    page.line(page.tone(Tone::Heading, &image.path));
    let segments: Vec<String> = image
        .segments
        .iter()
        .map(|one| format!("{} ({} entries)", one.compression.name(), one.entries))
        .collect();
    let sanid = match (image.has_sanid, image.host_only) {
        (true, true) => "; with sanid, for one host",
        (true, false) => "; with sanid, for any host",
        (false, _) => "; without sanid",
    };
    if !segments.is_empty() {
        page.detail(format!("{}{sanid}", segments.join(", ")));
    }
    let rows: Vec<_> = image.files.iter().map(|file| row(file, host)).collect();
    page.rows(2, &rows);
    for name in &image.odd_names {
        page.detail(format!("{name}  a name with .., which no program makes"));
    }
    if let Some(error) = &image.error {
        let before = if image.files.is_empty() {
            ""
        } else {
            "; the listed files were read before that"
        };
        page.detail(format!(
            "{}: {error}{before}",
            page.tone(Tone::Danger, "error")
        ));
    }
    if image.files.is_empty() && image.error.is_none() {
        page.detail("no identity");
    }
    if image.has_findings() {
        page.detail(format!("→ {}", again(&image.path)));
    }
}

fn row(file: &FileReport, host: &HostReport) -> [(Tone, String); 3] {
    [
        (Tone::Plain, file.path.clone()),
        (Tone::Plain, value(file)),
        verdict(file, host),
    ]
}

fn value(file: &FileReport) -> String {
    match (&file.value, &file.why) {
        (Some(value), _) => value.clone(),
        (None, Some(why)) => why.clone(),
        (None, None) => "a machine-id".into(),
    }
}

fn verdict(file: &FileReport, host: &HostReport) -> (Tone, String) {
    let on_disk = match file.part.key() {
        "iqn" => &host.iqn,
        "hostNqn" => &host.host_nqn,
        "hostId" => &host.host_id,
        _ => &None,
    };
    match (file.verdict, on_disk) {
        (Verdict::Same, _) => (Tone::Good, "as on disk".into()),
        (Verdict::Differs, Some(on_disk)) => (Tone::Danger, format!("DIFFERS; on disk: {on_disk}")),
        (Verdict::Differs, None) => (Tone::Danger, "DIFFERS from the one of this host".into()),
        (Verdict::OnlyHere, _) => (Tone::Danger, "ONLY HERE; the host has none".into()),
        (Verdict::Unusable, _) => (Tone::Danger, "UNUSABLE".into()),
        (Verdict::Nothing, _) => (Tone::Plain, String::new()),
    }
}

/// The command that makes an image again.
fn again(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let dracut = name
        .strip_prefix("initramfs-")
        .and_then(|rest| rest.strip_suffix(".img"));
    match (name.strip_prefix("initrd.img-"), dracut) {
        (Some(version), _) => {
            format!("update-initramfs -u -k {version}   once the files of the host are correct")
        }
        (None, Some(version)) => {
            format!("dracut --force {path} {version}   once the files of the host are correct")
        }
        (None, None) => "rebuild the image, once the files of the host are correct".into(),
    }
}
