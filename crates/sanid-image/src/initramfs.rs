//! The identities that an initramfs carries, each as its reader in the initramfs takes it.

use std::collections::BTreeMap;
use std::io::Read;

use sanid_core::{MachineId, MachineIdError, SeedFingerprint};
use sanid_host::IdentityFile;
use sanid_host::parse::{Hazard, initiatorname, shell};
use sanid_host::root::escape;

use crate::cpio::{CpioError, Header};
use crate::error::ImageError;
use crate::limits::Limits;
use crate::walk::{Entry, Segment, walk};

/// What a file of an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An iSCSI initiator name, in `initiatorname.iscsi`.
    InitiatorName,
    /// An iSCSI initiator name, in the variables of Debian's `iscsi.initramfs`.
    IscsiInitramfs,
    /// An NVMe host NQN.
    HostNqn,
    /// An NVMe Host ID.
    HostId,
    /// A machine-id, from which identities are derived.
    MachineId,
}

impl Kind {
    /// The part in the field's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::InitiatorName | Self::IscsiInitramfs => "initiator name",
            Self::HostNqn => "host NQN",
            Self::HostId => "Host ID",
            Self::MachineId => "machine-id",
        }
    }

    /// The part in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::InitiatorName | Self::IscsiInitramfs => "iqn",
            Self::HostNqn => "hostNqn",
            Self::HostId => "hostId",
            Self::MachineId => "machineId",
        }
    }

    /// The file of a host that says the same.
    pub fn file(self) -> Option<IdentityFile> {
        match self {
            Self::InitiatorName | Self::IscsiInitramfs => Some(IdentityFile::InitiatorName),
            Self::HostNqn => Some(IdentityFile::HostNqn),
            Self::HostId => Some(IdentityFile::HostId),
            Self::MachineId => None,
        }
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.key())
    }
}

/// The paths that programs of an initramfs read, and that hooks copy to.
const PLACES: &[(&str, Kind)] = &[
    ("etc/iscsi/initiatorname.iscsi", Kind::InitiatorName),
    ("etc/initiatorname.iscsi", Kind::InitiatorName),
    ("run/initiatorname.iscsi", Kind::InitiatorName),
    ("etc/iscsi.initramfs", Kind::IscsiInitramfs),
    ("etc/iscsi/iscsi.initramfs", Kind::IscsiInitramfs),
    ("etc/nvme/hostnqn", Kind::HostNqn),
    ("etc/nvme/hostid", Kind::HostId),
    ("etc/machine-id", Kind::MachineId),
    ("var/lib/dbus/machine-id", Kind::MachineId),
];
/// Below these the same paths may be.
const PREFIXES: &[&str] = &["", "usr/", "usr/local/", "usr/share/factory/", "run/sanid/"];

/// The kind of the file at a path below the root of an image.
///
/// # Examples
/// ```
/// use sanid_image::initramfs::{Kind, kind};
///
/// assert_eq!(kind("usr/local/etc/nvme/hostid"), Some(Kind::HostId));
/// assert_eq!(kind("etc/hostname"), None);
/// ```
pub fn kind(path: &str) -> Option<Kind> {
    PREFIXES.iter().find_map(|prefix| {
        let rest = path.strip_prefix(prefix)?;
        let found = PLACES.iter().find(|(place, _)| *place == rest);
        found.map(|(_, kind)| *kind)
    })
}

/// What a file's reader takes from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nothing: it is empty, or says that there is no identity yet.
    Nothing,
    /// A name.
    Name(String),
    /// A machine-id. It is confidential, so only its fingerprint is kept.
    Seed(SeedFingerprint),
    /// A symbolic link, with its target.
    Link(String),
    /// A second name of a file whose content is elsewhere in the archive.
    HardLink,
    /// Its reader makes no name of it, and the reason continues a sentence that begins with the reader.
    Unusable(String),
}

/// One file that is an identity or makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path below the root of the image.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub content: Content,
}

/// The structure and the identities of an initramfs.
#[derive(Debug)]
pub struct Image {
    /// What it is made of.
    pub segments: Vec<Segment>,
    /// Why it was not read to its end, where it was not.
    pub damage: Option<ImageError>,
    /// The files that are an identity or make one, by path. Of several entries for one path the last
    /// counts, as it does for the kernel.
    pub files: Vec<Found>,
    /// Names with `..`, which no program makes.
    pub odd_names: Vec<String>,
    /// Whether it has sanid.
    pub has_sanid: bool,
    /// Whether it is built for one host only.
    pub host_only: bool,
}

/// Reads an image.
///
/// Bounded by `limits` in time and memory; a damaged image gives what was before the damage, and
/// [`Image::damage`].
///
/// # Examples
/// ```
/// use sanid_image::{Limits, cpio, initramfs};
///
/// let image = cpio::archive(&[("etc/initiatorname.iscsi", b"InitiatorName=iqn.2004-05.com.example:a\n")]);
/// let seen = initramfs::read(image.as_slice(), &Limits::default());
/// let name = initramfs::Content::Name("iqn.2004-05.com.example:a".into());
/// assert_eq!(seen.files[0].content, name);
/// ```
pub fn read<R: Read>(source: R, limits: &Limits) -> Image {
    let mut reader = Reader {
        limits: *limits,
        ..Reader::default()
    };
    let walked = walk(source, limits, &mut |entry| reader.entry(entry));
    Image {
        segments: walked.segments,
        damage: walked.damage,
        files: reader.files.into_values().collect(),
        odd_names: reader.odd_names,
        has_sanid: reader.has_sanid,
        host_only: reader.host_only,
    }
}

/// Equal for the names of one file: its inode and device.
type Inode = (u32, (u32, u32));

#[derive(Default)]
struct Reader {
    limits: Limits,
    files: BTreeMap<String, Found>,
    /// Which files wait for the data of another name of theirs: all that is kept of them.
    waiting: Vec<(Inode, String)>,
    odd_names: Vec<String>,
    has_sanid: bool,
    host_only: bool,
}

impl Reader {
    fn entry(&mut self, entry: &mut Entry<'_>) -> Result<(), CpioError> {
        let header = entry.header.clone();
        let odd = header
            .name
            .split(|byte| *byte == b'/')
            .any(|part| part == b"..");
        if odd && self.odd_names.len() < self.limits.kept_files {
            self.odd_names.push(escape(&header.name));
        }
        let path = header.path();
        // No path of interest is anything but ASCII.
        let Ok(path) = std::str::from_utf8(&path) else {
            return Ok(());
        };
        match path {
            "usr/bin/sanid" => self.has_sanid = true,
            "usr/lib/sanid/host-only" => self.host_only = true,
            _ => {}
        }
        let data = self.linked(entry, &header)?;
        let Some(kind) = kind(path) else {
            return Ok(());
        };
        let content = if header.is_link() {
            Content::Link(escape(&entry.data(self.limits.kept)?))
        } else if !header.is_file() {
            // A directory or a device is not an identity, and replaces the earlier entry.
            self.files.remove(path);
            return Ok(());
        } else if header.size == 0 && header.links > 1 {
            // The data comes with the last of the names, or came with the first.
            if self.waiting.len() < self.limits.kept_files {
                self.waiting.push((file(&header), path.to_owned()));
            }
            Content::HardLink
        } else {
            let data = match data {
                Some(data) => data,
                None => entry.data(self.limits.kept)?,
            };
            content(kind, &data)
        };
        if self.files.len() < self.limits.kept_files || self.files.contains_key(path) {
            let found = Found {
                path: path.to_owned(),
                kind,
                content,
            };
            self.files.insert(path.to_owned(), found);
        }
        Ok(())
    }

    /// The data of a file, taken early where another name of it waits for it.
    fn linked(
        &mut self,
        entry: &mut Entry<'_>,
        header: &Header,
    ) -> Result<Option<Vec<u8>>, CpioError> {
        let waits = self.waiting.iter().any(|(one, _)| *one == file(header));
        if !waits || header.size == 0 || !header.is_file() {
            return Ok(None);
        }
        let data = entry.data(self.limits.kept)?;
        for (one, path) in &self.waiting {
            if *one == file(header) {
                if let Some(found) = self.files.get_mut(path) {
                    found.content = content(found.kind, &data);
                }
            }
        }
        self.waiting.retain(|(one, _)| *one != file(header));
        Ok(Some(data))
    }
}

fn file(header: &Header) -> Inode {
    (header.inode, header.device)
}

/// What the reader of this kind of file takes from these bytes.
fn content(kind: Kind, bytes: &[u8]) -> Content {
    let name = match kind {
        Kind::MachineId => return machine_id(bytes),
        Kind::InitiatorName => initiatorname::shell(bytes),
        Kind::IscsiInitramfs => assigned(bytes),
        Kind::HostNqn => IdentityFile::HostNqn.effective(bytes).map(str::to_owned),
        Kind::HostId => IdentityFile::HostId.effective(bytes).map(str::to_owned),
    };
    match name {
        Ok(name) => Content::Name(escape(name.as_bytes())),
        Err(Hazard::NoValue | Hazard::Empty) => Content::Nothing,
        Err(hazard) => Content::Unusable(escape(hazard.to_string().as_bytes())),
    }
}

/// The name in Debian's `iscsi.initramfs`, which a shell sources.
fn assigned(bytes: &[u8]) -> Result<String, Hazard> {
    match shell::assigned(bytes, "ISCSI_INITIATOR")? {
        Some(value) if !value.is_empty() => String::from_utf8(value).map_err(|_| Hazard::NotUtf8),
        _ => Err(Hazard::NoValue),
    }
}

/// Whether it is one, never what it is.
fn machine_id(bytes: &[u8]) -> Content {
    match MachineId::parse_file(bytes) {
        Ok(id) => Content::Seed(id.fingerprint()),
        Err(MachineIdError::Empty | MachineIdError::Uninitialized | MachineIdError::Zero) => {
            Content::Nothing
        }
        Err(_) => Content::Unusable("finds no machine-id".into()),
    }
}
