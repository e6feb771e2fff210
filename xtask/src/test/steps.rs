//! The steps of `cargo xtask test`, in the order in which they run. A new
//! check is one function here and one entry in the list.

use anyhow::Result;

use super::{Outcome, Step, programs};
use crate::cmd::Cmd;
use crate::place::Place;
use crate::{deny, fuzz, generate, kube, msrv, nostd, packages, readers, release, tools};

/// Every step.
pub(super) fn all() -> Vec<Step> {
    let mut steps = prepared_and_quick();
    steps.extend(with_other_programs());
    steps
}

const fn step(name: &'static str, shows: &'static str, run: fn(&Place) -> Result<Outcome>) -> Step {
    Step {
        name,
        shows,
        quick: true,
        tests: false,
        run,
    }
}

const fn slow(name: &'static str, shows: &'static str, run: fn(&Place) -> Result<Outcome>) -> Step {
    Step {
        quick: false,
        ..step(name, shows, run)
    }
}

fn counted(mut step: Step) -> Step {
    step.tests = true;
    step
}

/// What the others need, and what needs nothing but Rust.
fn prepared_and_quick() -> Vec<Step> {
    vec![
        slow(
            "packages",
            "the programs that the tests use are installed",
            packages::step,
        ),
        slow(
            "kube-build",
            "a real API server is being built beside the steps that follow",
            kube::begin,
        ),
        slow(
            "debian13",
            "the packages taken from Debian 13 are unpacked",
            readers::step,
        ),
        slow(
            "tools",
            "the programs that make packages are there",
            tools::step,
        ),
        step("format", "rustfmt has nothing to change", format),
        step("clippy", "no warning, all targets and features", clippy),
        step("docs", "rustdoc has no warning", docs),
        step("deny", "licences, sources and banned crates", deny::step),
        step(
            "no-std",
            "sanid-core needs neither std nor alloc",
            nostd::step,
        ),
        counted(step(
            "tests",
            "unit, property and command-line tests",
            programs::light,
        )),
        counted(step("doc-tests", "the examples in the docs", doc_tests)),
        step("man", "mandoc has no complaint", generate::lint),
        slow("static", "the static release binaries build", release::step),
    ]
}

/// What takes real programs, root, a release build or minutes.
fn with_other_programs() -> Vec<Step> {
    vec![
        counted(slow(
            "real",
            "real programs derive and read the same names",
            programs::real,
        )),
        counted(slow(
            "targets_real",
            "real targets and arrays' modules take what sanid-fleet exports",
            programs::targets,
        )),
        counted(slow(
            "faults",
            "killed or failed at every system call, files stay whole",
            programs::faults,
        )),
        counted(slow(
            "placement",
            "bind mounts: read-only systems, readers, containers, killed at every step",
            programs::placement,
        )),
        counted(slow(
            "dist",
            "units, packages and initramfs images, by systemd, dpkg, rpm and dracut",
            programs::dist,
        )),
        counted(slow(
            "images",
            "what real initramfs images and systems carry, in every compression",
            programs::images,
        )),
        counted(slow(
            "lint",
            "every place of an identity, hostile images, archives of images, seal",
            programs::lint,
        )),
        counted(slow(
            "concurrency",
            "200 at once leave one matched set",
            programs::concurrency,
        )),
        counted(slow(
            "secrecy",
            "the machine-id is in no output, file or argument",
            programs::secrecy,
        )),
        counted(slow(
            "budgets",
            "size, memory and system calls of the static binary",
            programs::budgets,
        )),
        counted(slow(
            "collect",
            "reports by a real ssh from hosts that answer, hang, refuse and lie",
            programs::collect,
        )),
        counted(slow(
            "html",
            "the report of a fleet in a real browser",
            programs::html,
        )),
        counted(slow(
            "claims",
            "stores of claims keep the rules, while a thousand clones race and members die",
            programs::claims,
        )),
        counted(slow(
            "fuzz",
            "50,000 inputs for every parser, none of which brings it down",
            fuzz::step,
        )),
        slow(
            "kube-server",
            "a real API server is built, or was before",
            kube::step,
        ),
        counted(slow(
            "kube",
            "agents with the shipped rights on a real API server, races and faults",
            programs::kube,
        )),
        counted(slow(
            "vm",
            "guests: real kernels, a real systemd, targets, reboots and power cuts",
            programs::vm,
        )),
        slow(
            "msrv",
            "the workspace builds with the oldest Rust it names",
            msrv::step,
        ),
    ]
}

fn format(place: &Place) -> Result<Outcome> {
    Outcome::of(
        place,
        "format",
        &Cmd::new(["cargo", "fmt", "--all", "--check"]),
    )
}

fn clippy(place: &Place) -> Result<Outcome> {
    let cmd = Cmd::new(["cargo", "clippy", "--workspace", "--all-targets"]).args([
        "--all-features",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]);
    Outcome::of(place, "clippy", &cmd)
}

fn docs(place: &Place) -> Result<Outcome> {
    // With the examples, cargo counts the features of dev-dependencies: clippy has checked the dependencies with
    // the same ones. All programs would be `--bins`, but a library of the same name has their page.
    let cmd = Cmd::new(["cargo", "doc", "--workspace", "--no-deps", "--all-features"])
        .args(["--lib", "--bin", "xtask", "--examples", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings");
    Outcome::of(place, "docs", &cmd)
}

fn doc_tests(place: &Place) -> Result<Outcome> {
    Outcome::of(
        place,
        "doc tests",
        &Cmd::new(["cargo", "test", "--workspace", "--doc"]),
    )
}
