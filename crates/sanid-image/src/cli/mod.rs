//! The `sanid-image` command: one definition for parsing, help, man pages and completions.

mod initramfs;
mod lint;
mod seal;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use sanid_cli::{Exit, Failure};
use sanid_host::Root;
use sanid_host::root::printable;

use crate::lint::{Shape, shape};

const NAME: &str = "sanid-image";
const AFTER_HELP: &str = "\
Exit codes: 0 fine, 1 findings, 2 usage or I/O error, 3 refused by a safety rule.
Start with: sanid-image lint --root DIR";

/// Find storage identities inside images, and remove them.
///
/// An identity that was copied into an image stays there when the host gets a different one, and every
/// host that boots the image gets it. Only seal changes anything.
#[derive(Debug, Parser)]
#[command(name = NAME, version, after_help = AFTER_HELP, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the identities that initramfs images carry, and whether they are this host's
    ///
    /// Reads concatenated cpio archives, plain or compressed with gzip, zstd, xz, lzma, lz4 or bzip2. Exits
    /// with 1 when an image carries a name or a machine-id that is not the one on disk, with 2 when an image
    /// cannot be read to its end.
    Initramfs(Initramfs),
    /// List the identities that an image has: in its files, its initramfs images, its boot entries
    ///
    /// Reads a directory or a tar, and unpacks nothing. Each finding shows where it is, why it matters and
    /// how to remove it. Exits with 1 when there are findings, with 2 when the image cannot be read to its
    /// end.
    Lint(Lint),
    /// Make an image clean: remove its identities, set its machine-id to uninitialized
    ///
    /// Lists the changes, then makes them. Configurations of storage programs lose the names and secrets in
    /// them and nothing else. Files that other programs need, such as an initramfs, are reported and left
    /// unchanged, with exit code 1. Refuses the root of a running machine. A second run
    /// changes nothing.
    Seal(Seal),
}

#[derive(Debug, Args)]
struct Lint {
    /// A mounted image, a chroot or an unpacked layer
    #[arg(
        long,
        value_name = "DIR", value_hint = clap::ValueHint::DirPath,
        required_unless_present = "tar",
        conflicts_with = "tar"
    )]
    root: Option<PathBuf>,
    /// A tar, compressed or not: of a whole system, of a layer, or of container images (OCI Image Layout,
    /// docker save); - for standard input
    #[arg(long, value_name = "FILE")]
    tar: Option<PathBuf>,
    /// Exit with 1 when there is any finding, of whatever severity; this is so without it, too
    #[arg(long)]
    fatal: bool,
    /// Text for people, which may change; JSON for programs, which will not; SARIF 2.1.0 for CI systems
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LintFormat::Text)]
    format: LintFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    Text,
    Json,
    Sarif,
}

#[derive(Debug, Args)]
struct Seal {
    /// A mounted image or a chroot
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    root: PathBuf,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep and report names that sanid did not derive
    #[arg(long)]
    keep_foreign: bool,
    /// Continue although DIR is the root of a running machine, which is about to become an image
    #[arg(long)]
    this_host: bool,
    /// Text for people, which may change, or JSON for programs, which will not
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
struct Initramfs {
    /// The images; by default initrd.img-*, initrd-* and initramfs-*.img in /boot
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Compare with the system below DIR, and read its /boot, instead of the running one
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    root: Option<PathBuf>,
    /// Text for people, which may change, or JSON for programs, which will not
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn dispatch(command: &Command) -> (bool, Result<Exit, Failure>) {
    match command {
        Command::Initramfs(options) => (options.format == Format::Json, initramfs::run(options)),
        Command::Lint(options) => (options.format == LintFormat::Json, lint::run(options)),
        Command::Seal(options) => (options.format == Format::Json, seal::run(options)),
    }
}

/// The definition of the command line, for man pages and completions.
///
/// # Examples
/// ```
/// assert_eq!(sanid_image::command().get_name(), "sanid-image");
/// ```
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the command with these arguments, the program's name first, and gives its exit code: 0 fine,
/// 1 findings, 2 usage or I/O error, 3 refused by a safety rule.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    sanid_cli::run(NAME, arguments, |arguments: &Arguments| {
        dispatch(&arguments.command)
    })
}

/// The root of an image. A directory that is not the root of a system is refused: nothing would be read in it.
fn opened(path: &Path) -> Result<Root, Failure> {
    let (root, shape) = shaped(path)?;
    refuse_unless_system(path, &shape)?;
    Ok(root)
}

fn refuse_unless_system(path: &Path, shape: &Shape) -> Result<(), Failure> {
    match shape {
        Shape::System => Ok(()),
        shape => Err(Failure::error(&format!(
            "{}: {}",
            printable(path),
            shape.advice()
        ))),
    }
}

/// A directory and what it is. An empty one is refused: the image was not mounted or unpacked there.
fn shaped(path: &Path) -> Result<(Root, Shape), Failure> {
    let root = Root::open(path).map_err(|error| Failure::error(&error))?;
    let is_empty = root.list(".").is_ok_and(|names| names.is_empty());
    if is_empty {
        return Err(Failure::error(&format!(
            "{} is empty, so nothing was read; is the image mounted or unpacked there?",
            printable(path)
        )));
    }
    let shape = shape(&root);
    Ok((root, shape))
}
