//! Names that programs take from configurations of their own.

use rustix::io::Errno;

use crate::own::{self, NAMES, Own, OwnName, OwnNames, OwnReader};
use crate::part::{Names, Part};
use crate::root::{ReadError, Root};

/// nvme-cli reads no longer configuration, in bytes (`INI_FILE_MAX`).
pub(crate) const CONFIG_LIMIT: usize = 1 << 20;
/// Files that are read, in all. A host with 64 targets on 8 paths has 512 node records.
const FILES: usize = 4096;
const LXD: [&str; 2] = [
    "var/snap/lxd/common/lxd/server.uuid",
    "var/lib/lxd/server.uuid",
];

pub(super) fn read(root: &Root) -> OwnNames {
    let mut search = Search {
        root,
        found: OwnNames::default(),
        files: 0,
        machine_id: machine_id(root),
    };
    // The records of open-iscsi, of which there may be very many, come last.
    for part in Part::ALL.into_iter().rev() {
        part.kind().own_names(&mut search);
    }
    let Search {
        mut found, files, ..
    } = search;
    if files > FILES || found.names.len() > NAMES {
        found.names.truncate(NAMES);
        found.unread.push(format!(
            "more than {FILES} files or {NAMES} names of readers' own"
        ));
    }
    found
}

/// The UUID of LXD's server, with its file.
pub(super) fn lxd(root: &Root) -> Result<Option<(String, String)>, ReadError> {
    for path in LXD {
        if let Some(file) = root.read(path, 256)? {
            return Ok(own::lxd(&file.bytes).map(|uuid| (format!("/{path}"), uuid)));
        }
    }
    Ok(None)
}

/// The digits of the machine-id, however the file spells it: it is confidential (machine-id(5)), and a configuration
/// may hold it as a Host ID.
fn machine_id(root: &Root) -> Option<String> {
    let file = root.read("etc/machine-id", 256).ok()??;
    let digits: String = digits(&file.bytes).chars().take(32).collect();
    (digits.len() == 32).then_some(digits)
}

fn digits(bytes: &[u8]) -> String {
    let kept = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric());
    kept.map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect()
}

/// The search for names in configurations.
pub(crate) struct Search<'a> {
    root: &'a Root,
    found: OwnNames,
    files: usize,
    machine_id: Option<String>,
}

impl Search<'_> {
    /// Reads the names in a configuration.
    pub(crate) fn file(
        &mut self,
        reader: &'static OwnReader,
        path: &str,
        parse: impl FnOnce(&[u8]) -> Result<Vec<Own>, String>,
    ) {
        let Some(bytes) = self.read(path, CONFIG_LIMIT) else {
            return;
        };
        match parse(&bytes) {
            Ok(own) => self.add(reader, path, own),
            Err(why) => self.miss(format!("/{path}: {why}")),
        }
    }

    /// Notes why a configuration could not be read.
    pub(crate) fn miss(&mut self, why: String) {
        self.found.unread.push(why);
    }

    /// Whether no more files are read.
    pub(crate) fn is_full(&self) -> bool {
        self.files > FILES
    }

    /// Keeps names that were found in a file.
    pub(crate) fn add(
        &mut self,
        reader: &'static OwnReader,
        path: &str,
        own: impl IntoIterator<Item = Own>,
    ) {
        // One more shows that there are too many.
        let room = (NAMES + 1).saturating_sub(self.found.names.len());
        for own in own.into_iter().take(room) {
            let names = Names::of_files(|file| Some(self.shown(own.names.of(file)?)));
            self.found.names.push(OwnName {
                reader,
                path: path.to_owned(),
                own: Own { names, ..own },
            });
        }
    }

    fn shown(&self, name: &str) -> String {
        let id = self.machine_id.as_deref();
        if id.is_some_and(|id| digits(name.as_bytes()).contains(id)) {
            "(a name with the machine-id)".into()
        } else {
            name.to_owned()
        }
    }

    /// The content of a file.
    pub(crate) fn read(&mut self, path: &str, limit: usize) -> Option<Vec<u8>> {
        self.files += 1;
        if self.files > FILES {
            return None;
        }
        match self.root.read(path, limit) {
            Ok(file) => Some(file?.bytes),
            // No program takes a directory for its configuration.
            Err(
                ReadError::NotRegular {
                    kind: "a directory",
                    ..
                }
                | ReadError::Io {
                    errno: Errno::NOTDIR,
                    ..
                },
            ) => None,
            Err(error) => {
                self.miss(error.to_string());
                None
            }
        }
    }

    /// The names in a directory; `None` where it is a file.
    pub(crate) fn list(&mut self, path: &str) -> Option<Vec<String>> {
        self.files += 1;
        match self.root.list(path) {
            Ok(names) => Some(names),
            Err(ReadError::Io {
                errno: Errno::NOTDIR,
                ..
            }) => None,
            Err(error) => {
                self.miss(error.to_string());
                Some(Vec::new())
            }
        }
    }
}
