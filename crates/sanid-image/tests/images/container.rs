//! Container images by umoci and skopeo, and the commands of docs/images.md as they are written there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Trial;
use serde_json::Value;

use crate::command::{ID, IQN, MACHINE_ID, NQN, said};
use testkit::trial::{Need, trial};

const PAGE: &str = include_str!("../../../../docs/images.md");

pub(crate) fn trials() -> Vec<Trial> {
    const NEEDS: &[Need] = &[
        Need::Root,
        Need::Program("umoci", "umoci"),
        Need::Program("skopeo", "skopeo"),
    ];
    vec![
        trial(
            "a_container_image_is_linted_sealed_and_packed_again",
            NEEDS,
            oci,
        ),
        trial("the_layer_of_the_dockerfile_has_no_name", &[], dockerfile),
    ]
}

/// The first block of this language after this word of the page.
#[track_caller]
fn block(after: &str, language: &str) -> &'static str {
    let rest = &PAGE[PAGE.find(after).expect(after)..];
    let fence = format!("```{language}\n");
    let text = &rest[rest.find(&fence).expect(language) + fence.len()..];
    &text[..text.find("```").unwrap()]
}

/// Runs a script in a directory where `sanid` is what is installed: `sanid seal` is `sanid-image seal`.
pub(crate) fn shell(script: &str, at: &Path, variables: &[(&str, &Path)]) -> Output {
    let programs = tempfile::tempdir().unwrap();
    let sanid = programs.path().join("sanid");
    let text = format!(
        "#!/bin/sh\nexec {} \"$@\"\n",
        env!("CARGO_BIN_EXE_sanid-image")
    );
    fs::write(&sanid, text).unwrap();
    fs::set_permissions(&sanid, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    Command::new("sh")
        .args(["-euc", script])
        .current_dir(at)
        .env("PATH", format!("{}:{path}", programs.path().display()))
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// The codes of the findings in an archive.
pub(crate) fn lint(tar: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_sanid-image"))
        .args(["lint", "--format", "json", "--tar"])
        .arg(tar)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    assert!(report["damage"].is_null(), "{report:#}");
    let findings = report["findings"].as_array().unwrap();
    let code = |one: &Value| one["code"].as_str().unwrap().to_owned();
    findings.iter().map(code).collect()
}

/// The files with which a package's scripts leave a system.
pub(crate) fn baked(at: &Path) {
    for (path, text) in [
        ("etc/machine-id", format!("{MACHINE_ID}\n").as_str()),
        ("etc/iscsi/initiatorname.iscsi", IQN),
        ("etc/nvme/hostnqn", NQN),
        ("etc/nvme/hostid", ID),
    ] {
        let path = at.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn oci() {
    let work = tempfile::tempdir().unwrap();
    let run = |script: &str| {
        let output = shell(script, work.path(), &[]);
        assert!(output.status.success(), "{}", said(&output));
    };
    let archives = |name: &str| {
        run(&format!(
            "skopeo --insecure-policy copy oci:layout:latest oci-archive:{name}.oci.tar >&2
             skopeo --insecure-policy copy oci:layout:latest docker-archive:{name}.docker.tar:my/image:latest >&2"
        ));
        [".oci.tar", ".docker.tar"].map(|kind| lint(&work.path().join(format!("{name}{kind}"))))
    };
    run("umoci init --layout layout
         umoci new --image layout:latest
         umoci unpack --image layout:latest made");
    baked(&work.path().join("made/rootfs"));
    run("umoci repack --image layout:latest made");
    let set = [
        "initiator-name-set",
        "machine-id-set",
        "host-id-set",
        "host-nqn-set",
    ];
    assert_eq!(archives("baked"), [set, set]);

    run(block("**OCI image**", "sh"));
    assert_eq!(archives("sealed"), [[""; 0], [""; 0]]);
}

/// The commands after the installation, below a root that is not this machine's.
fn dockerfile() {
    let root = tempfile::tempdir().unwrap();
    baked(root.path());
    let block = block("**Dockerfile**", "dockerfile").replace("\\\n", "");
    let (install, remove) = block.split_once("&&").unwrap();
    assert!(install.contains("open-iscsi nvme-cli"), "{install}");
    let remove = remove.replace("/etc/", "./etc/");
    let output = shell(&remove, root.path(), &[]);
    assert!(output.status.success(), "{}", said(&output));
    // A base image has no machine-id; this tree has.
    fs::remove_file(root.path().join("etc/machine-id")).unwrap();
    let output = shell("sanid lint --root .", root.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}
