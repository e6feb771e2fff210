//! Agents: processes, as the `DaemonSet` runs them.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::cluster::{Cluster, Process};
use crate::node::{Host, binary};

/// The command of an agent of a node: quick intervals, else as it is shipped.
pub(crate) fn command(cluster: &Cluster, node: &str, host: &Path, token: &Path) -> Command {
    let mut command = Command::new(binary());
    arguments(&mut command, cluster, &cluster.url(), node, host, token);
    command
}

fn arguments(
    command: &mut Command,
    cluster: &Cluster,
    server: &str,
    node: &str,
    host: &Path,
    token: &Path,
) {
    command
        .arg("agent")
        .args(["--node-name", node, "--server", server])
        .arg("--root")
        .arg(host)
        .arg("--token-file")
        .arg(token)
        .arg("--ca-file")
        .arg(cluster.path("ca.crt"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
}

/// It has ended with this code; where it did not, with what it said.
pub(crate) fn ended(done: &Output, code: i32) {
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(code), "{said}");
}

/// A node's agent that stays, with intervals of a second.
pub(crate) async fn start(cluster: &Cluster, node: &str, host: &Host) -> Process {
    start_with(cluster, node, host, &[]).await
}

pub(crate) async fn start_with(
    cluster: &Cluster,
    node: &str,
    host: &Host,
    options: &[&str],
) -> Process {
    start_every(cluster, &cluster.url(), node, host, "1", options).await
}

/// The same with intervals that leave a small machine time for 200 of them, and a way of its own.
pub(crate) async fn start_slow(
    cluster: &Cluster,
    server: &str,
    node: &str,
    host: &Host,
) -> Process {
    start_every(cluster, server, node, host, "10", &[]).await
}

async fn start_every(
    cluster: &Cluster,
    server: &str,
    node: &str,
    host: &Host,
    seconds: &str,
    options: &[&str],
) -> Process {
    let token = cluster.token(node).await;
    let mut command = Command::new(binary());
    arguments(&mut command, cluster, server, node, host.path(), &token);
    command
        .args(["--look-every", seconds, "--publish-every", seconds])
        .args(options);
    command.stderr(File::create(cluster.path(&format!("{node}.log"))).unwrap());
    Process::start(&mut command)
}

/// A node's agent that publishes once.
pub(crate) async fn once(cluster: &Cluster, node: &str, host: &Host) -> Output {
    let token = cluster.token(node).await;
    let mut command = command(cluster, node, host.path(), &token);
    command.arg("--once").stderr(Stdio::piped());
    command.output().unwrap()
}

/// The same below a clock that is wrong.
pub(crate) async fn once_at(cluster: &Cluster, node: &str, host: &Host, clock: &str) -> Output {
    let token = cluster.token(node).await;
    let mut command = Command::new("faketime");
    command.args(["-f", clock]).arg(binary());
    arguments(
        &mut command,
        cluster,
        &cluster.url(),
        node,
        host.path(),
        &token,
    );
    command.arg("--once").stderr(Stdio::piped());
    command.output().unwrap()
}
