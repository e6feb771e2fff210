//! Images of initramfs, where initramfs-tools, dracut, mkinitcpio, SUSE, kernel-install and bootc put them.

use sanid_host::root::escape;

use super::{Content, Place, Reads, file_name};
use crate::initramfs::{Content as Carried, Image};
use crate::lint::finding::{Finding, INITRAMFS, NAME, UNREADABLE, quoted};
use crate::report::without_ids;

pub(super) static PLACE: Place = Place {
    patterns: &[
        "boot/initrd.img-*",
        "boot/initrd-*",
        "boot/initramfs-*.img",
        "boot/*/*/initrd*",
        "boot/*/*/*/initrd*",
        "boot/efi/*/*/initrd*",
        "efi/*/*/initrd*",
        "usr/lib/modules/*/initramfs.img",
        "usr/lib/modules/*/initrd",
        "usr/lib/ostree-boot/initramfs-*",
    ],
    reads: Reads::Image,
    judge,
};

fn judge(path: &str, content: &Content) -> Vec<Finding> {
    match content {
        Content::Image(image) => carries(path, image),
        _ => Vec::new(),
    }
}

/// The findings of an image, at any path.
pub(super) fn carries(path: &str, image: &Image) -> Vec<Finding> {
    let mut findings = Vec::new();
    let carried = carried(image);
    if let Some(first) = carried.first() {
        let more = carried.get(1..).unwrap_or_default();
        let seen = more
            .iter()
            .fold(first.clone(), |seen, one| format!("{seen}; {one}"));
        findings.push(Finding::by_hand(&INITRAMFS, path, seen, again(path)));
    }
    if let Some(odd) = image.odd_names.first() {
        let fix = "make the image again with the distribution's own tool".to_owned();
        let seen = format!("it has the name {}", escape(odd.as_bytes()));
        findings.push(Finding::by_hand(&NAME, path, seen, fix));
    }
    if let Some(damage) = &image.damage {
        let fix = "make the image again, or remove it".to_owned();
        let seen = escape(damage.to_string().as_bytes());
        findings.push(Finding::by_hand(&UNREADABLE, path, seen, fix));
    }
    findings
}

fn carried(image: &Image) -> Vec<String> {
    let files = image.files.iter();
    files
        .filter_map(|file| {
            let label = file.kind.label();
            let seen = match &file.content {
                Carried::Name(name) => format!("{label} {name}"),
                Carried::Seed(_) => "a machine-id".to_owned(),
                Carried::Unusable(why) => format!("something whose reader {why}"),
                Carried::Nothing | Carried::Link(_) | Carried::HardLink => return None,
            };
            Some(format!("/{} has {seen}", file.path))
        })
        .collect()
}

/// A version for a shell.
fn word(version: &str) -> String {
    let quoted = quoted(version);
    quoted.replacen('/', "", 1)
}

fn again(path: &str) -> String {
    let name = file_name(path);
    let dracut = name
        .strip_prefix("initramfs-")
        .and_then(|rest| rest.strip_suffix(".img"));
    let command = match (name.strip_prefix("initrd.img-"), dracut) {
        (Some(version), _) => format!("chroot DIR update-initramfs -u -k {}", word(version)),
        (None, Some(version)) => format!(
            "chroot DIR dracut --force {} {}",
            quoted(path),
            word(version)
        ),
        (None, None) => "make the initramfs again".to_owned(),
    };
    without_ids(&format!("{command}, once the image itself is sealed"))
}
