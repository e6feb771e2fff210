//! What goes into an initramfs: a directory, packed in the form that the kernel unpacks (newc). Archives may follow
//! one another, so a case adds a layer to the one that all guests share.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::host::{output, run};

/// The files of one archive.
pub(crate) struct Layer {
    root: PathBuf,
}

impl Layer {
    /// An empty layer in a directory that does not exist yet.
    pub(crate) fn new(root: PathBuf) -> Result<Self> {
        fs::create_dir_all(&root).with_context(|| root.display().to_string())?;
        Ok(Self { root })
    }

    pub(crate) fn directory(&self, path: &str) -> Result<()> {
        let path = self.root.join(path);
        fs::create_dir_all(&path).with_context(|| path.display().to_string())
    }

    /// Where a file is to be, with the directories above it made.
    fn at(&self, path: &str) -> Result<PathBuf> {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.directory(above)?;
        }
        Ok(self.root.join(path))
    }

    pub(crate) fn write(&self, path: &str, content: &str) -> Result<()> {
        let at = self.at(path)?;
        fs::write(&at, content).with_context(|| at.display().to_string())
    }

    /// A file that can be executed.
    pub(crate) fn copy(&self, path: &str, from: &Path) -> Result<()> {
        let at = self.at(path)?;
        fs::copy(from, &at).with_context(|| from.display().to_string())?;
        fs::set_permissions(at, fs::Permissions::from_mode(0o755)).map_err(Into::into)
    }

    pub(crate) fn link(&self, path: &str, to: &str) -> Result<()> {
        let at = self.at(path)?;
        symlink(to, &at).with_context(|| at.display().to_string())
    }

    /// Files of a tree with their paths, below `to`. Links to files become files.
    pub(crate) fn files(&self, tree: &Path, to: &str, paths: &[String]) -> Result<()> {
        self.directory(to)?;
        let to = self.root.join(to);
        let paths = paths.iter().map(|path| path.trim_start_matches('/'));
        let mut copy = Command::new("cp");
        copy.args(["--dereference", "--parents", "--"]).args(paths);
        output(copy.arg(to).current_dir(tree)).map(drop)
    }

    /// Modules of a kernel and those that they need, and in `lib/modules/PURPOSE` the order in which they load.
    pub(crate) fn modules(&self, kernel: &Path, purpose: &str, modules: &[&str]) -> Result<()> {
        let version = version(kernel)?;
        let mut order = String::new();
        for module in modules {
            let insmods = run!("modprobe -d {kernel} -S {version} --show-depends {module}")?;
            for path in insmods
                .lines()
                .filter_map(|line| line.strip_prefix("insmod "))
            {
                let path = Path::new(path.trim());
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let plain = name.trim_end_matches(".xz");
                if order.lines().any(|line| line == plain) {
                    continue;
                }
                order = format!("{order}{plain}\n");
                let to = self.at(&format!("lib/modules/{name}"))?;
                if to.with_file_name(plain).exists() {
                    continue;
                }
                fs::copy(path, &to).with_context(|| path.display().to_string())?;
                // Unpacked here: an emulated processor takes longer.
                if name != plain {
                    run!("xz -d {to}")?;
                }
            }
        }
        self.write(&format!("lib/modules/{purpose}"), &order)
    }

    /// The archive, appended to a file.
    pub(crate) fn append_to(&self, busybox: &Path, file: &Path) -> Result<()> {
        let root = &self.root;
        let script =
            r#"cd "$1" && find . ! -name . | LC_ALL=C sort | "$2" cpio -o -H newc -R 0:0 >>"$3""#;
        run!("bash -o pipefail -c {script} pack {root} {busybox} {file}")
            .map(drop)
            .with_context(|| file.display().to_string())
    }
}

/// The version that the modules of a kernel's tree are for.
pub(crate) fn version(kernel: &Path) -> Result<String> {
    let modules = kernel.join("lib/modules");
    let entries = fs::read_dir(&modules).with_context(|| modules.display().to_string())?;
    let first = entries
        .flatten()
        .next()
        .context("a kernel without modules")?;
    Ok(first.file_name().to_string_lossy().into_owned())
}

/// The shared libraries of a program of a tree, by ldd.
pub(crate) fn libraries(tree: &Path, program: &str) -> Result<Vec<String>> {
    let table = run!("chroot {tree} ldd {program}")?;
    Ok(table
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(|word| word.trim_end_matches(':').to_owned())
        .collect())
}
