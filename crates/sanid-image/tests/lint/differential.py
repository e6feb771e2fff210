"""Makes random archives, and unpacks each with GNU tar, bsdtar and Python: differential.py DIR SEED COUNT.

N/archive.tar is the archive, N/gnu, N/bsd and N/python are the trees, and N/kind is `written` (by one of
the three, from a random tree) or `composed` (of random headers, which no program writes like that)."""

import gzip
import os
import random
import subprocess
import sys
import tarfile

ID = b"a3b1c2d4-0000-4000-8000-0123456789ab\n"
IQN = b"InitiatorName=iqn.2004-05.com.example:a\n"
PLACES = [
    ("etc/nvme/hostid", ID),
    ("etc/nvme/hostid.old", ID),
    ("usr/etc/nvme/hostid", ID),
    ("usr/local/etc/nvme/hostid", ID),
    ("etc/iscsi/initiatorname.iscsi", IQN),
    ("usr/etc/iscsi/initiatorname.iscsi", IQN),
]


def put(path, data, holes=0):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        for hole in range(holes):
            file.seek(hole << 16)
            file.write(b"d" * random.choice([1, 511, 4096]))
        file.seek(holes << 16)
        file.write(data)
        if holes and random.random() < 0.5:
            file.truncate((holes << 16) + random.choice([4096, 1 << 16, 1 << 20]))


def tree(at, sparse):
    put(f"{at}/etc/hostname", b"node\n")
    for path, data in PLACES:
        if random.random() < 0.5:
            put(f"{at}/{path}", data)
    for _ in range(random.randrange(8)):
        name = "/".join(
            random.choice(["a", "b", "c d", "x", "\u00e9"]) * random.choice([1, 9, 40, 70, 80])
            for _ in range(random.randrange(1, 4))
        )
        path = f"{at}/srv/{name}.f"
        if os.path.lexists(path):
            continue
        if sparse and random.random() < 0.6:
            put(path, b"end", random.choice([1, 3, 4, 5, 24, 25, 26, 60]))
        else:
            put(path, os.urandom(random.choice([0, 1, 511, 512, 513, 5000])))
        if random.random() < 0.3:
            os.symlink(random.choice(["x", "y" * 100, "z" * 200]), path + ".link")
        if random.random() < 0.3:
            os.link(path, f"{path}.hard")
    if sparse and random.random() < 0.2:
        put(f"{at}/srv/huge", b"x")
        os.truncate(f"{at}/srv/huge", 9 << 30)
    if sparse and random.random() < 0.3:
        # A name may have holes, too.
        put(f"{at}/etc/nvme/hostid", ID)
        os.truncate(f"{at}/etc/nvme/hostid", 1 << 16)
    for path in [p for p, _ in PLACES if os.path.exists(f"{at}/{p}")]:
        if random.random() < 0.2 and not os.path.exists(f"{at}/{path}.bak"):
            os.link(f"{at}/{path}", f"{at}/{path}.bak")


def write(at, archive):
    program = random.choice(["gnu", "gnu", "bsd", "python"])
    # Without a way to store holes, 9 GiB of zeros would be written.
    form = random.choice({
        "gnu": ["v7", "oldgnu", "gnu", "ustar", "pax", "pax"],
        "bsd": ["v7", "ustar", "gnutar", "pax", "paxr"],
        "python": [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT],
    }[program])
    sparse = form in ("oldgnu", "gnu", "pax") and random.random() < 0.7
    tree(at, sparse)
    names = sorted(os.listdir(at)) if random.random() < 0.5 else ["."]
    if program == "gnu":
        options = [f"--format={form}", f"--blocking-factor={random.choice([1, 20, 100])}"]
        if sparse:
            options.append("--sparse")
        if sparse and form == "pax":
            options.append(f"--sparse-version={random.choice(['0.0', '0.1', '1.0'])}")
        if form not in ("v7", "ustar") and random.random() < 0.2:
            options.append("--label=a label")
        if form == "pax" and random.random() < 0.3:
            options.append("--pax-option=" + random.choice(["comment=x", "delete=mtime", "comment:=y"]))
        run(["tar", "--create", "--file", archive, "--directory", at, *options, *names])
    elif program == "bsd":
        run(["bsdtar", "--create", "--file", archive, "--directory", at, f"--format={form}", *names])
    else:
        def changed(info):
            if form != tarfile.USTAR_FORMAT and random.random() < 0.3:
                info.uid, info.mtime = 1 << 40, -1
            return info
        with tarfile.open(archive, "w", format=form, errorlevel=0) as tar:
            for name in names:
                try:
                    tar.add(f"{at}/{name}", name, filter=changed)
                except ValueError:
                    pass  # ustar cannot store a name of this length


def header(kind, name, size, magic, prefix=b""):
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:108] = b"0000644\0"
    block[108:124] = b"0000000\0" * 2
    block[124:136] = random.choice([
        b"%011o\0" % size, b"%11o " % size, b"%o" % size, b"\x80" + size.to_bytes(11, "big"),
    ])[:12].ljust(12, b"\0")
    block[136:148] = b"00000000000\0"
    block[156:157] = kind
    block[257:265] = magic
    block[345:345 + len(prefix)] = prefix
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % 512)


def records(pairs):
    data = b""
    for key, value in pairs:
        rest = b" " + key + b"=" + value + b"\n"
        length = len(rest) + 1
        while len(rest) + len(str(length)) != length:
            length += 1
        data += str(length).encode() + rest
    return data


MAGICS = [b"ustar\00000", b"ustar  \0", bytes(8), b"ustar\0\0\0"]


def name():
    return random.choice([path.encode() for path, _ in PLACES] + [b"srv/a", b"srv/b", b"srv/c/"])


def before(magic):
    """A header that belongs to the next member."""
    if random.random() < 0.4:
        kind, value = random.choice([b"L", b"K"]), name() + random.choice([b"\0", b"", b"\0x"])
        return header(kind, b"././@LongLink", len(value), magic) + padded(value)
    size = str(random.choice([0, len(ID), len(IQN), 512, 1024])).encode()
    keys = random.choice([
        [(b"path", name())],
        [(b"linkpath", name())],
        [(b"size", size)],
        [(b"path", name()), (b"size", size)],
        [(b"comment", b"x\n22 path=etc/nvme/old\n")],
        [(b"GNU.sparse.name", name()), (b"GNU.sparse.size", size), (b"GNU.sparse.map", b"0," + size)],
        [(b"GNU.sparse.size", size), (b"GNU.sparse.numblocks", b"1"), (b"GNU.sparse.offset", b"0"),
         (b"GNU.sparse.numbytes", size), (b"path", name())],
        [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", name()),
         (b"GNU.sparse.realsize", size)],
    ])
    if random.random() < 0.2:
        random.shuffle(keys)
    data = records(keys)
    return header(random.choice([b"x"] * 9 + [b"X", b"X", b"g"]), b"pax", len(data), magic) + padded(data)


def member(magic):
    kind = random.choice([b"0"] * 10 + [b"\0", b"1", b"1", b"2", b"5", b"7", b"V", b"Z", b"D", b"A"])
    path = name()
    data = random.choice([ID, IQN, b"", b"x" * 512])
    if random.random() < 0.2:
        # A member in the data of a member: who takes the size otherwise sees it.
        data = header(b"0", b"etc/nvme/hostid", len(ID), magic) + padded(ID)
    stated = len(data) if kind not in b"125" or random.random() < 0.1 else 0
    prefix = random.choice([b"usr", b"etc/nvme"]) if magic == MAGICS[0] or random.random() < 0.05 else b""
    block = bytearray(header(kind, path, stated, magic, prefix))
    if kind in b"12":
        link = name()
        block[157:157 + len(link)] = link
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + (padded(data) if stated else b"")


def compose(archive):
    whole = header(b"0", b"etc/hostname", 5, MAGICS[0]) + padded(b"node\n")
    for _ in range(random.randrange(1, 6)):
        magic = random.choice(MAGICS)
        for _ in range(random.choice([0, 0, 0, 1, 1, 2])):
            whole += before(magic)
        whole += member(magic)
        if random.random() < 0.02:
            whole += bytes(random.choice([512, 1024]))
    whole += bytes(random.choice([1024, 1024, 1024, 10240, 512] * 4 + [0]))
    with open(archive, "wb") as file:
        file.write(whole)


def run(words):
    subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def unpack(archive, at):
    for reader in ("gnu", "bsd", "python"):
        os.makedirs(f"{at}/{reader}")
    run(["tar", "--extract", "--file", archive, "--directory", f"{at}/gnu"])
    run(["bsdtar", "--extract", "--file", archive, "--directory", f"{at}/bsd"])
    try:
        with tarfile.open(archive, errorlevel=0) as tar:
            if hasattr(tarfile, "fully_trusted_filter"):
                tar.extraction_filter = staticmethod(tarfile.fully_trusted_filter)
            for one in tar:
                try:
                    tar.extract(one, f"{at}/python")
                except (OSError, KeyError, ValueError, tarfile.TarError):
                    pass
    except (OSError, ValueError, tarfile.TarError, EOFError):
        pass


def main():
    where, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.umask(0o022)
    for number in range(count):
        random.seed(seed * 1_000_000 + number)
        at = f"{where}/{number}"
        archive = f"{at}/archive.tar"
        os.makedirs(f"{at}/tree")
        kind = "written" if number % 2 else "composed"
        if kind == "written":
            write(f"{at}/tree", archive)
            assert os.path.exists(archive), number
        else:
            compose(archive)
        with open(f"{at}/kind", "w") as file:
            file.write(kind)
        unpack(archive, at)
        if random.random() < 0.1:
            with open(archive, "rb") as file:
                data = file.read()
            with open(archive, "wb") as file:
                file.write(gzip.compress(data, 1))


main()
