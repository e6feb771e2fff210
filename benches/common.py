"""What the benchmarks share: builds, timing, statistics, and the tables in docs/."""

import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCHES = ROOT / "benches"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CORES = len(os.sched_getaffinity(0))
# Cargo adds directories to the search path for libraries, which slows dynamic programs down.
CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def program(name):
    """The path of an installed program."""
    found = shutil.which(name, path=CLEAN["PATH"])
    if not found:
        raise SystemExit(f"{name} is missing; cargo xtask test --only packages installs it")
    return found


def cargo(*words, **environment):
    """Runs cargo and returns its output."""
    command = ["cargo", words[0], "--quiet", *words[1:]]
    environment = os.environ | environment
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def static(package, binary):
    """Builds a static release binary as it is installed; each alone, without what others' features add."""
    triple = os.environ["SANID_BENCH_STATIC"]
    flags = "-C target-feature=+crt-static"
    cargo("build", "--release", "--package", package, "--bin", binary, "--target", triple, RUSTFLAGS=flags)
    return TARGET / triple / "release" / binary


def dynamic(package, binary, profile="release"):
    """Builds a binary with a profile of the workspace."""
    cargo("build", "--profile", profile, "--package", package, "--bin", binary)
    return TARGET / profile / binary


def seconds(*words, stdin="/dev/null", accept=(0,)):
    """Wall time from the start of a process to its exit status, output to /dev/null.

    `posix_spawn` costs as little as any way to start a process, which matters for programs that take less than a
    millisecond.
    """
    words = [str(word) for word in words]
    files = [(0, stdin, os.O_RDONLY), (1, "/dev/null", os.O_WRONLY), (2, "/dev/null", os.O_WRONLY)]
    actions = [(os.POSIX_SPAWN_OPEN, number, str(path), mode, 0) for number, path, mode in files]
    begin = time.perf_counter()
    child = os.posix_spawn(words[0], words, CLEAN, file_actions=actions)
    _, status = os.waitpid(child, 0)
    wall = time.perf_counter() - begin
    code = os.waitstatus_to_exitcode(status)
    if code not in accept:
        raise SystemExit(f"{' '.join(words)} failed: {code}")
    return wall


def cost(scratch, *words, accept=(0,)):
    """Wall time and peak memory in KiB, below `time`: the kernel charges a child for the memory of its parent, so
    the parent has to be small."""
    peak = scratch / "peak"
    wall = seconds(program("time"), "-q", "-f", "%M", "-o", peak, *words, accept=accept)
    return wall, int(peak.read_text().splitlines()[-1])


def output(*words):
    """Standard output of a program."""
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, text=True).stdout


def median(values):
    """The middle value; of two, the higher one: a value that was measured."""
    return statistics.median_high(values)


def ratio(values, measures):
    """Median over the rounds of one value divided by the other of the same round."""
    return median([value / measure for value, measure in zip(values, measures, strict=True)])


def table(header, rows, text=1):
    """A table in Markdown: the first columns are text, the others numbers."""
    marks = ["---"] * text + ["---:"] * (len(header) - text)
    return "".join([line(header), f"|{'|'.join(marks)}|\n", *map(line, rows)])


def line(cells):
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |\n"


def machine():
    """The facts that a reader needs to judge the numbers."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor")
    return f"Machine: {CORES} × {model}, Linux {os.uname().release}."


def rewrite(page, name, text):
    """Replaces the text between the markers of this name."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, opened, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (opened and closed):
        raise ValueError(f"the page lacks the markers of {name}")
    return before + begin + text + end + after
