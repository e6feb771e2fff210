//! Names that programs take from configurations of their own.

use rustix::io::Errno;

use crate::facts::{OwnName, OwnNames, OwnReader};
use crate::file::IdentityFile;
use crate::parse::hostfile::{stas_hostid, stas_hostnqn};
use crate::parse::own::{self, Own};
use crate::root::{ReadError, Root, escape};

/// nvme-cli reads no longer configuration, in bytes (`INI_FILE_MAX`).
const CONFIG_LIMIT: usize = 1 << 20;
/// Records of open-iscsi have some 3,000 bytes.
const RECORD_LIMIT: usize = 64 * 1024;
/// Files that are read, in all. A host with 64 targets on 8 paths has 512 node records.
const FILES: usize = 4096;
/// Names that are kept, in all.
const NAMES: usize = 1024;
/// Where open-iscsi and distributions have its records.
const ISCSI: [&str; 2] = ["var/lib/iscsi", "etc/iscsi"];
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
    search.nvme();
    search.iscsi();
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

struct Search<'a> {
    root: &'a Root,
    found: OwnNames,
    files: usize,
    machine_id: Option<String>,
}

impl Search<'_> {
    fn nvme(&mut self) {
        let main = "etc/nvme/nvme-fabrics.conf";
        self.file(OwnReader::Fabrics, main, |bytes| {
            let own = own::fabrics(bytes).filter(|own| {
                // Only a drop-in must name its host.
                own.host_nqn.is_some() || own.host_id.is_some() || own.fault.is_some()
            });
            own.into_iter().collect()
        });
        let drop_ins = format!("{main}.d");
        for name in self.list(&drop_ins).unwrap_or_default() {
            // As `libnvmf_conf_dropin_filter` takes them.
            if name
                .strip_suffix(".conf")
                .is_some_and(|stem| !stem.is_empty())
            {
                let path = format!("{drop_ins}/{name}");
                self.file(OwnReader::Persona, &path, |bytes| {
                    own::fabrics(bytes).into_iter().collect()
                });
            }
        }
        let json = "etc/nvme/config.json";
        if let Some(bytes) = self.read(json, CONFIG_LIMIT) {
            match own::json(&bytes) {
                Ok(hosts) => self.add(OwnReader::Json, json, hosts),
                Err(why) => self.found.unread.push(format!("/{json}: {why}")),
            }
        }
        self.file(
            OwnReader::Discovery,
            "etc/nvme/discovery.conf",
            own::discovery,
        );
        let stas = "etc/stas/sys.conf";
        if let Some(own) = self
            .read(stas, CONFIG_LIMIT)
            .and_then(|bytes| own::stas(&bytes))
        {
            let own = Own {
                host_nqn: own
                    .host_nqn
                    .and_then(|value| self.value(IdentityFile::HostNqn, value)),
                host_id: own
                    .host_id
                    .and_then(|value| self.value(IdentityFile::HostId, value)),
                ..own
            };
            if own.host_nqn.is_some() || own.host_id.is_some() {
                self.add(OwnReader::Stas, stas, vec![own]);
            }
        }
    }

    /// A value of nvme-stas, which may be the content of a file; `None` for that of the identity file.
    fn value(&mut self, file: IdentityFile, value: String) -> Option<String> {
        let Some(path) = value.strip_prefix("file://") else {
            return Some(value);
        };
        let path = path.trim_start_matches('/');
        if path == file.path() {
            return None;
        }
        // What is elsewhere may be a seed, such as the system UUID in /sys.
        if !path.starts_with("etc/") || path.contains("..") {
            return Some(format!("file:///{path}"));
        }
        let bytes = self.read(path, RECORD_LIMIT)?;
        let name = match file {
            IdentityFile::HostNqn => stas_hostnqn(&bytes),
            IdentityFile::HostId | IdentityFile::InitiatorName => stas_hostid(&bytes),
        };
        match name {
            Ok(name) => Some(escape(name.as_bytes())),
            Err(why) => {
                let path = escape(path.as_bytes());
                self.found
                    .unread
                    .push(format!("nvme-stas, /{path}: it {why}"));
                None
            }
        }
    }

    fn iscsi(&mut self) {
        self.record("etc/iscsi/iscsid.conf");
        for directory in ISCSI {
            self.records(&format!("{directory}/ifaces"), 0);
            // TARGET/PORTAL/IFACE; of old, TARGET/PORTAL is the record.
            self.records(&format!("{directory}/nodes"), 2);
        }
    }

    /// The records in a directory and in those below it.
    fn records(&mut self, directory: &str, below: usize) {
        let Some(names) = self.list(directory) else {
            return self.record(directory);
        };
        for name in names {
            if self.files > FILES {
                return;
            }
            let path = format!("{directory}/{name}");
            if below > 0 {
                self.records(&path, below - 1);
            } else {
                self.record(&path);
            }
        }
    }

    fn record(&mut self, path: &str) {
        if let Some(bytes) = self.read(path, RECORD_LIMIT) {
            let own = own::iscsi_record(&bytes).into_iter().collect();
            self.add(OwnReader::Iscsi, path, own);
        }
    }

    fn file(&mut self, reader: OwnReader, path: &str, parse: impl FnOnce(&[u8]) -> Vec<Own>) {
        if let Some(bytes) = self.read(path, CONFIG_LIMIT) {
            self.add(reader, path, parse(&bytes));
        }
    }

    fn add(&mut self, reader: OwnReader, path: &str, own: Vec<Own>) {
        let own = own.into_iter().map(|own| Own {
            line: own.line,
            iqn: own.iqn.map(|name| self.shown(name)),
            host_nqn: own.host_nqn.map(|name| self.shown(name)),
            host_id: own.host_id.map(|name| self.shown(name)),
            fault: own.fault,
        });
        let names: Vec<OwnName> = own
            .map(|own| OwnName {
                reader,
                path: path.to_owned(),
                own,
            })
            .collect();
        // One more shows that there are too many.
        let room = (NAMES + 1).saturating_sub(self.found.names.len());
        self.found.names.extend(names.into_iter().take(room));
    }

    fn shown(&self, name: String) -> String {
        let id = self.machine_id.as_deref();
        if id.is_some_and(|id| digits(name.as_bytes()).contains(id)) {
            "(a name with the machine-id)".into()
        } else {
            name
        }
    }

    fn read(&mut self, path: &str, limit: usize) -> Option<Vec<u8>> {
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
                self.found.unread.push(error.to_string());
                None
            }
        }
    }

    /// The names in a directory; `None` where it is a file.
    fn list(&mut self, path: &str) -> Option<Vec<String>> {
        self.files += 1;
        match self.root.list(path) {
            Ok(names) => Some(names),
            Err(ReadError::Io {
                errno: Errno::NOTDIR,
                ..
            }) => None,
            Err(error) => {
                self.found.unread.push(error.to_string());
                Some(Vec::new())
            }
        }
    }
}
