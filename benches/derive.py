"""Bulk derivation by `sanid derive` and `sanid-fleet derive`, beside bare HMACs and a script in Python."""

import random
import subprocess
import sys

import common
import plot

OPTIONS = [
    ("ids", 1, 2_000_000, "machine-ids for sanid derive"),
    ("rows", 1000, 10_000_000, "rows of the inventory for sanid-fleet derive"),
]
BULK_ROUNDS = 7
FLEET_ROUNDS = 5
GROWTH_ROUNDS = 3
# Enough for the rate of the script in Python, and few enough not to wait for minutes.
PYTHON_ROWS = 200_000
PYTHON_MOST = 1_000_000
SCRIPT = common.BENCHES / "derive_in_python.py"
GROWTH_PLOT = "derive-growth.svg"


def run(options, scratch):
    sanid = common.static("sanid", "sanid")
    fleet = common.static("sanid-fleet", "sanid-fleet")
    hmac = common.dynamic("benches", "bare_hmac", profile="speed")
    ids = scratch / "machine-ids"
    write_ids(ids, options.ids)
    growth = grow(options, scratch, fleet)
    text = f"""{common.machine()}

{bulk(options, sanid, hmac, ids)}
{inventories(options, scratch, fleet, hmac, ids)}
How the time of the whole process grows, on all cores; medians of {options.rounds or GROWTH_ROUNDS} runs:

{growth_table(growth)}
![Milliseconds by number of rows]({GROWTH_PLOT})
"""
    lines = {
        "derive": [(rows, 1000 * derive) for rows, derive, _ in growth],
        "Python": [(rows, 1000 * python) for rows, _, python in growth if python],
    }
    return text, {GROWTH_PLOT: plot.log_log("rows", "ms", lines)}


def bulk(options, sanid, hmac, ids):
    derive, bare = [], []
    for _ in range(options.rounds or BULK_ROUNDS):
        derive.append(options.ids / common.seconds(sanid, "derive", stdin=ids))
        bare.append(bare_rate(hmac, ids, options.ids, 1))
    rows = [
        ["`sanid derive`", f"{common.median(derive):.0f}"],
        ["bare HMAC-SHA-256", f"{common.median(bare):.0f}"],
        ["ratio", f"{common.ratio(derive, bare):.2f}"],
    ]
    return f"""Bulk derivation of {options.ids} machine-ids, text to text, beside the bare HMACs of the same ids on one \
core:

{common.table(["", "ids per second"], rows)}"""


def inventories(options, scratch, fleet, hmac, ids):
    inventory, short = write_inventory(scratch, options.rows), write_inventory(scratch, PYTHON_ROWS)
    if common.output(fleet, "derive", short) != common.output(sys.executable, SCRIPT, short):
        raise SystemExit("sanid-fleet and the script in Python derive different names")
    python = common.median([PYTHON_ROWS / common.seconds(sys.executable, SCRIPT, short) for _ in range(GROWTH_ROUNDS)])
    rounds = options.rounds or FLEET_ROUNDS
    rows = []
    for cores in sorted({1, common.CORES}):
        derive, bare = [], []
        for _ in range(rounds):
            derive.append(options.rows / common.seconds(fleet, "derive", "--threads", cores, inventory))
            bare.append(bare_rate(hmac, ids, options.ids, cores))
        rate = common.median(derive)
        ratio = common.ratio(derive, bare)
        rows.append([cores, f"{rate:.0f}", f"{common.median(bare):.0f}", f"{ratio:.2f}", f"{rate / python:.0f} ×"])
    _, peak = common.cost(scratch, fleet, "derive", inventory)
    header = ["cores", "rows per second", "bare HMACs per second", "ratio", "beside Python"]
    return f"""`sanid-fleet derive` of {options.rows} rows, CSV to CSV with the search for duplicates, beside the bare \
HMACs on as many cores; medians of {rounds} interleaved rounds:

{common.table(header, rows, text=0)}
The script in Python (`benches/{SCRIPT.name}`, one core, the same output byte for byte): {python:.0f} rows per second. \
Peak memory of `sanid-fleet`: {peak} KiB.
"""


def grow(options, scratch, fleet):
    """Rows and seconds of both, from a thousand rows by powers of ten."""
    growth = []
    rows = 1000
    while rows <= options.rows:
        inventory = write_inventory(scratch, rows)
        rounds = range(options.rounds or GROWTH_ROUNDS)
        derive = common.median([common.seconds(fleet, "derive", inventory) for _ in rounds])
        python = None
        if rows <= PYTHON_MOST:
            python = common.median([common.seconds(sys.executable, SCRIPT, inventory) for _ in rounds])
        growth.append((rows, derive, python))
        rows *= 10
    return growth


def growth_table(growth):
    rows = [[rows, f"{derive:.3f}", f"{python:.3f}" if python else ""] for rows, derive, python in growth]
    return common.table(["rows", "`sanid-fleet derive`, s", "Python, s"], rows, text=0)


def bare_rate(hmac, ids, count, cores):
    """Bare HMACs per second of as many processes at once; each prints its seconds."""
    words = [str(hmac), str(ids)]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(cores)]
    return sum(count / float(process.communicate()[0]) for process in running)


def machine_ids(count):
    """Always the same ones."""
    numbers = random.Random(0x5A4E4944)
    return (f"{numbers.getrandbits(128):032x}" for _ in range(count))


def write_ids(path, count):
    with path.open("w") as file:
        file.writelines(f"{one}\n" for one in machine_ids(count))


def write_inventory(scratch, rows):
    path = scratch / f"inventory-{rows}.csv"
    if not path.exists():
        with path.open("w") as file:
            file.write("host,machine_id\n")
            file.writelines(f"node-{number:08}.example.com,{one}\n" for number, one in enumerate(machine_ids(rows)))
    return path
