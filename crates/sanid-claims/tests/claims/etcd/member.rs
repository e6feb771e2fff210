//! A member of etcd on the loopback interface.

use std::path::Path;
use std::process::Command;

/// Its name, where its data is, where clients and where members find it, and all members with their addresses.
pub(crate) fn member<'a>(
    command: &'a mut Command,
    name: &str,
    data: &Path,
    url: &str,
    peer: &str,
    all: &str,
) -> &'a mut Command {
    command
        .args(["--name", name, "--data-dir"])
        .arg(data)
        .args(["--listen-client-urls", url])
        .args(["--advertise-client-urls", url])
        .args(["--listen-peer-urls", peer])
        .args(["--initial-advertise-peer-urls", peer])
        .args(["--initial-cluster", all])
}
