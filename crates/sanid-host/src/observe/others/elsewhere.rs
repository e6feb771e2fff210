//! Identity files outside of `/etc`, which builds of nvme-cli and open-iscsi with another prefix read.

use crate::facts::ElsewhereFile;
use crate::file::{FileState, IdentityFile};
use crate::root::Root;

const PREFIXES: [&str; 2] = ["usr/local", "usr"];

pub(super) fn read(root: &Root) -> Vec<ElsewhereFile> {
    let mut found = Vec::new();
    for prefix in PREFIXES {
        for file in IdentityFile::ALL {
            let path = format!("{prefix}/{}", file.path());
            let state = super::super::state(root.read(&path, super::super::IDENTITY_FILE_LIMIT));
            if state != FileState::Missing {
                found.push(ElsewhereFile { file, path, state });
            }
        }
    }
    found
}
