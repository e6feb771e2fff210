//! Unified kernel images with systemd's stub, put together by objcopy as systemd-stub(7) shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use sanid_image::cpio;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{ID, MACHINE_ID, put, said};
use testkit::trial::{Need, trial};

const STUB: &str = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub";

pub(crate) fn trials() -> Vec<Trial> {
    const NEEDS: &[Need] = &[
        Need::File(STUB, "systemd-boot-efi"),
        Need::Program("objcopy", "binutils"),
        Need::Program("tar", "tar"),
    ];
    vec![trial(
        "identities_in_a_unified_kernel_image_are_found",
        NEEDS,
        identities,
    )]
}

/// The stub with a dummy kernel, this command line and this initramfs.
fn uki(at: &Path, command_line: &str, initramfs: &[u8]) {
    let parts = tempfile::tempdir().unwrap();
    let part = |name: &str, bytes: &[u8]| {
        fs::write(parts.path().join(name), bytes).unwrap();
    };
    part(".cmdline", command_line.as_bytes());
    part(".linux", &vec![7; 100_000]);
    part(".initrd", initramfs);
    let mut objcopy = Command::new("objcopy");
    for (name, address) in [
        (".cmdline", "0x30000"),
        (".linux", "0x2000000"),
        (".initrd", "0x3000000"),
    ] {
        let file = parts.path().join(name);
        objcopy.arg("--add-section");
        objcopy.arg(format!("{name}={}", file.display()));
        objcopy.args(["--change-section-vma", &format!("{name}={address}")]);
    }
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    let output = objcopy.arg(STUB).arg(at).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

fn found(words: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_sanid-image"))
        .args(["lint", "--format", "json"])
        .args(words)
        .output()
        .unwrap();
    assert!(!said(&output).contains(MACHINE_ID), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = report["findings"].as_array().unwrap();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    list.iter()
        .map(|one| {
            format!(
                "{} {}: {}",
                text(one, "code"),
                text(one, "path"),
                text(one, "seen")
            )
        })
        .collect()
}

/// In a tree, and in a tar of it.
#[track_caller]
fn both(image: &TempDir, wanted: &[&str]) {
    let root = image.path().to_str().unwrap();
    assert_eq!(found(&["--root", root]), wanted);
    let tar = tempfile::NamedTempFile::new().unwrap();
    let made = Command::new("tar")
        .args(["-C", root, "-cf"])
        .arg(tar.path())
        .arg(".")
        .status()
        .unwrap();
    assert!(made.success());
    assert_eq!(found(&["--tar", tar.path().to_str().unwrap()]), wanted);
}

fn identities() {
    let clean = cpio::archive(&[("init", b"#!/bin/sh\n")]);
    let carries = cpio::archive(&[("etc/nvme/hostid", ID.as_bytes())]);
    let image = tempfile::tempdir().unwrap();
    let at = |name: &str| image.path().join("boot/efi/EFI/Linux").join(name);
    uki(&at("clean.efi"), "root=LABEL=x quiet", &clean);
    fs::copy(STUB, at("stub.efi")).unwrap();
    both(&image, &[]);

    uki(
        &at("a.efi"),
        &format!("quiet systemd.machine_id={MACHINE_ID} rd.nvmf.hostid=1-2"),
        &carries,
    );
    uki(&at(&format!("{MACHINE_ID}-6.1.efi")), "quiet", &clean);
    let whole = fs::read(at("a.efi")).unwrap();
    put(&image, "boot/EFI/Linux/cut.efi", &whole[..whole.len() / 2]);
    let seen = [
        "kernel-command-line-identity /boot/EFI/Linux/cut.efi: rd.nvmf.hostid=1-2; systemd.machine_id=(a machine-id)",
        "not-readable /boot/EFI/Linux/cut.efi: it ends before its sections",
        "boot-entry-machine-id /boot/efi/EFI/Linux/(32 digits)-6.1.efi: a unified kernel image of one machine-id",
        "initramfs-identity /boot/efi/EFI/Linux/a.efi: /etc/nvme/hostid has Host ID a3b1c2d4-0000-4000-8000-0123456789ab",
        "kernel-command-line-identity /boot/efi/EFI/Linux/a.efi: rd.nvmf.hostid=1-2; systemd.machine_id=(a machine-id)",
    ];
    both(&image, &seen);
}
