//! Files in a directory, and the command beside them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testkit::Ran;

/// What clones have in common.
pub(crate) const IQN: &str = "iqn.1993-08.org.debian:01:5c0ffee0a1b2";
pub(crate) const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:7f3c1b52-9a10-4d2e-8b6f-0c5d1e2f3a41";

pub(crate) fn shape(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/duplicates/shapes");
    path.join(name).display().to_string()
}

pub(crate) struct Directory(tempfile::TempDir);

impl Directory {
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let this = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            this.write(path, text);
        }
        this
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
        command.args(words).current_dir(self.0.path());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        Ran::of(&mut self.command(words))
    }

    /// The document that `sanid-fleet COMMAND --format json` prints, and its exit code.
    pub(crate) fn json(&self, words: &[&str]) -> (Value, i32) {
        let ran = self.run(&[words, &["--format", "json"]].concat());
        let document = serde_json::from_str(&ran.stdout);
        (
            document.unwrap_or_else(|_| panic!("{words:?}: {ran:#?}")),
            ran.code.unwrap(),
        )
    }

    /// The verdict about the first name.
    pub(crate) fn verdict(&self, words: &[&str]) -> (String, String) {
        let (report, exit) = self.json(&[&["sessions"], words].concat());
        let name = &report["names"][0];
        let verdict = name["verdict"].as_str().unwrap().to_owned();
        assert_eq!(exit, i32::from(verdict != "unproven"), "{report:#}");
        (verdict, name["why"].to_string())
    }
}

/// Sessions of one name as `tgtadm --op show --mode conn` prints them.
pub(crate) fn tgt(sessions: &[(u32, &str)]) -> String {
    let session = |(number, address): &(u32, &str)| {
        format!(
            "Session: {number}\n    Connection: 0\n        Initiator: {IQN}\n        IP Address: {address}\n"
        )
    };
    sessions.iter().map(session).collect()
}
