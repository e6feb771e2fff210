//! The crates depend on each other in one direction only, and the boot command stays small. The layers are those
//! of the design: core ← host ← cli ← {sanid, image, fleet, kube} and host ← claims ← {fleet, kube}; the harness
//! of the guests, xtask and testkit know no product crate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on ends"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Each crate of the workspace, with the layers right below it. A crate may depend on these and on everything
/// below them. A listed crate need not exist yet.
const LAYERS: [(&str, &[&str]); 12] = [
    ("sanid-core", &[]),
    ("sanid-host", &["sanid-core"]),
    ("sanid-cli", &["sanid-host"]),
    ("sanid-claims", &["sanid-host"]),
    ("sanid", &["sanid-cli"]),
    ("sanid-image", &["sanid-cli"]),
    ("sanid-fleet", &["sanid-cli", "sanid-claims"]),
    ("sanid-kube", &["sanid-cli", "sanid-claims"]),
    ("benches", &["sanid", "sanid-claims"]),
    ("testkit", &[]),
    ("vmtest", &[]),
    ("xtask", &["vmtest"]),
];

/// Dependencies of tests against the layers: the escrow tests of fleet run the boot command.
const TEST_EXCEPTIONS: [(&str, &str); 1] = [("sanid-fleet", "sanid")];

/// Crates that the boot command must not link: an async runtime, TLS, a database, progress bars, and what only tests need.
const NOT_AT_BOOT: [&str; 17] = [
    "async-std",
    "aws-lc-rs",
    "futures-util",
    "hyper",
    "indicatif",
    "jsonschema",
    "libsqlite3-sys",
    "native-tls",
    "openssl",
    "ring",
    "rusqlite",
    "rustls",
    "schemars",
    "smol",
    "testkit",
    "tokio",
    "tonic",
];

/// The dependencies between crates of the workspace: of programs and build scripts, and of tests.
#[derive(Default)]
struct Arrows {
    crates: BTreeSet<String>,
    normal: BTreeSet<(String, String)>,
    tests: BTreeSet<(String, String)>,
}

impl Arrows {
    /// Reads what `cargo metadata --no-deps` prints.
    fn of(metadata: &Value) -> Self {
        let packages = metadata["packages"].as_array().expect("packages");
        let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
        let mut arrows = Self {
            crates: packages.iter().map(name).collect(),
            ..Self::default()
        };
        for package in packages {
            for dependency in package["dependencies"].as_array().expect("dependencies") {
                let arrow = (name(package), name(dependency));
                if !arrows.crates.contains(&arrow.1) {
                    continue;
                }
                match dependency["kind"].as_str() {
                    Some("dev") => arrows.tests.insert(arrow),
                    _ => arrows.normal.insert(arrow),
                };
            }
        }
        arrows
    }

    /// Dependencies against the layers and unknown crates, one line each.
    fn faults(&self) -> Vec<String> {
        let layers = BTreeMap::from(LAYERS);
        let may = |from: &str, to: &str| below(&layers, from).contains(to);
        let excepted =
            |(from, to): &(String, String)| TEST_EXCEPTIONS.contains(&(from.as_str(), to.as_str()));
        let mut faults = Vec::new();
        for name in &self.crates {
            if !layers.contains_key(name.as_str()) {
                faults.push(format!("{name} does not belong to any layer"));
            }
        }
        for arrow in &self.normal {
            let (from, to) = arrow;
            if !may(from, to) {
                faults.push(format!("{from} must not depend on {to}"));
            }
        }
        for arrow in &self.tests {
            let (from, to) = arrow;
            // A crate names itself for a feature that only its tests need.
            let usual = from == to || (to == "testkit" && from != "testkit");
            if !usual && !may(from, to) && !excepted(arrow) {
                faults.push(format!("the tests of {from} must not depend on {to}"));
            }
        }
        faults
    }
}

/// Everything below a crate in the layers.
fn below<'a>(layers: &BTreeMap<&'a str, &'a [&'a str]>, name: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = layers.get(name).copied().unwrap_or_default().to_vec();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(layers.get(name).copied().unwrap_or_default());
        }
    }
    found
}

/// What cargo prints, in the root of the repository.
fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn workspace() -> Arrows {
    let metadata = cargo(&["metadata", "--no-deps", "--offline", "--format-version=1"]);
    Arrows::of(&serde_json::from_str(&metadata).expect("cargo metadata prints JSON"))
}

/// A workspace whose crates have one dependency.
fn with_arrow(from: &str, to: &str, kind: Option<&str>) -> Arrows {
    let package = |name: &str, dependencies: Value| serde_json::json!({"name": name, "dependencies": dependencies});
    let dependency = serde_json::json!([{"name": to, "kind": kind}]);
    let mut packages = vec![package(from, dependency)];
    if from != to {
        packages.push(package(to, serde_json::json!([])));
    }
    Arrows::of(&serde_json::json!({"packages": packages}))
}

#[test]
fn dependencies_follow_the_layers() {
    let arrows = workspace();
    // Metadata without any dependency must not pass.
    assert!(
        arrows
            .normal
            .contains(&("sanid".into(), "sanid-host".into()))
    );
    assert_eq!(arrows.faults(), Vec::<String>::new());
}

#[test]
fn exceptions_still_exist() {
    let arrows = workspace();
    for (from, to) in TEST_EXCEPTIONS {
        assert!(
            arrows.tests.contains(&(from.to_owned(), to.to_owned())),
            "{from} no longer depends on {to}: remove the exception"
        );
    }
}

#[test]
fn dependencies_against_the_layers_are_rejected() {
    for (from, to, kind) in [
        ("sanid-core", "sanid-host", None),
        ("sanid-host", "sanid-cli", None),
        ("sanid-cli", "sanid", Some("build")),
        ("sanid", "sanid-image", None),
        ("sanid-image", "sanid-fleet", None),
        ("sanid-fleet", "sanid-kube", None),
        ("sanid-kube", "sanid-fleet", None),
        ("sanid-claims", "sanid-cli", None),
        ("sanid-fleet", "sanid", None),
        ("sanid-cli", "sanid-claims", None),
        ("sanid-host", "testkit", None),
        ("xtask", "sanid-core", None),
        ("vmtest", "sanid-host", None),
        ("testkit", "sanid-core", None),
        ("testkit", "sanid-core", Some("dev")),
        ("sanid", "sanid-fleet", Some("dev")),
        ("sanid-host", "newcomer", None),
    ] {
        let faults = with_arrow(from, to, kind).faults();
        assert!(!faults.is_empty(), "{from} → {to} ({kind:?}) is allowed");
    }
}

#[test]
fn dependencies_along_the_layers_are_allowed() {
    for (from, to, kind) in [
        ("sanid", "sanid-core", None),
        ("sanid", "sanid-cli", None),
        ("sanid-kube", "sanid-claims", None),
        ("xtask", "vmtest", None),
        ("sanid-host", "sanid-host", Some("dev")),
        ("sanid-host", "testkit", Some("dev")),
        ("sanid-fleet", "sanid", Some("dev")),
    ] {
        let faults = with_arrow(from, to, kind).faults();
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn boot_command_links_no_runtime_tls_or_database() {
    let tree = cargo(&[
        "tree",
        "--offline",
        "--locked",
        "--package=sanid",
        "--edges=normal",
        "--prefix=none",
        "--format={p}",
    ]);
    let linked: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(linked.contains("sanid-core"), "{linked:?}");
    let wrong: Vec<_> = NOT_AT_BOOT
        .iter()
        .filter(|name| linked.contains(*name))
        .collect();
    assert!(wrong.is_empty(), "the boot command links {wrong:?}");
}

/// Files of claims, fleet and kube that open files by themselves. The list only shrinks: the other product crates leave that
/// to `sanid_host::Root` (clippy.toml).
const OPEN_FILES: [&str; 13] = [
    "sanid-claims/src/files.rs",
    "sanid-claims/src/host.rs",
    "sanid-claims/src/sqlite/file.rs",
    "sanid-fleet/src/cli/audit.rs",
    "sanid-fleet/src/cli/claim/metrics.rs",
    "sanid-fleet/src/cli/claim/state.rs",
    "sanid-fleet/src/cli/escrow/mod.rs",
    "sanid-fleet/src/cli/report.rs",
    "sanid-fleet/src/input.rs",
    "sanid-fleet/src/reports/files.rs",
    "sanid-kube/src/api.rs",
    "sanid-kube/src/host.rs",
    "sanid-kube/src/web.rs",
];

#[test]
fn fewer_and_fewer_files_of_claims_fleet_and_kube_open_files_themselves() {
    let opens = ["std::fs", "File::open", "File::create"];
    let found = holding(&["sanid-claims", "sanid-fleet", "sanid-kube"], &opens, "");
    shrinks(&OPEN_FILES, &found, "use sanid_host::Root in");
}

/// A part is one module below `part/` and one entry of the list there: a further part touches no other file, so no
/// other file may name one. Lint rules of `sanid-image` are about one kind of file each, and have an id each.
#[test]
fn no_file_names_a_part_outside_of_its_module() {
    let crates =
        ["host", "cli", "claims", "image", "fleet", "kube"].map(|name| format!("sanid-{name}"));
    let crates: Vec<&str> = crates.iter().map(String::as_str).chain(["sanid"]).collect();
    let variants = [
        "Part::Iqn",
        "Part::Nvme",
        "IdentityFile::InitiatorName",
        "IdentityFile::HostNqn",
        "IdentityFile::HostId",
    ];
    let found = holding(&crates, &variants, "sanid-host/src/part/");
    let lint = "sanid-image/src/lint/places/identity_files.rs".to_owned();
    assert_eq!(
        found,
        BTreeSet::from([lint]),
        "go through the list of parts"
    );
    let accessors = [".iqn()", ".host_nqn()", ".host_id()"];
    let crates = ["sanid-host", "sanid-cli", "sanid-image", "sanid"];
    let found = holding(&crates, &accessors, "sanid-host/src/part/");
    assert_eq!(found, BTreeSet::new(), "use Names::named, or Names::iter");
}

/// The source files of these crates whose code, without comments and tests, has one of the texts. Those below
/// `except` may.
fn holding(crates: &[&str], texts: &[&str], except: &str) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = BTreeSet::new();
    for name in crates {
        let source = root.join("crates").join(name).join("src");
        collect(&source, &mut |path| {
            let text = std::fs::read_to_string(path).unwrap();
            let code = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default();
            let code: Vec<&str> = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            let code = code.join("\n");
            let path = path.strip_prefix(root.join("crates")).unwrap();
            let path = path.to_string_lossy().into_owned();
            let is_excepted = !except.is_empty() && path.starts_with(except);
            if !is_excepted && texts.iter().any(|one| code.contains(one)) {
                found.insert(path);
            }
        });
    }
    found
}

/// Checks that a list has each file found, and no other.
fn shrinks(list: &[&str], found: &BTreeSet<String>, instead: &str) {
    let listed: BTreeSet<String> = list.iter().map(ToString::to_string).collect();
    let new: Vec<_> = found.difference(&listed).collect();
    assert!(new.is_empty(), "{instead} {new:?}");
    let gone: Vec<_> = listed.difference(found).collect();
    assert!(gone.is_empty(), "take {gone:?} out of the list");
}

fn collect(directory: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            collect(&path, each);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !path.ends_with("tests.rs")
            && !path.ends_with("src/testing.rs")
        {
            each(&path);
        }
    }
}
