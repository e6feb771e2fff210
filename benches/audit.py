"""`sanid-fleet audit` beside DuckDB's GROUP BY … HAVING on the same reports, while the fleet grows."""

import shutil
import subprocess
import sys

import common
import plot

OPTIONS = [("largest", 3, 7, "the largest fleet, as a power of ten; ten million reports are 18 GB")]
ROUNDS = 3
DUCKDB = "duckdb==2.0.0"
# Bytes of a report, and of what DuckDB spills for it.
REPORT = 1800 + 400
PLOT = "audit-growth.svg"


def run(options, scratch):
    hosts = 10**options.largest
    free = shutil.disk_usage(scratch).free
    if free < hosts * REPORT:
        raise SystemExit(
            f"{hosts} reports need {hosts * REPORT / 1e9:.0f} GB and {scratch} has {free / 1e9:.0f};"
            f" --largest {options.largest - 1} needs a tenth"
        )
    audit = common.dynamic("sanid-fleet", "sanid-fleet")
    generator = common.dynamic("benches", "reports")
    query = [duckdb(), common.BENCHES / "audit_in_duckdb.py"]
    rows, lines = [], {"sanid-fleet audit": [], "DuckDB, four groupings": [], "DuckDB, one grouping": []}
    for hosts in (10**power for power in range(3, options.largest + 1)):
        reports = scratch / "reports.ndjson"
        with reports.open("wb") as file:
            subprocess.run([generator, str(hosts)], check=True, stdout=file)
        rest = [reports, common.CORES, scratch / "duckdb"]
        subjects = [[audit, "audit", "--format", "json", reports], [*query, *rest, "all"], [*query, *rest, "one"]]
        walls, peaks = measure(scratch, subjects, 1 if hosts > 10**6 else options.rounds or ROUNDS)
        rows.append(row(hosts, reports.stat().st_size, walls, peaks))
        print(common.line(rows[-1]), end="", file=sys.stderr, flush=True)
        for line, values in zip(lines.values(), walls, strict=True):
            line.append((hosts, common.median(values)))
        reports.unlink()
    header = ["hosts", "GB", "audit, s", "audit, MiB", "DuckDB all, s", "DuckDB all, MiB", "DuckDB one, s"]
    text = f"""![Seconds by number of hosts]({PLOT})

{common.machine()} {DUCKDB} with as many threads as there are cores, and 1 GB.

{common.table([*header, "all / audit", "one / audit"], rows, text=0)}"""
    return text, {PLOT: plot.log_log("hosts", "seconds", lines)}


def measure(scratch, subjects, rounds):
    """Seconds and MiB of each subject, in each round."""
    walls, peaks = [[] for _ in subjects], [[] for _ in subjects]
    # The first round fills the page cache; reports of one round are larger than it.
    warm = 0 if rounds == 1 else 1
    for number in range(rounds + warm):
        for words, wall, peak in zip(subjects, walls, peaks, strict=True):
            # An audit that finds something ends with 1.
            seconds, kib = common.cost(scratch, *words, accept=(0, 1))
            if number >= warm:
                wall.append(seconds)
                peak.append(kib / 1024)
    return walls, peaks


def row(hosts, size, walls, peaks):
    audit, everything, one = walls
    seconds, mib = [common.median(wall) for wall in walls], [common.median(peak) for peak in peaks]
    return [
        hosts,
        f"{size / 1e9:.3f}",
        f"{seconds[0]:.2f}",
        f"{mib[0]:.0f}",
        f"{seconds[1]:.2f}",
        f"{mib[1]:.0f}",
        f"{seconds[2]:.2f}",
        f"{common.ratio(everything, audit):.2f}",
        f"{common.ratio(one, audit):.2f}",
    ]


def duckdb():
    """A Python that has DuckDB, in a directory of its own."""
    directory = common.TARGET / "duckdb"
    python = directory / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", DUCKDB], check=True)
    return python
