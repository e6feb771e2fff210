//! Images as distributions make them.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{host, put, run, said};
use testkit::trial::{Need, UNSHARE, trial};

pub(crate) fn trials() -> Vec<Trial> {
    const TOOLS: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("mkinitramfs", "initramfs-tools-core"),
        Need::File("/usr/sbin/iscsid", "open-iscsi"),
        Need::Program("zstd", "zstd"),
        Need::Program("lz4", "lz4"),
        Need::Program("xz", "xz-utils"),
        Need::Program("bzip2", "bzip2"),
    ];
    const DRACUT: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Program("lsinitrd", "dracut-core"),
        Need::File(
            "/usr/lib/dracut/modules.d/95iscsi/module-setup.sh",
            "dracut-network",
        ),
        Need::File("/usr/sbin/iscsid", "open-iscsi"),
        Need::File("/usr/sbin/nvme", "nvme-cli"),
        Need::Program("zstd", "zstd"),
    ];
    let mut trials = Vec::new();
    for compression in ["gzip", "zstd", "xz", "lzma", "lz4", "bzip2"] {
        trials.push(trial(
            &format!("an_image_of_initramfs_tools_with_{compression}"),
            TOOLS,
            move || initramfs_tools(compression),
        ));
    }
    for compression in ["zstd", "cat"] {
        trials.push(trial(
            &format!("an_image_of_dracut_with_{compression}"),
            DRACUT,
            move || dracut(compression),
        ));
    }
    trials
}

/// Runs a script with the host's `/etc/iscsi` and `/etc/nvme` over this machine's; `$1` is where the image
/// goes.
fn make(host: &TempDir, work: &Path, script: &str) -> String {
    // No image without the modules of a kernel; none of them is needed.
    let modules = work.join("kernel/lib/modules/0-sanid");
    fs::create_dir_all(&modules).unwrap();
    for name in ["modules.order", "modules.builtin", "modules.dep"] {
        fs::write(modules.join(name), "").unwrap();
    }
    fs::create_dir(work.join("tmp")).unwrap();
    let head = "mount -t overlay overlay -o \"lowerdir=$2:/usr\" /usr\n\
                mount -t overlay overlay -o \"lowerdir=$3:/etc\" /etc\n";
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-euc", &format!("{head}{script}"), "sh"])
        .args([work, &work.join("kernel"), &host.path().join("etc")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn initramfs_tools(compression: &str) {
    let host = host();
    let work = tempfile::tempdir().unwrap();
    let listed = make(
        &host,
        work.path(),
        &format!(
            "mount -t tmpfs tmpfs /boot
             for name in GZIP ZSTD XZ LZMA LZ4 BZIP2; do echo CONFIG_RD_$name=y; done >/boot/config-0-sanid
             cp -r /etc/initramfs-tools \"$1/conf\"
             printf 'MODULES=list\\nCOMPRESS={compression}\\n' >\"$1/conf/conf.d/test\"
             TMPDIR=\"$1/tmp\" mkinitramfs -d \"$1/conf\" -o \"$1/image\" 0-sanid >&2
             lsinitramfs \"$1/image\""
        ),
    );
    let seen = judged(&host, work.path(), &["etc/initiatorname.iscsi"]);
    compare(&seen, compression, listed.lines().count());
}

fn dracut(compression: &str) {
    let host = host();
    let work = tempfile::tempdir().unwrap();
    let listed = make(
        &host,
        work.path(),
        &format!(
            "dracut --force --hostonly --no-kernel --kver 0-sanid --compress {compression} \
                 --tmpdir \"$1/tmp\" --modules 'base nvmf iscsi' \"$1/image\" >&2
             lsinitrd \"$1/image\" | awk 'NF >= 9 && $1 ~ /^[-bcdlps]/ {{ print $9 }}'"
        ),
    );
    let carried = [
        "etc/iscsi/initiatorname.iscsi",
        "etc/nvme/hostnqn",
        "etc/nvme/hostid",
    ];
    let seen = judged(&host, work.path(), &carried);
    let name = if compression == "cat" {
        "none"
    } else {
        compression
    };
    compare(&seen, name, listed.lines().count());
}

/// The image carries these files with the host's names, and says so after the host got others.
fn judged(host: &TempDir, work: &Path, carried: &[&str]) -> Value {
    fs::create_dir_all(host.path().join("boot")).unwrap();
    fs::copy(
        work.join("image"),
        host.path().join("boot/initrd.img-0-sanid"),
    )
    .unwrap();
    let output = run(host.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = seen["images"][0]["files"].as_array().unwrap();
    for path in carried {
        let path = format!("/{path}");
        let found = files.iter().find(|file| file["path"] == path.as_str());
        let found = found.unwrap_or_else(|| panic!("{path}: {seen:#}"));
        assert_eq!(found["verdict"], "same", "{seen:#}");
    }
    for (path, text) in [
        (
            "etc/iscsi/initiatorname.iscsi",
            "InitiatorName=iqn.2004-05.com.example:new\n",
        ),
        ("etc/nvme/hostnqn", "nqn.2014-08.com.example:new\n"),
        ("etc/nvme/hostid", "a3b1c2d4-0000-4000-8000-0123456789ac\n"),
    ] {
        put(host, path, text.as_bytes());
    }
    let output = run(host.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(
        said(&output).matches("DIFFERS").count(),
        carried.len(),
        "{}",
        said(&output)
    );
    seen
}

/// What the tools that made the image say of it.
fn compare(seen: &Value, compression: &str, entries: usize) {
    let segments = seen["images"][0]["segments"].as_array().unwrap();
    let last = segments.last().unwrap();
    assert_eq!(last["compression"], compression, "{seen:#}");
    let counted: u64 = segments
        .iter()
        .map(|one| one["entries"].as_u64().unwrap())
        .sum();
    assert!(entries > 50);
    assert_eq!(counted, entries as u64, "{seen:#}");
}
