//! The chart as Helm renders it (render.go).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The chart in this repository.
pub(crate) fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/kubernetes/chart/sanid")
}

/// The renderer, built once.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("render");
        std::fs::create_dir_all(&directory).unwrap();
        let program = directory.join("render");
        let done = Command::new("go")
            .args(["build", "-o"])
            .arg(&program)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kube/render.go"))
            // Debian's packages of Go libraries are a GOPATH.
            .envs([("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode")])
            .env("GOCACHE", directory.join("cache"))
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        program
    })
}

/// Every file of the chart for a version of Kubernetes, and the merged values.
pub(crate) fn files(version: &str, values: &Value) -> Value {
    let done = Command::new(program())
        .arg(chart())
        .arg(version)
        .arg(values.to_string())
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).unwrap()
}

/// All documents.
pub(crate) fn documents(version: &str, values: &Value) -> Vec<Value> {
    let files = files(version, values);
    let files = files.as_object().unwrap();
    let lists = files.iter().filter(|(name, _)| *name != "values.yaml");
    lists
        .filter_map(|(_, list)| list.as_array())
        .flatten()
        .cloned()
        .collect()
}
