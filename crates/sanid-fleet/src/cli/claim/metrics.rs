//! Figures for monitoring: printed, put into a file, or given to whoever connects to a socket.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use sanid_claims::Timestamp;
use sanid_claims::host::Claimant;
use sanid_claims::metrics::{self, Figures};
use sanid_host::{Look, Root, findings, resolve};

use super::{Setting, state};
use crate::cli::{Exit, Failure};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Put them into this file, whole or not at all
    #[arg(long, value_name = "FILE", conflicts_with = "socket")]
    textfile: Option<PathBuf>,
    /// Give them to whoever connects to this Unix socket, by HTTP, until the command is ended
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// A reader that says nothing is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn run(setting: &Setting<'_>, options: &Options) -> Result<Exit, Failure> {
    let root = setting.shared.root.as_deref();
    if let Some(socket) = &options.socket {
        return serve(socket, || page(root));
    }
    match &options.textfile {
        Some(file) => write(file, &page(root)).map_err(|error| cannot(file, &error))?,
        None => crate::cli::print(&page(root))?,
    }
    Ok(Exit::Fine)
}

/// After a claim, where the configuration names a file.
pub(super) fn after_a_claim(setting: &Setting<'_>) -> Result<(), Failure> {
    let Some(file) = &setting.config.metrics.textfile else {
        return Ok(());
    };
    write(file, &page(setting.shared.root.as_deref())).map_err(|error| cannot(file, &error))
}

/// Puts the figures into a file for `node_exporter`'s textfile collector: whole or not at all, since the
/// collector may read at any moment.
fn write(path: &Path, page: &str) -> io::Result<()> {
    crate::files::replaceable(path)?;
    let mut new = path.as_os_str().to_owned();
    // The collector reads *.prom only.
    new.push(format!(".{}.new", std::process::id()));
    let new = Path::new(&new);
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(new)
        .and_then(|mut file| {
            // Whatever the umask of the unit: the collector is another user.
            file.set_permissions(fs::Permissions::from_mode(0o644))?;
            file.write_all(page.as_bytes())
        })
        .and_then(|()| fs::rename(new, path));
    if written.is_err() {
        let _ = fs::remove_file(new);
    }
    written
}

fn cannot(file: &Path, error: &io::Error) -> Failure {
    Failure::error(&format!(
        "cannot write the figures to {}: {}",
        sanid_host::root::printable(file),
        sanid_host::root::describe_io(error)
    ))
}

/// What can be seen; what cannot is left out, and the figures say so by that.
fn page(root: Option<&Path>) -> String {
    let mut figures = Figures {
        claim: state::figures(),
        ..Figures::default()
    };
    figures.identity = Claimant::of_host(root)
        .ok()
        .map(|claimant| claimant.identity);
    let root = root.map_or_else(Root::host, Root::open);
    let facts = root
        .map_err(drop)
        .and_then(|root| sanid_host::observe(&root, &Look::everything()).map_err(drop));
    if let Ok(facts) = facts {
        figures.findings = findings::findings(&facts, &resolve(&facts))
            .iter()
            .map(|one| one.code)
            .collect();
        figures.verified = Timestamp::now();
    }
    metrics::text(&figures)
}

fn serve(socket: &Path, page: impl Fn() -> String) -> Result<Exit, Failure> {
    // One that an earlier run left; anything else at the place is not touched.
    if socket
        .symlink_metadata()
        .is_ok_and(|found| found.file_type().is_socket())
    {
        let _ = fs::remove_file(socket);
    }
    let listener = UnixListener::bind(socket).map_err(|error| {
        Failure::error(&format!(
            "cannot listen at {}: {error}",
            sanid_host::root::printable(socket)
        ))
    })?;
    for stream in listener.incoming() {
        // A reader that went away has what it wanted, or asks again.
        let _ = stream.and_then(|stream| answer(stream, &page()));
    }
    Ok(Exit::Fine)
}

fn answer(mut stream: UnixStream, page: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // Whatever is asked for, this is what there is.
    let mut question = [0; 4096];
    let _ = stream.read(&mut question)?;
    write!(
        stream,
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}
