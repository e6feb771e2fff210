//! `cargo xtask install`: the static binaries and the `dist/` tree below a
//! directory, for packagers and for systems without packages.
//!
//! It puts files in place and runs none of them: an identity comes from
//! `sanid apply` at boot, never from an installation.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{ArgMatches, Command};
use vmtest::arguments::{Arguments, flag, given, path};

use crate::place::Place;
use crate::release;
use crate::say::say;

#[derive(Debug)]
pub(crate) struct Options {
    destdir: PathBuf,
    prefix: PathBuf,
    binary: Option<PathBuf>,
    image_binary: Option<PathBuf>,
    fleet: bool,
    fleet_binary: Option<PathBuf>,
}

impl Arguments for Options {
    fn declare(command: Command) -> Command {
        command.args([
            path("destdir", "DIR", "The root to install below; / installs on this machine")
                .required(true),
            path("prefix", "DIR", "Where programs and data go, below the root")
                .default_value("/usr"),
            path("binary", "FILE", "Install this binary of sanid instead of building the static ones")
                .requires("image-binary"),
            path("image-binary", "FILE", "Install this binary of sanid-image beside it")
                .requires("binary"),
            flag(
                "fleet",
                "Install sanid-fleet, too, for those who look after many hosts; storage hosts need it for claims only",
            ),
            path("fleet-binary", "FILE", "Install this binary of sanid-fleet, too")
                .requires("binary"),
        ])
    }

    fn read(matches: &ArgMatches) -> Self {
        Self {
            destdir: given(matches, "destdir").unwrap_or_default(),
            prefix: given(matches, "prefix").unwrap_or_default(),
            binary: given(matches, "binary"),
            image_binary: given(matches, "image-binary"),
            fleet: matches.get_flag("fleet"),
            fleet_binary: given(matches, "fleet-binary"),
        }
    }
}

/// The one that is installed only where it is asked for.
const FLEET: &str = "sanid-fleet";

/// One file: where from, where to below the root, and its mode.
struct Item {
    source: PathBuf,
    target: PathBuf,
    mode: u32,
}

/// Installs everything, and lists it.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let prefix = options.prefix.strip_prefix("/");
    let prefix = prefix.context("--prefix is an absolute path")?;
    let given = [
        &options.binary,
        &options.image_binary,
        &options.fleet_binary,
    ];
    let with_fleet = options.fleet || options.fleet_binary.is_some();
    let mut all = Vec::new();
    for (package, given) in release::PACKAGES.iter().zip(given) {
        if *package == FLEET && !with_fleet {
            continue;
        }
        let binary = match given {
            Some(binary) => binary.clone(),
            None => release::built(place, package)?,
        };
        all.push(Item {
            source: binary,
            target: prefix.join("bin").join(package),
            mode: 0o755,
        });
    }
    files(&place.root.join("dist/usr"), prefix, &mut all)?;
    files(&place.root.join("dist/etc"), Path::new("etc"), &mut all)?;
    if with_fleet {
        files(&place.root.join("dist/fleet/usr"), prefix, &mut all)?;
    }
    all.sort_by(|a, b| a.target.cmp(&b.target));
    for item in all {
        let bytes = fs::read(&item.source)
            .with_context(|| format!("cannot read {}", item.source.display()))?;
        let bytes = with_prefix(bytes, prefix);
        put(&options.destdir.join(&item.target), &bytes, item.mode)?;
        say!("{:o} /{}", item.mode, item.target.display());
    }
    Ok(true)
}

/// A tree as it is laid out on the installed system.
fn files(usr: &Path, prefix: &Path, items: &mut Vec<Item>) -> Result<()> {
    let mut directories = vec![usr.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let source = entry.path();
            if entry.file_type()?.is_dir() {
                directories.push(source);
                continue;
            }
            let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
            items.push(Item {
                target: prefix.join(source.strip_prefix(usr)?),
                mode: if executable { 0o755 } else { 0o644 },
                source,
            });
        }
    }
    Ok(())
}

/// Units and scripts name what they run by its path.
fn with_prefix(bytes: Vec<u8>, prefix: &Path) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) if prefix != Path::new("usr") => {
            let prefix = prefix.display();
            ["bin/sanid", "lib/sanid/initramfs-identity"]
                .iter()
                .fold(text, |text, path| {
                    text.replace(&format!("/usr/{path}"), &format!("/{prefix}/{path}"))
                })
                .into_bytes()
        }
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

/// Puts a file in place in one step, so that a running program keeps its own.
fn put(target: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let directory = target.parent().context("a file has a directory")?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let name = target.file_name().context("a file has a name")?;
    let temporary = directory.join(format!(".{}.new", name.to_string_lossy()));
    fs::write(&temporary, bytes)
        .with_context(|| format!("cannot write {}", temporary.display()))?;
    fs::set_permissions(&temporary, fs::Permissions::from_mode(mode))?;
    fs::rename(&temporary, target).with_context(|| format!("cannot place {}", target.display()))
}
