//! A tar as it comes: one tree, or an archive of container images with their layers (OCI Image Layout,
//! `docker save`), read once from its beginning to its end and never unpacked.
//!
//! An archive of images says only at its end which of its files are layers, and in which order. So each
//! file that may be one is read as a layer when it passes, and the layers are put on top of each other
//! once the manifests are known.

mod layout;
mod manifest;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use sanid_host::root::escape;

use super::finding::{Finding, UNREADABLE};
use super::layer::{Layer, Linted};
use super::pattern;
use super::places::place;
use super::shape::Shape;
use crate::cpio;
use crate::input::Input;
use crate::limits::Limits;
use crate::members::{is_tar, plain};
use crate::tarball::{Kind, Tarball};
pub use layout::layout;
use manifest::{Documents, Image};

/// How much a tar may ask for: a whole system is larger than an initramfs, and has files of zeros.
const LIMITS: Limits = Limits {
    output: 1 << 40,
    ratio: 1100,
    entries: 20_000_000,
    name: 4096,
    kept: 4096,
    kept_files: 1000,
};
/// A manifest or an index: a megabyte would be ten thousand layers.
const DOCUMENT: u64 = 4 << 20;
/// Bytes of a path (`PATH_MAX`).
const NAME: usize = 4096;
/// Layers in an archive; the kernel's overlayfs takes 500.
const LAYERS: usize = 5000;

/// Looks at every place in a tar, or in the images of an archive of them.
pub fn archive<'a>(source: impl Read + 'a) -> Linted {
    let source = Input::new(source);
    let mut reader = Reader::new(&source.counter());
    let damage = reader.outer(Box::new(source)).err();
    let damage = damage.map(|error| escape(error.to_string().as_bytes()));
    reader.done(damage)
}

struct Reader {
    /// What was read of the file, and what was decompressed of it.
    file: Rc<Cell<u64>>,
    output: Rc<Cell<u64>>,
    /// An empty layer, whose clones share their bounds.
    base: Layer,
    /// The tar taken for one tree.
    tree: Layer,
    /// Its files that may be layers, by name.
    blobs: BTreeMap<String, Layer>,
    documents: Documents,
}

impl Reader {
    /// A reader whose decoders are held against the bytes that `file` counts.
    fn new(file: &Rc<Cell<u64>>) -> Self {
        let base = Layer::default();
        Self {
            file: Rc::clone(file),
            output: Rc::default(),
            tree: base.clone(),
            base,
            blobs: BTreeMap::new(),
            documents: Documents::default(),
        }
    }

    fn outer<'a>(&mut self, source: Box<dyn Read + 'a>) -> io::Result<()> {
        let mut input = plain(source, &self.file, &self.output, LIMITS)?;
        let begin = input.peek(512)?;
        if begin.is_empty() {
            // A program before the pipe that failed has written nothing.
            return Err(io::Error::other(
                "it is empty, and even a tar of nothing is not",
            ));
        }
        if !is_tar(begin) {
            let is_zero = begin.iter().all(|byte| *byte == 0);
            if let Some(kind) = other_kind(input.peek(OTHER)?) {
                return Err(io::Error::other(format!(
                    "it is {kind} and not a tar; mount it, and give the directory to --root"
                )));
            }
            if !is_zero {
                return Err(io::Error::other(
                    "it begins neither a tar nor anything compressed that is known",
                ));
            }
        }
        let mut tree = std::mem::take(&mut self.tree);
        let done = walk(&mut input, &mut tree, &mut |path, data| {
            self.blob(path, data)
        });
        self.tree = tree;
        if done? {
            return Ok(());
        }
        Err(io::Error::other(
            "it has no end mark, so it was cut off, and the rest is unknown",
        ))
    }

    /// Takes a file of the outer archive for a layer or a document, where it may be one.
    fn blob(&mut self, path: &str, data: &mut dyn Read) -> io::Result<bool> {
        if matches!(path, "manifest.json" | "index.json" | "oci-layout") {
            self.documents.add(path, document(data)?);
            return Ok(true);
        }
        if !may_be_layer(path) || self.blobs.len() >= LAYERS {
            return Ok(false);
        }
        let mut ahead = Input::new(data);
        if ahead.peek(1)? == b"{" {
            self.documents.add(path, document(&mut ahead)?);
            return Ok(true);
        }
        let mut found = self.base.clone();
        let read =
            plain(Box::new(ahead), &self.file, &self.output, LIMITS).and_then(|mut input| {
                let begin = input.peek(512)?;
                if !is_tar(begin) && begin.iter().any(|byte| *byte != 0) {
                    // Encrypted, for example. Nobody hears of it unless it is a layer of an image.
                    return Err(io::Error::other("this layer is not a tar"));
                }
                // The archive around a layer has its size, and so shows whether it is whole.
                walk(&mut input, &mut found, &mut |_, _| Ok(false)).map(drop)
            });
        if let Err(error) = read {
            let seen = escape(error.to_string().as_bytes());
            let fix = "build the image again".to_owned();
            found.note(Finding::by_hand(&UNREADABLE, path, seen, fix));
        }
        self.blobs.insert(path.to_owned(), found);
        Ok(true)
    }

    fn done(self, damage: Option<String>) -> Linted {
        let mut images = self.documents.images();
        let shape = self.tree.top.shape();
        if shape == Shape::System {
            // A root may have a manifest.json of its own, whose layers are nowhere.
            images.retain(|image| image.layers.iter().any(|name| self.layer(name).is_some()));
        }
        let no_root = images.is_empty() && shape != Shape::System;
        let damage = damage.or_else(|| no_root.then(|| shape.advice_for_tar()));
        let images: Vec<Layer> = images.iter().map(|image| self.image(image)).collect();
        // The tree is read beside its images: a file at its top does not make it an archive of images.
        let mut all = self.tree.done(damage);
        for image in images {
            all.join(image.done(None));
        }
        all
    }

    /// The layer of this name; several images may have it.
    fn layer(&self, name: &str) -> Option<&Layer> {
        self.blobs.get(self.tree.alias(name))
    }

    /// The layers of an image on top of each other.
    fn image(&self, image: &Image) -> Layer {
        let mut whole = self.base.clone();
        for name in &image.layers {
            if let Some(layer) = self.layer(name) {
                whole.cover(layer.clone());
            } else {
                let seen = "a layer that the manifest names is not in the archive".to_owned();
                let fix = "save the image again, with all of its layers".to_owned();
                whole.note(Finding::by_hand(&UNREADABLE, name, seen, fix));
            }
        }
        for problem in &image.problems {
            let fix = "save the image again".to_owned();
            whole.note(Finding::by_hand(
                &UNREADABLE,
                &image.name,
                problem.clone(),
                fix,
            ));
        }
        whole
    }
}

/// Handles the next file, and returns whether its data was read.
type Pass<'a> = &'a mut dyn FnMut(&str, &mut dyn Read) -> io::Result<bool>;

/// Reads one tar as a layer; whether it has an end mark.
fn walk(source: &mut dyn Read, layer: &mut Layer, pass: Pass<'_>) -> io::Result<bool> {
    let mut tar = Tarball::new(source, LIMITS.entries);
    while let Some(entry) = tar.next()? {
        if entry
            .name
            .split(|byte| *byte == b'/')
            .any(|part| part == b"..")
        {
            layer.odd_name(&entry.name, "it leads upwards, out of where it is unpacked");
        }
        if let Some(second) = &entry.second_name {
            let path = String::from_utf8_lossy(&cpio::path(second)).into_owned();
            if place(&path).is_some() {
                layer.odd_name(
                    second,
                    "some programs unpack a file under this path, and others under a different one",
                );
            }
        }
        let path = cpio::path(&entry.name);
        if path.len() > NAME {
            let begin = entry.name.get(..200).unwrap_or_default();
            layer.odd_name(begin, "it is longer than a path can be, so it was not read");
            continue;
        }
        let Ok(path) = String::from_utf8(path) else {
            // Every pattern is ASCII, except for the text that a star matches.
            let lossy = String::from_utf8_lossy(&entry.name).into_owned();
            if place(lossy.trim_start_matches("./")).is_some() {
                layer.odd_name(&entry.name, "its name is not UTF-8, so it was not read");
            }
            continue;
        };
        layer.top.see(&path);
        if whiteout(&path, layer) {
            continue;
        }
        let path = layer.resolved(path);
        match entry.kind {
            Kind::File => {
                let mut data = tar.data();
                if !pass(&path, &mut data)? {
                    layer.file(&path, entry.size, &mut data);
                }
            }
            Kind::Directory => layer.directory(&path),
            Kind::Link(target) => layer.link(&path, &target),
            Kind::HardLink(target) => {
                let target = cpio::path(&target);
                layer.hard_link(&path, &String::from_utf8_lossy(&target));
            }
            Kind::Other(kind) => layer.other(&path, kind),
        }
    }
    Ok(tar.has_end_mark())
}

/// Takes a file whose name says that something is gone (OCI Image Layer Specification, Whiteouts).
fn whiteout(path: &str, layer: &mut Layer) -> bool {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(name) = name.strip_prefix(".wh.") else {
        return false;
    };
    if name == ".wh..opq" {
        layer.hide_below(parent);
    } else if !name.is_empty() && !name.starts_with(".wh.") {
        let whole = if parent.is_empty() {
            name.to_owned()
        } else {
            format!("{parent}/{name}")
        };
        layer.hide(&whole);
    }
    true
}

/// Whether a file has the name of a blob in an OCI Image Layout, of a layer of `docker save` (`ID/layer.tar`)
/// or podman (`ID.tar`), or of a blob of skopeo's transport `dir:` (`DIGEST`).
fn may_be_layer(path: &str) -> bool {
    let is_digest = |name: &str| {
        matches!(name.len(), 64 | 128) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    match path.split('/').collect::<Vec<_>>()[..] {
        [name] => pattern::name("*.tar", name) || is_digest(manifest::without_end(name)),
        [_, "layer.tar"] | ["blobs", "sha256" | "sha512", _] => true,
        _ => false,
    }
}

/// How much of a file is looked at for its kind.
const OTHER: usize = 33 * 1024;

/// What a file is that somebody may take for a tar, by its magic at an offset.
fn other_kind(begin: &[u8]) -> Option<&'static str> {
    const KINDS: [(usize, &[u8], &str); 9] = [
        (0, b"hsqs", "a squashfs file system"),
        (0, b"QFI\xfb", "a disk image of QEMU"),
        (0, b"KDMV", "a disk image of VMware"),
        (0, b"vhdxfile", "a disk image of Hyper-V"),
        (0, b"XFSB", "an XFS file system"),
        (0x438, &[0x53, 0xef], "an ext4 file system"),
        (1024, &[0xe2, 0xe1, 0xf5, 0xe0], "an EROFS file system"),
        (0x8001, b"CD001", "an ISO 9660 file system"),
        (510, &[0x55, 0xaa], "a disk image"),
    ];
    let at = |at: usize| begin.get(at..).unwrap_or_default();
    let mut kinds = KINDS.iter();
    let found = kinds.find(|(offset, magic, _)| at(*offset).starts_with(magic));
    found.map(|(_, _, kind)| *kind)
}

fn document(data: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data.take(DOCUMENT).read_to_end(&mut bytes)?;
    Ok(bytes)
}
