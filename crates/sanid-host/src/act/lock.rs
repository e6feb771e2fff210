//! One sanid at a time.
//!
//! The lock is a file that only root can open, since a user who can open a file can lock it: below a
//! volatile `/run` a file of its own, elsewhere (an image below `--root`) the directory of the record,
//! so that no file remains in the image.

use std::time::{Duration, Instant};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{ActError, Step, dir};
use crate::record;
use crate::root::Root;

const RUN: &str = "run/sanid";
const NAME: &str = "lock";

/// Long enough for hundreds of others to have their turn, short enough for a boot.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// Held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: OwnedFd,
}

/// Takes the lock, waiting for others for up to a minute.
///
/// # Errors
/// [`ActError::Failed`] where its place cannot be made, [`ActError::Locked`] after the minute.
pub(crate) fn lock(root: &Root) -> Result<Lock, ActError> {
    let (file, path) = if root.is_volatile("run") {
        in_run(root)?
    } else {
        on_record(root)?
    };
    let start = Instant::now();
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(Errno::WOULDBLOCK | Errno::INTR) if start.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => {
                return Err(ActError::Locked {
                    path: root.show(path),
                    seconds: PATIENCE.as_secs(),
                });
            }
            Err(errno) => {
                return Err(Step {
                    root,
                    what: "lock",
                    path,
                }
                .failed(errno));
            }
        }
    }
}

fn in_run(root: &Root) -> Result<(OwnedFd, &'static str), ActError> {
    const PATH: &str = "run/sanid/lock";
    let step = Step {
        root,
        what: "open",
        path: PATH,
    };
    dir::make(root, RUN, 0o755)?;
    let dir = root.open_dir(RUN).map_err(|errno| step.failed(errno))?;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = match rustix::fs::openat(&dir, NAME, flags, mode) {
        // The umask of an earlier run took every permission away, and this root has no capability to go past that.
        Err(Errno::ACCESS) => {
            let _ = rustix::fs::chmodat(&dir, NAME, mode, AtFlags::empty());
            rustix::fs::openat(&dir, NAME, flags, mode)
        }
        opened => opened,
    };
    let file = file.map_err(|errno| step.failed(errno))?;
    // The umask of the caller is not this file's.
    let _ = rustix::fs::fchmod(&file, mode);
    Ok((file, PATH))
}

fn on_record(root: &Root) -> Result<(OwnedFd, &'static str), ActError> {
    let path = record::DIRECTORY;
    dir::make(root, path, 0o700)?;
    let file = root.open_dir(path).map_err(|errno| {
        Step {
            root,
            what: "open",
            path,
        }
        .failed(errno)
    })?;
    Ok((file, path))
}
