//! Systems as distributions make them: the post-install scripts of open-iscsi and nvme-cli bake identities,
//! and initramfs-tools and dracut copy them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Trial;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::said;
use testkit::trial::{Need, STRACE, UNSHARE, trial};

pub(crate) fn trials() -> Vec<Trial> {
    const NEEDS: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("mkinitramfs", "initramfs-tools-core"),
        Need::File("/var/lib/dpkg/info/open-iscsi.postinst", "open-iscsi"),
        Need::File("/var/lib/dpkg/info/nvme-cli.postinst", "nvme-cli"),
        Need::File(
            "/usr/lib/dracut/modules.d/95iscsi/module-setup.sh",
            "dracut-network",
        ),
        Need::Program("tar", "tar"),
        Need::Program("mknod", "coreutils"),
        STRACE,
    ];
    vec![
        trial(
            "a_system_whose_packages_made_names_is_found_sealed_and_clean",
            NEEDS,
            system,
        ),
        trial(
            "reports_a_device_in_place_of_a_file_and_does_not_open_it",
            NEEDS,
            device,
        ),
    ]
}

/// Makes a system below `$1/root` out of this one, without its identities; then the packages are configured
/// anew, by their own scripts, and the images of the initramfs made.
const MAKE: &str = r#"
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/out"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
rm -rf etc/iscsi etc/nvme var/lib/dbus/machine-id etc/credstore* boot var/lib/sanid var/lib/iscsi
rm -rf etc/sanid etc/kernel etc/default/grub* etc/stas etc/grub.d etc/cmdline* etc/dracut.conf.d/* usr/local/etc
mkdir -p etc/iscsi etc/nvme boot proc dev var/lib/iscsi
mount --rbind /proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
: >etc/machine-id
"$LINT" lint --root . --format json >"$OUT/clean" || :
echo "$ID" >etc/machine-id
cat >tmp/configure <<'END'
export DEBIAN_FRONTEND=noninteractive DPKG_MAINTSCRIPT_NAME=postinst DPKG_MAINTSCRIPT_PACKAGE=x
set -eu
for package in open-iscsi nvme-cli; do
    DPKG_MAINTSCRIPT_PACKAGE=$package sh /var/lib/dpkg/info/$package.postinst configure </dev/null
done
mkdir -p /lib/modules/0-sanid
for name in modules.order modules.builtin modules.dep; do : >/lib/modules/0-sanid/$name; done
for name in GZIP ZSTD; do echo CONFIG_RD_$name=y; done >/boot/config-0-sanid
cp -r /etc/initramfs-tools /tmp/conf
printf 'MODULES=list\nCOMPRESS=gzip\n' >/tmp/conf/conf.d/test
mkinitramfs -d /tmp/conf -o /boot/initrd.img-0-sanid 0-sanid
dracut --force --hostonly --no-kernel --kver 0-sanid --modules 'base nvmf iscsi' \
    /boot/initramfs-0-sanid.img
END
chroot . sh /tmp/configure >"$OUT/log" 2>&1 || { cat "$OUT/log" >&2; exit 1; }
"$LINT" lint --root . --format json >"$OUT/baked" || :
tar --create --gzip ./etc ./boot ./var/lib/dpkg |
    "$LINT" lint --tar - --format json >"$OUT/tar" || :
"$LINT" seal --root . --format json >"$OUT/seal" || :
rm boot/init*
"$LINT" lint --root . --format json >"$OUT/sealed" || :
cat etc/machine-id >"$OUT/machine-id"
"#;

const ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";

fn made(work: &TempDir, out: &Path, script: &str) -> Output {
    Command::new("unshare")
        .args(["--mount", "sh", "-euc", script, "sh"])
        .arg(work.path())
        .env("LINT", env!("CARGO_BIN_EXE_sanid-image"))
        .env("OUT", out)
        .env("ID", ID)
        .output()
        .unwrap()
}

fn system() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = made(&work, out.path(), MAKE);
    assert!(output.status.success(), "{}", said(&output));
    let report = |name: &str| -> Value {
        let text = fs::read_to_string(out.path().join(name)).unwrap();
        assert!(!text.contains(ID), "{name}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"))
    };
    let found = |name: &str| -> Vec<String> {
        let report = report(name);
        let list = report["findings"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        list.iter()
            .map(|one| format!("{} {}", text(&one["code"]), text(&one["path"])))
            .collect()
    };
    assert_eq!(found("clean"), Vec::<String>::new());
    let baked = [
        "initramfs-identity /boot/initramfs-0-sanid.img",
        "initramfs-identity /boot/initrd.img-0-sanid",
        "initiator-name-set /etc/iscsi/initiatorname.iscsi",
        "machine-id-set /etc/machine-id",
        "host-id-set /etc/nvme/hostid",
        "host-nqn-set /etc/nvme/hostnqn",
    ];
    assert_eq!(found("baked"), baked);
    assert_eq!(found("tar"), baked);
    let seal = report("seal");
    assert_eq!(seal["steps"].as_array().unwrap().len(), 4, "{seal:#}");
    assert_eq!(seal["left"].as_array().unwrap().len(), 2, "{seal:#}");
    assert_eq!(found("sealed"), Vec::<String>::new());
    let id = fs::read(out.path().join("machine-id")).unwrap();
    assert_eq!(id, b"uninitialized\n");
}

/// Reading a tape would move it, reading a random source would not end.
fn device() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = made(
        &work,
        out.path(),
        "mkdir -p \"$1/etc/nvme\"
         mknod \"$1/etc/machine-id\" c 1 5
         mknod \"$1/etc/nvme/hostid\" b 7 0
         \"$LINT\" lint --root \"$1\" --format json >\"$OUT/lint\" || :
         strace -f -e trace=openat,openat2 -o \"$OUT/trace\" \"$LINT\" lint --root \"$1\" >/dev/null || :",
    );
    assert!(output.status.success(), "{}", said(&output));
    let text = fs::read_to_string(out.path().join("lint")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let codes: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["not-a-file", "not-a-file"]);
    let trace = fs::read_to_string(out.path().join("trace")).unwrap();
    let opened: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains("machine-id") || line.contains("hostid"))
        .collect();
    assert!(!opened.is_empty());
    assert!(
        opened.iter().all(|line| line.contains("O_PATH")),
        "{opened:#?}"
    );
}
