//! Identities on kernel command lines, as boot loaders and kernel-install keep them
//! (kernel-command-line(7), dracut.cmdline(7)).

use sanid_host::root::escape;

use super::credentials::NAMES;
use super::{Content, Place, Reads};
use crate::lint::finding::{COMMAND_LINE, Finding};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "boot/grub/grub.cfg",
        "boot/grub/custom.cfg",
        "boot/grub/grubenv",
        "boot/grub2/grub.cfg",
        "boot/grub2/user.cfg",
        "boot/grub2/grubenv",
        "boot/efi/EFI/*/grub.cfg",
        "boot/efi/EFI/*/grubenv",
        "boot/extlinux/extlinux.conf",
        "boot/syslinux/syslinux.cfg",
        "boot/cmdline.txt",
        "boot/firmware/cmdline.txt",
        "etc/default/grub",
        "etc/default/grub.d/*",
        "etc/grub.d/*",
        "etc/sysconfig/bootloader",
        "etc/kernel/cmdline",
        "etc/cmdline",
        "etc/cmdline.d/*.conf",
        "etc/dracut.conf",
        "etc/dracut.conf.d/*.conf",
        "usr/lib/kernel/cmdline",
        "usr/lib/bootc/kargs.d/*.toml",
    ],
    reads: Reads::Text,
    judge,
};

/// The parameters, and whether the value may be shown.
const KEYS: [(&str, bool); 7] = [
    ("systemd.machine_id", false),
    ("rd.iscsi.initiator", true),
    ("iscsi_initiator", true),
    ("ISCSI_INITIATOR", true),
    ("rd.initiatorname", true),
    ("rd.nvmf.hostnqn", true),
    ("rd.nvmf.hostid", true),
];

pub(super) fn judge(path: &str, content: &Content) -> Vec<Finding> {
    let text = content.text();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(|line| line.split([' ', '\t', '"', '\'', ',', '\\']));
    let mut seen: Vec<String> = words.filter_map(given).collect();
    seen.sort();
    seen.dedup();
    // A file has few of them; one finding with all is what to remove.
    seen.truncate(8);
    if seen.is_empty() {
        return Vec::new();
    }
    let again = match path {
        "etc/default/grub" => ", then update-grub or grub2-mkconfig",
        _ if path.starts_with("etc/default/") => ", then update-grub",
        _ => "",
    };
    let fix = format!("remove the parameter from /{path}{again}");
    vec![Finding::by_hand(&COMMAND_LINE, path, seen.join("; "), fix)]
}

fn given(word: &str) -> Option<String> {
    let (key, value) = word.split_once('=')?;
    if matches!(
        key,
        "systemd.set_credential" | "systemd.set_credential_binary"
    ) {
        let (name, _) = value.split_once(':')?;
        return NAMES.contains(&name).then(|| format!("{key}={name}:…"));
    }
    let (_, shown) = KEYS.iter().find(|(known, _)| *known == key)?;
    // systemd takes the firmware's UUID for it, and a variable is set elsewhere.
    if value.is_empty() || value == "firmware" || value.starts_with('$') {
        return None;
    }
    Some(if *shown {
        format!("{key}={}", escape(value.as_bytes()))
    } else {
        format!("{key}=(a machine-id)")
    })
}
