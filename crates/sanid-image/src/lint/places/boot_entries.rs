//! Boot loader entries that belong to one machine-id (kernel-install(8), Boot Loader Specification).

use super::{Content, Place, Reads, command_line, file_name};
use crate::lint::finding::{BOOT_TOKEN, Finding};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "boot/loader/entries/*.conf",
        "boot/efi/loader/entries/*.conf",
        "efi/loader/entries/*.conf",
        "etc/kernel/entry-token",
        "etc/machine-info",
    ],
    reads: Reads::Text,
    judge,
};

fn judge(path: &str, content: &Content) -> Vec<Finding> {
    let mut findings = command_line::judge(path, content);
    let text = content.text();
    let (seen, fix) = match file_name(path) {
        "entry-token" => (
            is_id(text.trim()).then_some("a machine-id"),
            "echo os-image >/etc/kernel/entry-token, or a different name that is not a machine-id",
        ),
        "machine-info" => (
            text.lines()
                .any(|line| {
                    let value = line.strip_prefix("KERNEL_INSTALL_MACHINE_ID=");
                    value.is_some_and(|value| is_id(value.trim_matches('"')))
                })
                .then_some("a machine-id in KERNEL_INSTALL_MACHINE_ID"),
            "sed -i '/^KERNEL_INSTALL_MACHINE_ID=/d' /etc/machine-info",
        ),
        name => {
            let named = name.get(..32).is_some_and(is_id);
            let keyed = text.lines().any(|line| {
                let value = line.strip_prefix("machine-id");
                value.is_some_and(|value| is_id(value.trim()))
            });
            (
                (named || keyed).then_some("an entry of one machine-id"),
                "kernel-install remove VERSION, then add it again with /etc/kernel/entry-token set to a \
                 name that is not a machine-id",
            )
        }
    };
    if let Some(seen) = seen {
        let finding = Finding::by_hand(&BOOT_TOKEN, path, seen.to_owned(), fix.to_owned());
        findings.push(finding);
    }
    findings
}

pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
