//! The Debian packages that the steps use: as root installed with care, otherwise listed together with
//! what cannot be tested without them.

mod list;
mod plan;

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use vmtest::host::{has_program, is_ci, is_root};

use crate::cmd::Cmd;
use crate::say::say;
use crate::test::step::{Context, Outcome};
use list::{PACKAGES, Package};
use plan::Plan;

/// Installs what the steps of this run need and this machine lacks, if that is possible here.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let needed: Vec<&Package> = PACKAGES
        .iter()
        .filter(|package| is_needed(package, &context.steps))
        .collect();
    let missing = missing(&needed)?;
    if missing.is_empty() {
        return Ok(Outcome::passed(format!(
            "{} packages are there\n",
            needed.len()
        )));
    }
    if !has_program("apt-get") || !is_root() {
        let mut reason = String::from("not root, or no apt-get; missing, and not tested:");
        for package in &missing {
            reason = format!("{reason}\n  {:<36} {}", package.name, package.why);
        }
        return Ok(Outcome::missing(reason, install(&missing, &[]).repeat()));
    }
    let place = &context.place;
    let update = Outcome::of(place, "apt update", &apt(&["update", "-qq"]))?;
    if matches!(update, Outcome::Failed { .. }) {
        return Ok(update);
    }
    let simulation = install(&missing, &["--simulate"]).run(place, "apt simulation")?;
    let plan = Plan::read(&simulation.output);
    if !simulation.status.success() || plan.refusal().is_some() {
        let why = plan.refusal().unwrap_or(simulation.output);
        return Ok(Outcome::missing(
            format!("nothing is installed: {why}"),
            install(&missing, &[]).repeat(),
        ));
    }
    let show = Cmd::new(["apt-cache", "show"]).args(plan.fetched.iter().cloned());
    let sizes = plan::sizes(&show.run(place, "apt sizes")?.output);
    // Nothing may be drawn over a question.
    let agreed = context.progress.suspend(|| {
        say!("{}: {sizes}", plan.summary());
        agreed(context)
    });
    if !agreed {
        return Ok(Outcome::missing("not installed", "cargo xtask test --yes"));
    }
    let _quiet = NoServices::begin()?;
    // Should the archive change between the simulation and now, apt still removes nothing.
    let cmd = install(&missing, &["--yes", "-qq", "--no-remove"]);
    Outcome::of(place, "packages", &cmd)
}

/// Whether one of the steps uses a package. A run of this step alone installs all of them.
fn is_needed(package: &Package, steps: &[&str]) -> bool {
    steps == ["packages"] || package.steps.iter().any(|step| steps.contains(step))
}

/// Asks on a terminal, unless the answer was given before.
fn agreed(context: &Context) -> bool {
    let stdin = std::io::stdin();
    if context.yes || is_ci() || !stdin.is_terminal() || !std::io::stdout().is_terminal() {
        return true;
    }
    let mut out = std::io::stdout().lock();
    let asked = write!(out, "Install them? [y/N] ").and_then(|()| out.flush());
    let mut answer = String::new();
    asked.is_ok()
        && stdin.lock().read_line(&mut answer).is_ok()
        && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// The packages that are not installed.
fn missing<'a>(needed: &[&'a Package]) -> Result<Vec<&'a Package>> {
    if !has_program("dpkg-query") {
        return Ok(needed.to_vec());
    }
    // One package that dpkg does not know makes the exit code 1, so only what
    // is printed counts.
    let known = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Abbrev}${Package}\n"])
        .args(needed.iter().map(|package| package.name))
        .output()
        .context("cannot run dpkg-query")?;
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let installed: BTreeSet<&str> = known
        .lines()
        .filter_map(|line| line.strip_prefix("ii "))
        .collect();
    Ok(needed
        .iter()
        .copied()
        .filter(|package| {
            !installed.contains(package.name) && !package.program.is_some_and(has_program)
        })
        .collect())
}

fn install(packages: &[&Package], options: &[&str]) -> Cmd {
    apt(&["install", "--no-install-recommends"])
        .args(options.iter().copied())
        .args(packages.iter().map(|package| package.name))
}

/// `apt-get` with messages that can be read by a program, and without questions by packages.
fn apt(words: &[&str]) -> Cmd {
    Cmd::new(["apt-get"])
        .args(words.iter().copied())
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("LC_ALL", "C")
}

/// While this exists, installing a package starts no service: a test machine
/// that gets `tgt` for its programs is not to run an iSCSI target. A policy
/// that is already there stays as it is.
struct NoServices {
    ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoServices {
    fn begin() -> Result<Self> {
        let ours = !Path::new(POLICY).exists();
        if ours {
            std::fs::write(POLICY, "#!/bin/sh\nexit 101\n").context(POLICY)?;
            let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(POLICY, executable).context(POLICY)?;
        }
        Ok(Self { ours })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours && std::fs::remove_file(POLICY).is_err() {
            eprintln!("cargo xtask: please remove {POLICY}");
        }
    }
}

/// The steps that the list names.
#[cfg(test)]
pub(crate) fn named_steps() -> impl Iterator<Item = &'static str> {
    let all = PACKAGES.iter().flat_map(|package| package.steps);
    all.copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_installs_only_the_packages_of_its_steps() {
        let names = |steps: &[&str]| -> Vec<&str> {
            let needed = PACKAGES.iter().filter(|package| is_needed(package, steps));
            needed.map(|package| package.name).collect()
        };
        assert_eq!(names(&["packages", "build", "faults"]), ["strace"]);
        assert_eq!(names(&["packages", "build", "tests"]), ["age"]);
        assert_eq!(names(&["packages"]).len(), PACKAGES.len());
    }
}
