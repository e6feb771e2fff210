//! What `seal` does not touch, and what it leaves when it is killed or the disk is full.

use std::collections::HashMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::command::{ID, IQN, MACHINE_ID, NQN, put, said};
use testkit::trial::{Need, STRACE, UNSHARE, trial};

pub(crate) fn trials() -> Vec<Trial> {
    const NAMESPACE: &[Need] = &[Need::Root, UNSHARE];
    vec![
        trial(
            "seal_refuses_a_system_that_runs_by_every_way_to_it",
            NAMESPACE,
            || {
                play(RUNNING);
            },
        ),
        trial(
            "seal_leaves_the_files_of_this_host_that_are_mounted_into_an_image",
            NAMESPACE,
            || {
                play(MOUNTED);
            },
        ),
        trial(
            "seal_killed_at_any_call_leaves_the_old_or_the_new",
            &[STRACE],
            killed,
        ),
        trial(
            "seal_on_a_full_or_broken_disk_leaves_the_old_or_the_new",
            &[STRACE],
            failing,
        ),
    ]
}

/// `refused DIR TEXT`: `seal` ends with 3, and says why.
const PRELUDE: &str = r#"
dir=$1
mount -t tmpfs tmpfs "$dir"
fail() { echo "FAILED: $*"; cat "$dir/said"; exit 1; }
sealed() { code=$1; shift; set +e; "$SEAL" seal "$@" >"$dir/said" 2>&1; was=$?; set -e
    [ "$was" = "$code" ] || fail "seal $* ended with $was, not $code"; }
says() { grep -qF -- "$1" "$dir/said" || fail "it does not say: $1"; }
"#;

/// Its inode is that of `/` under every mount; process 1 can have another root than the one that looks;
/// and a tree with systemd's own mark in a `/run` in memory is a system that runs.
const RUNNING: &str = r#"
mkdir "$dir/bound"; mount --rbind / "$dir/bound"
sealed 3 --root "$dir/bound" --dry-run; says "the root of this machine"
umount -R -l "$dir/bound"

mkdir -p "$dir/box/proc" "$dir/box/usr" "$dir/box/tmp"
for name in bin sbin lib lib64; do [ ! -e "/$name" ] || ln -s "usr/$name" "$dir/box/$name"; done
mount --bind /usr "$dir/box/usr"; mount -t proc proc "$dir/box/proc"
cp "$SEAL" "$dir/box/tmp/seal"
set +e; chroot "$dir/box" /tmp/seal seal --root /proc/1/root --dry-run >"$dir/said" 2>&1; was=$?; set -e
[ "$was" = 3 ] || fail "it ended with $was"
says "the root of the machine that this container runs on"

mkdir -p "$dir/tree/run" "$dir/tree/etc"; mount -t tmpfs run "$dir/tree/run"
sealed 0 --root "$dir/tree" --dry-run
mkdir -p "$dir/tree/run/systemd/system"
sealed 3 --root "$dir/tree" --dry-run; says "a running system"
sealed 0 --root "$dir/tree" --dry-run --this-host
"#;

/// Stand-ins are mounted over the host's own files first, so that nothing here can harm them.
const MOUNTED: &str = r#"
mkdir -p "$dir/nvme" "$dir/image/etc/nvme" "$dir/image/usr/local/etc/nvme"
echo "$ID" >"$dir/machine-id"; echo a3b1c2d4-0000-4000-8000-0123456789ab >"$dir/nvme/hostid"
mount --bind "$dir/machine-id" /etc/machine-id; mount --bind "$dir/nvme" /etc/nvme
: >"$dir/image/etc/machine-id"
mount --bind /etc/machine-id "$dir/image/etc/machine-id"; mount --bind /etc/nvme "$dir/image/etc/nvme"
cp "$dir/nvme/hostid" "$dir/image/usr/local/etc/nvme/hostid"
sealed 3 --root "$dir/image"
says "/etc/machine-id is this machine's own file, mounted into the image"
says "/etc/nvme/hostid is this machine's own file, mounted into the image"
[ "$(cat "$dir/machine-id")" = "$ID" ] || fail "the machine-id of the host is gone"
[ -s "$dir/nvme/hostid" ] || fail "the Host ID of the host is gone"
[ ! -e "$dir/image/usr/local/etc/nvme/hostid" ] || fail "the image's own file is there"
umount "$dir/image/etc/machine-id" "$dir/image/etc/nvme"
sealed 0 --root "$dir/image"
"#;

fn play(script: &str) {
    let work = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-euc",
        ])
        .arg(format!("{PRELUDE}{script}"))
        .arg("sh")
        .arg(work.path())
        .env("SEAL", env!("CARGO_BIN_EXE_sanid-image"))
        .env("ID", MACHINE_ID)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

/// The files that `seal` removes, and what is in them.
const FILES: [(&str, &str); 3] = [
    ("etc/iscsi/initiatorname.iscsi", IQN),
    ("etc/nvme/hostnqn", NQN),
    ("etc/nvme/hostid", ID),
];

/// A configuration that `seal` edits, before and after.
const CONFIG: (&str, &str, &str) = (
    "etc/nvme/discovery.conf",
    "# a\n-t tcp -q nqn.2014-08.com.example:a -a 192.0.2.1\n",
    "# a\n-t tcp -a 192.0.2.1\n",
);

fn image() -> TempDir {
    let image = tempfile::Builder::new().prefix("sanid-").tempdir().unwrap();
    put(
        &image,
        "etc/machine-id",
        format!("{MACHINE_ID}\n").as_bytes(),
    );
    for (path, text) in FILES {
        put(&image, path, text.as_bytes());
    }
    put(&image, CONFIG.0, CONFIG.1.as_bytes());
    image
}

/// One system call of a run.
#[derive(Debug)]
struct Call {
    name: String,
    /// The how many-th of its name it is, from 1.
    nth: usize,
    text: String,
}

/// The calls from the first on that has to do with the image.
fn calls() -> Vec<Call> {
    let image = image();
    let log = tempfile::NamedTempFile::new().unwrap();
    let output = strace(image.path(), &["-y", "-o", log.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = fs::read_to_string(log.path()).unwrap();
    let mut count: HashMap<&str, usize> = HashMap::new();
    let calls = text.lines().filter_map(|line| {
        let name = line.split_once('(')?.0;
        let nth = count.entry(name).or_default();
        *nth += 1;
        Some(Call {
            name: name.into(),
            nth: *nth,
            text: line.into(),
        })
    });
    let root = image.path().to_str().unwrap();
    let calls: Vec<Call> = calls
        .skip_while(|call| call.name == "execve" || !call.text.contains(root))
        .filter(|call| call.name != "exit_group")
        .collect();
    assert!(
        calls.iter().any(|call| call.name.starts_with("rename")),
        "{calls:#?}"
    );
    assert!(
        calls.iter().any(|call| call.name.starts_with("unlink")),
        "{calls:#?}"
    );
    calls
}

fn strace(image: &Path, options: &[&str]) -> Output {
    Command::new("strace")
        .args(["-qq", "-s", "4096", "-e", "signal=none"])
        .args(options)
        .arg(env!("CARGO_BIN_EXE_sanid-image"))
        .args(["seal", "--root"])
        .arg(image)
        .output()
        .unwrap()
}

fn injected(image: &Path, call: &Call, what: &str) -> Output {
    let inject = format!("inject={}:{what}:when={}", call.name, call.nth);
    strace(image, &["-o", "/dev/null", "-e", &inject])
}

fn leftovers(image: &TempDir) -> bool {
    let is_left = |directory: &str| {
        image
            .path()
            .join(directory)
            .join(".sanid-seal.tmp")
            .exists()
    };
    is_left("etc") || is_left("etc/nvme")
}

/// Every file is as it was or as it will be, and a second run makes it whole.
fn recovers(image: &TempDir, place: &str) {
    let read = |path: &str| fs::read_to_string(image.path().join(path)).ok();
    let id = read("etc/machine-id").unwrap_or_else(|| panic!("{place}: no machine-id"));
    assert!(
        id == format!("{MACHINE_ID}\n") || id == "uninitialized\n",
        "{place}: {id:?}"
    );
    for (path, text) in FILES {
        let now = read(path);
        assert!(
            now.is_none() || now.as_deref() == Some(text),
            "{place}: {path}: {now:?}"
        );
    }
    let (path, before, after) = CONFIG;
    let now = read(path).unwrap_or_default();
    assert!([before, after].contains(&now.as_str()), "{place}: {now:?}");
    let output = Command::new(env!("CARGO_BIN_EXE_sanid-image"))
        .args(["seal", "--root"])
        .arg(image.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{place}: {}", said(&output));
    assert_eq!(
        read("etc/machine-id").as_deref(),
        Some("uninitialized\n"),
        "{place}"
    );
    assert!(
        FILES.iter().all(|(path, _)| read(path).is_none()),
        "{place}"
    );
    assert_eq!(read(path).as_deref(), Some(after), "{place}");
    assert!(!leftovers(image), "{place}");
}

fn killed() {
    for call in calls() {
        let image = image();
        let output = injected(image.path(), &call, "signal=SIGKILL");
        assert_eq!(
            output.status.signal(),
            Some(9),
            "{call:?}: {}",
            said(&output)
        );
        recovers(&image, &format!("{call:?}"));
    }
}

fn failing() {
    let makes = |call: &Call| match call.name.as_str() {
        "openat" | "openat2" => call.text.contains("O_CREAT"),
        "write" => call.text.contains("sanid-seal.tmp"),
        "fsync" | "renameat" | "renameat2" | "rename" | "unlinkat" | "unlink" | "fchmod" => true,
        _ => false,
    };
    let calls: Vec<Call> = calls().into_iter().filter(makes).collect();
    for kind in ["openat", "write", "fsync", "rename", "unlink", "fchmod"] {
        assert!(
            calls.iter().any(|call| call.name.starts_with(kind)),
            "{kind}: {calls:#?}"
        );
    }
    for call in &calls {
        for error in ["ENOSPC", "EIO", "EROFS"] {
            let image = image();
            let output = injected(image.path(), call, &format!("error={error}"));
            let place = format!("{error} at {call:?}");
            assert_eq!(output.status.code(), Some(2), "{place}: {}", said(&output));
            assert!(said(&output).contains(error), "{place}: {}", said(&output));
            // What clears up may be what fails.
            assert!(
                call.name.starts_with("unlink") || !leftovers(&image),
                "{place}"
            );
            recovers(&image, &place);
        }
    }
}
