//! Who else writes an identity, and who else reads one.

mod access;
mod elsewhere;
mod namespaces;
mod own_names;
mod process;
mod scripts;
mod started;
mod units;
mod writers;

use crate::facts::{Namespaces, OthersFacts};
use crate::observed::Observed;
use crate::root::Root;
pub(crate) use own_names::{CONFIG_LIMIT, Search};
use process::Processes;
use scripts::Scripts;

/// Other writers and other readers: scripts and units that write the identity files, copies outside of `/etc`,
/// labels, containers with files of their own, programs with a configuration of their own, and an iscsid that is older than its file.
pub(super) fn read(root: &Root) -> OthersFacts {
    let scripts = Scripts::of(root);
    let writers = writers::read(&scripts);
    let processes = Processes::of(root);
    OthersFacts {
        elsewhere: Observed::Saw(elsewhere::read(root)),
        writers: Observed::Saw(writers),
        unread_scripts: scripts.unread(),
        access: access::read(root),
        namespaces: match &processes {
            Observed::Saw(Some(processes)) => Observed::Saw(namespaces::read(processes, root)),
            Observed::Saw(None) => Observed::Saw(Namespaces::default()),
            Observed::Failed(why) => Observed::Failed(why.clone()),
            Observed::NotLooked => Observed::NotLooked,
        },
        started: processes
            .map(|processes| processes.as_ref().map(started::read).unwrap_or_default()),
        own_names: Observed::Saw(own_names::read(root)),
        lxd: own_names::lxd(root).into(),
    }
}

#[cfg(test)]
mod tests;
