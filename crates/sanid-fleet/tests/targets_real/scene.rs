//! A directory with lists of hosts, and a shell in namespaces of its own.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Three hosts; the last one's name is a template of Ansible and a command of the shell.
pub(crate) const HOSTS: &str = "\
host,iqn,host_nqn,host_id
node-1,iqn.2016-04.com.open-iscsi:1111,nqn.2014-08.org.nvmexpress:uuid:11111111-1111-4111-8111-111111111111,11111111-1111-4111-8111-111111111111
node-2,iqn.2016-04.com.open-iscsi:2222,nqn.2014-08.org.nvmexpress:uuid:22222222-2222-4222-8222-222222222222,22222222-2222-4222-8222-222222222222
\"{{ lookup('pipe', 'touch sanid-was-here') }} $(touch sanid-was-here)\",iqn.2016-04.com.open-iscsi:3333,nqn.2014-08.org.nvmexpress:uuid:33333333-3333-4333-8333-333333333333,33333333-3333-4333-8333-333333333333
";

/// The first and the last of them are gone, and one is new.
pub(crate) const LATER: &str = "\
host,iqn,host_nqn
node-2,iqn.2016-04.com.open-iscsi:2222,nqn.2014-08.org.nvmexpress:uuid:22222222-2222-4222-8222-222222222222
node-4,iqn.2016-04.com.open-iscsi:4444,nqn.2014-08.org.nvmexpress:uuid:44444444-4444-4444-8444-444444444444
";

pub(crate) struct Scene {
    directory: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("hosts.csv"), HOSTS).unwrap();
        std::fs::write(directory.path().join("later.csv"), LATER).unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Runs a script in the directory, with `fleet` as sanid-fleet; what it printed, with its errors after.
    pub(crate) fn run(&self, script: &str) -> String {
        self.command(&mut Command::new("sh"), script)
    }

    /// The same in namespaces of its own, without a network.
    pub(crate) fn run_alone(&self, script: &str) -> String {
        let mut unshare = Command::new("unshare");
        let namespaces = [
            "--mount",
            "--net",
            "--ipc",
            "--pid",
            "--fork",
            "--kill-child",
        ];
        unshare.args(namespaces).args(["--mount-proc", "sh"]);
        self.command(&mut unshare, script)
    }

    fn command(&self, command: &mut Command, script: &str) -> String {
        let fleet = env!("CARGO_BIN_EXE_sanid-fleet");
        let script = format!("fleet() {{ '{fleet}' \"$@\"; }}\n{script}");
        let done = command
            .args(["-euc", &script])
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&done.stdout).into_owned();
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{:?}\n{out}\n{err}", done.status);
        assert!(
            !self.path().join("sanid-was-here").exists(),
            "a host's name was run as a command"
        );
        format!("{out}{err}")
    }
}
