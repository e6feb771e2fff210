//! `cargo xtask bench --kube`: what many nodes cost an API server, and what an agent costs a node.

use anyhow::{Result, ensure};

use super::Options;
use crate::cmd::Cmd;
use crate::kube;
use crate::page;
use crate::place::Place;
use crate::release;
use crate::say::say;

/// Builds, measures, prints, writes.
pub(super) fn run(place: &Place, options: &Options) -> Result<bool> {
    ensure!(
        kube::is_built(place),
        "there is no API server; cargo xtask test --only packages kube-server builds it"
    );
    let built = release::build(place, "sanid-kube", &["--bins"]).run(place, "bench build")?;
    ensure!(built.status.success(), "{}", built.output);
    // As many simulated nodes as are measured have no optimised code of their own: the API server, which is
    // what is measured, is as it is anywhere.
    let cmd = Cmd::new([
        "cargo",
        "test",
        "--quiet",
        "-p",
        "sanid-kube",
        "--test",
        "kube",
    ])
    .env("SANID_KUBE_SERVER", kube::cache(place))
    .env("SANID_KUBE_STATIC", place.static_dir().join("sanid-kube"))
    .env("SANID_KUBE_BENCH", options.nodes.to_string());
    let done = cmd.run(place, "bench kube")?;
    ensure!(done.status.success(), "{}\n{}", done.output, cmd.repeat());
    let begin = done.output.find("| | objects").unwrap_or_default();
    let (_, tables) = done.output.split_at(begin);
    let text = format!(
        "Made by `cargo xtask bench --kube --nodes {}`, API server, etcd and nodes on one machine.\n\n{}\n",
        options.nodes,
        tables.trim_end()
    );
    say!("{text}");
    if !options.dry_run {
        page::write(&place.root.join("docs/kubernetes.md"), "bench", &text)?;
    }
    Ok(true)
}
