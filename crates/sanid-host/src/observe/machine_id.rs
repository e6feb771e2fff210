//! `/etc/machine-id`: whether what is there may be the seed.

use sanid_core::{MachineId, MachineIdError};

use super::MOUNTINFO_LIMIT;
use crate::config::Settings;
use crate::facts::{Facts, MachineIdState};
use crate::observed::Observed;
use crate::parse::{cmdline, mountinfo};
use crate::root::{FileContent, ReadError, Root};

const PATH: &str = "etc/machine-id";
/// Where systemd keeps what the hypervisor or the boot loader passed (systemd-creds(1)).
const CREDENTIAL: &str = "run/credentials/@system/system.machine_id";
/// 32 digits and a line end; whatever is longer is no machine-id.
const LIMIT: usize = 256;

pub(super) fn read(root: &Root, cmdline: &Observed<String>, settings: &Settings) -> MachineIdState {
    let mut file = root.read(PATH, LIMIT);
    if let Ok(Some(content)) = &mut file {
        if content.mount_point.is_none() {
            // Kernels before 5.8 do not tell with statx(2).
            (content.mount_point, content.volatile) = mounted_over(root);
        }
    }
    let fixed = fixed_ids(root, cmdline, file.as_ref());
    match classify(file, &fixed, settings.allow_volatile_machine_id.value) {
        MachineIdState::Stable(id) if id.is_one_of(&settings.denylist.value) => {
            MachineIdState::Denylisted
        }
        state => state,
    }
}

/// What fixes the machine-id, so that another one in the file would not last or would not be this host's.
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
            "/{PATH} is a symbolic link to {target}: whoever made it keeps the machine-id elsewhere"
        ));
    }
    let file = root.read(PATH, LIMIT).ok()??;
    let mounted = file
        .mount_point
        .unwrap_or_else(|| mounted_over(root).0 == Some(true));
    mounted.then(|| {
        format!("something is mounted over /{PATH}, so that a file put there would not be seen")
    })
}

/// The ids that something outside the file gives this machine at every boot, where it matters.
fn fixed_ids(
    root: &Root,
    cmdline: &Observed<String>,
    file: Result<&Option<FileContent>, &ReadError>,
) -> Vec<String> {
    let Ok(Some(FileContent { volatile: true, .. })) = file else {
        return Vec::new();
    };
    let kernel = parameter(cmdline).flatten().map(str::to_owned);
    let credential = root.attribute(CREDENTIAL).ok().flatten();
    [kernel, credential].into_iter().flatten().collect()
}

/// `systemd.machine_id` on the command line, with its value.
fn parameter(cmdline: &Observed<String>) -> Option<Option<&str>> {
    match cmdline {
        Observed::Saw(line) => cmdline::last(line, "systemd.machine_id").map(|found| found.value),
        // Nothing is known to fix an id in memory.
        Observed::NotLooked | Observed::Failed(_) => None,
    }
}

fn mounted_over(root: &Root) -> (Option<bool>, bool) {
    let table = root
        .read("proc/self/mountinfo", MOUNTINFO_LIMIT)
        .ok()
        .flatten();
    let table = table.map(|file| file.bytes).unwrap_or_default();
    match mountinfo::mounted_at(&table, b"/etc/machine-id") {
        Ok(None) => (Some(false), false),
        Ok(Some(mount)) => (Some(true), matches!(mount.fstype, b"tmpfs" | b"ramfs")),
        // A table that cannot be read may hide a mount over the id: not known to be stable.
        Err(_) => (Some(true), true),
    }
}

/// What the file is worth: a pure function of what was read.
fn classify(
    file: Result<Option<FileContent>, ReadError>,
    fixed: &[String],
    allow_volatile: bool,
) -> MachineIdState {
    let content = match file {
        Ok(Some(content)) => content,
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
    // systemd puts an id of its own making into memory where it can store none. The same mount with an
    // id that the command line or a credential fixes comes back at every boot.
    let in_memory = content.mount_point == Some(true) && content.volatile;
    if in_memory && !allow_volatile && !fixed.iter().any(|fixed| same_id(fixed, &content.bytes)) {
        return MachineIdState::Transient;
    }
    MachineIdState::Stable(id)
}

/// Whether a given id, with or without dashes, is the file's.
fn same_id(given: &str, bytes: &[u8]) -> bool {
    let given: String = given.trim().chars().filter(|char| *char != '-').collect();
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
                classify(Ok(Some(file(content))), &[], false).word(),
                *state,
                "{content:?}"
            );
        }
        assert_eq!(classify(Ok(None), &[], false).word(), "missing");
        let refused = ReadError::Io {
            path: "x".into(),
            errno: rustix::io::Errno::ACCESS,
        };
        assert_eq!(classify(Err(refused), &[], false).word(), "unreadable");
        let long = ReadError::TooLarge {
            path: "x".into(),
            limit: LIMIT,
        };
        assert_eq!(classify(Err(long), &[], false).word(), "invalid");
    }

    #[test]
    fn an_id_in_memory_is_transient_unless_something_fixes_it() {
        let memory = |over: Option<bool>, volatile| FileContent {
            mount_point: over,
            volatile,
            ..file(ID)
        };
        let dashed = "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4";
        let other = "4d1219c7c4c5404aaa1f6d2a48adfda4";
        let table: &[(Option<bool>, bool, &str, bool, &str)] = &[
            (Some(true), true, "", false, "transient"),
            (Some(true), true, other, false, "transient"),
            (Some(true), true, "firmware", false, "transient"),
            (Some(true), true, ID, false, "stable"),
            (Some(true), true, dashed, false, "stable"),
            (Some(true), true, "", true, "stable"),
            // A bind mount from a disk, as persistence layers make it.
            (Some(true), false, "", false, "stable"),
            // A root in memory: the file is no mount of its own, and who made it is not to be seen.
            (Some(false), true, "", false, "stable"),
        ];
        for (over, volatile, fixed, allow, state) in table {
            let fixed = [(*fixed).to_owned()];
            let found = classify(Ok(Some(memory(*over, *volatile))), &fixed, *allow);
            assert_eq!(
                found.word(),
                *state,
                "{over:?} {volatile} {fixed:?} {allow}"
            );
        }
    }
}
