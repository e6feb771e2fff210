//! The files that released versions wrote, for the tests of every crate that reads them.
//!
//! Each directory beside this file is a release. Tests run on all of them, so that a new release needs no new
//! test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The files of one version.
pub(crate) struct Release {
    pub(crate) version: String,
    directory: PathBuf,
}

/// All releases, oldest first.
pub(crate) fn releases() -> Vec<Release> {
    let compat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat");
    let mut found: Vec<Release> = fs::read_dir(compat)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|directory| Release {
            version: directory.file_name().unwrap().to_str().unwrap().to_owned(),
            directory,
        })
        .collect();
    found.sort_by(|a, b| a.version.cmp(&b.version));
    assert!(
        found.iter().any(|release| release.version == "0.1"),
        "tests/compat/0.1 is missing"
    );
    found
}

impl Release {
    /// A file of the release.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    #[track_caller]
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.bytes(name))
            .unwrap_or_else(|error| panic!("{} {name}: {error}", self.version))
    }

    /// The names of the files in a directory of the release.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(name))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Copies a tree of the release into a new directory below `parent`. git does not store the mode of the
    /// initiator name's file, so it is set here.
    pub(crate) fn copy_in(&self, name: &str, parent: &Path) -> tempfile::TempDir {
        let copy = tempfile::Builder::new()
            .prefix("compat-")
            .tempdir_in(parent)
            .unwrap();
        copy_tree(&self.path(name), copy.path());
        let secret = copy.path().join("etc/iscsi/initiatorname.iscsi");
        if secret.exists() {
            fs::set_permissions(secret, fs::Permissions::from_mode(0o600)).unwrap();
        }
        copy
    }

    /// [`copy_in`](Self::copy_in) the directory for temporary files.
    pub(crate) fn copy(&self, name: &str) -> tempfile::TempDir {
        self.copy_in(name, &std::env::temp_dir())
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
