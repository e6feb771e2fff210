"""Measures sanid beside other programs and writes the tables and plots in docs/. Run by `cargo xtask bench`.

All programs of a table run interleaved in one run, so that a noisy machine slows all of them. The ratios count, not
the milliseconds.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import audit
import claims
import common
import derive
import host
import kube

# What each benchmark is, the page that shows it, and the markers in that page.
BENCHMARKS = {
    "host": (host, "performance.md", "bench"),
    "derive": (derive, "performance.md", "derive"),
    "audit": (audit, "performance.md", "audit"),
    "claims": (claims, "performance.md", "claims"),
    "kube": (kube, "kubernetes.md", "bench"),
}
SCRATCH = "SANID_BENCH_SCRATCH"


def arguments():
    benchmarks = "".join(f"  {name:7} {module.__doc__}\n" for name, (module, _, _) in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="cargo xtask bench",
        usage="%(prog)s [NAME…] [OPTIONS]",
        description=f"{__doc__.splitlines()[0]}\n\nbenchmarks:\n{benchmarks}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="benchmarks to run [default: host derive]")
    parser.add_argument("--dry-run", action="store_true", help="only print the tables; leave the pages as they are")
    parser.add_argument("--docs", type=Path, default=common.ROOT / "docs", help="the directory with the pages")
    parser.add_argument("--rounds", type=at_least(1), metavar="N", help="how often each program runs [default: by benchmark]")
    for benchmark, (module, _, _) in BENCHMARKS.items():
        for name, least, default, text in module.OPTIONS:
            text = f"{benchmark}: {text} [default: %(default)s]"
            parser.add_argument(f"--{name}", type=at_least(least), metavar="N", default=default, help=text)
    options = parser.parse_args()
    options.names = options.names or ["host", "derive"]
    for name in options.names:
        if name not in BENCHMARKS:
            parser.error(f"{name}: expected one of {', '.join(BENCHMARKS)}")
    return options


def at_least(least):
    def number(text):
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return int(text)

    return number


def run(options, scratch):
    for name in options.names:
        module, page, marker = BENCHMARKS[name]
        directory = scratch / name
        directory.mkdir()
        text, plots = module.run(options, directory)
        print(text, flush=True)
        if not options.dry_run:
            page = options.docs / page
            page.write_text(common.rewrite(page.read_text(), marker, text))
            for plot, svg in plots.items():
                (options.docs / plot).write_text(svg)


def main():
    options = arguments()
    if scratch := os.environ.get(SCRATCH):
        run(options, Path(scratch))
        return 0
    common.TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=common.TARGET) as scratch:
        # As root in a mount namespace of its own: nothing is mounted here when the directory is removed.
        namespace = ["unshare", "--mount"] if os.geteuid() == 0 else []
        command = [*namespace, sys.executable, *sys.argv]
        return subprocess.run(command, env=os.environ | {SCRATCH: scratch}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
