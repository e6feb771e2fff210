//! An initramfs for any host, made by the real dracut or initramfs-tools in a Debian that has an identity
//! of its own: what the post-install scripts of its packages made up. Nothing of it may be in the image.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::artefacts::{self, TREE_PACKAGES};
use super::case::{Bench, Debian};
use super::san_boot::Maker;
use crate::place::output;

/// What makes images. dracut's packages do not ask for what its modules use: network pgrep (procps), and
/// Debian 13's nvmf jq.
const MAKERS: &str = "dracut-core,dracut-network,initramfs-tools-core,busybox-static,procps,jq";

/// The names of the Debian that makes the images, one in each file.
const NAMES: &[&str] = &[
    "etc/machine-id",
    "etc/nvme/hostnqn",
    "etc/nvme/hostid",
    "etc/iscsi/initiatorname.iscsi",
];

/// A Debian that makes images.
pub(super) fn builder(bench: &Bench<'_>, debian: Debian) -> Result<PathBuf> {
    let tree = bench.cache().join(format!("{}-images", debian.suite()));
    if tree.exists() {
        return Ok(tree);
    }
    let part = artefacts::fresh(&tree)?;
    artefacts::debootstrap(debian, &format!("{TREE_PACKAGES},{MAKERS}"), &part)?;
    fs::rename(&part, &tree)?;
    Ok(tree)
}

/// Makes an image of everything, for any host.
pub(super) fn make(
    bench: &Bench<'_>,
    work: &Path,
    debian: Debian,
    maker: Maker,
) -> Result<PathBuf> {
    let tree = builder(bench, debian)?;
    let kernel = artefacts::kernel(bench, debian.kernel())?;
    let names = work.join("names");
    fs::write(&names, builder_names(&tree)?)?;
    let image = work.join("image");
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "bash", "-euc"]);
    unshare.arg([MOUNT, commands(maker), CHECK].concat());
    unshare.arg("image").args([&tree, work]);
    unshare.arg(bench.place.root.join("dist/usr"));
    unshare.args([&bench.sanid, &kernel]);
    unshare.arg(artefacts::version(&kernel)?);
    output(&mut unshare).context("the image")?;
    Ok(image)
}

/// Its names, one per line: there must be one in each file, or the search for them would find nothing.
fn builder_names(tree: &Path) -> Result<String> {
    let mut names = String::new();
    for file in NAMES {
        let text =
            fs::read_to_string(tree.join(file)).with_context(|| format!("builder: {file}"))?;
        let line = text.lines().find(|line| !line.starts_with('#'));
        let name = line.map(|line| line.trim_start_matches("InitiatorName="));
        let name = name.filter(|name| name.len() >= 32);
        names.push_str(name.with_context(|| format!("builder: {file} has no name"))?);
        names.push('\n');
    }
    Ok(names)
}

/// The builder with sanid installed, in a layer of its own. `$1` is the builder, `$2` the case's
/// directory, `$3` what is installed, `$4` sanid, `$5` the kernel and `$6` its version.
const MOUNT: &str = r#"
mkdir -p "$2/image-layer" "$2/image-index" "$2/image-tree"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/image-layer,workdir=$2/image-index" "$2/image-tree"
cd "$2/image-tree"
cp -r "$3" .
cp "$4" usr/bin/sanid
mkdir -p lib/modules boot
mount --bind "$5/lib/modules" lib/modules
mount --bind "$5/boot" boot
mount -t proc proc proc
mount -t sysfs sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs tmp
within() { chroot . /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" >&2; }
"#;

/// Not compressed by dracut: an emulated processor takes longer to unpack it.
fn commands(maker: Maker) -> &'static str {
    match maker {
        Maker::Dracut => {
            r#"
within dracut --no-hostonly --no-compress --kver "$6" \
    --add "network-legacy iscsi nvmf sanid" /tmp/image
"#
        }
        Maker::InitramfsTools => {
            r#"
echo COMPRESS=gzip >etc/initramfs-tools/conf.d/vm
within mkinitramfs -o /tmp/image "$6"
"#
        }
    }
}

/// Nothing in it names the builder.
const CHECK: &str = r#"
cp tmp/image "$2/image"
mkdir tmp/unpacked
case $(head -c 2 tmp/image | od -An -tx1) in
    " 1f 8b") zcat tmp/image ;;
    *) cat tmp/image ;;
esac | (cd tmp/unpacked && cpio --extract --make-directories --quiet)
test -x tmp/unpacked/usr/bin/sanid
for file in etc/iscsi/initiatorname.iscsi etc/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid; do
    if [ -e "tmp/unpacked/$file" ]; then echo "the image has an identity: $file" >&2; exit 1; fi
done
if grep -rlaF -f "$2/names" tmp/unpacked; then echo "these have a name of the builder" >&2; exit 1; fi
"#;
