//! The Debian packages that the steps use.

/// A package, and why it is needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Package {
    pub(super) name: &'static str,
    /// Where this program is there, from wherever it came, the package is not needed.
    pub(super) program: Option<&'static str>,
    /// The steps that use it.
    pub(super) steps: &'static [&'static str],
    pub(super) why: &'static str,
}

const fn package(name: &'static str, steps: &'static [&'static str], why: &'static str) -> Package {
    Package {
        name,
        program: None,
        steps,
        why,
    }
}

const fn or_program(
    name: &'static str,
    program: &'static str,
    steps: &'static [&'static str],
    why: &'static str,
) -> Package {
    Package {
        program: Some(program),
        ..package(name, steps, why)
    }
}

/// Needed by every step that goes into a private network.
const NETWORKS: &[&str] = &["real", "targets_real", "claims", "kube"];
/// Needed by the steps that make or read images.
const IMAGES: &[&str] = &["images", "lint"];

/// The one list of them.
pub(super) const PACKAGES: &[Package] = &[
    package(
        "systemd",
        &["real", "dist"],
        "systemd-id128, systemd-analyze",
    ),
    package(
        "nvme-cli",
        &["real", "dist", "images"],
        "reads hostnqn and hostid",
    ),
    package(
        "open-iscsi",
        &["real", "dist", "images"],
        "iscsid, Debian's start-up check and initramfs script",
    ),
    package("python3-os-brick", &["real"], "reads what OpenStack reads"),
    package("dmidecode", &["real"], "os-brick calls it"),
    package(
        "python3-rtslib-fb",
        &["real"],
        "reads a name as LIO's tools do",
    ),
    package(
        "openssl",
        &["real", "claims", "kube"],
        "recomputes a name; certificates",
    ),
    package(
        "ansible",
        &["targets_real", "dist"],
        "the modules of arrays, inventories; the role of sanid",
    ),
    package(
        "tgt",
        &["real", "targets_real"],
        "a target with an ACL of names",
    ),
    package(
        "libiscsi-bin",
        &["real", "targets_real"],
        "an initiator beside iscsid",
    ),
    package("iproute2", NETWORKS, "the loopback of a private network"),
    package(
        "openssh-server",
        &["collect"],
        "hosts to collect reports from",
    ),
    package("openssh-client", &["collect"], "collects the reports"),
    or_program(
        "python3-pip",
        "pip3",
        &["browser", "duckdb", "kickstart", "nvme-cli-3"],
        "fetches what drives the browser, DuckDB, what checks kickstart files, and the source of nvme-cli 3.1",
    ),
    or_program("meson", "meson", &["nvme-cli-3"], "builds nvme-cli 3.1"),
    package("chromium", &["html"], "shows the report"),
    package(
        "strace",
        &[
            "faults",
            "placement",
            "budgets",
            "secrecy",
            "real",
            "images",
            "claims",
        ],
        "stops or fails programs at their system calls",
    ),
    package("time", &["budgets"], "peak memory"),
    package("shellcheck", &["dist"], "checks the scripts"),
    package(
        "rpm",
        &["dist"],
        "makes, installs and removes the RPM packages",
    ),
    package(
        "debhelper",
        &["dist", "reproducible"],
        "makes the Debian packages",
    ),
    #[cfg(target_arch = "x86_64")]
    package(
        "gcc-aarch64-linux-gnu",
        &["reproducible"],
        "compiles that C for the other machine of a release",
    ),
    package("lintian", &["dist"], "checks the Debian packages"),
    package("rpmlint", &["dist"], "checks the RPM packages"),
    package(
        "dracut-core",
        &["dist", "images", "real"],
        "makes an initramfs",
    ),
    package(
        "dracut-network",
        &["dist", "images", "real"],
        "dracut's iscsi and nvmf modules",
    ),
    package(
        "initramfs-tools-core",
        &["dist", "images", "real"],
        "makes an initramfs",
    ),
    package("zstd", IMAGES, "compresses images"),
    package(
        "xz-utils",
        &["images", "lint", "guests"],
        "compresses images and modules",
    ),
    package("lz4", IMAGES, "compresses images"),
    package("bzip2", IMAGES, "compresses images"),
    package(
        "libarchive-tools",
        &["lint"],
        "bsdtar, which unpacks what lint reads",
    ),
    or_program(
        "python3",
        "python3",
        &["lint"],
        "makes and unpacks archives",
    ),
    package(
        "guestfs-tools",
        &["images"],
        "virt-customize, which calls the documented hook in a disk",
    ),
    package("guestfish", &["images"], "virt-tar-out, which reads a disk"),
    package("mkosi", &["images"], "runs the documented hook of an image"),
    package(
        "mmdebstrap",
        &["images"],
        "calls the documented hook of an image",
    ),
    package(
        "systemd-boot-efi",
        &["images"],
        "the stub of a unified kernel image",
    ),
    package("binutils", &["images"], "makes a unified kernel image"),
    package(
        "umoci",
        &["images"],
        "unpacks and repacks a container image",
    ),
    package("skopeo", &["images"], "archives of container images"),
    package(
        "qemu-system-x86",
        &["vm"],
        "guests with a kernel of their own",
    ),
    package("seabios", &["vm"], "their firmware"),
    package(
        "systemd-container",
        &["vm"],
        "guests with a systemd of their own",
    ),
    package("debootstrap", &["guests"], "the Debian in a guest"),
    package("kmod", &["guests"], "the modules of a guest"),
    package("e2fsprogs", &["vm", "images"], "the disks of guests"),
    package(
        "age",
        &["tests"],
        "encrypts and decrypts what is kept of a host",
    ),
    package(
        "etcd-server",
        &["claims", "kube"],
        "a store that hosts share",
    ),
    package("etcd-client", &["claims"], "administers it"),
    package(
        "faketime",
        &["claims", "kube"],
        "clocks that are years apart",
    ),
    package("qemu-user", &["claims"], "a server by another clock"),
    package(
        "prometheus",
        &["claims", "kube"],
        "promtool checks the metrics",
    ),
    package(
        "musl-tools",
        &["static", "reproducible"],
        "compiles the C in SQLite and in the TLS library",
    ),
    package(
        "golang-go",
        &["kube-server", "kube"],
        "builds the API server; renders the chart",
    ),
    package(
        "golang-k8s-sigs-yaml-dev",
        &["kube"],
        "reads the rendered chart",
    ),
    package(
        "dpkg-dev",
        &["kube-server", "dist"],
        "unpacks the API server's source; makes the Debian packages",
    ),
    package(
        "golang-github-modern-go-reflect2-dev",
        &["kube-server"],
        "replaces a vendored library that newer Go breaks",
    ),
    package(
        "golang-github-masterminds-sprig-dev",
        &["kube"],
        "the functions of Helm's templates",
    ),
    or_program(
        "kubernetes-client",
        "kubectl",
        &["kube"],
        "applies the manifests",
    ),
    package("jq", &["kube"], "the commands of the docs use it"),
    package("buildah", &["kube", "dist"], "builds images"),
    package(
        "ignition",
        &["dist"],
        "checks the configuration of Ignition",
    ),
    package("mandoc", &["man"], "checks the man pages"),
];
