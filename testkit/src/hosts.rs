//! One table of hosts, for the tests that hold every command and the agent to one answer.

use std::path::Path;

/// The machine-id of the hosts.
const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
/// The identity files.
pub const FILES: [&str; 3] = [
    "etc/iscsi/initiatorname.iscsi",
    "etc/nvme/hostnqn",
    "etc/nvme/hostid",
];

const DERIVED: [&str; 3] = [
    "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b",
    "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
    "652f5d50-a689-4520-b87b-fe2552ef6b8b",
];
const FOREIGN: [&str; 3] = [
    "iqn.1993-08.org.debian:01:5ca1ab1e0042",
    "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab",
    "a3b1c2d4-0000-4000-8000-0123456789ab",
];
const UUID: &str = "4C4C4544-0051-3610-8052-B4C04F303132";

const DISK: &str = "/var/tmp";
const MEMORY: &str = "/dev/shm";

/// A host.
pub struct Tree {
    /// What it shows.
    pub name: &'static str,
    /// The files below its root besides those that every host has.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// An existing directory on the file system that its root is on.
    pub place: &'static str,
}

impl Tree {
    /// Writes the files of the host below a root.
    ///
    /// # Panics
    ///
    /// A file cannot be written.
    pub fn write(&self, root: &Path) {
        let put = |path: &str, bytes: &[u8]| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        put("etc/machine-id", format!("{MACHINE_ID}\n").as_bytes());
        put("etc/hostname", b"db-1\n");
        for (path, bytes) in &self.files {
            put(path, bytes);
        }
    }
}

/// All hosts.
pub fn table() -> Vec<Tree> {
    [on_disk(), sources(), seeds()]
        .into_iter()
        .flatten()
        .collect()
}

fn tree(name: &'static str, files: &[(&'static str, &str)]) -> Tree {
    Tree {
        name,
        files: files
            .iter()
            .map(|(path, text)| (*path, text.as_bytes().to_vec()))
            .collect(),
        place: DISK,
    }
}

fn config(text: &'static str) -> (&'static str, &'static str) {
    ("etc/sanid/config.toml", text)
}

fn named(name: &'static str, [iqn, host_nqn, host_id]: [&str; 3]) -> Tree {
    let texts = [
        format!("InitiatorName={iqn}\n"),
        format!("{host_nqn}\n"),
        format!("{host_id}\n"),
    ];
    Tree {
        name,
        files: FILES
            .into_iter()
            .zip(texts.map(String::into_bytes))
            .collect(),
        place: DISK,
    }
}

fn on_disk() -> Vec<Tree> {
    let [iqn, nqn, id] = FILES;
    vec![
        tree("empty", &[]),
        named("derived", DERIVED),
        named("foreign", FOREIGN),
        tree(
            "a quoted name",
            &[(iqn, "InitiatorName=\"iqn.2001-04.com.example:x\"\n")],
        ),
        tree(
            "an irregular name",
            &[(iqn, "InitiatorName=iqn.2001-04.com.example:a_b\n")],
        ),
        tree(
            "a dashless host NQN",
            &[(
                nqn,
                "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b\n",
            )],
        ),
        tree(
            "half a pair",
            &[(id, "a3b1c2d4-0000-4000-8000-0123456789ab\n")],
        ),
        tree(
            "a leading blank and a comment",
            &[(
                nqn,
                " nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab\n# x\n",
            )],
        ),
    ]
}

fn sources() -> Vec<Tree> {
    vec![
        tree(
            "pinned",
            &[config(
                "[pin]\niqn = \"iqn.2001-04.com.example:p\"\nhostid = \"a3b1c2d4-0000-4000-8000-0123456789ab\"\n",
            )],
        ),
        tree(
            "pinned verbatim",
            &[config(
                "[pin]\niqn = \"iqn.2001-04.com.example:a_b\"\nverbatim = true\n",
            )],
        ),
        tree(
            "command line",
            &[(
                "proc/cmdline",
                "rd.iscsi.initiator=iqn.2001-04.com.example:c quiet\n",
            )],
        ),
        tree(
            "a command line with a fault",
            &[("proc/cmdline", "rd.nvmf.hostid=x quiet\n")],
        ),
        tree(
            "a directory in place of the command line",
            &[("proc/cmdline/x", "")],
        ),
        tree(
            "credentials",
            &[(
                "run/credentials/@system/sanid.iqn",
                "iqn.2001-04.com.example:k\n",
            )],
        ),
        Tree {
            name: "an NBFT of revision 1.1",
            files: vec![("sys/firmware/acpi/tables/NBFT", nbft(1))],
            place: DISK,
        },
        Tree {
            name: "an NBFT of revision 2.0",
            files: vec![("sys/firmware/acpi/tables/NBFT", {
                let mut table = nbft(0);
                table[8] = 2;
                fix_checksum(&mut table);
                table
            })],
            place: DISK,
        },
    ]
}

fn seeds() -> Vec<Tree> {
    let dmi = "sys/class/dmi/id/product_uuid";
    vec![
        tree(
            "a seed of the firmware in capitals",
            &[(dmi, UUID), config("seed = [\"dmi\"]\n")],
        ),
        tree(
            "nvme-cli-2 in capitals",
            &[(dmi, UUID_LINE), config("scheme = \"nvme-cli-2\"\n")],
        ),
        tree(
            "nvme-cli-3 in capitals",
            &[(dmi, UUID_LINE), config("scheme = \"nvme-cli-3\"\n")],
        ),
        tree(
            "nvme-cli-3 without firmware",
            &[config("scheme = \"nvme-cli-3\"\n")],
        ),
        tree("talos", &[config("scheme = \"talos\"\n")]),
        tree("nvme-cli-1", &[config("scheme = \"nvme-cli-1\"\n")]),
        tree("nvme-stas", &[config("scheme = \"nvme-stas\"\n")]),
        tree(
            "no machine-id yet",
            &[("etc/machine-id", "uninitialized\n")],
        ),
        Tree {
            place: MEMORY,
            ..tree("a transient machine-id", &[])
        },
        Tree {
            place: MEMORY,
            ..named("a transient machine-id and names in use", FOREIGN)
        },
        tree(
            "personas",
            &[(
                "etc/nvme/config.json",
                r#"[{"hostnqn":"nqn.2014-08.org.example:persona","hostid":"652f5d50-a689-4520-b87b-fe2552ef6b8b"}]"#,
            )],
        ),
    ]
}

const UUID_LINE: &str = "4C4C4544-0051-3610-8052-B4C04F303132\n";

/// An NBFT with a control and a host descriptor (NVM Express Boot Specification 1.0, sections 1.5.1 to 1.5.3).
fn nbft(minor: u8) -> Vec<u8> {
    const CONTROL: usize = 64;
    const HOST: usize = 128;
    const HEAP: usize = 160;
    let nqn = FOREIGN[1].as_bytes();
    let mut table = vec![0; HEAP + nqn.len() + 1];
    let mut put = |at: usize, bytes: &[u8]| table[at..at + bytes.len()].copy_from_slice(bytes);
    let number = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let length = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
    put(0, b"NBFT");
    put(4, &number(HEAP + nqn.len() + 1));
    put(8, &[1]);
    put(36, &number(HEAP));
    put(40, &number(nqn.len() + 1));
    put(50, &[minor]);
    put(CONTROL, &[1, 1, minor]);
    put(CONTROL + 6, &[1]);
    put(CONTROL + 8, &number(HOST));
    put(CONTROL + 12, &length(32));
    put(HOST, &[2, 7]);
    put(HOST + 2, &hex(FOREIGN[2]));
    put(HOST + 18, &number(HEAP));
    put(HOST + 22, &length(nqn.len()));
    put(HEAP, nqn);
    fix_checksum(&mut table);
    table
}

fn hex(uuid: &str) -> Vec<u8> {
    let digits: Vec<u8> = uuid.bytes().filter(|byte| *byte != b'-').collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn fix_checksum(table: &mut [u8]) {
    table[9] = 0;
    let sum = table.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    table[9] = sum.wrapping_neg();
}
