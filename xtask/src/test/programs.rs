//! Test programs: built once by cargo, then started by the steps, so that nothing waits for the lock of
//! the target directory.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use vmtest::Artefact;
use vmtest::debian::Debian;
use vmtest::host::is_ci;

use super::step::{Context, Outcome};
use crate::cmd::Cmd;
use crate::{dependencies, kube, tools};

/// Integration tests that have a step of their own, of the same name.
pub(super) const APART: [&str; 13] = [
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
];
/// The one whose cluster takes a step of its own.
const KUBE: &str = "kube";

/// A test program that cargo has built.
pub(crate) struct Program {
    /// Of its target; that of a unit test is its crate's.
    name: String,
    executable: PathBuf,
    /// The directory of its package, in which it runs.
    package: PathBuf,
    /// Whether it holds integration tests.
    integration: bool,
}

/// Builds the test programs of the workspace.
pub(super) fn build(context: &Context) -> Result<Outcome> {
    if context.everything {
        dependencies::restore(
            &context.place,
            dependencies::WORKSPACE,
            &context.place.target,
        )?;
    }
    let mut cmd = Cmd::new(["cargo", "test", "--workspace", "--no-run", "--locked"])
        .arg("--message-format=json-render-diagnostics");
    if is_ci() {
        // Nothing is built a second time there.
        cmd = cmd.env("CARGO_INCREMENTAL", "0");
    }
    let outcome = Outcome::of(&context.place, "build", &cmd)?;
    let Outcome::Passed { output } = outcome else {
        return Ok(outcome);
    };
    let programs = programs(&output);
    let found = programs.len();
    ensure!(found > 0, "cargo built no test program");
    ensure!(
        context.programs.set(programs).is_ok(),
        "the test programs were built twice"
    );
    Ok(Outcome::passed(format!("{found} test programs\n")))
}

fn programs(messages: &str) -> Vec<Program> {
    messages
        .lines()
        .filter_map(|line| program(&serde_json::from_str(line).ok()?))
        .collect()
}

/// The test program of an artifact that cargo reports, if it is one.
fn program(artifact: &Value) -> Option<Program> {
    let text = |pointer: &str| artifact.pointer(pointer)?.as_str();
    let kinds = artifact.pointer("/target/kind")?.as_array()?;
    let is_test = artifact.pointer("/profile/test")?.as_bool()?;
    let program = Program {
        name: text("/target/name")?.to_owned(),
        executable: text("/executable")?.into(),
        package: Path::new(text("/manifest_path")?).parent()?.to_owned(),
        integration: kinds.iter().any(|kind| kind == "test"),
    };
    is_test.then_some(program)
}

/// Everything that has no step of its own.
pub(super) fn light(context: &Context) -> Result<Outcome> {
    run(context, "tests", |program| {
        let name = program.name.as_str();
        !program.integration || !(APART.contains(&name) || name == KUBE)
    })
}

/// The integration tests of one name.
pub(super) fn named(context: &Context, name: &str) -> Result<Outcome> {
    run(context, name, |program| {
        program.integration && program.name == name
    })
}

/// Runs test programs, one after the other, all of them even when one fails.
fn run(context: &Context, step: &str, chosen: impl Fn(&Program) -> bool) -> Result<Outcome> {
    let programs = context
        .programs
        .get()
        .context("the test programs were not built")?;
    let mut output = String::new();
    let mut failed = false;
    for program in programs.iter().filter(|program| chosen(program)) {
        let cmd = command(context, program);
        let done = cmd.run_in(
            &context.place,
            &program.package,
            &format!("{step} {}", program.name),
        )?;
        let _ = writeln!(output, "{}:\n{}", program.name, done.output);
        if !done.status.success() {
            failed = true;
            if !done.output.contains("test result: FAILED") {
                // It ended before it could count: a panic of the program itself, a signal.
                let _ = writeln!(output, "{}: {}", program.name, done.status);
                output.push_str("test result: FAILED. 0 passed; 1 failed; 0 ignored\n");
            }
        }
    }
    Ok(if failed {
        Outcome::Failed {
            output,
            repeat: format!("cargo xtask test --only {step}"),
        }
    } else {
        Outcome::passed(output)
    })
}

/// A test program as cargo starts it, told where the things are that steps have made. What is missing
/// there, the test itself reports.
fn command(context: &Context, program: &Program) -> Cmd {
    let mut cmd = Cmd::new([program.executable.to_string_lossy()])
        .env("CARGO_MANIFEST_DIR", &program.package)
        .env("RUST_BACKTRACE", "0");
    if !context.everything {
        return cmd;
    }
    cmd = cmd.arg("--include-ignored");
    if context.long {
        cmd = cmd.env("SANID_TEST_LONG", "1");
    }
    if program.name == "faults" && Path::new("/dev/shm").is_dir() {
        // Thousands of hosts, each with a few files that are synced: a disk would be most of the time.
        cmd = cmd.env("TMPDIR", "/dev/shm");
    }
    if let Ok(xtask) = std::env::current_exe() {
        cmd = cmd.env("SANID_XTASK", xtask);
    }
    let given = [
        ("SANID_STATIC", context.static_binary("sanid")),
        ("SANID_IMAGE_STATIC", context.static_binary("sanid-image")),
        ("SANID_KUBE_STATIC", context.static_binary("sanid-kube")),
    ];
    for (name, value) in given {
        if value.exists() {
            cmd = cmd.env(name, value);
        }
    }
    for (name, packages) in [
        ("SANID_BROWSER", tools::BROWSER),
        ("SANID_DUCKDB", tools::DUCKDB),
        ("SANID_KICKSTART", tools::KICKSTART),
    ] {
        if let Some(directory) = packages.kept() {
            cmd = cmd.env(name, directory);
        }
    }
    if let Some(nvme) = tools::kept_nvme_cli_3() {
        cmd = cmd.env("SANID_NVME_CLI_3", nvme);
    }
    if let Some(servers) = kube::servers() {
        cmd = cmd.env("SANID_KUBE_SERVER", servers);
    }
    for (name, artefact) in [
        ("SANID_DEBIAN13", Artefact::Readers),
        ("SANID_CLOUD_INIT", Artefact::CloudInit),
        ("SANID_TREE_12", Artefact::Tree(Debian::Twelve)),
        ("SANID_TREE_13", Artefact::Tree(Debian::Thirteen)),
        ("SANID_KERNEL_12", Artefact::Kernel(Debian::Twelve)),
    ] {
        if let Some(tree) = artefact.existing() {
            cmd = cmd.env(name, tree);
        }
    }
    cmd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_test_programs_are_taken_from_what_cargo_prints() {
        let line = |test: bool, kind: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/w/crates/a/Cargo.toml","target":{{"name":"a","kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":{executable}}}"#
            )
        };
        let messages = [
            line(true, "test", "\"/t/a-1\""),
            line(true, "lib", "\"/t/a-2\""),
            line(false, "bin", "\"/t/a\""),
            line(true, "lib", "null"),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let found = programs(&messages.join("\n"));
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.executable.to_string_lossy(), one.integration))
            .collect();
        assert_eq!(shown, [("/t/a-1".into(), true), ("/t/a-2".into(), false)]);
        assert_eq!(
            found.first().map(|one| one.package.as_path()),
            Some(Path::new("/w/crates/a"))
        );
    }
}
