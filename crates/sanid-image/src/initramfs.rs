//! The identities that an initramfs carries, each as its reader in the initramfs takes it.

use std::collections::BTreeMap;
use std::io::Read;

use sanid_core::{MachineId, MachineIdError, SeedFingerprint};
use sanid_host::IdentityFile;
use sanid_host::parse::Hazard;
use sanid_host::root::escape;

use crate::budget::Budget;
use crate::cpio::{CpioError, Header};
use crate::error::ImageError;
use crate::limits::Limits;
use crate::walk::{Entry, Segment, walk_within};

/// What a file of an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A name, of the kind that this file of a host holds.
    Name(IdentityFile),
    /// A machine-id, from which identities are derived.
    MachineId,
}

impl Kind {
    /// What it is, in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name(file) => file.holds(),
            Self::MachineId => "machine-id",
        }
    }

    /// The part in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Name(file) => file.field(),
            Self::MachineId => "machineId",
        }
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.key())
    }
}

/// Where programs of an initramfs look for a machine-id.
const MACHINE_ID: [&str; 2] = ["etc/machine-id", "var/lib/dbus/machine-id"];
/// Below these are the same paths, of programs and of hooks that copy files.
const PREFIXES: &[&str] = &["", "usr/", "usr/local/", "usr/share/factory/", "run/sanid/"];

/// The kind of the file at a path below the root of an image.
///
/// # Examples
/// ```
/// use sanid_image::initramfs::{Kind, kind};
///
/// assert_eq!(kind("usr/local/etc/nvme/hostid").map(Kind::key), Some("hostId"));
/// assert_eq!(kind("etc/hostname"), None);
/// ```
pub fn kind(path: &str) -> Option<Kind> {
    content(path, b"").map(|(kind, _)| kind)
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
    read_within(source, limits, &Budget::default())
}

/// The same for one of the files of a larger image.
pub(crate) fn read_within<R: Read>(source: R, limits: &Limits, budget: &Budget) -> Image {
    let mut reader = Reader {
        limits: *limits,
        ..Reader::default()
    };
    let walked = walk_within(source, limits, budget, &mut |entry| reader.entry(entry));
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
            content(path, &data).map_or(Content::Nothing, |(_, content)| content)
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
                    let read = content(path, &data).map(|(_, content)| content);
                    found.content = read.unwrap_or(Content::Nothing);
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

/// What the reader of the file at this path takes from these bytes; `None` where none reads an identity there.
fn content(path: &str, bytes: &[u8]) -> Option<(Kind, Content)> {
    PREFIXES.iter().find_map(|prefix| {
        let path = path.strip_prefix(prefix)?;
        if MACHINE_ID.contains(&path) {
            return Some((Kind::MachineId, machine_id(bytes)));
        }
        let mut files = IdentityFile::ALL.into_iter();
        files.find_map(|file| Some((Kind::Name(file), name(file.in_initramfs(path, bytes)?))))
    })
}

fn name(taken: Result<String, Hazard>) -> Content {
    match taken {
        Ok(name) => Content::Name(escape(name.as_bytes())),
        Err(Hazard::NoValue | Hazard::Empty) => Content::Nothing,
        Err(hazard) => Content::Unusable(escape(hazard.to_string().as_bytes())),
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
