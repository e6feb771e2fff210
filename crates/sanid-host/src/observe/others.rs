//! Who else writes an identity, and who else reads one.

mod access;
mod elsewhere;
mod iscsid;
mod namespaces;
mod process;
mod units;
mod writers;

use crate::facts::Facts;
use crate::root::Root;

/// Looks for other writers and other readers: scripts and units that write the identity files, copies
/// outside of `/etc`, labels, containers with files of their own, and an iscsid that is older than its
/// file.
///
/// Apart from [`observe`](super::observe): only a report asks for it.
pub fn look_at_others(root: &Root, facts: &mut Facts) {
    let others = &mut facts.others;
    others.elsewhere = elsewhere::read(root);
    others.writers = writers::read(root);
    others.access = access::read(root);
    if let Some(processes) = process::Processes::of(root) {
        let (seen, unseen) = namespaces::read(&processes, root);
        others.namespaces = seen;
        others.unseen_namespaces = unseen;
        others.iscsid = iscsid::read(&processes);
    }
}

#[cfg(test)]
mod tests;
