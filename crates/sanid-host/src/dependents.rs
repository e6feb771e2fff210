//! Rule 8: what depends on the machine-id, listed before it is changed.
//!
//! Each entry says whether it was seen on this host and what a new machine-id does to it. Where that loses
//! data or access, the entry has a [`Loss`], which needs the administrator's consent. No entry holds the
//! machine-id, though some are found by it.

use sanid_core::{AppId, MachineId};

use crate::root::{ReadError, Root};

/// `/var` in the Discoverable Partitions Specification: the type whose partition UUID systemd compares with
/// the app-specific id of the machine-id (systemd-gpt-auto-generator(8)).
const VAR_PARTITION: [u8; 16] = [
    0x4d, 0x21, 0xb0, 0x16, 0xb5, 0x34, 0x45, 0xc2, 0xa9, 0xfb, 0x5c, 0x16, 0xe0, 0x91, 0xfd, 0x2d,
];
const MACHINE_ID: &str = "etc/machine-id";
/// The key of credentials that are encrypted for this host (systemd-creds(1)).
const HOST_SECRET: &str = "var/lib/systemd/credential.secret";
const PARTITIONS: &str = "dev/disk/by-partuuid";
/// Stores of encrypted credentials (systemd.exec(5), `LoadCredentialEncrypted=`).
const ENCRYPTED: [&str; 4] = [
    "etc/credstore.encrypted",
    "run/credstore.encrypted",
    "usr/local/lib/credstore.encrypted",
    "usr/lib/credstore.encrypted",
];
const BOOT_ENTRIES: [&str; 3] = [
    "boot/loader/entries",
    "efi/loader/entries",
    "boot/efi/loader/entries",
];
const LVM: [&str; 2] = ["etc/lvm/lvmlocal.conf", "etc/lvm/lvm.conf"];
/// `lvm.conf` as it is shipped has 120 kB.
const LONGEST: usize = 1 << 20;

/// What is lost with the old machine-id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Credentials encrypted with the host's key.
    HostCredentials,
    /// The mount of a discoverable `/var`.
    VarPartition,
    /// Volume groups with a system id made of the machine-id.
    VolumeGroups,
}

/// Whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It is: where, or how much.
    Seen(String),
    /// It is not.
    Absent,
    /// It could not be seen: why.
    Unknown(String),
}

/// One thing that depends on the machine-id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// A stable word for reports.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Whether it was seen here.
    pub sight: Sight,
    /// What a new machine-id does to it.
    pub effect: &'static str,
    /// What is lost, where something is.
    pub loss: Option<Loss>,
}

impl Dependent {
    /// The loss that needs consent: what could not be seen may be there.
    pub fn danger(&self) -> Option<Loss> {
        self.loss.filter(|_| self.sight != Sight::Absent)
    }
}

/// Everything known to depend on the machine-id of the host below a root.
pub fn dependents(root: &Root) -> Vec<Dependent> {
    let id = root.read(MACHINE_ID, 64).ok().flatten();
    let id = id.map(|file| file.bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(id.trim_ascii()).to_ascii_lowercase();
    let seed = MachineId::parse_file(&id).ok();
    vec![
        Dependent {
            name: "host-credentials",
            what: "systemd credentials that are encrypted with the key of this host",
            sight: host_credentials(root),
            effect: "systemd deletes the key when it finds a new machine-id, and a copy of the key does not help: credentials encrypted with it can no longer be decrypted. Decrypt them before (systemd-creds decrypt), and encrypt them again after",
            loss: Some(Loss::HostCredentials),
        },
        Dependent {
            name: "var-partition",
            what: "a /var that systemd finds by its partition UUID",
            sight: var_partition(root, seed.as_ref()),
            effect: "systemd no longer mounts it, and the host boots with an empty /var. Name it in /etc/fstab before, or give the partition the UUID that systemd-id128 machine-id --app-specific=4d21b016b53445c2a9fb5c16e091fd2d -u prints afterwards",
            loss: Some(Loss::VarPartition),
        },
        Dependent {
            name: "volume-groups",
            what: "LVM volume groups that belong to a system id made of the machine-id",
            sight: volume_groups(root),
            effect: "LVM treats them as foreign, and no longer activates their volumes. Change their system id before (vgchange --systemid), or set a fixed one in lvmlocal.conf (lvmsystemid(7))",
            loss: Some(Loss::VolumeGroups),
        },
        Dependent {
            name: "journal",
            what: "the journal's directory, which is named by the machine-id",
            sight: named(root, &["var/log/journal"], &text),
            effect: "older entries stay where they are; journalctl --merge shows them",
            loss: None,
        },
        Dependent {
            name: "boot-entries",
            what: "boot entries that are named by the machine-id",
            sight: named(root, &BOOT_ENTRIES, &text),
            effect: "they stay, and new kernels are installed beside them; remove them by hand when new ones are there",
            loss: None,
        },
        Dependent {
            name: "dhcp",
            what: "DHCP client ids and stable IPv6 addresses",
            sight: network(root),
            effect: "a DHCP server may give the host different addresses: change reservations that are made by client id",
            loss: None,
        },
        Dependent {
            name: "dbus",
            what: "the copy of D-Bus, /var/lib/dbus/machine-id",
            sight: copy(root),
            effect: "it becomes a link to /etc/machine-id",
            loss: None,
        },
    ]
}

fn answer(found: Result<bool, ReadError>, shown: &str) -> Sight {
    match found {
        Ok(true) => Sight::Seen(shown.to_owned()),
        Ok(false) => Sight::Absent,
        Err(error) => Sight::Unknown(error.to_string()),
    }
}

fn host_credentials(root: &Root) -> Sight {
    let sight = answer(
        root.exists(HOST_SECRET),
        "/var/lib/systemd/credential.secret",
    );
    let Sight::Seen(shown) = sight else {
        return sight;
    };
    let stored: usize = ENCRYPTED
        .iter()
        .map(|store| root.list(store).map_or(0, |names| names.len()))
        .sum();
    Sight::Seen(match stored {
        0 => shown,
        1 => format!("{shown}; 1 encrypted credential in the credential stores"),
        _ => format!("{shown}; {stored} encrypted credentials in the credential stores"),
    })
}

/// Partitions are seen on the running host only; a `/var` in `/etc/fstab` is mounted by that.
fn var_partition(root: &Root, seed: Option<&MachineId>) -> Sight {
    let Some(seed) = seed else {
        return Sight::Unknown("the machine-id cannot be read".into());
    };
    let uuid = seed.app_specific(&AppId::from_bytes(VAR_PARTITION));
    match named(root, &[PARTITIONS], &uuid.to_string()) {
        Sight::Seen(_) => {}
        other => return other,
    }
    match root.read("etc/fstab", LONGEST) {
        Ok(Some(fstab)) if mounts_var(&fstab.bytes) => Sight::Absent,
        Ok(_) => Sight::Seen("a partition with that UUID, and no /var in /etc/fstab".into()),
        Err(error) => Sight::Unknown(error.to_string()),
    }
}

fn mounts_var(fstab: &[u8]) -> bool {
    String::from_utf8_lossy(fstab).lines().any(|line| {
        let mut fields = line.split_whitespace();
        let device = fields.next().unwrap_or("#");
        !device.starts_with('#') && fields.next() == Some("/var")
    })
}

/// `system_id_source` in LVM's configuration (lvmsystemid(7)); the local file goes before the other.
fn volume_groups(root: &Root) -> Sight {
    for path in LVM {
        match root.read(path, LONGEST) {
            Ok(None) => {}
            Ok(Some(file)) => match system_id_source(&file.bytes) {
                None => {}
                Some(source) if matches!(source.as_str(), "machineid" | "appmachineid") => {
                    return Sight::Seen(format!("system_id_source = \"{source}\" in /{path}"));
                }
                Some(_) => return Sight::Absent,
            },
            Err(error) => return Sight::Unknown(error.to_string()),
        }
    }
    Sight::Absent
}

/// Its value; the last one counts.
fn system_id_source(config: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(config);
    let mut values = text.lines().rev().filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (key, value) = line.split_once('=')?;
        let key = key.trim().trim_start_matches("global/");
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        (key == "system_id_source").then_some(value)
    });
    values.next()
}

/// A directory that has a name beginning with a secret one. It is listed: a path with the secret in it would be seen
/// by a program that traces or audits system calls.
fn named(root: &Root, directories: &[&str], secret: &str) -> Sight {
    for directory in directories {
        match root.list(directory) {
            Ok(names)
                if !secret.is_empty() && names.iter().any(|name| name.starts_with(secret)) =>
            {
                return Sight::Seen(format!("/{directory}"));
            }
            Ok(_) => {}
            Err(error) => return Sight::Unknown(error.to_string()),
        }
    }
    Sight::Absent
}

fn network(root: &Root) -> Sight {
    const CLIENTS: [(&str, &str); 3] = [
        ("run/systemd/netif", "systemd-networkd"),
        ("run/NetworkManager", "NetworkManager"),
        ("etc/dhcpcd.duid", "dhcpcd"),
    ];
    let mut seen = Vec::new();
    for (path, client) in CLIENTS {
        match root.exists(path) {
            Ok(true) => seen.push(client),
            Ok(false) => {}
            Err(error) => return Sight::Unknown(error.to_string()),
        }
    }
    if seen.is_empty() {
        Sight::Absent
    } else {
        Sight::Seen(seen.join(", "))
    }
}

fn copy(root: &Root) -> Sight {
    const PATH: &str = "var/lib/dbus/machine-id";
    if root.link_target(PATH).is_some() {
        return Sight::Absent;
    }
    answer(root.exists(PATH), "a copy, not a link")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
    /// With that machine-id, systemd-id128 prints this for the type of `/var` as application.
    const VAR: &str = "dev/disk/by-partuuid/24e43059-9734-49cd-a32e-bcae30d648ed";

    /// Paths and their content.
    type Files<'a> = &'a [(&'a str, &'a str)];

    fn host(files: Files<'_>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files.iter().chain(&[(MACHINE_ID, ID)]) {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn dangers(files: Files<'_>) -> Vec<Loss> {
        let dir = host(files);
        let found = dependents(&Root::open(dir.path()).unwrap());
        for one in &found {
            assert!(!format!("{one:?}").contains(ID), "{one:?}");
        }
        found.iter().filter_map(Dependent::danger).collect()
    }

    #[test]
    fn lists_what_a_new_machine_id_would_lose() {
        const CONFIG: &str = "etc/lvm/lvm.conf";
        let cases: &[(Files<'_>, &[Loss])] = &[
            (&[], &[]),
            (&[(HOST_SECRET, "x")], &[Loss::HostCredentials]),
            (&[(VAR, "")], &[Loss::VarPartition]),
            (
                &[(VAR, ""), ("etc/fstab", "#LABEL=x /var ext4\n")],
                &[Loss::VarPartition],
            ),
            (
                &[(VAR, ""), ("etc/fstab", "LABEL=x\t/var ext4 rw 0 2\n")],
                &[],
            ),
            (
                &[(CONFIG, "global {\n\tsystem_id_source = \"machineid\"\n}\n")],
                &[Loss::VolumeGroups],
            ),
            (
                &[(CONFIG, "global/system_id_source=\"appmachineid\" # x\n")],
                &[Loss::VolumeGroups],
            ),
            (
                &[(
                    CONFIG,
                    "# system_id_source = \"machineid\"\nsystem_id_source = \"none\"\n",
                )],
                &[],
            ),
            (
                &[
                    (CONFIG, "system_id_source = \"machineid\"\n"),
                    ("etc/lvm/lvmlocal.conf", "system_id_source = \"lvmlocal\"\n"),
                ],
                &[],
            ),
        ];
        for (files, expected) in cases {
            assert_eq!(dangers(files), *expected, "{files:?}");
        }
    }

    #[test]
    fn an_unreadable_dependent_counts_as_possible() {
        assert_eq!(
            dangers(&[("var/lib/systemd", ""), ("etc/lvm/lvm.conf/x", "")]),
            [Loss::VolumeGroups],
            "a file in the place of a directory holds no key; a directory in the place of a file is unknown"
        );
    }

    #[test]
    fn dependents_found_by_the_machine_id_do_not_show_it() {
        let journal = format!("var/log/journal/{ID}/system.journal");
        let entry = format!("boot/loader/entries/{ID}-6.12.conf");
        let dir = host(&[(&journal, ""), (&entry, "")]);
        let found = dependents(&Root::open(dir.path()).unwrap());
        let seen: Vec<&str> = found
            .iter()
            .filter(|one| matches!(one.sight, Sight::Seen(_)))
            .map(|one| one.name)
            .collect();
        assert_eq!(seen, ["journal", "boot-entries"]);
        assert!(!format!("{found:?}").contains(ID));
    }
}
