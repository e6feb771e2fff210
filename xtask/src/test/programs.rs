//! The steps that run tests: the light ones together, each heavy one alone.

use anyhow::Result;

use super::Outcome;
use crate::cmd::Cmd;
use crate::kube;
use crate::place::Place;
use crate::tools;

/// Integration tests with a step of their own.
const HEAVY: [&str; 14] = [
    "real",
    "targets_real",
    "images",
    "lint",
    "faults",
    "placement",
    "dist",
    "concurrency",
    "secrecy",
    "budgets",
    "collect",
    "html",
    "claims",
    "kube",
];

/// Everything but the heavy tests and the doc tests.
pub(super) fn light(place: &Place) -> Result<Outcome> {
    let tests = place
        .integration_tests
        .iter()
        .filter(|name| !HEAVY.contains(&name.as_str()))
        .flat_map(|name| ["--test".to_owned(), name.clone()]);
    let cmd = Cmd::new(["cargo", "test", "--workspace", "--no-fail-fast"])
        .args(["--lib", "--bins"])
        .args(tests);
    Outcome::of(place, "tests", &cmd)
}

pub(super) fn real(place: &Place) -> Result<Outcome> {
    heavy(place, "real")
}

pub(super) fn targets(place: &Place) -> Result<Outcome> {
    heavy(place, "targets_real")
}

pub(super) fn faults(place: &Place) -> Result<Outcome> {
    heavy(place, "faults")
}

pub(super) fn placement(place: &Place) -> Result<Outcome> {
    heavy(place, "placement")
}

pub(super) fn dist(place: &Place) -> Result<Outcome> {
    heavy(place, "dist")
}

pub(super) fn images(place: &Place) -> Result<Outcome> {
    heavy(place, "images")
}

pub(super) fn lint(place: &Place) -> Result<Outcome> {
    heavy(place, "lint")
}

pub(super) fn concurrency(place: &Place) -> Result<Outcome> {
    heavy(place, "concurrency")
}

pub(super) fn secrecy(place: &Place) -> Result<Outcome> {
    heavy(place, "secrecy")
}

pub(super) fn budgets(place: &Place) -> Result<Outcome> {
    heavy(place, "budgets")
}

pub(super) fn collect(place: &Place) -> Result<Outcome> {
    heavy(place, "collect")
}

pub(super) fn html(place: &Place) -> Result<Outcome> {
    if let Some(outcome) = tools::node_modules(place)? {
        return Ok(outcome);
    }
    heavy(place, "html")
}

pub(super) fn claims(place: &Place) -> Result<Outcome> {
    heavy(place, "claims")
}

pub(super) fn kube(place: &Place) -> Result<Outcome> {
    heavy(place, "kube")
}

/// The cases of `cargo xtask vm`, which prints as libtest does.
pub(super) fn vm(place: &Place) -> Result<Outcome> {
    Outcome::of(place, "vm", &Cmd::new(["cargo", "xtask", "vm"]))
}

/// One heavy test, told where the static binary and the Debian 13 programs
/// are. What is missing there, the test itself reports.
fn heavy(place: &Place, name: &str) -> Result<Outcome> {
    let mut cmd =
        Cmd::new(["cargo", "test", "--workspace", "--test", name]).env("RUST_BACKTRACE", "0");
    let path = std::env::var("PATH").unwrap_or_default();
    cmd = cmd.env(
        "PATH",
        format!("{path}:{}", tools::directory(place).display()),
    );
    let binary = place.static_binary();
    if binary.is_file() {
        cmd = cmd.env("SANID_STATIC", binary);
    }
    let modules = tools::node_directory(place);
    if modules.join("node_modules").is_dir() {
        cmd = cmd.env("SANID_NODE_MODULES", modules);
    }
    if kube::is_built(place) {
        cmd = cmd.env(
            "SANID_KUBE_SERVER",
            kube::cache(place).display().to_string(),
        );
    }
    let agent = place.static_dir().join("sanid-kube");
    if agent.is_file() {
        cmd = cmd.env("SANID_KUBE_STATIC", agent);
    }
    if let Some(tree) = vmtest::Artefact::Readers.existing() {
        cmd = cmd.env("SANID_DEBIAN13", tree);
    }
    Ok(match Outcome::of(place, name, &cmd)? {
        Outcome::Failed { output, .. } => Outcome::Failed {
            output,
            repeat: format!("cargo xtask test --only {name}"),
        },
        other => other,
    })
}
