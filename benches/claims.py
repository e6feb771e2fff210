"""Claims beside bare transactions of the same shape, on SQLite and on etcd, while the store grows."""

import contextlib
import socket
import subprocess
import time

import common
import plot

OPTIONS = [
    ("sqlite", 100, 1_000_000, "how many claims SQLite is grown to"),
    ("etcd", 100, 1_000_000, "how many claims etcd is grown to"),
    ("clients", 1, 8, "clients at once on etcd"),
]
ROUNDS = 7
PLOT = "claims-growth.svg"


def run(options, scratch):
    rounds = options.rounds or ROUNDS
    build = ["bench", "--package", "benches", "--profile", "speed", "--bench", "claims"]
    common.cargo(*build, "--no-run")

    def grow(address, most, count, clients):
        said = common.cargo(*build, "--", address, str(most), str(count), str(clients), str(rounds))
        return grouped(said)

    stores = {"SQLite": grow(f"sqlite:{scratch}/claims.db", options.sqlite, 400, 1)}
    with etcd(scratch) as url:
        stores["etcd"] = grow(f"etcd:{url}", options.etcd, 800, options.clients)
    rows, lines = [], {}
    for store, sizes in stores.items():
        lines[f"{store}, claims"] = [(held, common.median(claims)) for held, (claims, _) in sizes.items()]
        lines[f"{store}, bare"] = [(held, common.median(bare)) for held, (_, bare) in sizes.items()]
        for held, (claims, bare) in sizes.items():
            ratio = common.ratio(claims, bare)
            rows.append([store, held, f"{common.median(claims):.0f}", f"{common.median(bare):.0f}", f"{ratio:.2f}"])
    text = f"""{common.machine()}

New claims and bare transactions per second, each client making one of each in turn; medians of {rounds} rounds, and \
the ratio is the median over the rounds. SQLite has one client and syncs every transaction (`synchronous = FULL`); its \
bare transactions go to a second file of the same size. etcd has one member, its data on the same disk, and \
{options.clients} clients at once. A round adds 400 claims to each file of SQLite and 1,600 to etcd, so the smallest \
sizes are those before the first round. In etcd, 25 of the claims that only fill it share a lease.

{common.table(["store", "claims held", "claims per second", "bare per second", "ratio"], rows)}
![Claims per second by the number of claims held]({PLOT})
"""
    return text, {PLOT: plot.log_log("claims held", "per second", lines)}


def grouped(text):
    """Rates of claims and of bare transactions by the number of claims held, from a line for each round."""
    sizes = {}
    for line in text.splitlines():
        held, *rates = line.split()
        for values, rate in zip(sizes.setdefault(int(held), ([], [])), rates, strict=True):
            values.append(float(rate))
    return sizes


@contextlib.contextmanager
def etcd(scratch):
    """A member of etcd with room for all; ends with the context."""
    url, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    words = [common.program("etcd"), "--log-level=error", "--logger=zap", f"--data-dir={scratch}/etcd"]
    # The last one is what it keeps in memory for members that lag behind, of which there are none.
    words += ["--quota-backend-bytes=8589934592", "--snapshot-count=2000"]
    words += [f"--listen-client-urls={url}", f"--advertise-client-urls={url}"]
    words += [f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}"]
    with (scratch / "etcd.log").open("wb") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        wait_for(url, scratch / "etcd.log")
        yield url
    finally:
        server.kill()
        server.wait()


def wait_for(url, log):
    port = int(url.rpartition(":")[2])
    for _ in range(1200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise SystemExit(f"etcd did not start within a minute:\n{log.read_text()}")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
