//! Images by dracut and initramfs-tools, and what runs in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;
use tempfile::TempDir;

use super::installed::{STATIC, TREE, XTASK, etc_of_a_host};
use super::support::host::{FILES, FOREIGN, MACHINE_ID, OTHER_MACHINE_ID, Ran, derived};
use testkit::trial::{Need, UNSHARE, trial};

/// Files of an image, and of the directories above them, that are an identity or make one.
const IDENTITY: [&str; 4] = [
    "etc/iscsi/initiatorname.iscsi",
    "etc/initiatorname.iscsi",
    "etc/nvme/hostnqn",
    "etc/nvme/hostid",
];

pub(crate) fn trials() -> Vec<Trial> {
    const DRACUT: &[Need] = &[
        Need::Root,
        UNSHARE,
        STATIC,
        XTASK,
        Need::Program("lsinitrd", "dracut-core"),
        Need::File(
            "/usr/lib/dracut/modules.d/95iscsi/module-setup.sh",
            "dracut-network",
        ),
        Need::File("/usr/sbin/iscsid", "open-iscsi"),
        Need::File("/usr/sbin/nvme", "nvme-cli"),
    ];
    const TOOLS: &[Need] = &[
        Need::Root,
        UNSHARE,
        STATIC,
        XTASK,
        Need::Program("mkinitramfs", "initramfs-tools-core"),
        Need::File("/usr/sbin/iscsid", "open-iscsi"),
    ];
    const RUN: &[Need] = &[Need::Root, UNSHARE, STATIC, XTASK];
    vec![
        trial(
            "a_generic_dracut_image_has_sanid_and_no_identity",
            DRACUT,
            || {
                let image = dracut("--no-hostonly");
                carries_sanid(&image, "usr/lib/dracut/hooks/cmdline/20-sanid-identity.sh");
                assert_eq!(identities(&image), [""; 0]);
            },
        ),
        trial(
            "a_generic_dracut_image_has_no_name_in_its_own_command_line",
            DRACUT,
            own_command_line,
        ),
        trial(
            "a_dracut_image_for_one_host_keeps_what_the_host_has",
            DRACUT,
            || {
                let image = dracut("--hostonly");
                carries_sanid(&image, "usr/lib/sanid/host-only");
                assert_eq!(identities(&image), [IDENTITY[0], IDENTITY[2], IDENTITY[3]]);
            },
        ),
        trial(
            "a_generic_initramfs_tools_image_has_sanid_and_no_identity",
            TOOLS,
            || {
                let image = initramfs_tools("no");
                carries_sanid(&image, "scripts/init-premount/sanid");
                assert_eq!(identities(&image), [""; 0]);
            },
        ),
        trial(
            "an_initramfs_tools_image_for_one_host_keeps_what_the_host_has",
            TOOLS,
            || {
                let image = initramfs_tools("yes");
                carries_sanid(&image, "usr/lib/sanid/host-only");
                assert_eq!(identities(&image), IDENTITY);
            },
        ),
        trial(
            "in_the_initramfs_only_a_fixed_machine_id_is_a_seed",
            RUN,
            seeds,
        ),
    ]
}

/// A script that sees this machine with the installed tree over its /usr, and with the /etc of a host that
/// has an identity.
fn private(script: &str, arguments: &[&Path]) -> Ran {
    let etc = etc_of_a_host();
    // mkinitramfs makes no image without the modules of a kernel; none of them is needed.
    let kernel = tempfile::tempdir().unwrap();
    let modules = kernel.path().join("lib/modules/0-sanid");
    fs::create_dir_all(&modules).unwrap();
    for name in ["modules.order", "modules.builtin", "modules.dep"] {
        fs::write(modules.join(name), "").unwrap();
    }
    let head = "mount -t overlay overlay -o \"lowerdir=$1/usr:$3:/usr\" /usr\n\
                mount -t overlay overlay -o \"lowerdir=$2:/etc\" /etc\n\
                shift 3\n";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-euc", &format!("{head}{script}"), "sh"])
        .args([TREE.path(), etc.path(), kernel.path()])
        .args(arguments);
    Ran::of(&mut command)
}

/// The names of the files in an image.
fn dracut(mode: &str) -> Vec<String> {
    names(image_of_dracut(
        mode,
        "lsinitrd \"$1/image\" | awk 'NF >= 9 { print $9 }'",
    ))
}

/// Makes an image, and inspects it.
fn image_of_dracut(mode: &str, look: &str) -> Ran {
    let work = tempfile::tempdir().unwrap();
    let script = format!(
        "mkdir \"$1/tmp\"
         dracut --force {mode} --no-kernel --kver 0-sanid --no-compress --tmpdir \"$1/tmp\" \
             --modules 'base sanid nvmf iscsi' \"$1/image\" >&2
         {look}"
    );
    private(&script, &[work.path()])
}

/// What dracut's modules say there of the host that makes the image.
fn own_command_line() {
    const ARGUMENTS: &str = "etc/cmdline.d/95nvmf-args.conf";
    let look = format!("lsinitrd --file {ARGUMENTS} \"$1/image\"");
    let host = image_of_dracut("--hostonly --hostonly-cmdline", &look).expect(0);
    assert!(host.stdout.contains("rd.nvmf.hostnqn=nqn."), "{host:#?}");

    let listed = dracut("--no-hostonly --hostonly-cmdline");
    assert!(listed.iter().any(|name| name == ARGUMENTS), "{listed:#?}");
    let any = image_of_dracut("--no-hostonly --hostonly-cmdline", &look).expect(0);
    for name in ["hostnqn", "hostid", "nqn."] {
        assert!(!any.stdout.contains(name), "{name}: {any:#?}");
    }
}

fn initramfs_tools(host_only: &str) -> Vec<String> {
    let work = tempfile::tempdir().unwrap();
    let script = format!(
        "mkdir \"$1/tmp\"
         mount -t tmpfs tmpfs /boot
         echo CONFIG_RD_GZIP=y >/boot/config-0-sanid
         cp -r /etc/initramfs-tools \"$1/conf\"
         printf 'MODULES=list\\nCOMPRESS=gzip\\n' >\"$1/conf/conf.d/test\"
         echo SANID_HOST_ONLY={host_only} >\"$1/conf/conf.d/sanid\"
         TMPDIR=\"$1/tmp\" mkinitramfs -d \"$1/conf\" -o \"$1/image\" 0-sanid >&2
         lsinitramfs \"$1/image\""
    );
    names(private(&script, &[work.path()]))
}

fn names(ran: Ran) -> Vec<String> {
    let ran = ran.expect(0);
    let names: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    assert!(names.len() > 50, "{ran:#?}");
    names
}

fn carries_sanid(image: &[String], also: &str) {
    for file in ["usr/bin/sanid", "usr/lib/sanid/initramfs-identity", also] {
        assert!(image.iter().any(|name| name == file), "{file}: {image:#?}");
    }
}

fn identities(image: &[String]) -> Vec<&'static str> {
    IDENTITY
        .into_iter()
        .filter(|file| image.iter().any(|name| name == file))
        .collect()
}

/// What an initramfs sees.
struct Seen {
    case: &'static str,
    cmdline: String,
    /// An initiator name that another hook put into the image.
    baked: &'static str,
    /// What process 1 left in /etc/machine-id.
    machine_id: &'static str,
    /// What a root that is mounted already has there.
    mounted: &'static str,
    host_only: bool,
    named: bool,
}

fn seeds() {
    let fixed = format!("quiet systemd.machine_id={MACHINE_ID} ro");
    let dashed = "systemd.machine_id=3d1219c7-c4c5-404a-aa1f-6d2a48adfda4".to_owned();
    let seen = |case, cmdline: &str, machine_id, named| Seen {
        case,
        cmdline: cmdline.to_owned(),
        baked: "",
        machine_id,
        mounted: "",
        host_only: false,
        named,
    };
    let cases = [
        seen("nothing", "quiet", "", false),
        seen("made up by process 1", "quiet", OTHER_MACHINE_ID, false),
        seen(
            "made up on this firmware",
            "systemd.machine_id=firmware",
            OTHER_MACHINE_ID,
            false,
        ),
        seen("command line", &fixed, MACHINE_ID, true),
        seen("command line, no systemd", &fixed, "", true),
        seen("command line with dashes", &dashed, "", true),
        Seen {
            mounted: MACHINE_ID,
            ..seen("root mounted", "quiet", OTHER_MACHINE_ID, true)
        },
        Seen {
            baked: FOREIGN[0],
            host_only: true,
            ..seen(
                "image of this host, with the name it had",
                "quiet",
                MACHINE_ID,
                true,
            )
        },
        Seen {
            host_only: true,
            ..seen("image of this host", "quiet", MACHINE_ID, true)
        },
    ];
    let expected = derived(MACHINE_ID).map(Option::unwrap);
    for case in cases {
        let (ran, files) = in_initramfs(&case);
        let Seen {
            case, named, baked, ..
        } = case;
        assert_eq!(ran.code, Some(0), "{case}: the boot goes on: {ran:#?}");
        let mut expected = expected.clone();
        if !baked.is_empty() {
            // What an image for one host holds is kept there, as it is on the host.
            expected[0] = baked.into();
        }
        if named {
            let held = files.path().join("run/sanid/initramfs/image");
            let held = fs::read(held.join("iscsi/initiatorname.iscsi")).unwrap_or_default();
            assert_eq!(held, baked.as_bytes(), "{case}: {ran:#?}");
            for (path, content) in FILES.iter().zip(&expected) {
                let used = files.path().join("run/sanid/initramfs/used");
                let used = used.join(path.strip_prefix("etc/").unwrap());
                assert_eq!(fs::read(used).unwrap(), *content, "{case}: {path}");
            }
            let status = fs::read_to_string(files.path().join("status")).unwrap();
            let differs = status.contains("initramfs-differs");
            assert_eq!(differs, !baked.is_empty(), "{case}: {status}");
            for (path, content) in FILES.iter().zip(&expected) {
                let found = fs::read(files.path().join(path)).unwrap();
                assert_eq!(found, *content, "{case}: {path}: {ran:#?}");
            }
            for copy in ["run/initiatorname.iscsi", "etc/initiatorname.iscsi"] {
                let found = fs::read(files.path().join(copy)).unwrap();
                assert_eq!(found, expected[0], "{case}: {copy}");
            }
        } else {
            assert!(
                ran.stderr.contains("systemd.machine_id="),
                "{case}: {ran:#?}"
            );
            for path in FILES {
                assert!(
                    !files.path().join(path).exists(),
                    "{case}: {path}: {ran:#?}"
                );
            }
        }
        assert!(
            !ran.stderr.contains(MACHINE_ID) && !ran.stdout.contains(MACHINE_ID),
            "{case}: the machine-id stays a secret: {ran:#?}"
        );
        for path in files_below(&files.path().join("run/sanid")) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                !text.contains(MACHINE_ID) && !text.contains(OTHER_MACHINE_ID),
                "{case}: /run outlives the initramfs: {}",
                path.display()
            );
        }
    }
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let (directories, mut files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    files.extend(directories.iter().flat_map(|below| files_below(below)));
    files
}

/// Runs the script with an /etc, a /run and a command line of its own; what it left there.
fn in_initramfs(seen: &Seen) -> (Ran, TempDir) {
    let left = tempfile::tempdir().unwrap();
    let inputs = tempfile::tempdir().unwrap();
    let input = |name: &str, text: &str| fs::write(inputs.path().join(name), text).unwrap();
    input("cmdline", &seen.cmdline);
    input("machine-id", seen.machine_id);
    input("mounted", seen.mounted);
    // The test machine may itself be a container, where sanid needs --root.
    input("sanid", "#!/bin/sh\nexec /run/sanid-real \"$@\" --root /\n");
    input("baked", seen.baked);
    // The real root, which is this host's.
    input("own", &format!("{MACHINE_ID}\n"));
    if seen.host_only {
        input("host-only", "");
    }
    let script = "
        mount -t tmpfs tmpfs /run
        mkdir -p /run/new/etc /run/bin
        cp \"$3\" /run/sanid-real
        cp \"$2/sanid\" /run/bin/sanid
        chmod 755 /run/bin/sanid
        cat \"$2/mounted\" >/run/new/etc/machine-id
        if [ -e \"$2/host-only\" ]; then
            mount -t tmpfs tmpfs /usr/lib/sanid
            : >/usr/lib/sanid/host-only
        fi
        mount -t tmpfs tmpfs /etc
        mount -t tmpfs tmpfs /var/lib
        mount --bind \"$2/cmdline\" /proc/cmdline
        if [ -s \"$2/machine-id\" ]; then cat \"$2/machine-id\" >/etc/machine-id; fi
        if [ -s \"$2/baked\" ]; then
            mkdir /etc/iscsi
            cat \"$2/baked\" >/etc/iscsi/initiatorname.iscsi
        fi
        PATH=/run/bin:$PATH NEWROOT=/run/new rootmnt=/run/none sh \"$4\"
        mkdir \"$1/etc\" \"$1/run\"
        cp -r /etc/. \"$1/etc\"
        if [ -e /run/initiatorname.iscsi ]; then cp /run/initiatorname.iscsi \"$1/run\"; fi
        cp -r /run/sanid \"$1/run\"
        # As after switch-root: the same /run below another root.
        mkdir -p \"$1/real/etc\" \"$1/real/run\"
        cat \"$2/own\" >\"$1/real/etc/machine-id\"
        mount --bind /run \"$1/real/run\"
        /run/sanid-real apply --root \"$1/real\" >&2
        /run/sanid-real status --root \"$1/real\" >\"$1/status\" || :
        umount \"$1/real/run\"";
    let identity = TREE.path().join("usr/lib/sanid/initramfs-identity");
    let binary = Path::new(env!("CARGO_BIN_EXE_sanid"));
    let ran = private(script, &[left.path(), inputs.path(), binary, &identity]);
    (ran, left)
}
