//! The three stages together, over an in-memory root.

mod files;
mod pages;
mod refusals;
mod values;

use super::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

/// What is at a path of the in-memory root.
#[derive(Clone)]
enum Node {
    File(Vec<u8>),
    /// A symbolic link to `/dev/null`.
    Mask,
    /// A symbolic link to nothing.
    Dangling,
    Fails(io::ErrorKind),
}

#[derive(Default)]
struct Memory {
    nodes: BTreeMap<String, Node>,
    unlistable: Option<&'static str>,
    calls: RefCell<Vec<String>>,
}

impl Memory {
    fn with(files: &[(&str, &str)]) -> Self {
        let mut root = Self::default();
        for (path, text) in files {
            root = root.node(path, Node::File(text.as_bytes().to_vec()));
        }
        root
    }

    fn node(mut self, path: &str, node: Node) -> Self {
        self.nodes.insert(path.to_owned(), node);
        self
    }
}

impl ConfigSource for Memory {
    fn list(&self, dir: &str) -> io::Result<Vec<Entry>> {
        self.calls.borrow_mut().push(format!("list {dir}"));
        if self.unlistable == Some(dir) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let inside = |path: &String| path.strip_prefix(dir)?.strip_prefix('/').map(str::to_owned);
        // Backwards, since the order of a directory listing is not guaranteed.
        let entries = self.nodes.iter().rev().filter_map(|(path, node)| {
            Some(Entry {
                name: inside(path)?,
                masked: matches!(node, Node::Mask),
            })
        });
        Ok(entries.collect())
    }

    fn read(&self, path: &str, limit: usize) -> io::Result<Option<Vec<u8>>> {
        self.calls.borrow_mut().push(format!("read {path}"));
        match self.nodes.get(path) {
            None | Some(Node::Dangling) => Ok(None),
            Some(Node::Mask) => Ok(Some(Vec::new())),
            Some(Node::File(bytes)) => Ok(Some(bytes.iter().copied().take(limit + 1).collect())),
            Some(Node::Fails(kind)) => Err((*kind).into()),
        }
    }
}

fn message(root: &Memory) -> String {
    load(root)
        .expect_err("the configuration must be refused")
        .to_string()
}

fn main_file(text: &str) -> Memory {
    Memory::with(&[("etc/sanid/config.toml", text)])
}
