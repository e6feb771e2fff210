# Builds $1/nvme, the program of nvme-cli 3.1, from the source package of libnvme3 at PyPI, which holds all of
# nvme-cli.
set -eu
mkdir -p "$1/build/backend"
cd "$1/build"

# Before pip keeps a source package it asks the package's build system for the metadata, which would want the
# whole build. This answers in its place.
cat > backend/mesonpy.py <<'END'
import pathlib


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    info = pathlib.Path(directory, "libnvme3-3.1.dist-info")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: libnvme3\nVersion: 3.1\n")
    return info.name
END
PYTHONPATH=$PWD/backend python3 -m pip download --quiet --disable-pip-version-check --no-deps \
    --no-binary=:all: --no-build-isolation --dest . libnvme3==3.1
echo "b9dfdce5db6af1fb8b5b51458820d579fd3fd78b82b36d9984e66a6a91c9fc23  libnvme3-3.1.tar.gz" |
    sha256sum --check --quiet
tar -xf libnvme3-3.1.tar.gz

# One program without libraries of its own; what has no part in names is left out.
meson setup --prefix=/usr --sysconfdir=/etc --default-library=static -Dplugins=[] -Dtests=false \
    -Dexamples=false -Dmi=disabled -Dtop=disabled -Dpython=disabled -Dopenssl=disabled -Dkeyutils=disabled \
    -Djson-c=disabled -Dlibkmod=disabled -Dnvmf-autoconnect=disabled objects libnvme3-3.1
ninja -C objects nvme
mv objects/nvme "$1/nvme"
rm -r "$1/build"
