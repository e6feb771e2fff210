//! A host below a temporary root, and `sanid` run on it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
pub(crate) use testkit::Ran;

/// The machine-id of the examples.
pub(crate) const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
/// Another one, as after the reset of a template.
pub(crate) const OTHER_MACHINE_ID: &str = "00112233445566778899aabbccddeeff";

/// A file system in memory.
const MEMORY: &str = "/dev/shm";

/// The identity files.
pub(crate) const FILES: [&str; 3] = [
    "etc/iscsi/initiatorname.iscsi",
    "etc/nvme/hostnqn",
    "etc/nvme/hostid",
];

/// The contents of the identity files, each where there is one.
pub(crate) type Three = [Option<Vec<u8>>; 3];

/// A foreign identity: valid, and not derived by sanid.
pub(crate) const FOREIGN: [&str; 3] = [
    "InitiatorName=iqn.1993-08.org.debian:01:5ca1ab1e0042\n",
    "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab\n",
    "a3b1c2d4-0000-4000-8000-0123456789ab\n",
];

/// A root directory with a machine-id and nothing else.
pub(crate) struct Host {
    directory: TempDir,
}

impl Host {
    pub(crate) fn new(machine_id: &str) -> Self {
        if std::env::temp_dir().starts_with(MEMORY) {
            return Self::in_memory(machine_id);
        }
        let host = Self {
            directory: tempfile::Builder::new().prefix("sanid-").tempdir().unwrap(),
        };
        host.write("etc/machine-id", format!("{machine_id}\n"));
        host
    }

    /// The same in memory: with a `/run` that is empty after a reboot, as a running host has it, and a machine-id that
    /// is the same at every boot, as on Talos.
    pub(crate) fn in_memory(machine_id: &str) -> Self {
        let host = Self {
            directory: tempfile::Builder::new()
                .prefix("sanid-")
                .tempdir_in(MEMORY)
                .unwrap(),
        };
        host.write(
            "usr/lib/sanid/config.d/50-memory.toml",
            "allow-volatile-machine-id = true\n",
        );
        host.write("etc/machine-id", format!("{machine_id}\n"));
        host
    }

    /// The same on a disk, which an image is: `/tmp` may be in memory.
    pub(crate) fn on_disk(machine_id: &str) -> Self {
        let host = Self {
            directory: tempfile::Builder::new()
                .prefix("sanid-")
                .tempdir_in("/var/tmp")
                .unwrap(),
        };
        host.write("etc/machine-id", format!("{machine_id}\n"));
        host
    }

    /// A host with what a kernel shows of itself and of a local disk.
    pub(crate) fn typical(machine_id: &str) -> Self {
        let host = Self::new(machine_id);
        host.write(
            "proc/cmdline",
            "BOOT_IMAGE=/boot/vmlinuz root=UUID=2f5a9d1e-0f2b-4c59-9b0c-5d3c0f0a7b11 ro quiet\n",
        );
        let uuid = "4c4c4544-0051-3610-8052-b4c04f303132\n";
        host.write("sys/class/dmi/id/product_uuid", uuid);
        for table in ["APIC", "DSDT", "FACP", "SSDT1"] {
            host.write(&format!("sys/firmware/acpi/tables/{table}"), table);
        }
        host.write("sys/class/nvme/nvme0/transport", "pcie\n");
        host.write("sys/class/iscsi_host/host7/initiatorname", "(null)\n");
        host
    }

    /// A host with an identity that sanid did not make.
    pub(crate) fn foreign(machine_id: &str) -> Self {
        let host = Self::new(machine_id);
        for (path, content) in FILES.iter().zip(FOREIGN) {
            host.write(path, content);
        }
        host
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        match fs::read(self.at(path)) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// The identity files as they are now.
    pub(crate) fn three(&self) -> Three {
        FILES.map(|path| self.read(path))
    }

    /// Inode and time of change of the identity files: the same only if nothing
    /// touched them.
    pub(crate) fn touched(&self) -> [(u64, i64, i64); 3] {
        FILES.map(|path| {
            let data = fs::metadata(self.at(path)).unwrap();
            (data.ino(), data.ctime(), data.ctime_nsec())
        })
    }

    /// Temporary files that a run left.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        self.everything()
            .into_iter()
            .map(|path| path.display().to_string())
            .filter(|path| path.contains(".sanid-tmp"))
            .collect()
    }

    /// Every file below the root.
    pub(crate) fn everything(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut directories = vec![self.root().to_path_buf()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path());
                } else {
                    found.push(entry.path());
                }
            }
        }
        found
    }

    /// `sanid WORDS --root ROOT`.
    pub(crate) fn sanid(&self, words: &[&str]) -> Command {
        let mut command = sanid(words);
        command.arg("--root").arg(self.root());
        command
    }

    /// Runs `sanid WORDS --root ROOT`.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        Ran::of(&mut self.sanid(words))
    }

    /// The findings of this code that `status` reports.
    pub(crate) fn findings(&self, code: &str) -> Vec<serde_json::Value> {
        let ran = self.run(&["status", "--format", "json"]);
        let status: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let findings = status.get("findings").unwrap().as_array().unwrap();
        let of_code = |one: &&serde_json::Value| one.get("code").unwrap() == code;
        findings.iter().filter(of_code).cloned().collect()
    }

    /// `apply`, which must succeed.
    pub(crate) fn apply(&self) {
        self.run(&["apply"]).expect(0);
    }
}

/// `sanid WORDS`.
pub(crate) fn sanid(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid"));
    command.args(words).stdin(Stdio::null());
    command
}

/// The files that sanid writes for a machine-id by the scheme `sanid-v1`, as
/// `sanid apply` on a fresh host leaves them.
pub(crate) fn derived(machine_id: &str) -> Three {
    let host = Host::new(machine_id);
    host.apply();
    host.three()
}

/// Asserts that the three files are there and hold one identity: the Host ID is
/// in the host NQN.
#[track_caller]
pub(crate) fn assert_matched(three: &Three) {
    let text = three.clone().map(|content| {
        let content = content.expect("the file is there");
        String::from_utf8(content).expect("the file is text")
    });
    let [iqn, host_nqn, host_id] = &text;
    assert!(iqn.starts_with("InitiatorName=iqn."), "{iqn:?}");
    assert_eq!(host_id.len(), 37, "{host_id:?}");
    assert_eq!(
        *host_nqn,
        format!("nqn.2014-08.org.nvmexpress:uuid:{host_id}")
    );
}
