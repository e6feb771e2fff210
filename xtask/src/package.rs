//! `cargo xtask package`: the Debian and the RPM packages of the static binaries for this machine, which the scripts
//! in `packaging/` make.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use vmtest::host::has_program;

use crate::cmd::Cmd;
use crate::place::Place;
use crate::release;
use crate::say::say;

/// What the scripts call, and the Debian packages of it.
const PROGRAMS: [(&str, &str); 3] = [
    ("dpkg-buildpackage", "dpkg-dev"),
    ("dh", "debhelper"),
    ("rpmbuild", "rpm"),
];

/// Builds, packages, prints where the packages are.
pub(crate) fn run(place: &Place) -> Result<bool> {
    programs(&PROGRAMS)?;
    for name in ["sanid", "sanid-fleet"] {
        release::built(place, name)?;
    }
    let directory = place.target.join("packages");
    let machine = std::env::consts::ARCH;
    let debian = match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    for (name, architecture) in [("deb.sh", debian), ("rpm.sh", machine)] {
        let arguments = [Path::new(architecture), &place.static_dir(), &directory];
        script(place, name, &arguments)?;
    }
    for entry in fs::read_dir(&directory)? {
        say!("{}", entry?.path().display());
    }
    Ok(true)
}

/// Runs a script of `packaging/`.
pub(crate) fn script(place: &Place, name: &str, arguments: &[&Path]) -> Result<()> {
    let program = place.root.join("packaging").join(name);
    let cmd = Cmd::new([program.to_string_lossy()])
        .args(arguments.iter().map(|argument| argument.to_string_lossy()));
    let done = cmd.run(place, name)?;
    ensure!(
        done.status.success(),
        "{}\nto repeat: {}",
        done.output,
        cmd.repeat()
    );
    Ok(())
}

/// Fails with the packages to install where a program is missing.
pub(crate) fn programs(programs: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<_> = programs
        .iter()
        .filter(|(program, _)| !has_program(program))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    bail!(
        "missing: {}; on Debian: apt-get install {}",
        names.join(", "),
        packages.join(" ")
    )
}
