//! Whether a tree is the root of a system, by the names at its top, and what else it may be.
//!
//! A tree that is not a root has none of the places where identities are, so "no identity" would be reported
//! without anything having been read.

use std::collections::BTreeSet;

use sanid_host::Root;

use super::finding::quoted;
use super::places::is_above;

/// Names at the top that are kept.
const NAMES: usize = 1000;
/// Directories below each other, and in all, that are searched for a root.
const DEPTH: usize = 3;
const DIRECTORIES: usize = 1000;

/// What a tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// The root of a system, or a part of one such as a layer.
    System,
    /// The files of container images: an OCI Image Layout, `docker save`, skopeo's `dir:`.
    Images,
    /// An `OSTree` repository, which has the files of systems under the names of their checksums.
    Repository,
    /// The root of a system is in this directory below it.
    Above(String),
    /// Nothing of these.
    Unknown,
}

impl Shape {
    /// What to give instead of a directory that is not the root of a system.
    pub fn advice(&self) -> String {
        let advice = match self {
            Self::System => return String::new(),
            Self::Images => {
                "It has container images: `sanid lint` reads them, and `sanid seal` needs one of them \
                 unpacked (umoci unpack --image DIR:TAG BUNDLE, then --root BUNDLE/rootfs)."
            }
            Self::Repository => {
                "It is an OSTree repository: check a commit out (ostree checkout --repo=DIR REF ROOT), \
                 then --root ROOT."
            }
            Self::Above(below) => {
                return format!("{NOTHING}\nIts directory {below} does: give that directory.");
            }
            Self::Unknown => "Mount or unpack the image, and give the directory that has its /etc.",
        };
        format!("{NOTHING}\n{advice}")
    }

    /// The same for an archive.
    pub(crate) fn advice_for_tar(&self) -> String {
        let advice = match self {
            Self::System => return String::new(),
            Self::Images => {
                "it has files of container images, but no image with a layer".to_owned()
            }
            Self::Repository => "it is an OSTree repository: check a commit out".to_owned(),
            Self::Above(below) => format!(
                "its directory {below} does: archive what is in it (tar --create --directory {})",
                quoted(below).trim_start_matches('/')
            ),
            Self::Unknown => "archive the root itself (tar --create --directory ROOT .)".to_owned(),
        };
        format!("{NOTHING}; {advice}")
    }
}

const NOTHING: &str =
    "nothing in it looks like the root of a system: it has neither /etc nor /usr, /boot or /var";

/// The shape of what is below an opened directory.
pub fn shape(root: &Root) -> Shape {
    let mut top = Top::default();
    let list = |at: &str| root.list(at).unwrap_or_default();
    let deployments = list("ostree/deploy")
        .into_iter()
        .map(|name| format!("ostree/deploy/{name}"));
    for path in list(".").into_iter().chain(deployments) {
        top.see(&path);
    }
    let mut level: Vec<String> = top.names.iter().cloned().collect();
    let mut left = DIRECTORIES;
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for parent in level {
            if top.is_system || left == 0 {
                break;
            }
            left -= 1;
            for name in list(&parent).into_iter().take(NAMES) {
                let path = format!("{parent}/{name}");
                top.see(&path);
                next.push(path);
            }
        }
        level = next;
    }
    top.shape()
}

/// What the paths of a tree say of it.
#[derive(Default, Clone)]
pub(crate) struct Top {
    names: BTreeSet<String>,
    is_system: bool,
    /// Whether it has places at all, such as a layer with nothing but `/boot`.
    has_places: bool,
    above: Option<String>,
}

impl Top {
    /// Takes one path of the tree into account.
    pub(crate) fn see(&mut self, path: &str) {
        if self.is_system || path.is_empty() {
            return;
        }
        let parts: Vec<&str> = path.split('/').take(DEPTH + 1).collect();
        let first = parts.first().copied().unwrap_or_default();
        if is_of_system(first) || path.starts_with("ostree/deploy/") {
            self.is_system = true;
            return;
        }
        if self.names.len() < NAMES && self.names.insert(first.to_owned()) {
            self.has_places |= first != "ostree" && is_above(first);
        }
        let below = parts.iter().position(|part| is_of_system(part));
        if let (None, Some(at), false) = (&self.above, below, is_above(first)) {
            self.above = parts.get(..at).map(|parts| parts.join("/"));
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        let has = |name: &str| self.names.contains(name);
        if self.is_system {
            return Shape::System;
        }
        if has("oci-layout") || has("manifest.json") || has("index.json") {
            return Shape::Images;
        }
        match &self.above {
            Some(below) => Shape::Above(below.clone()),
            None if self.has_places => Shape::System,
            None if has("ostree") || (has("objects") && has("refs")) => Shape::Repository,
            None => Shape::Unknown,
        }
    }
}

/// Every system has one of these, and no directory that holds systems does.
fn is_of_system(name: &str) -> bool {
    matches!(name, "etc" | "usr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_told_from_what_has_roots_in_it() {
        let above = |path: &str| Shape::Above(path.to_owned());
        let table: [(&[&str], Shape); 16] = [
            (&["etc/fstab"], Shape::System),
            (&["usr"], Shape::System),
            (&["boot/initrd.img-1"], Shape::System),
            (&["var/lib/x/usr/bin"], Shape::System),
            (&["manifest.json", "etc/fstab"], Shape::System),
            (&["ostree/deploy/os/deploy/0.0/etc", "boot"], Shape::System),
            (&["config.json", "rootfs/etc/fstab"], above("rootfs")),
            (&["a/b/c/usr/bin"], above("a/b/c")),
            (&["a/b/c/d/usr/bin"], Shape::Unknown),
            (&["repo", "deploy/os/deploy/0.0/etc"], Shape::Unknown),
            (&["var/x", "deploy/0.0/etc/fstab"], above("deploy/0.0")),
            (&["oci-layout", "blobs/sha256/0"], Shape::Images),
            (&["version", "manifest.json"], Shape::Images),
            (&["objects/00", "refs/heads", "config"], Shape::Repository),
            (&["ostree/repo/objects"], Shape::Repository),
            (&[], Shape::Unknown),
        ];
        for (paths, wanted) in table {
            let mut top = Top::default();
            for path in paths {
                top.see(path);
            }
            assert_eq!(top.shape(), wanted, "{paths:?}");
        }
    }
}
