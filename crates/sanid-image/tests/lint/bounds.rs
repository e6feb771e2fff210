//! Work that an image may ask for: bounded over all of its files, and said where the bound is reached.

use std::fs::File;

use tar::EntryType;

use crate::support::{found, lint, lint_tar_raw, pairs, said, sanid_image, tree};

const INITRD: &str = "boot/initrd.img-1";

#[test]
fn an_initramfs_of_a_tebibyte_is_reported_and_not_read() {
    let image = tree(&[("etc/x", b""), (INITRD, b""), ("boot/EFI/Linux/x.efi", b"")]);
    for path in [INITRD, "boot/EFI/Linux/x.efi"] {
        let file = File::options().write(true).open(image.path().join(path));
        file.unwrap().set_len(1 << 40).unwrap();
    }
    let wanted = pairs(&[
        ("too-much", "/boot/EFI/Linux/x.efi"),
        ("too-much", "/boot/initrd.img-1"),
    ]);
    assert_eq!(lint(image.path()), (1, wanted));
    let root = image.path().to_str().unwrap();
    let sealed = sanid_image(&["seal", "--root", root]);
    assert_eq!(sealed.status.code(), Some(1), "{}", said(&sealed));
    let file = image.path().join(INITRD);
    for words in [&["--root", root][..], &[file.to_str().unwrap()]] {
        let output = sanid_image(&[&["initramfs"], words].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(
            said(&output).contains("larger than a boot loader can load"),
            "{}",
            said(&output)
        );
    }
}

/// One block of an archive can say that it has a tebibyte of holes.
#[test]
fn a_sparse_member_of_a_tebibyte_is_reported_and_not_read() {
    let mut header = tar::Header::new_gnu();
    header.set_path(INITRD).unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    header.as_mut_bytes()[483..495].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    header.set_cksum();
    let mut archive = header.as_bytes().to_vec();
    archive.extend([0; 1024]);
    let output = lint_tar_raw(&archive, "json");
    let wanted = pairs(&[("too-much", "/boot/initrd.img-1")]);
    assert_eq!(found(&output), (1, wanted));
}
