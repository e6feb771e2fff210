//! An initramfs in the form that the kernel unpacks (newc, see
//! Documentation/driver-api/early-userspace/buffer-format.rst). Archives may follow one another, so
//! what all guests share is packed once and what a case adds is appended.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

const DIRECTORY: u32 = 0o04_0000;
const REGULAR: u32 = 0o10_0000;
const LINK: u32 = 0o12_0000;

/// An archive in the making.
#[derive(Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    directories: BTreeSet<String>,
}

impl Archive {
    /// A directory and those above it.
    pub(super) fn directory(&mut self, path: &str) {
        if path.is_empty() || !self.directories.insert(path.to_owned()) {
            return;
        }
        if let Some((above, _)) = path.rsplit_once('/') {
            self.directory(above);
        }
        self.entry(path, DIRECTORY | 0o755, &[]);
    }

    /// A file with this content.
    pub(super) fn file(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.parents(path);
        self.entry(path, REGULAR | mode, content);
    }

    pub(super) fn link(&mut self, path: &str, to: &str) {
        self.parents(path);
        self.entry(path, LINK | 0o777, to.as_bytes());
    }

    /// A program of this machine, or of a tree.
    pub(super) fn copy(&mut self, path: &str, from: &Path) -> Result<()> {
        let content = fs::read(from).with_context(|| from.display().to_string())?;
        self.file(path, 0o755, &content);
        Ok(())
    }

    /// The finished archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn parents(&mut self, path: &str) {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.directory(above);
        }
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let fields = [
            self.entries, // inode
            mode,
            0, // user
            0, // group
            1, // links
            0, // time
            u32::try_from(content.len()).unwrap_or(u32::MAX),
            0, // device, major and minor, twice
            0,
            0,
            0,
            u32::try_from(path.len() + 1).unwrap_or(u32::MAX),
            0, // checksum
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            // Writing to memory does not fail.
            let _ = write!(self.bytes, "{field:08X}");
        }
        self.bytes.extend_from_slice(path.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_come_first_and_once_and_everything_is_aligned() {
        let mut archive = Archive::default();
        archive.file("etc/nvme/hostid", 0o644, b"x");
        archive.link("etc/nvme/link", "hostid");
        let bytes = archive.finish();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text.matches("070701").count(), 5, "{text}");
        assert!(text.find("etc\0") < text.find("etc/nvme\0"));
        assert!(text.find("etc/nvme\0") < text.find("etc/nvme/hostid\0"));
        assert_eq!(bytes.len() % 4, 0);
    }
}
