//! A shell script in namespaces of its own: its mounts are not visible outside,
//! and what it starts ends with it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::host::{Host, Ran};

/// The script's surroundings.
#[derive(Default, Clone)]
pub(crate) struct Private {
    binds: Vec<(PathBuf, PathBuf)>,
    tree: Option<PathBuf>,
}

impl Private {
    /// With a host's NVMe files in the place where programs look.
    pub(crate) fn nvme(host: &Host) -> Self {
        Self::default().bind(&host.at("etc/nvme"), "/etc/nvme")
    }

    /// With a host's iSCSI files in the place where programs look.
    pub(crate) fn iscsi(host: &Host) -> Self {
        Self::default().bind(&host.at("etc/iscsi"), "/etc/iscsi")
    }

    /// A file or directory over one that is there.
    pub(crate) fn bind(mut self, source: &Path, target: &str) -> Self {
        self.binds.push((source.to_path_buf(), target.into()));
        self
    }

    /// In the tree of Debian 13's programs instead of on this machine.
    pub(crate) fn in_debian13(mut self) -> Self {
        let tree = std::env::var_os("SANID_DEBIAN13").expect("SANID_DEBIAN13");
        self.tree = Some(tree.into());
        self
    }

    /// Runs a script of the shell with arguments and standard input.
    pub(crate) fn run(&self, script: &str, arguments: &[&str], input: &str) -> Ran {
        let mut command = Command::new("unshare");
        let namespaces = [
            "--mount",
            "--net",
            "--ipc",
            "--pid",
            "--fork",
            "--kill-child",
        ];
        command
            .args(namespaces)
            .args(["--mount-proc", "sh", "-euc", &self.script(script), "sh"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        let writer = std::thread::spawn(move || {
            // A script that fails early does not read to the end.
            let _ = stdin.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn script(&self, script: &str) -> String {
        let tree = self.tree.clone().unwrap_or_default();
        let tree = tree.display();
        let mut text = String::new();
        if self.tree.is_some() {
            writeln!(text, "mount --bind '{tree}' '{tree}'").unwrap();
        }
        for (source, target) in &self.binds {
            let (source, target) = (source.display(), target.display());
            writeln!(text, "mount --bind '{source}' '{tree}{target}'").unwrap();
        }
        if self.tree.is_some() {
            // Read-only: the tree is for all tests, and they run side by side.
            writeln!(text, "mount -t proc proc '{tree}/proc'").unwrap();
            writeln!(text, "mount -o remount,bind,ro '{tree}'").unwrap();
            let script = script.replace('\'', r"'\''");
            write!(
                text,
                "exec chroot '{tree}' /bin/sh -euc '{script}' sh \"$@\""
            )
            .unwrap();
        } else {
            text += script;
        }
        text
    }
}
