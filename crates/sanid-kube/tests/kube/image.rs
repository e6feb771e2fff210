//! The image, as the real buildah builds it from nothing, without a registry; and the binary in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use testkit::trial::trial_with;

use crate::{lacks, not_root, render};

/// What the static binary of the agent may weigh; `cargo xtask bench kube` states what it does.
const LARGEST: u64 = 6 * 1024 * 1024;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial_with(
            "the_image_has_two_static_binaries_and_nothing_else",
            "root, buildah, the static binaries",
            cannot,
            image,
        ),
        trial_with(
            "the_static_binary_is_at_most_6_mib",
            "the static binaries",
            || not_built("SANID_KUBE_STATIC"),
            || {
                let size = fs::metadata(binary("SANID_KUBE_STATIC")).unwrap().len();
                assert!(size <= LARGEST, "{size} bytes");
            },
        ),
    ]
}

/// Why there is no static binary.
pub(crate) fn not_built(name: &str) -> Option<String> {
    let binary = std::env::var_os(name).map(PathBuf::from);
    (!binary.is_some_and(|path| path.is_file()))
        .then(|| format!("{name} is not set: cargo xtask test --only static kube"))
}

fn binary(name: &str) -> PathBuf {
    std::env::var_os(name).unwrap().into()
}

fn cannot() -> Option<String> {
    not_root()
        .or_else(|| lacks(&["buildah"]))
        .or_else(|| not_built("SANID_STATIC"))
        .or_else(|| not_built("SANID_KUBE_STATIC"))
}

fn containerfile() -> PathBuf {
    render::chart().join("../../Containerfile")
}

/// A store of images that goes with the value.
struct Store(tempfile::TempDir);

impl Store {
    /// Needs neither a registry, nor a kernel that can overlay.
    fn buildah(&self, arguments: &[&str]) -> String {
        let done = Command::new("buildah")
            .arg("--root")
            .arg(self.0.path().join("images"))
            .arg("--runroot")
            .arg(self.0.path().join("run"))
            .args(["--storage-driver", "vfs"])
            .args(arguments)
            .current_dir(self.0.path())
            .env("BUILDAH_ISOLATION", "chroot")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }
}

fn image() {
    let store = Store(tempfile::tempdir().unwrap());
    // The repository as the Containerfile sees it, with what `cargo xtask test --only static` makes.
    let release = store
        .0
        .path()
        .join("target/x86_64-unknown-linux-musl/release");
    fs::create_dir_all(&release).unwrap();
    fs::copy(binary("SANID_STATIC"), release.join("sanid")).unwrap();
    fs::copy(binary("SANID_KUBE_STATIC"), release.join("sanid-kube")).unwrap();
    let dist = store.0.path().join("dist/kubernetes");
    fs::create_dir_all(&dist).unwrap();
    fs::copy(containerfile(), dist.join("Containerfile")).unwrap();
    store.buildah(&[
        "bud",
        "-t",
        "sanid-kube",
        "-f",
        "dist/kubernetes/Containerfile",
        ".",
    ]);

    let about = store.buildah(&["inspect", "--type", "image", "sanid-kube"]);
    let about: Value = serde_json::from_str(&about).unwrap();
    let config = &about["OCIv1"]["config"];
    assert_eq!(
        config["User"], "65532:65532",
        "not root where nobody says so"
    );
    assert_eq!(config["Entrypoint"], json!(["/sanid-kube"]));
    for label in ["title", "description", "licenses", "source", "version"] {
        let value = &config["Labels"][format!("org.opencontainers.image.{label}")];
        assert!(
            value.as_str().is_some_and(|text| !text.is_empty()),
            "{label}"
        );
    }

    let container = store.buildah(&["from", "--pull-never", "localhost/sanid-kube"]);
    let root = store.buildah(&["mount", &container]);
    let mut files = Vec::new();
    list(Path::new(&root), Path::new(""), &mut files);
    files.sort();
    assert_eq!(files, ["host/", "sanid", "sanid-kube"]);
    store.buildah(&["umount", &container]);
    // They run with nothing beside them: no library, no shell, no user database.
    for program in ["/sanid-kube", "/sanid"] {
        let version = store.buildah(&["run", &container, "--", program, "--version"]);
        assert!(version.ends_with(env!("CARGO_PKG_VERSION")), "{version}");
    }
    store.buildah(&["push", "sanid-kube", "oci-archive:image.tar:sanid-kube"]);
    no_identity_in(&store.0.path().join("image.tar"));
}

/// Directories with a slash behind them.
fn list(root: &Path, below: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = below.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            files.push(format!("{}/", path.display()));
            list(root, &path, files);
        } else {
            files.push(path.display().to_string());
        }
    }
}

/// What every image is to be: without an identity that all its hosts would share.
fn no_identity_in(archive: &Path) {
    let lint = binary("SANID_KUBE_STATIC").with_file_name("sanid-image");
    let done = Command::new(lint)
        .args(["lint", "--tar"])
        .arg(archive)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{said}");
    assert!(said.contains("no identity in"), "{said}");
}
