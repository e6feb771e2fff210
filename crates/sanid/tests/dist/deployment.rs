//! The examples of docs/deployment.md, as they are written there, by the real programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;
use tempfile::TempDir;

use super::installed::{STATIC, static_binary};
use super::support::host::{FOREIGN, MACHINE_ID, Ran};
use testkit::trial::{Need, PYTHON, UNSHARE, trial};

const PAGE: &str = include_str!("../../../../docs/deployment.md");
/// What sanid-v1 makes of the machine-id of the page.
pub(crate) const HOST_ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

pub(crate) const TREE: Need = Need::Set("SANID_TREE_12", "a Debian 12");

pub(crate) fn trials() -> Vec<Trial> {
    const BUILD: &[Need] = &[
        Need::Root,
        STATIC,
        TREE,
        Need::Program("buildah", "buildah"),
    ];
    const INSTALLER: &[Need] = &[Need::Root, UNSHARE, STATIC, TREE];
    const PRESEED: &[Need] = &[Need::Program("debconf-set-selections", "debconf")];
    const KICKSTART: &[Need] = &[Need::Set("SANID_KICKSTART", "pykickstart")];
    const IGNITION: &[Need] = &[
        Need::Program("ignition-validate", "ignition"),
        Need::Python("yaml", "ansible"),
    ];
    const CLOUD_INIT: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::Set("SANID_CLOUD_INIT", "Debian's cloud-init, unpacked"),
    ];
    vec![
        trial(
            "a_containerfile_that_lints_fails_on_a_finding",
            BUILD,
            containerfile,
        ),
        trial("cloud_init_accepts_the_user_data", CLOUD_INIT, user_data),
        trial(
            "ignition_accepts_what_butane_makes_of_the_example",
            IGNITION,
            ignition,
        ),
        trial("pykickstart_accepts_the_example", KICKSTART, kickstart),
        trial("debconf_accepts_the_preseed_example", PRESEED, preseed),
        trial(
            "installers_leave_the_names_of_the_inventory",
            INSTALLER,
            installers,
        ),
    ]
}

/// The n-th block of this language after this heading.
#[track_caller]
pub(crate) fn block(heading: &str, language: &str, number: usize) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("\n{heading}\n")).expect(heading);
    let fence = format!("\n```{language}\n");
    let text = rest.split(&fence).nth(number).expect(language);
    text.split("\n```").next().unwrap()
}

fn written(name: &str, text: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, format!("{text}\n")).unwrap();
    (directory, path)
}

pub(crate) fn tree() -> PathBuf {
    std::env::var_os("SANID_TREE_12").unwrap().into()
}

/// Without namespaces, which a container of a build system may not make, and without a driver of the kernel.
fn containerfile() {
    let work = tempfile::tempdir_in("/var/tmp").unwrap();
    let at = |name: &str| work.path().join(name);
    let run = |command: &mut Command| Ran::of(command.current_dir(work.path()));
    let (containers, run_root) = (at("containers"), at("run"));
    let build = |name: &str, file: &str| {
        fs::write(at("Containerfile"), file).unwrap();
        let mut command = Command::new("buildah");
        command
            .arg("--root")
            .arg(&containers)
            .arg("--runroot")
            .arg(&run_root);
        command.args([
            "--storage-driver",
            "vfs",
            "build",
            "--isolation",
            "chroot",
            "--layers",
            "--tag",
            name,
            ".",
        ]);
        run(&mut command)
    };
    // Only what lint reads; it does not need the rest of a system.
    let mut pack = Command::new("tar");
    pack.arg("-C").arg(tree()).args([
        "-cf",
        "debian.tar",
        "--exclude=./usr/lib/python3*",
        "--exclude=./usr/share",
        ".",
    ]);
    run(&mut pack).expect(0);
    fs::copy(static_binary("sanid-image"), at("sanid-image")).unwrap();
    let file = block("## 5. Image builds", "dockerfile", 1);
    let clean = build("clean", file).expect(0);
    assert!((clean.stdout + &clean.stderr).contains("no identity in /"));
    let (head, lint) = file.split_once("RUN ").unwrap();
    let made = "RUN mkdir -p /etc/nvme; echo nqn.2014-08.com.example:a >/etc/nvme/hostnqn\nRUN ";
    let dirty = build("dirty", &format!("{head}{made}{lint}")).expect(1);
    assert!((dirty.stdout + &dirty.stderr).contains("host-nqn-set  /etc/nvme/hostnqn"));
}

fn user_data() {
    const SCRIPT: &str = r#"
        mount -t tmpfs tmpfs "$1"; cd "$1"; mkdir upper work image; cp "$3" upper/user-data
        mount -t overlay overlay -o "lowerdir=$2,upperdir=upper,workdir=work" image; cd image
        mount --rbind /dev dev
        mkdir -p etc/ssl/certs; cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt
        chroot . /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin cloud-init schema --config-file /user-data
    "#;
    let check = |text: &str| {
        let (_kept, file) = written("user-data", text);
        let work = tempfile::tempdir().unwrap();
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-euc", SCRIPT, "sh"])
            .arg(work.path());
        Ran::of(
            command
                .arg(std::env::var_os("SANID_CLOUD_INIT").unwrap())
                .arg(file),
        )
    };
    for number in 1..=2 {
        let text = block("### cloud-init", "yaml", number);
        check(text).expect(0);
        check(&text.replace("runcmd:", "runcmd: 1\nx:")).expect(1);
    }
}

/// butane itself is not a package: of its language the example has files with text and units.
fn ignition() {
    const BUTANE: &str = "
import json, sys, urllib.parse, yaml
config = yaml.safe_load(sys.stdin)
assert (config.pop('variant'), config.pop('version')) == ('fcos', '1.4.0')
for file in config['storage']['files']:
    file['contents'] = {'source': 'data:,' + urllib.parse.quote(file['contents']['inline'])}
json.dump({'ignition': {'version': '3.3.0'}, **config}, sys.stdout)";
    let (_kept, butane) = written("site.bu", block("### Ignition", "yaml", 1));
    let mut command = Command::new(PYTHON);
    command
        .args(["-c", BUTANE])
        .stdin(fs::File::open(butane).unwrap());
    let made = Ran::of(&mut command).expect(0).stdout;
    let (_kept, config) = written("site.ign", &made);
    let ran = Ran::of(Command::new("ignition-validate").arg(&config)).expect(0);
    assert_eq!(ran.stdout + &ran.stderr, "");
    fs::write(&config, made.replace("\"enabled\": true", "\"enabled\": 1")).unwrap();
    Ran::of(Command::new("ignition-validate").arg(config)).expect(1);
}

fn kickstart() {
    let modules = std::env::var_os("SANID_KICKSTART").unwrap();
    let check = |text: &str| {
        let (_kept, file) = written("ks.cfg", text);
        let program = Path::new(&modules).join("bin/ksvalidator");
        let mut command = Command::new(PYTHON);
        Ran::of(
            command
                .arg(program)
                .args(["-v", "RHEL9"])
                .arg(file)
                .env("PYTHONPATH", &modules),
        )
    };
    let text = block("### kickstart", "", 1);
    check(text).expect(0);
    assert_ne!(check(&text.replace("%end", "")).code, Some(0));
}

fn preseed() {
    let (_kept, file) = written("preseed.cfg", block("### preseed", "", 1));
    let ran = Ran::of(
        Command::new("debconf-set-selections")
            .arg("--checkonly")
            .arg(file),
    )
    .expect(0);
    assert_eq!(ran.stdout + &ran.stderr, "");
}

/// The scripts of kickstart and preseed, in a system in which packages have made names.
fn installers() {
    let kickstart = block("### kickstart", "", 1);
    let (_, post) = kickstart.split_once("%post --erroronfail\n").unwrap();
    let (post, _) = post.split_once("\n%end").unwrap();
    let (_, late) = block("### preseed", "", 1)
        .split_once("late_command string")
        .unwrap();
    let late = late
        .replace("/target/", "./target/")
        .replace("in-target", "chroot target");
    for (name, script) in [
        ("kickstart", "chroot target sh -euc \"$POST\"".into()),
        ("preseed", late),
    ] {
        let work = tempfile::tempdir().unwrap();
        let prelude = r#"
            mount -t tmpfs tmpfs "$1"; cd "$1"; mkdir upper work target
            mount -t overlay overlay -o "lowerdir=$2,upperdir=upper,workdir=work" target
            mount -t proc proc target/proc
            install -m 755 "$3" target/usr/bin/sanid; mkdir -p target/etc/iscsi target/etc/nvme
            echo "$IQN" >target/etc/iscsi/initiatorname.iscsi; echo "$NQN" >target/etc/nvme/hostnqn
        "#;
        let ending = "\ncat target/etc/nvme/hostid; cat target/etc/iscsi/initiatorname.iscsi target/etc/machine-id";
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "sh",
            "-euc",
            &format!("{prelude}{script}{ending}"),
            "sh",
        ]);
        command
            .arg(work.path())
            .arg(tree())
            .arg(static_binary("sanid"));
        command
            .env("POST", post)
            .env("IQN", FOREIGN[0].trim_end())
            .env("NQN", FOREIGN[1].trim_end());
        let ran = Ran::of(&mut command).expect(0);
        let digits = HOST_ID.replace('-', "");
        let names =
            format!("{HOST_ID}\nInitiatorName=iqn.2016-04.com.open-iscsi:{digits}\n{MACHINE_ID}\n");
        assert!(ran.stdout.ends_with(&names), "{name}: {ran:#?}");
    }
}
