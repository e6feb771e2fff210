//! `/etc/machine-id`: whether what is there may be the seed.

use sanid_core::{MachineId, MachineIdError};

use super::{MOUNTINFO_LIMIT, storage};
use crate::config::Settings;
use crate::facts::{Facts, MachineIdState};
use crate::observed::Observed;
use crate::parse::{cmdline, mountinfo};
use crate::root::{FileContent, ReadError, Root};

const PATH: &str = "etc/machine-id";
/// The credentials that the hypervisor or the boot loader passed (systemd-creds(1)).
const CREDENTIAL: &str = "run/credentials/@system/system.machine_id";
/// Where systemd finds the UUID of the firmware or the hypervisor.
const FIRMWARE: [&str; 3] = [
    "sys/class/dmi/id/product_uuid",
    "proc/device-tree/vm,uuid",
    "sys/hypervisor/uuid",
];
/// 32 digits and a line end; a longer file is not a machine-id.
const LIMIT: usize = 256;

pub(super) fn read(root: &Root, cmdline: &Observed<String>, settings: &Settings) -> MachineIdState {
    let allowed = settings.allow_volatile_machine_id.value;
    let file = root.read_opened(PATH, LIMIT).map(|found| {
        found.map(|(content, file)| {
            let lasts = allowed
                || !storage::is_in_memory(root, &file)
                || is_fixed(root, cmdline, &content.bytes);
            (content, lasts)
        })
    });
    match classify(file) {
        MachineIdState::Stable(id) if id.is_one_of(&settings.denylist.value) => {
            MachineIdState::Denylisted
        }
        state => state,
    }
}

/// What fixes the machine-id, so that a different one in the file would not last or would not be this host's.
pub fn fixed_by(root: &Root, facts: &Facts) -> Option<String> {
    if let Observed::Failed(why) = &facts.cmdline {
        return Some(format!(
            "whether something fixes the machine-id is not known: {why}"
        ));
    }
    if parameter(&facts.cmdline).is_some() {
        return Some("systemd.machine_id= on the kernel command line fixes the machine-id".into());
    }
    if root.exists(CREDENTIAL).unwrap_or(false) {
        return Some("the credential system.machine_id, which the hypervisor or the boot loader passes, fixes the machine-id".into());
    }
    if let Some(target) = root.link_target(PATH) {
        let target = crate::root::escape(target.as_bytes());
        return Some(format!(
            "/{PATH} is a symbolic link to {target}: the machine-id is stored elsewhere on purpose"
        ));
    }
    let file = root.read(PATH, LIMIT).ok()??;
    let mounted = file.mount_point.unwrap_or_else(|| mounted_over(root));
    mounted.then(|| format!("something is mounted over /{PATH} and hides the file"))
}

/// Whether something outside of the file gives this id at every boot: systemd takes it from the command line, a
/// credential or the firmware, whose UUID is also what it takes for a virtual machine that has stored none
/// (machine-id(5)). What cannot be read is not known to.
fn is_fixed(root: &Root, cmdline: &Observed<String>, bytes: &[u8]) -> bool {
    let kernel = parameter(cmdline).and_then(|found| found.value);
    let given = [CREDENTIAL]
        .iter()
        .chain(&FIRMWARE)
        .filter_map(|place| root.attribute(place).ok().flatten());
    kernel
        .map(str::to_owned)
        .into_iter()
        .chain(given)
        .any(|given| same_id(&given, bytes))
}

/// `systemd.machine_id` on the command line.
fn parameter(cmdline: &Observed<String>) -> Option<cmdline::Last<'_>> {
    match cmdline {
        Observed::Saw(line) => cmdline::last(line, "systemd.machine_id"),
        // Nothing is known to fix an id in memory.
        Observed::NotLooked | Observed::Failed(_) => None,
    }
}

/// Whether something is mounted over the file, for kernels before 5.8, which do not tell with statx(2). A table
/// that cannot be read may hide a mount.
fn mounted_over(root: &Root) -> bool {
    let table = root
        .read("proc/self/mountinfo", MOUNTINFO_LIMIT)
        .ok()
        .flatten();
    let table = table.map(|file| file.bytes).unwrap_or_default();
    mountinfo::mounted_at(&table, b"/etc/machine-id").map_or(true, |mount| mount.is_some())
}

/// The state of the file: a pure function of its content, and of whether it survives a reboot.
fn classify(file: Result<Option<(FileContent, bool)>, ReadError>) -> MachineIdState {
    let (content, lasts) = match file {
        Ok(Some(found)) => found,
        Ok(None) => return MachineIdState::Missing,
        Err(ReadError::TooLarge { .. }) => {
            return MachineIdState::Invalid(MachineIdError::Length { found: LIMIT });
        }
        Err(error) => return MachineIdState::Unreadable(error.to_string()),
    };
    let id = match MachineId::parse_file(&content.bytes) {
        Ok(id) => id,
        Err(
            error @ (MachineIdError::Empty | MachineIdError::Uninitialized | MachineIdError::Zero),
        ) => return MachineIdState::Unset(error),
        Err(error) => return MachineIdState::Invalid(error),
    };
    if id.is_denylisted() {
        return MachineIdState::Denylisted;
    }
    // systemd puts an id of its own making into memory where it can store none.
    if !lasts {
        return MachineIdState::Transient;
    }
    MachineIdState::Stable(id)
}

/// Whether a given id, with or without dashes, is the file's.
fn same_id(given: &str, bytes: &[u8]) -> bool {
    let given = given.trim_end_matches('\0').trim();
    let given: String = given.chars().filter(|char| *char != '-').collect();
    given.len() == 32
        && bytes
            .trim_ascii_end()
            .eq_ignore_ascii_case(given.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";

    fn file(text: &str) -> FileContent {
        FileContent {
            bytes: text.as_bytes().to_vec(),
            mode: 0o444,
            uid: 0,
            gid: 0,
            mount_point: Some(false),
            volatile: false,
        }
    }

    #[test]
    fn every_content_has_one_state() {
        let table: &[(&str, &str)] = &[
            (ID, "stable"),
            ("3d1219c7c4c5404aaa1f6d2a48adfda4\n", "stable"),
            ("3D1219C7C4C5404AAA1F6D2A48ADFDA4\n", "stable"),
            ("", "unset"),
            ("uninitialized\n", "unset"),
            ("00000000000000000000000000000000\n", "unset"),
            ("3d1219c7c4c5404aaa1f6d2a48adfda\n", "invalid"),
            ("3d1219c7c4c5404aaa1f6d2a48adfda4a\n", "invalid"),
            ("3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n", "invalid"),
            ("3d1219c7c4c5404aaa1f6d2a48adfda4\n\n", "invalid"),
            ("xd1219c7c4c5404aaa1f6d2a48adfda4\n", "invalid"),
            ("ffffffffffffffffffffffffffffffff\n", "denylisted"),
            ("03000200040005000006000700080009\n", "denylisted"),
        ];
        for (content, state) in table {
            assert_eq!(
                classify(Ok(Some((file(content), true)))).word(),
                *state,
                "{content:?}"
            );
        }
        assert_eq!(classify(Ok(None)).word(), "missing");
        let refused = ReadError::Io {
            path: "x".into(),
            errno: rustix::io::Errno::ACCESS,
        };
        assert_eq!(classify(Err(refused)).word(), "unreadable");
        let long = ReadError::TooLarge {
            path: "x".into(),
            limit: LIMIT,
        };
        assert_eq!(classify(Err(long)).word(), "invalid");
    }

    #[test]
    fn an_id_in_memory_is_transient_unless_something_fixes_it() {
        let other = "4d1219c7c4c5404aaa1f6d2a48adfda4";
        let dashed = "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4";
        let table: &[(&str, &str, bool)] = &[
            ("", "", false),
            ("proc/cmdline", other, false),
            ("proc/cmdline", "firmware", false),
            ("proc/cmdline", ID, true),
            ("proc/cmdline", dashed, true),
            (CREDENTIAL, dashed, true),
            (CREDENTIAL, other, false),
            // systemd#32086
            (FIRMWARE[0], "3D1219C7-C4C5-404A-AA1F-6D2A48ADFDA4", true),
            (FIRMWARE[0], "4c4c4544-0051-3610-8052-b4c04f303132", false),
            (FIRMWARE[2], dashed, true),
        ];
        for (place, text, expected) in table {
            let dir = tempfile::tempdir().unwrap();
            let (mut cmdline, path) = (String::new(), dir.path().join(place));
            if *place == "proc/cmdline" {
                cmdline = format!("quiet systemd.machine_id={text}");
            } else if !place.is_empty() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, format!("{text}\n")).unwrap();
            }
            let root = Root::open(dir.path()).unwrap();
            let fixed = is_fixed(
                &root,
                &Observed::Saw(cmdline.clone()),
                format!("{ID}\n").as_bytes(),
            );
            assert_eq!(fixed, *expected, "{place} {text}");
        }
        assert_eq!(classify(Ok(Some((file(ID), false)))).word(), "transient");
    }
}
