//! The places where identities hide: one file for each kind and one line in [`PLACES`].

mod boot_entries;
mod command_line;
mod configs;
mod credentials;
mod identity_files;
mod initramfs;
mod lxd;
mod machine_id;
mod pins;
mod record;
mod unified;

use super::finding::Finding;
use super::pattern;
use crate::initramfs::Image;
use crate::uki::Uki;

/// The places. The first that a path matches has it.
pub static PLACES: &[&Place] = &[
    &machine_id::PLACE,
    &identity_files::INITIATOR_NAME,
    &identity_files::HOST_NQN,
    &identity_files::HOST_ID,
    &configs::KEYS,
    &configs::NVME,
    &configs::ISCSI,
    &lxd::PLACE,
    &credentials::PLACE,
    &initramfs::PLACE,
    &boot_entries::PLACE,
    &command_line::PLACE,
    &pins::PLACE,
    &record::PLACE,
    &unified::PLACE,
];

/// A path where an identity may be, and how to judge its content.
pub struct Place {
    /// Paths below the root: `*` is a part of a name, `**` everything below.
    pub patterns: &'static [&'static str],
    /// What is read of it.
    pub reads: Reads,
    /// What is found in it, by its path below the root.
    pub judge: fn(&str, &Content) -> Vec<Finding>,
}

/// What is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Its bytes, up to [`TEXT`].
    Text,
    /// Its bytes, which are a machine-id.
    MachineId,
    /// An initramfs.
    Image,
    /// A unified kernel image.
    Unified,
}

/// What was read of a file.
pub enum Content {
    /// Its first bytes, [`TEXT`] at most.
    Text(Vec<u8>),
    /// What an initramfs carries.
    Image(Image),
    /// What a unified kernel image carries.
    Unified(Uki),
}

/// No configuration is longer, in bytes; `grub.cfg` of a machine with many kernels has 60,000.
pub const TEXT: usize = 1 << 20;

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(bytes) => bytes,
            Self::Image(_) | Self::Unified(_) => &[],
        }
    }

    /// Text, with a replacement character for each invalid byte.
    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }
}

/// The system roots below which the paths are searched: the root itself, and the deployments
/// of `OSTree`, each with an `/etc` of its own and all of one name with one `/var`.
const SYSTEMS: [&str; 2] = ["ostree/deploy/*/deploy/*", "ostree/deploy/*"];

/// Every pattern of every place, below every system root.
pub(crate) fn patterns() -> Vec<String> {
    let all = PLACES.iter().flat_map(|place| place.patterns);
    let mut patterns: Vec<String> = all.map(|one| (*one).to_owned()).collect();
    let own = patterns.clone();
    let [deployment, shared] = SYSTEMS;
    patterns.extend(own.iter().map(|one| format!("{deployment}/{one}")));
    let in_var = own.iter().filter(|one| one.starts_with("var/"));
    patterns.extend(in_var.map(|one| format!("{shared}/{one}")));
    patterns
}

/// A path as the system has it that is below one of these roots.
///
/// # Examples
/// ```
/// use sanid_image::lint::places::of_system;
///
/// assert_eq!(of_system("ostree/deploy/os/deploy/0123.0/etc/nvme/hostid"), "etc/nvme/hostid");
/// assert_eq!(of_system("ostree/deploy/os/var/lib/iscsi"), "var/lib/iscsi");
/// assert_eq!(of_system("etc/nvme/hostid"), "etc/nvme/hostid");
/// ```
pub fn of_system(path: &str) -> &str {
    for system in SYSTEMS {
        let parts = system.split('/').count();
        let Some((at, _)) = path.match_indices('/').nth(parts - 1) else {
            continue;
        };
        let (root, below) = path.split_at(at);
        let below = below.get(1..).unwrap_or_default();
        let shared = system == SYSTEMS[1];
        if pattern::path(system, root) && (!shared || below.starts_with("var/")) {
            return below;
        }
    }
    path
}

/// The place that a path below the root is.
///
/// # Examples
/// ```
/// use sanid_image::lint::places::place;
///
/// assert!(place("usr/local/etc/nvme/hostid").is_some());
/// assert!(place("etc/hostname").is_none());
/// ```
pub fn place(path: &str) -> Option<&'static Place> {
    let path = of_system(path);
    let matches = |place: &Place| place.patterns.iter().any(|one| pattern::path(one, path));
    PLACES.iter().copied().find(|place| matches(place))
}

/// Whether places are below this directory.
pub(crate) fn is_above(path: &str) -> bool {
    let mut patterns = PLACES.iter().flat_map(|place| place.patterns);
    let own = of_system(path);
    let above = SYSTEMS
        .iter()
        .any(|system| pattern::path(system, path) || pattern::is_above(system, path));
    // The shared /var of deployments.
    let shared = own == path && pattern::path("ostree/deploy/*/var", path);
    above || shared || patterns.any(|one| pattern::is_above(one, own))
}

/// The last part of a path.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree is looked through by the patterns and a tar by the paths: they mean the same.
    #[test]
    fn patterns_match_the_same_paths_in_a_tree_and_in_a_tar() {
        for pattern in patterns() {
            let path = pattern.replace("**", "a/b").replace('*', "a");
            assert!(place(&path).is_some(), "{pattern}");
            for (at, _) in path.match_indices('/') {
                let above = path.get(..at).unwrap();
                assert!(is_above(above), "{above} of {pattern}");
            }
        }
    }

    #[test]
    fn deployments_of_ostree_are_systems_of_their_own_with_one_var() {
        for (path, own) in [
            (
                "ostree/deploy/os/deploy/0.0/etc/machine-id",
                "etc/machine-id",
            ),
            ("ostree/deploy/os/deploy/0.0/var/lib/x", "var/lib/x"),
            ("ostree/deploy/os/var/lib/x", "var/lib/x"),
            // Nothing but /var is shared, and a deployment is in no other place.
            (
                "ostree/deploy/os/etc/machine-id",
                "ostree/deploy/os/etc/machine-id",
            ),
            ("ostree/deploy/os/variable", "ostree/deploy/os/variable"),
            ("ostree/deploy/os/deploy/0.0", "ostree/deploy/os/deploy/0.0"),
            (
                "srv/deploy/os/deploy/0.0/etc/x",
                "srv/deploy/os/deploy/0.0/etc/x",
            ),
            ("srv/deploy/os/var/lib/x", "srv/deploy/os/var/lib/x"),
        ] {
            assert_eq!(of_system(path), own, "{path}");
        }
    }

    #[test]
    fn directories_that_no_place_is_below_are_not_kept() {
        for path in [
            "srv",
            "etc/nvme.d",
            "ostree/repo",
            "ostree/deploy/os/etc",
            "ostree/deploy/os/deploy/0.0/srv",
            "srv/deploy/os/deploy/0.0",
        ] {
            assert!(!is_above(path), "{path}");
        }
    }
}
