//! `cargo xtask package`: the Debian and the RPM packages, `sanid`, `sanid-fleet` and `sanid-kube`, of the static
//! binaries and the dist trees.

use std::fs;

use anyhow::{Result, ensure};

use crate::cmd::Cmd;
use crate::place::Place;
use crate::say::say;
use crate::{release, tools};

/// Builds, packages, prints where the packages are.
pub(crate) fn run(place: &Place) -> Result<bool> {
    for name in ["sanid", "sanid-image", "sanid-fleet", "sanid-kube"] {
        release::built(place, name)?;
    }
    let directory = place.target.join("packages");
    fs::create_dir_all(&directory)?;
    let triple = release::target(&place.host);
    // A static binary needs no library, which the packager could only guess from this machine's.
    for package in ["sanid", "sanid-fleet", "sanid-kube"] {
        let deb = Cmd::new([tools::DEB.get(place)?.to_string_lossy()]).args([
            "deb",
            "--no-build",
            "--no-strip",
            "--package",
            package,
        ]);
        let rpm = Cmd::new([tools::RPM.get(place)?.to_string_lossy()])
            .args(["generate-rpm", "--auto-req=disabled", "--package"])
            .arg(format!("crates/{package}"));
        for cmd in [deb, rpm] {
            let cmd = cmd
                .args(["--target", &triple, "--output"])
                .arg(directory.to_string_lossy());
            let done = cmd.run(place, "package")?;
            ensure!(
                done.status.success(),
                "{}\nto repeat: {}",
                done.output,
                cmd.repeat()
            );
        }
    }
    for entry in fs::read_dir(&directory)? {
        say!("{}", entry?.path().display());
    }
    Ok(true)
}
