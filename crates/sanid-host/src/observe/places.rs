//! The directories of the identity files: whether they can be written, and what sanid mounted there.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, OFlags, StatVfsMountFlags, Statx, StatxAttributes, StatxFlags};
use rustix::io::Errno;
use rustix::mount::OpenTreeFlags;

use super::Covered;
use crate::config::Settings;
use crate::facts::{Mounted, PlaceFacts, Places, RootFacts};
use crate::file::{Disk, FileState, IdentityFile};
use crate::observed::Observed;
use crate::part::{Part, PerPart, files};
use crate::place::{CONTENT, COVERS, Via};
use crate::root::Root;

/// Sees the directories; `bound` says that anything was mounted this boot.
pub(super) fn read(root: &Root, disk: &Disk, bound: bool) -> Places {
    let in_memory = |file: IdentityFile| match disk.file(file) {
        FileState::Present(content) => content.mount_point == Some(true) && content.volatile,
        _ => false,
    };
    let needed = bound || IdentityFile::ALL.into_iter().any(in_memory);
    let content = needed.then(|| root.open_at(CONTENT, OFlags::PATH | OFlags::DIRECTORY).ok());
    let see = See {
        root,
        disk,
        bound,
        content: content.flatten(),
    };
    Places(PerPart::of(|part| see.place(part)))
}

struct See<'a> {
    root: &'a Root,
    disk: &'a Disk,
    bound: bool,
    content: Option<OwnedFd>,
}

impl See<'_> {
    fn place(&self, part: Part) -> PlaceFacts {
        let root = self.root;
        let Some(path) = files(part).first().map(|file| file.directory()) else {
            return PlaceFacts::default();
        };
        let opened = root.open_at(path, OFlags::PATH | OFlags::DIRECTORY);
        let (fd, exists) = match opened {
            Ok(fd) => (fd, true),
            Err(_) => match nearest(root) {
                Ok(fd) => (fd, false),
                Err(_) => return PlaceFacts::default(),
            },
        };
        let content = self.content(below_etc(path));
        let mut facts = PlaceFacts {
            exists,
            read_only: is_read_only(&fd),
            content: self.bound && content.is_some(),
            ..PlaceFacts::default()
        };
        if !exists {
            return facts;
        }
        let over = rustix::fs::statx(&fd, "", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS).ok();
        if let Some(over) = over.filter(is_mount) {
            let under_run = |base: &str| stat(root, &format!("{base}/{}", below_etc(path)));
            let content = content.or_else(|| under_run(CONTENT));
            if content.is_some_and(|content| same(&content, &over)) {
                facts.mounted = Mounted::Directory;
                // Whether there could be files depends on the directory below the mount.
                facts.read_only = nearest(root).is_ok_and(|fd| is_read_only(&fd));
                return facts;
            }
            // A directory that was removed since was a cover whose run got that far.
            facts.covered = under_run(COVERS).is_some_and(|cover| same(&cover, &over))
                || (over.stx_nlink == 0 && on_run(root, &over));
        }
        let ours: Vec<IdentityFile> = files(part)
            .iter()
            .copied()
            .filter(|file| self.is_ours(&fd, *file))
            .collect();
        if !ours.is_empty() {
            facts.mounted = Mounted::Files(ours);
        }
        facts
    }

    /// What is in memory at this path below `/etc`.
    fn content(&self, path: &str) -> Option<Statx> {
        let content = self.content.as_ref()?;
        rustix::fs::statx(
            content,
            path,
            AtFlags::SYMLINK_NOFOLLOW,
            StatxFlags::BASIC_STATS,
        )
        .ok()
    }

    /// Whether a file is a mount of sanid's content, the present or an earlier one: a change gives the
    /// content a new inode, and what was mounted before lives on under the temporary name, or none.
    fn is_ours(&self, directory: &OwnedFd, file: IdentityFile) -> bool {
        match self.disk.file(file) {
            FileState::Present(content)
                if content.mount_point == Some(true) && content.volatile => {}
            _ => return false,
        }
        let nofollow = AtFlags::SYMLINK_NOFOLLOW;
        let over = rustix::fs::statx(directory, file.name(), nofollow, StatxFlags::BASIC_STATS);
        let Some(over) = over.ok().filter(is_mount) else {
            return false;
        };
        let below = below_etc(file.directory());
        let names = [
            format!("{below}/{}", file.name()),
            format!("{below}/.{}.sanid-tmp", file.name()),
        ];
        names
            .iter()
            .filter_map(|path| self.content(path))
            .any(|content| same(&content, &over))
            || (over.stx_nlink == 0 && on_run(self.root, &over))
    }
}

fn nearest(root: &Root) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    root.open_at("etc", flags)
        .or_else(|_| root.open_at(".", flags))
}

fn is_read_only(fd: &OwnedFd) -> bool {
    rustix::fs::fstatvfs(fd).is_ok_and(|fs| fs.f_flag.contains(StatVfsMountFlags::RDONLY))
}

pub(crate) fn on_run(root: &Root, over: &Statx) -> bool {
    stat(root, "run/sanid").is_some_and(|run| device(&run) == device(over))
}

fn stat(root: &Root, path: &str) -> Option<Statx> {
    let fd = root.open_at(path, OFlags::PATH).ok()?;
    rustix::fs::statx(&fd, "", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS).ok()
}

pub(crate) fn is_mount(stat: &Statx) -> bool {
    stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
}

fn device(stat: &Statx) -> (u32, u32) {
    (stat.stx_dev_major, stat.stx_dev_minor)
}

fn same(one: &Statx, other: &Statx) -> bool {
    device(one) == device(other) && one.stx_ino == other.stx_ino
}

pub(crate) fn below_etc(path: &str) -> &str {
    path.strip_prefix("etc/").unwrap_or(path)
}

/// What sanid's mounts cover, and what readers have through those that are to go, for which the files below take
/// their place in `disk`.
pub(super) fn covered(
    root: &Root,
    asked: Covered,
    places: &Places,
    settings: &Settings,
    root_facts: &RootFacts,
    disk: &mut Disk,
) -> (Observed<Disk>, Disk) {
    let mut lifted = Disk::default();
    let via = match asked {
        Covered::Leave => return (Observed::NotLooked, lifted),
        Covered::Report => return (Observed::Saw(below_mounts(root, places)), lifted),
        Covered::Uncover(via) => via,
    };
    let goes = |file: &IdentityFile| {
        let place = places.of(crate::place::part_of(*file));
        let via = crate::place::decide(place, via, settings.placement.value, root_facts);
        // The plan reports a placement that is not possible.
        place.is_mounted(*file) && via == Ok(Via::File)
    };
    let all = IdentityFile::ALL;
    let going: Vec<IdentityFile> = all.into_iter().filter(goes).collect();
    if going.is_empty() {
        return (Observed::NotLooked, lifted);
    }
    let covered = below_mounts(root, places);
    for file in going {
        let below = covered.file(file).clone();
        *lifted.file_mut(file) = std::mem::replace(disk.file_mut(file), below);
    }
    (Observed::Saw(covered), lifted)
}

/// The files below the mounts. The kernel copies the mount that holds the directory for every process that may
/// mount, without the mounts on top of it.
fn below_mounts(root: &Root, places: &Places) -> Disk {
    let mut below = Disk::default();
    for file in IdentityFile::ALL {
        if places.is_mounted(file) {
            *below.file_mut(file) = hidden(root, file, places)
                .unwrap_or_else(|errno| FileState::Unreadable(root.io(file.path(), errno)));
        }
    }
    below
}

fn hidden(root: &Root, file: IdentityFile, places: &Places) -> Result<FileState, Errno> {
    let whole = places.of(crate::place::part_of(file)).mounted == Mounted::Directory;
    let (from, path) = if whole {
        ("etc", below_etc(file.path()))
    } else {
        (file.directory(), file.name())
    };
    let directory = root.open_dir(from)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    let clone = rustix::mount::open_tree(&directory, "", flags)?;
    let clone = Root::of(clone, root.path().join(from));
    Ok(super::state(clone.read(path, super::IDENTITY_FILE_LIMIT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ID, IQN, NQN, facts};

    #[test]
    fn a_mount_that_goes_is_judged_by_the_file_below_it() {
        let mut facts = facts().on_disk(IQN, NQN, ID);
        facts.places.0[Part::Iqn].mounted = Mounted::Files(vec![IdentityFile::InitiatorName]);
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        let look = |asked| {
            let mut disk = facts.disk.clone();
            let (places, settings) = (&facts.places, &facts.settings);
            let (seen, lifted) = covered(&root, asked, places, settings, &facts.root, &mut disk);
            (seen, lifted, disk)
        };
        for asked in [Covered::Leave, Covered::Report, Covered::Uncover(None)] {
            let (seen, lifted, disk) = look(asked);
            assert_eq!(seen == Observed::NotLooked, asked != Covered::Report);
            assert_eq!((lifted, disk), (Disk::default(), facts.disk.clone()));
        }
        let (_, lifted, disk) = look(Covered::Uncover(Some(Via::File)));
        assert_eq!(
            lifted.file(IdentityFile::InitiatorName),
            facts.disk.file(IdentityFile::InitiatorName)
        );
        assert!(!matches!(
            disk.file(IdentityFile::InitiatorName),
            FileState::Present(_)
        ));
        assert_eq!(
            disk.file(IdentityFile::HostNqn),
            facts.disk.file(IdentityFile::HostNqn)
        );
    }
}
