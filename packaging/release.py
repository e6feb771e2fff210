#!/usr/bin/env python3
"""The files of a release that no other program makes, the same bytes each time; release.sh calls it.

    release.py vendor DIRECTORY           empties vendored crates that are for Windows alone
    release.py tar FILE.tar.gz DIRECTORY  packs a directory under its own name
    release.py licenses FILE VENDOR       the licence texts of vendored crates
    release.py sbom FILE VERSION          CycloneDX of what the static binaries are made of
    release.py image FILE VERSION AMD64 ARM64     an OCI archive of the binaries in two directories
    release.py sums DIRECTORY             SHA256SUMS
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import time

EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"]
COMMANDS = ["sanid", "sanid-image", "sanid-fleet", "sanid-kube"]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))


def vendor(directory):
    for crate in pathlib.Path(directory).glob("windows*"):
        checksum = json.loads((crate / ".cargo-checksum.json").read_text())
        for path in sorted(crate.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            elif path.parent != crate or not re.match(r"Cargo\.toml$|licen[sc]e", path.name, re.I):
                path.unlink()
        (crate / "src").mkdir()
        (crate / "src/lib.rs").write_text("")
        checksum["files"] = {}
        (crate / ".cargo-checksum.json").write_bytes(compact(checksum))


def member(name, mode, kind=tarfile.REGTYPE, size=0):
    info = tarfile.TarInfo(name)
    info.mode, info.mtime, info.type, info.size = mode, EPOCH, kind, size
    return info


def zipped(data):
    return gzip.compress(data, 9, mtime=0)


def tree(out, top, name):
    """Adds a directory: sorted, of root, with the modes that git knows."""
    out.addfile(member(name, 0o755, tarfile.DIRTYPE))
    for path in sorted(top.iterdir()):
        inside = f"{name}/{path.name}"
        if path.is_symlink():
            info = member(inside, 0o777, tarfile.SYMTYPE)
            info.linkname = os.readlink(path)
            out.addfile(info)
        elif path.is_dir():
            tree(out, path, inside)
        else:
            data = path.read_bytes()
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            out.addfile(member(inside, mode, size=len(data)), io.BytesIO(data))


def tar(file, directory):
    top = pathlib.Path(directory)
    with open(file, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as out:
            tree(out, top, top.name)


def metadata():
    words = ["cargo", "metadata", "--locked", "--format-version=1"]
    for target in TARGETS:
        words += ["--filter-platform", target]
    return json.loads(subprocess.run(words, cwd=REPOSITORY, check=True, capture_output=True).stdout)


def linked():
    """The packages that the commands are made of, by id, and what each depends on."""
    found = metadata()
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    needs, todo = {}, [id for id, package in packages.items() if package["name"] in COMMANDS]
    while todo:
        id = todo.pop()
        if id not in needs:
            kinds = [(dep["pkg"], {kind["kind"] for kind in dep["dep_kinds"]}) for dep in nodes[id]["deps"]]
            needs[id] = sorted({package for package, kind in kinds if None in kind or "build" in kind})
            todo += needs[id]
    return packages, needs


def licenses(file, directory):
    """Each text once, below the names of the crates that have it."""
    packages, needs = linked()
    texts = {}
    for id in needs:
        package = packages[id]
        if package["source"]:
            crate = pathlib.Path(directory) / f"{package['name']}-{package['version']}"
            for path in sorted(crate.iterdir()):
                if re.match(r"licen[sc]e|copying|notice|copyright", path.name, re.I) and path.is_file():
                    text = path.read_text(errors="replace").strip()
                    texts.setdefault(text, set()).add(crate.name)
    with open(file, "w") as out:
        out.write("Licences of the crates that the static binaries of sanid contain.\n")
        for text, crates in sorted(texts.items(), key=lambda item: sorted(item[1])):
            out.write(f"\n{'=' * 79}\n{', '.join(sorted(crates))}\n{'=' * 79}\n\n{text}\n")


def sqlite(package):
    header = pathlib.Path(package["manifest_path"]).parent / "sqlite3/sqlite3.h"
    version = re.search(r'#define SQLITE_VERSION +"(.*)"', header.read_text()).group(1)
    purl = f"pkg:generic/sqlite@{version}"
    return {"type": "library", "bom-ref": purl, "name": "sqlite", "version": version, "purl": purl,
            "licenses": [{"license": {"id": "blessing"}}]}


def sbom(file, version):
    packages, needs = linked()
    lock = (REPOSITORY / "Cargo.lock").read_text()
    entries = re.findall(r'name = "(.*)"\nversion = "(.*)"\nsource = .*\nchecksum = "(.*)"', lock)
    sums = {(name, number): checksum for name, number, checksum in entries}
    purl = {id: f"pkg:cargo/{packages[id]['name']}@{packages[id]['version']}" for id in needs}
    components, dependencies = [], []
    for id in sorted(needs, key=lambda id: purl[id]):
        package = packages[id]
        part = {"type": "application" if package["name"] in COMMANDS else "library", "bom-ref": purl[id],
                "name": package["name"], "version": package["version"], "purl": purl[id]}
        if package["license"]:
            # A few crates still write the old form of the expression.
            part["licenses"] = [{"expression": re.sub(r" */ *", " OR ", package["license"])}]
        checksum = sums.get((package["name"], package["version"]))
        if checksum:
            part["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(part)
        below = sorted(purl[need] for need in needs[id])
        if package["name"] == "libsqlite3-sys":
            components.append(sqlite(package))
            below.append(components[-1]["bom-ref"])
        dependencies.append({"ref": purl[id], "dependsOn": below})
    root = f"pkg:generic/sanid@{version}"
    dependencies.append({"ref": root, "dependsOn": sorted(f"pkg:cargo/{name}@{version}" for name in COMMANDS)})
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
           "metadata": {"timestamp": stamp(), "component": {
               "type": "application", "bom-ref": root, "name": "sanid", "version": version, "purl": root}},
           "components": components, "dependencies": dependencies}
    pathlib.Path(file).write_text(json.dumps(bom, indent=1, sort_keys=True) + "\n")


def containerfile(version):
    """What dist/kubernetes/Containerfile says of the image."""
    text = (REPOSITORY / "dist/kubernetes/Containerfile").read_text().replace("\\\n", " ")
    labels = dict(re.findall(r'(org\.[\w.]+)="([^"]*)"', text))
    labels["org.opencontainers.image.version"] = version
    return {"User": re.search(r"^USER (.*)", text, re.M).group(1), "Labels": labels, "WorkingDir": "/",
            "Entrypoint": json.loads(re.search(r"^ENTRYPOINT (.*)", text, re.M).group(1)),
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}


def image(file, version, *directories):
    blobs = {}

    def blob(data, kind, **more):
        blobs[digest(data)] = data
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest(data)}",
                "size": len(data), **more}

    manifests = []
    for architecture, directory in zip(["amd64", "arm64"], directories):
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as out:
            out.addfile(member("host", 0o755, tarfile.DIRTYPE))
            for name in ["sanid", "sanid-kube"]:
                data = (pathlib.Path(directory) / name).read_bytes()
                out.addfile(member(name, 0o755, size=len(data)), io.BytesIO(data))
        layer = layer.getvalue()
        config = {"architecture": architecture, "os": "linux", "created": stamp(), "config": containerfile(version),
                  "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest(layer)}"]},
                  "history": [{"created": stamp(), "created_by": "packaging/release.py"}]}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": blob(compact(config), "config.v1+json"),
                    "layers": [blob(zipped(layer), "layer.v1.tar+gzip")]}
        platform = {"architecture": architecture, "os": "linux"}
        manifests.append(blob(compact(manifest), "manifest.v1+json", platform=platform))
    both = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
    names = {"org.opencontainers.image.ref.name": version}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
             "manifests": [blob(compact(both), "index.v1+json", annotations=names)]}
    with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as out:
        files = {"oci-layout": compact({"imageLayoutVersion": "1.0.0"}), "index.json": compact(index)}
        files.update({f"blobs/sha256/{name}": data for name, data in blobs.items()})
        for directory in ["blobs", "blobs/sha256"]:
            out.addfile(member(directory, 0o755, tarfile.DIRTYPE))
        for name, data in sorted(files.items()):
            out.addfile(member(name, 0o644, size=len(data)), io.BytesIO(data))


def sums(directory):
    files = sorted(path for path in pathlib.Path(directory).iterdir() if path.name != "SHA256SUMS")
    lines = [f"{digest(path.read_bytes())}  {path.name}\n" for path in files]
    (pathlib.Path(directory) / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    tasks = {task.__name__: task for task in [vendor, tar, licenses, sbom, image, sums]}
    tasks[sys.argv[1]](*sys.argv[2:])
