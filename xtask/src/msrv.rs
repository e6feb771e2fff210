//! `rust-version` in Cargo.toml, proved: the workspace checked by the Rust of
//! Debian 13, which is that version, in a tree of its unpacked packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use vmtest::host::output;
use vmtest::{Artefact, debian};

use crate::cmd::Cmd;
use crate::dependencies;
use crate::place::Place;
use crate::test::step::{Context, Outcome};

/// The step of `cargo xtask test`.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let place = &context.place;
    let Some(tree) = Artefact::Rust.existing() else {
        return Ok(Outcome::missing(
            "the tree of Debian 13's Rust is missing",
            "cargo xtask test --only tree-rust",
        ));
    };
    let named = rust_version(place)?;
    let there = output(
        Command::new("chroot")
            .arg(&tree)
            .args(["rustc", "--version"]),
    )?;
    ensure!(
        there.starts_with(&format!("rustc {named}.")),
        "Cargo.toml names Rust {named}, and Debian 13 has {}",
        there.trim()
    );
    let target = place.work().join("msrv");
    fs::create_dir_all(&target)?;
    dependencies::restore(place, dependencies::MSRV, &target)?;
    let cargo_home = cargo_home()?;
    let (registry, config) = (cargo_home.join("registry"), cargo_home.join("config.toml"));
    let mut binds = vec![
        (place.root.as_path(), "/src"),
        (registry.as_path(), "/cargo/registry"),
        (target.as_path(), "/target"),
        (Path::new("/dev"), "/dev"),
    ];
    if config.is_file() {
        // It may name the registry that everything was fetched from.
        binds.push((&config, "/cargo/config.toml"));
    }
    let script = debian::inside(
        &tree,
        &binds,
        "cd /src; export PATH=/usr/bin CARGO_HOME=/cargo CARGO_TARGET_DIR=/target; \
         export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=gcc CC=gcc; \
         cargo check --workspace --all-features --locked --offline",
    );
    let cmd = Cmd::new(["unshare", "--mount", "sh", "-c"]).arg(script);
    Ok(match Outcome::of(place, "msrv", &cmd)? {
        Outcome::Failed { output, .. } => Outcome::Failed {
            output,
            repeat: "cargo xtask test --only msrv".to_owned(),
        },
        passed => {
            dependencies::keep(place, dependencies::MSRV, &target)?;
            passed
        }
    })
}

fn rust_version(place: &Place) -> Result<String> {
    let manifest = fs::read_to_string(place.root.join("Cargo.toml"))?;
    manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \""))
        .and_then(|rest| rest.strip_suffix('"'))
        .map(str::to_owned)
        .context("Cargo.toml names no rust-version")
}

/// Where cargo keeps the registry.
fn cargo_home() -> Result<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
        .context("cargo has no home")
}
