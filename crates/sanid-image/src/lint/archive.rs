//! A tar as it comes: one tree, or an archive of container images with their layers (OCI Image Layout,
//! `docker save`), read once from its beginning to its end and never unpacked.
//!
//! An archive of images says only at its end which of its files are layers, and in which order. So each
//! file that may be one is read as a layer when it passes, and the layers are put on top of each other
//! once the manifests are known.

mod manifest;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use sanid_host::root::escape;

use super::finding::{Finding, UNREADABLE};
use super::layer::{Layer, Linted};
use super::pattern;
use crate::cpio;
use crate::input::Input;
use crate::limits::Limits;
use crate::members::{is_tar, plain};
use crate::tarball::{Kind, Tarball};
use manifest::Documents;

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
    let mut reader = Reader {
        file: source.counter(),
        output: Rc::default(),
        tree: Layer::default(),
        kept: Rc::default(),
        blobs: BTreeMap::new(),
        documents: Documents::default(),
    };
    let damage = reader.outer(Box::new(source)).err();
    let damage = damage.map(|error| escape(error.to_string().as_bytes()));
    reader.done(damage)
}

struct Reader {
    /// What was read of the file, and what was decompressed of it.
    file: Rc<Cell<u64>>,
    output: Rc<Cell<u64>>,
    kept: Rc<Cell<usize>>,
    /// The tar taken for one tree.
    tree: Layer,
    /// Its files that may be layers, by name.
    blobs: BTreeMap<String, Layer>,
    documents: Documents,
}

impl Reader {
    fn outer<'a>(&mut self, source: Box<dyn Read + 'a>) -> io::Result<()> {
        let mut input = plain(source, &self.file, &self.output, LIMITS)?;
        let begin = input.peek(512)?;
        if begin.is_empty() {
            // A program before the pipe that failed has written nothing.
            return Err(io::Error::other(
                "it is empty, and even a tar of nothing is not",
            ));
        }
        if !is_tar(begin) && begin.iter().any(|byte| *byte != 0) {
            return Err(io::Error::other(
                "it begins neither a tar nor anything compressed that is known",
            ));
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
        let digest = path
            .strip_prefix("blobs/sha256/")
            .or(path.strip_prefix("blobs/sha512/"));
        let layer = is_layer(path);
        if (digest.is_none_or(|digest| digest.contains('/')) && !layer)
            || self.blobs.len() >= LAYERS
        {
            return Ok(false);
        }
        let mut ahead = Input::new(data);
        if ahead.peek(1)? == b"{" {
            self.documents.add(path, document(&mut ahead)?);
            return Ok(true);
        }
        let mut found = Layer::of(&self.kept);
        let read =
            plain(Box::new(ahead), &self.file, &self.output, LIMITS).and_then(|mut input| {
                if is_tar(input.peek(512)?) {
                    // The archive around a layer has its size, and so shows whether it is whole.
                    walk(&mut input, &mut found, &mut |_, _| Ok(false)).map(drop)
                } else {
                    Ok(())
                }
            });
        if let Err(error) = read {
            let seen = escape(error.to_string().as_bytes());
            let fix = "build the image again".to_owned();
            found.note(Finding::by_hand(&UNREADABLE, path, seen, fix));
        }
        self.blobs.insert(path.to_owned(), found);
        Ok(true)
    }

    fn done(mut self, damage: Option<String>) -> Linted {
        let images = self.documents.images();
        if images.is_empty() {
            // Layers of no image are files like others.
            return self.tree.done(damage);
        }
        let mut all: Option<Linted> = None;
        for image in &images {
            let mut whole = Layer::default();
            whole.take_notes(&self.tree);
            for name in &image.layers {
                // A layer is of one image or of several.
                if let Some(layer) = self.blobs.get(self.tree.alias(name)) {
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
            let linted = whole.done(damage.clone());
            match &mut all {
                None => all = Some(linted),
                Some(all) => all.join(linted),
            }
        }
        self.blobs.clear();
        all.unwrap_or_else(|| self.tree.done(damage))
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
        let path = cpio::path(&entry.name);
        if path.len() > NAME {
            let begin = entry.name.get(..200).unwrap_or_default();
            layer.odd_name(begin, "it is longer than a path can be, so it was not read");
            continue;
        }
        let Ok(path) = String::from_utf8(path) else {
            // Every pattern is ASCII, except for the text that a star matches.
            let lossy = String::from_utf8_lossy(&entry.name).into_owned();
            if super::places::place(lossy.trim_start_matches("./")).is_some() {
                layer.odd_name(&entry.name, "its name is not UTF-8, so it was not read");
            }
            continue;
        };
        if whiteout(&path, layer) {
            continue;
        }
        match entry.kind {
            Kind::File => {
                let mut data = tar.data();
                if !pass(&path, &mut data)? {
                    layer.file(&path, &mut data);
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

/// As `docker save` named layers (`ID/layer.tar`), and podman does (`ID.tar`).
fn is_layer(path: &str) -> bool {
    path.ends_with("/layer.tar") || pattern::name("*.tar", path) && !path.contains('/')
}

fn document(data: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data.take(DOCUMENT).read_to_end(&mut bytes)?;
    Ok(bytes)
}
