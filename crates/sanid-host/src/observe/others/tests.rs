use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;
use crate::facts::{Guard, When, Writer};
use crate::file::{FileState, IdentityFile};
use crate::testing::{NQN, OTHER_NQN, facts};

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn seen(root: &Path) -> OthersFacts {
    read(&Root::open(root).unwrap())
}

/// `(place, unit, file, guard)`, in the order in which they are found.
fn writers(root: &Path) -> Vec<(String, Option<String>, IdentityFile, Guard)> {
    let Observed::Saw(seen) = seen(root).writers else {
        panic!("the scripts were not read");
    };
    let seen = seen.into_iter();
    seen.map(
        |Writer {
             place,
             unit,
             file,
             guard,
             ..
         }| (place, unit, file, guard),
    )
    .collect()
}

#[test]
fn nothing_of_a_system_is_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(seen(dir.path()), facts().others);
}

#[test]
fn copies_outside_of_etc() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "usr/local/etc/nvme/hostnqn", OTHER_NQN);
    fs::create_dir_all(dir.path().join("usr/etc/iscsi/initiatorname.iscsi")).unwrap();
    let seen = seen(dir.path()).elsewhere;
    let seen = seen.seen();
    let paths: Vec<&str> = seen.iter().map(|one| &*one.path).collect();
    assert_eq!(
        paths,
        [
            "usr/local/etc/nvme/hostnqn",
            "usr/etc/iscsi/initiatorname.iscsi"
        ]
    );
    assert_eq!(seen[0].state.bytes(), Some(OTHER_NQN.as_bytes()));
    assert!(matches!(seen[1].state, FileState::Unreadable(_)));
}

const VENDOR: &str = "[Unit]\nDescription=x\n[Service]\nType=oneshot\n\
    ExecStart=/usr/bin/sh -c 'nvme gen-hostnqn > /etc/nvme/hostnqn'\n\
    [Install]\nWantedBy=multi-user.target\n";

/// A unit and the link that starts it.
fn unit(root: &Path, name: &str, text: &str, wants: &str) {
    put(root, &format!("etc/systemd/system/{name}"), text);
    let wants = root.join(format!("etc/systemd/system/{wants}"));
    fs::create_dir_all(&wants).unwrap();
    symlink(format!("/etc/systemd/system/{name}"), wants.join(name)).unwrap();
}

#[test]
fn a_unit_that_is_started_and_writes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let name = "nvme-gen-hostnqn.service";
    put(root, &format!("etc/systemd/system/{name}"), VENDOR);
    assert_eq!(writers(root), [], "nothing starts it");
    unit(root, name, VENDOR, "multi-user.target.wants");
    let place = format!("/etc/systemd/system/{name}");
    let found = |guard| {
        (
            place.clone(),
            Some(name.to_owned()),
            IdentityFile::HostNqn,
            guard,
        )
    };
    assert_eq!(writers(root), [found(Guard::None)]);

    let drop_in = format!("etc/systemd/system/{name}.d/10-once.conf");
    put(
        root,
        &drop_in,
        "[Unit]\nConditionFileNotEmpty=!/etc/nvme/hostnqn\n",
    );
    assert_eq!(writers(root), [found(Guard::Empty)]);
    put(root, &drop_in, "[Service]\nExecStart=\n");
    assert_eq!(writers(root), []);

    fs::remove_dir_all(root.join(format!("etc/systemd/system/{name}.d"))).unwrap();
    fs::remove_file(root.join(format!("etc/systemd/system/{name}"))).unwrap();
    put(root, &format!("usr/lib/systemd/system/{name}"), VENDOR);
    let place = format!("/usr/lib/systemd/system/{name}");
    let vendors = (
        place,
        Some(name.to_owned()),
        IdentityFile::HostNqn,
        Guard::None,
    );
    assert_eq!(writers(root), [vendors]);
    symlink("/dev/null", root.join(format!("etc/systemd/system/{name}"))).unwrap();
    assert_eq!(writers(root), [], "a unit that is masked does not start");
}

#[test]
fn a_script_behind_a_socket() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    put(
        root,
        "lib/systemd/system/iscsid.service",
        "[Service]\nExecStartPre=/lib/open-iscsi/startup-checks.sh\nExecStart=/sbin/iscsid\n",
    );
    put(
        root,
        "lib/open-iscsi/startup-checks.sh",
        "#!/bin/sh\nNAMEFILE=/etc/iscsi/initiatorname.iscsi\n\
         if grep -q \"^GenerateName=yes\" $NAMEFILE; then\n iscsi-iname > $NAMEFILE\nfi\n",
    );
    put(
        root,
        "etc/systemd/system/sockets.target.wants/iscsid.socket",
        "",
    );
    assert_eq!(
        writers(root),
        [(
            "/lib/open-iscsi/startup-checks.sh".to_owned(),
            Some("iscsid.service".to_owned()),
            IdentityFile::InitiatorName,
            Guard::GenerateName
        )]
    );
}

#[test]
fn scripts_of_the_boot_of_packages_and_tmpfiles() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    put(
        root,
        "etc/rc.local",
        "#!/bin/sh\nuuidgen > /etc/nvme/hostid\n",
    );
    put(
        root,
        "var/lib/cloud/scripts/per-boot/50-nvme",
        "[ -e /etc/nvme/hostid ] || uuidgen > /etc/nvme/hostid\n",
    );
    put(
        root,
        "var/lib/dpkg/info/nvme-cli.postinst",
        "if [ ! -s /etc/nvme/hostid ]\nthen\nuuidgen > /etc/nvme/hostid\nfi\n",
    );
    put(
        root,
        "usr/lib/tmpfiles.d/x.conf",
        &format!("f+ /etc/nvme/hostnqn - - - - {NQN}\n"),
    );
    let seen: Vec<_> = seen(root)
        .writers
        .seen()
        .iter()
        .map(|one| (one.place.clone(), one.when, one.guard))
        .collect();
    let expected = [
        ("/etc/rc.local", When::Boot, Guard::None),
        (
            "/var/lib/cloud/scripts/per-boot/50-nvme",
            When::Boot,
            Guard::Missing,
        ),
        (
            "/var/lib/dpkg/info/nvme-cli.postinst",
            When::Package,
            Guard::Empty,
        ),
        ("/usr/lib/tmpfiles.d/x.conf", When::Boot, Guard::None),
    ];
    assert_eq!(
        seen,
        expected.map(|(place, when, guard)| (place.to_owned(), when, guard))
    );
}

#[test]
fn hostile_trees_are_looked_at_and_left() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let big = "x".repeat(1 << 20);
    put(root, "etc/rc.local", &big);
    put(root, "etc/systemd/system/a.wants/loop.service", "");
    symlink("loop.service", root.join("etc/systemd/system/loop.service")).unwrap();
    // All that an iscsid shows, and a link out of the tree.
    let fields = "S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 100 1 2";
    for (path, text) in [
        ("proc/stat", "btime 1\n".to_owned()),
        ("proc/7/stat", format!("7 (iscsid) {fields}\n")),
        ("proc/7/comm", "iscsid\n".to_owned()),
        ("proc/7/cmdline", "iscsid\0".to_owned()),
        ("proc/7/ns/mnt", String::new()),
        ("proc/7/mountinfo", String::new()),
        ("outside/etc/iscsi/initiatorname.iscsi", String::new()),
    ] {
        put(root, path, &text);
    }
    symlink(root.join("outside"), root.join("proc/7/root")).unwrap();
    fs::create_dir_all(root.join("usr/local/etc/nvme")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("usr/local/etc/nvme/hostnqn"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let seen = seen(root);
    assert_eq!(seen.writers, Observed::Saw(Vec::new()));
    assert_eq!(
        (seen.started, seen.namespaces),
        (
            Observed::Saw(Vec::new()),
            Observed::Saw(Namespaces::default())
        ),
        "a directory that is not a procfs shows no processes"
    );
    let elsewhere = seen.elsewhere.seen();
    assert!(matches!(elsewhere[0].state, FileState::Unreadable(_)));
}

#[test]
fn the_directories_of_the_files_and_their_labels() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for file in IdentityFile::ALL {
        put(root, file.path(), "x");
    }
    let access = seen(root).access;
    let access = access.seen();
    assert_eq!(access.len(), 3);
    assert!(access.iter().all(|one| one.directory_mode & 0o700 == 0o700));
    assert!(
        access.iter().all(|one| one.label.is_none()),
        "a kernel without SELinux"
    );

    put(root, "sys/fs/selinux/enforce", "1");
    let label = |path: &str, label: &str| {
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(root.join(path), "security.selinux", label.as_bytes(), flags)
    };
    // Only root may, where the kernel has no SELinux; without a label the answers are empty.
    let labelled = label("etc/nvme", "system_u:object_r:etc_t:s0\0").is_ok()
        && label("etc/nvme/hostnqn", "unconfined_u:object_r:user_tmp_t:s0\0").is_ok();
    let access = seen(root).access;
    let access = access.seen();
    let of = |file| {
        let one = access.iter().find(|one| one.file == file).unwrap();
        (one.directory_label.as_deref(), one.label.as_deref())
    };
    let expected = if labelled {
        (Some("etc_t"), Some("user_tmp_t"))
    } else {
        (Some(""), Some(""))
    };
    assert_eq!(of(IdentityFile::HostNqn), expected);
}

/// `READER FILE:LINE NAMES` of each own name.
fn own_names(root: &Path) -> (Vec<String>, Vec<String>) {
    let Observed::Saw(own) = seen(root).own_names else {
        panic!("the configurations were not read");
    };
    let one = |own: &crate::own::OwnName| {
        format!("{} {} {}", own.reader.name, own.place(), own.own.names)
    };
    (own.names.iter().map(one).collect(), own.unread)
}

/// nvme-cli#1956, nvme-cli#3566, kubernetes#47311.
#[test]
fn names_in_the_configuration_of_each_reader() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let pair =
        format!("[Host]\nhostnqn = {OTHER_NQN}\nhostid = 99999999-2222-4333-8444-555555555555\n");
    put(root, "etc/nvme/nvme-fabrics.conf", &pair);
    put(root, "etc/nvme/nvme-fabrics.conf.d/10-a.conf", &pair);
    put(root, "etc/nvme/nvme-fabrics.conf.d/10-a.bak", &pair);
    put(root, "etc/nvme/nvme-fabrics.conf.d/.conf", &pair);
    put(root, "etc/nvme/config.json", "[{\"hostid\": \"y\"}]");
    put(root, "etc/nvme/discovery.conf", "#\n-t tcp -I z\n");
    let own = "[Host]\nnqn=file:///etc/nvme/hostnqn\nid=file:///etc/stas/id\n";
    put(root, "etc/stas/sys.conf", own);
    put(root, "etc/stas/id", "w\n");
    let record = "iface.initiatorname = iqn.a:b\n";
    for path in [
        "etc/iscsi/iscsid.conf",
        "etc/iscsi/ifaces/eth0",
        "etc/iscsi/nodes/t/192.0.2.1,3260",
        "var/lib/iscsi/ifaces/eth1",
        "var/lib/iscsi/nodes/t/192.0.2.1,3260,1/default",
        // Deeper than records are.
        "var/lib/iscsi/ifaces/a/b",
    ] {
        put(root, path, record);
    }
    let (names, unread) = own_names(root);
    let expected = [
        format!(
            "nvme-cli 3.1 /etc/nvme/nvme-fabrics.conf:2 {OTHER_NQN} 99999999-2222-4333-8444-555555555555"
        ),
        format!(
            "nvme-cli 3.1 (persona) /etc/nvme/nvme-fabrics.conf.d/10-a.conf:2 {OTHER_NQN} 99999999-2222-4333-8444-555555555555"
        ),
        "nvme connect-all (config.json) /etc/nvme/config.json:1 y".into(),
        "nvme connect-all (discovery.conf) /etc/nvme/discovery.conf:2 z".into(),
        "nvme-stas /etc/stas/sys.conf:2 w".into(),
        "open-iscsi (iface) /etc/iscsi/iscsid.conf:1 iqn.a:b".into(),
        "open-iscsi (iface) /var/lib/iscsi/ifaces/eth1:1 iqn.a:b".into(),
        "open-iscsi (iface) /var/lib/iscsi/nodes/t/192.0.2.1,3260,1/default:1 iqn.a:b".into(),
        "open-iscsi (iface) /etc/iscsi/ifaces/eth0:1 iqn.a:b".into(),
        "open-iscsi (iface) /etc/iscsi/nodes/t/192.0.2.1,3260:1 iqn.a:b".into(),
    ];
    assert_eq!((names, unread), (expected.to_vec(), vec![]));
}

#[test]
fn configurations_that_cannot_be_read_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    put(root, "etc/nvme/config.json", "[{\"hostnqn\": ");
    put(
        root,
        "etc/nvme/nvme-fabrics.conf",
        &"#".repeat((1 << 20) + 1),
    );
    fs::create_dir_all(root.join("etc/nvme/discovery.conf")).unwrap();
    put(
        root,
        "etc/stas/sys.conf",
        "[Host]\nnqn=file:///etc/stas/nqn\n",
    );
    put(root, "etc/stas/nqn", "no name\n");
    let (names, unread) = own_names(root);
    assert_eq!(names, Vec::<String>::new());
    assert_eq!(unread.len(), 3, "{unread:?}");
}

#[test]
fn the_names_of_a_hostile_configuration_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let all = vec![format!("{{\"hostnqn\": \"{OTHER_NQN}\"}}"); 3000];
    put(
        root,
        "etc/nvme/config.json",
        &format!("[{}]", all.join(",")),
    );
    put(root, "etc/nvme/discovery.conf", "-q a\n");
    let (names, unread) = own_names(root);
    assert_eq!((names.len(), unread.len()), (1024, 1));
}

#[test]
fn the_uuid_of_lxd_is_found_in_either_place() {
    for path in [
        "var/snap/lxd/common/lxd/server.uuid",
        "var/lib/lxd/server.uuid",
    ] {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), path, "11111111-2222-4333-8444-555555555555\n");
        let expected = (format!("/{path}"), crate::testing::OTHER_ID.to_owned());
        assert_eq!(seen(dir.path()).lxd, Observed::Saw(Some(expected)));
    }
}
