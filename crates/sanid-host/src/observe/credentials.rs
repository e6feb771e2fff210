//! systemd credentials: names and configuration that the hypervisor, the boot loader or an administrator
//! hands to one machine.
//!
//! A unit with `LoadCredential=sanid.iqn` finds them in `$CREDENTIALS_DIRECTORY`. systemd takes them from the
//! system's credentials and then from the credential stores (systemd.exec(5), `LoadCredential=`). A command
//! that is run by hand reads the same places in the same order, so that both see the same facts.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::{CREDENTIAL_LIMIT, config_source};
use crate::config::ConfigError;
use crate::config::fragments::{self, Fragment};
use crate::facts::Credentials;
use crate::part::Names;
use crate::root::{ReadError, Root};

/// The system's credentials and the credential stores, relative to the root, in systemd's order.
const PLACES: [&str; 5] = [
    "run/credentials/@system",
    "etc/credstore",
    "run/credstore",
    "usr/local/lib/credstore",
    "usr/lib/credstore",
];

/// The directories that may hold a host's credentials, highest priority first.
pub(super) struct Directories {
    found: Vec<Root>,
    /// Why one of them could not be read, where a service manager handed over none.
    unseen: Option<ReadError>,
    /// Whether a service manager handed one over: it may hide the others from its services.
    handed: bool,
    /// Why that one could not be opened.
    closed: Option<ReadError>,
}

impl Directories {
    /// `given` is the directory of a service. The others count only below a root that runs: an image has
    /// no credentials before it boots.
    pub(super) fn open(root: &Root, given: Option<&Path>) -> Self {
        let mut this = Self {
            found: Vec::new(),
            unseen: None,
            handed: given.is_some(),
            closed: None,
        };
        match given.map(Root::open) {
            Some(Ok(directory)) => this.found.push(directory),
            // A service without credentials has no directory.
            None
            | Some(Err(ReadError::Io {
                errno: Errno::NOENT,
                ..
            })) => {}
            Some(Err(error)) => this.closed = Some(error),
        }
        for place in PLACES.into_iter().filter(|_| root.is_live()) {
            match root.open_dir(place) {
                Ok(directory) => {
                    let path = root.path().join(place);
                    this.found.push(Root::of_stranger(directory, path));
                }
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(errno) => this.miss(root.io(place, errno)),
            }
        }
        this
    }

    fn miss(&mut self, error: ReadError) {
        if !self.handed {
            self.unseen.get_or_insert(error);
        }
    }

    /// The configuration among them.
    pub(super) fn config(&mut self) -> Result<Option<Fragment>, ConfigError> {
        if let Some(error) = &self.closed {
            return Err(ConfigError::Read {
                path: format!("credential {}", fragments::CREDENTIAL),
                cause: io::Error::other(error.to_string()),
            });
        }
        for directory in &self.found {
            match fragments::credential(&config_source(directory)) {
                Ok(None) => {}
                Err(ConfigError::Read { cause, .. })
                    if !self.handed && cause.kind() == io::ErrorKind::PermissionDenied =>
                {
                    let error = directory.io(fragments::CREDENTIAL, Errno::ACCESS);
                    self.unseen.get_or_insert(error);
                }
                answer => return answer,
            }
        }
        Ok(None)
    }

    /// The names among them: systemd stores each in a file that is named like it.
    pub(super) fn names(mut self) -> Credentials {
        let mut unreadable = Vec::new();
        let closed = self.closed.take();
        let mut read = |name: &str| {
            if let Some(error) = &closed {
                // It may hold this one.
                unreadable.push(error.clone().below(name));
                return None;
            }
            self.first(name, &mut unreadable)
        };
        let names = Names::of_files(|file| read(&file.credential()));
        Credentials {
            names,
            unreadable,
            unseen: self.unseen,
        }
    }

    fn first(&mut self, name: &str, unreadable: &mut Vec<ReadError>) -> Option<String> {
        for directory in &self.found {
            match directory.read(name, CREDENTIAL_LIMIT) {
                Ok(None) => {}
                Ok(Some(file)) => {
                    let text = String::from_utf8_lossy(&file.bytes).into_owned();
                    return Some(text.strip_suffix('\n').unwrap_or(&text).to_owned());
                }
                Err(
                    error @ ReadError::Io {
                        errno: Errno::ACCESS | Errno::PERM,
                        ..
                    },
                ) if !self.handed => {
                    self.unseen.get_or_insert(error);
                }
                Err(error) => {
                    unreadable.push(error);
                    return None;
                }
            }
        }
        None
    }
}
