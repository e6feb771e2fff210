//! The files of container images in a directory: an OCI Image Layout, an unpacked `docker save`, or what
//! skopeo's transport `dir:` writes.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use sanid_host::Root;
use sanid_host::root::describe;

use super::{LAYERS, Reader};
use crate::lint::finding::{Finding, UNREADABLE};
use crate::lint::layer::Linted;

/// `blobs/sha256/DIGEST`.
const DEPTH: usize = 3;

/// Looks at every place in the images whose files are below a directory. `step` is called with each file
/// that is read.
pub fn layout(root: &Root, step: &mut dyn FnMut(&str)) -> Linted {
    let file = Rc::default();
    let mut reader = Reader::new(&file);
    let mut damage = None;
    for path in files(root) {
        step(&path);
        let done = match open(root, &path) {
            Ok(Some(file)) => reader.file_of_layout(&path, file),
            Ok(None) => Ok(()),
            Err(errno) => Err(io::Error::other(describe(errno))),
        };
        reader.tree.top.see(&path);
        if let Err(error) = done {
            let fix = format!("inspect /{path}");
            let seen = error.to_string();
            reader
                .tree
                .note(Finding::by_hand(&UNREADABLE, &path, seen, fix));
        }
    }
    if reader.blobs.len() >= LAYERS {
        damage = Some(format!("it has more than {LAYERS} layers"));
    }
    reader.done(damage)
}

/// The paths of everything except directories.
fn files(root: &Root) -> Vec<String> {
    let mut files = Vec::new();
    let mut level = vec![String::new()];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for parent in level {
            let at = if parent.is_empty() { "." } else { &parent };
            for name in root.list(at).unwrap_or_default() {
                let path = if parent.is_empty() {
                    name
                } else {
                    format!("{parent}/{name}")
                };
                match kind(root, &path) {
                    Ok(FileType::Directory) => next.push(path),
                    _ => files.push(path),
                }
            }
        }
        level = next;
    }
    files
}

fn kind(root: &Root, path: &str) -> Result<FileType, Errno> {
    let stat = rustix::fs::fstat(root.open_at(path, OFlags::PATH)?)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

/// A regular file; nothing else is opened.
fn open(root: &Root, path: &str) -> Result<Option<File>, Errno> {
    if kind(root, path)? != FileType::RegularFile {
        return Ok(None);
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    root.open_at(path, flags).map(|fd| Some(File::from(fd)))
}

impl Reader {
    fn file_of_layout(&mut self, path: &str, file: File) -> io::Result<()> {
        let mut source = Counted(file, Rc::clone(&self.file));
        self.blob(path, &mut source).map(drop)
    }
}

/// A file whose bytes count as read.
struct Counted(File, Rc<Cell<u64>>);

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(to)?;
        self.1.set(self.1.get() + count as u64);
        Ok(count)
    }
}
