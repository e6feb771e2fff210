//! The steps of `cargo xtask test`. A new check is one function here and one entry in the list.

use anyhow::Result;

use super::programs;
use super::step::{Context, Lane, Outcome, Step};
use crate::cmd::Cmd;
use crate::{
    deny, dependencies, fuzz, kube, man, msrv, nostd, packages, publish, release, tools, vm,
};

/// Every step. One comes after those that it needs; in a lane the first one of the list goes first.
pub(super) fn all() -> Vec<Step> {
    [
        prepare(),
        trees(),
        release(),
        quick(),
        with_other_programs(),
        guests(),
    ]
    .concat()
}

/// A step that `--quick` leaves out.
const fn step(
    lane: Lane,
    name: &'static str,
    shows: &'static str,
    needs: &'static [&'static str],
    run: fn(&Context) -> Result<Outcome>,
) -> Step {
    Step {
        name,
        shows,
        lane,
        needs,
        quick: false,
        tests: false,
        run,
    }
}

/// A step that needs Rust and a C linker only.
const fn rust(
    name: &'static str,
    shows: &'static str,
    run: fn(&Context) -> Result<Outcome>,
) -> Step {
    Step {
        quick: true,
        ..step(Lane::Cargo, name, shows, &[], run)
    }
}

/// A step that runs tests.
const fn tests(
    name: &'static str,
    shows: &'static str,
    needs: &'static [&'static str],
    run: fn(&Context) -> Result<Outcome>,
) -> Step {
    Step {
        tests: true,
        ..step(Lane::Tests, name, shows, needs, run)
    }
}

fn prepare() -> Vec<Step> {
    use Lane::Prepare;
    vec![
        step(
            Prepare,
            "packages",
            "the Debian packages that the other steps need are installed",
            &[],
            packages::step,
        ),
        step(
            Prepare,
            "kube-server",
            "a real API server is built, or was before",
            &["packages"],
            kube::step,
        ),
        step(
            Prepare,
            "browser",
            "what drives the browser is there",
            &["packages"],
            tools::browser,
        ),
        step(
            Prepare,
            "duckdb",
            "DuckDB is fetched, or was before",
            &["packages"],
            tools::duckdb,
        ),
        step(
            Prepare,
            "kickstart",
            "what checks kickstart files is there",
            &["packages"],
            tools::kickstart,
        ),
        step(
            Prepare,
            "nvme-cli-3",
            "nvme-cli 3.1 is built, or was before",
            &["packages"],
            tools::nvme_cli_3,
        ),
        step(
            Prepare,
            "deny",
            "licences, sources and banned crates",
            &[],
            deny::step,
        ),
    ]
}

fn quick() -> Vec<Step> {
    vec![
        rust("format", "rustfmt has nothing to change", format),
        rust("build", "every test program builds", programs::build),
        Step {
            lane: Lane::Tests,
            needs: &["build", "packages"],
            tests: true,
            ..rust(
                "tests",
                "unit, property and command-line tests",
                programs::light,
            )
        },
        rust("clippy", "no warning, all targets and features", clippy),
        rust("docs", "rustdoc has no warning", docs),
        Step {
            tests: true,
            ..rust("doc-tests", "the examples in the docs", doc_tests)
        },
        rust(
            "no-std",
            "sanid-core needs neither std nor alloc",
            nostd::step,
        ),
        step(
            Lane::Cargo,
            "dependencies",
            "what cargo made of the dependencies is kept for the next clone",
            &["static", "clippy", "docs", "doc-tests", "no-std"],
            dependencies::step,
        ),
    ]
}

fn release() -> Vec<Step> {
    use Lane::Release;
    vec![
        step(
            Release,
            "static",
            "the static release binaries build",
            &["packages"],
            release::step,
        ),
        step(
            Release,
            "msrv",
            "the workspace builds with the oldest Rust it names",
            &["tree-rust"],
            msrv::step,
        ),
        step(
            Release,
            "reproducible",
            "two releases that differ in directory, user, umask, time and -j are the same bytes",
            &["packages"],
            publish::step,
        ),
        Step {
            tests: true,
            ..step(
                Release,
                "fuzz",
                "thousands of inputs for every parser, none of which brings it down",
                // Not at once: the static binaries, which other steps wait for, go first.
                &["packages"],
                fuzz::step,
            )
        },
    ]
}

/// What is unpacked from Debian's archive, in the order in which it is needed.
fn trees() -> Vec<Step> {
    use Lane::Trees;
    vec![
        step(
            Trees,
            "tree-readers",
            "Debian 13's readers of the names are unpacked",
            &["packages"],
            vm::readers,
        ),
        step(
            Trees,
            "tree-rust",
            "Debian 13's Rust is unpacked",
            &["packages"],
            vm::rust,
        ),
        step(
            Trees,
            "guests",
            "the kernels, trees and images of the guests are made",
            &["packages"],
            vm::prepare,
        ),
    ]
}

fn guests() -> Vec<Step> {
    vec![Step {
        lane: Lane::Guests,
        ..tests(
            "vm",
            "guests: real kernels, a real systemd, targets, reboots and power cuts",
            // After the compilers: a guest that waits for a processor loses its connections.
            &[
                "packages", "static", "guests", "clippy", "docs", "msrv", "fuzz",
            ],
            vm::step,
        )
    }]
}

macro_rules! named {
    ($name:literal) => {
        |context| programs::named(context, $name)
    };
}

/// What takes real programs, root, a release build or minutes; what waits most comes first.
fn with_other_programs() -> Vec<Step> {
    vec![
        tests(
            "kube",
            "agents with the shipped rights on a real API server, races and faults",
            &["packages", "kube-server", "static", "build"],
            named!("kube"),
        ),
        tests(
            "claims",
            "stores of claims keep the rules, while a thousand clones race and members die",
            &["packages", "build"],
            named!("claims"),
        ),
        tests(
            "collect",
            "reports by a real ssh from hosts that answer, hang, refuse and lie",
            &["packages", "build"],
            named!("collect"),
        ),
        tests(
            "real",
            "real programs derive and read the same names",
            &["packages", "tree-readers", "nvme-cli-3", "build"],
            named!("real"),
        ),
        tests(
            "targets_real",
            "real targets and arrays' modules take what sanid-fleet exports",
            &["packages", "duckdb", "build"],
            named!("targets_real"),
        ),
        tests(
            "faults",
            "killed or failed at every system call, files stay whole",
            &["packages", "build"],
            named!("faults"),
        ),
        tests(
            "placement",
            "bind mounts: read-only systems, readers, containers, killed at every step",
            &["packages", "build"],
            named!("placement"),
        ),
        tests(
            "dist",
            "units, packages, initramfs images and deployment, by systemd, dpkg, rpm, dracut and Ansible",
            &[
                "packages",
                "tree-readers",
                "kickstart",
                "guests",
                "static",
                "build",
            ],
            named!("dist"),
        ),
        tests(
            "images",
            "what real initramfs images and systems carry, in every compression",
            &["packages", "guests", "static", "build"],
            named!("images"),
        ),
        tests(
            "lint",
            "every place of an identity, hostile images, archives of images, seal",
            &["packages", "build"],
            named!("lint"),
        ),
        tests(
            "concurrency",
            "200 at once leave one matched set",
            &["build"],
            named!("concurrency"),
        ),
        tests(
            "secrecy",
            "the machine-id is in no output, file or argument",
            &["packages", "build"],
            named!("secrecy"),
        ),
        tests(
            "budgets",
            "size, memory and system calls of the static binary",
            &["packages", "static", "build"],
            named!("budgets"),
        ),
        tests(
            "html",
            "the report of a fleet in a real browser",
            &["packages", "browser", "build"],
            named!("html"),
        ),
        step(
            Lane::Tests,
            "man",
            "mandoc has no complaint",
            &["packages"],
            man::step,
        ),
    ]
}

fn format(context: &Context) -> Result<Outcome> {
    let cmd = Cmd::new(["cargo", "fmt", "--all", "--check"]);
    Outcome::of(&context.place, "format", &cmd)
}

fn clippy(context: &Context) -> Result<Outcome> {
    let cmd = Cmd::new(["cargo", "clippy", "--workspace", "--all-targets"]).args([
        "--all-features",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]);
    Outcome::of(&context.place, "clippy", &cmd)
}

fn docs(context: &Context) -> Result<Outcome> {
    // With the examples, cargo counts the features of dev-dependencies: clippy has checked the dependencies with
    // the same ones. All programs would be `--bins`, but a library of the same name has their page.
    let cmd = Cmd::new(["cargo", "doc", "--workspace", "--no-deps", "--all-features"])
        .args(["--lib", "--bin", "xtask", "--examples", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings");
    Outcome::of(&context.place, "docs", &cmd)
}

fn doc_tests(context: &Context) -> Result<Outcome> {
    let cmd = Cmd::new(["cargo", "test", "--workspace", "--doc"]);
    Outcome::of(&context.place, "doc-tests", &cmd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_needs_come_first() {
        let steps = all();
        for (at, step) in steps.iter().enumerate() {
            let before: Vec<&str> = steps.iter().take(at).map(|step| step.name).collect();
            assert!(
                !before.contains(&step.name),
                "{} is listed twice",
                step.name
            );
            for name in step.needs {
                assert!(before.contains(name), "{} needs {name}", step.name);
            }
        }
    }

    #[test]
    fn packages_are_for_steps_that_exist_and_wait_for_them() {
        let steps = all();
        for name in packages::named_steps() {
            let step = steps.iter().find(|step| step.name == name);
            let waits = step.is_some_and(|step| step.needs.contains(&"packages"));
            assert!(waits, "{name} is not a step that needs packages");
        }
    }

    #[test]
    fn each_test_program_apart_has_a_step() {
        let steps = all();
        for name in programs::APART {
            assert!(steps.iter().any(|step| step.name == name), "{name}");
        }
    }
}
