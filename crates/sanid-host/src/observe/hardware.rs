//! Evidence that identifies this machine. The values never leave this module, only their digests do.

use rustix::fs::{AtFlags, OFlags, StatxFlags};
use sanid_core::{HostUuid, MachineId, Seed};

use super::seeds::firmware_uuid;
use crate::facts::{Facts, MachineIdState};
use crate::hardware::{self, Evidence, HardwareFacts, HardwareRecord, HardwareState};
use crate::observed::Observed;
use crate::parse::{cmdline, mountinfo};
use crate::root::{ReadError, Root};

const BOARD_SERIAL: &str = "sys/class/dmi/id/board_serial";
const NETWORK: &str = "sys/class/net";
const BY_UUID: &str = "dev/disk/by-uuid";

/// The hardware, and what was recorded of it for this machine-id.
pub(super) fn read(
    root: &Root,
    machine_id: &MachineIdState,
    cmdline: &Observed<String>,
) -> HardwareFacts {
    let Some(seed) = machine_id.seed() else {
        return HardwareFacts::default();
    };
    let (evidence, unseen) = look_at(root, seed, cmdline);
    HardwareFacts {
        recorded: recorded(root, seed),
        seen: evidence,
        unseen,
    }
}

/// The evidence of a host without a stored machine-id, with a key that is made of its name. It tells the machines apart
/// that claim one identity; unlike a machine-id, the key is known to all who see the name.
///
/// # Errors
/// The first source that cannot be read: without it, a later look would take the host for a different one.
pub fn evidence_by_name(root: &Root, facts: &Facts, key: [u8; 16]) -> Result<Evidence, String> {
    let key = MachineId::from_bytes(key);
    let (seen, unseen) = look_at(root, &key, &facts.cmdline);
    match unseen.into_iter().next() {
        Some(why) => Err(why),
        None => Ok(seen),
    }
}

/// What is seen of the hardware, keyed, and why each source could not be read.
fn look_at(root: &Root, seed: &MachineId, cmdline: &Observed<String>) -> (Evidence, Vec<String>) {
    let mut unseen = Vec::new();
    let digest = |label: &str, value: &str| {
        let digest = seed.hardware_digest(label, value.as_bytes());
        HostUuid::from_bytes(digest).simple().to_string()
    };
    let uuid = match firmware_uuid(root) {
        Ok(uuid) => uuid.map(|uuid| digest_of_uuid(seed, &uuid)),
        Err(error) => {
            unseen.push(error);
            None
        }
    };
    let mut found = |read: Result<Option<String>, ReadError>| match read {
        Ok(found) => found,
        Err(error) => {
            unseen.push(error.to_string());
            None
        }
    };
    let evidence = Evidence {
        firmware_uuid: uuid,
        board_serial: found(board_serial(root)).map(|serial| digest("board-serial", &serial)),
        macs: Vec::new(),
        root_fs: found(root_fs(root, cmdline)).map(|uuid| digest("root-fs", &uuid)),
    };
    let mut macs = match macs(root) {
        Ok(macs) => macs.iter().map(|mac| digest("mac", mac)).collect(),
        Err(error) => {
            unseen.push(error.to_string());
            Vec::new()
        }
    };
    macs.sort_unstable();
    macs.dedup();
    (Evidence { macs, ..evidence }, unseen)
}

/// The UUID of a seed is secret; its fingerprint represents it.
fn digest_of_uuid(seed: &MachineId, uuid: &Seed) -> String {
    let digest = seed.hardware_digest("firmware-uuid", uuid.fingerprint().to_string().as_bytes());
    HostUuid::from_bytes(digest).simple().to_string()
}

fn recorded(root: &Root, seed: &MachineId) -> HardwareState {
    match root.read(hardware::PATH, hardware::LIMIT) {
        Ok(None) => HardwareState::Missing,
        Ok(Some(file)) => match HardwareRecord::parse(&file.bytes) {
            Ok(record) if record.seed == seed.fingerprint().to_string() => {
                HardwareState::Present(record.evidence)
            }
            Ok(_) => HardwareState::Missing,
            Err(why) => HardwareState::Invalid(why),
        },
        Err(error @ ReadError::Io { .. }) => HardwareState::Unreadable(error.to_string()),
        Err(error) => HardwareState::Invalid(error.to_string()),
    }
}

/// Not what vendors leave in its place: words, and one run of digits.
fn board_serial(root: &Root) -> Result<Option<String>, ReadError> {
    let Some(serial) = root.attribute(BOARD_SERIAL)? else {
        return Ok(None);
    };
    let serial = serial.trim();
    let placeholder = !serial.bytes().any(|byte| byte.is_ascii_digit())
        || "0123456789".starts_with(serial)
        || serial
            .bytes()
            .all(|byte| matches!(byte, b'0' | b'.' | b' ' | b'-'));
    Ok((!placeholder).then(|| serial.to_owned()))
}

/// The addresses that the hardware has of itself (`addr_assign_type` 0, `NET_ADDR_PERM`), of interfaces
/// with a device: a bridge, a bond or a tunnel is made by the system, and made again in a clone.
fn macs(root: &Root) -> Result<Vec<String>, ReadError> {
    let mut macs = Vec::new();
    for name in root.list(NETWORK)? {
        let attribute = |what: &str| root.attribute(&format!("{NETWORK}/{name}/{what}"));
        // A virtual one has no type, and an address of its own making.
        let permanent = attribute("addr_assign_type")?.as_deref() == Some("0")
            && root.exists(&format!("{NETWORK}/{name}/device"))?;
        let address = attribute("address")?.filter(|_| permanent);
        let is_set = |address: &String| address.bytes().any(|byte| !matches!(byte, b'0' | b':'));
        macs.extend(address.filter(is_set));
    }
    Ok(macs)
}

/// The UUID of the root file system: from the command line, which names it before there is any device; else
/// by the link of udev that leads to the device of `/`.
fn root_fs(root: &Root, line: &Observed<String>) -> Result<Option<String>, ReadError> {
    let line = match line {
        Observed::Saw(line) => line,
        // It may name the file system; the command line's own finding reports why it is not known.
        Observed::NotLooked | Observed::Failed(_) => return Ok(None),
    };
    let given = cmdline::last(line, "root").and_then(|found| found.value);
    let given = given.and_then(|value| {
        value
            .strip_prefix("UUID=")
            .or_else(|| value.strip_prefix("/dev/disk/by-uuid/"))
    });
    match given {
        Some(uuid) => Ok(Some(uuid.to_ascii_lowercase())),
        None => by_device(root),
    }
}

fn by_device(root: &Root) -> Result<Option<String>, ReadError> {
    let names = root.list(BY_UUID)?;
    let table = root.read("proc/self/mountinfo", super::MOUNTINFO_LIMIT)?;
    let find = || {
        let table = table.filter(|_| !names.is_empty())?;
        let mount = mountinfo::mounted_at(&table.bytes, b"/").ok()??;
        let source = std::str::from_utf8(&mount.source).ok()?;
        // The device of the mount's source, since a file system such as btrfs shows one of its own.
        let device = device(root, source.strip_prefix('/')?)?;
        let mut names = names.into_iter();
        let name =
            names.find(|name| self::device(root, &format!("{BY_UUID}/{name}")) == Some(device))?;
        Some(name.to_ascii_lowercase())
    };
    Ok(find())
}

fn device(root: &Root, path: &str) -> Option<(u32, u32)> {
    let fd = root.open_at(path, OFlags::PATH).ok()?;
    let stat = rustix::fs::statx(&fd, "", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS).ok()?;
    Some((stat.stx_rdev_major, stat.stx_rdev_minor))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::testing::{MACHINE_ID, saw};
    use crate::{Look, observe};

    fn host(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [&[("etc/machine-id", MACHINE_ID)][..], files].concat() {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn seen(dir: &tempfile::TempDir) -> Evidence {
        let root = Root::open(dir.path()).unwrap();
        match observe(&root, &Look::everything()).unwrap().hardware {
            Observed::Saw(hardware) => hardware.seen,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ignores_placeholders_for_serial_numbers() {
        for (text, known) in [
            ("1ABCD23.CN70163\n", true),
            ("To be filled by O.E.M.\n", false),
            ("Default string\n", false),
            ("None\n", false),
            ("0\n", false),
            ("00000000\n", false),
            ("0123456789\n", false),
            ("\n", false),
        ] {
            let dir = host(&[(BOARD_SERIAL, text)]);
            assert_eq!(seen(&dir).board_serial.is_some(), known, "{text:?}");
        }
    }

    #[test]
    fn ignores_a_uuid_that_many_machines_share() {
        const UUID: &str = "sys/class/dmi/id/product_uuid";
        let with = |uuid| seen(&host(&[(UUID, uuid)])).firmware_uuid;
        assert!(with("4c4c4544-0051-3610-8052-b4c04f303132\n").is_some());
        assert_eq!(with("03000200-0400-0500-0006-000700080009\n"), None);
        let tree = [(
            "proc/device-tree/vm,uuid",
            "4c4c4544-0051-3610-8052-b4c04f303132\0",
        )];
        assert_eq!(
            seen(&host(&tree)).firmware_uuid,
            with("4c4c4544-0051-3610-8052-b4c04f303132\n"),
            "the same UUID, wherever the kernel shows it"
        );
    }

    #[test]
    fn only_addresses_of_hardware_count() {
        // Name, type, whether there is a device, address; whether it counts.
        for (kind, device, address, counts) in [
            ("0", true, "52:54:00:12:34:56", true),
            ("0", false, "52:54:00:12:34:56", false),
            ("1", true, "52:54:00:12:34:56", false),
            ("3", true, "52:54:00:12:34:56", false),
            ("0", true, "00:00:00:00:00:00", false),
        ] {
            let dir = host(&[
                ("sys/class/net/eth0/addr_assign_type", kind),
                ("sys/class/net/eth0/address", address),
            ]);
            if device {
                fs::create_dir(dir.path().join("sys/class/net/eth0/device")).unwrap();
            }
            assert_eq!(
                seen(&dir).macs.len(),
                usize::from(counts),
                "{kind} {device} {address}"
            );
        }
    }

    #[test]
    fn the_root_file_system_is_that_of_the_command_line_or_of_its_device() {
        let named = |line: &str| seen(&host(&[("proc/cmdline", line)])).root_fs;
        let expected = named("root=UUID=2F5A9D1E-0f2b-4c59-9b0c-5d3c0f0a7b11 ro\n");
        assert!(expected.is_some());
        assert_eq!(
            named("root=/dev/disk/by-uuid/2f5a9d1e-0f2b-4c59-9b0c-5d3c0f0a7b11\n"),
            expected
        );
        assert_eq!(named("root=/dev/sda2\n"), None);

        let dir = host(&[(
            "proc/self/mountinfo",
            "29 1 8:2 / / rw - btrfs /dev/null rw\n",
        )]);
        fs::create_dir_all(dir.path().join(BY_UUID)).unwrap();
        // Only root makes devices; a plain file has the device number 0:0 like every other.
        fs::write(dir.path().join("dev/null"), "").unwrap();
        symlink(
            "../../null",
            dir.path()
                .join(BY_UUID)
                .join("2F5A9D1E-0f2b-4c59-9b0c-5d3c0f0a7b11"),
        )
        .unwrap();
        assert_eq!(seen(&dir).root_fs, expected);
    }

    #[test]
    fn a_record_of_another_machine_id_is_not_compared() {
        let uuid = (
            "sys/class/dmi/id/product_uuid",
            "4c4c4544-0051-3610-8052-b4c04f303132\n",
        );
        let dir = host(&[uuid]);
        let state = || {
            let root = Root::open(dir.path()).unwrap();
            let mut facts = observe(&root, &Look::everything()).unwrap();
            let record = hardware::to_store(&facts);
            (saw(&mut facts.hardware).recorded.clone(), record)
        };
        let (recorded, record) = state();
        assert_eq!(recorded, HardwareState::Missing);
        fs::create_dir_all(dir.path().join("var/lib/sanid")).unwrap();
        fs::write(dir.path().join(hardware::PATH), record.unwrap().bytes()).unwrap();
        assert!(matches!(state().0, HardwareState::Present(_)));
        fs::write(
            dir.path().join("etc/machine-id"),
            "00112233445566778899aabbccddeeff\n",
        )
        .unwrap();
        assert_eq!(state().0, HardwareState::Missing);
        fs::write(dir.path().join(hardware::PATH), "{").unwrap();
        assert!(matches!(state().0, HardwareState::Invalid(_)));
    }
}
