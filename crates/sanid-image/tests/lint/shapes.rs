//! What is given instead of the root of a system: read where it holds container images, and refused by name
//! everywhere else.

use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    self, Found, ID, found, gzip, lint, lint_tar_raw, pairs, put, said, sanid_image, tar, tree,
};

/// Files by path.
type Files = Vec<(String, Vec<u8>)>;

fn digest(number: usize) -> String {
    format!("{number:064x}")
}

fn layer() -> Vec<u8> {
    gzip(&tar(&[("etc/nvme/hostid", ID.as_bytes())]))
}

fn manifest() -> Vec<u8> {
    let layer = json!({
        "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
        "digest": format!("sha256:{}", digest(1)),
    });
    let manifest = json!({ "schemaVersion": 2, "layers": [layer] });
    manifest.to_string().into_bytes()
}

/// What skopeo writes to `dir:`.
fn dir_transport() -> Files {
    vec![
        (
            "version".into(),
            b"Directory Transport Version: 1.1\n".into(),
        ),
        ("manifest.json".into(), manifest()),
        (digest(1), layer()),
        (digest(2), b"{}".into()),
    ]
}

/// The same of an image for several machines.
fn dir_transport_of_an_index() -> Files {
    let index = json!({ "manifests": [{ "digest": format!("sha256:{}", digest(3)) }] });
    vec![
        (
            "version".into(),
            b"Directory Transport Version: 1.1\n".into(),
        ),
        ("manifest.json".into(), index.to_string().into_bytes()),
        (format!("{}.manifest.json", digest(3)), manifest()),
        (digest(1), layer()),
    ]
}

fn oci_layout() -> Files {
    let index = json!({ "manifests": [{ "digest": format!("sha256:{}", digest(3)) }] });
    vec![
        (
            "oci-layout".into(),
            b"{\"imageLayoutVersion\":\"1.0.0\"}".into(),
        ),
        ("index.json".into(), index.to_string().into_bytes()),
        (format!("blobs/sha256/{}", digest(3)), manifest()),
        (format!("blobs/sha256/{}", digest(1)), layer()),
    ]
}

fn docker_save() -> Files {
    vec![
        (
            "manifest.json".into(),
            br#"[{"Layers":["0/layer.tar"]}]"#.into(),
        ),
        ("0/layer.tar".into(), layer()),
    ]
}

fn as_directory(files: &Files) -> TempDir {
    let top = tree(&[]);
    for (path, bytes) in files {
        put(top.path(), path, bytes);
    }
    top
}

fn as_tar(files: &Files) -> Vec<u8> {
    let files: Vec<_> = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect();
    tar(&files)
}

#[test]
fn container_images_are_read_in_a_directory_and_in_a_tar() {
    let wanted = (1, pairs(&[("host-id-set", "/etc/nvme/hostid")]));
    for files in [
        dir_transport(),
        dir_transport_of_an_index(),
        oci_layout(),
        docker_save(),
    ] {
        let directory = as_directory(&files);
        assert_eq!(lint(directory.path()), wanted, "{:?}", files[0]);
        let output = lint_tar_raw(&as_tar(&files), "json");
        assert_eq!(found(&output), wanted, "{:?}", files[0]);
        // They are not a root that can be sealed.
        let path = directory.path().to_str().unwrap();
        let output = sanid_image(&["seal", "--root", path]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("umoci unpack"), "{}", said(&output));
    }
}

/// An image that cannot be read whole is never clean.
#[test]
fn a_container_image_with_an_unread_part_is_reported() {
    let replaced = |path: &str, bytes: &[u8]| {
        let mut files = oci_layout();
        let file = files.iter_mut().find(|(name, _)| name.ends_with(path));
        file.unwrap().1 = bytes.to_vec();
        files
    };
    let erofs = manifest_of("application/vnd.erofs.layer.v1");
    let deep = json!({ "manifests": [{ "digest": format!("sha256:{}", digest(3)) }] });
    let (layer, inner) = (digest(1), digest(3));
    let table: [(&str, Files, &str); 5] = [
        ("encrypted", replaced(&layer, b"\x93\x11"), "is not a tar"),
        ("a file system", replaced(&inner, &erofs), "is not read"),
        (
            "an index of itself",
            replaced(&inner, deep.to_string().as_bytes()),
            "was not read",
        ),
        (
            "no index",
            replaced("index.json", b"["),
            "no image with a layer",
        ),
        (
            "an index of nothing",
            replaced("index.json", b"{}"),
            "no image with a layer",
        ),
    ];
    for (case, files, text) in table {
        for output in [lint_tar_raw(&as_tar(&files), "text"), directory(&files)] {
            assert_ne!(output.status.code(), Some(0), "{case}");
            assert!(said(&output).contains(text), "{case}: {}", said(&output));
        }
    }
}

fn directory(files: &Files) -> std::process::Output {
    let directory = as_directory(files);
    sanid_image(&["lint", "--root", directory.path().to_str().unwrap()])
}

fn manifest_of(kind: &str) -> Vec<u8> {
    let layer = json!({ "mediaType": kind, "digest": format!("sha256:{}", digest(1)) });
    json!({ "layers": [layer] }).to_string().into_bytes()
}

/// The exit codes of lint and seal, with what lint says.
fn refused(top: &Path) -> String {
    let path = top.to_str().unwrap();
    let sealed = sanid_image(&["seal", "--root", path]);
    assert_eq!(sealed.status.code(), Some(2), "{}", said(&sealed));
    let output = sanid_image(&["lint", "--root", path]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    said(&output)
}

#[test]
fn a_directory_that_is_not_a_root_is_refused_with_the_one_to_give() {
    let id = ID.as_bytes();
    let table: [(&str, support::Files<'_>, &str); 7] = [
        (
            "a bundle of umoci",
            &[
                ("config.json", b"{}"),
                ("umoci.json", b"{}"),
                ("rootfs/etc/nvme/hostid", id),
            ],
            "Its directory rootfs does",
        ),
        (
            "a bundle of umoci without a root",
            &[("config.json", b"{}"), ("umoci.json", b"{}")],
            "has its /etc",
        ),
        (
            "the directory above an image",
            &[("noble/etc/nvme/hostid", id), ("noble/usr/bin/x", b"")],
            "Its directory noble does",
        ),
        (
            "the stateroot of OSTree",
            &[("deploy/0.0/etc/nvme/hostid", id), ("var/x", b"")],
            "Its directory deploy/0.0 does",
        ),
        (
            "a repository of OSTree",
            &[
                ("config", b"[core]\n"),
                ("objects/00/1.file", id),
                ("refs/heads/x", b""),
            ],
            "ostree checkout",
        ),
        (
            "the sysroot of OSTree without a deployment",
            &[("ostree/repo/objects/00/1.file", id)],
            "ostree checkout",
        ),
        ("files of a user", &[("notes/a", b"")], "has its /etc"),
    ];
    for (case, files, advice) in table {
        let top = tree(files);
        let text = refused(top.path());
        assert!(
            text.contains("looks like the root of a system"),
            "{case}: {text}"
        );
        assert!(text.contains(advice), "{case}: {text}");
        let output = lint_tar_raw(&tar(files), "json");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{case}: {text}");
        assert!(
            text.contains("looks like the root of a system"),
            "{case}: {text}"
        );
    }
}

#[test]
fn seal_changes_nothing_in_a_directory_that_is_not_a_root() {
    let top = tree(&[
        ("config.json", b"{}"),
        ("rootfs/etc/nvme/hostid", ID.as_bytes()),
    ]);
    refused(top.path());
    let kept = fs::read(top.path().join("rootfs/etc/nvme/hostid")).unwrap();
    assert_eq!(kept, ID.as_bytes());
}

#[test]
fn a_disk_or_a_file_system_is_named_and_not_taken_for_an_empty_tar() {
    let at = |offset: usize, magic: &[u8]| {
        let mut bytes = vec![0; 40_000];
        bytes[offset..offset + magic.len()].copy_from_slice(magic);
        bytes
    };
    let table = [
        (at(0, b"hsqs"), "squashfs"),
        (at(0, b"QFI\xfb"), "QEMU"),
        (at(0x438, &[0x53, 0xef]), "ext4"),
        (at(1024, &[0xe2, 0xe1, 0xf5, 0xe0]), "EROFS"),
        (at(510, &[0x55, 0xaa]), "a disk image"),
        (at(0x8001, b"CD001"), "ISO 9660"),
        // The label of Btrfs is beyond what is looked at.
        (at(39_000, b"_BHRfS_M"), "follows its end mark"),
    ];
    for (bytes, kind) in table {
        let output = lint_tar_raw(&bytes, "text");
        assert_eq!(output.status.code(), Some(2), "{kind}: {}", said(&output));
        assert!(said(&output).contains(kind), "{kind}: {}", said(&output));
        let file = tree(&[("disk", &bytes)]);
        let path = file.path().join("disk");
        let output = sanid_image(&["lint", "--root", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{kind}: {}", said(&output));
    }
}

#[test]
fn a_part_of_a_root_is_read() {
    let clean: Found = (0, Vec::new());
    for path in [
        "usr/bin/x",
        "boot/vmlinuz",
        "var/lib/x/etc/y",
        "ostree/deploy/os/var/x",
    ] {
        let top = tree(&[(path, b"")]);
        assert_eq!(lint(top.path()), clean, "{path}");
        let output = lint_tar_raw(&tar(&[(path, b"")]), "json");
        assert_eq!(found(&output), clean, "{path}");
    }
}
