"""Start-up, memory and system calls of the boot command; its size."""

import os
import subprocess

import common

OPTIONS = []
ROUNDS = 300


def run(options, scratch):
    rounds = options.rounds or ROUNDS
    sanid = common.static("sanid", "sanid")
    reader = common.static("benches", "read_machine_id")
    root = booted(scratch / "root")
    subprocess.run([sanid, "apply", "--root", root], check=True, stdout=subprocess.DEVNULL)
    subjects = {
        "`iscsi-iname`": [common.program("iscsi-iname")],
        "`nvme show-hostnqn`": [common.program("nvme"), "show-hostnqn"],
        "reads machine-id only (static)": [reader, root / "etc/machine-id"],
        "`sanid show`": [sanid, "show", "--root", root],
        "`sanid apply`, nothing to do": [sanid, "apply", "--root", root],
    }
    walls = {name: [] for name in subjects}
    for _ in range(rounds + 1):
        for name, words in subjects.items():
            walls[name].append(1000 * common.seconds(*words))
    # The first round fills the page cache.
    walls = {name: values[1:] for name, values in walls.items()}
    measure = walls["`iscsi-iname`"]
    rows = []
    for name, words in subjects.items():
        wall, ratio = common.median(walls[name]), common.ratio(walls[name], measure)
        _, peak = common.cost(scratch, *words)
        rows.append([name, f"{wall:.2f}", f"{ratio:.2f}", peak, calls(scratch, words)])
    text = f"""{common.machine()}

Start-up, {rounds} interleaved rounds, medians; the ratio is the median over the rounds of the time beside \
`iscsi-iname` of the same round:

{common.table(["program", "wall, ms", "ratio", "peak memory, KiB", "system calls"], rows)}
Static stripped binary: {sanid.stat().st_size} bytes.
"""
    return text, {}


def booted(root):
    """The root of a host. As root with the kernel's own /proc and /sys and a volatile /run, as after a boot."""
    for directory in ["etc", "var/lib", "run", "proc", "sys"]:
        (root / directory).mkdir(parents=True)
    (root / "etc/machine-id").write_text("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    if os.geteuid() == 0:
        for words in [["-t", "tmpfs", "none", root / "run"], ["--rbind", "/proc", root / "proc"], ["--rbind", "/sys", root / "sys"]]:
            subprocess.run(["mount", *words], check=True)
    return root


def calls(scratch, words):
    log = scratch / "strace"
    common.seconds(common.program("strace"), "-f", "-qq", "-e", "signal=none", "-o", log, *words)
    return counted(log.read_text())


def counted(log):
    """System calls in a log of `strace -f`, where one that is interrupted by another thread takes two lines."""
    return sum("resumed>" not in line for line in log.splitlines())
