//! What `seal` does to a tree, and what it never does.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use sanid_image::cpio;

use crate::support::{ID, IQN, MACHINE_ID, NQN, lint, pairs, put, said, sanid_image, tree};

fn seal(root: &Path, words: &[&str]) -> (Option<i32>, String) {
    let root = root.to_str().unwrap();
    let output = sanid_image(&[&["seal", "--root", root], words].concat());
    (output.status.code(), said(&output))
}

fn dirty() -> tempfile::TempDir {
    let id = format!("{MACHINE_ID}\n");
    let image = tree(&[
        ("etc/machine-id", id.as_bytes()),
        ("etc/iscsi/initiatorname.iscsi", IQN.as_bytes()),
        ("etc/iscsi/iscsid.conf", b"node.startup = manual\n"),
        ("etc/nvme/hostnqn", NQN.as_bytes()),
        ("etc/nvme/hostid", ID.as_bytes()),
        ("usr/local/etc/nvme/hostid", ID.as_bytes()),
        ("var/lib/dbus/machine-id", id.as_bytes()),
        ("var/lib/sanid/record.json", b"{}\n"),
        (
            "etc/sanid/config.d/50-adopted.toml",
            b"[pin]\nhostid = \"x\"\n",
        ),
        ("etc/hostname", b"n1\n"),
    ]);
    let path = image.path().join("etc/machine-id");
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
    image
}

/// Every path of a tree, with what is in the files.
fn all(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(path) = todo.pop() {
        let kind = fs::symlink_metadata(&path).unwrap();
        let shown = path.strip_prefix(root).unwrap().display().to_string();
        if kind.is_dir() {
            todo.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if kind.is_file() {
            found.push((shown, fs::read(&path).unwrap()));
        } else {
            found.push((shown, b"a link".to_vec()));
        }
    }
    found.sort();
    found
}

#[test]
fn it_removes_what_it_says_and_a_second_run_has_nothing_to_do() {
    let image = dirty();
    let before = all(image.path());
    let (code, text) = seal(image.path(), &["--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(all(image.path()), before, "a dry run changes nothing");
    let (code, text) = seal(image.path(), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("done: 8 of 8"), "{text}");
    let left = [
        ("etc/hostname", b"n1\n".as_slice()),
        ("etc/iscsi/iscsid.conf", b"node.startup = manual\n"),
        ("etc/machine-id", b"uninitialized\n"),
    ];
    let left: Vec<_> = left
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
        .collect();
    assert_eq!(all(image.path()), left);
    let machine_id = fs::metadata(image.path().join("etc/machine-id")).unwrap();
    assert_eq!(machine_id.mode() & 0o7777, 0o444);
    assert_eq!(lint(image.path()), (0, Vec::new()));
    let (code, text) = seal(image.path(), &[]);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("nothing to do in "), "{text}");
    let again = fs::metadata(image.path().join("etc/machine-id")).unwrap();
    assert_eq!(
        again.ino(),
        machine_id.ino(),
        "what is clean is not written"
    );
}

#[test]
fn reports_files_of_other_programs_and_leaves_them() {
    let image = dirty();
    let initramfs = cpio::archive(&[("etc/nvme/hostid", ID.as_bytes())]);
    put(image.path(), "boot/initrd.img-6.1", &initramfs);
    put(image.path(), "etc/credstore/sanid.iqn", b"x");
    put(
        image.path(),
        "etc/nvme/nvme-fabrics.conf",
        b"[Host]\nhostnqn = nqn.2014-08.com.example:a\njunk\n",
    );
    let (code, text) = seal(image.path(), &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("nvme-cli refuses it: line 3"), "{text}");
    assert!(text.contains("update-initramfs -u -k 6.1"), "{text}");
    assert!(text.contains("rm /etc/credstore/sanid.iqn"), "{text}");
    let wanted = pairs(&[
        ("initramfs-identity", "/boot/initrd.img-6.1"),
        ("credential-identity", "/etc/credstore/sanid.iqn"),
        ("nvme-config-host", "/etc/nvme/nvme-fabrics.conf"),
    ]);
    assert_eq!(lint(image.path()), (1, wanted));
}

/// A configuration, and what `seal` leaves of it.
const CONFIGURATIONS: [(&str, &str, &str); 7] = [
    (
        "etc/iscsi/iscsid.conf",
        "# CHAP\r\nnode.session.auth.authmethod = CHAP\r\nnode.session.auth.password = s3cret\r\n",
        "# CHAP\r\nnode.session.auth.authmethod = CHAP\r\n",
    ),
    (
        "var/lib/iscsi/nodes/t/p/default",
        "node.name = t\niface.initiatorname = iqn.2004-05.com.example:a\n",
        "node.name = t\n",
    ),
    (
        "etc/nvme/config.json",
        "[ {\"hostnqn\": \"nqn.2014-08.com.example:a\", \"dhchap_key\": \"s3cret\", \"subsystems\": []} ]",
        "[ {\"subsystems\": []} ]",
    ),
    (
        "etc/nvme/discovery.conf",
        "# sites\n-t tcp -a 192.0.2.1 -q nqn.2014-08.com.example:a\n",
        "# sites\n-t tcp -a 192.0.2.1\n",
    ),
    (
        "etc/nvme/nvme-fabrics.conf",
        "[Host]\nhostid = a3b1c2d4-0000-4000-8000-0123456789ab\nhostsymname = web",
        "[Host]\nhostsymname = web",
    ),
    (
        "etc/nvme/nvme-fabrics.conf.d/b.conf",
        "[Host]\nhostnqn = nqn.2014-08.com.example:b\n\n[Subsystem]\nnqn = nqn.2014-08.com.example:s\n",
        "\n[Subsystem]\nnqn = nqn.2014-08.com.example:s\n",
    ),
    (
        "etc/stas/sys.conf",
        "[Host]\nnqn=nqn.2014-08.com.example:a\nid=file:///etc/nvme/hostid\n",
        "[Host]\nid=file:///etc/nvme/hostid\n",
    ),
];

#[test]
fn edits_configurations_and_keeps_the_rest_of_them() {
    let files: Vec<(&str, &[u8])> = CONFIGURATIONS
        .iter()
        .map(|(path, before, _)| (*path, before.as_bytes()))
        .collect();
    let image = tree(&files);
    let config = image.path().join("etc/nvme/config.json");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o640)).unwrap();
    // Only root can give a file away.
    let _ = std::os::unix::fs::chown(&config, Some(12), Some(34));
    let owner = fs::metadata(&config).unwrap();
    let (code, text) = seal(image.path(), &["--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    assert!(
        text.contains("edit /etc/nvme/config.json: remove names and secrets"),
        "{text}"
    );
    let (code, text) = seal(image.path(), &["--format", "json"]);
    assert_eq!(code, Some(0), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(
        steps.len(),
        CONFIGURATIONS.len(),
        "one step for each file: {text}"
    );
    assert!(
        steps
            .iter()
            .all(|step| step["action"] == "edit" && step["done"] == true),
        "{text}"
    );
    for (path, _, after) in CONFIGURATIONS {
        let now = fs::read_to_string(image.path().join(path)).unwrap();
        assert_eq!(now, after, "{path}");
    }
    let edited = fs::metadata(&config).unwrap();
    assert_eq!(edited.mode() & 0o7777, 0o640);
    assert_eq!((edited.uid(), edited.gid()), (owner.uid(), owner.gid()));
    assert_eq!(lint(image.path()), (0, Vec::new()));
    assert_eq!(seal(image.path(), &[]).0, Some(0));
    let again = fs::metadata(&config).unwrap();
    assert_eq!(again.ino(), edited.ino(), "what is clean is not written");
}

/// The initiator name is derived from the machine-id, the Host ID from an earlier one, and the host NQN is somebody's.
#[test]
fn keeps_foreign_names_where_asked_and_reports_them() {
    let id = format!("{MACHINE_ID}\n");
    let iqn = "InitiatorName=iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b\n";
    let record = format!(
        r#"{{"apiVersion":"sanid/v1","kind":"Record","nvme":{{"hostNqn":"nqn.2014-08.com.example:a","hostId":"{}","source":"derived"}}}}"#,
        ID.trim_end()
    );
    let image = tree(&[
        ("etc/machine-id", id.as_bytes()),
        ("etc/iscsi/initiatorname.iscsi", iqn.as_bytes()),
        ("etc/iscsi/initiatorname.iscsi.orig", IQN.as_bytes()),
        ("etc/nvme/hostnqn", NQN.as_bytes()),
        ("etc/nvme/hostid", ID.as_bytes()),
        (
            "etc/nvme/discovery.conf",
            b"-t tcp -q nqn.2014-08.com.example:b\n",
        ),
        (
            "etc/sanid/config.d/50-adopted.toml",
            b"[pin]\nhostid = \"0d5ba1ee-3f0c-4a2b-9a59-59e7a2a0c0de\"\n",
        ),
        ("var/lib/sanid/record.json", record.as_bytes()),
    ]);
    let (code, text) = seal(image.path(), &["--keep-foreign"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("done: 4 of 4"), "{text}");
    let kept = pairs(&[
        ("initiator-name-set", "/etc/iscsi/initiatorname.iscsi.orig"),
        ("nvme-config-host", "/etc/nvme/discovery.conf"),
        ("host-nqn-set", "/etc/nvme/hostnqn"),
        ("pinned-identity", "/etc/sanid/config.d/50-adopted.toml"),
    ]);
    assert_eq!(lint(image.path()), (1, kept));
    assert_eq!(seal(image.path(), &[]).0, Some(0));
    assert_eq!(lint(image.path()), (0, Vec::new()));
}

#[test]
fn nothing_outside_the_root_is_touched() {
    let outside = dirty();
    let before = all(outside.path());
    let image = tree(&[("etc/x", b"")]);
    let up = "../../../../../../../../../..".to_owned() + outside.path().to_str().unwrap();
    for (at, to) in [
        ("etc/machine-id", format!("{up}/etc/machine-id")),
        (
            "etc/iscsi",
            outside.path().join("etc/iscsi").display().to_string(),
        ),
        ("etc/nvme", format!("{up}/etc/nvme")),
        ("var", outside.path().join("var").display().to_string()),
    ] {
        symlink(to, image.path().join(at)).unwrap();
    }
    let (code, text) = seal(image.path(), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(all(outside.path()), before);
    // A second name of a file outside goes, and the file stays.
    let image = tree(&[("etc/nvme/x", b"")]);
    fs::hard_link(
        outside.path().join("etc/nvme/hostid"),
        image.path().join("etc/nvme/hostid"),
    )
    .unwrap();
    fs::hard_link(
        outside.path().join("etc/machine-id"),
        image.path().join("etc/machine-id"),
    )
    .unwrap();
    assert_eq!(seal(image.path(), &[]).0, Some(0));
    assert_eq!(lint(image.path()), (0, Vec::new()));
    assert_eq!(all(outside.path()), before);
}

#[test]
fn a_link_is_followed_inside_the_root_to_the_file_that_changes() {
    let id = format!("{MACHINE_ID}\n");
    let image = tree(&[
        ("data/machine-id", id.as_bytes()),
        ("data/nvme/hostid", ID.as_bytes()),
    ]);
    fs::create_dir(image.path().join("etc")).unwrap();
    symlink("/data/machine-id", image.path().join("etc/machine-id")).unwrap();
    symlink("../data/nvme", image.path().join("etc/nvme")).unwrap();
    fs::create_dir_all(image.path().join("var/lib/dbus")).unwrap();
    symlink(
        "/etc/machine-id",
        image.path().join("var/lib/dbus/machine-id"),
    )
    .unwrap();
    let (code, text) = seal(image.path(), &[]);
    assert_eq!(code, Some(0), "{text}");
    let read = |path: &str| fs::read(image.path().join(path)).ok();
    assert_eq!(read("data/machine-id").unwrap(), b"uninitialized\n");
    assert_eq!(read("data/nvme/hostid"), None);
    for link in ["etc/machine-id", "var/lib/dbus/machine-id"] {
        assert!(
            fs::symlink_metadata(image.path().join(link))
                .unwrap()
                .is_symlink(),
            "{link}"
        );
    }
    assert_eq!(lint(image.path()), (0, Vec::new()));
}

/// Where `/usr/etc` is another way to `/etc`, the machine-id is reset and not removed.
#[test]
fn another_way_to_the_machine_id_does_not_remove_it() {
    let image = dirty();
    symlink("../etc", image.path().join("usr/etc")).unwrap();
    fs::hard_link(
        image.path().join("etc/machine-id"),
        image.path().join("etc/second"),
    )
    .unwrap();
    let (code, text) = seal(image.path(), &[]);
    assert_eq!(code, Some(0), "{text}");
    let text = fs::read(image.path().join("etc/machine-id")).unwrap();
    assert_eq!(text, b"uninitialized\n");
}

#[test]
fn the_root_of_this_machine_is_refused_by_every_name() {
    let link = tempfile::tempdir().unwrap();
    symlink("/", link.path().join("root")).unwrap();
    for root in [
        "/",
        "//",
        "/proc/self/root",
        "/tmp/..",
        link.path().join("root").to_str().unwrap(),
    ] {
        for words in [&["--dry-run"][..], &["--dry-run", "--format", "json"]] {
            let (code, text) = seal(Path::new(root), words);
            assert_eq!(code, Some(3), "{root}: {text}");
            assert!(text.contains("--this-host"), "{text}");
        }
    }
    let (code, text) = seal(Path::new("/"), &["--dry-run", "--this-host"]);
    assert!(matches!(code, Some(0 | 1)), "{text}");
}
