//! The hooks of docs/image-builders.md, as they are written there.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Trial;

use crate::command::{MACHINE_ID, put, said};
use crate::container::{baked, lint, shell};
use testkit::trial::{Need, UNSHARE, trial};

const PAGE: &str = include_str!("../../../../docs/image-builders.md");

pub(crate) fn trials() -> Vec<Trial> {
    const INSIDE: &[Need] = &[Need::Root, UNSHARE];
    const MMDEBSTRAP: &[Need] = &[Need::Root, Need::Program("mmdebstrap", "mmdebstrap")];
    const DEBOOTSTRAP: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Set("SANID_TREE_12", "a Debian 12 by debootstrap"),
    ];
    const MKOSI: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("mkosi", "mkosi"),
        Need::Set("SANID_TREE_12", "a Debian 12 by debootstrap"),
    ];
    const VIRT_CUSTOMIZE: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("virt-customize", "guestfs-tools"),
        Need::Program("virt-tar-out", "guestfish"),
        Need::Program("mke2fs", "e2fsprogs"),
        Need::Set("SANID_TREE_12", "a Debian 12 by debootstrap"),
        Need::Set("SANID_KERNEL_12", "a kernel of Debian 12"),
        Need::Set("SANID_IMAGE_STATIC", "the static sanid-image"),
    ];
    vec![
        trial("the_finalize_script_of_mkosi_seals_its_root", &[], finalize),
        trial(
            "mkosi_runs_the_script_and_makes_a_clean_image",
            MKOSI,
            mkosi,
        ),
        trial(
            "the_hook_of_mmdebstrap_seals_its_root",
            MMDEBSTRAP,
            mmdebstrap,
        ),
        trial("a_tree_of_debootstrap_is_sealed", DEBOOTSTRAP, debootstrap),
        trial(
            "the_hook_of_live_build_seals_the_root_it_runs_in",
            INSIDE,
            live_build,
        ),
        trial(
            "virt_customize_seals_a_disk",
            VIRT_CUSTOMIZE,
            virt_customize,
        ),
    ]
}

/// The scripts below a heading of the page.
#[track_caller]
fn blocks(heading: &str) -> Vec<&'static str> {
    let heading = format!("\n## {heading}\n");
    let rest = &PAGE[PAGE.find(&heading).expect("the heading") + heading.len()..];
    let section = rest.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

fn assert_sealed(root: &Path) {
    let id = fs::read(root.join("etc/machine-id")).unwrap();
    assert_eq!(id, b"uninitialized\n");
    for gone in [
        "etc/iscsi/initiatorname.iscsi",
        "etc/nvme/hostnqn",
        "etc/nvme/hostid",
    ] {
        assert!(!root.join(gone).exists(), "{gone}");
    }
}

fn finalize() {
    let root = tempfile::tempdir().unwrap();
    baked(root.path());
    let script = blocks("mkosi")[0];
    assert!(script.starts_with("#!/bin/sh\n"), "{script}");
    let variables = [("BUILDROOT", root.path())];
    let output = shell(script, root.path(), &variables);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_sealed(root.path());
    // What cannot be sealed stops the build.
    put(
        &root,
        "etc/nvme/config.json",
        b"[{\"hostid\": \"a3b1c2d4-0000-4000-8000-0123456789ab\",}]\n",
    );
    let output = shell(script, root.path(), &variables);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
}

/// mkosi on a system that debootstrap has made, with the names of a package as a further tree. Its `/run` is its own,
/// since there may be no systemd here.
const MKOSI: &str = r#"
mount -t tmpfs tmpfs /run
mkdir "$1/project"
cd "$1/project"
cat >mkosi.finalize
chmod 0755 mkosi.finalize
mkosi --distribution debian --release bookworm --format directory --base-image "$2" --extra-tree "$3" \
    --with-docs yes --workspace-dir "$1" --output image build
sanid lint --root image
[ ! -e image/etc/iscsi/initiatorname.iscsi ]
"#;

fn mkosi() {
    let tree = std::env::var_os("SANID_TREE_12").unwrap();
    let script = blocks("mkosi")[0];
    let given = format!("{{\n{MKOSI}}} <<'END'\n{script}END\n");
    let output = play(Path::new(&tree), &given);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("remove /etc/iscsi/initiatorname.iscsi"),
        "{text}"
    );
}

/// The real program, with no package: it makes a root out of what is copied into it.
fn mmdebstrap() {
    let work = tempfile::tempdir().unwrap();
    let made = work.path().join("made");
    baked(&made);
    fs::create_dir(work.path().join("empty")).unwrap();
    fs::write(work.path().join("empty/Packages"), "").unwrap();
    let script = blocks("mmdebstrap")[0];
    let here = work.path().display();
    let copy = format!("--variant=custom --setup-hook='cp -a {here}/made/. \"$1\"'");
    let source = format!("bookworm image.tar 'deb [trusted=yes] copy:{here}/empty ./'");
    let command = script
        .replace("mmdebstrap --", &format!("mmdebstrap {copy} --"))
        .replace("bookworm image.tar", &source);
    let output = shell(&command, work.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(lint(&work.path().join("image.tar")), [""; 0]);
    let without = command.replace("sanid seal", ": sanid seal");
    let output = shell(&without, work.path(), &[]);
    assert_ne!(output.status.code(), Some(0), "{}", said(&output));
}

/// A system as debootstrap left it below `$1/root`, which is changed in memory only.
const TREE: &str = r#"
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/bin"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
cp -a "$3/." "$1/root/"
cp "$SANID" "$1/bin/sanid"
PATH="$1/bin:$PATH"
"#;

/// This system without its identities, and with those that a package left.
const INSIDE: &str = r#"
cd "$1/root"
rm -rf etc/iscsi etc/nvme var/lib/dbus/machine-id etc/credstore* boot var/lib/sanid var/lib/iscsi
rm -rf etc/sanid etc/kernel etc/default/grub* etc/stas etc/grub.d etc/cmdline* etc/dracut.conf.d/* usr/local/etc
cp -a "$3/." .
mkdir -p boot proc dev
cp "$SANID" usr/bin/sanid
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /proc proc
cd "$1"
"#;

/// Plays a script after the preparation, and returns what it prints.
fn play(tree: &Path, script: &str) -> Output {
    let (work, names) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    baked(names.path());
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-euc", &format!("{TREE}{script}"), "sh"])
        .args([work.path(), tree, names.path()])
        .env("SANID", env!("CARGO_BIN_EXE_sanid-image"))
        .env(
            "KERNEL",
            std::env::var_os("SANID_KERNEL_12").unwrap_or_default(),
        )
        .output()
        .unwrap();
    assert!(!said(&output).contains(MACHINE_ID), "{}", said(&output));
    output
}

/// Shows what `assert_sealed` would look at, where the tree is seen.
const SEALED: &str = r#"
[ "$(cat "$1/root/etc/machine-id")" = uninitialized ]
[ ! -e "$1/root/etc/iscsi/initiatorname.iscsi" ]
[ ! -e "$1/root/etc/nvme/hostid" ]
"#;

fn debootstrap() {
    let tree = std::env::var_os("SANID_TREE_12").unwrap();
    let block = blocks("debootstrap")[0];
    let (made, sealed) = block.split_once('\n').unwrap();
    assert!(made.starts_with("debootstrap "), "{made}");
    let sealed = sealed.replace("DIR", "\"$1/root\"");
    let output = play(Path::new(&tree), &format!("{sealed}{SEALED}"));
    assert!(output.status.success(), "{}", said(&output));
}

fn live_build() {
    let script = blocks("live-build")[0];
    let inside = format!("cat >root/tmp/hook <<'END'\n{script}END\nchroot root sh /tmp/hook\n");
    let output = play(Path::new("/"), &format!("{INSIDE}{inside}{SEALED}"));
    assert!(output.status.success(), "{}", said(&output));
}

/// A disk with the system as debootstrap left it, and an appliance of libguestfs that needs neither KVM nor a
/// kernel of this machine.
const DISK: &str = r#"
rm -rf "$1/root/usr/share/doc" "$1/root/usr/share/locale" "$1/root/var/cache" "$1/root/var/lib/apt"
mke2fs -q -t ext4 -d "$1/root" "$1/disk.qcow2" 1500M
mkdir -p "$1/modules/lib" "$1/scratch"
cp -a "$KERNEL/lib/modules" "$1/modules/lib/"
mount -t overlay overlay -o "lowerdir=/usr,upperdir=$1/modules,workdir=$1/scratch" /usr
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg LIBGUESTFS_CACHEDIR="$1"
export SUPERMIN_KERNEL="$(echo "$KERNEL"/boot/vmlinuz*)" SUPERMIN_MODULES="$(echo /usr/lib/modules/*-cloud-*)"
cd "$1"
"#;

/// The real programs, on a disk: seal, then the check, which reads all of it.
fn virt_customize() {
    let [seal, check] = blocks("virt-customize and virt-sysprep")[..] else {
        panic!("two commands");
    };
    let upload = format!("--upload {}:", std::env::var("SANID_IMAGE_STATIC").unwrap());
    let seal = seal.replace("--upload /usr/bin/sanid-image:", &upload);
    let tree = std::env::var_os("SANID_TREE_12").unwrap();
    let output = play(Path::new(&tree), &format!("{DISK}{seal}{check}"));
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("no identity in standard input"), "{text}");
}
