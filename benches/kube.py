"""Agents and claims of many nodes on a real API server; writes docs/kubernetes.md."""

import os
from pathlib import Path

import common

OPTIONS = [("nodes", 10, 5000, "how many nodes the cluster has")]


def run(options, scratch):
    if not (Path(os.environ["SANID_KUBE_SERVER"]) / "kube-apiserver").exists():
        raise SystemExit("there is no API server; cargo xtask test --only packages kube-server builds it")
    # The simulated nodes need no optimised code: the API server, which is measured, is as it is anywhere.
    said = common.cargo(
        *["test", "--package", "sanid-kube", "--test", "kube"],
        SANID_KUBE_STATIC=str(common.static("sanid-kube", "sanid-kube")),
        SANID_KUBE_BENCH=str(options.nodes),
    )
    tables = said[said.index("| | objects") :].rstrip()
    text = f"""Made by `cargo xtask bench kube --nodes {options.nodes}`, API server, etcd and nodes on one machine.

{tables}
"""
    return text, {}
