//! systemd-nspawn: a real systemd, booted from a Debian tree in a second, on this machine's kernel.
//!
//! To sanid a container is not a host: the units do not start there and the command refuses. Here the container stands
//! for a host, so the units lose that condition and name the root.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::case::Boot;
use crate::debian::Debian;
use crate::tree::Tree;
use crate::trial::Trial;
use crate::{guest, kept};

/// Containers use one control group, in which only one systemd can work: this one waits for its turn, also where
/// another `cargo xtask vm` runs.
const TURN: &str = "/run/lock/sanid-vm-nspawn";

/// Boots the same tree again and again.
pub(super) fn run(trial: &Trial<'_>, debian: Debian, boots: &'static [Boot]) -> Result<()> {
    let _turn = kept::lock(Path::new(TURN))?;
    let kept = trial.work().join("kept");
    fs::create_dir_all(&kept)?;
    let tree = Tree::new(trial, debian, "(Ctrl-] three times ends it at once.)")?;
    tree.pass_as_host()?;
    for (number, boot) in trial.boots(boots).iter().enumerate() {
        tree.prepare(boot)?;
        let mut nspawn = Command::new("systemd-nspawn");
        nspawn.args([
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--private-network",
        ]);
        nspawn.arg(if trial.options.shell {
            "--console=interactive"
        } else {
            "--console=read-only"
        });
        nspawn.arg("--directory").arg(tree.root());
        nspawn.arg(format!("--machine={}", trial.case.name.replace('_', "-")));
        nspawn.arg(format!("--bind={}:/vm/kept", kept.display()));
        nspawn.args(boot.options);
        nspawn.args(["--boot", "--", "--show-status=false"]);
        nspawn.arg(format!("--unit={}", trial.unit()));
        let what = format!("boot {} ({})", number + 1, boot.arguments);
        guest::boot(trial, nspawn, &what)?;
    }
    Ok(())
}
