//! Unified kernel images and addons of their command line, where systemd-boot, kernel-install and ukify put
//! them: what is in them is started as it is, whatever the file system has.

use sanid_host::root::escape;

use super::boot_entries::is_id;
use super::{Content, Place, Reads, command_line, file_name, initramfs};
use crate::lint::finding::{BOOT_TOKEN, Finding, UNREADABLE};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "boot/EFI/Linux/*.efi",
        "boot/EFI/Linux/*.efi.extra.d/*.addon.efi",
        "boot/loader/addons/*.addon.efi",
        "boot/efi/EFI/Linux/*.efi",
        "boot/efi/EFI/Linux/*.efi.extra.d/*.addon.efi",
        "boot/efi/loader/addons/*.addon.efi",
        "efi/EFI/Linux/*.efi",
        "efi/EFI/Linux/*.efi.extra.d/*.addon.efi",
        "efi/loader/addons/*.addon.efi",
        "usr/lib/modules/*/*.efi",
    ],
    reads: Reads::Unified,
    judge,
};

const AGAIN: &str = "make the unified kernel image again (kernel-install add, ukify build)";

fn judge(path: &str, content: &Content) -> Vec<Finding> {
    let Content::Unified(uki) = content else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for line in &uki.command_lines {
        let given = command_line::judge(path, &Content::Text(line.clone()));
        findings.extend(given.into_iter().map(|finding| Finding {
            fix: format!("{AGAIN} without the parameter"),
            ..finding
        }));
    }
    for image in &uki.images {
        let carried = initramfs::carries(path, image);
        findings.extend(carried.into_iter().map(|finding| Finding {
            fix: format!("{AGAIN}, once the image itself is sealed"),
            ..finding
        }));
    }
    if file_name(path).get(..32).is_some_and(is_id) {
        let seen = "a unified kernel image of one machine-id".to_owned();
        let fix =
            format!("{AGAIN} with /etc/kernel/entry-token set to a name that is not a machine-id");
        findings.push(Finding::by_hand(&BOOT_TOKEN, path, seen, fix));
    }
    if let Some(damage) = &uki.damage {
        let seen = escape(damage.as_bytes());
        findings.push(Finding::by_hand(&UNREADABLE, path, seen, AGAIN.to_owned()));
    }
    findings
}
